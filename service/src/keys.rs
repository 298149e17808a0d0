//! Idempotency keys outside the ledger's gate, for writes that touch no wallet: a return of a
//! receipt without a member, a proposal that waits for approval. Inside the gate the ledger keeps
//! them itself; both share one table. What a key has made stands, whatever would refuse it now.

use chrono::{DateTime, Utc};
use entity::ids::ProgrammeId;
use entity::ledger::idempotency_key::{self, Outcome};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::actor::Actor;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::ledger::core::{Key, Receipt};
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;

/// Leads each fingerprint; a change of the canonical form gets the next one.
const VERSION: u8 = 1;

/// The fingerprint of a request: its version, then SHA-256 over its canonical JSON. The canonical
/// form is that of a struct, whose fields have one order.
pub(crate) fn fingerprint(operation: &str, request: &impl Serialize) -> Result<Vec<u8>> {
    let mut hasher = Sha256::new();
    hasher.update(operation.as_bytes());
    hasher.update([0]);
    hasher.update(serde_json::to_vec(request).map_err(Error::internal)?);
    Ok(std::iter::once(VERSION).chain(hasher.finalize()).collect())
}

/// The caller's key for this request, if it is one.
pub(crate) fn key(
    actor: &Actor,
    key: &str,
    operation: &str,
    request: &impl Serialize,
) -> Result<Key> {
    let length = key.chars().count();
    if !(1..=255).contains(&length) || key.chars().any(char::is_control) {
        return Err(Refusal::new(Code::IdempotencyKeyInvalid).at("idempotencyKey").into());
    }
    Ok(Key {
        caller: actor.caller(),
        key: key.to_owned(),
        fingerprint: fingerprint(operation, request)?,
    })
}

/// The same request again is answered as the first time, whatever has changed since: a refusal counts
/// only for a key that has made nothing. Without it a till that lost the first answer would hear that
/// its payment was refused, which was made.
pub(crate) async fn or_earlier(
    db: &Db,
    programme: ProgrammeId,
    key: &Key,
    outcome: Result<Receipt>,
) -> Result<Receipt> {
    let Err(Error::Refused(refusal)) = outcome else { return outcome };
    let earlier = earlier_in(db.primary(), programme, key).await?;
    match earlier.map(|made| (made.entry, made.wallet, made.subject)) {
        Some((Some(entry), Some(wallet), subject)) => {
            Ok(Receipt { entry, wallet, subject, is_replay: true })
        }
        _ => Err(refusal.into()),
    }
}

/// What the key made before, if it was used for this very request; a refusal if for another.
pub(crate) async fn earlier(tx: &Tx, programme: ProgrammeId, key: &Key) -> Result<Option<Outcome>> {
    earlier_in(tx.connection(), programme, key).await
}

async fn earlier_in<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    key: &Key,
) -> Result<Option<Outcome>> {
    let id = (programme, key.caller.clone(), key.key.clone());
    let found = idempotency_key::Entity::find_by_id(id).one(db).await?;
    match found {
        Some(row) if row.fingerprint != key.fingerprint => {
            Err(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey").into())
        }
        found => Ok(found.map(|row| row.outcome)),
    }
}

/// Notes what the key made.
pub(crate) async fn insert(
    tx: &Tx,
    programme: ProgrammeId,
    key: &Key,
    outcome: Outcome,
    at: DateTime<Utc>,
) -> Result<()> {
    let row = idempotency_key::Model {
        programme_id: programme,
        caller: key.caller.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        outcome,
        recorded_at: at,
    };
    idempotency_key::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}
