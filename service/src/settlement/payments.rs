//! What is to be paid for a cycle, and what was: each instruction's payments come to no more than it says, and
//! the last of them settles the cycle.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::amount::Currency;
use entity::day::Day;
use entity::ids::{PartnerId, ProgrammeId, SettlementPaymentId};
use entity::ledger::idempotency_key::Outcome;
use entity::settlement::payment_instruction as instruction;
use entity::settlement::settlement_cycle::{self, CycleStatus};
use entity::settlement::settlement_payment::{self as payment, PaymentSource};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};
use serde::Serialize;

use super::{Settlement, cycles, open};
use crate::actor::{Actor, Scope, Who};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::page::{Page, Window};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, retrying};

/// Money that came, or went.
#[derive(Clone, Debug)]
pub struct RecordPayment {
    /// What it follows.
    pub reference: String,
    /// Above zero, in minor units.
    pub amount_minor: i64,
    /// Of this currency.
    pub currency: Currency,
    /// The bank's day.
    pub paid_on: NaiveDate,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What recording a payment did.
#[derive(Clone, Debug)]
pub struct RecordedPayment {
    /// The payment.
    pub payment: payment::Model,
    /// What it follows.
    pub instruction: Due,
    /// Whether it had been recorded before with the same key.
    pub is_replay: bool,
}

/// What is to be paid, and how much of it was.
#[derive(Clone, Debug)]
pub struct Due {
    /// What is to be paid.
    pub row: instruction::Model,
    /// How much of it was, in minor units.
    pub paid_minor: i64,
}

impl Due {
    /// What is still to be paid, in minor units.
    pub fn open_minor(&self) -> i64 {
        self.row.amount_minor - self.paid_minor
    }
}

#[derive(Serialize)]
struct Canonical<'a> {
    reference: &'a str,
    amount_minor: i64,
    currency: &'a str,
    paid_on: NaiveDate,
}

impl Settlement {
    /// Notes that money came, or went.
    pub async fn record_payment(
        &self,
        actor: &Actor,
        wish: RecordPayment,
    ) -> Result<RecordedPayment> {
        let (programme, _) = actor.operator(Scope::SettlementWrite)?;
        let rules = self.programmes.rules(programme).await?;
        let canonical = Canonical {
            reference: &wish.reference,
            amount_minor: wish.amount_minor,
            currency: wish.currency.code(),
            paid_on: wish.paid_on,
        };
        let key = keys::key(actor, &wish.idempotency_key, "recordSettlementPayment", &canonical)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                return recorded(&tx, programme, earlier).await;
            }
            let row = new_payment(&rules, &wish, at)?;
            let (payment, instruction) = book(&tx, actor, &rules, row, at).await?;
            let subject = Some(payment.id.to_string());
            let outcome = Outcome { wallet: None, entry: None, subject };
            keys::insert(&tx, programme, &key, outcome, at).await?;
            tx.commit(RecordedPayment { payment, instruction, is_replay: false }).await
        })
        .await
    }

    /// What is to be paid by these partners, or to them, oldest first; a partner sees its own.
    pub async fn instructions(
        &self,
        actor: &Actor,
        cycle: Option<Day>,
        window: Window<(Day, uuid::Uuid)>,
    ) -> Result<Page<Due>> {
        let programme = actor.programme()?;
        actor.with(Scope::SettlementRead)?;
        let mut query =
            instruction::Entity::find().filter(instruction::Column::ProgrammeId.eq(programme));
        query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            Who::Partner(partner, _) => query.filter(instruction::Column::PartnerId.eq(partner)),
            _ => return Err(super::not_for_members()),
        };
        if let Some(cycle) = cycle {
            query = query.filter(instruction::Column::Cycle.eq(cycle));
        }
        let db = self.db.reader_for(actor);
        let key = (instruction::Column::Cycle, instruction::Column::PartnerId);
        let page = window.read(db, query.cursor_by(key)).await?;
        let references: Vec<String> = page.items.iter().map(|row| row.reference.clone()).collect();
        let paid = paid(db, programme, references).await?;
        Ok(page.map(|row| Due { paid_minor: paid.get(&row.reference).copied().unwrap_or(0), row }))
    }

    /// For how many days what is open should have been paid.
    pub async fn days_overdue(&self, actor: &Actor, due: &Due) -> Result<i32> {
        let rules = self.programmes.rules(actor.programme()?).await?;
        let today = Day::of(self.clock.now(), &rules.zone);
        let days = today.get() - due.row.due_on.get();
        Ok(if due.open_minor() > 0 { days.max(0) } else { 0 })
    }

    /// The payments that follow an instruction, oldest first.
    pub async fn payments(&self, actor: &Actor, due: &Due) -> Result<Vec<payment::Model>> {
        let programme = actor.programme()?;
        actor.with(Scope::SettlementRead)?;
        if let Who::Partner(partner, _) = actor.who()
            && partner != due.row.partner_id
        {
            return Ok(Vec::new());
        }
        let query = payment::Entity::find()
            .filter(payment::Column::ProgrammeId.eq(programme))
            .filter(payment::Column::Reference.eq(&due.row.reference))
            .order_by_asc(payment::Column::Id);
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn new_payment(rules: &Rules, wish: &RecordPayment, at: DateTime<Utc>) -> Result<payment::Model> {
    if wish.currency != rules.programme.currency {
        let message = format!("Partners settle in {}.", rules.programme.currency);
        return Err(Refusal::new(Code::PaymentCurrencyMismatch)
            .because(message)
            .at("amount.currencyCode")
            .into());
    }
    if wish.amount_minor < 1 {
        return Err(amount_invalid().into());
    }
    if Day::from_date(wish.paid_on) > Day::of(at, &rules.zone).plus(1) {
        return Err(Refusal::new(Code::OccurredInFuture).at("paidOn").into());
    }
    let moved = (wish.amount_minor, Day::from_date(wish.paid_on));
    Ok(unbooked(rules, wish.reference.clone(), moved, at))
}

/// A payment that a bank tells of.
pub(super) fn from_bank(
    rules: &Rules,
    reference: String,
    (amount_minor, paid_on): (i64, Day),
    bank_reference: String,
    at: DateTime<Utc>,
) -> payment::Model {
    let row = unbooked(rules, reference, (amount_minor, paid_on), at);
    let bank_reference = Some(bank_reference);
    payment::Model { source: PaymentSource::Bank, bank_reference, ..row }
}

/// A payment that lacks only what [`book`] fills in.
fn unbooked(
    rules: &Rules,
    reference: String,
    (amount_minor, paid_on): (i64, Day),
    at: DateTime<Utc>,
) -> payment::Model {
    payment::Model {
        programme_id: rules.id(),
        id: SettlementPaymentId::at(at),
        partner_id: PartnerId::from_uuid(uuid::Uuid::nil()),
        reference,
        cycle: Day::new(0),
        amount_minor,
        paid_on,
        source: PaymentSource::Manual,
        bank_reference: None,
        recorded_by: String::new(),
        recorded_at: at,
    }
}

fn amount_invalid() -> Refusal {
    Refusal::new(Code::AmountInvalid).at("amount.amount")
}

/// Books a payment to its instruction, in the cycle that is open; what it says of these is filled in.
pub(super) async fn book(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    row: payment::Model,
    at: DateTime<Utc>,
) -> Result<(payment::Model, Due)> {
    let programme = rules.id();
    // Whoever closes a cycle waits here, and two payments for one instruction do.
    let cycle = open::cycle(tx, rules, at).await?;
    let found = instruction::Entity::find_by_id((programme, row.reference.clone()));
    let found = found.one(tx.connection()).await?;
    let instruction = found.ok_or(Refusal::new(Code::InstructionNotFound).at("reference"))?;
    let paid = paid(tx.connection(), programme, [row.reference.clone()]).await?;
    let due = Due { paid_minor: paid.get(&row.reference).copied().unwrap_or(0), row: instruction };
    if row.amount_minor > due.open_minor() {
        let open =
            entity::amount::Money { minor: due.open_minor(), currency: rules.programme.currency };
        let message = format!("{open} {} is still due.", open.currency);
        let refusal = Refusal::new(Code::PaymentExceedsDue).because(message);
        return Err(refusal.at("amount.amount").into());
    }
    let row = payment::Model {
        partner_id: due.row.partner_id,
        cycle,
        recorded_by: actor.to_string(),
        ..row
    };
    let row = row.into_active_model().insert(tx.connection()).await?;
    let due = Due { paid_minor: due.paid_minor + row.amount_minor, ..due };
    settle_if_paid(tx, programme, due.row.cycle, at).await?;
    let seen = serde_json::json!({ "reference": row.reference, "amountMinor": row.amount_minor });
    let subject = row.id.to_string();
    let change = Change { action: "settlement.payment", subject, before: None, after: Some(&seen) };
    audit::append(tx, actor, programme, at, change).await?;
    Ok((row, due))
}

/// How much was paid under each reference.
#[derive(FromQueryResult)]
struct Paid {
    reference: String,
    minor: i64,
}

pub(super) async fn paid<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    references: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, i64>> {
    let backend = db.get_database_backend();
    let (among, references) = crate::rows::among_texts(backend, "reference", 2, references);
    let first = crate::rows::first_place(backend);
    let sql = format!(
        "select reference, cast(sum(amount_minor) as bigint) as minor from settlement_payment
         where programme_id = {first} and {among} group by reference"
    );
    let values: [Value; 2] = [programme.uuid().into(), references];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = Paid::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.reference, row.minor)).collect())
}

/// A cycle whose instructions are all paid is settled.
async fn settle_if_paid(
    tx: &Tx,
    programme: ProgrammeId,
    cycle: Day,
    at: DateTime<Utc>,
) -> Result<()> {
    let all = instruction::Entity::find()
        .filter(instruction::Column::ProgrammeId.eq(programme))
        .filter(instruction::Column::Cycle.eq(cycle))
        .all(tx.connection())
        .await?;
    let references: Vec<String> = all.iter().map(|row| row.reference.clone()).collect();
    let paid = paid(tx.connection(), programme, references).await?;
    if all.iter().any(|row| paid.get(&row.reference) != Some(&row.amount_minor)) {
        return Ok(());
    }
    let query = settlement_cycle::Entity::find_by_id((programme, cycle)).lock_exclusive();
    let Some(row) = query.one(tx.connection()).await? else {
        return Err(Error::internal("an instruction of a cycle that isn't there"));
    };
    let (status, settled_at) = (CycleStatus::Settled, Some(at));
    cycles::updated(tx, settlement_cycle::Model { status, settled_at, ..row }).await.map(drop)
}

/// What the key made before.
async fn recorded(tx: &Tx, programme: ProgrammeId, earlier: Outcome) -> Result<RecordedPayment> {
    let id: SettlementPaymentId =
        earlier.subject.unwrap_or_default().parse().map_err(Error::internal)?;
    let lost = || Error::internal("a key names a payment that isn't there");
    let payment = payment::Entity::find_by_id((programme, id)).one(tx.connection()).await?;
    let payment = payment.ok_or_else(lost)?;
    let row = instruction::Entity::find_by_id((programme, payment.reference.clone()));
    let row = row.one(tx.connection()).await?.ok_or_else(lost)?;
    let paid = paid(tx.connection(), programme, [row.reference.clone()]).await?;
    let paid_minor = paid.get(&row.reference).copied().unwrap_or(0);
    Ok(RecordedPayment { payment, instruction: Due { row, paid_minor }, is_replay: true })
}
