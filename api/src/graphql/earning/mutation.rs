//! Writing rules and campaigns, declaring and recording events, segments.

use async_graphql::{Context, Object};
use service::Scope;
use service::earning::audience::Profile;
use service::earning::campaigns::Turned;
use service::earning::events::Report;
use service::earning::kinds::Declare;
use service::earning::rules::Draft;

use super::inputs::{
    AssignSegmentInput, DeclareEventTypeInput, DefineSegmentInput, DraftCampaignInput,
    DraftEarningRuleInput, RecordEventInput, SetCampaignStatusInput, SetEarningRuleStatusInput,
    SetMemberProfileInput, UpdateCampaignInput, UpdateEarningRuleInput,
};
use super::types::{Campaign, EarningRule, Event, EventType, Segment};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::proposals::Proposal;
use crate::graphql::purchases::{currency, micros};
use crate::graphql::scalars::Points;

mutation! {
    DraftEarningRule refuses [
        CodeInvalid, CodeTaken, NameInvalid, CampaignNotFound, RuleEnded, EventTypeNotFound, ConditionInvalid,
        EffectInvalid, ScheduleInvalid, LimitInvalid, FundingInvalid, GroupMixed, ValueOutOfRange,
        AmountInvalid, PartnerNotFound, StoreNotFound,
    ];
    /// What drafting did.
    pub struct DraftEarningRulePayload {
        /// The rule; null when refused.
        rule: Option<EarningRule>,
    }
}

mutation! {
    UpdateEarningRule refuses [
        RuleNotFound, RuleEnded, NameInvalid, CampaignNotFound, EventTypeNotFound, ConditionInvalid,
        EffectInvalid, ScheduleInvalid, LimitInvalid, FundingInvalid, GroupMixed, ValueOutOfRange,
        AmountInvalid, PartnerNotFound, StoreNotFound, BudgetBelowGiven,
    ];
    /// What changing did.
    pub struct UpdateEarningRulePayload {
        /// The rule with its next version; null when refused.
        rule: Option<EarningRule>,
    }
}

mutation! {
    SetEarningRuleStatus refuses [
        RuleNotFound, RuleEnded, StatusInvalid, ValidFromInvalid, CampaignNotFound, EventTypeNotFound,
        ConditionInvalid, GroupMixed, ValueOutOfRange,
    ];
    /// What launching, pausing or ending did.
    pub struct SetEarningRuleStatusPayload {
        /// The rule with its next version; null when refused.
        rule: Option<EarningRule>,
    }
}

mutation! {
    DraftCampaign refuses [
        CodeInvalid, CodeTaken, NameInvalid, ConditionInvalid, ScheduleInvalid, FundingInvalid,
        ValueOutOfRange, AmountInvalid, PartnerNotFound,
    ];
    /// What drafting did.
    pub struct DraftCampaignPayload {
        /// The campaign; null when refused.
        campaign: Option<Campaign>,
    }
}

mutation! {
    UpdateCampaign refuses [
        CampaignNotFound, RuleEnded, NameInvalid, ConditionInvalid, ScheduleInvalid, FundingInvalid,
        ValueOutOfRange, AmountInvalid, PartnerNotFound, BudgetBelowGiven, ProposalsTooMany,
    ];
    /// What changing did.
    pub struct UpdateCampaignPayload {
        /// The campaign with its next version; null when refused, and while it waits for a second operator.
        campaign: Option<Campaign>,
        /// What waits for a second operator; null when it was done.
        proposal: Option<Proposal>,
    }
}

mutation! {
    SetCampaignStatus refuses [
        CampaignNotFound, RuleEnded, StatusInvalid, ValidFromInvalid, ConditionInvalid, ProposalsTooMany,
    ];
    /// What launching, pausing or ending did.
    pub struct SetCampaignStatusPayload {
        /// The campaign with its next version; null when refused, and while it waits for a second operator.
        campaign: Option<Campaign>,
        /// What waits for a second operator; null when it was done.
        proposal: Option<Proposal>,
    }
}

mutation! {
    DeclareEventType refuses [CodeInvalid, NameInvalid, EventTypeInvalid, ValueOutOfRange];
    /// What declaring did.
    pub struct DeclareEventTypePayload {
        /// The type; null when refused.
        event_type: Option<EventType>,
    }
}

mutation! {
    RecordEvent refuses [
        EventTypeNotFound, EventAttributeInvalid, MemberNotFound, MemberClosed, CardNotFound, CardBlocked,
        CardNumberInvalid, PartnerSuspended, PartnerRoleMissing, ContractMissing, OccurredInFuture,
        OccurredTooLongAgo, IdempotencyKeyInvalid, IdempotencyKeyReused, Overflow,
    ];
    /// What recording did.
    pub struct RecordEventPayload {
        /// The event; null when refused.
        event: Option<Event>,
        /// What it earned.
        points: Points,
        /// Whether it had been recorded before with the same key.
        is_replay: bool,
    }
}

mutation! {
    DefineSegment refuses [CodeInvalid, NameInvalid, ValueOutOfRange];
    /// What naming did.
    pub struct DefineSegmentPayload {
        /// The segment; null when refused.
        segment: Option<Segment>,
    }
}

mutation! {
    AssignSegment refuses [SegmentNotFound, MemberNotFound];
    /// What assigning did.
    pub struct AssignSegmentPayload {
        /// How many came or left; null when refused.
        changed: Option<Points>,
    }
}

mutation! {
    SetMemberProfile refuses [MemberNotFound, ValueOutOfRange, CodeInvalid, NameInvalid];
    /// What noting did.
    pub struct SetMemberProfilePayload {
        /// The names of the attributes that are kept; null when refused.
        attribute_names: Option<Vec<String>>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct EarningMutation;

#[Object]
impl EarningMutation {
    /// Drafts a rule, which gives nothing until it is launched. For operators with `rules:write`.
    async fn draft_earning_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DraftEarningRuleInput,
    ) -> Result<DraftEarningRulePayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let drafted = async {
            let campaign = input.campaign_id.map(|id| id.0);
            let definition = input.terms.of(currency).map_err(|own| own.under("terms"))?;
            let wish = Draft { code: input.code, campaign, definition };
            services.earning.draft_rule(actor, wish).await
        };
        answer(drafted.await, |rule| DraftEarningRulePayload {
            rule: Some(EarningRule(rule)),
            ..DraftEarningRulePayload::default()
        })
    }

    /// Has a rule say something else from now on; what earlier versions gave stays. For operators with
    /// `rules:write`. `CONFLICT` when it was changed since it was read.
    async fn update_earning_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateEarningRuleInput,
    ) -> Result<UpdateEarningRulePayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let amended = async {
            let definition = input.terms.of(currency).map_err(|own| own.under("terms"))?;
            let named = (input.rule_id.0, input.expected_version);
            services.earning.amend_rule(actor, named, definition).await
        };
        answer(amended.await, |rule| UpdateEarningRulePayload {
            rule: Some(EarningRule(rule)),
            ..UpdateEarningRulePayload::default()
        })
    }

    /// Launches, pauses or ends a rule. For operators with `rules:write`. `CONFLICT` when it was changed
    /// since it was read.
    async fn set_earning_rule_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetEarningRuleStatusInput,
    ) -> Result<SetEarningRuleStatusPayload> {
        let (services, actor) = app(ctx);
        answer(services.earning.turn_rule(actor, input.of()).await, |rule| {
            SetEarningRuleStatusPayload {
                rule: Some(EarningRule(rule)),
                ..SetEarningRuleStatusPayload::default()
            }
        })
    }

    /// Drafts a campaign, whose rules give nothing until it is launched. For operators with `rules:write`.
    async fn draft_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DraftCampaignInput,
    ) -> Result<DraftCampaignPayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let drafted = async {
            let terms = input.terms.of(currency).map_err(|own| own.under("terms"))?;
            services.earning.draft_campaign(actor, &input.code, terms).await
        };
        answer(drafted.await, |campaign| DraftCampaignPayload {
            campaign: Some(Campaign(campaign)),
            ..DraftCampaignPayload::default()
        })
    }

    /// Changes a campaign's terms from now on. To raise the budget of one that runs above the programme's
    /// adjustment limit takes a second operator. For operators with `rules:write`. `CONFLICT` when it was
    /// changed since it was read.
    async fn update_campaign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdateCampaignInput,
    ) -> Result<UpdateCampaignPayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::RulesWrite)?;
        let currency = currency(ctx).await?;
        let turned = async {
            let terms = input.terms.of(currency).map_err(|own| own.under("terms"))?;
            let named = (input.campaign_id.0, input.expected_version);
            services.earning.amend_campaign(actor, named, terms).await
        };
        answer(turned.await, |turned| {
            let (campaign, proposal) = shown(turned);
            UpdateCampaignPayload { campaign, proposal, ..UpdateCampaignPayload::default() }
        })
    }

    /// Launches, pauses or ends a campaign. To launch one whose budget of points is above the programme's
    /// adjustment limit, or that has none, takes a second operator. For operators with `rules:write`.
    /// `CONFLICT` when it was changed since it was read.
    async fn set_campaign_status(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetCampaignStatusInput,
    ) -> Result<SetCampaignStatusPayload> {
        let (services, actor) = app(ctx);
        answer(services.earning.turn_campaign(actor, input.of()).await, |turned| {
            let (campaign, proposal) = shown(turned);
            SetCampaignStatusPayload { campaign, proposal, ..SetCampaignStatusPayload::default() }
        })
    }

    /// Declares an event type; to declare it again may change its name and who reports it. For operators
    /// with `rules:write`.
    async fn declare_event_type(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DeclareEventTypeInput,
    ) -> Result<DeclareEventTypePayload> {
        let (services, actor) = app(ctx);
        let wish = Declare {
            code: input.code,
            name: input.name,
            attributes: input.attributes.into_iter().map(|own| own.of()).collect(),
            by_partners: input.by_partners,
        };
        answer(services.earning.declare_event_type(actor, wish).await, |row| {
            DeclareEventTypePayload {
                event_type: Some(row.into()),
                ..DeclareEventTypePayload::default()
            }
        })
    }

    /// Records something that a member did besides buying, and gives what rules give for it. For partners
    /// and operators with `events:write`.
    async fn record_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What happened.")] input: RecordEventInput,
    ) -> Result<RecordEventPayload> {
        let (services, actor) = app(ctx);
        let reported = async {
            let report = Report {
                kind: input.kind,
                member: input.member.of(actor)?,
                attributes: input.attributes.map(|own| own.0).unwrap_or_default(),
                occurred_at: micros(input.occurred_at),
                idempotency_key: input.idempotency_key,
            };
            services.earning.report(actor, report).await
        };
        answer(reported.await, |reported| RecordEventPayload {
            points: reported.event.points.into(),
            is_replay: reported.is_replay,
            event: Some(Event(reported.event)),
            ..RecordEventPayload::default()
        })
    }

    /// Names a segment; to name it again changes its name. For operators with `rules:write`.
    async fn define_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: DefineSegmentInput,
    ) -> Result<DefineSegmentPayload> {
        let (services, actor) = app(ctx);
        let defined = services.earning.define_segment(actor, &input.code, &input.name).await;
        answer(defined, |row| DefineSegmentPayload {
            segment: Some(row.into()),
            ..DefineSegmentPayload::default()
        })
    }

    /// Puts members into a segment, and takes others out. For operators with `rules:write`. Doing it again
    /// changes nothing.
    async fn assign_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AssignSegmentInput,
    ) -> Result<AssignSegmentPayload> {
        let (services, actor) = app(ctx);
        let ids = |ids: Vec<crate::graphql::scalars::Id<entity::ids::MemberId>>| {
            ids.into_iter().map(|id| id.0).collect::<Vec<_>>()
        };
        let (add, remove) = (ids(input.add), ids(input.remove));
        let code = input.segment_code;
        let assigned = services.earning.assign_segment(actor, &code, (&add, &remove)).await;
        answer(assigned, |changed| AssignSegmentPayload {
            changed: i64::try_from(changed).ok().and_then(Points::change),
            ..AssignSegmentPayload::default()
        })
    }

    /// Notes what rules may know of a member: a member its own birthday, an operator with `members:write`
    /// everything.
    async fn set_member_profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetMemberProfileInput,
    ) -> Result<SetMemberProfilePayload> {
        let (services, actor) = app(ctx);
        let birthday = input.birthday.map(|own| Some((own.month, own.day)));
        let wish = Profile {
            birthday: birthday.or(input.forget_birthday.then_some(None)),
            attributes: input.attributes.into_iter().map(|own| (own.name, own.value)).collect(),
        };
        let noted = services.earning.note_profile(actor, input.member_id.0, wish).await;
        answer(noted, |row| SetMemberProfilePayload {
            attribute_names: Some(row.attributes.0.into_keys().collect()),
            ..SetMemberProfilePayload::default()
        })
    }
}

fn shown(turned: Turned) -> (Option<Campaign>, Option<Proposal>) {
    match turned {
        Turned::Done(campaign) => (Some(Campaign(*campaign)), None),
        Turned::Proposed(proposal) => (None, Some(Proposal(proposal))),
    }
}
