//! Claims of rewards, and what is shown for them.

use async_graphql::{Context, ID, Object};
use entity::ids::MemberId;
use entity::rewards::reward_claim::{self, ClaimStatus};
use entity::rewards::voucher_use::{self, VoucherUseStatus};
use entity::rewards::{reward_claim_step, reward_version, voucher};
use service::rewards::wording;
use service::{Error, Who};

use super::loads::{Steps, Uses, Versions, Vouchers};
use super::parts::{RewardBenefit, RewardWording, benefit, money};
use super::qr;
use super::types::Reward;
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::ledger::Entry;
use crate::graphql::loaders::Loaders;
use crate::graphql::members::Member;
use crate::graphql::money::Money;
use crate::graphql::partners::{Partner, Store};
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{DateTime, Points};

/// A reward that a member has claimed.
pub struct RewardClaim(pub(in crate::graphql) reward_claim::Model);

impl RewardClaim {
    /// What the reward said when it was claimed.
    async fn version(&self, ctx: &Context<'_>) -> Result<reward_version::Model> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Versions(services.clone(), actor.clone()));
        let version = loader.load((self.0.reward_id, self.0.version)).await?;
        Ok(version.ok_or_else(|| Error::internal("a claim of a version that isn't there"))?)
    }
}

/// A reward that a member has claimed: what was paid for it, what is shown for it, and where it stands.
#[Object]
impl RewardClaim {
    /// Its id: `clm_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// The reward as it is now.
    async fn reward(&self, ctx: &Context<'_>) -> Result<Option<Reward>> {
        Ok(load(ctx, self.0.reward_id).await?.map(Reward))
    }

    /// The version of the reward that was claimed.
    async fn reward_version(&self) -> i32 {
        self.0.version
    }

    /// What people read of the reward as it was claimed, in the first of these languages that it was told in.
    async fn wording(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Tags of BCP 47 such as `de-AT`, the best liked first, at most 10.")]
        languages: Vec<String>,
    ) -> Result<Option<RewardWording>> {
        let version = self.version(ctx).await?;
        let languages = languages.iter().take(10).map(String::as_str);
        Ok(wording(&version.definition, languages).map(RewardWording::from))
    }

    /// What the reward was worth as it was claimed.
    async fn benefit(&self, ctx: &Context<'_>) -> Result<RewardBenefit> {
        let version = self.version(ctx).await?;
        Ok(benefit(version.definition.benefit, currency(ctx).await?))
    }

    /// The id of who claimed it.
    async fn member_id(&self) -> ID {
        self.0.member_id.to_string().into()
    }

    /// Who claimed it; null to who may not look members up.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<Member>> {
        let id: MemberId = self.0.member_id;
        Ok(load(ctx, id).await?.map(Member))
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<ClaimStatus> {
        Enumeration(self.0.status)
    }

    /// The option that was paid.
    async fn price_code(&self) -> &str {
        &self.0.price_code
    }

    /// How many points were paid.
    async fn points(&self) -> Option<Points> {
        Points::change(self.0.points)
    }

    /// What the member pays the partner besides; null where that is nothing.
    async fn money(&self, ctx: &Context<'_>) -> Result<Option<Money>> {
        Ok(money(self.0.money_minor, currency(ctx).await?))
    }

    /// The payment.
    async fn entry(&self, ctx: &Context<'_>) -> Result<Option<Entry>> {
        Ok(load(ctx, self.0.entry_id).await?.map(Entry))
    }

    /// How its points came back; null where they didn't.
    async fn reversal(&self, ctx: &Context<'_>) -> Result<Option<Entry>> {
        let Some(id) = self.0.reversal_id else { return Ok(None) };
        Ok(load(ctx, id).await?.map(Entry))
    }

    /// What is shown to have it; null where nothing is, as for a donation.
    async fn voucher(&self, ctx: &Context<'_>) -> Result<Option<Voucher>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Vouchers(services.clone(), actor.clone()));
        let row = loader.load(self.0.id).await?;
        Ok(row.map(|row| Voucher { row, claim: self.0.clone() }))
    }

    /// What happened to it, in order.
    async fn timeline(&self, ctx: &Context<'_>) -> Result<Vec<RewardClaimStep>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Steps(services.clone(), actor.clone()));
        let steps = loader.load(self.0.id).await?.unwrap_or_default();
        Ok(steps.into_iter().map(RewardClaimStep).collect())
    }

    /// When it was claimed.
    async fn claimed_at(&self) -> DateTime {
        DateTime(self.0.claimed_at)
    }

    /// It can be used before then; null is without end.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.expires_at.map(DateTime)
    }

    /// When it was used up, given back, or over; null until then.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}

/// One step of a claim.
pub struct RewardClaimStep(reward_claim_step::Model);

/// One step of a claim.
#[Object]
impl RewardClaimStep {
    /// Where the claim stood from then on.
    async fn status(&self) -> Enumeration<ClaimStatus> {
        Enumeration(self.0.status)
    }

    /// Since when.
    async fn at(&self) -> DateTime {
        DateTime(self.0.made_at)
    }

    /// What whoever did it said.
    async fn reason(&self) -> Option<&str> {
        self.0.note.as_deref()
    }
}

/// What a member shows to have what it claimed.
pub struct Voucher {
    pub(in crate::graphql) row: voucher::Model,
    pub(in crate::graphql) claim: reward_claim::Model,
}

impl Voucher {
    fn plain_code(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let (services, actor) = app(ctx);
        Ok(services.rewards.code(actor, &self.claim, &self.row)?)
    }
}

/// What a member shows to have what it claimed: a code that a till redeems.
#[Object]
impl Voucher {
    /// Its id: `vch_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// The claim that it is shown for.
    async fn claim(&self) -> RewardClaim {
        RewardClaim(self.claim.clone())
    }

    /// The code, as people read it: `7K3M-9QXA-…`, 15 random symbols of 32 (75 bits) and one that checks them. To
    /// the member who claimed it; null to others. Whoever has it can use it.
    async fn code(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        self.plain_code(ctx)
    }

    /// The code as a QR code (ISO/IEC 18004), an SVG picture; to the member who claimed it, null to others.
    async fn qr_svg(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.plain_code(ctx)?.map(|code| qr::svg(&code)).transpose()?)
    }

    /// Where it is taken; null where any partner that accepts points takes it.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.row.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// How often it can be used.
    async fn uses_max(&self) -> i32 {
        self.row.uses_max
    }

    /// How often it can be used still; what tills have set aside counts as used.
    async fn uses_left(&self) -> i32 {
        match self.claim.status {
            ClaimStatus::Fulfilled => self.row.uses_max - self.row.uses,
            _ => 0,
        }
    }

    /// When and where it was used or set aside, oldest first: a partner sees what happened at its own tills.
    async fn uses(&self, ctx: &Context<'_>) -> Result<Vec<VoucherUse>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| Uses(services.clone(), actor.clone()));
        let mut uses = loader.load(self.row.id).await?.unwrap_or_default();
        if let Who::Partner(partner, _) = actor.who() {
            uses.retain(|used| used.partner_id == partner);
        }
        Ok(uses.into_iter().map(VoucherUse).collect())
    }

    /// It can be used before then; null is without end.
    async fn expires_at(&self) -> Option<DateTime> {
        self.row.expires_at.map(DateTime)
    }
}

/// A voucher shown at a till.
pub struct VoucherUse(pub(in crate::graphql) voucher_use::Model);

/// A voucher shown at a till: used, or set aside for a sale that is being made.
#[Object]
impl VoucherUse {
    /// Its id: `vus_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Where.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.0.partner_id).await?.map(Partner))
    }

    /// In which of its stores; null where none was named.
    async fn store(&self, ctx: &Context<'_>) -> Result<Option<Store>> {
        let Some(id) = self.0.store_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        let directory = services.partners.directory(actor.programme()?).await?;
        Ok(directory.store_by_id(id).cloned().map(Store))
    }

    /// Where it stands.
    async fn status(&self) -> Enumeration<VoucherUseStatus> {
        Enumeration(self.0.status)
    }

    /// The partner's own reference.
    async fn reference(&self) -> Option<&str> {
        self.0.reference.as_deref()
    }

    /// When it was shown.
    async fn shown_at(&self) -> DateTime {
        DateTime(self.0.shown_at)
    }

    /// What is set aside is given back then.
    async fn lapses_at(&self) -> Option<DateTime> {
        self.0.lapses_at.map(DateTime)
    }

    /// When it was used or given back; null while it is set aside.
    async fn closed_at(&self) -> Option<DateTime> {
        self.0.closed_at.map(DateTime)
    }
}
