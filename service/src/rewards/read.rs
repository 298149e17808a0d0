//! Reading the catalogue: all of it to operators, to a partner its own besides what is there for members, to
//! a member what is. By its id a reward is found by everybody once it was launched: whoever has it may see
//! what it is.

use std::collections::HashMap;

use entity::ids::{PartnerId, ProgrammeId, RewardId};
use entity::rewards::reward::{self, RewardKind, RewardStatus};
use entity::rewards::{reward_price, reward_version};
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::viewer::Viewer;
use super::{Rewards, Written};
use crate::actor::{Actor, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};

/// The longest text that is searched for.
const SEARCH_MAX: usize = 100;

/// What a list is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// All of these words are said of it, in whatever language.
    pub search: Option<String>,
    /// Of this category.
    pub category: Option<String>,
    /// Of this kind.
    pub kind: Option<RewardKind>,
    /// Of this partner.
    pub partner: Option<PartnerId>,
    /// That stand like this.
    pub status: Option<RewardStatus>,
    /// That the member who asks has the points for.
    pub is_affordable: bool,
}

impl Rewards {
    /// The catalogue by age, as the caller may see it.
    pub async fn list(
        &self,
        actor: &Actor,
        filter: Filter,
        window: Window<Uuid>,
    ) -> Result<Page<Written>> {
        let programme = actor.programme()?;
        let mut query = reward::Entity::find()
            .filter(reward::Column::ProgrammeId.eq(programme))
            .filter(self.shown_in_lists(actor)?)
            .filter(narrowed(&filter)?);
        if filter.is_affordable {
            let viewer = self.viewer(actor).await?.ok_or_else(|| {
                Error::bad_input("isAffordable", "only a member has points to afford anything with")
            })?;
            query = query.filter(Expr::exists(affordable(programme, &viewer)));
        }
        let cursor = query.cursor_by(reward::Column::Id);
        let page = window.read(self.ask.db.reader_for(actor), cursor).await?;
        let Page { items, has_next, has_previous } = page;
        Ok(Page { items: self.written(actor, items).await?, has_next, has_previous })
    }

    /// Those of these rewards that the caller may see.
    pub async fn by_ids(&self, actor: &Actor, ids: &[RewardId]) -> Result<Vec<Written>> {
        let programme = actor.programme()?;
        let launched = reward::Column::Status.ne(RewardStatus::Draft);
        let shown = match actor.who() {
            Who::Operator(_) | Who::System => Condition::all(),
            Who::Partner(partner, _) => {
                Condition::any().add(launched).add(reward::Column::PartnerId.eq(partner))
            }
            Who::Member(_) => Condition::all().add(launched),
            Who::Anonymous => return Ok(Vec::new()),
        };
        let query = reward::Entity::find()
            .filter(reward::Column::ProgrammeId.eq(programme))
            .filter(reward::Column::Id.is_in(ids.iter().copied()))
            .filter(shown);
        let rows = query.all(self.ask.db.reader_for(actor)).await?;
        self.written(actor, rows).await
    }

    fn shown_in_lists(&self, actor: &Actor) -> Result<Condition> {
        let now = self.clock.now();
        let (opens, closes) = (reward::Column::OpensAt, reward::Column::ClosesAt);
        let there = Condition::all()
            .add(reward::Column::Status.eq(RewardStatus::Live))
            .add(Condition::any().add(opens.is_null()).add(opens.lte(now)))
            .add(Condition::any().add(closes.is_null()).add(closes.gt(now)));
        Ok(match actor.who() {
            Who::Operator(_) | Who::System => Condition::all(),
            Who::Partner(partner, _) => {
                Condition::any().add(there).add(reward::Column::PartnerId.eq(partner))
            }
            Who::Member(_) => there,
            Who::Anonymous => return Err(Error::Unauthenticated("a bearer token is needed")),
        })
    }

    /// The rows with their latest versions, in their order, in one statement.
    async fn written(&self, actor: &Actor, rows: Vec<reward::Model>) -> Result<Vec<Written>> {
        let Some(programme) = rows.first().map(|row| row.programme_id) else {
            return Ok(Vec::new());
        };
        let mut any = Condition::any();
        for row in &rows {
            let own = Condition::all()
                .add(reward_version::Column::RewardId.eq(row.id))
                .add(reward_version::Column::Version.eq(row.version));
            any = any.add(own);
        }
        let versions = reward_version::Entity::find()
            .filter(reward_version::Column::ProgrammeId.eq(programme))
            .filter(any)
            .all(self.ask.db.reader_for(actor))
            .await?;
        let mut versions: HashMap<RewardId, reward_version::Model> =
            versions.into_iter().map(|version| (version.reward_id, version)).collect();
        let with = |row: reward::Model| {
            let version = versions.remove(&row.id);
            let version = version.ok_or_else(|| Error::internal("a reward without a version"))?;
            Ok(Written { row, version })
        };
        rows.into_iter().map(with).collect()
    }
}

fn narrowed(filter: &Filter) -> Result<Condition> {
    let mut all = Condition::all()
        .add_option(filter.category.as_ref().map(|own| reward::Column::Category.eq(own)))
        .add_option(filter.kind.map(|kind| reward::Column::Kind.eq(kind)))
        .add_option(filter.partner.map(|partner| reward::Column::PartnerId.eq(partner)))
        .add_option(filter.status.map(|status| reward::Column::Status.eq(status)));
    let search = filter.search.as_deref().unwrap_or_default();
    if search.chars().count() > SEARCH_MAX || search.contains('\0') {
        let message = format!("at most {SEARCH_MAX} printable characters are searched for");
        return Err(Error::bad_input("search", message));
    }
    for word in search.to_lowercase().split_whitespace() {
        let word = word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let said = LikeExpr::new(format!("%{word}%")).escape('\\');
        all = all.add(Expr::col((reward::Entity, reward::Column::Words)).like(said));
    }
    Ok(all)
}

/// The prices of a reward's latest version that the viewer has the points for.
fn affordable(programme: ProgrammeId, viewer: &Viewer) -> SelectStatement {
    use reward_price::Column;
    let own = |column: Column| Expr::col((reward_price::Entity, column));
    let of = |column: reward::Column| (reward::Entity, column);
    let mut payers = Condition::any().add(own(Column::TierCode).is_null());
    for (set, tier) in viewer.tiers() {
        let in_tier = Condition::all()
            .add(own(Column::TierSetId).eq(set.uuid()))
            .add(own(Column::TierCode).eq(tier));
        payers = payers.add(in_tier);
    }
    Query::select()
        .expr(Expr::val(1))
        .from(reward_price::Entity)
        .and_where(own(Column::ProgrammeId).eq(programme.uuid()))
        .and_where(own(Column::RewardId).equals(of(reward::Column::Id)))
        .and_where(own(Column::Version).equals(of(reward::Column::Version)))
        .and_where(own(Column::Points).lte(viewer.available()))
        .cond_where(payers)
        .to_owned()
}
