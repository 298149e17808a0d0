//! Idempotency keys outside the ledger's gate, for writes that touch no wallet: a return of a
//! receipt without a member, a proposal that waits for approval. Inside the gate the ledger keeps
//! them itself; both share one table. What a key has made stands, whatever would refuse it now.

use std::collections::{BTreeSet, HashMap};

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
use crate::rows::{Part, find_named};
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

/// What the key made in the ledger before, if it was used for this very request; a refusal if for
/// another.
pub(crate) async fn earlier_receipt(
    db: &Db,
    programme: ProgrammeId,
    key: &Key,
) -> Result<Option<Receipt>> {
    let earlier = earlier_in(db.primary(), programme, key).await?;
    Ok(match earlier.map(|made| (made.entry, made.wallet, made.subject)) {
        Some((Some(entry), Some(wallet), subject)) => {
            Some(Receipt { entry, wallet, subject, is_replay: true })
        }
        _ => None,
    })
}

/// Those of the keys that were used, by caller and key.
pub(crate) async fn used(
    tx: &Tx,
    programme: ProgrammeId,
    keys: impl Iterator<Item = &Key>,
) -> Result<HashMap<(String, String), idempotency_key::Model>> {
    let names: BTreeSet<[String; 2]> =
        keys.map(|key| [key.caller.clone(), key.key.clone()]).collect();
    let columns = [("caller", Part::Text), ("key", Part::Text)];
    let db = tx.connection();
    let rows = find_named::<idempotency_key::Entity, _, 2>(db, programme, columns, &names).await?;
    Ok(rows.into_iter().map(|row| ((row.caller.clone(), row.key.clone()), row)).collect())
}

/// What a used key made, if for this very request; a refusal if for another.
pub(crate) fn outcome_of<'a>(
    used: &'a idempotency_key::Model,
    key: &Key,
) -> Result<&'a Outcome, Refusal> {
    if used.fingerprint == key.fingerprint {
        return Ok(&used.outcome);
    }
    Err(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))
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
    Ok(found.map(|row| outcome_of(&row, key).cloned()).transpose()?)
}

/// The row that notes what the key made.
pub(crate) fn row(
    programme: ProgrammeId,
    key: &Key,
    outcome: Outcome,
    at: DateTime<Utc>,
) -> idempotency_key::Model {
    idempotency_key::Model {
        programme_id: programme,
        caller: key.caller.clone(),
        key: key.key.clone(),
        fingerprint: key.fingerprint.clone(),
        outcome,
        recorded_at: at,
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
    let row = row(programme, key, outcome, at);
    idempotency_key::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}
