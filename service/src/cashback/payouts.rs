//! Members ask for their cashback, and take that back while it hasn't run.

use entity::amount::Money;
use entity::cashback::payout;
use entity::ids::{MemberId, PayoutId, ProgrammeId};
use entity::ledger::idempotency_key::Outcome;
use sea_orm::EntityTrait;
use serde::Serialize;

use super::bank_accounts::{self, Place};
use super::core::{Action, Request};
use super::{Cashback, gate, lock_member};
use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::members::may_spend;
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};

/// Money that a member asks for.
#[derive(Clone, Debug, Serialize)]
pub struct RequestPayout {
    /// How much, in minor units; all that is available if not said.
    pub amount_minor: Option<i64>,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// A payout that its member takes back.
#[derive(Clone, Debug, Serialize)]
pub struct Cancel {
    /// Which.
    pub payout: PayoutId,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What asking, or taking back, did.
#[derive(Clone, Debug)]
pub struct Requested {
    /// The payout.
    pub payout: payout::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

impl Cashback {
    /// Sets money of the caller's wallet aside, to be paid to its bank account with the next run.
    pub async fn request_payout(&self, actor: &Actor, wish: RequestPayout) -> Result<Requested> {
        let (programme, member) = actor.member()?;
        let rules = self.programmes.rules(programme).await?;
        let minimum_minor = rules.programme.payout_min_minor;
        let minimum = Money { minor: minimum_minor, currency: rules.programme.currency };
        let key = keys::key(actor, &wish.idempotency_key, "requestPayout", &wish)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let row = lock_member(&tx, programme, member).await?;
            if let Some(payout) = made_before(&tx, programme, &key).await? {
                return Ok(Requested { payout, is_replay: true });
            }
            may_spend(row.status)?;
            let (account, masked) =
                bank_accounts::account(&tx, &self.master_key, programme, member).await?;
            let id = PayoutId::at(at);
            let place = Place::Payout(programme, member, id);
            let request = Request {
                payout: id,
                member,
                amount_minor: wish.amount_minor,
                minimum_minor,
                sealed: account.sealed(&self.master_key, &place)?,
                masked,
            };
            let command = gate::command(actor, row.wallet_id, Action::Request(request), at);
            gate::apply_one(&tx, programme, command).await?;
            let payout = self.note(&tx, programme, &key, id, at).await?;
            tx.commit(Requested { payout, is_replay: false }).await
        })
        .await
        .map_err(|error| in_words(error, minimum))
    }

    /// Takes a payout of the caller's back, as long as it hasn't run.
    pub async fn cancel_payout(&self, actor: &Actor, wish: Cancel) -> Result<Requested> {
        let (programme, member) = actor.member()?;
        let key = keys::key(actor, &wish.idempotency_key, "cancelPayout", &wish)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            lock_member(&tx, programme, member).await?;
            if let Some(payout) = made_before(&tx, programme, &key).await? {
                return Ok(Requested { payout, is_replay: true });
            }
            let row = own(&tx, programme, member, wish.payout).await?;
            let action = Action::Cancel { payout: row.id };
            let command = gate::command(actor, row.wallet_id, action, at);
            let done = gate::apply_one(&tx, programme, command).await;
            done.map_err(|error| at_field(error, "payoutId"))?;
            let payout = self.note(&tx, programme, &key, row.id, at).await?;
            tx.commit(Requested { payout, is_replay: false }).await
        })
        .await
    }

    /// Notes what the key made, and reads it as it is now.
    async fn note(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        key: &Key,
        id: PayoutId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Result<payout::Model> {
        let outcome = Outcome { wallet: None, entry: None, subject: Some(id.to_string()) };
        keys::insert(tx, programme, key, outcome, at).await?;
        let row = payout::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
        row.ok_or_else(|| Error::internal("a payout that was made isn't there"))
    }
}

/// Says what would be enough.
fn in_words(error: Error, minimum: Money) -> Error {
    match error {
        Error::Refused(refusal) if refusal.code == Code::PayoutBelowMinimum => {
            let message = format!("The programme pays {} {minimum} or more.", minimum.currency);
            refusal.because(message).into()
        }
        other => other,
    }
}

/// The payout that the key made before, if it was used for this very request.
async fn made_before(tx: &Tx, programme: ProgrammeId, key: &Key) -> Result<Option<payout::Model>> {
    let Some(earlier) = keys::earlier(tx, programme, key).await? else { return Ok(None) };
    let id: Option<PayoutId> = earlier.subject.and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    Ok(payout::Entity::find_by_id((programme, id)).one(tx.connection()).await?)
}

/// The member's own payout. To nobody else is there one.
async fn own(
    tx: &Tx,
    programme: ProgrammeId,
    member: MemberId,
    id: PayoutId,
) -> Result<payout::Model> {
    let row = payout::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    let own = row.filter(|row| row.member_id == member);
    Ok(own.ok_or(Refusal::new(Code::PayoutNotFound).at("payoutId"))?)
}

/// Says which field a refusal without one is about.
pub(super) fn at_field(error: Error, path: &str) -> Error {
    match error {
        Error::Refused(refusal) if refusal.path.is_empty() => refusal.at(path).into(),
        other => other,
    }
}
