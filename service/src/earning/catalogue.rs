//! A programme's rules in memory, compiled: read anew every few seconds, compiled only when something was
//! added. Versions are never edited, so their number tells whether anything is new.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use entity::earning::definition::Definition;
use entity::earning::earning_rule::RuleStatus;
use entity::earning::event_type::{self, AttributeKind};
use entity::earning::{
    campaign_version, earning_rule as rule, earning_rule_version as rule_version,
};
use entity::ids::{CampaignId, ProgrammeId, RuleId};
use entity::memberships::membership_plan;
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement};

use super::cel::Type;
use super::ruleset::{Campaign, Rule, RuleSet, campaign_times, rule_times};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::fresh::Fresh;
use crate::refusal::Refusal;
use crate::rows::first_place;

/// The rules of all programmes.
#[derive(Default)]
pub(crate) struct Catalogue {
    fresh: Fresh<ProgrammeId, Arc<RuleSet>>,
    /// Whether there is a plan that multiplies points.
    plans: Fresh<ProgrammeId, bool>,
    /// What was compiled last, and how much there was of it.
    last: Mutex<HashMap<ProgrammeId, (Stamp, Arc<RuleSet>)>>,
}

#[derive(Clone, Copy, PartialEq, Eq, FromQueryResult)]
struct Stamp {
    rules: i64,
    campaigns: i64,
    kinds: i64,
}

impl Catalogue {
    /// The programme's rules, at most five seconds old.
    pub(crate) async fn rules(&self, db: &Db, programme: ProgrammeId) -> Result<Arc<RuleSet>> {
        let found = self.fresh.get(programme, self.read(db, programme)).await?;
        Ok(Arc::clone(&found))
    }

    /// Whether the programme has a plan that multiplies points, as of the last five seconds.
    pub(crate) async fn has_plans(&self, db: &Db, programme: ProgrammeId) -> Result<bool> {
        let read = async {
            let query = membership_plan::Entity::find()
                .filter(membership_plan::Column::ProgrammeId.eq(programme))
                .filter(membership_plan::Column::MultiplierBp.gt(10_000));
            Ok(query.one(db.reader()).await?.is_some())
        };
        Ok(*self.plans.get(programme, read).await?)
    }

    /// Reads the rules anew next time.
    pub(crate) fn forget(&self, programme: ProgrammeId) {
        self.fresh.forget(programme);
        self.plans.forget(programme);
    }

    /// The rules, among them these versions; read anew where they aren't known yet.
    pub(crate) async fn with(
        &self,
        db: &Db,
        programme: ProgrammeId,
        named: &[(RuleId, i32)],
    ) -> Result<Arc<RuleSet>> {
        let rules = self.rules(db, programme).await?;
        if named.iter().all(|(rule, version)| rules.version(*rule, *version).is_some()) {
            return Ok(rules);
        }
        self.forget(programme);
        self.rules(db, programme).await
    }

    async fn read(&self, db: &Db, programme: ProgrammeId) -> Result<Arc<RuleSet>> {
        let stamp = stamp(db, programme).await?;
        let last =
            self.last.lock().unwrap_or_else(PoisonError::into_inner).get(&programme).cloned();
        if let Some((_, rules)) = last.filter(|(own, _)| *own == stamp) {
            return Ok(rules);
        }
        let rules = Arc::new(compile(db, programme).await?);
        let mut all = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(programme, (stamp, Arc::clone(&rules)));
        Ok(rules)
    }
}

/// By a reader, because a batch may ask while it writes.
async fn stamp(db: &Db, programme: ProgrammeId) -> Result<Stamp> {
    let first = first_place(db.backend());
    let count =
        |table: &str| format!("(select count(*) from {table} where programme_id = {first})");
    let sql = format!(
        "select {} as rules, {} as campaigns, {} as kinds",
        count("earning_rule_version"),
        count("campaign_version"),
        count("event_type")
    );
    let values = [programme.uuid().into()];
    let statement = Statement::from_sql_and_values(db.backend(), sql, values);
    let found = Stamp::find_by_statement(statement).one(db.reader()).await?;
    found.ok_or_else(|| Error::internal("a count of nothing"))
}

async fn compile(db: &Db, programme: ProgrammeId) -> Result<RuleSet> {
    let rows = rule::Entity::find()
        .filter(rule::Column::ProgrammeId.eq(programme))
        .all(db.reader())
        .await?;
    let rows: HashMap<RuleId, rule::Model> = rows.into_iter().map(|row| (row.id, row)).collect();
    let kinds = kinds(db, programme).await?;
    let attributes = |kind: &str| kinds.get(kind).cloned().unwrap_or_default();
    let mut versions: BTreeMap<RuleId, Vec<rule_version::Model>> = BTreeMap::new();
    let found = rule_version::Entity::find()
        .filter(rule_version::Column::ProgrammeId.eq(programme))
        .order_by_asc(rule_version::Column::Version);
    for row in found.all(db.reader()).await? {
        versions.entry(row.rule_id).or_default().push(row);
    }
    let mut rules = Vec::new();
    for (id, versions) in versions {
        let Some(row) = rows.get(&id) else { continue };
        for (version, time) in versions.iter().zip(rule_times(&versions)) {
            let definition = version.definition.clone();
            let compiled = Rule::compile(row, version.version, definition, attributes);
            // It was checked when it was saved; one that can't be read any more gives nothing.
            match compiled {
                Ok(rule) => rules.push((time, Arc::new(rule))),
                Err(refusal) => tracing::error!(rule = %id, %refusal, "a rule can't be read"),
            }
        }
    }
    Ok(RuleSet::new(rules, campaigns(db, programme).await?))
}

async fn campaigns(
    db: &Db,
    programme: ProgrammeId,
) -> Result<Vec<(super::ruleset::InForce, Arc<Campaign>)>> {
    let mut versions: BTreeMap<CampaignId, Vec<campaign_version::Model>> = BTreeMap::new();
    let found = campaign_version::Entity::find()
        .filter(campaign_version::Column::ProgrammeId.eq(programme))
        .order_by_asc(campaign_version::Column::Version);
    for row in found.all(db.reader()).await? {
        versions.entry(row.campaign_id).or_default().push(row);
    }
    let mut campaigns = Vec::new();
    for versions in versions.into_values() {
        for (version, time) in versions.iter().zip(campaign_times(&versions)) {
            let Some(time) = time else { continue };
            match Campaign::compile(version) {
                Ok(campaign) => campaigns.push((time, Arc::new(campaign))),
                Err(refusal) => tracing::error!(%refusal, "a campaign can't be read"),
            }
        }
    }
    Ok(campaigns)
}

/// A rule that isn't written, as if it were live from its beginning.
pub(super) fn unwritten(
    programme: ProgrammeId,
    id: RuleId,
    (code, definition): (&str, &Definition),
    kinds: &Kinds,
) -> Result<Rule, Refusal> {
    let row = rule::Model {
        id,
        programme_id: programme,
        code: code.to_owned(),
        campaign_id: None,
        status: RuleStatus::Live,
        version: 1,
        created_at: DateTime::<Utc>::UNIX_EPOCH,
    };
    let attributes = |kind: &str| kinds.get(kind).cloned().unwrap_or_default();
    Rule::compile(&row, 1, definition.clone(), attributes)
}

/// Event types' attributes, by their codes.
pub(super) type Kinds = HashMap<String, Vec<(String, Type)>>;

/// The event types' attributes, as conditions are checked against.
pub(super) async fn kinds(db: &Db, programme: ProgrammeId) -> Result<Kinds> {
    let rows = event_type::Entity::find()
        .filter(event_type::Column::ProgrammeId.eq(programme))
        .all(db.reader())
        .await?;
    Ok(rows.into_iter().map(|row| (row.code.clone(), typed(&row))).collect())
}

/// The attributes of a type, typed.
pub(super) fn typed(row: &event_type::Model) -> Vec<(String, Type)> {
    let kind = |kind: AttributeKind| match kind {
        AttributeKind::Text => Type::Text,
        AttributeKind::Number => Type::Number,
        AttributeKind::Flag => Type::Flag,
    };
    row.attributes.0.iter().map(|own| (own.name.clone(), kind(own.kind))).collect()
}
