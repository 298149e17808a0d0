//! The end of a claim that wasn't used: given back, by whoever may, with its points to the lots that gave them
//! and its one to the stock; or its time is over, and it is gone.
//!
//! Whoever changes a claim locks its voucher first, then itself, then the wallet, then the stock: in that order
//! everywhere.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::{EntryId, ProgrammeId, RewardClaimId};
use entity::ledger::entry;
use entity::rewards::reward_claim::{self, ClaimStatus};
use entity::rewards::{reward_claim_step, reward_version, voucher};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::Claims;
use super::shelves::stocks;
use crate::actor::{Actor, Scope, Who};
use crate::earning::slices::STOCK;
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::{Action, Command, Key};
use crate::ledger::reason::{Cause, Supplied, supplied};
use crate::ledger::{apply_one, current_wallets};
use crate::refusal::{Code, Refusal};
use crate::rewards::{Rewards, rules};
use crate::text;
use crate::tx::{Tx, retrying};

/// How many claims expire in one transaction.
const STEP: u64 = 200;

/// A claim to be given back.
#[derive(Clone, Debug)]
pub struct CancelClaim {
    /// Which.
    pub claim: RewardClaimId,
    /// Why, for the member to read.
    pub reason: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

impl Rewards {
    /// Gives a claim back that wasn't used: a member its own within the hours that the reward says, a partner
    /// one of its own rewards, an operator any.
    pub async fn cancel_claim(&self, actor: &Actor, wish: CancelClaim) -> Result<Claims> {
        let programme = may_cancel(actor)?;
        let note = text::clean_lines(wish.reason.as_deref(), 500, Code::ReasonInvalid)
            .map_err(|refusal| refusal.at("reason"))?;
        let canonical = (wish.claim, note.as_deref());
        let key = keys::key(actor, &wish.idempotency_key, "cancelClaim", &canonical)?;
        let rules = self.ask.programmes.rules(programme).await?;
        retrying(|| async {
            let now = self.clock.now();
            let tx = self.ask.db.begin().await?;
            if keys::earlier(&tx, programme, &key).await?.is_some() {
                let claim = find(&tx, programme, wish.claim).await?;
                return Ok(Claims { claim, is_replay: true });
            }
            let (voucher, claim) = lock(&tx, programme, wish.claim).await?;
            let version = version_of(&tx, &claim).await?;
            is_ones_own(actor, &claim)?;
            is_unused(&claim, voucher.as_ref(), now)?;
            if let Who::Member(_) = actor.who() {
                in_time(&claim, version.definition.delivery.cancel_hours, now)?;
            }
            let supply = supplied_by(&tx, &claim).await?;
            let wallet = current_wallets(&tx, programme, [claim.wallet_id].into_iter()).await?;
            let wallet = wallet.get(&claim.wallet_id).copied();
            let wallet = wallet.ok_or_else(|| Error::internal("a claim's wallet is nowhere"))?;
            let command = undoing(actor, (&claim, &version, supply), &key, now);
            let command = Command { wallet, ..command };
            let entry = apply_one(&tx, rules.for_ledger(), command).await?.entry;
            let next = reward_claim::Model {
                status: ClaimStatus::Cancelled,
                reversal_id: Some(entry),
                closed_at: Some(now),
                ..claim
            };
            let next = step(&tx, next, (&actor.to_string(), note.clone()), now).await?;
            for stock in stocks(next.reward_id, next.day) {
                STOCK.take(&tx, programme, stock, [-1]).await?;
            }
            tx.commit(Claims { claim: next, is_replay: false }).await
        })
        .await
    }

    /// Ends claims whose time is over; says how many.
    pub(crate) async fn expire_claims(&self, programme: ProgrammeId) -> Result<u64> {
        retrying(|| async {
            let now = self.clock.now();
            let due = reward_claim::Entity::find()
                .filter(reward_claim::Column::ProgrammeId.eq(programme))
                .filter(reward_claim::Column::Status.eq(ClaimStatus::Fulfilled))
                .filter(reward_claim::Column::ExpiresAt.lte(now))
                .order_by_asc(reward_claim::Column::ExpiresAt)
                .limit(STEP);
            if due.clone().one(self.ask.db.reader()).await?.is_none() {
                return Ok(0);
            }
            let tx = self.ask.db.begin().await?;
            let mut ended = 0;
            for claim in due.all(tx.connection()).await? {
                let (voucher, claim) = lock(&tx, programme, claim.id).await?;
                // A till that has it set aside may still use it.
                if claim.status != ClaimStatus::Fulfilled || is_set_aside(&tx, voucher).await? {
                    continue;
                }
                let next = reward_claim::Model {
                    status: ClaimStatus::Expired,
                    closed_at: claim.expires_at,
                    ..claim
                };
                step(&tx, next, (&Actor::system(programme).to_string(), None), now).await?;
                ended += 1;
            }
            tx.commit(ended).await
        })
        .await
    }
}

fn may_cancel(actor: &Actor) -> Result<ProgrammeId> {
    match actor.who() {
        Who::Member(_) => Ok(actor.member()?.0),
        Who::Partner(..) => Ok(actor.partner(Scope::PaymentsWrite)?.0),
        _ => Ok(actor.operator(Scope::RewardsWrite)?.0),
    }
}

/// To nobody else is there one.
fn is_ones_own(actor: &Actor, claim: &reward_claim::Model) -> Result<(), Refusal> {
    let is_own = match actor.who() {
        Who::Member(member) => claim.member_id == member,
        Who::Partner(partner, _) => claim.partner_id == Some(partner),
        _ => true,
    };
    if is_own { Ok(()) } else { Err(Refusal::new(Code::RewardClaimNotFound).at("rewardClaimId")) }
}

fn is_unused(
    claim: &reward_claim::Model,
    voucher: Option<&voucher::Model>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let is_over = claim.expires_at.is_some_and(|at| at <= now);
    let code = match claim.status {
        ClaimStatus::Cancelled | ClaimStatus::Refunded => Code::RewardClaimCancelled,
        ClaimStatus::Used => Code::RewardClaimUsed,
        ClaimStatus::Expired => Code::RewardClaimExpired,
        _ if is_over => Code::RewardClaimExpired,
        _ if voucher.is_some_and(|voucher| voucher.uses > 0) => Code::RewardClaimUsed,
        _ => return Ok(()),
    };
    Err(Refusal::new(code).at("rewardClaimId"))
}

fn in_time(
    claim: &reward_claim::Model,
    hours: Option<i32>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    let until = hours.map(|hours| claim.claimed_at + TimeDelta::hours(hours.into()));
    let message = match until {
        Some(until) if now < until => return Ok(()),
        Some(until) => format!("It could be given back until {until:?}."),
        None => "Members can't give this reward back; its partner can.".to_owned(),
    };
    Err(Refusal::new(Code::CancellationTooLate).because(message).at("rewardClaimId"))
}

fn undoing(
    actor: &Actor,
    (claim, version, supply): (&reward_claim::Model, &reward_version::Model, Option<Supplied>),
    key: &Key,
    now: DateTime<Utc>,
) -> Command {
    let said = rules::wording(&version.definition, std::iter::empty());
    let title = said.map(|said| said.title.clone()).unwrap_or_default();
    Command {
        entry: EntryId::at(now),
        wallet: claim.wallet_id,
        key: Some(key.clone()),
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        partner: claim.partner_id,
        store: None,
        purchase: None,
        occurred_at: now,
        recorded_at: now,
        is_history: false,
        cause: Cause::Claim { claim: claim.id, title, supply },
        action: Action::Reverse { payment: claim.entry_id },
    }
}

async fn find(tx: &Tx, programme: ProgrammeId, id: RewardClaimId) -> Result<reward_claim::Model> {
    let found = reward_claim::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    Ok(found.ok_or(Refusal::new(Code::RewardClaimNotFound).at("rewardClaimId"))?)
}

/// The claim with its voucher, locked.
async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    id: RewardClaimId,
) -> Result<(Option<voucher::Model>, reward_claim::Model)> {
    let shown = voucher::Entity::find()
        .filter(voucher::Column::ProgrammeId.eq(programme))
        .filter(voucher::Column::ClaimId.eq(id))
        .lock_exclusive();
    let shown = shown.one(tx.connection()).await?;
    let claim = reward_claim::Entity::find_by_id((programme, id)).lock_exclusive();
    let claim = claim.one(tx.connection()).await?;
    Ok((shown, claim.ok_or(Refusal::new(Code::RewardClaimNotFound).at("rewardClaimId"))?))
}

async fn version_of(tx: &Tx, claim: &reward_claim::Model) -> Result<reward_version::Model> {
    let id = (claim.programme_id, claim.reward_id, claim.version);
    let version = reward_version::Entity::find_by_id(id).one(tx.connection()).await?;
    version.ok_or_else(|| Error::internal("a claim of a version that isn't there"))
}

/// Who is owed for delivering it: what is given back is no longer owed.
async fn supplied_by(tx: &Tx, claim: &reward_claim::Model) -> Result<Option<Supplied>> {
    let paid = entry::Entity::find()
        .filter(entry::Column::ProgrammeId.eq(claim.programme_id))
        .filter(entry::Column::Id.eq(claim.entry_id));
    let paid = paid.one(tx.connection()).await?;
    Ok(paid.and_then(|paid| supplied(&paid.reason)))
}

async fn is_set_aside(tx: &Tx, voucher: Option<voucher::Model>) -> Result<bool> {
    use entity::rewards::voucher_use::{self, VoucherUseStatus};
    let Some(voucher) = voucher else { return Ok(false) };
    let open = voucher_use::Entity::find()
        .filter(voucher_use::Column::ProgrammeId.eq(voucher.programme_id))
        .filter(voucher_use::Column::VoucherId.eq(voucher.id))
        .filter(voucher_use::Column::Status.eq(VoucherUseStatus::Reserved));
    Ok(open.one(tx.connection()).await?.is_some())
}

/// Stores where a claim stands now, and that it came to stand there.
pub(in crate::rewards) async fn step(
    tx: &Tx,
    claim: reward_claim::Model,
    (made_by, note): (&str, Option<String>),
    made_at: DateTime<Utc>,
) -> Result<reward_claim::Model> {
    let steps = reward_claim_step::Entity::find()
        .filter(reward_claim_step::Column::ProgrammeId.eq(claim.programme_id))
        .filter(reward_claim_step::Column::ClaimId.eq(claim.id));
    let before = i32::try_from(steps.count(tx.connection()).await?).map_err(Error::internal)?;
    let step = reward_claim_step::Model {
        programme_id: claim.programme_id,
        claim_id: claim.id,
        place: before + 1,
        status: claim.status,
        made_by: made_by.to_owned(),
        note,
        made_at,
    };
    step.into_active_model().insert(tx.connection()).await?;
    Ok(claim.into_active_model().reset_all().update(tx.connection()).await?)
}
