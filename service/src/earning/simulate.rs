//! A past period under other rules, gone through in the background: what would have been earned, at whose
//! cost, for whom it would have made a difference. Nothing of it is written to the books.
//!
//! Receipts are taken in the order in which they were recorded, some hundred a step. What limits and
//! budgets have counted travels in the simulation's own row, written with how far it has come, so that a
//! crash costs one step. Counters and budgets begin anew. What has come back is taken off, both from what
//! was earned and from what would have been, as a return takes it off. Of members it knows what they had
//! bought and which tiers they had by then, and for the rest what is known now.

mod came;
mod memory;
mod tally;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::earning::simulation::{self, Carried, Outcome, SimulationStatus, Wish};
use entity::ids::{MemberId, ProgrammeId, RuleId, SimulationId};
use entity::members::member;
use entity::purchases::purchase;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use self::came::{Came, Past, came_back};
use self::memory::Memory;
use self::tally::Tally;

use super::ask::Terms;
use super::books::Wanted;
use super::catalogue::{kinds, unwritten};
use super::decide;
use super::ruleset::InForce;
use super::{Earning, validate};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};
use crate::rows::find_among;
use crate::text;
use crate::tx::{Tx, retrying};

/// How many receipts a step goes through.
const STEP: u64 = 500;
/// The most rules that hold besides, and simulations of a programme that run.
const ADDED_MAX: usize = 50;
const RUNNING_MAX: u64 = 5;

impl Earning {
    /// Asks for a period under other rules. It is gone through in the background.
    pub async fn simulate(&self, actor: &Actor, wish: Wish) -> Result<simulation::Model> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let at = self.clock.now();
        if wish.until <= wish.from {
            let message = "The period ends before it begins.";
            return Err(Refusal::new(Code::ScheduleInvalid).because(message).at("until").into());
        }
        let wish = self.checked_wish(programme, wish, at).await?;
        let row = retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let running = simulation::Entity::find()
                .filter(simulation::Column::ProgrammeId.eq(programme))
                .filter(simulation::Column::Status.eq(SimulationStatus::Running));
            if running.count(tx.connection()).await? >= RUNNING_MAX {
                let message = format!("At most {RUNNING_MAX} simulations run at a time.");
                return Err(Refusal::new(Code::ValueOutOfRange).because(message).into());
            }
            let total = receipts(programme, &wish).count(tx.connection()).await?;
            let row = simulation::Model {
                id: SimulationId::at(at),
                programme_id: programme,
                status: SimulationStatus::Running,
                wish: wish.clone(),
                seen: 0,
                total: i64::try_from(total).unwrap_or(i64::MAX),
                after_id: None,
                carried: Carried(serde_json::Value::Null),
                outcome: Outcome::default(),
                asked_by: actor.to_string(),
                asked_at: at,
                finished_at: None,
            };
            let row = row.into_active_model().insert(tx.connection()).await?;
            let subject = row.id.to_string();
            let change = Change {
                action: "simulation.asked",
                subject,
                before: None,
                after: Some(&row.wish),
            };
            audit::append(&tx, actor, programme, at, change).await?;
            tx.commit(row).await
        });
        row.await
    }

    async fn checked_wish(
        &self,
        programme: ProgrammeId,
        mut wish: Wish,
        at: DateTime<Utc>,
    ) -> Result<Wish> {
        if wish.add.len() > ADDED_MAX {
            let message = format!("At most {ADDED_MAX} rules can hold besides.");
            return Err(Refusal::new(Code::ValueOutOfRange).because(message).at("add").into());
        }
        let terms = self.ask.terms(programme).await?;
        let kinds = kinds(&self.ask.db, programme).await?;
        for (place, (code, definition)) in wish.add.iter_mut().enumerate() {
            let under = |refusal: Refusal| refusal.under(&format!("add.{place}"));
            *code = text::code(code).map_err(under)?;
            *definition = validate::rule(definition.clone(), &terms.directory, at)
                .map_err(|refusal| under(refusal.under("terms")))?;
            unwritten(programme, RuleId::at(at), (code.as_str(), definition), &kinds)
                .map_err(|refusal| under(refusal.under("terms")))?;
        }
        Ok(wish)
    }

    /// Takes one step of the oldest simulation that runs; says whether there was one.
    pub async fn advance_simulation(&self) -> Result<bool> {
        retrying(|| async {
            let tx = self.ask.db.begin().await?;
            let oldest = simulation::Entity::find()
                .filter(simulation::Column::Status.eq(SimulationStatus::Running))
                .order_by_asc(simulation::Column::Id)
                .lock_exclusive();
            let Some(row) = oldest.one(tx.connection()).await? else { return Ok(false) };
            let row = self.step(&tx, row).await?;
            row.into_active_model().reset_all().update(tx.connection()).await?;
            tx.commit(true).await
        })
        .await
    }

    async fn step(&self, tx: &Tx, mut row: simulation::Model) -> Result<simulation::Model> {
        let terms = self.terms_of(&row).await?;
        let mut query = receipts(row.programme_id, &row.wish);
        if let Some(after) = row.after_id {
            query = query.filter(purchase::Column::Id.gt(after));
        }
        let query = query.order_by_asc(purchase::Column::Id).limit(STEP);
        let purchases = query.all(tx.connection()).await?;
        let Some(last) = purchases.last().map(|purchase| purchase.id) else {
            row.status = SimulationStatus::Done;
            row.finished_at = Some(self.clock.now());
            row.carried = Carried(serde_json::Value::Null);
            return Ok(row);
        };
        let mut memory: Memory = serde_json::from_value(row.carried.0.clone()).unwrap_or_default();
        let mut tally = Tally::of(&row.outcome);
        self.go_through(tx, &terms, &purchases, &mut memory, &mut tally).await?;
        row.seen += i64::try_from(purchases.len()).unwrap_or(0);
        row.after_id = Some(last);
        let members = memory.members.values().filter(|more| **more != 0).count();
        row.outcome = tally.done(i64::try_from(members).unwrap_or(i64::MAX));
        row.carried = Carried(serde_json::to_value(&memory).map_err(Error::internal)?);
        Ok(row)
    }

    /// The programme's terms with the rules that the simulation has.
    async fn terms_of(&self, row: &simulation::Model) -> Result<Terms> {
        let mut terms = self.ask.terms(row.programme_id).await?;
        let kinds = kinds(&self.ask.db, row.programme_id).await?;
        let mut added = Vec::new();
        for (place, (code, definition)) in (1_u32..).zip(&row.wish.add) {
            // The same in each step, or its counters would be others'.
            let id = RuleId::from_uuid(entity::ids::nth(row.id.uuid(), place));
            let rule = unwritten(row.programme_id, id, (code.as_str(), definition), &kinds)?;
            added.push((InForce::ALWAYS, Arc::new(rule)));
        }
        terms.rules = Arc::new(terms.rules.changed(&row.wish.leave_out, added));
        Ok(terms)
    }

    async fn go_through(
        &self,
        tx: &Tx,
        terms: &Terms,
        purchases: &[purchase::Model],
        memory: &mut Memory,
        tally: &mut Tally,
    ) -> Result<()> {
        let (by, db) = (terms.by(), tx.connection());
        let programme = by.programme.id();
        let ids = purchases.iter().filter_map(|purchase| Some(purchase.member_id?.uuid()));
        let column = member::Column::Id;
        let members = find_among::<member::Entity, _>(db, programme, column, ids, "").await?;
        let members: HashMap<MemberId, member::Model> =
            members.into_iter().map(|member| (member.id, member)).collect();
        let past = Past::read(db, programme, purchases).await?;
        let mut wanted = Wanted::default();
        for purchase in purchases {
            if let Some(member) = purchase.member_id.and_then(|id| members.get(&id)) {
                wanted.sale(by, &by.basket(purchase, &purchase.lines.0), member);
            }
        }
        let mut known = wanted.read(db, by).await?;
        known.state = memory.state(by);
        for purchase in purchases {
            let Some(member) = purchase.member_id.and_then(|id| members.get(&id)) else { continue };
            let basket = by.basket(purchase, &purchase.lines.0);
            let facts = known.facts_before(member, basket.at, purchase.total_minor);
            let buyer = (member.wallet_id, &facts);
            let decision = decide::sale(by, &basket, buyer, &mut known.state)?;
            let returns = past.returns(purchase);
            let back = match returns.is_empty() {
                true => None,
                false => Some(came_back(by, (purchase, returns), buyer, &decision)?),
            };
            if let Some(back) = &back {
                known.state.follow(&back.changes);
            }
            let then = past.happened(by, purchase);
            let now = Came::decided(&decision, back.as_ref());
            let more = memory.members.entry(member.id).or_default();
            *more = more.saturating_add(now.points - then.points);
            tally.add(now, then);
        }
        memory.keep(&known.state);
        Ok(())
    }

    /// Simulations by id; none to those who may not see them.
    pub async fn simulations_by_ids(
        &self,
        actor: &Actor,
        ids: &[SimulationId],
    ) -> Result<Vec<simulation::Model>> {
        let Ok((programme, _)) = actor.operator(Scope::RulesWrite) else { return Ok(Vec::new()) };
        let query = simulation::Entity::find()
            .filter(simulation::Column::ProgrammeId.eq(programme))
            .filter(simulation::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.ask.db.reader_for(actor)).await?)
    }

    /// A programme's simulations by age. For operators.
    pub async fn simulations(
        &self,
        actor: &Actor,
        window: Window<Uuid>,
    ) -> Result<Page<simulation::Model>> {
        let (programme, _) = actor.operator(Scope::RulesWrite)?;
        let query =
            simulation::Entity::find().filter(simulation::Column::ProgrammeId.eq(programme));
        window.read(self.ask.db.reader_for(actor), query.cursor_by(simulation::Column::Id)).await
    }
}

/// The receipts with a member that occurred in the period.
fn receipts(programme: ProgrammeId, wish: &Wish) -> sea_orm::Select<purchase::Entity> {
    purchase::Entity::find()
        .filter(purchase::Column::ProgrammeId.eq(programme))
        .filter(purchase::Column::OccurredAt.gte(wish.from))
        .filter(purchase::Column::OccurredAt.lt(wish.until))
        .filter(purchase::Column::MemberId.is_not_null())
}
