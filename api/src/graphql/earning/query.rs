//! Reading rules, campaigns and events, trying rules, and asking why.

use async_graphql::{Context, Object};
use entity::earning::earning_rule::RuleStatus;
use entity::ids::{CampaignId, MemberId, PurchaseId, RuleId};
use service::earning::trial::{On, Tried};

use super::inputs::{TestRuleInput, TriedOnInput, TriedRuleInput};
use super::types::{Campaign, EarningRule, Event, EventType, RuleTrial, RuleVerdict, Segment};
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::Id;

mutation! {
    TestRule refuses [
        RuleNotFound, PurchaseNotFound, NameInvalid, ConditionInvalid, EffectInvalid, ScheduleInvalid,
        LimitInvalid, FundingInvalid, ValueOutOfRange, AmountInvalid, PartnerNotFound, StoreNotFound,
        Overflow,
    ];
    /// What a rule would have given. Nothing was written.
    pub struct TestRulePayload {
        /// The trial; null when refused.
        trial: Option<RuleTrial>,
    }
}

mutation! {
    WhyNot refuses [PurchaseNotFound, RuleNotFound, Overflow];
    /// Why a rule gave nothing for a receipt.
    pub struct WhyNotPayload {
        /// The verdict; null when refused.
        verdict: Option<RuleVerdict>,
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct EarningQuery;

#[Object]
impl EarningQuery {
    /// Earning rules, oldest first: all to operators, the live ones to others.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a connection and a filter")]
    async fn earning_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only of this campaign.")] campaign_id: Option<Id<CampaignId>>,
        #[graphql(desc = "Only those that stand like this; for operators.")] status: Option<
            Enumeration<RuleStatus>,
        >,
    ) -> Result<Connection<EarningRule>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<EarningRule, uuid::Uuid>()?;
        let filter = (campaign_id.map(|id| id.0), status.map(|status| status.0));
        let page = services.earning.rules(actor, filter, window).await?;
        Ok(Connection::new(page, |own| own.rule.id.uuid(), EarningRule))
    }

    /// Campaigns, oldest first: all to operators, to others those that were launched.
    async fn campaigns(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<RuleStatus>,
        >,
    ) -> Result<Connection<Campaign>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Campaign, uuid::Uuid>()?;
        let page = services.earning.campaigns(actor, status.map(|own| own.0), window).await?;
        Ok(Connection::new(page, |own| own.campaign.id.uuid(), Campaign))
    }

    /// What members did besides buying, oldest first: a member's own, what a partner with `events:write`
    /// reported, all to operators.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only of this member.")] member_id: Option<Id<MemberId>>,
    ) -> Result<Connection<Event>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Event, uuid::Uuid>()?;
        let page = services.earning.events(actor, member_id.map(|id| id.0), window).await?;
        Ok(Connection::new(page, |own| own.id.uuid(), Event))
    }

    /// The event types that are declared, by code; at most 500.
    async fn event_types(&self, ctx: &Context<'_>) -> Result<Vec<EventType>> {
        let (services, actor) = app(ctx);
        Ok(services.earning.event_types(actor).await?.into_iter().map(Into::into).collect())
    }

    /// The segments, by code; at most 500. For operators with `rules:write`.
    async fn segments(&self, ctx: &Context<'_>) -> Result<Vec<Segment>> {
        let (services, actor) = app(ctx);
        Ok(services.earning.segments(actor).await?.into_iter().map(Into::into).collect())
    }

    /// Tries a rule, by itself, on a receipt or a past day: its limits and budget begin anew, and what
    /// rules know of members is as of now, purchases up to each receipt. Nothing is written. For operators
    /// with `rules:write`.
    async fn test_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rule, on what.")] input: TestRuleInput,
    ) -> Result<TestRulePayload> {
        let (services, actor) = app(ctx);
        actor.operator(service::Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let on = match input.on {
            TriedOnInput::PurchaseId(id) => On::Purchase(id.0),
            TriedOnInput::Day(day) => On::Day(day.0),
        };
        let tried = async {
            let tried = match input.rule {
                TriedRuleInput::Id(id) => Tried::Written(id.0),
                TriedRuleInput::Terms(terms) => Tried::Sketched(Box::new(
                    terms.of(currency).map_err(|refusal| refusal.under("rule.terms"))?,
                )),
            };
            services.earning.try_rule(actor, tried, on).await
        };
        answer(tried.await, |trial| TestRulePayload {
            trial: Some(RuleTrial::of(trial, currency)),
            ..TestRulePayload::default()
        })
    }

    /// Why a rule gave nothing for a receipt: which part of its condition was false, which limit cut it
    /// off. To operators, the receipt's partner and its member.
    async fn why_not(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which receipt.")] purchase_id: Id<PurchaseId>,
        #[graphql(desc = "Which rule.")] rule_id: Id<RuleId>,
    ) -> Result<WhyNotPayload> {
        let (services, actor) = app(ctx);
        let verdict = services.earning.why_not(actor, purchase_id.0, rule_id.0).await;
        answer(verdict, |verdict| WhyNotPayload {
            verdict: Some(verdict.into()),
            ..WhyNotPayload::default()
        })
    }
}
