//! Naming members, suspending them, and pooling households.

use async_graphql::{Context, InputObject, Object};
use entity::ids::{CardId, HouseholdId, MemberId};
use service::members::Pool;

use super::{Card, Household, Member};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::scalars::Id;

/// The mutations of this context.
#[derive(Default)]
pub struct MembersMutation;

/// A further card of a member.
#[derive(InputObject)]
pub struct LinkCardInput {
    /// Whose.
    member_id: Id<MemberId>,
    /// 1 to 64 letters, digits, hyphens or dots.
    card_number: String,
}

/// A card that was lost.
#[derive(InputObject)]
pub struct BlockCardInput {
    /// Which.
    card_id: Id<CardId>,
}

/// The calling partner's own customer number for a member.
#[derive(InputObject)]
pub struct SetPartnerReferenceInput {
    /// Whose.
    member_id: Id<MemberId>,
    /// 1 to 64 characters.
    partner_reference: String,
}

/// A member that stops spending.
#[derive(InputObject)]
pub struct SuspendMemberInput {
    /// Which.
    member_id: Id<MemberId>,
}

/// A member that may spend again.
#[derive(InputObject)]
pub struct ReinstateMemberInput {
    /// Which.
    member_id: Id<MemberId>,
}

/// A membership that ends.
#[derive(InputObject)]
pub struct CloseMemberInput {
    /// Which.
    member_id: Id<MemberId>,
}

/// Members who will share a wallet.
#[derive(InputObject)]
pub struct PoolHouseholdInput {
    /// The household they join; a new one if left out.
    household_id: Option<Id<HouseholdId>>,
    /// 1 to 20 members.
    member_ids: Vec<Id<MemberId>>,
}

/// A member that leaves its household.
#[derive(InputObject)]
pub struct LeaveHouseholdInput {
    /// Which.
    member_id: Id<MemberId>,
}

mutation! {
    LinkCard refuses [MemberNotFound, CardNumberInvalid, CardTaken, CardsTooMany];
    /// What linking did.
    pub struct LinkCardPayload {
        /// The card; null when refused.
        card: Option<Card>,
    }
}

mutation! {
    BlockCard refuses [CardNotFound];
    /// What blocking did.
    pub struct BlockCardPayload {
        /// The card; null when refused.
        card: Option<Card>,
    }
}

mutation! {
    SetPartnerReference refuses [MemberNotFound, ReferenceInvalid, ReferenceTaken];
    /// What telling the number did.
    pub struct SetPartnerReferencePayload {
        /// The member; null when refused.
        member: Option<Member>,
    }
}

mutation! {
    SuspendMember refuses [MemberNotFound, MemberClosed];
    /// What suspending did.
    pub struct SuspendMemberPayload {
        /// The member; null when refused.
        member: Option<Member>,
    }
}

mutation! {
    ReinstateMember refuses [MemberNotFound, MemberClosed];
    /// What reinstating did.
    pub struct ReinstateMemberPayload {
        /// The member; null when refused.
        member: Option<Member>,
    }
}

mutation! {
    CloseMember refuses [MemberNotFound, MemberClosed];
    /// What closing did.
    pub struct CloseMemberPayload {
        /// The member; null when refused.
        member: Option<Member>,
    }
}

mutation! {
    PoolHousehold refuses [
        HouseholdNotFound, MemberNotFound, MemberClosed, MemberSuspended, MemberAlreadyPooled,
        OpenHolds, ValueOutOfRange, Overflow,
    ];
    /// What pooling did.
    pub struct PoolHouseholdPayload {
        /// The household; null when refused.
        household: Option<Household>,
    }
}

mutation! {
    LeaveHousehold refuses [MemberNotFound, HouseholdNotEmpty];
    /// What leaving did.
    pub struct LeaveHouseholdPayload {
        /// The member, with a fresh and empty wallet; null when refused.
        member: Option<Member>,
    }
}

#[Object]
impl MembersMutation {
    /// Gives a member a further card, up to ten. For operators, and partners that have dealt with the
    /// member: whoever has the card in hand. Linking again changes nothing.
    async fn link_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: LinkCardInput,
    ) -> Result<LinkCardPayload> {
        let (services, actor) = app(ctx);
        let outcome =
            services.members.link_card(actor, input.member_id.0, &input.card_number).await;
        answer(outcome, |card| LinkCardPayload {
            card: Some(Card(card)),
            ..LinkCardPayload::default()
        })
    }

    /// Blocks a lost card: it names nobody any more. For the member itself and operators. Blocking
    /// again changes nothing.
    async fn block_card(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: BlockCardInput,
    ) -> Result<BlockCardPayload> {
        let (services, actor) = app(ctx);
        let outcome = services.members.block_card(actor, input.card_id.0).await;
        answer(outcome, |card| BlockCardPayload {
            card: Some(Card(card)),
            ..BlockCardPayload::default()
        })
    }

    /// Tells the calling partner's own customer number for a member. For partners with
    /// `members:write`. Telling it again changes nothing.
    async fn set_partner_reference(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetPartnerReferenceInput,
    ) -> Result<SetPartnerReferencePayload> {
        let (services, actor) = app(ctx);
        let (member, reference) = (input.member_id.0, input.partner_reference);
        let outcome = services.members.set_reference(actor, member, &reference).await;
        answer(outcome, |member| SetPartnerReferencePayload {
            member: Some(Member(member)),
            ..SetPartnerReferencePayload::default()
        })
    }

    /// Stops a member from spending; it still earns. For operators. Suspending again changes
    /// nothing.
    async fn suspend_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SuspendMemberInput,
    ) -> Result<SuspendMemberPayload> {
        let (services, actor) = app(ctx);
        answer(services.members.suspend(actor, input.member_id.0).await, |member| {
            SuspendMemberPayload { member: Some(Member(member)), ..SuspendMemberPayload::default() }
        })
    }

    /// Lets a suspended member spend again. For operators. Reinstating again changes nothing.
    async fn reinstate_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReinstateMemberInput,
    ) -> Result<ReinstateMemberPayload> {
        let (services, actor) = app(ctx);
        answer(services.members.reinstate(actor, input.member_id.0).await, |member| {
            ReinstateMemberPayload {
                member: Some(Member(member)),
                ..ReinstateMemberPayload::default()
            }
        })
    }

    /// Ends a membership, for good; returns of what was bought before still count. For operators.
    async fn close_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CloseMemberInput,
    ) -> Result<CloseMemberPayload> {
        let (services, actor) = app(ctx);
        answer(services.members.close(actor, input.member_id.0).await, |member| {
            CloseMemberPayload { member: Some(Member(member)), ..CloseMemberPayload::default() }
        })
    }

    /// Lets members share one wallet: all that each has, and owes, moves into it. For operators.
    async fn pool_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: PoolHouseholdInput,
    ) -> Result<PoolHouseholdPayload> {
        let (services, actor) = app(ctx);
        let rules = services.programmes.own(actor).await?;
        let wish = Pool {
            household: input.household_id.map(|id| id.0),
            members: input.member_ids.into_iter().map(|id| id.0).collect(),
        };
        let outcome = async {
            let row = services.members.pool(actor, &rules, wish).await?;
            let found = services.members.households(actor, &[row.id]).await?.pop();
            Ok(Household { row, members: found.map(|(_, members)| members).unwrap_or_default() })
        };
        answer(outcome.await, |household| PoolHouseholdPayload {
            household: Some(household),
            ..PoolHouseholdPayload::default()
        })
    }

    /// Takes a member out of its household, with a fresh wallet; the points stay with the
    /// household, which its last member can't leave while there are any. For operators. Leaving again
    /// changes nothing.
    async fn leave_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: LeaveHouseholdInput,
    ) -> Result<LeaveHouseholdPayload> {
        let (services, actor) = app(ctx);
        let rules = services.programmes.own(actor).await?;
        answer(services.members.leave_household(actor, &rules, input.member_id.0).await, |member| {
            LeaveHouseholdPayload {
                member: Some(Member(member)),
                ..LeaveHouseholdPayload::default()
            }
        })
    }
}
