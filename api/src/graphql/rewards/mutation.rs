//! Writing the catalogue. For operators, and a partner its own rewards, with `rewards:write`.

use async_graphql::{Context, Object};
use service::Scope;
use service::rewards::{Draft, Turn};

use super::inputs::{DraftRewardInput, SetRewardStatusInput, UpdateRewardInput};
use super::types::Reward;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::purchases::currency;

mutation! {
    DraftReward refuses [
        CodeInvalid, CodeTaken, PartnerNotFound, NameInvalid, TextInvalid, LanguageInvalid, PictureInvalid,
        BenefitInvalid, PriceInvalid, AmountInvalid, TierSetNotFound, TierNotFound, LimitInvalid,
        ScheduleInvalid, ConditionInvalid, ValueOutOfRange, SupplierInvalid, CodePoolNotFound,
        CodePoolUnfit,
    ];
    /// What drafting did.
    pub struct DraftRewardPayload {
        /// The reward; null when refused.
        reward: Option<Reward>,
    }
}

mutation! {
    UpdateReward refuses [
        RewardNotFound, RewardEnded, StockBelowClaimed, CodeInvalid, NameInvalid, TextInvalid, LanguageInvalid, PictureInvalid,
        BenefitInvalid, PriceInvalid, AmountInvalid, TierSetNotFound, TierNotFound, LimitInvalid,
        ScheduleInvalid, ConditionInvalid, ValueOutOfRange, SupplierInvalid, CodePoolNotFound,
        CodePoolUnfit,
    ];
    /// What changing did.
    pub struct UpdateRewardPayload {
        /// The reward with its next version; null when refused.
        reward: Option<Reward>,
    }
}

mutation! {
    SetRewardStatus refuses [
        RewardNotFound, RewardEnded, StatusInvalid, TierSetNotFound, TierNotFound, CodePoolNotFound,
        CodePoolUnfit,
    ];
    /// What launching, pausing or ending did.
    pub struct SetRewardStatusPayload {
        /// The reward with its next version; null when refused.
        reward: Option<Reward>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct RewardsMutation;

#[Object]
impl RewardsMutation {
    /// Drafts a reward, which nobody gets until it is launched. For operators and partners with
    /// `rewards:write`.
    async fn draft_reward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DraftRewardInput,
    ) -> Result<DraftRewardPayload> {
        let (services, actor) = app(ctx);
        actor.with(Scope::RewardsWrite)?;
        let currency = currency(ctx).await?;
        let drafted = async {
            let wish = Draft {
                code: input.code,
                partner: input.partner_id.map(|id| id.0),
                kind: input.kind.0,
                definition: input.terms.of(currency).map_err(|own| own.under("terms"))?,
            };
            services.rewards.draft(actor, wish).await
        };
        answer(drafted.await, |reward| DraftRewardPayload {
            reward: Some(Reward(reward)),
            ..DraftRewardPayload::default()
        })
    }

    /// Has a reward say something else from now on; its earlier versions stay. For operators, and a partner its
    /// own, with `rewards:write`. `CONFLICT` when it was changed since it was read.
    async fn update_reward(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateRewardInput,
    ) -> Result<UpdateRewardPayload> {
        let (services, actor) = app(ctx);
        actor.with(Scope::RewardsWrite)?;
        let currency = currency(ctx).await?;
        let amended = async {
            let definition = input.terms.of(currency).map_err(|own| own.under("terms"))?;
            let named = (input.reward_id.0, input.expected_version);
            services.rewards.amend(actor, named, definition).await
        };
        answer(amended.await, |reward| UpdateRewardPayload {
            reward: Some(Reward(reward)),
            ..UpdateRewardPayload::default()
        })
    }

    /// Launches, pauses or ends a reward. To be what it is already changes nothing. For operators, and a partner
    /// its own, with `rewards:write`. `CONFLICT` when it was changed since it was read.
    async fn set_reward_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetRewardStatusInput,
    ) -> Result<SetRewardStatusPayload> {
        let (services, actor) = app(ctx);
        let wish = Turn {
            reward: input.reward_id.0,
            expected_version: input.expected_version,
            status: input.status.0,
        };
        answer(services.rewards.turn(actor, wish).await, |reward| SetRewardStatusPayload {
            reward: Some(Reward(reward)),
            ..SetRewardStatusPayload::default()
        })
    }
}
