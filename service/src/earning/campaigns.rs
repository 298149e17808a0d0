//! Campaigns as operators keep them. What one of them gives is bounded by a second operator: to launch one
//! whose budget is above the programme's adjustment limit, or that has none, takes two; so does raising
//! the budget of one that runs.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::earning::campaign;
use entity::earning::campaign_version;
use entity::earning::definition::{Budget, CampaignTerms};
use entity::earning::earning_rule::RuleStatus;
use entity::ids::{CampaignId, ProgrammeId};
use entity::proposals::proposal;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rules::{Turn, may_turn, of_terms};
use super::ruleset::Campaign;
use super::{Earning, budgets, validate};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::programmes::Rules;
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// A campaign with its latest version.
#[derive(Clone, Debug, PartialEq)]
pub struct Planned {
    /// As it stands.
    pub campaign: campaign::Model,
    /// Its terms.
    pub version: campaign_version::Model,
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Turned {
    /// It was done.
    Done(Box<Planned>),
    /// A second operator has to agree.
    Proposed(proposal::Model),
}

/// A campaign's next version, as a proposal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Next {
    campaign: CampaignId,
    expected_version: i32,
    status: RuleStatus,
    from: DateTime<Utc>,
    terms: CampaignTerms,
}

impl Earning {
    /// Drafts a campaign. Its rules give nothing until it is launched.
    pub async fn draft_campaign(
        &self,
        actor: &Actor,
        code: &str,
        terms: CampaignTerms,
    ) -> Result<Planned> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let directory = self.ask.partners.directory(programme).await?;
        let rules = self.ask.programmes.rules(programme).await?;
        let row = campaign::Model {
            id: CampaignId::at(at),
            programme_id: programme,
            code: text::code(code)?,
            status: RuleStatus::Draft,
            version: 1,
            created_at: at,
        };
        let terms =
            validate::campaign(terms, &directory, at).map_err(|refusal| refusal.under("terms"))?;
        let version = version_of(actor, &row, terms, (at, at));
        Campaign::compile(&version).map_err(|refusal| refusal.under("terms"))?;
        let planned = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let same = campaign::Entity::find()
                .filter(campaign::Column::ProgrammeId.eq(programme))
                .filter(campaign::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            row.clone().into_active_model().insert(tx.connection()).await?;
            let none = Budget::default();
            write(&tx, actor, &rules, (&row, &version), &none, "campaign.drafted").await?;
            tx.commit(Planned { campaign: row.clone(), version: version.clone() }).await
        })
        .await?;
        self.ask.catalogue.forget(programme);
        Ok(planned)
    }

    /// Changes a campaign's terms from now on.
    pub async fn amend_campaign(
        &self,
        actor: &Actor,
        (id, expected_version): (CampaignId, i32),
        terms: CampaignTerms,
    ) -> Result<Turned> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let directory = self.ask.partners.directory(programme).await?;
        let terms =
            validate::campaign(terms, &directory, at).map_err(|refusal| refusal.under("terms"))?;
        self.next_terms(
            actor,
            programme,
            |before| {
                if before.campaign.status == RuleStatus::Ended {
                    return Err(Refusal::new(Code::RuleEnded).at("campaignId"));
                }
                let from = at.max(before.version.in_force_from);
                let status = before.campaign.status;
                Ok(Next { campaign: id, expected_version, status, from, terms: terms.clone() })
            },
            id,
        )
        .await
    }

    /// Launches, pauses or ends a campaign, and with it what its rules give.
    pub async fn turn_campaign(&self, actor: &Actor, wish: Turn<CampaignId>) -> Result<Turned> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        self.next_terms(
            actor,
            programme,
            |before| {
                let from =
                    may_turn(before.campaign.status, &wish, before.version.in_force_from, at)
                        .map_err(|refusal| {
                            if refusal.path.is_empty() { refusal.at("campaignId") } else { refusal }
                        })?;
                Ok(Next {
                    campaign: wish.id,
                    expected_version: wish.expected_version,
                    status: wish.status,
                    from,
                    terms: before.version.terms.clone(),
                })
            },
            wish.id,
        )
        .await
    }

    async fn next_terms(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        change: impl Fn(&Planned) -> Result<Next, Refusal>,
        id: CampaignId,
    ) -> Result<Turned> {
        let (_, operator) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let rules = self.ask.programmes.rules(programme).await?;
        let turned = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let before = lock(&tx, programme, id).await?;
            let next = change(&before)?;
            if before.campaign.version != next.expected_version {
                return Err(Error::Conflict(before.campaign.version));
            }
            if (next.status, &next.terms) == (before.campaign.status, &before.version.terms) {
                return Ok(Turned::Done(Box::new(before)));
            }
            if takes_two(&before, &next, rules.programme.adjustment_limit) {
                let wish = Wish::ChangeCampaign(next);
                let made = proposals::make(&tx, actor, (programme, operator), &wish, at).await?;
                return tx.commit(Turned::Proposed(made)).await;
            }
            let done = follow(&tx, actor, &rules, before, next, at).await?;
            tx.commit(Turned::Done(Box::new(done))).await
        })
        .await?;
        self.ask.catalogue.forget(programme);
        Ok(turned)
    }

    /// A programme's campaigns by age: all to operators, to others those that aren't drafts.
    pub async fn campaigns(
        &self,
        actor: &Actor,
        status: Option<RuleStatus>,
        window: Window<Uuid>,
    ) -> Result<Page<Planned>> {
        let programme = actor.programme()?;
        let mut query =
            campaign::Entity::find().filter(campaign::Column::ProgrammeId.eq(programme));
        if actor.operator(Scope::RulesWrite).is_err() {
            query = query.filter(campaign::Column::Status.ne(RuleStatus::Draft));
        }
        if let Some(status) = status {
            query = query.filter(campaign::Column::Status.eq(status));
        }
        let db = self.ask.db.reader_for(actor);
        let page = window.read(db, query.cursor_by(campaign::Column::Id)).await?;
        let versions = self.latest_terms(actor, programme, &page.items).await?;
        Ok(with_versions(page, versions))
    }

    /// Campaigns by id, as the caller may see them.
    pub async fn campaigns_by_ids(
        &self,
        actor: &Actor,
        ids: &[CampaignId],
    ) -> Result<Vec<Planned>> {
        let programme = actor.programme()?;
        let mut query = campaign::Entity::find()
            .filter(campaign::Column::ProgrammeId.eq(programme))
            .filter(campaign::Column::Id.is_in(ids.iter().copied()));
        if actor.operator(Scope::RulesWrite).is_err() {
            query = query.filter(campaign::Column::Status.ne(RuleStatus::Draft));
        }
        let rows = query.all(self.ask.db.reader_for(actor)).await?;
        let versions = self.latest_terms(actor, programme, &rows).await?;
        let page = Page { items: rows, has_next: false, has_previous: false };
        Ok(with_versions(page, versions).items)
    }

    async fn latest_terms(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        rows: &[campaign::Model],
    ) -> Result<Vec<campaign_version::Model>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let any = rows.iter().fold(Condition::any(), |any, row| {
            let own = Condition::all()
                .add(campaign_version::Column::CampaignId.eq(row.id))
                .add(campaign_version::Column::Version.eq(row.version));
            any.add(own)
        });
        let versions = campaign_version::Entity::find()
            .filter(campaign_version::Column::ProgrammeId.eq(programme))
            .filter(any)
            .order_by_asc(campaign_version::Column::CampaignId);
        Ok(versions.all(self.ask.db.reader_for(actor)).await?)
    }
}

fn with_versions(
    page: Page<campaign::Model>,
    versions: Vec<campaign_version::Model>,
) -> Page<Planned> {
    let Page { items, has_next, has_previous } = page;
    let items = items.into_iter().filter_map(|campaign| {
        let version = versions.iter().find(|own| own.campaign_id == campaign.id)?.clone();
        Some(Planned { campaign, version })
    });
    Page { items: items.collect(), has_next, has_previous }
}

/// Whether one operator can't do it alone.
fn takes_two(before: &Planned, next: &Next, limit: Points) -> bool {
    let is_high = next.terms.budget.points.is_none_or(|points| points > limit.get());
    let was_live = before.campaign.status == RuleStatus::Live;
    let grows = !was_live || next.terms.budget != before.version.terms.budget;
    next.status == RuleStatus::Live && is_high && grows
}

/// Does what two operators agreed on.
pub(crate) async fn apply(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    next: Next,
    at: DateTime<Utc>,
) -> Result<()> {
    let before = lock(tx, rules.id(), next.campaign).await?;
    if before.campaign.version != next.expected_version {
        return Err(Error::Conflict(before.campaign.version));
    }
    follow(tx, actor, rules, before, next, at).await.map(drop)
}

async fn follow(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    before: Planned,
    next: Next,
    at: DateTime<Utc>,
) -> Result<Planned> {
    let number = before.campaign.version + 1;
    let row = campaign::Model { status: next.status, version: number, ..before.campaign };
    let version = version_of(actor, &row, next.terms, (next.from, at));
    Campaign::compile(&version).map_err(|refusal| refusal.under("terms"))?;
    let budget = &before.version.terms.budget;
    write(tx, actor, rules, (&row, &version), budget, "campaign.changed").await?;
    row.clone().into_active_model().reset_all().update(tx.connection()).await?;
    Ok(Planned { campaign: row, version })
}

async fn write(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    (row, version): (&campaign::Model, &campaign_version::Model),
    budget: &Budget,
    action: &'static str,
) -> Result<()> {
    version.clone().into_active_model().insert(tx.connection()).await?;
    budgets::set(tx, rules, row.id.uuid(), (budget, &version.terms.budget))
        .await
        .map_err(of_terms)?;
    let after = serde_json::json!({ "code": row.code, "version": row.version,
        "status": row.status, "from": version.in_force_from, "terms": version.terms });
    let change = Change { action, subject: row.id.to_string(), before: None, after: Some(&after) };
    audit::append(tx, actor, row.programme_id, version.made_at, change).await
}

fn version_of(
    actor: &Actor,
    row: &campaign::Model,
    terms: CampaignTerms,
    (in_force_from, made_at): (DateTime<Utc>, DateTime<Utc>),
) -> campaign_version::Model {
    campaign_version::Model {
        programme_id: row.programme_id,
        campaign_id: row.id,
        version: row.version,
        status: row.status,
        in_force_from,
        terms,
        made_by: actor.to_string(),
        made_at,
    }
}

async fn lock(tx: &Tx, programme: ProgrammeId, id: CampaignId) -> Result<Planned> {
    let query =
        campaign::Entity::find_by_id(id).filter(campaign::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    let campaign = row.ok_or(Refusal::new(Code::CampaignNotFound).at("campaignId"))?;
    let version = campaign_version::Entity::find_by_id((programme, id, campaign.version));
    let version = version.one(tx.connection()).await?;
    let version = version.ok_or_else(|| Error::internal("a campaign without a version"))?;
    Ok(Planned { campaign, version })
}
