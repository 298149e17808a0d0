//! Reading settlement.

use async_graphql::{Context, Object};
use entity::day::Day;
use entity::ids::{PartnerId, SettlementCycleId};
use entity::settlement::dispute::DisputeStatus;
use entity::settlement::settlement_cycle::CycleStatus;
use entity::settlement::{settlement_statement, tax_rate};
use service::Error;
use service::settlement::{Due, StatementFilter};

use super::disputes::Dispute;
use super::general_ledger::GeneralLedger;
use super::inputs::TaxRate;
use super::liability::LiabilityReport;
use super::payments::PaymentInstruction;
use super::statements::SettlementStatement;
use super::types::{MatrixCell, PartnerMatrix, SettlementCycle};
use crate::graphql::app;
use crate::graphql::by_id::load;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{Date, Id};

/// The queries of this context.
#[derive(Default)]
pub struct SettlementQuery;

#[Object]
impl SettlementQuery {
    /// Settlement cycles, oldest first: to operators with `settlement:read` all, to partners with it those
    /// that are approved.
    async fn settlement_cycles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that have come so far.")] status: Option<
            Enumeration<CycleStatus>,
        >,
    ) -> Result<Connection<SettlementCycle>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<SettlementCycle, Day>()?;
        let page = services.settlement.cycles(actor, status.map(|status| status.0), window).await?;
        Ok(Connection::new(page, |row| row.first_day, SettlementCycle))
    }

    /// Statements, by cycle and partner: to operators with `settlement:read` all, drafts too, to a partner
    /// with it its own that were issued.
    async fn settlement_statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only this partner's.")] partner_id: Option<Id<PartnerId>>,
    ) -> Result<Connection<SettlementStatement>> {
        let asked = Asked { first, after, last, before };
        let filter = StatementFilter { cycle: None, partner: partner_id.map(|id| id.0) };
        statements(ctx, filter, asked).await
    }

    /// Whose points were spent where, in all cycles from one to another: to operators all, to a partner its
    /// own row and column. For who has `settlement:read`.
    async fn partner_matrix(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first cycle.")] from_cycle_id: Id<SettlementCycleId>,
        #[graphql(desc = "The last cycle, included.")] to_cycle_id: Id<SettlementCycleId>,
    ) -> Result<PartnerMatrix> {
        let first = cycle(ctx, "fromCycleId", from_cycle_id.0).await?;
        let last = cycle(ctx, "toCycleId", to_cycle_id.0).await?;
        matrix(ctx, (first.0.first_day, last.0.first_day)).await
    }

    /// What is to be paid, by cycle and partner: to operators with `settlement:read` all, to a partner with it
    /// its own.
    async fn payment_instructions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<PaymentInstruction>> {
        instructions(ctx, None, Asked { first, after, last, before }).await
    }

    /// Partners that owe as much as their contract's alert level says, as it was worked out last, a second ago
    /// or two; oldest partners first. For operators with `settlement:read`.
    async fn partners_over_alert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<Partner>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Partner, uuid::Uuid>()?;
        let page = services.settlement.partners_over_alert(actor, window).await?;
        Ok(Connection::new(page, |partner| partner.id.uuid(), Partner))
    }

    /// Disputes, oldest first: to operators with `settlement:read` all, to a partner with it its own.
    async fn disputes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<DisputeStatus>,
        >,
    ) -> Result<Connection<Dispute>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<Dispute, uuid::Uuid>()?;
        let page =
            services.settlement.disputes(actor, status.map(|status| status.0), window).await?;
        let currency = currency(ctx).await?;
        Ok(Connection::new(page, |row| row.id.uuid(), |row| Dispute { row, currency }))
    }

    /// What the programme owes in points at the end of a day, with what is held and due for it. To operators
    /// with `settlement:read`.
    async fn liability_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The end of this day, in the programme's time zone; now, if nothing is said."
        )]
        as_of: Option<Date>,
    ) -> Result<LiabilityReport> {
        let (services, actor) = app(ctx);
        let liability = services.settlement.liability(actor, as_of.map(|day| day.0)).await?;
        Ok(LiabilityReport(liability))
    }

    /// An approved cycle as bookings for the programme's own bookkeeping; null where there is no such cycle.
    /// To operators with `settlement:read`.
    async fn general_ledger(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The cycle. One that isn't approved is refused.")] cycle_id: Id<
            SettlementCycleId,
        >,
    ) -> Result<Option<GeneralLedger>> {
        let (services, actor) = app(ctx);
        let ledger = services.settlement.general_ledger(actor, cycle_id.0).await?;
        Ok(ledger.map(GeneralLedger))
    }

    /// All tax rates, by code and day. For who has `settlement:read`.
    async fn tax_rates(&self, ctx: &Context<'_>) -> Result<Vec<TaxRate>> {
        let (services, actor) = app(ctx);
        let rows: Vec<tax_rate::Model> = services.settlement.tax_rates(actor).await?;
        Ok(rows.into_iter().map(TaxRate::from).collect())
    }
}

async fn cycle(
    ctx: &Context<'_>,
    argument: &str,
    id: SettlementCycleId,
) -> Result<SettlementCycle> {
    let (_, actor) = app(ctx);
    actor.programme()?;
    actor.with(service::Scope::SettlementRead)?;
    let missing = || Error::bad_input(argument, format!("{argument} names no cycle"));
    Ok(load(ctx, id).await?.map(SettlementCycle).ok_or_else(missing)?)
}

pub(super) async fn statements(
    ctx: &Context<'_>,
    filter: StatementFilter,
    asked: Asked,
) -> Result<Connection<SettlementStatement>> {
    let (services, actor) = app(ctx);
    let window = asked.window::<SettlementStatement, _>()?;
    let page = services.settlement.statements(actor, filter, window).await?;
    let currency = currency(ctx).await?;
    let key = |row: &settlement_statement::Model| (row.cycle, row.partner_id.uuid());
    Ok(Connection::new(page, key, |row| SettlementStatement { row, currency }))
}

pub(super) async fn instructions(
    ctx: &Context<'_>,
    cycle: Option<Day>,
    asked: Asked,
) -> Result<Connection<PaymentInstruction>> {
    let (services, actor) = app(ctx);
    let window = asked.window::<PaymentInstruction, _>()?;
    let page = services.settlement.instructions(actor, cycle, window).await?;
    let key = |due: &Due| (due.row.cycle, due.row.partner_id.uuid());
    Ok(Connection::new(page, key, PaymentInstruction))
}

pub(super) async fn matrix(ctx: &Context<'_>, cycles: (Day, Day)) -> Result<PartnerMatrix> {
    let (services, actor) = app(ctx);
    let cells = services.settlement.matrix(actor, cycles).await?;
    let directory = services.partners.directory(actor.programme()?).await?;
    let currency = currency(ctx).await?;
    let partner = |id| directory.partner(id).cloned().map(Partner);
    let mut shown = Vec::new();
    for ((issuer, acceptor), cell) in cells {
        if let Some((issuer, acceptor)) = partner(issuer).zip(partner(acceptor)) {
            shown.push(MatrixCell { issuer, acceptor, cell, currency });
        }
    }
    shown.sort_by(|a, b| {
        (&a.issuer.0.code, &a.acceptor.0.code).cmp(&(&b.issuer.0.code, &b.acceptor.0.code))
    });
    Ok(PartnerMatrix { cells: shown })
}
