//! A cycle's statements, worked out from each day's obligations, what was paid and what was corrected. It
//! reads; whoever asks decides what becomes of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::day::Day;
use entity::ids::{PartnerId, ProgrammeId};
use entity::partners::partner;
use entity::settlement::payment_instruction::PaymentDirection;
use entity::settlement::settlement_adjustment as adjustment;
use entity::settlement::settlement_cycle;
use entity::settlement::settlement_statement as statement;
use entity::settlement::{money_day, tax_rate};
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, Statement as Sql, Value,
};
use sha2::{Digest, Sha256};

use super::core::statement::{Correction, Head, LineKey, Lines, Statement, Total, VERSION};
use super::core::{Contracts, Key, LineKind};
use super::{cycle_name, replay, rows};
use crate::error::{Error, Result};
use crate::programmes::Rules;
use crate::text::hex;
use crate::tx::Tx;

/// A partner's statement before it is issued.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) partner: PartnerId,
    pub(super) statement: Statement,
    pub(super) hash: String,
}

/// What all of them come to, in one hash: those of the partners, by their codes.
pub(super) fn digest(drafts: &[Draft]) -> String {
    let mut hasher = Sha256::new();
    drafts.iter().for_each(|draft| hasher.update(draft.hash.as_bytes()));
    hex(&hasher.finalize())
}

/// A partner's statement before, as far as the next goes on from it.
#[derive(Clone, Debug)]
pub(super) struct Before {
    number: i32,
    hash: String,
    closing_minor: i64,
    carried_minor: i64,
}

/// Each partner's last statement.
pub(super) type Chain = BTreeMap<PartnerId, Before>;

/// The chain with these statements at its end.
pub(super) fn with(mut chain: Chain, drafts: &[Draft]) -> Chain {
    chain.extend(drafts.iter().map(|draft| {
        let before = Before {
            number: draft.statement.head.number,
            hash: draft.hash.clone(),
            closing_minor: draft.statement.closing_minor,
            carried_minor: draft.statement.carried_minor,
        };
        (draft.partner, before)
    }));
    chain
}

/// The statements of a closed cycle, by their partners' codes. Whoever has nothing to be told gets none.
pub(super) async fn statements(
    tx: &Tx,
    rules: &Rules,
    cycle: &settlement_cycle::Model,
) -> Result<Vec<Draft>> {
    let issued = issued(tx, cycle.programme_id).await?;
    statements_after(tx, rules, cycle, &issued).await
}

/// The same, going on from these statements.
pub(super) async fn statements_after(
    tx: &Tx,
    rules: &Rules,
    cycle: &settlement_cycle::Model,
    chain: &Chain,
) -> Result<Vec<Draft>> {
    let codes = codes(tx, cycle.programme_id).await?;
    let mut lines = lines(tx, cycle, &codes).await?;
    let mut paid = paid(tx, cycle).await?;
    let open = chain.iter().filter(|(_, row)| row.closing_minor != 0 || row.carried_minor != 0);
    let partners: BTreeSet<PartnerId> =
        lines.keys().chain(paid.keys()).copied().chain(open.map(|(partner, _)| *partner)).collect();
    let mut drafts = Vec::new();
    for partner in partners {
        let before = chain.get(&partner);
        let head = Head {
            version: VERSION,
            programme: rules.programme.code.clone(),
            partner: code(&codes, partner)?,
            currency: rules.programme.currency.code().to_owned(),
            minor_per_unit: rules.programme.currency.minor_per_unit(),
            cycle: cycle_name(cycle),
            first_day: cycle.first_day.date(),
            last_day: cycle.end_day.plus(-1).date(),
            number: before.map_or(1, |row| row.number + 1),
            previous_hash: before.map(|row| row.hash.clone()),
            opening_minor: before.map_or(0, |row| row.closing_minor),
            carried_in_minor: before.map_or(0, |row| row.carried_minor),
            paid_minor: paid.remove(&partner).unwrap_or(0),
            minimum_minor: rules.programme.settlement_min_minor,
        };
        let statement = Statement::assemble(head, lines.remove(&partner).unwrap_or_default())?;
        drafts.push(Draft { partner, hash: statement.hash(), statement });
    }
    drafts.sort_by(|a, b| a.statement.head.partner.cmp(&b.statement.head.partner));
    Ok(drafts)
}

/// What partners are called.
pub(super) type Codes = HashMap<PartnerId, String>;

pub(super) async fn codes(tx: &Tx, programme: ProgrammeId) -> Result<Codes> {
    let query = partner::Entity::find().filter(partner::Column::ProgrammeId.eq(programme));
    Ok(query.all(tx.connection()).await?.into_iter().map(|row| (row.id, row.code)).collect())
}

pub(super) fn code(codes: &Codes, partner: PartnerId) -> Result<String> {
    codes
        .get(&partner)
        .cloned()
        .ok_or_else(|| Error::internal("money of a partner that isn't there"))
}

/// What stands on each partner's lines.
async fn lines(
    tx: &Tx,
    cycle: &settlement_cycle::Model,
    codes: &Codes,
) -> Result<BTreeMap<PartnerId, Lines>> {
    let programme = cycle.programme_id;
    let contracts = replay::contracts(tx, programme).await?;
    let taxes = Taxes::read(tx, programme).await?;
    let mut sums: BTreeMap<(PartnerId, LineKey, Total), [i64; 2]> = BTreeMap::new();
    let days = money_day::Entity::find()
        .filter(money_day::Column::ProgrammeId.eq(programme))
        .filter(money_day::Column::Cycle.eq(cycle.first_day))
        .filter(money_day::Column::Kind.ne(LineKind::Clearing));
    for row in days.all(tx.connection()).await? {
        let key = rows::key_of(&row);
        let Some(partner) = key.partner else { continue };
        let line = taxes.line(&contracts, &key, row.day);
        let [points, movements] =
            sums.entry((partner, line, total(&contracts, codes, &key, row.day)?)).or_default();
        *points += row.points;
        *movements += row.postings;
    }
    let mut lines: BTreeMap<PartnerId, Lines> = BTreeMap::new();
    for ((partner, line, total), [points, movements]) in sums {
        let (days, _) = lines.entry(partner).or_default().entry(line).or_default();
        days.push(Total { points, movements, ..total });
    }
    let names: HashMap<Day, String> = rows::cycles(tx, programme)
        .await?
        .iter()
        .map(|cycle| (cycle.first_day, cycle_name(cycle)))
        .collect();
    for row in corrections(tx, cycle).await? {
        let (_, all) =
            lines.entry(row.partner_id).or_default().entry((row.kind, None, 0)).or_default();
        all.push(correction(&names, row));
    }
    Ok(lines)
}

/// A day's total without what it adds up.
pub(super) fn total(contracts: &Contracts, codes: &Codes, key: &Key, day: Day) -> Result<Total> {
    let contract = key.contract.and_then(|id| contracts.by_id(id));
    Ok(Total {
        day: day.date(),
        contract: contract.map(|contract| contract.version),
        with: key.with.map(|with| code(codes, with)).transpose()?,
        price_micros: key.price.micros,
        factor: key.price.factor,
        points: 0,
        movements: 0,
    })
}

/// Tax rates by code, oldest first.
pub(super) struct Taxes(HashMap<String, Vec<tax_rate::Model>>);

impl Taxes {
    pub(super) async fn read(tx: &Tx, programme: ProgrammeId) -> Result<Self> {
        let query = tax_rate::Entity::find()
            .filter(tax_rate::Column::ProgrammeId.eq(programme))
            .order_by_asc(tax_rate::Column::FromDay);
        let mut rates: HashMap<String, Vec<tax_rate::Model>> = HashMap::new();
        for row in query.all(tx.connection()).await? {
            rates.entry(row.code.clone()).or_default().push(row);
        }
        Ok(Self(rates))
    }

    /// On which line it stands: its kind, and the tax of that day by the partner's contract.
    pub(super) fn line(&self, contracts: &Contracts, key: &Key, day: Day) -> LineKey {
        let contract = key.contract.and_then(|id| contracts.by_id(id));
        let code = contract.map(|contract| contract.tax_code.clone());
        let rates = code.as_ref().and_then(|code| self.0.get(code));
        let rate = rates.and_then(|rates| rates.iter().rev().find(|row| row.from_day <= day));
        (key.kind, code, rate.map_or(0, |row| row.rate_bp.get()))
    }
}

pub(super) async fn corrections(
    tx: &Tx,
    cycle: &settlement_cycle::Model,
) -> Result<Vec<adjustment::Model>> {
    let query = adjustment::Entity::find()
        .filter(adjustment::Column::ProgrammeId.eq(cycle.programme_id))
        .filter(adjustment::Column::Cycle.eq(cycle.first_day))
        .order_by_asc(adjustment::Column::Id);
    Ok(query.all(tx.connection()).await?)
}

fn correction(names: &HashMap<Day, String>, row: adjustment::Model) -> Correction {
    Correction {
        kind: row.kind,
        amount_minor: row.amount_minor,
        refers_to: row.refers_to.and_then(|day| names.get(&day).cloned()),
        refers_to_line: row.refers_to_line,
        reason: row.reason,
    }
}

/// What a partner paid in the cycle, less what it was paid.
#[derive(FromQueryResult)]
struct Paid {
    partner_id: PartnerId,
    direction: PaymentDirection,
    minor: i64,
}

const PAID: &str = "
    select p.partner_id, i.direction, cast(sum(p.amount_minor) as bigint) as minor
    from settlement_payment p join payment_instruction i
        on i.programme_id = $1 and i.reference = p.reference
    where p.programme_id = $1 and p.cycle = $2 group by p.partner_id, i.direction";

async fn paid(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<BTreeMap<PartnerId, i64>> {
    let values: [Value; 2] = [cycle.programme_id.uuid().into(), cycle.first_day.get().into()];
    let sql = Sql::from_sql_and_values(tx.backend(), PAID, values);
    let mut paid = BTreeMap::new();
    for row in Paid::find_by_statement(sql).all(tx.connection()).await? {
        let sign = if row.direction == PaymentDirection::Collect { 1 } else { -1 };
        *paid.entry(row.partner_id).or_default() += sign * row.minor;
    }
    Ok(paid)
}

/// Each partner's last statement that was issued.
const PREVIOUS: &str = "
    select s.* from settlement_statement s join settlement_cycle c
        on c.programme_id = $1 and c.first_day = s.cycle and c.calculation = s.calculation
        and c.approved_at is not null
    where s.programme_id = $1 and not exists (
        select 1 from settlement_statement n join settlement_cycle d
            on d.programme_id = $1 and d.first_day = n.cycle and d.calculation = n.calculation
            and d.approved_at is not null
        where n.programme_id = $1 and n.partner_id = s.partner_id and n.number > s.number)";

/// The chain of statements that were issued.
pub(super) async fn issued(tx: &Tx, programme: ProgrammeId) -> Result<Chain> {
    let values: [Value; 1] = [programme.uuid().into()];
    let sql = Sql::from_sql_and_values(tx.backend(), PREVIOUS, values);
    let rows = statement::Entity::find().from_raw_sql(sql).all(tx.connection()).await?;
    let before = |row: statement::Model| {
        let before = Before {
            number: row.number,
            hash: row.hash,
            closing_minor: row.closing_minor,
            carried_minor: row.carried_minor,
        };
        (row.partner_id, before)
    };
    Ok(rows.into_iter().map(before).collect())
}
