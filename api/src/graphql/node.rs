//! Whatever has an id, found by it: the `Node` interface of Relay's global object identification
//! (<https://relay.dev/graphql/objectidentification.htm>).
//!
//! An id says by its prefix what it names. What a caller may not see answers like what isn't there:
//! each kind's own use case sees to that, and nothing is decided here.

use async_graphql::{Context, ID, Interface, Object};
use entity::ids::{
    AdjustmentId, ApiClientId, BankTransactionId, CampaignId, CardId, CodePoolId, ContractId,
    ContractSimulationId, CouponId, DisputeId, EntryId, EventId, HoldId, HouseholdId,
    IdentityProviderId, LotId, MemberId, MembershipId, MembershipPlanId, PartnerId, PayoutId,
    PayoutRunId, ProgrammeId, ProposalId, PurchaseId, ReconciliationId, ReconciliationItemId,
    ReturnId, RewardClaimId, RewardId, RuleId, SettlementCycleId, SettlementStatementId,
    SimulationId, StoreId, TierSetId, TypedId, VoucherId, VoucherUseId, WalletId,
};
use futures_util::future::try_join_all;
use service::Error;
use service::page::PAGE_MAX;

use super::app;
use super::auth::IdentityProvider;
use super::by_id::{ById, load};
use super::cashback::{Payout, PayoutRun};
use super::coupons::Coupon;
use super::earning::{Campaign, EarningRule, Event, Simulation};
use super::error::Result;
use super::ledger::{Adjustment, Entry, Lot, Wallet};
use super::members::{Card, Household, Member};
use super::memberships::{Membership, MembershipPlan};
use super::partners::{ApiClient, Contract, Partner, Store};
use super::payments::Hold;
use super::programmes::Programme;
use super::proposals::Proposal;
use super::purchases::{Purchase, PurchaseReturn, currency};
use super::reconciliation::{Reconciliation, ReconciliationItem};
use super::rewards::{CodePool, Reward, RewardClaim, Voucher, VoucherUse};
use super::settlement::{
    BankTransaction, ContractSimulation, Dispute, SettlementCycle, SettlementStatement,
};
use super::tiers::TierSet;

/// Whatever has an id of its own.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id: what it is, `_`, and 26 characters."))]
pub(super) enum Node {
    /// An operator's change of a balance.
    Adjustment(Adjustment),
    /// A partner's machine client.
    ApiClient(ApiClient),
    /// What a bank says moved on the programme's account.
    BankTransaction(BankTransaction),
    /// Rules that run together.
    Campaign(Campaign),
    /// A card.
    Card(Card),
    /// Codes that a supplier made.
    CodePool(CodePool),
    /// A version of a partner's terms.
    Contract(Contract),
    /// A past cycle under other terms.
    ContractSimulation(ContractSimulation),
    /// What a partner disputes.
    Dispute(Dispute),
    /// A rule that gives points.
    EarningRule(EarningRule),
    /// One event of a wallet.
    Entry(Entry),
    /// Something that a member did besides buying.
    Event(Event),
    /// Points set aside.
    Hold(Hold),
    /// Members who share a wallet.
    Household(Household),
    /// An OpenID provider that members sign in with.
    IdentityProvider(IdentityProvider),
    /// Points of one earning.
    Lot(Lot),
    /// A person holding points.
    Member(Member),
    /// A paid membership.
    Membership(Membership),
    /// What members can pay for.
    MembershipPlan(MembershipPlan),
    /// A business in the programme.
    Partner(Partner),
    /// Cashback on its way to a bank account.
    Payout(Payout),
    /// Payouts in one file for the bank.
    PayoutRun(PayoutRun),
    /// The programme.
    Programme(Programme),
    /// What waits for a second operator, or waited.
    Proposal(Proposal),
    /// One receipt.
    Purchase(Purchase),
    /// Goods that came back.
    PurchaseReturn(PurchaseReturn),
    /// A settlement cycle.
    SettlementCycle(SettlementCycle),
    /// A partner's statement for a cycle.
    SettlementStatement(SettlementStatement),
    /// A partner's record, compared with the books.
    Reconciliation(Reconciliation),
    /// One thing that such a record or the books have.
    ReconciliationItem(ReconciliationItem),
    /// What takes something off a sale.
    Coupon(Coupon),
    /// Something that points can be spent on.
    Reward(Reward),
    /// A reward that a member has claimed.
    RewardClaim(RewardClaim),
    /// A past period under other rules.
    Simulation(Simulation),
    /// Where a partner sells.
    Store(Store),
    /// A ladder of tiers.
    TierSet(TierSet),
    /// What is shown to have a claimed reward.
    Voucher(Voucher),
    /// A voucher shown at a till.
    VoucherUse(VoucherUse),
    /// What holds points.
    Wallet(Wallet),
}

/// The queries of all contexts.
#[derive(Default)]
pub(super) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// What has this id; null where there is nothing that the caller may see.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any object's id.")] id: ID,
    ) -> Result<Option<Node>> {
        find(ctx, "id", &id).await
    }

    /// What has these ids, in their order; null where there is nothing that the caller may see.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Any objects' ids, at most 100.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if u64::try_from(ids.len()).is_ok_and(|count| count > PAGE_MAX) {
            return Err(Error::bad_input("ids", format!("ids holds at most {PAGE_MAX}")).into());
        }
        try_join_all(ids.iter().map(|id| find(ctx, "ids", id))).await
    }
}

async fn find(ctx: &Context<'_>, argument: &str, id: &ID) -> Result<Option<Node>> {
    let asked = Asked { ctx, argument, id };
    let prefix = id.split_once('_').map_or("", |(prefix, _)| prefix);
    match prefix {
        AdjustmentId::PREFIX => asked.row::<AdjustmentId, _>(Adjustment).await,
        ApiClientId::PREFIX => asked.row::<ApiClientId, _>(ApiClient).await,
        BankTransactionId::PREFIX => asked.row::<BankTransactionId, _>(BankTransaction).await,
        CampaignId::PREFIX => asked.row::<CampaignId, _>(Campaign).await,
        CardId::PREFIX => asked.row::<CardId, _>(Card).await,
        CodePoolId::PREFIX => asked.row::<CodePoolId, _>(CodePool).await,
        ContractId::PREFIX => asked.row::<ContractId, _>(Contract).await,
        EntryId::PREFIX => asked.row::<EntryId, _>(Entry).await,
        EventId::PREFIX => asked.row::<EventId, _>(Event).await,
        HoldId::PREFIX => asked.row::<HoldId, _>(Hold).await,
        HouseholdId::PREFIX => {
            asked.row::<HouseholdId, _>(|(row, members)| Household { row, members }).await
        }
        IdentityProviderId::PREFIX => asked.row::<IdentityProviderId, _>(IdentityProvider).await,
        LotId::PREFIX => asked.row::<LotId, _>(Lot).await,
        MemberId::PREFIX => asked.row::<MemberId, _>(Member).await,
        MembershipId::PREFIX => asked.row::<MembershipId, _>(Membership).await,
        MembershipPlanId::PREFIX => asked.row::<MembershipPlanId, _>(MembershipPlan).await,
        PartnerId::PREFIX => asked.partner().await,
        PayoutRunId::PREFIX => asked.row::<PayoutRunId, _>(PayoutRun).await,
        ProgrammeId::PREFIX => asked.programme().await,
        ProposalId::PREFIX => asked.row::<ProposalId, _>(Proposal).await,
        PurchaseId::PREFIX => asked.row::<PurchaseId, _>(Purchase).await,
        RewardClaimId::PREFIX => asked.row::<RewardClaimId, _>(RewardClaim).await,
        CouponId::PREFIX => asked.row::<CouponId, _>(Coupon).await,
        RewardId::PREFIX => asked.row::<RewardId, _>(Reward).await,
        RuleId::PREFIX => asked.row::<RuleId, _>(EarningRule).await,
        SettlementCycleId::PREFIX => asked.row::<SettlementCycleId, _>(SettlementCycle).await,
        StoreId::PREFIX => asked.store().await,
        TierSetId::PREFIX => asked.row::<TierSetId, _>(TierSet).await,
        VoucherId::PREFIX => asked.row::<VoucherId, _>(|(row, claim)| Voucher { row, claim }).await,
        VoucherUseId::PREFIX => asked.row::<VoucherUseId, _>(VoucherUse).await,
        WalletId::PREFIX => asked.row::<WalletId, _>(Wallet).await,
        _ => asked.with_amounts(prefix).await,
    }
}

/// One id, and where the caller wrote it.
struct Asked<'a, 'ctx> {
    ctx: &'a Context<'ctx>,
    argument: &'a str,
    id: &'a ID,
}

impl Asked<'_, '_> {
    fn id<T: TypedId>(&self) -> Result<T> {
        Ok(self.id.parse().map_err(|_| self.malformed())?)
    }

    fn malformed(&self) -> Error {
        let message = format!(
            "{:?} is not an id: expected what it names, such as {}, then _ and 26 characters of base32",
            self.id.as_str(),
            MemberId::PREFIX,
        );
        Error::bad_input(self.argument, message)
    }

    async fn row<K: ById, N: Into<Node>>(
        &self,
        node: impl FnOnce(K::Row) -> N,
    ) -> Result<Option<Node>> {
        let row = load::<K>(self.ctx, self.id()?).await?;
        Ok(row.map(|row| node(row).into()))
    }

    /// What tells amounts, in the settlement currency.
    async fn with_amounts(&self, prefix: &str) -> Result<Option<Node>> {
        match prefix {
            ContractSimulationId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<ContractSimulationId, _>(|row| ContractSimulation { row, currency })
                    .await
            }
            DisputeId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<DisputeId, _>(|row| Dispute { row, currency }).await
            }
            PayoutId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<PayoutId, _>(|row| Payout { row, currency }).await
            }
            ReconciliationId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<ReconciliationId, _>(|row| Reconciliation { row, currency }).await
            }
            ReconciliationItemId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<ReconciliationItemId, _>(|row| ReconciliationItem { row, currency })
                    .await
            }
            ReturnId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<ReturnId, _>(|row| PurchaseReturn { row, currency }).await
            }
            SettlementStatementId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<SettlementStatementId, _>(|row| SettlementStatement { row, currency })
                    .await
            }
            SimulationId::PREFIX => {
                let currency = currency(self.ctx).await?;
                self.row::<SimulationId, _>(|row| Simulation { row, currency }).await
            }
            _ => Err(self.malformed().into()),
        }
    }

    async fn partner(&self) -> Result<Option<Node>> {
        let (services, actor) = app(self.ctx);
        Ok(services.partners.find(actor, self.id()?).await?.map(|row| Partner(row).into()))
    }

    async fn programme(&self) -> Result<Option<Node>> {
        let (services, actor) = app(self.ctx);
        let id: ProgrammeId = self.id()?;
        let own = services.programmes.own(actor).await?;
        Ok((own.id() == id).then(|| Programme(own).into()))
    }

    async fn store(&self) -> Result<Option<Node>> {
        let (services, actor) = app(self.ctx);
        let id: StoreId = self.id()?;
        let directory = services.partners.directory(actor.programme()?).await?;
        Ok(directory.store_by_id(id).cloned().map(|row| Store(row).into()))
    }
}
