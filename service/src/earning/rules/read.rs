//! Reading rules: all to operators, to others those that were launched.

use entity::earning::earning_rule::{self as rule, RuleStatus};
use entity::earning::earning_rule_version as rule_version;
use entity::ids::{CampaignId, ProgrammeId, RuleId};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Written;
use crate::actor::{Actor, Scope, Who};
use crate::earning::Earning;
use crate::error::Result;
use crate::page::{Page, Window};

impl Earning {
    /// A programme's rules by age: all to operators; to partners those that are live and may hold at
    /// theirs, to members those that are live.
    pub async fn rules(
        &self,
        actor: &Actor,
        (campaign, status): (Option<CampaignId>, Option<RuleStatus>),
        window: Window<Uuid>,
    ) -> Result<Page<Written>> {
        let programme = actor.programme()?;
        let mut query = rule::Entity::find().filter(rule::Column::ProgrammeId.eq(programme));
        if let Some(campaign) = campaign {
            query = query.filter(rule::Column::CampaignId.eq(campaign));
        }
        let is_operator = matches!(actor.who(), Who::Operator(_) | Who::System);
        if let Some(status) = if is_operator { status } else { Some(RuleStatus::Live) } {
            query = query.filter(rule::Column::Status.eq(status));
        }
        let page =
            window.read(self.ask.db.reader_for(actor), query.cursor_by(rule::Column::Id)).await?;
        let versions = self.latest(actor, programme, &page.items).await?;
        let Page { items, has_next, has_previous } = page;
        Ok(Page { items: with_versions(items, &versions), has_next, has_previous })
    }

    /// Rules by id, as the caller may see them.
    pub async fn rules_by_ids(&self, actor: &Actor, ids: &[RuleId]) -> Result<Vec<Written>> {
        let programme = actor.programme()?;
        let is_operator = matches!(actor.who(), Who::Operator(_) | Who::System);
        let rows = rule::Entity::find()
            .filter(rule::Column::ProgrammeId.eq(programme))
            .filter(rule::Column::Id.is_in(ids.iter().copied()))
            .all(self.ask.db.reader_for(actor))
            .await?;
        let seen = |row: &rule::Model| is_operator || row.status != RuleStatus::Draft;
        let rows: Vec<rule::Model> = rows.into_iter().filter(seen).collect();
        let versions = self.latest(actor, programme, &rows).await?;
        Ok(with_versions(rows, &versions))
    }

    /// All versions of a rule, oldest first. For operators.
    pub async fn rule_versions(
        &self,
        actor: &Actor,
        rule: RuleId,
    ) -> Result<Vec<rule_version::Model>> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let versions = rule_version::Entity::find()
            .filter(rule_version::Column::ProgrammeId.eq(programme))
            .filter(rule_version::Column::RuleId.eq(rule))
            .order_by_asc(rule_version::Column::Version);
        Ok(versions.all(self.ask.db.reader_for(actor)).await?)
    }

    async fn latest(
        &self,
        actor: &Actor,
        programme: ProgrammeId,
        rows: &[rule::Model],
    ) -> Result<Vec<rule_version::Model>> {
        let mut any = Condition::any();
        for row in rows {
            let own = Condition::all()
                .add(rule_version::Column::RuleId.eq(row.id))
                .add(rule_version::Column::Version.eq(row.version));
            any = any.add(own);
        }
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let versions = rule_version::Entity::find()
            .filter(rule_version::Column::ProgrammeId.eq(programme))
            .filter(any);
        Ok(versions.all(self.ask.db.reader_for(actor)).await?)
    }
}

fn with_versions(rows: Vec<rule::Model>, versions: &[rule_version::Model]) -> Vec<Written> {
    let written = rows.into_iter().filter_map(|row| {
        let version = versions.iter().find(|version| version.rule_id == row.id)?.clone();
        Some(Written { rule: row, version })
    });
    written.collect()
}
