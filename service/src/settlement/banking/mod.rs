//! Statements of the programme's account: what they say was paid is booked where there is no doubt, and
//! proposed to operators where there is.
//!
//! Each transaction is kept once, by what the bank calls it on that account, whatever it became: the same file
//! again, or one that overlaps, finds it there. A large file is taken in steps, so that nobody waits long for
//! the cycle that is open; one that was interrupted is sent again, and goes on.
//!
//! What the bank tells of members' cashback, known by its ids, is passed over: payouts are confirmed where they
//! are run, and who the members are is nobody's to read here. Of others' account numbers only what may be shown
//! is kept.

mod assign;
mod matching;
mod read;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::cashback::{payout, payout_run};
use entity::day::Day;
use entity::ids::{
    self, BankTransactionId, OperatorId, PayoutId, PayoutRunId, ProgrammeId, TypedId,
};
use entity::ledger::idempotency_key::Outcome;
use entity::settlement::bank_transaction::{
    self, BankDirection, BankDoubt, BankTransactionStatus, Model,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::assign::{Assign, Assigned, Decision};
use self::matching::{Books, Verdict};
use super::{Settlement, open, payments};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::bank::statement::{self, Direction, Statement, Transaction};
use crate::bank::{self, iban};
use crate::error::{Error, Result};
use crate::keys;
use crate::ledger::core::Key;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, find_among_texts, insert_all};
use crate::tx::{Tx, patiently, retrying};

/// How many transactions are taken in one step.
const STEP: usize = 100;
/// The most characters of what the payer wrote that are kept.
const REMITTANCE_MAX: usize = 2000;
/// The most that a payment keeps of what the bank calls it.
const BANK_REFERENCE_MAX: usize = 180;
/// How much of an account's hash tells two apart.
const ACCOUNT_DIGITS: usize = 16;

/// A statement that is imported. It holds account numbers, and is shown to no log.
#[derive(Clone)]
pub struct ImportStatement {
    /// The bank's file.
    pub file: String,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What importing a statement came to.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Imported {
    /// What the bank calls the statement.
    pub statement: String,
    /// What may be shown of its account's IBAN.
    pub account: String,
    /// How many transactions it has.
    pub transactions: i32,
    /// How many of them were booked as payments.
    pub booked: i32,
    /// How many wait for an operator.
    pub proposed: i32,
    /// How many were known already.
    pub known: i32,
    /// How many are members' payouts.
    pub passed_over: i32,
    /// Whether it had been imported before with the same key.
    #[serde(skip)]
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    file: &'a str,
}

impl Settlement {
    /// Takes over what a bank's statement says was paid.
    pub async fn import_statement(&self, actor: &Actor, wish: ImportStatement) -> Result<Imported> {
        let (programme, operator) = actor.operator(Scope::SettlementWrite)?;
        let canonical = Canonical { file: &wish.file };
        let key = keys::key(actor, &wish.idempotency_key, "importBankStatement", &canonical)?;
        let statement = statement::read(wish.file.as_bytes()).map_err(|wrong| {
            let message = format!("The file can't be read: {wrong}.");
            Refusal::new(Code::BankStatementInvalid).because(message).at("file")
        })?;
        let first_id = ids::uuid_at(self.clock.now());
        let import = Import { settlement: self, actor, operator, statement: &statement, first_id };
        if let Some(done) = patiently(import.earlier(programme, &key)).await? {
            return Ok(done);
        }
        let mut imported = Imported {
            statement: statement.id.clone(),
            account: iban::masked(&statement.account),
            ..Imported::default()
        };
        for (number, step) in statement.transactions.chunks(STEP).enumerate() {
            let step = Step { first: number * STEP, transactions: step };
            // What a step holds while it waits would be every caller's of any mutation.
            let done = retrying(|| Box::pin(import.step(programme, &step))).await?;
            imported.booked += done.booked;
            imported.proposed += done.proposed;
            imported.known += done.known;
            imported.passed_over += done.passed_over;
        }
        imported.transactions = number(statement.transactions.len())?;
        retrying(|| Box::pin(import.finish(programme, &key, &imported))).await
    }
}

/// A statement on its way into the books.
struct Import<'a> {
    settlement: &'a Settlement,
    actor: &'a Actor,
    operator: OperatorId,
    statement: &'a Statement,
    /// Transactions are listed in the order of the file.
    first_id: Uuid,
}

/// Some of its transactions.
struct Step<'a> {
    /// The place of the first of them in the file.
    first: usize,
    transactions: &'a [Transaction],
}

impl Import<'_> {
    async fn earlier(&self, programme: ProgrammeId, key: &Key) -> Result<Option<Imported>> {
        let tx = self.settlement.db.snapshot().await?;
        let earlier = keys::earlier(&tx, programme, key).await?;
        let done = earlier.map(replayed).transpose()?;
        tx.commit(done).await
    }

    /// Takes some of the transactions.
    async fn step(&self, programme: ProgrammeId, step: &Step<'_>) -> Result<Imported> {
        let (first, step) = (step.first, step.transactions);
        let at = self.settlement.clock.now();
        let tx = self.settlement.db.begin().await?;
        let rules = Rules::now(&tx, programme).await?;
        // Two imports at once, and whoever closes the cycle, come one after the other.
        open::cycle(&tx, &rules, at).await?;
        let known = self.known(&tx, programme, step).await?;
        let new: Vec<&Transaction> =
            step.iter().filter(|one| !known.contains(&one.bank_reference)).collect();
        let passed = of_cashback(&tx, programme, &new).await?;
        let others: Vec<&Transaction> =
            new.iter().copied().filter(|one| !passed.contains(&one.bank_reference)).collect();
        let mut done = Imported {
            known: number(step.len() - new.len())?,
            passed_over: number(new.len() - others.len())?,
            ..Imported::default()
        };
        let mut books = read::books(&tx, &rules, &self.statement.account, &others).await?;
        let mut rows = Vec::new();
        for transaction in others {
            let place = u32::try_from(first + rows.len()).map_err(Error::internal)?;
            let id = ids::nth(self.first_id, place);
            let row = self.row(programme, BankTransactionId::from_uuid(id), transaction, at);
            rows.push(self.decide(&tx, &rules, &mut books, transaction, row).await?);
        }
        read::suggest(&tx, programme, &mut rows, step).await?;
        let is_booked = |row: &&Model| row.status == BankTransactionStatus::Booked;
        done.booked = number(rows.iter().filter(is_booked).count())?;
        done.proposed = number(rows.len())? - done.booked;
        if !rows.is_empty() {
            insert_all::<bank_transaction::Entity>(&tx, &rows).await?;
        }
        tx.commit(done).await
    }

    /// Books a transaction, or leaves it to an operator.
    async fn decide(
        &self,
        tx: &Tx,
        rules: &Rules,
        books: &mut Books,
        transaction: &Transaction,
        row: Model,
    ) -> Result<Model> {
        let reference = match matching::judge(transaction, books) {
            Verdict::Pays(reference) => reference,
            Verdict::Doubt(doubt, likely_reference) => {
                return Ok(Model { doubt: Some(doubt), likely_reference, ..row });
            }
        };
        let at = row.imported_at;
        let moved = (row.amount_minor, row.booked_on);
        let payment = payments::from_bank(rules, reference, moved, known_as(&row), at);
        let (payment, due) = payments::book(tx, self.actor, rules, payment, at).await?;
        books.instructions.insert(payment.reference.clone(), due);
        Ok(booked(row, payment.id, payment.reference, self.operator, at))
    }

    /// Those of the transactions that are kept already, by what the bank calls them.
    async fn known(
        &self,
        tx: &Tx,
        programme: ProgrammeId,
        step: &[Transaction],
    ) -> Result<HashSet<String>> {
        let names = step.iter().map(|one| one.bank_reference.clone());
        let (db, column) = (tx.connection(), bank_transaction::Column::BankReference);
        let rows =
            find_among_texts::<bank_transaction::Entity, _>(db, programme, column, names).await?;
        let account = bank::hash(&self.statement.account, ACCOUNT_DIGITS);
        let own = rows.into_iter().filter(|row| row.account_hash == account);
        Ok(own.map(|row| row.bank_reference).collect())
    }

    /// A transaction as a proposal.
    fn row(
        &self,
        programme: ProgrammeId,
        id: BankTransactionId,
        transaction: &Transaction,
        at: DateTime<Utc>,
    ) -> Model {
        let remittance = [&transaction.remittance[..], &transaction.structured].concat();
        let remittance: String = remittance.join("\n").chars().take(REMITTANCE_MAX).collect();
        Model {
            programme_id: programme,
            id,
            account: iban::masked(&self.statement.account),
            account_hash: bank::hash(&self.statement.account, ACCOUNT_DIGITS),
            bank_reference: transaction.bank_reference.clone(),
            statement: self.statement.id.clone(),
            amount_minor: transaction.amount_minor,
            currency: transaction.currency,
            direction: match transaction.direction {
                Direction::Credit => BankDirection::Credit,
                Direction::Debit => BankDirection::Debit,
            },
            booked_on: Day::from_date(transaction.booked_on),
            end_to_end_id: transaction.end_to_end_id.clone(),
            remittance: Some(remittance).filter(|text| !text.is_empty()),
            counterparty_name: transaction.counterparty_name.clone(),
            counterparty_iban: transaction.counterparty_iban.as_deref().map(iban::masked),
            return_reason: transaction.return_reason.clone(),
            doubt: None::<BankDoubt>,
            likely_reference: None,
            imported_by: self.actor.to_string(),
            imported_at: at,
            status: BankTransactionStatus::Proposed,
            reference: None,
            payment_id: None,
            ignored_because: None,
            decided_by: None,
            decided_at: None,
        }
    }

    /// Notes what the key came to.
    async fn finish(
        &self,
        programme: ProgrammeId,
        key: &Key,
        imported: &Imported,
    ) -> Result<Imported> {
        let at = self.settlement.clock.now();
        let tx = self.settlement.db.begin().await?;
        if let Some(earlier) = keys::earlier(&tx, programme, key).await? {
            return replayed(earlier);
        }
        let subject = Some(serde_json::to_string(imported).map_err(Error::internal)?);
        let outcome = Outcome { wallet: None, entry: None, subject };
        keys::insert(&tx, programme, key, outcome, at).await?;
        let (action, subject) = ("bank_statement.imported", imported.statement.clone());
        let change = Change { action, subject, before: None, after: Some(imported) };
        audit::append(&tx, self.actor, programme, at, change).await?;
        tx.commit(imported.clone()).await
    }
}

fn replayed(earlier: Outcome) -> Result<Imported> {
    let subject = earlier.subject.unwrap_or_default();
    let done: Imported = serde_json::from_str(&subject).map_err(Error::internal)?;
    Ok(Imported { is_replay: true, ..done })
}

fn number(count: usize) -> Result<i32> {
    i32::try_from(count).map_err(Error::internal)
}

/// The same, booked.
fn booked(
    row: Model,
    payment: ids::SettlementPaymentId,
    reference: String,
    by: OperatorId,
    at: DateTime<Utc>,
) -> Model {
    let (payment_id, reference) = (Some(payment), Some(reference));
    let (decided_by, decided_at) = (Some(by), Some(at));
    let status = BankTransactionStatus::Booked;
    Model { status, payment_id, reference, decided_by, decided_at, ..row }
}

/// What a payment calls the transaction that it was told by: two accounts' may bear one name.
fn known_as(row: &Model) -> String {
    let name = &row.bank_reference;
    let is_short = name.chars().count() <= BANK_REFERENCE_MAX;
    let name = if is_short { name.clone() } else { bank::hash(name, 64) };
    format!("{}/{name}", row.account_hash)
}

/// Those of the transactions that move members' cashback, one by one or a run at once.
async fn of_cashback(
    tx: &Tx,
    programme: ProgrammeId,
    transactions: &[&Transaction],
) -> Result<HashSet<String>> {
    let (mut payouts, mut runs) = (HashMap::new(), HashMap::new());
    for one in transactions {
        if let Some(id) = ours::<PayoutId>(one.end_to_end_id.as_deref()) {
            payouts.entry(id.uuid()).or_insert_with(Vec::new).push(one.bank_reference.clone());
        }
        if let Some(id) = ours::<PayoutRunId>(one.batch_id.as_deref()) {
            runs.entry(id.uuid()).or_insert_with(Vec::new).push(one.bank_reference.clone());
        }
    }
    let (db, mut found) = (tx.connection(), HashSet::new());
    let ids: BTreeSet<_> = payouts.keys().copied().collect();
    let rows = find_among::<payout::Entity, _>(db, programme, payout::Column::Id, ids, "").await?;
    found.extend(rows.iter().filter_map(|row| payouts.remove(&row.id.uuid())).flatten());
    let ids: BTreeSet<_> = runs.keys().copied().collect();
    let rows =
        find_among::<payout_run::Entity, _>(db, programme, payout_run::Column::Id, ids, "").await?;
    found.extend(rows.iter().filter_map(|row| runs.remove(&row.id.uuid())).flatten());
    Ok(found)
}

/// An id of ours as banks take it: with a hyphen.
fn ours<T: TypedId>(text: Option<&str>) -> Option<T> {
    text?.replacen('-', "_", 1).parse().ok()
}
