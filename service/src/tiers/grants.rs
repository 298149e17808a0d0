//! Tiers that are given: by an operator, for a reason and up to a day, or by a paid membership for as long as
//! it is paid. A grant is a floor under what a wallet earns; it follows its member into a household.

use chrono::{DateTime, NaiveDate, Utc};
use entity::day::Day;
use entity::ids::{MemberId, ProgrammeId, TierGrantId, TierSetId, WalletId};
use entity::members::member;
use entity::tiers::tier_change::TierChangeKind;
use entity::tiers::tier_grant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use serde_json::json;

use super::refresh::{Cause, refresh};
use super::{Tiers, sets};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::Result;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The furthest that a grant reaches: ten years.
const DAYS_MAX: i32 = 3660;

/// A tier that an operator gives.
#[derive(Clone, Debug)]
pub struct Grant {
    /// To whom.
    pub member: MemberId,
    /// In which set.
    pub set: TierSetId,
    /// Which tier, by its code.
    pub tier: String,
    /// Why.
    pub reason: String,
    /// The last day, where the programme is.
    pub until: NaiveDate,
}

/// Grants of an operator that are taken back.
#[derive(Clone, Debug)]
pub struct Revoke {
    /// From whom.
    pub member: MemberId,
    /// In which set.
    pub set: TierSetId,
    /// Why.
    pub reason: String,
}

impl Tiers {
    /// Gives a member's wallet a tier, from today to a day. The same again changes nothing.
    pub async fn grant(&self, actor: &Actor, wish: Grant) -> Result<member::Model> {
        let (programme, _) = actor.operator(Scope::TiersWrite)?;
        let rules = self.programmes.rules(programme).await?;
        let reason = text::clean(&wish.reason, 500, Code::ReasonInvalid);
        let reason = reason.map_err(|refusal| refusal.at("reason"))?;
        retrying(|| async {
            let at = self.clock.now();
            let (today, last_day) = (Day::of(at, &rules.zone), Day::from_date(wish.until));
            if !(today..=today.plus(DAYS_MAX)).contains(&last_day) {
                let message = format!("A grant ends today or later, within {DAYS_MAX} days.");
                let refusal = Refusal::new(Code::ValueOutOfRange).because(message);
                return Err(refusal.at("until").into());
            }
            let tx = self.db.begin().await?;
            let member = find(&tx, programme, wish.member).await?;
            let sets = sets::all(tx.connection(), programme).await?;
            let set = live(&sets, wish.set)?;
            if set.rank_of(&wish.tier).is_none() {
                return Err(Refusal::new(Code::TierNotFound).at("tierCode").into());
            }
            let row = tier_grant::Model {
                id: TierGrantId::at(at),
                programme_id: programme,
                wallet_id: member.wallet_id,
                set_id: wish.set,
                tier_code: wish.tier.clone(),
                reason: reason.clone(),
                actor: actor.to_string(),
                membership_id: None,
                first_day: today,
                last_day,
                revoked_at: None,
                granted_at: at,
            };
            let there = open(&tx, &row).await?;
            let is_same = |other: &tier_grant::Model| {
                other.tier_code == row.tier_code && other.last_day == row.last_day
            };
            if there.iter().any(is_same) {
                return Ok(member);
            }
            insert(&tx, row).await?;
            let after = json!({ "tierSet": wish.set, "tier": wish.tier, "until": wish.until,
                "reason": reason });
            let action = "tier.granted";
            note(&tx, actor, (programme, at), action, (&member, &after)).await?;
            let cause = cause(actor, TierChangeKind::Grant, &reason);
            refresh(&tx, &rules, &sets, &[member.wallet_id], at, Some(&cause)).await?;
            tx.commit(member).await
        })
        .await
    }

    /// Takes back what operators gave a member's wallet in a set. What a membership brings stays.
    pub async fn revoke(&self, actor: &Actor, wish: Revoke) -> Result<member::Model> {
        let (programme, _) = actor.operator(Scope::TiersWrite)?;
        let rules = self.programmes.rules(programme).await?;
        let reason = text::clean(&wish.reason, 500, Code::ReasonInvalid);
        let reason = reason.map_err(|refusal| refusal.at("reason"))?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let member = find(&tx, programme, wish.member).await?;
            let sets = sets::all(tx.connection(), programme).await?;
            live(&sets, wish.set)?;
            let taken = tier_grant::Entity::update_many()
                .col_expr(tier_grant::Column::RevokedAt, Expr::value(at))
                .filter(tier_grant::Column::ProgrammeId.eq(programme))
                .filter(tier_grant::Column::WalletId.eq(member.wallet_id))
                .filter(tier_grant::Column::SetId.eq(wish.set))
                .filter(tier_grant::Column::MembershipId.is_null())
                .filter(tier_grant::Column::RevokedAt.is_null())
                .exec(tx.connection())
                .await?;
            if taken.rows_affected == 0 {
                return Ok(member);
            }
            let after = json!({ "tierSet": wish.set, "reason": reason });
            let action = "tier.revoked";
            note(&tx, actor, (programme, at), action, (&member, &after)).await?;
            let cause = cause(actor, TierChangeKind::Revoke, &reason);
            refresh(&tx, &rules, &sets, &[member.wallet_id], at, Some(&cause)).await?;
            tx.commit(member).await
        })
        .await
    }
}

fn cause(actor: &Actor, kind: TierChangeKind, reason: &str) -> Cause {
    Cause { kind, actor: actor.to_string(), reason: Some(reason.to_owned()) }
}

async fn note(
    tx: &Tx,
    actor: &Actor,
    (programme, at): (ProgrammeId, DateTime<Utc>),
    action: &'static str,
    (member, after): (&member::Model, &serde_json::Value),
) -> Result<()> {
    let change =
        Change { action, subject: member.id.to_string(), before: None, after: Some(after) };
    audit::append(tx, actor, programme, at, change).await
}

/// The member's row, locked: its wallet stays its own meanwhile.
async fn find(tx: &Tx, programme: ProgrammeId, id: MemberId) -> Result<member::Model> {
    let query = member::Entity::find_by_id(id).filter(member::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::MemberNotFound).at("memberId").into())
}

fn live(all: &[sets::Set], id: TierSetId) -> Result<&sets::Set, Refusal> {
    let set = all.iter().find(|set| set.row.id == id);
    let set = set.ok_or(Refusal::new(Code::TierSetNotFound).at("tierSetId"))?;
    if set.is_live() {
        return Ok(set);
    }
    Err(Refusal::new(Code::TierSetArchived).at("tierSetId"))
}

/// The operators' grants in the same set that stand.
async fn open(tx: &Tx, like: &tier_grant::Model) -> Result<Vec<tier_grant::Model>> {
    let query = tier_grant::Entity::find()
        .filter(tier_grant::Column::ProgrammeId.eq(like.programme_id))
        .filter(tier_grant::Column::WalletId.eq(like.wallet_id))
        .filter(tier_grant::Column::SetId.eq(like.set_id))
        .filter(tier_grant::Column::MembershipId.is_null())
        .filter(tier_grant::Column::RevokedAt.is_null());
    Ok(query.all(tx.connection()).await?)
}

async fn insert(tx: &Tx, row: tier_grant::Model) -> Result<()> {
    tier_grant::Entity::insert(row.into_active_model())
        .exec_without_returning(tx.connection())
        .await?;
    Ok(())
}

/// Members' grants go with them into a household's wallet.
pub(crate) async fn pool(
    tx: &Tx,
    rules: &Rules,
    wallets: &[WalletId],
    into: WalletId,
    at: DateTime<Utc>,
) -> Result<()> {
    if wallets.is_empty() {
        return Ok(());
    }
    tier_grant::Entity::update_many()
        .col_expr(tier_grant::Column::WalletId, Expr::value(into))
        .filter(tier_grant::Column::ProgrammeId.eq(rules.id()))
        .filter(tier_grant::Column::WalletId.is_in(wallets.iter().copied()))
        .exec(tx.connection())
        .await?;
    let sets = sets::all(tx.connection(), rules.id()).await?;
    let all: Vec<WalletId> = wallets.iter().copied().chain([into]).collect();
    refresh(tx, rules, &sets, &all, at, None).await
}
