//! Statements as they are read: by operators all, by partners their own, once issued; and what is behind each
//! line, down to the entries.

use std::collections::BTreeSet;

use entity::day::Day;
use entity::ids::{PartnerId, SettlementStatementId};
use entity::settlement::settlement_cycle;
use entity::settlement::settlement_statement as statement;
use entity::settlement::{money_posting, money_posting::LineKind};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, Select};

use super::core::statement::Statement;
use super::core::{Exact, Matrix, matrix};
use super::{Settlement, not_for_members, rows};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::page::{Page, Window};
use crate::refusal::{Code, Refusal};

/// Which statements.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatementFilter {
    /// Of the cycle that begins then.
    pub cycle: Option<Day>,
    /// Of this partner.
    pub partner: Option<PartnerId>,
}

impl Settlement {
    /// Statements, by cycle and partner. Those of a cycle that isn't approved are drafts, and operators'.
    pub async fn statements(
        &self,
        actor: &Actor,
        filter: StatementFilter,
        window: Window<(Day, uuid::Uuid)>,
    ) -> Result<Page<statement::Model>> {
        let mut query = visible(actor)?;
        if let Some(cycle) = filter.cycle {
            query = query.filter(statement::Column::Cycle.eq(cycle));
        }
        if let Some(partner) = filter.partner {
            query = query.filter(statement::Column::PartnerId.eq(partner));
        }
        let key = (statement::Column::Cycle, statement::Column::PartnerId);
        window.read(self.db.reader_for(actor), query.cursor_by(key)).await
    }

    /// Statements by id; none to those who may not see them.
    pub async fn statements_by_ids(
        &self,
        actor: &Actor,
        ids: &[SettlementStatementId],
    ) -> Result<Vec<statement::Model>> {
        let Ok(query) = visible(actor) else { return Ok(Vec::new()) };
        let query = query.filter(statement::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }

    /// The cycle of a statement that the caller sees.
    pub async fn cycle_of(
        &self,
        actor: &Actor,
        of: &statement::Model,
    ) -> Result<Option<settlement_cycle::Model>> {
        let found = settlement_cycle::Entity::find_by_id((of.programme_id, of.cycle));
        Ok(found.one(self.db.reader_for(actor)).await?)
    }

    /// The movements behind a line of a statement, in the order of the sequence of facts.
    pub async fn movements(
        &self,
        actor: &Actor,
        of: &statement::Model,
        line: LineKind,
        day: Option<Day>,
        window: Window<(i64, i32)>,
    ) -> Result<Page<money_posting::Model>> {
        actor.with(Scope::SettlementRead)?;
        let mut query = money_posting::Entity::find()
            .filter(money_posting::Column::ProgrammeId.eq(actor.programme()?))
            .filter(money_posting::Column::PartnerId.eq(of.partner_id))
            .filter(money_posting::Column::Cycle.eq(of.cycle))
            .filter(money_posting::Column::Kind.eq(line));
        if let Some(day) = day {
            query = query.filter(money_posting::Column::Day.eq(day));
        }
        let key = (money_posting::Column::Position, money_posting::Column::Line);
        window.read(self.db.reader_for(actor), query.cursor_by(key)).await
    }

    /// Whose points were spent where, from one cycle to another, both included. A partner sees its own row
    /// and column.
    pub async fn matrix(&self, actor: &Actor, cycles: (Day, Day)) -> Result<Matrix> {
        let programme = actor.programme()?;
        actor.with(Scope::SettlementRead)?;
        let book = rows::spent(self.db.reader_for(actor), programme, cycles).await?;
        let mut cells = matrix(&book)?;
        match actor.who() {
            Who::Operator(_) | Who::System => {}
            Who::Partner(own, _) => {
                cells.retain(|(issuer, acceptor), _| *issuer == own || *acceptor == own);
                // What another partner is paid a point, and pays, is between it and the programme.
                for ((issuer, acceptor), cell) in &mut cells {
                    if *issuer != own {
                        cell.funding = Default::default();
                    }
                    if *acceptor != own {
                        cell.burn = Default::default();
                    }
                }
            }
            _ => return Err(not_for_members()),
        }
        Ok(cells)
    }
}

/// What a movement comes to for its partner: above zero it owes it.
pub fn owed_exactly(row: &money_posting::Model) -> Result<Exact> {
    Ok(rows::key_of_posting(row).owed(row.points.get())?)
}

/// What it says.
pub fn content(row: &statement::Model) -> Result<Statement> {
    serde_json::from_str(&row.content).map_err(Error::internal)
}

/// Statements of their cycles' last calculations that the caller may see.
fn visible(actor: &Actor) -> Result<Select<statement::Entity>> {
    let programme = actor.programme()?;
    actor.with(Scope::SettlementRead)?;
    let of_cycle = statement::Entity::belongs_to(settlement_cycle::Entity)
        .from((statement::Column::ProgrammeId, statement::Column::Cycle))
        .to((settlement_cycle::Column::ProgrammeId, settlement_cycle::Column::FirstDay))
        .on_condition(|statement, cycle| {
            Expr::col((statement, statement::Column::Calculation))
                .equals((cycle, settlement_cycle::Column::Calculation))
                .into()
        });
    let query = statement::Entity::find()
        .join(JoinType::InnerJoin, of_cycle.into())
        .filter(statement::Column::ProgrammeId.eq(programme));
    match actor.who() {
        Who::Operator(_) | Who::System => Ok(query),
        Who::Partner(partner, _) => Ok(query
            .filter(statement::Column::PartnerId.eq(partner))
            .filter(settlement_cycle::Column::ApprovedAt.is_not_null())),
        _ => Err(not_for_members()),
    }
}

/// One statement that the caller may see.
pub(super) async fn one<C: sea_orm::ConnectionTrait>(
    db: &C,
    actor: &Actor,
    id: SettlementStatementId,
) -> Result<statement::Model> {
    let found = visible(actor)?.filter(statement::Column::Id.eq(id)).one(db).await?;
    Ok(found.ok_or(Refusal::new(Code::StatementNotFound).at("statementId"))?)
}

/// The kinds of lines that a statement has.
pub(super) fn kinds(content: &Statement) -> BTreeSet<LineKind> {
    content.lines.iter().map(|line| line.kind).collect()
}
