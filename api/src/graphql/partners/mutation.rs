//! What operators do with partners. All need `partners:write`.

use async_graphql::{Context, Object};
use service::partners::{self, Amend, Onboard, RegisterClient};

use super::inputs::{
    AddStoreInput, CloseStoreInput, OnboardPartnerInput, RegisterApiClientInput,
    ReinstatePartnerInput, RevokeApiClientInput, SetPartnerBankAccountInput, SignContractInput,
    SuspendPartnerInput, UpdatePartnerInput,
};
use super::types::{ApiClient, Contract, Partner, Store};
use crate::graphql::app;
use crate::graphql::error::Result;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::proposals::Proposal;
use crate::graphql::scalars::Points;

/// The mutations of this context.
#[derive(Default)]
pub struct PartnersMutation;

mutation! {
    OnboardPartner refuses [CodeInvalid, CodeTaken, NameInvalid, ValueOutOfRange];
    /// What taking a partner in did.
    pub struct OnboardPartnerPayload {
        /// The partner; null when refused.
        partner: Option<Partner>,
    }
}

mutation! {
    UpdatePartner refuses [PartnerNotFound, NameInvalid, ValueOutOfRange];
    /// What changing a partner did.
    pub struct UpdatePartnerPayload {
        /// The partner; null when refused.
        partner: Option<Partner>,
    }
}

mutation! {
    SuspendPartner refuses [PartnerNotFound];
    /// What suspending did.
    pub struct SuspendPartnerPayload {
        /// The partner; null when refused.
        partner: Option<Partner>,
    }
}

mutation! {
    ReinstatePartner refuses [PartnerNotFound];
    /// What reinstating did.
    pub struct ReinstatePartnerPayload {
        /// The partner; null when refused.
        partner: Option<Partner>,
    }
}

mutation! {
    AddStore refuses [PartnerNotFound, CodeInvalid, CodeTaken, NameInvalid];
    /// What opening a store did.
    pub struct AddStorePayload {
        /// The store; null when refused.
        store: Option<Store>,
    }
}

mutation! {
    CloseStore refuses [StoreNotFound];
    /// What closing a store did.
    pub struct CloseStorePayload {
        /// The store; null when refused.
        store: Option<Store>,
    }
}

mutation! {
    SignContract refuses [PartnerNotFound, ValidFromInvalid, ValueOutOfRange];
    /// What signing did.
    pub struct SignContractPayload {
        /// The new version; null when refused.
        contract: Option<Contract>,
    }
}

mutation! {
    SetPartnerBankAccount refuses [
        PartnerNotFound, NameInvalid, IbanInvalid, BicInvalid, MandateInvalid, ProposalsTooMany,
    ];
    /// What setting a partner's bank account did.
    pub struct SetPartnerBankAccountPayload {
        /// What waits for a second operator; null when refused, and where the partner has that very account.
        proposal: Option<Proposal>,
    }
}

mutation! {
    RegisterApiClient refuses [PartnerNotFound, NameInvalid, ScopeUnknown];
    /// What registering did.
    pub struct RegisterApiClientPayload {
        /// The client; null when refused.
        api_client: Option<ApiClient>,
        /// Its secret: shown now and never again; null when refused.
        secret: Option<String>,
    }
}

mutation! {
    RevokeApiClient refuses [ApiClientNotFound];
    /// What revoking did.
    pub struct RevokeApiClientPayload {
        /// The client; null when refused.
        api_client: Option<ApiClient>,
    }
}

#[Object]
impl PartnersMutation {
    /// Takes a partner in. For operators with `partners:write`.
    async fn onboard_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: OnboardPartnerInput,
    ) -> Result<OnboardPartnerPayload> {
        let (services, actor) = app(ctx);
        let wish = Onboard {
            code: input.code,
            name: input.name,
            roles: input.roles.into(),
            receipt_scope: input.receipt_scope.0,
            base_rate_millipoints: input.base_rate_millipoints.get(),
            excluded_categories: input.excluded_categories,
            cashback_bp: input.cashback_bp.map(|share| share.0).unwrap_or_default(),
        };
        answer(services.partners.onboard(actor, wish).await, |row| OnboardPartnerPayload {
            partner: Some(Partner(row)),
            ..OnboardPartnerPayload::default()
        })
    }

    /// Changes a partner. For operators with `partners:write`. `CONFLICT` when it was changed since
    /// it was read.
    async fn update_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: UpdatePartnerInput,
    ) -> Result<UpdatePartnerPayload> {
        let (services, actor) = app(ctx);
        let wish = Amend {
            partner: input.partner_id.0,
            expected_version: input.expected_version,
            name: input.name,
            roles: input.roles.map(Into::into),
            base_rate_millipoints: input.base_rate_millipoints.map(Points::get),
            excluded_categories: input.excluded_categories,
            cashback_bp: input.cashback_bp.map(|share| share.0),
        };
        answer(services.partners.amend(actor, wish).await, |row| UpdatePartnerPayload {
            partner: Some(Partner(row)),
            ..UpdatePartnerPayload::default()
        })
    }

    /// Stops a partner's sales and payments, within a minute on every gateway; its returns and
    /// releases go on. For operators with `partners:write`. Suspending again changes nothing.
    async fn suspend_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SuspendPartnerInput,
    ) -> Result<SuspendPartnerPayload> {
        let (services, actor) = app(ctx);
        answer(services.partners.suspend(actor, input.partner_id.0).await, |row| {
            SuspendPartnerPayload {
                partner: Some(Partner(row)),
                ..SuspendPartnerPayload::default()
            }
        })
    }

    /// Lets a suspended partner take part again. For operators with `partners:write`. Reinstating
    /// again changes nothing.
    async fn reinstate_partner(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ReinstatePartnerInput,
    ) -> Result<ReinstatePartnerPayload> {
        let (services, actor) = app(ctx);
        answer(services.partners.reinstate(actor, input.partner_id.0).await, |row| {
            ReinstatePartnerPayload {
                partner: Some(Partner(row)),
                ..ReinstatePartnerPayload::default()
            }
        })
    }

    /// Opens a store. For operators with `partners:write`.
    async fn add_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AddStoreInput,
    ) -> Result<AddStorePayload> {
        let (services, actor) = app(ctx);
        let wish =
            partners::AddStore { partner: input.partner_id.0, code: input.code, name: input.name };
        answer(services.partners.add_store(actor, wish).await, |row| AddStorePayload {
            store: Some(Store(row)),
            ..AddStorePayload::default()
        })
    }

    /// Closes a store from now on. For operators with `partners:write`. Closing again changes
    /// nothing.
    async fn close_store(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: CloseStoreInput,
    ) -> Result<CloseStorePayload> {
        let (services, actor) = app(ctx);
        answer(services.partners.close_store(actor, input.store_id.0).await, |row| {
            CloseStorePayload { store: Some(Store(row)), ..CloseStorePayload::default() }
        })
    }

    /// Signs the next version of a partner's contract. For operators with `partners:write`.
    async fn sign_contract(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SignContractInput,
    ) -> Result<SignContractPayload> {
        let (services, actor) = app(ctx);
        let outcome = async { services.partners.sign(actor, input.wish()?).await };
        answer(outcome.await, |row| SignContractPayload {
            contract: Some(Contract(row)),
            ..SignContractPayload::default()
        })
    }

    /// Proposes the bank account that a partner is paid to and, with a mandate, that money is fetched from.
    /// The account in force holds until a second operator approves; once another has been approved meanwhile,
    /// this one is a `CONFLICT`. Wishing the same again changes nothing. For operators with
    /// `partners:write`.
    async fn set_partner_bank_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: SetPartnerBankAccountInput,
    ) -> Result<SetPartnerBankAccountPayload> {
        let (services, actor) = app(ctx);
        answer(services.partners.set_account(actor, input.wish()).await, |proposal| {
            SetPartnerBankAccountPayload {
                proposal: proposal.map(Proposal),
                ..SetPartnerBankAccountPayload::default()
            }
        })
    }

    /// Registers a machine client of a partner, and shows its secret once. For operators with
    /// `partners:write`.
    async fn register_api_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RegisterApiClientInput,
    ) -> Result<RegisterApiClientPayload> {
        let (services, actor) = app(ctx);
        let wish =
            RegisterClient { partner: input.partner_id.0, name: input.name, scopes: input.scopes };
        answer(services.partners.register_client(actor, wish).await, |new| {
            RegisterApiClientPayload {
                api_client: Some(ApiClient(new.client)),
                secret: Some(new.secret),
                ..RegisterApiClientPayload::default()
            }
        })
    }

    /// Revokes a client: it gets no new tokens, and those it has stop within a minute. For operators
    /// with `partners:write`. Revoking again changes nothing.
    async fn revoke_api_client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: RevokeApiClientInput,
    ) -> Result<RevokeApiClientPayload> {
        let (services, actor) = app(ctx);
        answer(services.partners.revoke_client(actor, input.api_client_id.0).await, |row| {
            RevokeApiClientPayload {
                api_client: Some(ApiClient(row)),
                ..RevokeApiClientPayload::default()
            }
        })
    }
}
