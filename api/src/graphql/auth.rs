//! The OpenID providers whose accounts members may sign in with.

use async_graphql::{Context, ID, InputObject, Object};
use entity::auth::identity_provider;
use entity::ids::IdentityProviderId;
use service::auth::RegisterProvider;

use super::app;
use super::error::Result;
use super::mutation::{answer, mutation};
use super::page::{Asked, Connection};
use super::proposals::Proposal;
use super::scalars::{DateTime, Id};

/// An OpenID provider whose accounts members may sign in with.
pub struct IdentityProvider(pub(super) identity_provider::Model);

/// An OpenID provider whose accounts members may sign in with.
#[Object]
impl IdentityProvider {
    /// Its id: `idp_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What its ID tokens say as `iss`.
    async fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// What they say as `aud`: the id that the provider gave the member app.
    async fn audience(&self) -> &str {
        &self.0.audience
    }

    /// Since when members may sign in through it.
    async fn registered_at(&self) -> DateTime {
        DateTime(self.0.registered_at)
    }

    /// Since when nobody may any more; null while it serves.
    async fn retired_at(&self) -> Option<DateTime> {
        self.0.retired_at.map(DateTime)
    }
}

/// The queries of this context.
#[derive(Default)]
pub struct AuthQuery;

#[Object]
impl AuthQuery {
    /// The programme's OpenID providers, oldest first, retired ones too. For operators with
    /// `programme:write`.
    async fn identity_providers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<IdentityProvider>> {
        let (services, actor) = app(ctx);
        let asked = Asked { first, after, last, before };
        let window = asked.window::<IdentityProvider, uuid::Uuid>()?;
        let page = services.auth.providers(actor, window).await?;
        Ok(Connection::new(page, |provider| provider.id.uuid(), IdentityProvider))
    }
}

/// An OpenID provider that members shall sign in with.
#[derive(InputObject)]
pub struct RegisterIdentityProviderInput {
    /// What its ID tokens say as `iss`, at most 200 characters: an `https://` address on the public
    /// Internet whose `/.well-known/openid-configuration` names its keys. In development also one on
    /// this machine, such as `http://localhost:8081`.
    issuer: String,
    /// What they say as `aud`, at most 200 characters: the id that the provider gave the member app.
    /// Register each app of its own.
    audience: String,
}

/// An OpenID provider that nobody shall sign in with any more.
#[derive(InputObject)]
pub struct RetireIdentityProviderInput {
    /// Which.
    identity_provider_id: Id<IdentityProviderId>,
}

mutation! {
    RegisterIdentityProvider refuses [IdentityProviderInvalid, IdentityProviderTaken, ProposalsTooMany];
    /// What asking for a provider did.
    pub struct RegisterIdentityProviderPayload {
        /// What waits for a second operator; null when refused.
        proposal: Option<Proposal>,
    }
}

mutation! {
    RetireIdentityProvider refuses [IdentityProviderNotFound];
    /// What retiring a provider did.
    pub struct RetireIdentityProviderPayload {
        /// The provider, retired; null when refused.
        identity_provider: Option<IdentityProvider>,
    }
}

/// The mutations of this context.
#[derive(Default)]
pub struct AuthMutation;

#[Object]
impl AuthMutation {
    /// Proposes that members may sign in, and enrol, with accounts of an OpenID provider; a second
    /// operator approves. For operators with `programme:write`. Proposing the same again changes
    /// nothing.
    async fn register_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RegisterIdentityProviderInput,
    ) -> Result<RegisterIdentityProviderPayload> {
        let (services, actor) = app(ctx);
        let wish = RegisterProvider { issuer: input.issuer, audience: input.audience };
        let outcome = services.auth.register_provider(actor, wish, services.clock.now()).await;
        answer(outcome, |proposal| RegisterIdentityProviderPayload {
            proposal: Some(Proposal(proposal)),
            ..RegisterIdentityProviderPayload::default()
        })
    }

    /// Lets nobody sign in through an OpenID provider any more; tokens that were given hold for their
    /// minutes. For operators with `programme:write`. Retiring it again changes nothing.
    async fn retire_identity_provider(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RetireIdentityProviderInput,
    ) -> Result<RetireIdentityProviderPayload> {
        let (services, actor) = app(ctx);
        let (id, now) = (input.identity_provider_id.0, services.clock.now());
        answer(services.auth.retire_provider(actor, id, now).await, |provider| {
            RetireIdentityProviderPayload {
                identity_provider: Some(IdentityProvider(provider)),
                ..RetireIdentityProviderPayload::default()
            }
        })
    }
}
