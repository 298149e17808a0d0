//! What members do besides buying, reported by partners and operators: it earns by the same rules, through
//! the same gate, in the same batches as sales.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::earning::event::{self, Grants};
use entity::ids::{EntryId, EventId, PartnerId, ProgrammeId};
use entity::members::member;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::books::{Known, Wanted};
use super::decide::{self, By};
use super::facts::Happening;
use super::state::Changes;
use super::{Earning, kinds};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::keys;
use crate::lanes::Name;
use crate::ledger::core::{Action, Command, Key, Receipt};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, Resolved, may_earn};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::writes::{Done, Rows, Verdicts, Write};

/// Something that a member did.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of a declared type.
    pub kind: String,
    /// Who.
    pub member: MemberRef,
    /// As the type declares them.
    pub attributes: Map<String, Value>,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What became of a report.
#[derive(Clone, Debug)]
pub struct Reported {
    /// The event, with what it earned.
    pub event: event::Model,
    /// Whether it had been recorded before with the same key.
    pub is_replay: bool,
}

/// What a key covers.
#[derive(Serialize)]
struct Canonical<'a> {
    kind: &'a str,
    member: String,
    attributes: &'a Map<String, Value>,
    occurred_at: DateTime<Utc>,
}

impl Earning {
    /// Records what a member did, and gives what rules give for it.
    pub async fn report(&self, actor: &Actor, report: Report) -> Result<Reported> {
        let (programme, partner) = may_report(actor)?;
        let now = self.clock.now();
        let canonical = Canonical {
            kind: &report.kind,
            member: report.member.canonical(),
            attributes: &report.attributes,
            occurred_at: report.occurred_at,
        };
        let key = keys::key(actor, &report.idempotency_key, "recordEvent", &canonical)?;
        let write = self.event_of(actor, (programme, partner), report, &key, now).await;
        let outcome = match write {
            Ok(event) => self.writes.submit(programme, Write::Event(event)).await,
            Err(refused) => Err(refused),
        };
        let done = match outcome {
            // The same request again is answered as the first time, whatever has changed since.
            Err(Error::Refused(refusal)) => {
                let earlier = keys::earlier_receipt(&self.ask.db, programme, &key).await?;
                earlier.map(Happened::before).ok_or(Error::Refused(refusal))?
            }
            Ok(Done::Happened(done)) => *done,
            Ok(_) => return Err(Error::internal("an event was answered as something else")),
            Err(other) => return Err(other),
        };
        match done {
            Happened { event: Some(event), .. } => Ok(Reported { event, is_replay: false }),
            Happened { receipt, .. } => self.earlier(programme, &receipt).await,
        }
    }

    async fn event_of(
        &self,
        actor: &Actor,
        (programme, partner): (ProgrammeId, Option<PartnerId>),
        report: Report,
        key: &Key,
        now: DateTime<Utc>,
    ) -> Result<Event> {
        let rules = self.ask.programmes.rules(programme).await?;
        rules.accepts_time(report.occurred_at, now)?;
        let kind = self.event_type(programme, &report.kind).await?;
        if partner.is_some() && !kind.by_partners {
            return Err(Refusal::new(Code::EventTypeNotFound).at("type").into());
        }
        if let Some(partner) = partner {
            let directory = self.ask.partners.directory(programme).await?;
            directory.in_role(partner, crate::partners::Role::Issues)?;
        }
        let attributes = kinds::checked(&kind, report.attributes)?;
        Ok(Event {
            actor: actor.to_string(),
            origin: actor.origin().to_owned(),
            partner,
            key: key.clone(),
            names: vec![Name::of(&key.identity())],
            kind: report.kind,
            member: report.member,
            attributes,
            occurred_at: report.occurred_at,
            now,
        })
    }

    /// What an earlier request with the same key had recorded.
    async fn earlier(&self, programme: ProgrammeId, receipt: &Receipt) -> Result<Reported> {
        let id: Option<EventId> = receipt.subject.as_deref().and_then(|id| id.parse().ok());
        let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
        let found = event::Entity::find_by_id((programme, id)).one(self.ask.db.primary()).await?;
        let event =
            found.ok_or_else(|| Error::internal("a key names an event that isn't there"))?;
        Ok(Reported { event, is_replay: true })
    }

    /// Those of these events that the caller may see.
    pub async fn events_by_ids(&self, actor: &Actor, ids: &[EventId]) -> Result<Vec<event::Model>> {
        let programme = actor.programme()?;
        let query = event::Entity::find()
            .filter(event::Column::ProgrammeId.eq(programme))
            .filter(event::Column::Id.is_in(ids.iter().copied()));
        let mut found = query.all(self.ask.db.reader_for(actor)).await?;
        found.retain(|event| match actor.who() {
            Who::Member(own) => event.member_id == own,
            Who::Partner(own, _) => event.partner_id == Some(own) && actor.has(Scope::EventsWrite),
            _ => actor.operator(Scope::EventsWrite).is_ok(),
        });
        Ok(found)
    }

    /// Events by age: a member's own, a partner's own, all to operators.
    pub async fn events(
        &self,
        actor: &Actor,
        member: Option<entity::ids::MemberId>,
        window: Window<Uuid>,
    ) -> Result<Page<event::Model>> {
        let programme = actor.programme()?;
        let mut query = event::Entity::find().filter(event::Column::ProgrammeId.eq(programme));
        match actor.who() {
            Who::Member(own) => query = query.filter(event::Column::MemberId.eq(own)),
            Who::Partner(partner, _) => {
                actor.with(Scope::EventsWrite)?;
                query = query.filter(event::Column::PartnerId.eq(partner));
            }
            _ => drop(actor.operator(Scope::EventsWrite)?),
        }
        if let Some(member) = member {
            query = query.filter(event::Column::MemberId.eq(member));
        }
        window.read(self.ask.db.reader_for(actor), query.cursor_by(event::Column::Id)).await
    }
}

fn may_report(actor: &Actor) -> Result<(ProgrammeId, Option<PartnerId>)> {
    if let Who::Partner(..) = actor.who() {
        let (programme, partner) = actor.partner(Scope::EventsWrite)?;
        return Ok((programme, Some(partner)));
    }
    Ok((actor.operator(Scope::EventsWrite)?.0, None))
}

/// One caller's event on its way through the gate.
pub(crate) struct Event {
    actor: String,
    origin: String,
    partner: Option<PartnerId>,
    key: Key,
    names: Vec<Name>,
    kind: String,
    pub(crate) member: MemberRef,
    attributes: Map<String, Value>,
    occurred_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

impl Event {
    /// Whom it is about.
    pub(crate) fn place(&self) -> Name {
        Name::of(&self.member)
    }

    /// Its key.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// What is to be done.
    pub(crate) fn draft(
        &self,
        by: By<'_>,
        members: &Resolved,
        commands: &mut Vec<Command>,
    ) -> Result<Draft> {
        let member = members
            .member(&self.member)
            .and_then(|member| may_earn(member.status).map(|()| member));
        let member = member.map_err(|refusal| refusal.at("member"))?.clone();
        let row = event::Model {
            programme_id: by.programme.id(),
            id: EventId::at(self.now),
            type_code: self.kind.clone(),
            member_id: member.id,
            wallet_id: member.wallet_id,
            partner_id: self.partner,
            attributes: Value::Object(self.attributes.clone()),
            entry_id: EntryId::at(self.now),
            points: Points::ZERO,
            granted: Grants::default(),
            occurred_at: self.occurred_at,
            recorded_at: self.now,
        };
        let place = commands.len();
        commands.push(self.command(&row));
        let attributes = self.attributes.clone();
        Ok(Draft { row, member, attributes, place, changes: Changes::default() })
    }

    fn command(&self, row: &event::Model) -> Command {
        Command {
            entry: row.entry_id,
            wallet: row.wallet_id,
            key: Some(self.key.clone()),
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            partner: self.partner,
            store: None,
            purchase: None,
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            is_history: false,
            cause: Cause::Event { event: row.id, kind: row.type_code.clone(), earning: None },
            // What it earns is decided once its wallet is locked.
            action: Action::Earn { lots: Vec::new() },
        }
    }
}

/// An event whose command is on its way through the gate.
pub(crate) struct Draft {
    row: event::Model,
    member: member::Model,
    attributes: Map<String, Value>,
    place: usize,
    changes: Changes,
}

impl Draft {
    /// The place of its command.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    fn happening<'a>(&'a self, by: &By<'a>) -> Happening<'a> {
        let partner = self.row.partner_id.and_then(|partner| by.directory.partner(partner));
        Happening {
            kind: &self.row.type_code,
            partner: self.row.partner_id,
            partner_code: partner.map_or("", |partner| &partner.code),
            at: self.row.occurred_at.with_timezone(&by.programme.zone),
            attributes: &self.attributes,
        }
    }

    /// What rules will ask for.
    pub(crate) fn want(&self, by: By<'_>, wanted: &mut Wanted) {
        let happening = self.happening(&by);
        wanted.event(by, &happening, &self.member);
        wanted.credit_of_event(by, &happening, self.row.recorded_at);
    }

    /// Decides what it earns.
    pub(crate) fn decide(&mut self, by: By<'_>, known: &mut Known, commands: &mut [Command]) {
        let Some(command) = commands.get_mut(self.place) else { return };
        let happening = self.happening(&by);
        let facts = known.facts(&self.member, happening.at);
        let buyer = (self.member.wallet_id, &facts);
        match decide::event(by, &happening, buyer, &mut known.state) {
            Ok(decision) => {
                self.row.points = decision.explanation.points;
                self.row.granted = Grants(decision.granted);
                self.changes = decision.changes;
                command.cause = Cause::Event {
                    event: self.row.id,
                    kind: self.row.type_code.clone(),
                    earning: Some(decision.explanation),
                };
                command.action = Action::Earn { lots: decision.lots };
            }
            Err(refusal) => command.action = Action::Refused(refusal),
        }
    }

    /// The answer, once the gate has decided.
    pub(crate) fn finish(self, verdicts: &mut Verdicts, rows: &mut Rows) -> Result<Happened> {
        let receipt = verdicts.next()??;
        if receipt.is_replay {
            return Ok(Happened::before(receipt));
        }
        rows.changes.join(self.changes);
        rows.events.push(self.row.clone());
        Ok(Happened { receipt, event: Some(self.row) })
    }
}

/// What an event made.
pub(crate) struct Happened {
    receipt: Receipt,
    /// Itself, unless it was recorded before.
    event: Option<event::Model>,
}

impl Happened {
    fn before(receipt: Receipt) -> Self {
        Self { receipt, event: None }
    }
}
