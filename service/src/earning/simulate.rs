//! A past period under other rules, gone through in the background: what would have been earned, at whose
//! cost, for whom it would have made a difference. Nothing of it is written to the books.
//!
//! Receipts are taken in the order in which they were recorded, some hundred a step. What limits and
//! budgets have counted travels in the simulation's own row, written with how far it has come, so that a
//! crash costs one step. Counters and budgets begin anew; what came back later isn't taken off, neither
//! from what would have been earned nor from what was. Of members it knows what is known now, but for what
//! they had bought by then.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::earning::simulation::{self, Carried, Outcome, SimulationStatus, Wish};
use entity::ids::{MemberId, PartnerId, ProgrammeId, RuleId, SimulationId, WalletId};
use entity::ledger::lot;
use entity::members::member;
use entity::purchases::purchase;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ask::Terms;
use super::books::Wanted;
use super::catalogue::{kinds, unwritten};
use super::decide::{self, By, Decision};
use super::ruleset::InForce;
use super::state::{Left, State, Use};
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

/// What one step leaves for the next.
#[derive(Default, Serialize, Deserialize)]
struct Memory {
    uses: Vec<(WalletId, RuleId, String, [i64; 3])>,
    left: Vec<(Uuid, Option<i64>, Option<i64>)>,
    /// Points that members would have had more, or fewer.
    members: BTreeMap<MemberId, i64>,
}

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
        let lots = purchases.iter().map(|purchase| purchase.id.uuid());
        let also = "and origin_lot_id is null";
        let column = lot::Column::PurchaseId;
        for row in find_among::<lot::Entity, _>(db, programme, column, lots, also).await? {
            tally.lot(&row.terms, row.quantity.get(), Side::Then);
        }
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
            let points = decision.explanation.points.get();
            let more = memory.members.entry(member.id).or_default();
            *more = more.saturating_add(points - purchase.points.get());
            tally.add(by, purchase, &decision);
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

impl Memory {
    fn state(&self, by: By<'_>) -> State {
        let uses = self.uses.iter().map(|(wallet, rule, period, [count, points, stamps])| {
            let used = Use { count: *count, points: *points, stamps: *stamps };
            ((*wallet, *rule, period.clone()), used)
        });
        let mut left = by.rules.budgets(by.programme.programme.currency.minor_per_unit());
        left.extend(
            self.left
                .iter()
                .map(|(owner, points, cost)| (*owner, Left { points: *points, cost: *cost })),
        );
        State::new(uses.collect(), left)
    }

    fn keep(&mut self, state: &State) {
        let used = |((wallet, rule, period), used): (&super::state::Counter, &Use)| {
            (*wallet, *rule, period.clone(), [used.count, used.points, used.stamps])
        };
        self.uses = state.uses().map(used).collect();
        self.left = state.budgets().map(|(own, left)| (*own, left.points, left.cost)).collect();
    }
}

#[derive(Clone, Copy)]
enum Side {
    Now,
    Then,
}

/// An outcome being added up.
struct Tally {
    outcome: Outcome,
    costs: BTreeMap<Option<PartnerId>, [i128; 2]>,
    rules: BTreeMap<String, [i64; 4]>,
}

impl Tally {
    fn of(outcome: &Outcome) -> Self {
        let cost = |(partner, now, then): &(Option<PartnerId>, String, String)| {
            (*partner, [now, then].map(|text| text.parse().unwrap_or(0)))
        };
        Self {
            costs: outcome.costs.iter().map(cost).collect(),
            rules: outcome.rules.iter().cloned().collect(),
            outcome: outcome.clone(),
        }
    }

    fn lot(&mut self, terms: &lot::Terms, points: i64, side: Side) {
        for share in &terms.shares {
            let cost = i128::from(points)
                * i128::from(share.issue_price_micros)
                * i128::from(share.share_bp.get());
            let sums = self.costs.entry(share.partner).or_default();
            match side {
                Side::Now => sums[0] += cost,
                Side::Then => sums[1] += cost,
            }
        }
    }

    fn add(&mut self, by: By<'_>, purchase: &purchase::Model, decision: &Decision) {
        let outcome = &mut self.outcome;
        outcome.points += decision.explanation.points.get();
        outcome.points_then += purchase.points.get();
        for award in &decision.explanation.awards {
            let sums = self.rules.entry(award.code.clone()).or_default();
            sums[0] += 1;
            sums[1] += award.points.get();
            outcome.cashback_minor += award.cashback_minor;
        }
        for granted in &purchase.earning.granted {
            let rule = by.rules.version(granted.rule, granted.version);
            let code = rule.map_or_else(|| granted.rule.to_string(), |rule| rule.code.clone());
            let sums = self.rules.entry(code).or_default();
            sums[2] += 1;
            sums[3] += granted.points.get();
            outcome.cashback_minor_then += granted.cashback_minor;
        }
        for lot in &decision.lots {
            self.lot(&lot.terms, lot.points.get(), Side::Now);
        }
    }

    fn done(self, members: i64) -> Outcome {
        let costs = self.costs.into_iter();
        Outcome {
            costs: costs
                .map(|(own, [now, then])| (own, now.to_string(), then.to_string()))
                .collect(),
            rules: self.rules.into_iter().collect(),
            members,
            ..self.outcome
        }
    }
}
