//! What operators do with tiers. All need `tiers:write`.

use async_graphql::{Context, Object};
use service::tiers::{Amend, Create, Grant, Revoke};

use super::inputs::{
    ArchiveTierSetInput, CreateTierSetInput, GrantTierInput, RevokeTierInput, UpdateTierSetInput,
};
use super::types::TierSet;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::members::Member;
use crate::graphql::mutation::{answer, mutation};

/// The mutations of this context.
#[derive(Default)]
pub struct TiersMutation;

mutation! {
    CreateTierSet refuses [
        CodeInvalid, CodeTaken, NameInvalid, TierWindowInvalid, TiersInvalid, ValueOutOfRange,
    ];
    /// What making a tier set did.
    pub struct CreateTierSetPayload {
        /// The set; null when refused.
        tier_set: Option<TierSet>,
    }
}

mutation! {
    UpdateTierSet refuses [
        TierSetNotFound, TierSetArchived, CodeInvalid, NameInvalid, TiersInvalid, ValueOutOfRange,
    ];
    /// What changing a tier set did.
    pub struct UpdateTierSetPayload {
        /// The set; null when refused.
        tier_set: Option<TierSet>,
    }
}

mutation! {
    ArchiveTierSet refuses [TierSetNotFound];
    /// What archiving a tier set did.
    pub struct ArchiveTierSetPayload {
        /// The set; null when refused.
        tier_set: Option<TierSet>,
    }
}

mutation! {
    GrantTier refuses [
        MemberNotFound, TierSetNotFound, TierSetArchived, TierNotFound, ReasonInvalid, ValueOutOfRange,
    ];
    /// What giving a tier did.
    pub struct GrantTierPayload {
        /// Who has it; null when refused.
        member: Option<Member>,
    }
}

mutation! {
    RevokeTier refuses [MemberNotFound, TierSetNotFound, TierSetArchived, ReasonInvalid];
    /// What taking a tier back did.
    pub struct RevokeTierPayload {
        /// Who had it; null when refused.
        member: Option<Member>,
    }
}

#[Object]
impl TiersMutation {
    /// Makes a tier set. For operators with `tiers:write`.
    async fn create_tier_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CreateTierSetInput,
    ) -> Result<CreateTierSetPayload> {
        let (services, actor) = app(ctx);
        let currency = services.programmes.own(actor).await?.programme.currency;
        let metric = input.metric.0;
        let outcome = async {
            let wish = Create {
                code: input.code,
                name: input.name,
                metric,
                window: input.window.0,
                window_months: input.window_months,
                shape: input.terms.shape(metric, currency)?,
            };
            services.tiers.create(actor, wish).await
        };
        answer(outcome.await, |set| CreateTierSetPayload {
            tier_set: Some(TierSet(set)),
            ..CreateTierSetPayload::default()
        })
    }

    /// Changes a tier set's name, or its terms from tomorrow on: what was reached until then stays reached.
    /// For operators with `tiers:write`.
    async fn update_tier_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateTierSetInput,
    ) -> Result<UpdateTierSetPayload> {
        let (services, actor) = app(ctx);
        let currency = services.programmes.own(actor).await?.programme.currency;
        let id = input.tier_set_id.0;
        let outcome = async {
            let there = services.tiers.sets_by_ids(actor, &[id]).await?.pop();
            let metric = there.map(|set| set.row.metric);
            let shape =
                input.terms.zip(metric).map(|(terms, metric)| terms.shape(metric, currency));
            let wish = Amend {
                set: id,
                expected_version: input.expected_version,
                name: input.name,
                shape: shape.transpose()?,
            };
            services.tiers.amend(actor, wish).await
        };
        answer(outcome.await, |set| UpdateTierSetPayload {
            tier_set: Some(TierSet(set)),
            ..UpdateTierSetPayload::default()
        })
    }

    /// Ends a tier set: nobody stands in it any more. Again, it changes nothing. For operators with
    /// `tiers:write`.
    async fn archive_tier_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ArchiveTierSetInput,
    ) -> Result<ArchiveTierSetPayload> {
        let (services, actor) = app(ctx);
        let outcome = services.tiers.archive(actor, input.tier_set_id.0).await;
        answer(outcome, |set| ArchiveTierSetPayload {
            tier_set: Some(TierSet(set)),
            ..ArchiveTierSetPayload::default()
        })
    }

    /// Gives a member's wallet a tier up to a day, whatever it has earned. The same again changes nothing.
    /// For operators with `tiers:write`.
    async fn grant_tier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: GrantTierInput,
    ) -> Result<GrantTierPayload> {
        let (services, actor) = app(ctx);
        let wish = Grant {
            member: input.member_id.0,
            set: input.tier_set_id.0,
            tier: input.tier_code,
            reason: input.reason,
            until: input.until.0,
        };
        answer(services.tiers.grant(actor, wish).await, |member| GrantTierPayload {
            member: Some(Member(member)),
            ..GrantTierPayload::default()
        })
    }

    /// Takes back what operators gave a member's wallet in a set; it has what it earned. Again, it changes
    /// nothing. For operators with `tiers:write`.
    async fn revoke_tier(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RevokeTierInput,
    ) -> Result<RevokeTierPayload> {
        let (services, actor) = app(ctx);
        let wish =
            Revoke { member: input.member_id.0, set: input.tier_set_id.0, reason: input.reason };
        answer(services.tiers.revoke(actor, wish).await, |member| RevokeTierPayload {
            member: Some(Member(member)),
            ..RevokeTierPayload::default()
        })
    }
}
