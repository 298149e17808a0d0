//! Enrolling members: at the till, or by themselves with an account elsewhere.

use async_graphql::{Context, InputObject, Object};
use service::members::Enrol;

use super::Member;
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};

/// The mutations of enrolment.
#[derive(Default)]
pub struct EnrolmentMutation;

/// A member to be enrolled.
#[derive(InputObject)]
pub struct EnrolMemberInput {
    /// Its first card: 1 to 64 letters, digits, hyphens or dots. It is the natural key: enrolling a
    /// card again answers with its member.
    card_number: String,
    /// The calling partner's own customer number, 1 to 64 characters. Only for partners.
    partner_reference: Option<String>,
}

/// A person to be enrolled who has proved who it is.
#[derive(InputObject)]
pub struct EnrolWithIdentityInput {
    /// The ID token that an OpenID provider of the programme gave the app, at most 8,192 characters.
    /// The account that it names is the natural key: enrolling with it again answers with its member.
    id_token: String,
}

mutation! {
    EnrolMember refuses [CardNumberInvalid, ReferenceInvalid, ReferenceTaken];
    /// What enrolling did.
    pub struct EnrolMemberPayload {
        /// The member; null when refused.
        member: Option<Member>,
        /// Whether the card had been enrolled before.
        is_replayed: bool,
    }
}

mutation! {
    EnrolWithIdentity refuses [IdentityTokenInvalid, IdentityProviderUnreachable];
    /// What enrolling did.
    pub struct EnrolWithIdentityPayload {
        /// The member; null when refused. Its wallet and cards are shown to a token of its own.
        member: Option<Member>,
        /// Whether the account had been enrolled before.
        is_replayed: bool,
    }
}

#[Object]
impl EnrolmentMutation {
    /// Enrols a member with a card. For operators, and for partners with `members:write`: at the
    /// till, or for a person who signs up in the partner's own shop or app.
    async fn enrol_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: EnrolMemberInput,
    ) -> Result<EnrolMemberPayload> {
        let (services, actor) = app(ctx);
        let wish =
            Enrol { card_number: input.card_number, partner_reference: input.partner_reference };
        answer(services.members.enrol(actor, wish).await, |done| EnrolMemberPayload {
            member: Some(Member(done.member)),
            is_replayed: done.is_replay,
            ..EnrolMemberPayload::default()
        })
    }

    /// Enrols the person whose ID token it is, with a card that Florin numbers. Open to everybody, no
    /// token of ours is needed: with the same ID token the app then gets one at `/oauth/token`.
    async fn enrol_with_identity(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: EnrolWithIdentityInput,
    ) -> Result<EnrolWithIdentityPayload> {
        let (services, actor) = app(ctx);
        let outcome = async {
            let now = services.clock.now();
            let identity = services.auth.identify(&input.id_token, now).await?;
            services.members.enrol_identity(actor, identity).await
        };
        answer(outcome.await, |done| EnrolWithIdentityPayload {
            member: Some(Member(done.member)),
            is_replayed: done.is_replay,
            ..EnrolWithIdentityPayload::default()
        })
    }
}
