//! Tiers that a paid membership brings: granted for its period, taken back when it is refunded, and its
//! member's wherever the member goes.

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, MembershipId, ProgrammeId, TierGrantId, TierSetId, WalletId};
use entity::members::member;
use entity::memberships::{membership, membership_plan};
use entity::tiers::tier_change::TierChangeKind;
use entity::tiers::tier_grant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::refresh::{Cause, refresh};
use super::sets;
use crate::actor::Actor;
use crate::error::Result;
use crate::programmes::Rules;
use crate::tx::Tx;

/// Whether a live set has that tier.
pub(crate) async fn has_tier(
    tx: &Tx,
    programme: ProgrammeId,
    set: TierSetId,
    tier: &str,
) -> Result<bool> {
    let sets = sets::all(tx.connection(), programme).await?;
    let set = sets.iter().find(|one| one.row.id == set && one.is_live());
    Ok(set.is_some_and(|set| set.rank_of(tier).is_some()))
}

/// A membership was paid for: its member has the plan's tier, if there is one, to the end of the period.
pub(crate) async fn membership_runs(
    tx: &Tx,
    rules: &Rules,
    actor: &Actor,
    member: &member::Model,
    (membership, plan): (&membership::Model, &membership_plan::Model),
    at: DateTime<Utc>,
) -> Result<()> {
    let (Some(set), Some(tier)) = (plan.tier_set_id, plan.tier_code.clone()) else { return Ok(()) };
    // One grant for what runs without a gap; what was granted before it stays as it was.
    let longer = tier_grant::Entity::update_many()
        .col_expr(tier_grant::Column::LastDay, Expr::value(membership.period_to))
        .filter(tier_grant::Column::ProgrammeId.eq(rules.id()))
        .filter(tier_grant::Column::MembershipId.eq(membership.id))
        .filter(tier_grant::Column::FirstDay.eq(membership.period_from))
        .filter(tier_grant::Column::RevokedAt.is_null())
        .exec(tx.connection())
        .await?;
    if longer.rows_affected == 0 {
        let row = tier_grant::Model {
            id: TierGrantId::at(at),
            programme_id: rules.id(),
            wallet_id: member.wallet_id,
            set_id: set,
            tier_code: tier,
            reason: plan.name.clone(),
            actor: actor.to_string(),
            membership_id: Some(membership.id),
            first_day: membership.period_from,
            last_day: membership.period_to,
            revoked_at: None,
            granted_at: at,
        };
        let row = row.into_active_model();
        tier_grant::Entity::insert(row).exec_without_returning(tx.connection()).await?;
    }
    let sets = sets::all(tx.connection(), rules.id()).await?;
    let cause = Cause {
        kind: TierChangeKind::Grant,
        actor: actor.to_string(),
        reason: Some(plan.name.clone()),
    };
    refresh(tx, rules, &sets, &[member.wallet_id], at, Some(&cause)).await
}

/// A membership was refunded: what it granted is taken back.
pub(crate) async fn membership_ended(
    tx: &Tx,
    rules: &Rules,
    actor: &Actor,
    member: &member::Model,
    membership: MembershipId,
    at: DateTime<Utc>,
) -> Result<()> {
    tier_grant::Entity::update_many()
        .col_expr(tier_grant::Column::RevokedAt, Expr::value(at))
        .filter(tier_grant::Column::ProgrammeId.eq(rules.id()))
        .filter(tier_grant::Column::MembershipId.eq(membership))
        .filter(tier_grant::Column::RevokedAt.is_null())
        .exec(tx.connection())
        .await?;
    let sets = sets::all(tx.connection(), rules.id()).await?;
    let cause = Cause { kind: TierChangeKind::Revoke, actor: actor.to_string(), reason: None };
    refresh(tx, rules, &sets, &[member.wallet_id], at, Some(&cause)).await
}

/// A member leaves its household: what its memberships bring goes with it; the rest is the household's.
pub(crate) async fn leave(
    tx: &Tx,
    rules: &Rules,
    member: MemberId,
    (from, to): (WalletId, WalletId),
    at: DateTime<Utc>,
) -> Result<()> {
    let paid = membership::Entity::find()
        .filter(membership::Column::ProgrammeId.eq(rules.id()))
        .filter(membership::Column::MemberId.eq(member));
    let paid = paid.all(tx.connection()).await?;
    tier_grant::Entity::update_many()
        .col_expr(tier_grant::Column::WalletId, Expr::value(to))
        .filter(tier_grant::Column::ProgrammeId.eq(rules.id()))
        .filter(tier_grant::Column::WalletId.eq(from))
        .filter(tier_grant::Column::MembershipId.is_in(paid.iter().map(|row| row.id)))
        .exec(tx.connection())
        .await?;
    let sets = sets::all(tx.connection(), rules.id()).await?;
    refresh(tx, rules, &sets, &[from, to], at, None).await
}
