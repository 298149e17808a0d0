//! Rewards.

use async_graphql::{Context, ID, Object};
use entity::rewards::reward::{RewardKind, RewardStatus};
use service::Who;
use service::rewards::{ForMember, Written, wording};

use super::loads::ForViewer;
use super::parts::{
    Affordability, RewardBenefit, RewardDelivery, RewardLimit, RewardPrice, RewardStock,
    RewardSupply, RewardWording, ViewerPrice, benefit, limit, price, stock, supply, viewer_price,
};
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::loaders::Loaders;
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::DateTime;

/// Something that points can be spent on, as its latest version says.
pub struct Reward(pub(in crate::graphql) Written);

impl Reward {
    /// What it is to the member who looks; nothing to anybody else.
    async fn for_viewer(&self, ctx: &Context<'_>) -> Result<Option<ForMember>> {
        let (services, actor) = app(ctx);
        let loaders = ctx.data_unchecked::<Loaders>();
        let loader = loaders.of(|| ForViewer(services.clone(), actor.clone()));
        loader.load(self.0.row.id).await
    }
}

/// Something that points can be spent on, as its latest version says. Members see what was launched, a partner
/// its own drafts too, operators all.
#[Object]
impl Reward {
    /// Its id: `rwd_…`.
    pub async fn id(&self) -> ID {
        self.0.row.id.to_string().into()
    }

    /// Its short name, unique in the programme.
    async fn code(&self) -> &str {
        &self.0.row.code
    }

    /// Whose it is; null where it is the programme's own.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let Some(id) = self.0.row.partner_id else { return Ok(None) };
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, id).await?.map(Partner))
    }

    /// What it is.
    async fn kind(&self) -> Enumeration<RewardKind> {
        Enumeration(self.0.row.kind)
    }

    /// Whether members get it.
    async fn status(&self) -> Enumeration<RewardStatus> {
        Enumeration(self.0.row.status)
    }

    /// Counts its versions: give it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.row.version
    }

    /// What it is found under.
    async fn category(&self) -> Option<&str> {
        self.0.row.category.as_deref()
    }

    /// The language of whoever speaks none of the others.
    async fn default_language(&self) -> &str {
        &self.0.version.definition.default_language
    }

    /// What people read in each language, at most 50.
    async fn wordings(&self) -> Vec<RewardWording> {
        self.0.version.definition.wordings.iter().map(RewardWording::from).collect()
    }

    /// What somebody reads who speaks these languages: in the first of them that it is told in, be it in that of
    /// another region, else in the default language.
    async fn wording(
        &self,
        #[graphql(desc = "Tags of BCP 47 such as `de-AT`, the best liked first, at most 10.")]
        languages: Vec<String>,
    ) -> Option<RewardWording> {
        let languages = languages.iter().take(10).map(String::as_str);
        wording(&self.0.version.definition, languages).map(RewardWording::from)
    }

    /// Where pictures lie: at most 10 https URLs.
    async fn pictures(&self) -> &[String] {
        &self.0.version.definition.pictures
    }

    /// What it is worth, as far as its kind has such a figure.
    async fn benefit(&self, ctx: &Context<'_>) -> Result<RewardBenefit> {
        Ok(benefit(self.0.version.definition.benefit, currency(ctx).await?))
    }

    /// What it costs, at most 10 options; the member chooses one.
    async fn prices(&self, ctx: &Context<'_>) -> Result<Vec<RewardPrice>> {
        let currency = currency(ctx).await?;
        Ok(self.0.version.definition.prices.iter().map(|own| price(own, currency)).collect())
    }

    /// How whoever claims it gets it.
    async fn delivery(&self) -> RewardDelivery {
        self.0.version.definition.delivery.into()
    }

    /// Who delivers it, and what it costs the programme; null where nobody else does. To operators and the supplier;
    /// null to others.
    async fn supply(&self, ctx: &Context<'_>) -> Result<Option<RewardSupply>> {
        let Some(own) = self.0.version.definition.supply else { return Ok(None) };
        let (_, actor) = app(ctx);
        let may_see = match actor.who() {
            Who::Operator(_) => true,
            Who::Partner(partner, _) => partner == own.partner,
            _ => false,
        };
        if !may_see {
            return Ok(None);
        }
        Ok(Some(supply(own, currency(ctx).await?)))
    }

    /// How many there are.
    async fn stock(&self) -> RewardStock {
        stock(self.0.version.definition.stock)
    }

    /// How many a member gets; empty is as many as it likes.
    async fn limits(&self) -> Vec<RewardLimit> {
        self.0.version.definition.limits.iter().map(limit).collect()
    }

    /// From when on it is there; null is always before.
    async fn opens_at(&self) -> Option<DateTime> {
        self.0.row.opens_at.map(DateTime)
    }

    /// Until when it is there, that moment not included; null is without end.
    async fn closes_at(&self) -> Option<DateTime> {
        self.0.row.closes_at.map(DateTime)
    }

    /// For whom it is, in CEL; null is for everybody. To operators and its partner; null to others.
    async fn condition(&self, ctx: &Context<'_>) -> Option<&str> {
        let (_, actor) = app(ctx);
        let may_see = match actor.who() {
            Who::Operator(_) => true,
            Who::Partner(partner, _) => self.0.row.partner_id == Some(partner),
            _ => false,
        };
        self.0.version.definition.condition.as_deref().filter(|_| may_see)
    }

    /// When it was drafted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.row.created_at)
    }

    /// Whether it is for the member who looks; null to others.
    async fn is_for_viewer(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        Ok(self.for_viewer(ctx).await?.map(|own| own.is_eligible))
    }

    /// What the member who looks pays, option by option; null to others.
    async fn viewer_prices(&self, ctx: &Context<'_>) -> Result<Option<Vec<ViewerPrice>>> {
        let Some(own) = self.for_viewer(ctx).await? else { return Ok(None) };
        let currency = currency(ctx).await?;
        Ok(Some(own.prices.into_iter().map(|own| viewer_price(own, currency)).collect()))
    }

    /// Whether the member who looks has the points for it, and when it could; null to others.
    async fn affordability(&self, ctx: &Context<'_>) -> Result<Option<Affordability>> {
        Ok(self.for_viewer(ctx).await?.map(|own| own.affordability.into()))
    }
}
