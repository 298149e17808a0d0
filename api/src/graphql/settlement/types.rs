//! Cycles, net positions, and the matrix of partners.

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::amount::{self, Currency};
use entity::ids::OperatorId;
use entity::settlement::settlement_cycle::{self, CycleStatus};
use entity::settlement::settlement_statement;
use service::Scope;
use service::settlement::core::{Cell, Exact};
use service::settlement::{StatementFilter, cycle_name};

use super::files::PaymentFiles;
use super::payments::PaymentInstruction;
use super::statements::SettlementStatement;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::Money;
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::{Date, DateTime, Points};

/// A settlement cycle of the programme.
pub struct SettlementCycle(pub(in crate::graphql) settlement_cycle::Model);

/// How far a calculation is that was asked for.
#[derive(SimpleObject)]
pub struct CalculationProgress {
    /// When it was asked for.
    asked_at: DateTime,
    /// The operator who asked.
    asked_by: ID,
    /// How many facts the money books have followed.
    followed: Points,
    /// How many there are: statements are written once all of them are followed.
    known: Points,
}

/// Who did something to a cycle, and when.
#[derive(SimpleObject)]
pub struct CycleStep {
    /// The operator.
    by: ID,
    /// When.
    at: DateTime,
}

fn step(by: Option<OperatorId>, at: Option<chrono::DateTime<chrono::Utc>>) -> Option<CycleStep> {
    by.zip(at).map(|(by, at)| CycleStep { by: by.to_string().into(), at: DateTime(at) })
}

/// A settlement cycle of the programme: what was recorded in its days, and what came late for an earlier one
/// that was closed. Operators see all, partners those that are approved.
#[Object]
impl SettlementCycle {
    /// Its id: `cyc_…`.
    pub async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is called: a month `2026-03`, a week `2026-W10` (ISO 8601).
    async fn name(&self) -> String {
        cycle_name(&self.0)
    }

    /// Its first day, in the programme's time zone.
    async fn first_day(&self) -> Date {
        Date(self.0.first_day.date())
    }

    /// Its last day.
    async fn last_day(&self) -> Date {
        Date(self.0.end_day.plus(-1).date())
    }

    /// How far it has come.
    async fn status(&self) -> Enumeration<CycleStatus> {
        Enumeration(self.0.status)
    }

    /// Whether nothing falls into it any more.
    async fn is_closed(&self) -> bool {
        self.0.until_position.is_some()
    }

    /// The calculation that was asked for and isn't done; null where there is none.
    async fn calculation_progress(&self, ctx: &Context<'_>) -> Result<Option<CalculationProgress>> {
        let Some((by, at)) = self.0.asked_by.zip(self.0.asked_at) else { return Ok(None) };
        let (services, actor) = app(ctx);
        let progress = services.settlement.progress(actor).await?;
        Ok(Some(CalculationProgress {
            asked_at: DateTime(at),
            asked_by: by.to_string().into(),
            followed: Points::change(progress.followed).unwrap_or_default(),
            known: Points::change(progress.known).unwrap_or_default(),
        }))
    }

    /// How often it was calculated.
    async fn calculations(&self) -> i32 {
        self.0.calculation
    }

    /// The hash of all statements of the last calculation: what an approval names. Null before the first.
    async fn digest(&self) -> Option<&str> {
        self.0.digest.as_deref()
    }

    /// Who had it calculated last; null before.
    async fn calculated(&self) -> Option<CycleStep> {
        step(self.0.calculated_by, self.0.calculated_at)
    }

    /// Who looked at it last; null before.
    async fn reviewed(&self) -> Option<CycleStep> {
        step(self.0.reviewed_by, self.0.reviewed_at)
    }

    /// Who approved it; null before.
    async fn approved(&self) -> Option<CycleStep> {
        step(self.0.approved_by, self.0.approved_at)
    }

    /// When all was paid that was due; null before.
    async fn settled_at(&self) -> Option<DateTime> {
        self.0.settled_at.map(DateTime)
    }

    /// Statements of the last calculation: to operators all, drafts too; to a partner its own.
    async fn statements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<SettlementStatement>> {
        let asked = Asked { first, after, last, before };
        let filter = StatementFilter { cycle: Some(self.0.first_day), partner: None };
        super::query::statements(ctx, filter, asked).await
    }

    /// What each partner comes to in it: to operators all, to a partner its own.
    async fn net_positions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<NetPosition>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<NetPosition, _>()?;
        let filter = StatementFilter { cycle: Some(self.0.first_day), partner: None };
        let page = services.settlement.statements(actor, filter, window).await?;
        let currency = currency(ctx).await?;
        let key = |row: &settlement_statement::Model| (row.cycle, row.partner_id.uuid());
        Ok(Connection::new(page, key, |row| NetPosition { row, currency }))
    }

    /// Whose points were spent where in it.
    async fn matrix(&self, ctx: &Context<'_>) -> Result<PartnerMatrix> {
        super::query::matrix(ctx, (self.0.first_day, self.0.first_day)).await
    }

    /// What is open of it, as files for the bank; null before it is approved. For operators with
    /// `settlement:write`.
    async fn payment_files(&self, ctx: &Context<'_>) -> Result<Option<PaymentFiles>> {
        let (_, actor) = app(ctx);
        actor.operator(Scope::SettlementWrite)?;
        Ok(self.0.approved_at.is_some().then(|| PaymentFiles(self.0.clone())))
    }

    /// What is to be paid for it, at most one payment a partner; nothing before it is approved.
    async fn instructions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<PaymentInstruction>> {
        let asked = Asked { first, after, last, before };
        super::query::instructions(ctx, Some(self.0.first_day), asked).await
    }
}

/// What a partner comes to in a cycle.
pub struct NetPosition {
    row: settlement_statement::Model,
    currency: Currency,
}

/// What a partner comes to in a cycle: what it owes, less what it is owed. Partners owe the programme and are
/// owed by it, never each other, so that at most one payment a partner is left.
#[Object]
impl NetPosition {
    /// Whose.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.row.partner_id).await?.map(Partner))
    }

    /// What the cycle comes to; above zero the partner owes it, below zero it is owed.
    async fn net(&self) -> Money {
        amount::Money { minor: self.row.total_minor, currency: self.currency }.into()
    }

    /// What is to be paid for it, with what was carried forward; nothing where that is below the programme's
    /// minimum.
    async fn due(&self) -> Money {
        amount::Money { minor: self.row.due_minor, currency: self.currency }.into()
    }

    /// What is too little to be paid, and is due with the next cycle.
    async fn carried_forward(&self) -> Money {
        amount::Money { minor: self.row.carried_minor, currency: self.currency }.into()
    }

    /// The statement that says so.
    async fn statement(&self) -> SettlementStatement {
        SettlementStatement { row: self.row.clone(), currency: self.currency }
    }
}

/// Whose points were spent where.
#[derive(SimpleObject)]
pub struct PartnerMatrix {
    /// Cells in which something was spent, by issuer and acceptor. A partner sees those that it issued for or
    /// accepted in, of these only what it pays or is paid.
    pub(super) cells: Vec<MatrixCell>,
}

/// Points of one partner that were spent at another, itself included.
pub struct MatrixCell {
    pub(super) issuer: Partner,
    pub(super) acceptor: Partner,
    pub(super) cell: Cell,
    pub(super) currency: Currency,
}

/// Points of one partner that were spent at another, itself included.
#[Object]
impl MatrixCell {
    /// Who had issued them.
    async fn issuer(&self) -> &Partner {
        &self.issuer
    }

    /// Where they were spent.
    async fn acceptor(&self) -> &Partner {
        &self.acceptor
    }

    /// How many, less what was undone.
    async fn points(&self) -> Points {
        Points::change(self.cell.points).unwrap_or_default()
    }

    /// What is collected for them when they are spent, as far as they weren't paid for at issue.
    async fn funding(&self) -> Result<Money> {
        rounded(self.cell.funding, self.currency)
    }

    /// What the acceptor is owed for them.
    async fn burn(&self) -> Result<Money> {
        rounded(self.cell.burn, self.currency)
    }
}

/// For people to read: rounded half to even.
pub(super) fn rounded(exact: Exact, currency: Currency) -> Result<Money> {
    let minor = exact.minor(currency.minor_per_unit()).map_err(service::Error::internal)?;
    Ok(amount::Money { minor, currency }.into())
}
