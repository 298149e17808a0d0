//! Whether statements that were issued say what the money books come to, for who checks the books.

use std::collections::BTreeMap;

use entity::ids::{PartnerId, ProgrammeId, SettlementStatementId};
use entity::settlement::money_posting::LineKind;
use entity::settlement::settlement_cycle;
use entity::settlement::{money_day, settlement_statement as row};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::core::statement::{Statement, Total};
use super::core::{Account, Contracts, Exact, MoneyAccount};
use super::{cycle_name, draft, replay, rows, statements};
use crate::error::Result;
use crate::tx::Tx;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct UnlikeBooks {
    /// How many statements were looked at.
    pub(crate) checked: i64,
    /// Those that say something else, or don't hash to their hash.
    pub(crate) statements: Vec<SettlementStatementId>,
    /// How many cycles were looked at.
    pub(crate) cycles: i64,
    /// The names of those whose money doesn't sum to zero.
    pub(crate) unbalanced: Vec<String>,
}

/// What a partner's statement says of days: by kind, and otherwise by what a total is of.
type Days = BTreeMap<(LineKind, Total), [i64; 2]>;

/// Looks at all statements that were issued, a cycle at a time.
pub(crate) async fn unlike_the_books(tx: &Tx, programme: ProgrammeId) -> Result<UnlikeBooks> {
    let mut found = UnlikeBooks::default();
    let contracts = replay::contracts(tx, programme).await?;
    let codes = draft::codes(tx, programme).await?;
    for cycle in rows::cycles(tx, programme).await?.iter().filter(|c| c.approved_at.is_some()) {
        found.cycles += 1;
        let mut days = days(tx, cycle, &contracts, &codes).await?;
        let mut owed = Exact::ZERO;
        for issued in issued(tx, cycle).await? {
            found.checked += 1;
            let content = statements::content(&issued);
            let said = content.as_ref().map(said).unwrap_or_default();
            let booked = days.remove(&issued.partner_id).unwrap_or_default();
            let is_right = content.as_ref().is_ok_and(|content| is_whole(content, &issued));
            if !is_right || said != booked {
                found.statements.push(issued.id);
            }
            owed = owed.plus(content.as_ref().map_or(Ok(Exact::ZERO), exactly)?);
        }
        if !days.is_empty() || owed != programmes_side(tx, cycle).await? {
            found.unbalanced.push(cycle_name(cycle));
        }
    }
    Ok(found)
}

/// Whether a statement is what it is made of, and its row says the same.
fn is_whole(content: &Statement, row: &row::Model) -> bool {
    let anew = Statement::assemble(content.head.clone(), content.parts());
    anew.is_ok_and(|anew| anew == *content)
        && content.hash() == row.hash
        && content.canonical() == row.content
        && content.head.previous_hash == row.previous_hash
        && (content.head.number, content.head.opening_minor) == (row.number, row.opening_minor)
        && (content.total_minor, content.head.paid_minor) == (row.total_minor, row.paid_minor)
        && (content.closing_minor, content.due_minor) == (row.closing_minor, row.due_minor)
        && content.carried_minor == row.carried_minor
}

fn said(content: &Statement) -> Days {
    let mut days = Days::new();
    for line in &content.lines {
        for total in &line.days {
            let key = (line.kind, Total { points: 0, movements: 0, ..total.clone() });
            let [points, movements] = days.entry(key).or_default();
            *points += total.points;
            *movements += total.movements;
        }
    }
    days
}

/// What its days come to, before anything is rounded or corrected.
fn exactly(content: &Statement) -> Result<Exact> {
    let mut sum = Exact::ZERO;
    for line in &content.lines {
        for total in &line.days {
            sum = sum.plus(total.owed(line.kind)?);
        }
    }
    Ok(sum)
}

async fn days(
    tx: &Tx,
    cycle: &settlement_cycle::Model,
    contracts: &Contracts,
    codes: &draft::Codes,
) -> Result<BTreeMap<PartnerId, Days>> {
    let query = money_day::Entity::find()
        .filter(money_day::Column::ProgrammeId.eq(cycle.programme_id))
        .filter(money_day::Column::Cycle.eq(cycle.first_day))
        .filter(money_day::Column::Kind.ne(LineKind::Clearing));
    let mut days: BTreeMap<PartnerId, Days> = BTreeMap::new();
    for row in query.all(tx.connection()).await? {
        let key = rows::key_of(&row);
        let Some(partner) = key.partner else { continue };
        let total = draft::total(contracts, codes, &key, row.day)?;
        let sums = days.entry(partner).or_default().entry((key.kind, total)).or_default();
        sums[0] += row.points;
        sums[1] += row.postings;
    }
    Ok(days)
}

async fn issued(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<Vec<row::Model>> {
    let query = row::Entity::find()
        .filter(row::Column::ProgrammeId.eq(cycle.programme_id))
        .filter(row::Column::Cycle.eq(cycle.first_day))
        .filter(row::Column::Calculation.eq(cycle.calculation));
    Ok(query.all(tx.connection()).await?)
}

/// What the programme's own accounts took of a cycle, less what it owes as a funder: what partners owe.
async fn programmes_side(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<Exact> {
    let own = (cycle.first_day, cycle.first_day);
    let accounts = rows::book(tx.connection(), cycle.programme_id, own).await?.accounts()?;
    let own = accounts.iter().filter_map(|(account, balance)| match account {
        Account::Payable(_) => None,
        Account::Own(MoneyAccount::Funded) => Some(balance.negated()),
        Account::Own(_) => Some(*balance),
    });
    Ok(own.sum())
}
