//! What a till does with a voucher: uses it at once; or sets it aside while the sale is made, and then uses it
//! or gives it back. A use that is set aside and forgotten is given back by itself.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{PartnerId, ProgrammeId, StoreId, VoucherId, VoucherUseId};
use entity::ledger::idempotency_key::Outcome;
use entity::rewards::reward_claim;
use entity::rewards::voucher_use::{self, VoucherUseStatus};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Serialize;

use super::held::{Held, find_use, is_open};
use super::secret::hashes;
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::hot::Bucket;
use crate::keys;
use crate::ledger::core::Key;
use crate::partners::Role;
use crate::refusal::{Code, Refusal};
use crate::rewards::Rewards;
use crate::text;
use crate::tx::{Tx, retrying};

/// How many wrong codes a caller may try at once, and how many more each second.
const WRONG: Bucket = Bucket { capacity: 30, leak_per_second: 1 };
/// How long a use may be set aside, in minutes, and how long it is if nothing is said.
const MINUTES_MAX: i32 = 60;
const MINUTES: i32 = 15;
/// How many forgotten uses are given back in one transaction.
const STEP: u64 = 200;

/// A voucher to be used at once.
#[derive(Clone, Debug)]
pub struct Redeem {
    /// As the member shows it.
    pub code: String,
    /// In which store, by the partner's own code.
    pub store_code: Option<String>,
    /// The partner's own reference: its receipt.
    pub reference: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// A voucher to be set aside.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// As for using it.
    pub shown: Redeem,
    /// For how many minutes.
    pub minutes: Option<i32>,
}

/// What was done with a voucher.
#[derive(Clone, Debug)]
pub struct Redeemed {
    /// The use.
    pub used: voucher_use::Model,
    /// The claim.
    pub claim: reward_claim::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    code: Option<&'a Vec<u8>>,
    store_code: Option<&'a str>,
    reference: Option<&'a str>,
    minutes: Option<i32>,
}

/// A voucher shown at a till.
struct Shown {
    programme: ProgrammeId,
    partner: PartnerId,
    store: Option<StoreId>,
    /// What its code may be found by.
    hashes: Vec<Vec<u8>>,
    reference: Option<String>,
    /// For how long it is set aside; used at once if not at all.
    aside: Option<TimeDelta>,
    key: Key,
    now: DateTime<Utc>,
}

impl Rewards {
    /// Uses a voucher at once. For partners that accept points, with `payments:write`.
    pub async fn redeem(&self, actor: &Actor, wish: Redeem) -> Result<Redeemed> {
        let shown = self.shown(actor, &wish, None).await?;
        self.show(actor, &shown).await
    }

    /// Sets a voucher aside for a sale that is being made.
    pub async fn reserve(&self, actor: &Actor, wish: Reserve) -> Result<Redeemed> {
        let minutes = wish.minutes.unwrap_or(MINUTES);
        if !(1..=MINUTES_MAX).contains(&minutes) {
            let message = format!("It may be set aside for 1 to {MINUTES_MAX} minutes.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("minutes").into());
        }
        let shown = self.shown(actor, &wish.shown, Some(minutes)).await?;
        self.show(actor, &shown).await
    }

    /// Uses what was set aside.
    pub async fn confirm_use(
        &self,
        actor: &Actor,
        id: VoucherUseId,
        idempotency_key: &str,
    ) -> Result<Redeemed> {
        let named = (id, idempotency_key, "confirmVoucher");
        self.turn_use(actor, named, |used| match used.status {
            VoucherUseStatus::Reserved => Ok(VoucherUseStatus::Redeemed),
            VoucherUseStatus::Redeemed => Err(Refusal::new(Code::VoucherUsed).at("voucherUseId")),
            VoucherUseStatus::Cancelled => Err(given_back(used)),
        })
        .await
    }

    /// Gives back what was set aside, or used for a sale that came to nothing.
    pub async fn cancel_use(
        &self,
        actor: &Actor,
        id: VoucherUseId,
        idempotency_key: &str,
    ) -> Result<Redeemed> {
        let named = (id, idempotency_key, "cancelVoucherUse");
        self.turn_use(actor, named, |used| match used.status {
            VoucherUseStatus::Reserved | VoucherUseStatus::Redeemed => {
                Ok(VoucherUseStatus::Cancelled)
            }
            VoucherUseStatus::Cancelled => Err(given_back(used)),
        })
        .await
    }

    async fn shown(&self, actor: &Actor, wish: &Redeem, minutes: Option<i32>) -> Result<Shown> {
        let (programme, partner) = actor.partner(Scope::PaymentsWrite)?;
        let now = self.clock.now();
        let reference = text::clean_option(wish.reference.as_deref(), 64, Code::ReferenceInvalid)
            .map_err(|refusal| refusal.at("reference"))?;
        let hashes = hashes(&self.master_key, programme, &wish.code);
        let canonical = Canonical {
            code: hashes.first(),
            store_code: wish.store_code.as_deref(),
            reference: reference.as_deref(),
            minutes,
        };
        let operation = if minutes.is_some() { "reserveVoucher" } else { "redeemVoucher" };
        let key = keys::key(actor, &wish.idempotency_key, operation, &canonical)?;
        let directory = self.ask.partners.directory(programme).await?;
        directory.in_role(partner, Role::Accepts)?;
        let store = wish.store_code.as_deref();
        let store = store.map(|code| directory.open_store(partner, code, now)).transpose()?;
        self.may_try(actor).await?;
        let aside = minutes.map(|minutes| TimeDelta::minutes(minutes.into()));
        let store = store.map(|store| store.id);
        Ok(Shown { programme, partner, store, hashes, reference, aside, key, now })
    }

    async fn show(&self, actor: &Actor, shown: &Shown) -> Result<Redeemed> {
        let done = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            if let Some(earlier) = keys::earlier(&tx, shown.programme, &shown.key).await? {
                return replay(&tx, shown.programme, earlier).await;
            }
            let mut held =
                Held::by_code(&tx, (shown.programme, shown.partner), &shown.hashes).await?;
            held.lapse(&tx, shown.now).await?;
            held.is_good(shown.now)?;
            let used = shown.used(held.voucher.id);
            used.clone().into_active_model().insert(tx.connection()).await?;
            held.voucher.uses += 1;
            let claim = held.settle(&tx, &actor.to_string(), shown.now).await?;
            note(&tx, shown.programme, &shown.key, &used, shown.now).await?;
            tx.commit(Redeemed { used, claim, is_replay: false }).await
        })
        .await;
        if let Err(Error::Refused(refusal)) = &done
            && refusal.code == Code::VoucherNotFound
        {
            self.tried_in_vain(actor).await;
        }
        done
    }

    async fn turn_use(
        &self,
        actor: &Actor,
        (id, idempotency_key, operation): (VoucherUseId, &str, &str),
        next: impl Fn(&voucher_use::Model) -> Result<VoucherUseStatus, Refusal>,
    ) -> Result<Redeemed> {
        let (programme, partner) = actor.partner(Scope::PaymentsWrite)?;
        let key = keys::key(actor, idempotency_key, operation, &id)?;
        retrying(|| async {
            let now = self.clock.now();
            let tx = self.ask.db.begin().await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                return replay(&tx, programme, earlier).await;
            }
            let used = find_use(&tx, programme, id).await?;
            let used = used.filter(|used| used.partner_id == partner);
            let used = used.ok_or(Refusal::new(Code::VoucherUseNotFound).at("voucherUseId"))?;
            let mut held = Held::by_id(&tx, programme, used.voucher_id).await?;
            held.lapse(&tx, now).await?;
            // Anew, now that its voucher is locked.
            let used = find_use(&tx, programme, id).await?;
            let used = used.ok_or_else(|| Error::internal("a use that went away"))?;
            let status = next(&used)?;
            if status == VoucherUseStatus::Cancelled {
                is_open(&held.claim)?;
                held.voucher.uses -= 1;
            }
            let used = voucher_use::Model { status, closed_at: Some(now), ..used };
            let used = used.into_active_model().reset_all().update(tx.connection()).await?;
            let claim = held.settle(&tx, &actor.to_string(), now).await?;
            note(&tx, programme, &key, &used, now).await?;
            tx.commit(Redeemed { used, claim, is_replay: false }).await
        })
        .await
    }

    /// Gives back what tills have set aside and forgotten; says how many.
    pub(crate) async fn lapse_uses(&self, programme: ProgrammeId) -> Result<u64> {
        retrying(|| async {
            let now = self.clock.now();
            let due = voucher_use::Entity::find()
                .filter(voucher_use::Column::ProgrammeId.eq(programme))
                .filter(voucher_use::Column::Status.eq(VoucherUseStatus::Reserved))
                .filter(voucher_use::Column::LapsesAt.lte(now))
                .order_by_asc(voucher_use::Column::LapsesAt)
                .limit(STEP)
                .all(self.ask.db.reader())
                .await?;
            if due.is_empty() {
                return Ok(0);
            }
            let tx = self.ask.db.begin().await?;
            let vouchers: std::collections::BTreeSet<_> =
                due.iter().map(|used| used.voucher_id.uuid()).collect();
            let mut lapsed = 0;
            for id in vouchers {
                let mut held = Held::by_id(&tx, programme, VoucherId::from_uuid(id)).await?;
                lapsed += held.lapse(&tx, now).await?;
                held.settle(&tx, &Actor::system(programme).to_string(), now).await?;
            }
            tx.commit(lapsed).await
        })
        .await
    }

    /// Whoever has tried many wrong codes has to wait. Without the shared state codes are long enough.
    pub(super) async fn may_try(&self, actor: &Actor) -> Result<()> {
        let level = self.hot.pour(&bucket(actor), WRONG, 0).await;
        match level {
            Ok(level) if level.room == 0 => Err(Error::Throttled { retry_after_seconds: 1 }),
            _ => Ok(()),
        }
    }

    /// Counts a wrong code.
    pub(super) async fn tried_in_vain(&self, actor: &Actor) {
        // One that can't be counted isn't.
        let _ = self.hot.pour(&bucket(actor), WRONG, 1).await;
    }
}

fn bucket(actor: &Actor) -> String {
    format!("voucher:{}", actor.caller())
}

impl Shown {
    fn used(&self, voucher_id: VoucherId) -> voucher_use::Model {
        let is_aside = self.aside.is_some();
        voucher_use::Model {
            programme_id: self.programme,
            id: VoucherUseId::at(self.now),
            voucher_id,
            partner_id: self.partner,
            store_id: self.store,
            status: if is_aside { VoucherUseStatus::Reserved } else { VoucherUseStatus::Redeemed },
            reference: self.reference.clone(),
            shown_at: self.now,
            lapses_at: self.aside.map(|aside| self.now + aside),
            closed_at: (!is_aside).then_some(self.now),
        }
    }
}

/// By its till, or because its time was over.
fn given_back(used: &voucher_use::Model) -> Refusal {
    let has_lapsed = used.closed_at == used.lapses_at;
    let code = if has_lapsed { Code::VoucherUseLapsed } else { Code::VoucherUseCancelled };
    Refusal::new(code).at("voucherUseId")
}

async fn note(
    tx: &Tx,
    programme: ProgrammeId,
    key: &Key,
    used: &voucher_use::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let outcome = Outcome { wallet: None, entry: None, subject: Some(used.id.to_string()) };
    keys::insert(tx, programme, key, outcome, at).await
}

async fn replay(tx: &Tx, programme: ProgrammeId, earlier: Outcome) -> Result<Redeemed> {
    let id: Option<VoucherUseId> = earlier.subject.and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    let used = find_use(tx, programme, id).await?;
    let used = used.ok_or_else(|| Error::internal("a key names a use that isn't there"))?;
    let held = Held::by_id(tx, programme, used.voucher_id).await?;
    Ok(Redeemed { used, claim: held.claim, is_replay: true })
}
