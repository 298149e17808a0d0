//! Rules as operators keep them: drafted, launched, changed, paused, ended, each step a new version.

mod read;

use chrono::{DateTime, Utc};
use entity::earning::definition::{Budget, Definition, Effect, Trigger};
use entity::earning::earning_rule::{self as rule, RuleStatus};
use entity::earning::{campaign, earning_rule_version as rule_version, event_type};
use entity::ids::{CampaignId, ProgrammeId, RuleId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QuerySelect,
};

use super::catalogue::typed;
use super::ruleset::Rule;
use super::{Earning, budgets, validate};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most rules of a programme that haven't ended.
const RULES_MAX: u64 = 5000;

/// A rule to be drafted.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Unique in the programme.
    pub code: String,
    /// The campaign that it runs in.
    pub campaign: Option<CampaignId>,
    /// What it says.
    pub definition: Definition,
}

/// What becomes of a rule or campaign.
#[derive(Clone, Copy, Debug)]
pub struct Turn<I> {
    /// Which.
    pub id: I,
    /// The version that the operator saw.
    pub expected_version: i32,
    /// What it is to be.
    pub status: RuleStatus,
    /// From when; now if not said. Only the first launch may lie in the past, for history that is brought
    /// in later.
    pub from: Option<DateTime<Utc>>,
}

/// A rule with its latest version.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// As it stands.
    pub rule: rule::Model,
    /// What it says.
    pub version: rule_version::Model,
}

impl Earning {
    /// Drafts a rule. It gives nothing until it is launched.
    pub async fn draft_rule(&self, actor: &Actor, wish: Draft) -> Result<Written> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let row = rule::Model {
            id: RuleId::at(at),
            programme_id: programme,
            code: text::code(&wish.code)?,
            campaign_id: wish.campaign,
            status: RuleStatus::Draft,
            version: 1,
            created_at: at,
        };
        let definition = self.checked(programme, wish.definition, at).await.map_err(of_terms)?;
        let version = version_of(actor, &row, definition, (at, at));
        let written = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            self.may_stand(&tx, &row, &version.definition).await?;
            let same = rule::Entity::find()
                .filter(rule::Column::ProgrammeId.eq(programme))
                .filter(rule::Column::Code.eq(&row.code));
            if same.one(tx.connection()).await?.is_some() {
                return Err(Refusal::new(Code::CodeTaken).at("code").into());
            }
            row.clone().into_active_model().insert(tx.connection()).await?;
            self.write(&tx, actor, (&row, &version), &Budget::default(), "earning_rule.drafted")
                .await?;
            tx.commit(Written { rule: row.clone(), version: version.clone() }).await
        })
        .await?;
        self.ask.catalogue.forget(programme);
        Ok(written)
    }

    /// Says something else from now on. What was earned by earlier versions stays.
    pub async fn amend_rule(
        &self,
        actor: &Actor,
        (id, expected_version): (RuleId, i32),
        definition: Definition,
    ) -> Result<Written> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let definition = self.checked(programme, definition, at).await.map_err(of_terms)?;
        self.next(actor, (programme, id, expected_version), "earning_rule.amended", |before| {
            if before.rule.status == RuleStatus::Ended {
                return Err(Refusal::new(Code::RuleEnded).at("ruleId"));
            }
            let from = at.max(before.version.in_force_from);
            Ok((before.rule.status, definition.clone(), from))
        })
        .await
    }

    /// Launches, pauses or ends a rule. To be what it is already changes nothing.
    pub async fn turn_rule(&self, actor: &Actor, wish: Turn<RuleId>) -> Result<Written> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        let named = (programme, wish.id, wish.expected_version);
        self.next(actor, named, "earning_rule.turned", |before| {
            let from = may_turn(before.rule.status, &wish, before.version.in_force_from, at)
                .map_err(|refusal| refusal_at(refusal, "ruleId"))?;
            Ok((wish.status, before.version.definition.clone(), from))
        })
        .await
    }

    /// Writes a rule's next version.
    async fn next(
        &self,
        actor: &Actor,
        (programme, id, expected_version): (ProgrammeId, RuleId, i32),
        action: &'static str,
        change: impl Fn(&Written) -> Result<(RuleStatus, Definition, DateTime<Utc>), Refusal>,
    ) -> Result<Written> {
        let at = self.clock.now();
        let written = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let before = lock(&tx, programme, id).await?;
            if before.rule.version != expected_version {
                return Err(Error::Conflict(before.rule.version));
            }
            let (status, definition, from) = change(&before)?;
            if (status, &definition) == (before.rule.status, &before.version.definition) {
                return Ok(before);
            }
            let number = before.rule.version + 1;
            let row = rule::Model { status, version: number, ..before.rule };
            self.may_stand(&tx, &row, &definition).await?;
            let version = version_of(actor, &row, definition, (from, at));
            let budget = &before.version.definition.budget;
            self.write(&tx, actor, (&row, &version), budget, action).await?;
            row.clone().into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(Written { rule: row, version }).await
        })
        .await?;
        self.ask.catalogue.forget(programme);
        Ok(written)
    }

    /// The definition as it is saved, if it is sound in itself.
    async fn checked(
        &self,
        programme: ProgrammeId,
        definition: Definition,
        at: DateTime<Utc>,
    ) -> Result<Definition> {
        let directory = self.ask.partners.directory(programme).await?;
        Ok(validate::rule(definition, &directory, at)?)
    }

    /// Whether a rule can stand among what there is: its campaign, its event type, its group.
    async fn may_stand(&self, tx: &Tx, row: &rule::Model, definition: &Definition) -> Result<()> {
        let programme = row.programme_id;
        if let Some(campaign) = row.campaign_id {
            let found = campaign::Entity::find_by_id(campaign)
                .filter(campaign::Column::ProgrammeId.eq(programme))
                .one(tx.connection())
                .await?;
            let found = found.ok_or(Refusal::new(Code::CampaignNotFound).at("campaignId"))?;
            if found.status == RuleStatus::Ended {
                return Err(Refusal::new(Code::RuleEnded).at("campaignId").into());
            }
        }
        let attributes = match &definition.trigger {
            Trigger::Purchase => Vec::new(),
            Trigger::Event(kind) => {
                let found = event_type::Entity::find_by_id((programme, kind.clone()));
                let found = found.one(tx.connection()).await?;
                typed(&found.ok_or(Refusal::new(Code::EventTypeNotFound).at("terms.eventType"))?)
            }
        };
        Rule::compile(row, row.version, definition.clone(), |_| attributes)
            .map_err(|refusal| refusal.under("terms"))?;
        let others = rule::Entity::find()
            .filter(rule::Column::ProgrammeId.eq(programme))
            .filter(rule::Column::Id.ne(row.id))
            .filter(rule::Column::Status.ne(RuleStatus::Ended));
        if others.clone().count(tx.connection()).await? >= RULES_MAX {
            let message = format!("A programme has at most {RULES_MAX} rules that haven't ended.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).into());
        }
        match &definition.group {
            Some(group) => may_join(tx, programme, row.id, (group, &definition.effect)).await,
            None => Ok(()),
        }
    }

    async fn write(
        &self,
        tx: &Tx,
        actor: &Actor,
        (row, version): (&rule::Model, &rule_version::Model),
        budget: &Budget,
        action: &'static str,
    ) -> Result<()> {
        let programme = self.ask.programmes.rules(row.programme_id).await?;
        version.clone().into_active_model().insert(tx.connection()).await?;
        let budgets = (budget, &version.definition.budget);
        budgets::set(tx, &programme, row.id.uuid(), budgets).await.map_err(of_terms)?;
        let after = serde_json::json!({ "code": row.code, "version": row.version,
            "status": row.status, "from": version.in_force_from, "definition": version.definition });
        let change =
            Change { action, subject: row.id.to_string(), before: None, after: Some(&after) };
        audit::append(tx, actor, row.programme_id, version.made_at, change).await
    }
}

/// From when a turn holds, if it may be.
pub(super) fn may_turn<I>(
    before: RuleStatus,
    wish: &Turn<I>,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> Result<DateTime<Utc>, Refusal> {
    let is_first = before == RuleStatus::Draft;
    match (before, wish.status) {
        (RuleStatus::Ended, RuleStatus::Ended) => {}
        (RuleStatus::Ended, _) => return Err(Refusal::new(Code::RuleEnded)),
        (_, RuleStatus::Draft) if !is_first => {
            let message = "What was launched can be paused or ended; it is no draft any more.";
            return Err(Refusal::new(Code::StatusInvalid).because(message).at("status"));
        }
        (RuleStatus::Draft, RuleStatus::Paused) => {
            let message = "A draft can be launched or ended.";
            return Err(Refusal::new(Code::StatusInvalid).because(message).at("status"));
        }
        _ => {}
    }
    let from = wish.from.unwrap_or(at);
    let earliest = if is_first { DateTime::UNIX_EPOCH } else { since.max(at) };
    if from < earliest && wish.from.is_some() {
        let message = "Only the first launch may lie in the past.";
        return Err(Refusal::new(Code::ValidFromInvalid).because(message).at("from"));
    }
    Ok(from.max(earliest))
}

/// What is wrong about what a rule or campaign says is wrong in its terms.
pub(super) fn of_terms(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => refusal.under("terms").into(),
        other => other,
    }
}

fn refusal_at(refusal: Refusal, field: &str) -> Refusal {
    if refusal.path.is_empty() { refusal.at(field) } else { refusal }
}

/// In a group the best rule gives; so all of them give points, or all of them money.
async fn may_join(
    tx: &Tx,
    programme: ProgrammeId,
    own: RuleId,
    (group, effect): (&str, &Effect),
) -> Result<()> {
    let kind = |effect: &Effect| match effect {
        Effect::Cashback { .. } => "money",
        Effect::Dates { .. } => "dates",
        _ => "points",
    };
    let rows = rule::Entity::find()
        .filter(rule::Column::ProgrammeId.eq(programme))
        .filter(rule::Column::Id.ne(own))
        .filter(rule::Column::Status.ne(RuleStatus::Ended))
        .all(tx.connection())
        .await?;
    let versions = rule_version::Entity::find()
        .filter(rule_version::Column::ProgrammeId.eq(programme))
        .all(tx.connection())
        .await?;
    let mut others = versions.iter().filter(|version| {
        let is_current =
            |row: &rule::Model| row.id == version.rule_id && row.version == version.version;
        version.definition.group.as_deref() == Some(group) && rows.iter().any(is_current)
    });
    match others.find(|other| kind(&other.definition.effect) != kind(effect)) {
        None => Ok(()),
        Some(other) => {
            let message = format!(
                "The rules of a group compete, so that they give the same; {} gives {}.",
                other.definition.name,
                kind(&other.definition.effect)
            );
            Err(Refusal::new(Code::GroupMixed).because(message).at("terms.group").into())
        }
    }
}

fn version_of(
    actor: &Actor,
    row: &rule::Model,
    definition: Definition,
    (in_force_from, made_at): (DateTime<Utc>, DateTime<Utc>),
) -> rule_version::Model {
    rule_version::Model {
        programme_id: row.programme_id,
        rule_id: row.id,
        version: row.version,
        status: row.status,
        in_force_from,
        definition,
        made_by: actor.to_string(),
        made_at,
    }
}

async fn lock(tx: &Tx, programme: ProgrammeId, id: RuleId) -> Result<Written> {
    let query = rule::Entity::find_by_id(id).filter(rule::Column::ProgrammeId.eq(programme));
    let row = query.lock_exclusive().one(tx.connection()).await?;
    let row = row.ok_or(Refusal::new(Code::RuleNotFound).at("ruleId"))?;
    let version = rule_version::Entity::find_by_id((programme, id, row.version));
    let version = version.one(tx.connection()).await?;
    let version = version.ok_or_else(|| Error::internal("a rule without a version"))?;
    Ok(Written { rule: row, version })
}
