//! A cycle for the programme's bookkeeping: what an approved cycle moved, as bookings of a general ledger in a
//! file. It reads what was settled; nothing is worked out a second time.

use std::collections::BTreeMap;

use entity::amount::{Currency, Money};
use entity::day::Day;
use entity::ids::{PartnerId, SettlementCycleId};
use entity::settlement::payment_instruction::PaymentDirection;
use entity::settlement::{money_day, settlement_cycle, settlement_statement};
use sea_orm::{ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value};

use super::core::Account;
use super::core::journal::{Booked, Booking, Facts, Period, journal};
use super::draft::{self, Codes};
use super::{Settlement, cycle_name, rows};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::sheet::Sheet;
use crate::tx::Tx;

/// A cycle's bookings.
#[derive(Clone, Debug)]
pub struct GeneralLedger {
    /// Which cycle.
    pub cycle: settlement_cycle::Model,
    /// What the amounts are in.
    pub currency: Currency,
    /// The bookings as CSV, two rows each.
    pub file: String,
    /// All that is debited, in minor units.
    pub debit_minor: i64,
    /// All that is credited.
    pub credit_minor: i64,
    /// How many rows there are.
    pub row_count: i64,
}

const COLUMNS: [&str; 5] = ["date", "account", "debit", "credit", "reference"];

impl Settlement {
    /// The bookings of an approved cycle; none where there is no such cycle. For operators.
    pub async fn general_ledger(
        &self,
        actor: &Actor,
        id: SettlementCycleId,
    ) -> Result<Option<GeneralLedger>> {
        let (programme, _) = actor.operator(Scope::SettlementRead)?;
        let currency = self.programmes.rules(programme).await?.programme.currency;
        let tx = self.db.snapshot().await?;
        let found = settlement_cycle::Entity::find()
            .filter(settlement_cycle::Column::ProgrammeId.eq(programme))
            .filter(settlement_cycle::Column::Id.eq(id));
        let Some(cycle) = found.one(tx.connection()).await? else { return tx.commit(None).await };
        if cycle.approved_at.is_none() {
            let message = "only an approved cycle is booked: its statements are drafts until then";
            return Err(Error::bad_input("cycleId", message));
        }
        let (facts, codes) = (facts(&tx, &cycle).await?, draft::codes(&tx, programme).await?);
        let period = Period {
            name: cycle_name(&cycle),
            first: cycle.first_day,
            last: cycle.end_day.plus(-1),
        };
        let bookings = journal(&period, &facts, currency.minor_per_unit())?;
        let ledger = written(cycle, currency, &bookings, &codes)?;
        tx.commit(Some(ledger)).await
    }
}

fn written(
    cycle: settlement_cycle::Model,
    currency: Currency,
    bookings: &[Booking],
    codes: &Codes,
) -> Result<GeneralLedger> {
    let (mut sheet, mut sums, mut row_count) = (Sheet::new(&COLUMNS), [0_i64; 2], 0);
    for booking in bookings {
        let (date, amount) = (booking.day.to_string(), Money { minor: booking.minor, currency });
        let amount = amount.to_string();
        for (side, account) in [booking.debit, booking.credit].into_iter().enumerate() {
            let mut sides = [String::new(), String::new()];
            sides[side].clone_from(&amount);
            let [debit, credit] = sides;
            let account = called(codes, account)?;
            sheet.row([date.clone(), account, debit, credit, booking.reference.clone()]);
            let sum = sums[side].checked_add(booking.minor);
            sums[side] = sum.ok_or(Refusal::new(Code::Overflow))?;
            row_count += 1;
        }
    }
    let [debit_minor, credit_minor] = sums;
    Ok(GeneralLedger {
        cycle,
        currency,
        file: sheet.finish(),
        debit_minor,
        credit_minor,
        row_count,
    })
}

fn called(codes: &Codes, account: Booked) -> Result<String> {
    Ok(match account {
        Booked::Of(Account::Payable(partner)) => {
            format!("PAYABLE:{}", draft::code(codes, partner)?)
        }
        Booked::Of(Account::Own(own)) => own.name().to_owned(),
        Booked::Corrections => "CORRECTIONS".to_owned(),
    })
}

async fn facts(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<Facts> {
    let (db, programme, own) = (tx.connection(), cycle.programme_id, cycle.first_day);
    let days = money_day::Entity::find()
        .filter(money_day::Column::ProgrammeId.eq(programme))
        .filter(money_day::Column::Cycle.eq(own))
        .all(db)
        .await?;
    let corrections = draft::corrections(tx, cycle).await?;
    let mut totals = totals(tx, cycle).await?;
    for row in &corrections {
        *totals.entry(row.partner_id).or_default() -= row.amount_minor;
    }
    let begin = Day::new(i32::MIN);
    Ok(Facts {
        days: days.iter().map(|row| (row.day, rows::key_of(row), row.points)).collect(),
        before: rows::book(db, programme, (begin, own.plus(-1))).await?.accounts()?,
        after: rows::book(db, programme, (begin, own)).await?.accounts()?,
        totals,
        corrections: corrections
            .iter()
            .map(|row| (row.partner_id, row.kind, row.amount_minor))
            .collect(),
        payments: payments(tx, cycle).await?,
    })
}

/// What the statements that were issued come to.
async fn totals(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<BTreeMap<PartnerId, i64>> {
    let issued = settlement_statement::Entity::find()
        .filter(settlement_statement::Column::ProgrammeId.eq(cycle.programme_id))
        .filter(settlement_statement::Column::Cycle.eq(cycle.first_day))
        .filter(settlement_statement::Column::Calculation.eq(cycle.calculation));
    let rows = issued.all(tx.connection()).await?;
    Ok(rows.into_iter().map(|row| (row.partner_id, row.total_minor)).collect())
}

/// Money that came, or went.
#[derive(FromQueryResult)]
struct Paid {
    paid_on: Day,
    partner_id: PartnerId,
    direction: PaymentDirection,
    amount_minor: i64,
    reference: String,
}

const PAID: &str = "
    select p.paid_on, p.partner_id, i.direction, p.amount_minor, p.reference
    from settlement_payment p join payment_instruction i
        on i.programme_id = $1 and i.reference = p.reference
    where p.programme_id = $1 and p.cycle = $2 order by p.paid_on, p.id";

async fn payments(
    tx: &Tx,
    cycle: &settlement_cycle::Model,
) -> Result<Vec<(Day, PartnerId, i64, String)>> {
    let values: [Value; 2] = [cycle.programme_id.uuid().into(), cycle.first_day.get().into()];
    let statement = Statement::from_sql_and_values(tx.backend(), PAID, values);
    let rows = Paid::find_by_statement(statement).all(tx.connection()).await?;
    let signed = |row: Paid| {
        let sign = if row.direction == PaymentDirection::Collect { 1 } else { -1 };
        (row.paid_on, row.partner_id, sign * row.amount_minor, row.reference)
    };
    Ok(rows.into_iter().map(signed).collect())
}
