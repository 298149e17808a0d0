//! Statements of the bank, what operators make of them, what is unpaid, and corrections.

use async_graphql::{Context, InputObject, Object, OneofObject, SimpleObject};
use entity::ids::{BankTransactionId, PartnerId, SettlementCycleId};
use entity::settlement::bank_transaction::BankTransactionStatus;
use entity::settlement::money_posting::LineKind;
use service::Scope;
use service::settlement::{
    Adjust, Adjusting, Assign, Assigned, Decision, ImportStatement, Imported,
};

use super::ageing::SettlementAge;
use super::bank_transactions::BankTransaction;
use super::mutation::settled_in;
use crate::graphql::app;
use crate::graphql::enumeration::Enumeration;
use crate::graphql::error::Result;
use crate::graphql::money::MoneyInput;
use crate::graphql::mutation::{answer, mutation};
use crate::graphql::page::{Asked, Connection};
use crate::graphql::proposals::Proposal;
use crate::graphql::purchases::currency;
use crate::graphql::scalars::Id;

/// A bank's statement of account.
#[derive(InputObject)]
pub struct ImportBankStatementInput {
    /// The file as the bank sends it, ISO 20022 camt.053 of version 001.02 to 001.13 in UTF-8, at most 3 MiB;
    /// what is larger than 256 kB goes to `/graphql/batch`.
    pub file: String,
    /// The caller's own name of this wish, 1 to 255 characters: the same again changes nothing.
    pub idempotency_key: String,
}

/// What a bank transaction is: one of these.
#[derive(OneofObject)]
pub enum BankTransactionDecisionInput {
    /// A payment of the instruction with this reference.
    Reference(String),
    /// No partner's payment, for this reason of 1 to 500 characters.
    Ignore(String),
}

/// What a bank transaction is that was in doubt.
#[derive(InputObject)]
pub struct AssignBankTransactionInput {
    /// Which.
    pub bank_transaction_id: Id<BankTransactionId>,
    /// What it is.
    pub decision: BankTransactionDecisionInput,
    /// The caller's own name of this wish, 1 to 255 characters: the same again changes nothing.
    pub idempotency_key: String,
}

/// A correction of a partner's account.
#[derive(InputObject)]
pub struct AdjustSettlementInput {
    /// Whose account.
    pub partner_id: Id<PartnerId>,
    /// By how much; above zero the partner owes more, below zero less.
    pub amount: MoneyInput,
    /// Why, 1 to 500 characters: it is on the statement.
    pub reason: String,
    /// The cycle that it corrects, whose statements were issued.
    pub refers_to_cycle_id: Option<Id<SettlementCycleId>>,
    /// The line there.
    pub refers_to_line: Option<Enumeration<LineKind>>,
    /// The caller's own name of this wish, 1 to 255 characters: the same again changes nothing.
    pub idempotency_key: String,
}

/// What importing a statement came to.
#[derive(SimpleObject)]
pub struct BankStatementImport {
    /// What the bank calls the statement.
    statement: String,
    /// The account's IBAN, but for its middle: `DE89 **** **** 3000`.
    account: String,
    /// How many transactions it has.
    transactions: i32,
    /// How many of them were booked as payments.
    booked: i32,
    /// How many wait for an operator: see `bankTransactions`.
    proposed: i32,
    /// How many were known from another file, or the same one.
    known: i32,
    /// How many are members' payouts, which are confirmed by `confirmPayouts`.
    passed_over: i32,
}

impl From<Imported> for BankStatementImport {
    fn from(done: Imported) -> Self {
        Self {
            statement: done.statement,
            account: done.account,
            transactions: done.transactions,
            booked: done.booked,
            proposed: done.proposed,
            known: done.known,
            passed_over: done.passed_over,
        }
    }
}

mutation! {
    ImportBankStatement refuses [
        BankStatementInvalid, DebtorMissing, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What importing a statement did.
    pub struct ImportBankStatementPayload {
        /// What it came to; null when refused.
        result: Option<BankStatementImport>,
        /// Whether an earlier request with the same key had imported it.
        is_replayed: bool,
    }
}

mutation! {
    AssignBankTransaction refuses [
        BankTransactionNotFound, BankTransactionAlreadyDecided, BankTransactionUnfit, InstructionNotFound,
        PaymentExceedsDue, ReasonInvalid, IdempotencyKeyInvalid, IdempotencyKeyReused,
    ];
    /// What deciding about a bank transaction did.
    pub struct AssignBankTransactionPayload {
        /// The transaction; null when refused.
        bank_transaction: Option<BankTransaction>,
        /// Whether an earlier request with the same key had decided it.
        is_replayed: bool,
    }
}

mutation! {
    AdjustSettlement refuses [
        PartnerNotFound, AmountInvalid, PaymentCurrencyMismatch, ReasonInvalid, CycleNotFound,
        StatementNotFound, StatementLineNotFound, ProposalsTooMany, IdempotencyKeyInvalid,
        IdempotencyKeyReused,
    ];
    /// What wishing a correction did.
    pub struct AdjustSettlementPayload {
        /// What a second operator decides; null when refused.
        proposal: Option<Proposal>,
        /// Whether an earlier request with the same key had wished it.
        is_replayed: bool,
    }
}

/// What is done with banks' statements, and corrections.
#[derive(Default)]
pub struct BankingMutation;

#[Object]
impl BankingMutation {
    /// Takes over a bank's statement of account. What names an instruction, by its end-to-end id or else in
    /// what the payer wrote, and comes to exactly what is open of it is booked; everything else waits for
    /// `assignBankTransaction`, but for members' payouts. Each transaction is taken once, whichever files it
    /// is in. For operators with `settlement:write`.
    async fn import_bank_statement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: ImportBankStatementInput,
    ) -> Result<ImportBankStatementPayload> {
        let (services, actor) = app(ctx);
        let wish = ImportStatement { file: input.file, idempotency_key: input.idempotency_key };
        answer(services.settlement.import_statement(actor, wish).await, |done| {
            ImportBankStatementPayload {
                is_replayed: done.is_replay,
                result: Some(done.into()),
                ..ImportBankStatementPayload::default()
            }
        })
    }

    /// Says what a bank transaction is that was in doubt: a payment, which is booked, or none. What came back
    /// is no payment. For operators with `settlement:write`.
    async fn assign_bank_transaction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AssignBankTransactionInput,
    ) -> Result<AssignBankTransactionPayload> {
        let (services, actor) = app(ctx);
        let wish = Assign {
            transaction: input.bank_transaction_id.0,
            decision: match input.decision {
                BankTransactionDecisionInput::Reference(reference) => Decision::Pays(reference),
                BankTransactionDecisionInput::Ignore(reason) => Decision::Ignore(reason),
            },
            idempotency_key: input.idempotency_key,
        };
        answer(
            services.settlement.assign_transaction(actor, wish).await,
            |Assigned { transaction, is_replay }| AssignBankTransactionPayload {
                bank_transaction: Some(BankTransaction(transaction)),
                is_replayed: is_replay,
                ..AssignBankTransactionPayload::default()
            },
        )
    }

    /// Proposes to correct a partner's account. When a second operator approves, the correction is on the
    /// statement of the cycle that is open then, as `ADJUSTMENT`. For operators with `settlement:write`.
    async fn adjust_settlement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is wanted.")] input: AdjustSettlementInput,
    ) -> Result<AdjustSettlementPayload> {
        let (services, actor) = app(ctx);
        actor.operator(Scope::SettlementWrite)?;
        let currency = currency(ctx).await?;
        let outcome = async {
            let wish = Adjust {
                partner: input.partner_id.0,
                amount_minor: settled_in(input.amount, "amount", currency)?,
                reason: input.reason,
                refers_to_cycle: input.refers_to_cycle_id.map(|id| id.0),
                refers_to_line: input.refers_to_line.map(|line| line.0),
                idempotency_key: input.idempotency_key,
            };
            services.settlement.adjust(actor, wish).await
        };
        answer(outcome.await, |Adjusting { proposal, is_replay }| AdjustSettlementPayload {
            proposal: Some(Proposal(proposal)),
            is_replayed: is_replay,
            ..AdjustSettlementPayload::default()
        })
    }
}

/// What banks' statements said, and what is unpaid.
#[derive(Default)]
pub struct BankingQuery;

#[Object]
impl BankingQuery {
    /// What banks' statements said, oldest first. For operators with `settlement:read`.
    async fn bank_transactions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the oldest, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the newest, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
        #[graphql(desc = "Only those that stand like this.")] status: Option<
            Enumeration<BankTransactionStatus>,
        >,
    ) -> Result<Connection<BankTransaction>> {
        let (services, actor) = app(ctx);
        let window =
            Asked { first, after, last, before }.window::<BankTransaction, uuid::Uuid>()?;
        let status = status.map(|status| status.0);
        let page = services.settlement.bank_transactions(actor, status, window).await?;
        Ok(Connection::new(page, |row| row.id.uuid(), BankTransaction))
    }

    /// What is unpaid today, by partner, direction and age: to operators with `settlement:read` all, to a
    /// partner with it its own.
    async fn settlement_ageing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 if nothing is said.")]
        first: Option<i32>,
        #[graphql(desc = "The cursor to start behind.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "The cursor to end before.")] before: Option<String>,
    ) -> Result<Connection<SettlementAge>> {
        let (services, actor) = app(ctx);
        let window = Asked { first, after, last, before }.window::<SettlementAge, i64>()?;
        let page = window.of_list(services.settlement.ageing(actor).await?);
        let currency = currency(ctx).await?;
        let age = |(_, age)| SettlementAge { age, currency };
        Ok(Connection::new(page, |(place, _)| *place, age))
    }
}
