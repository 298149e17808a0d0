//! Rows by their ids: what one answer shows of a kind is read at once, as the caller may see it.

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;

use async_graphql::Context;
use entity::auth::identity_provider;
use entity::cashback::{payout, payout_run};
use entity::earning::{event, simulation};
use entity::ids::{
    AdjustmentId, ApiClientId, BankTransactionId, CampaignId, CardId, CodePoolId, ContractId,
    ContractSimulationId, CouponId, DisputeId, EntryId, EventId, HoldId, HouseholdId,
    IdentityProviderId, LotId, MemberId, MembershipId, MembershipPlanId, PayoutId, PayoutRunId,
    ProposalId, PurchaseId, ReconciliationId, ReconciliationItemId, ReturnId, RewardClaimId,
    RewardId, RuleId, SettlementCycleId, SettlementStatementId, SimulationId, TierSetId, TypedId,
    VoucherId, VoucherUseId, WalletId,
};
use entity::ledger::{adjustment, entry, hold, lot, wallet};
use entity::members::{card, household, member};
use entity::memberships::{membership, membership_plan};
use entity::partners::{api_client, contract};
use entity::proposals::proposal;
use entity::purchases::{purchase, purchase_return};
use entity::reconciliation::{reconciliation, reconciliation_item};
use entity::rewards::{code_pool, reward_claim, voucher, voucher_use};
use entity::settlement::{
    bank_transaction, contract_simulation, dispute, settlement_cycle, settlement_statement,
};
use service::earning::campaigns::Planned;
use service::earning::rules::Written;
use service::tiers::Set;
use service::{Actor, Error, Services};
use service::{coupons, rewards};

use super::app;
use super::error::Result;
use super::loaders::{Batch, Loaders};

/// An id whose rows are read many at once.
pub trait ById: TypedId + Hash + 'static {
    /// What it names.
    type Row: Clone + Send + Sync + 'static;

    /// Those of these that the caller may see.
    fn read(
        services: &Services,
        actor: &Actor,
        ids: &[Self],
    ) -> impl Future<Output = Result<Vec<(Self, Self::Row)>, Error>> + Send;
}

/// What has this id, read together with others of its kind that the answer shows; none where there
/// is nothing that the caller may see.
pub async fn load<K: ById>(ctx: &Context<'_>, id: K) -> Result<Option<K::Row>> {
    let (services, actor) = app(ctx);
    let loaders = ctx.data_unchecked::<Loaders>();
    let loader = loaders.of(|| Rows::<K>(services.clone(), actor.clone(), PhantomData));
    loader.load(id).await
}

struct Rows<K>(Services, Actor, PhantomData<K>);

impl<K: ById> Batch for Rows<K> {
    type Key = K;
    type Value = K::Row;

    async fn load(&self, keys: Vec<K>) -> Result<HashMap<K, K::Row>, Error> {
        Ok(K::read(&self.0, &self.1, &keys).await?.into_iter().collect())
    }
}

/// Each kind's use case, and where its row keeps the id.
macro_rules! by_id {
    ($($kind:ty => $row:ty: $context:ident.$read:ident, $id:tt $(. $of:tt)?;)*) => {$(
        impl ById for $kind {
            type Row = $row;

            async fn read(
                services: &Services,
                actor: &Actor,
                ids: &[Self],
            ) -> Result<Vec<(Self, $row)>, Error> {
                let rows = services.$context.$read(actor, ids).await?;
                Ok(rows.into_iter().map(|row| (row.$id$(.$of)?, row)).collect())
            }
        }
    )*};
}

by_id! {
    AdjustmentId => adjustment::Model: ledger.adjustments_by_ids, id;
    ApiClientId => api_client::Model: partners.clients_by_ids, id;
    BankTransactionId => bank_transaction::Model: settlement.bank_transactions_by_ids, id;
    CampaignId => Planned: earning.campaigns_by_ids, campaign.id;
    CardId => card::Model: members.cards_by_ids, id;
    CodePoolId => code_pool::Model: rewards.pools_by_ids, id;
    ContractId => contract::Model: partners.contracts_by_ids, id;
    ContractSimulationId => contract_simulation::Model: settlement.simulations_by_ids, id;
    CouponId => coupons::Written: coupons.by_ids, row.id;
    DisputeId => dispute::Model: settlement.disputes_by_ids, id;
    EntryId => entry::Model: ledger.entries, id;
    EventId => event::Model: earning.events_by_ids, id;
    HoldId => hold::Model: payments.holds, id;
    HouseholdId => (household::Model, Vec<member::Model>): members.households, 0.id;
    IdentityProviderId => identity_provider::Model: auth.providers_by_ids, id;
    LotId => lot::Model: ledger.lots, id;
    MemberId => member::Model: members.by_ids, id;
    MembershipId => membership::Model: memberships.by_ids, id;
    MembershipPlanId => membership_plan::Model: memberships.plans_by_ids, id;
    PayoutId => payout::Model: cashback.payouts_by_ids, id;
    PayoutRunId => payout_run::Model: cashback.runs_by_ids, id;
    ProposalId => proposal::Model: proposals.by_ids, id;
    PurchaseId => purchase::Model: purchases.by_ids, id;
    ReconciliationId => reconciliation::Model: reconciliation.by_ids, id;
    ReconciliationItemId => reconciliation_item::Model: reconciliation.items_by_ids, id;
    ReturnId => purchase_return::Model: purchases.returns_by_ids, id;
    RewardClaimId => reward_claim::Model: rewards.claims_by_ids, id;
    RewardId => rewards::Written: rewards.by_ids, row.id;
    RuleId => Written: earning.rules_by_ids, rule.id;
    SettlementCycleId => settlement_cycle::Model: settlement.cycles_by_ids, id;
    SettlementStatementId => settlement_statement::Model: settlement.statements_by_ids, id;
    SimulationId => simulation::Model: earning.simulations_by_ids, id;
    TierSetId => Set: tiers.sets_by_ids, row.id;
    VoucherId => (voucher::Model, reward_claim::Model): rewards.vouchers_by_ids, 0.id;
    VoucherUseId => voucher_use::Model: rewards.voucher_uses_by_ids, id;
}

impl ById for WalletId {
    type Row = wallet::Model;

    async fn read(
        services: &Services,
        actor: &Actor,
        ids: &[Self],
    ) -> Result<Vec<(Self, wallet::Model)>, Error> {
        let visible = services.members.visible_wallets(actor, ids).await?;
        let rows = services.ledger.wallets(actor, &visible).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}
