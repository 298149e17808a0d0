//! The schema: one file a context, and what they share. Nothing here reaches below a service.
//!
//! # How a context plugs in
//! Three structs, each added to its root below; a context without one of them leaves it out:
//! ```ignore
//! #[derive(Default)]
//! pub struct MembersQuery;
//!
//! #[Object]
//! impl MembersQuery {
//!     /// The member with this card; null where there is none that the caller may see.
//!     async fn member(&self, ctx: &Context<'_>, by: MemberBy) -> Result<Option<Member>> {
//!         let (services, actor) = app(ctx);
//!         Ok(services.members.find(actor, by.into()).await?.map(Member::from))
//!     }
//! }
//!
//! mutation! {
//!     EnrolMember refuses [CardTaken, PartnerSuspended];
//!     /// What enrolling did.
//!     pub struct EnrolMemberPayload {
//!         /// The new member; null when refused.
//!         member: Option<Member>,
//!     }
//! }
//!
//! #[Object]
//! impl MembersMutation {
//!     /// Enrols a member with a card.
//!     async fn enrol_member(
//!         &self, ctx: &Context<'_>, #[graphql(desc = "What is wanted.")] input: EnrolMemberInput,
//!     ) -> Result<EnrolMemberPayload> {
//!         let (services, actor) = app(ctx);
//!         let outcome = services.members.enrol(actor, input.into()).await;
//!         mutation::answer(outcome, |member| EnrolMemberPayload {
//!             member: Some(member.into()),
//!             ..EnrolMemberPayload::default()
//!         })
//!     }
//! }
//!
//! #[Subscription]
//! impl LedgerSubscription {
//!     /// Each change of a wallet.
//!     async fn wallet_changed(
//!         &self, ctx: &Context<'_>, after: Option<u64>,
//!     ) -> Result<impl Stream<Item = WalletChanged>> { … }
//! }
//! ```
//! A batch gives each item a payload of its own kind and lists them; `UserError<M>` and
//! [`mutation::Refuses`] are all that an item needs. Lists: `page::Asked { … }.window::<Node, _>()?`,
//! then `page::Connection::new`. A field that can fail on its own is `Option<Result<T>>`.

pub mod auth;
pub mod by_id;
pub mod cashback;
pub mod coupons;
pub mod earning;
pub mod enumeration;
pub mod error;
pub mod ledger;
mod limits;
pub mod loaders;
pub mod members;
pub mod memberships;
mod meta;
pub mod money;
pub mod mutation;
mod node;
pub mod page;
pub mod partners;
pub mod payments;
pub mod programmes;
pub mod proposals;
pub mod purchases;
pub mod reconciliation;
pub mod rewards;
pub mod scalars;
pub mod settlement;
pub mod subscriptions;
pub mod tiers;

use async_graphql::{
    Context, Data, MergedObject, MergedSubscription, SDLExportOptions, SchemaBuilder,
    ValidationMode,
};
use service::hot::Bucket;
use service::{Actor, Services};

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    limits::LimitsQuery,
    node::NodeQuery,
    programmes::ProgrammesQuery,
    proposals::ProposalsQuery,
    auth::AuthQuery,
    partners::PartnersQuery,
    members::MembersQuery,
    ledger::LedgerQuery,
    purchases::PurchasesQuery,
    reconciliation::ReconciliationQuery,
    earning::EarningQuery,
    earning::SimulationQuery,
    payments::PaymentsQuery,
    cashback::CashbackQuery,
    tiers::TiersQuery,
    memberships::MembershipsQuery,
    rewards::ClaimsQuery,
    rewards::PoolsQuery,
    rewards::RewardsQuery,
    coupons::CouponsQuery,
    settlement::SettlementQuery,
    settlement::BankingQuery,
);

/// What can be done.
#[derive(Default, MergedObject)]
pub struct Mutation(
    programmes::ProgrammesMutation,
    proposals::ProposalsMutation,
    auth::AuthMutation,
    partners::PartnersMutation,
    members::EnrolmentMutation,
    members::MembersMutation,
    ledger::LedgerMutation,
    purchases::PurchasesMutation,
    reconciliation::ReconciliationMutation,
    earning::EarningMutation,
    earning::SimulationMutation,
    payments::PaymentsMutation,
    cashback::CashbackMutation,
    cashback::PayoutRunsMutation,
    tiers::TiersMutation,
    memberships::MembershipsMutation,
    rewards::ClaimsMutation,
    rewards::PoolsMutation,
    rewards::RewardsMutation,
    coupons::CouponsMutation,
    settlement::SettlementMutation,
    settlement::ContractSimulationMutation,
    settlement::BankingMutation,
);

/// What can be listened to.
#[derive(Default, MergedSubscription)]
pub struct Subscription(subscriptions::LiveSubscription);

/// The schema over these services, telling callers the share that each of them has.
pub fn schema(services: Services, share: Bucket) -> Schema {
    builder().data(services).data(share).finish()
}

/// The schema as text: sorted, described, the same for the same program.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .use_space_ident();
    let text = builder().finish().sdl_with_options(options);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
}

/// The schema, still without its services.
fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .register_output_type::<mutation::UserErrorInterface>()
        .disable_suggestions()
        // `http::document` has validated before; the library need not do it all again.
        .validation_mode(ValidationMode::Fast)
}

/// What the resolvers of one request share: who asks, and the request's loaders.
pub fn request_data(actor: Actor) -> Data {
    let mut data = Data::default();
    data.insert(actor);
    data.insert(loaders::Loaders::default());
    data
}

/// What every resolver starts from: the services, and who asks.
///
/// # Panics
/// When the schema runs without the gateway, which puts both there for every request.
pub fn app<'c>(ctx: &Context<'c>) -> (&'c Services, &'c Actor) {
    (ctx.data_unchecked::<Services>(), ctx.data_unchecked::<Actor>())
}
