//! Plans and memberships.

use std::collections::HashMap;

use async_graphql::{Context, ID, Object};
use entity::amount;
use entity::ids::{MemberId, MembershipId};
use entity::memberships::membership::{self, MembershipStatus};
use entity::memberships::{membership_change, membership_plan};
use service::memberships::is_in_force;
use service::{Actor, Error, Services};

use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::{Batch, Loaders};
use crate::graphql::money::Money;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{Date, DateTime};
use crate::graphql::tiers::Perk;

/// What members can pay for.
pub struct MembershipPlan(pub(in crate::graphql) membership_plan::Model);

/// What members can pay for, period by period.
#[Object]
impl MembershipPlan {
    /// Its id: `mpl_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Unique in the programme.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// What people call it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What one period costs.
    async fn fee(&self, ctx: &Context<'_>) -> Result<Money> {
        let currency = currency(ctx).await?;
        Ok(amount::Money { minor: self.0.fee_minor, currency }.into())
    }

    /// How long one is, in months.
    async fn period_months(&self) -> i32 {
        self.0.period_months
    }

    /// Whether it can be paid again while it runs.
    async fn is_renewable(&self) -> bool {
        self.0.is_renewable
    }

    /// What it brings besides points, at most 20.
    async fn perks(&self) -> Vec<Perk> {
        self.0.perks.0.iter().map(Perk::from).collect()
    }

    /// The id of the tier set in which it grants a tier; null if it grants none.
    async fn tier_set_id(&self) -> Option<ID> {
        self.0.tier_set_id.map(|id| id.to_string().into())
    }

    /// The code of that tier.
    async fn tier_code(&self) -> Option<&str> {
        self.0.tier_code.as_deref()
    }

    /// What is earned with it, in basis points: 10000 is once.
    async fn multiplier_bp(&self) -> i32 {
        self.0.multiplier_bp
    }

    /// When it was retired; null while it can be paid for.
    async fn retired_at(&self) -> Option<DateTime> {
        self.0.retired_at.map(DateTime)
    }

    /// Grows with each change; an update names the one that it saw.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A member's paid membership.
#[derive(Clone)]
pub struct Membership(pub(in crate::graphql) membership::Model);

/// A member's paid membership. To the member itself, operators, and the partner it was last paid through.
#[Object]
impl Membership {
    /// Its id: `msh_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose.
    async fn member_id(&self) -> ID {
        self.0.member_id.to_string().into()
    }

    /// Of which plan.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<MembershipPlan>> {
        Ok(load(ctx, self.0.plan_id).await?.map(MembershipPlan))
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<MembershipStatus> {
        Enumeration(self.0.status)
    }

    /// Whether it brings today what its plan says.
    async fn is_in_force(&self, ctx: &Context<'_>) -> Result<bool> {
        let (services, actor) = app(ctx);
        Ok(is_in_force(&self.0, services.memberships.today(actor).await?))
    }

    /// The first day of what runs without a gap.
    async fn period_from(&self) -> Date {
        Date(self.0.period_from.date())
    }

    /// The last day that is paid for.
    async fn period_to(&self) -> Date {
        Date(self.0.period_to.date())
    }

    /// Grows with each change.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was first paid for, as Florin learnt it.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// How it went, oldest first, at most 100.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<MembershipChange>> {
        let (services, actor) = app(ctx);
        let loader =
            ctx.data_unchecked::<Loaders>().of(|| Changes(services.clone(), actor.clone()));
        let rows = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(rows.into_iter().take(100).map(MembershipChange).collect())
    }
}

/// One change of a membership.
pub struct MembershipChange(membership_change::Model);

/// One change of a membership: how it was from then on.
#[Object]
impl MembershipChange {
    /// Where it stood.
    async fn status(&self) -> Enumeration<MembershipStatus> {
        Enumeration(self.0.status)
    }

    /// The first day of what ran without a gap.
    async fn period_from(&self) -> Date {
        Date(self.0.period_from.date())
    }

    /// The last day that was paid for.
    async fn period_to(&self) -> Date {
        Date(self.0.period_to.date())
    }

    /// When it changed.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.0.at)
    }
}

struct Changes(Services, Actor);

impl Batch for Changes {
    type Key = MembershipId;
    type Value = Vec<membership_change::Model>;

    async fn load(
        &self,
        keys: Vec<MembershipId>,
    ) -> Result<HashMap<MembershipId, Vec<membership_change::Model>>, Error> {
        self.0.memberships.changes_of(&self.1, &keys).await
    }
}

/// Memberships by member.
pub(in crate::graphql) struct ByMember(
    pub(in crate::graphql) Services,
    pub(in crate::graphql) Actor,
);

impl Batch for ByMember {
    type Key = MemberId;
    type Value = Vec<Membership>;

    async fn load(&self, keys: Vec<MemberId>) -> Result<HashMap<MemberId, Vec<Membership>>, Error> {
        let found = self.0.memberships.of_members(&self.1, &keys).await?.into_iter();
        Ok(found
            .map(|(member, rows)| (member, rows.into_iter().map(Membership).collect()))
            .collect())
    }
}
