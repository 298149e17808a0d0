//! Operators define membership plans. New terms count for payments that are reported from then on; what was
//! paid runs to the end of its period.

use entity::ids::{MembershipPlanId, ProgrammeId, TierSetId};
use entity::memberships::membership_plan::{self, Perks};
use entity::tiers::tier_set;
use entity::tiers::tier_terms::Perk;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use serde_json::json;

use super::Memberships;
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tiers::{has_tier, multiplies, perks};
use crate::tx::{Tx, retrying};

/// The most that a programme has, retired ones included.
const PLANS_MAX: u64 = 100;
/// The most that a period may cost, in minor units.
const FEE_MAX: i64 = 10_000_000_000_000;

/// A plan to be made.
#[derive(Clone, Debug)]
pub struct Create {
    /// Unique in the programme.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// For one period, in minor units.
    pub fee_minor: i64,
    /// How long one is, 1 to 60 months.
    pub period_months: i32,
    /// Whether it can be paid again while it runs.
    pub is_renewable: bool,
    /// What it brings besides points.
    pub perks: Vec<Perk>,
    /// The tier that it grants.
    pub tier: Option<(TierSetId, String)>,
    /// What is earned with it: 10,000 is once.
    pub multiplier_bp: i32,
}

/// What changes about a plan; what is left out stays.
#[derive(Clone, Debug)]
pub struct Amend {
    /// Which.
    pub plan: MembershipPlanId,
    /// The version that the operator saw.
    pub expected_version: i32,
    /// A new name.
    pub name: Option<String>,
    /// Another fee.
    pub fee_minor: Option<i64>,
    /// Another period.
    pub period_months: Option<i32>,
    /// Whether it can be paid again while it runs.
    pub is_renewable: Option<bool>,
    /// Other perks.
    pub perks: Option<Vec<Perk>>,
    /// Another multiplier.
    pub multiplier_bp: Option<i32>,
}

impl Memberships {
    /// Makes a plan.
    pub async fn create_plan(&self, actor: &Actor, wish: Create) -> Result<membership_plan::Model> {
        let (programme, _) = actor.operator(Scope::MembershipsWrite)?;
        let at = self.clock.now();
        let row = checked(membership_plan::Model {
            id: MembershipPlanId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            name: wish.name,
            fee_minor: wish.fee_minor,
            period_months: wish.period_months,
            is_renewable: wish.is_renewable,
            perks: Perks(wish.perks),
            tier_set_id: wish.tier.as_ref().map(|(set, _)| *set),
            tier_code: wish.tier.map(|(_, tier)| tier),
            multiplier_bp: wish.multiplier_bp,
            retired_at: None,
            version: 1,
            created_at: at,
        })?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            let there = membership_plan::Entity::find()
                .filter(membership_plan::Column::ProgrammeId.eq(programme));
            let same = there.clone().filter(membership_plan::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            if there.count(tx.connection()).await? >= PLANS_MAX {
                let message = format!("A programme has at most {PLANS_MAX} membership plans.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("code").into());
            }
            if let (Some(set), Some(tier)) = (row.tier_set_id, &row.tier_code) {
                grants(&tx, programme, set, tier).await?;
            }
            note(&tx, actor, "membership_plan.created", None, &row, at).await?;
            let row = row.clone().into_active_model().insert(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Changes a plan.
    pub async fn amend_plan(&self, actor: &Actor, wish: Amend) -> Result<membership_plan::Model> {
        let (programme, _) = actor.operator(Scope::MembershipsWrite)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, wish.plan).await?;
            if before.version != wish.expected_version {
                return Err(Error::Conflict(before.version));
            }
            is_open(&before)?;
            let (wish, was) = (wish.clone(), before.clone());
            let row = checked(membership_plan::Model {
                name: wish.name.unwrap_or(was.name),
                fee_minor: wish.fee_minor.unwrap_or(was.fee_minor),
                period_months: wish.period_months.unwrap_or(was.period_months),
                is_renewable: wish.is_renewable.unwrap_or(was.is_renewable),
                perks: wish.perks.map_or(was.perks, Perks),
                multiplier_bp: wish.multiplier_bp.unwrap_or(was.multiplier_bp),
                version: was.version + 1,
                ..before.clone()
            })?;
            note(&tx, actor, "membership_plan.amended", Some(&before), &row, at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Retires a plan: nobody can pay for it any more. Again, it changes nothing.
    pub async fn retire_plan(
        &self,
        actor: &Actor,
        plan: MembershipPlanId,
    ) -> Result<membership_plan::Model> {
        let (programme, _) = actor.operator(Scope::MembershipsWrite)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let before = lock(&tx, programme, plan).await?;
            if before.retired_at.is_some() {
                return Ok(before);
            }
            let row = membership_plan::Model {
                retired_at: Some(at),
                version: before.version + 1,
                ..before.clone()
            };
            note(&tx, actor, "membership_plan.retired", Some(&before), &row, at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(row).await
        })
        .await
    }
}

async fn lock(
    tx: &Tx,
    programme: ProgrammeId,
    plan: MembershipPlanId,
) -> Result<membership_plan::Model> {
    let query = membership_plan::Entity::find_by_id(plan)
        .filter(membership_plan::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    row.ok_or(Refusal::new(Code::MembershipPlanNotFound).at("membershipPlanId").into())
}

/// Whether it can still be paid for.
pub(super) fn is_open(plan: &membership_plan::Model) -> Result<(), Refusal> {
    if plan.retired_at.is_none() {
        return Ok(());
    }
    Err(Refusal::new(Code::MembershipPlanRetired).at("membershipPlanId"))
}

async fn grants(tx: &Tx, programme: ProgrammeId, set: TierSetId, tier: &str) -> Result<()> {
    let query =
        tier_set::Entity::find_by_id(set).filter(tier_set::Column::ProgrammeId.eq(programme));
    if query.one(tx.connection()).await?.is_none() {
        return Err(Refusal::new(Code::TierSetNotFound).at("tier.tierSetId").into());
    }
    if has_tier(tx, programme, set, tier).await? {
        return Ok(());
    }
    Err(Refusal::new(Code::TierNotFound).at("tier.tierCode").into())
}

fn checked(mut row: membership_plan::Model) -> Result<membership_plan::Model, Refusal> {
    row.name = text::name(&row.name)?;
    if !(1..=FEE_MAX).contains(&row.fee_minor) {
        return Err(Refusal::new(Code::AmountInvalid).at("fee"));
    }
    if !(1..=60).contains(&row.period_months) {
        let message = "A period is 1 to 60 months.";
        return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("periodMonths"));
    }
    multiplies(row.multiplier_bp)?;
    row.perks = Perks(perks(row.perks.0)?);
    Ok(row)
}

async fn note(
    tx: &Tx,
    actor: &Actor,
    action: &'static str,
    before: Option<&membership_plan::Model>,
    after: &membership_plan::Model,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let seen = |row: &membership_plan::Model| {
        json!({ "code": row.code, "name": row.name, "feeMinor": row.fee_minor,
            "periodMonths": row.period_months, "isRenewable": row.is_renewable,
            "perks": row.perks, "tierSet": row.tier_set_id, "tier": row.tier_code,
            "multiplierBp": row.multiplier_bp, "retiredAt": row.retired_at })
    };
    let (was, is) = (before.map(seen), seen(after));
    let change = Change {
        action,
        subject: after.id.to_string(),
        before: was.as_ref().map(|was| -> &dyn audit::erased::Json { was }),
        after: Some(&is),
    };
    audit::append(tx, actor, after.programme_id, at, change).await
}
