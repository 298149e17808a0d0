//! Statements as files, for those who may see them. The extract is written as it is read, a page at a time,
//! whatever its length.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use entity::day::Day;
use entity::ids::{LotId, PartnerId, PurchaseId};
use entity::ledger::lot;
use entity::partners::{partner, store};
use entity::purchases::purchase;
use entity::settlement::money_posting::LineKind;
use entity::settlement::settlement_statement as statement;
use entity::settlement::{money_posting, payment_instruction};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::core::Contracts;
use super::core::statement::{Statement, Total};
use super::paper::extract::{Extract, Movement, Receipt};
use super::paper::{Paper, pdf};
use super::{Settlement, draft, replay, rows, statements};
use crate::actor::{Actor, Scope};
use crate::error::{Error, Result};
use crate::rows::find_among;
use crate::tx::Tx;

/// How many movements are read at a time.
const PAGE: u64 = 1000;

/// What a statement's movements are told by.
struct Told<'a> {
    of: &'a statement::Model,
    contracts: Contracts,
    codes: draft::Codes,
    stores: HashMap<entity::ids::StoreId, String>,
    zone: chrono_tz::Tz,
    taxes: HashMap<(LineKind, Total), (Option<String>, i32)>,
}

impl Settlement {
    /// Writes the extract of a statement that the caller sees: all movements behind it.
    pub async fn extract<W: Write>(
        &self,
        actor: &Actor,
        of: &statement::Model,
        to: W,
    ) -> Result<W> {
        actor.with(Scope::SettlementRead)?;
        let rules = self.programmes.rules(of.programme_id).await?;
        let content = statements::content(of)?;
        let tx = self.db.snapshot().await?;
        let query = store::Entity::find().filter(store::Column::PartnerId.eq(of.partner_id));
        let stores = query.all(tx.connection()).await?.into_iter().map(|row| (row.id, row.code));
        let told = Told {
            of,
            contracts: replay::contracts(&tx, of.programme_id).await?,
            codes: draft::codes(&tx, of.programme_id).await?,
            stores: stores.collect(),
            zone: rules.zone,
            taxes: taxes(&content),
        };
        let mut extract = Extract::begin(to, &content).map_err(Error::internal)?;
        let mut after = (0, 0);
        loop {
            let page = page(&tx, of, after).await?;
            let Some(last) = page.last() else { break };
            after = (last.position, last.line);
            let receipts = receipts(&tx, &told, &page).await?;
            for row in &page {
                let movement = told.movement(row, &receipts)?;
                extract.movement(movement).map_err(Error::internal)?;
            }
        }
        let written = extract.finish().map_err(Error::internal)?;
        tx.commit(written).await
    }

    /// How many movements are behind a statement.
    pub fn movement_count(of: &statement::Model) -> Result<i64> {
        let content = statements::content(of)?;
        let days = content.lines.iter().flat_map(|line| &line.days);
        Ok(days.map(|day| day.movements).sum())
    }

    /// A statement that the caller sees as a PDF.
    pub async fn paper(&self, actor: &Actor, of: &statement::Model) -> Result<Vec<u8>> {
        actor.with(Scope::SettlementRead)?;
        let rules = self.programmes.rules(of.programme_id).await?;
        let db = self.db.reader_for(actor);
        let content = statements::content(of)?;
        let names = partner::Entity::find()
            .filter(partner::Column::ProgrammeId.eq(of.programme_id))
            .all(db)
            .await?;
        let names: BTreeMap<PartnerId, String> =
            names.into_iter().map(|row| (row.id, row.name)).collect();
        let reference = Statement::reference(&of.hash);
        let due = payment_instruction::Entity::find_by_id((of.programme_id, reference.clone()));
        let due_on = due.one(db).await?.map(|due| due.due_on.date());
        let book = rows::spent(db, of.programme_id, (of.cycle, of.cycle)).await?;
        let mut matrix = super::core::matrix(&book)?;
        matrix
            .retain(|(issuer, acceptor), _| *issuer == of.partner_id || *acceptor == of.partner_id);
        let paper = Paper {
            statement: &content,
            programme: &rules.programme.name,
            partner: names.get(&of.partner_id).map_or("", String::as_str),
            due_on,
            reference: &reference,
            matrix: &matrix,
            partners: &names,
            own: of.partner_id,
        };
        Ok(pdf(&paper)?)
    }

    /// A partner's statement for the cycle of that name. For the command line.
    pub async fn statement_named(
        &self,
        actor: &Actor,
        cycle: &str,
        partner: PartnerId,
    ) -> Result<Option<statement::Model>> {
        let tx = self.db.snapshot().await?;
        let cycles = rows::cycles(&tx, actor.programme()?).await?;
        let Some(cycle) = cycles.iter().find(|own| super::cycle_name(own) == cycle) else {
            return tx.commit(None).await;
        };
        let found = statement::Entity::find()
            .filter(statement::Column::ProgrammeId.eq(cycle.programme_id))
            .filter(statement::Column::Cycle.eq(cycle.first_day))
            .filter(statement::Column::Calculation.eq(cycle.calculation))
            .filter(statement::Column::PartnerId.eq(partner));
        let found = found.one(tx.connection()).await?;
        tx.commit(found).await
    }
}

/// By what a statement taxes each of its totals: as it did, not as it would now.
fn taxes(content: &Statement) -> HashMap<(LineKind, Total), (Option<String>, i32)> {
    let lines = content.lines.iter();
    let of_line = |line: &super::core::statement::Line| {
        let (kind, tax) = (line.kind, (line.tax_code.clone(), line.tax_bp));
        let days = line.days.iter().map(move |day| {
            ((kind, Total { points: 0, movements: 0, ..day.clone() }), tax.clone())
        });
        days.collect::<Vec<_>>()
    };
    lines.flat_map(of_line).collect()
}

async fn page(
    tx: &Tx,
    of: &statement::Model,
    (position, line): (i64, i32),
) -> Result<Vec<money_posting::Model>> {
    use money_posting::Column as C;
    let behind = Condition::any()
        .add(C::Position.gt(position))
        .add(Condition::all().add(C::Position.eq(position)).add(C::Line.gt(line)));
    let query = money_posting::Entity::find()
        .filter(C::ProgrammeId.eq(of.programme_id))
        .filter(C::PartnerId.eq(of.partner_id))
        .filter(C::Cycle.eq(of.cycle))
        .filter(C::Position.gte(position))
        .filter(behind)
        .order_by_asc(C::Position)
        .order_by_asc(C::Line)
        .limit(PAGE);
    Ok(query.all(tx.connection()).await?)
}

/// Receipts of the partner's own by the lots that their sales made.
async fn receipts(
    tx: &Tx,
    told: &Told<'_>,
    page: &[money_posting::Model],
) -> Result<HashMap<LotId, Receipt>> {
    let (db, programme) = (tx.connection(), told.of.programme_id);
    let ids = page.iter().filter_map(|row| Some(row.lot_id?.uuid()));
    let lots = find_among::<lot::Entity, _>(db, programme, lot::Column::Id, ids, "").await?;
    let ids = lots.iter().filter_map(|row| Some(row.purchase_id?.uuid()));
    let rows =
        find_among::<purchase::Entity, _>(db, programme, purchase::Column::Id, ids, "").await?;
    let own = rows.iter().filter(|row| row.partner_id == told.of.partner_id);
    let receipt = |row: &purchase::Model| Receipt {
        store: row.store_id.and_then(|id| told.stores.get(&id).cloned()),
        number: row.receipt_number.clone(),
        occurred_on: Day::of(row.occurred_at, &told.zone).date(),
    };
    let receipts: HashMap<PurchaseId, Receipt> = own.map(|row| (row.id, receipt(row))).collect();
    let of_lot = |row: &lot::Model| Some((row.id, receipts.get(&row.purchase_id?)?.clone()));
    Ok(lots.iter().filter_map(of_lot).collect())
}

impl Told<'_> {
    fn movement(
        &self,
        row: &money_posting::Model,
        receipts: &HashMap<LotId, Receipt>,
    ) -> Result<Movement> {
        let key = rows::key_of_posting(row);
        let total = draft::total(&self.contracts, &self.codes, &key, row.day)?;
        let (contract, with) = (total.contract, total.with.clone());
        let tax = self.taxes.get(&(row.kind, total));
        let (tax_code, tax_bp) =
            tax.cloned().ok_or_else(|| Error::internal("a movement that is on no statement"))?;
        Ok(Movement {
            position: row.position,
            number: row.line,
            entry: row.entry_id.to_string(),
            kind: row.kind,
            tax_code,
            tax_bp,
            day: row.day.date(),
            contract,
            with,
            price_micros: row.price_micros,
            factor: row.factor,
            points: row.points.get(),
            lot: row.lot_id.map(|id| id.to_string()),
            receipt: row.lot_id.and_then(|id| receipts.get(&id).cloned()),
        })
    }
}
