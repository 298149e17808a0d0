//! A partner's statement, line by line, and each line day by day.

use async_graphql::{Context, Enum, ID, Object};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::amount::{self, Currency};
use entity::day::Day;
use entity::settlement::money_posting::LineKind;
use entity::settlement::settlement_statement;
use service::Error;
use service::settlement::core::statement::{Correction, Line, Statement, Total};
use service::settlement::{Settlement, content, paper};

use super::movements::MoneyMovement;
use super::types::SettlementCycle;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::{Decimal, Money};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::partners::Partner;
use crate::graphql::scalars::{BasisPoints, Date, Points};

/// A partner's statement for a cycle.
pub struct SettlementStatement {
    pub(in crate::graphql) row: settlement_statement::Model,
    pub(in crate::graphql) currency: Currency,
}

impl SettlementStatement {
    fn money(&self, minor: i64) -> Money {
        amount::Money { minor, currency: self.currency }.into()
    }
}

/// A partner's statement for a cycle. Once issued it never changes; statements of one partner are numbered
/// without gaps, and each names the hash of the one before. Until the cycle is approved it is a draft, which
/// only operators see.
#[Object]
impl SettlementStatement {
    /// Its id: `stm_…`.
    pub async fn id(&self) -> ID {
        self.row.id.to_string().into()
    }

    /// Whose.
    async fn partner(&self, ctx: &Context<'_>) -> Result<Option<Partner>> {
        let (services, actor) = app(ctx);
        Ok(services.partners.find(actor, self.row.partner_id).await?.map(Partner))
    }

    /// For which cycle.
    async fn cycle(&self, ctx: &Context<'_>) -> Result<Option<SettlementCycle>> {
        let (services, actor) = app(ctx);
        Ok(services.settlement.cycle_of(actor, &self.row).await?.map(SettlementCycle))
    }

    /// Counted from 1, without gaps, for each partner.
    async fn number(&self) -> i32 {
        self.row.number
    }

    /// SHA-256 of `content`, in hexadecimal.
    async fn hash(&self) -> &str {
        &self.row.hash
    }

    /// The hash of the partner's statement before; null of the first.
    async fn previous_hash(&self) -> Option<&str> {
        self.row.previous_hash.as_deref()
    }

    /// All that it says, in one text: JSON without blanks, of natural keys and whole numbers. Whoever works
    /// the statement out again from the same facts comes to the same bytes.
    async fn content(&self) -> &str {
        &self.row.content
    }

    /// What a bank transfer for it quotes.
    async fn reference(&self) -> String {
        Statement::reference(&self.row.hash)
    }

    /// What the partner owed when the cycle began; below zero what it was owed.
    async fn opening_balance(&self) -> Money {
        self.money(self.row.opening_minor)
    }

    /// Its lines, in the order of their kinds.
    async fn lines(&self) -> Result<Vec<StatementLine>> {
        let lines = content(&self.row)?.lines.into_iter();
        let line = |line| StatementLine { of: self.row.clone(), currency: self.currency, line };
        Ok(lines.map(line).collect())
    }

    /// All lines together; above zero the partner owes it.
    async fn total(&self) -> Money {
        self.money(self.row.total_minor)
    }

    /// What the partner paid in the cycle, less what it was paid.
    async fn paid(&self) -> Money {
        self.money(self.row.paid_minor)
    }

    /// What the partner owes at the end: opening balance and total, less what was paid.
    async fn closing_balance(&self) -> Money {
        self.money(self.row.closing_minor)
    }

    /// What is to be paid for it; below zero to the partner.
    async fn due(&self) -> Money {
        self.money(self.row.due_minor)
    }

    /// What is too little to be paid, and is due with the next statement.
    async fn carried_forward(&self) -> Money {
        self.money(self.row.carried_minor)
    }

    /// The statement as a file: the same bytes each time.
    async fn file(
        &self,
        #[graphql(desc = "Of which form.")] format: StatementFormat,
    ) -> Result<String> {
        let content = content(&self.row)?;
        Ok(match format {
            StatementFormat::LinesCsv => paper::lines_csv(&content),
            StatementFormat::DaysCsv => paper::days_csv(&content).map_err(Error::internal)?,
            StatementFormat::CorrectionsCsv => paper::corrections_csv(&content),
            StatementFormat::JsonLines => paper::jsonl(&content),
        })
    }

    /// The statement as a PDF page to read and to print, in base64 (RFC 4648): with the partner's row and
    /// column of the matrix, and its days as a chart.
    async fn pdf(&self, ctx: &Context<'_>) -> Result<String> {
        let (services, actor) = app(ctx);
        Ok(STANDARD.encode(services.settlement.paper(actor, &self.row).await?))
    }

    /// The extract: all movements behind the statement, as JSON Lines, from which
    /// `florin statement verify` works it out again, offline. Of at most 20,000 movements; what is longer, an
    /// operator writes by `florin statement export`.
    async fn extract(&self, ctx: &Context<'_>) -> Result<String> {
        let (services, actor) = app(ctx);
        let count = Settlement::movement_count(&self.row)?;
        if count > EXTRACT_MAX {
            let message = format!(
                "there are {count} movements, and at most {EXTRACT_MAX} are answered here: ask the \
                 programme's operator for `florin statement export`"
            );
            return Err(Error::bad_input("extract", message).into());
        }
        let written = services.settlement.extract(actor, &self.row, Vec::new()).await?;
        Ok(String::from_utf8(written).map_err(Error::internal)?)
    }
}

/// How many movements an extract may have that is answered at once.
const EXTRACT_MAX: i64 = 20_000;

/// A form that a statement's file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum StatementFormat {
    /// Its lines, as CSV (RFC 4180). No cell runs as a formula.
    LinesCsv,
    /// What its lines add up, by day, as CSV.
    DaysCsv,
    /// What corrects earlier cycles, as CSV.
    CorrectionsCsv,
    /// All of it, as JSON Lines.
    JsonLines,
}

/// All of one kind on a statement.
pub struct StatementLine {
    of: settlement_statement::Model,
    currency: Currency,
    line: Line,
}

impl StatementLine {
    fn money(&self, minor: i64) -> Money {
        amount::Money { minor, currency: self.currency }.into()
    }
}

/// All of one kind, and of one tax, on a statement; rounded once.
#[Object]
impl StatementLine {
    /// What it is about.
    async fn kind(&self) -> Enumeration<LineKind> {
        Enumeration(self.line.kind)
    }

    /// How many points.
    async fn points(&self) -> Points {
        Points::change(self.line.points).unwrap_or_default()
    }

    /// What it comes to, tax included; above zero the partner owes it, below zero it is owed.
    async fn gross(&self) -> Money {
        self.money(self.line.gross_minor)
    }

    /// The same without the tax.
    async fn net(&self) -> Money {
        self.money(self.line.net_minor)
    }

    /// The tax in it.
    async fn tax(&self) -> Money {
        self.money(self.line.tax_minor)
    }

    /// The code of the tax, as the contract names it; null where there is none.
    async fn tax_code(&self) -> Option<&str> {
        self.line.tax_code.as_deref()
    }

    /// The rate of the tax.
    async fn tax_rate(&self) -> BasisPoints {
        BasisPoints(amount::BasisPoints::new(self.line.tax_bp).unwrap_or_default())
    }

    /// What it comes to exactly, before it was rounded: a decimal number of units of the currency, of any
    /// length.
    async fn exact(&self) -> &str {
        &self.line.exact
    }

    /// What it adds up, by day, contract version, other partner and price.
    async fn days(
        &self,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<StatementDay>> {
        let window = Asked { first, after, last, before }.window::<StatementDay, i64>()?;
        let page = window.of_list(self.line.days.clone());
        let kind = self.line.kind;
        Ok(Connection::new(page, |(place, _)| *place, |(_, total)| StatementDay { total, kind }))
    }

    /// The movements behind it, in the order in which they were sequenced.
    async fn movements(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those of this day.")] day: Option<Date>,
    ) -> Result<Connection<MoneyMovement>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<MoneyMovement, _>()?;
        let day = day.map(|day| Day::from_date(day.0));
        let page =
            services.settlement.movements(actor, &self.of, self.line.kind, day, window).await?;
        Ok(Connection::new(page, |row| (row.position, row.line), MoneyMovement))
    }

    /// What corrects earlier cycles.
    async fn corrections(&self) -> Vec<StatementCorrection> {
        let currency = self.currency;
        let all = self.line.corrections.iter().cloned();
        all.map(|correction| StatementCorrection { correction, currency }).collect()
    }
}

/// What a line adds up of one day.
pub struct StatementDay {
    total: Total,
    kind: LineKind,
}

/// What a line adds up of one day, of one contract version, with one other partner, at one price.
#[Object]
impl StatementDay {
    /// The day, in the programme's time zone.
    async fn day(&self) -> Date {
        Date(self.total.day)
    }

    /// Under which version of the partner's contract; null where that isn't told.
    async fn contract_version(&self) -> Option<i32> {
        self.total.contract
    }

    /// The code of the other partner: who accepted, or who issued.
    async fn with(&self) -> Option<&str> {
        self.total.with.as_deref()
    }

    /// Units of the settlement currency a point.
    async fn price(&self) -> Decimal {
        Decimal::scaled(self.total.price_micros, Decimal::PLACES_MAX)
    }

    /// How much of the price counts, in 10⁻¹²: 1,000,000,000,000 is all of it.
    async fn share(&self) -> Points {
        Points::change(self.total.factor).unwrap_or_default()
    }

    /// How many points.
    async fn points(&self) -> Points {
        Points::change(self.total.points).unwrap_or_default()
    }

    /// What they come to exactly, as a decimal number of units; above zero the partner owes it.
    async fn exact(&self) -> Result<String> {
        Ok(self.total.owed(self.kind).map_err(service::Error::internal)?.to_string())
    }

    /// In how many movements.
    async fn movement_count(&self) -> Points {
        Points::change(self.total.movements).unwrap_or_default()
    }
}

/// What corrects an earlier cycle.
pub struct StatementCorrection {
    correction: Correction,
    currency: Currency,
}

/// What an operator corrected, or a dispute that was accepted.
#[Object]
impl StatementCorrection {
    /// By how much; above zero the partner owes more.
    async fn amount(&self) -> Money {
        let minor = self.correction.amount_minor;
        amount::Money { minor, currency: self.currency }.into()
    }

    /// The name of the cycle that it corrects; null where none is named.
    async fn refers_to(&self) -> Option<&str> {
        self.correction.refers_to.as_deref()
    }

    /// The line there.
    async fn refers_to_line(&self) -> Option<Enumeration<LineKind>> {
        self.correction.refers_to_line.map(Enumeration)
    }

    /// Why.
    async fn reason(&self) -> &str {
        &self.correction.reason
    }
}
