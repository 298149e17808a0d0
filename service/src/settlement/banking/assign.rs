//! Operators decide what banks' transactions are that were in doubt: a payment of something, or none.
//!
//! What came back is no payment: it can only be ignored, for a stated reason, and what it undoes is corrected
//! on the partner's next statement, by two operators.

use chrono::{DateTime, Utc};
use entity::ids::{BankTransactionId, OperatorId, ProgrammeId};
use entity::ledger::idempotency_key::Outcome;
use entity::settlement::bank_transaction::{
    self, BankDirection, BankDoubt, BankTransactionStatus, Model,
};
use entity::settlement::payment_instruction::{self as instruction, PaymentDirection};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QuerySelect};
use serde::Serialize;

use super::{booked, known_as};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::error::{Error, Result};
use crate::keys;
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::settlement::{Settlement, open, payments};
use crate::text;
use crate::tx::{Tx, retrying};

/// What a bank transaction is, as an operator says.
#[derive(Clone, Debug, Serialize)]
pub enum Decision {
    /// A payment of the instruction with this reference.
    Pays(String),
    /// No partner's payment, for this reason.
    Ignore(String),
}

/// A decision about a bank transaction.
#[derive(Clone, Debug)]
pub struct Assign {
    /// Which.
    pub transaction: BankTransactionId,
    /// What it is.
    pub decision: Decision,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What deciding did.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The transaction.
    pub transaction: Model,
    /// Whether it had been decided before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    transaction: BankTransactionId,
    decision: &'a Decision,
}

impl Settlement {
    /// Books a bank transaction that was in doubt, or says that it is no partner's payment.
    pub async fn assign_transaction(&self, actor: &Actor, wish: Assign) -> Result<Assigned> {
        let (programme, operator) = actor.operator(Scope::SettlementWrite)?;
        let canonical = Canonical { transaction: wish.transaction, decision: &wish.decision };
        let key = keys::key(actor, &wish.idempotency_key, "assignBankTransaction", &canonical)?;
        let decision = checked(wish.decision.clone())?;
        let rules = self.programmes.rules(programme).await?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if keys::earlier(&tx, programme, &key).await?.is_some() {
                let transaction = lock(&tx, programme, wish.transaction).await?;
                return Ok(Assigned { transaction, is_replay: true });
            }
            // The cycle first, as whoever imports.
            open::cycle(&tx, &rules, at).await?;
            let before = lock(&tx, programme, wish.transaction).await?;
            if before.status != BankTransactionStatus::Proposed {
                let decided = Refusal::new(Code::BankTransactionAlreadyDecided);
                return Err(decided.at("bankTransactionId").into());
            }
            let row = match &decision {
                Decision::Pays(reference) => {
                    Box::pin(pay(&tx, actor, &rules, (before, reference, operator), at)).await?
                }
                Decision::Ignore(reason) => ignored(before, reason.clone(), operator, at),
            };
            audited(&tx, actor, &row, at).await?;
            let row = row.into_active_model().reset_all().update(tx.connection()).await?;
            let subject = Some(row.id.to_string());
            let outcome = Outcome { wallet: None, entry: None, subject };
            keys::insert(&tx, programme, &key, outcome, at).await?;
            tx.commit(Assigned { transaction: row, is_replay: false }).await
        })
        .await
    }
}

fn checked(decision: Decision) -> Result<Decision, Refusal> {
    Ok(match decision {
        Decision::Pays(reference) => Decision::Pays(reference.trim().to_ascii_uppercase()),
        Decision::Ignore(reason) => {
            let reason = text::clean(&reason, 500, Code::ReasonInvalid);
            Decision::Ignore(reason.map_err(|refusal| refusal.at("decision.ignore"))?)
        }
    })
}

async fn lock(tx: &Tx, programme: ProgrammeId, id: BankTransactionId) -> Result<Model> {
    let query = bank_transaction::Entity::find_by_id((programme, id)).lock_exclusive();
    let found = query.one(tx.connection()).await?;
    let missing = Refusal::new(Code::BankTransactionNotFound).at("bankTransactionId");
    Ok(found.ok_or(missing)?)
}

/// Books it to that instruction, as far as it can be a payment of it.
async fn pay(
    tx: &Tx,
    actor: &Actor,
    rules: &Rules,
    (row, reference, operator): (Model, &str, OperatorId),
    at: DateTime<Utc>,
) -> Result<Model> {
    let found = instruction::Entity::find_by_id((rules.id(), reference.to_owned()));
    let found = found.one(tx.connection()).await?;
    let missing = || Refusal::new(Code::InstructionNotFound).at("decision.reference");
    is_fit(&row, &found.ok_or_else(missing)?)?;
    let moved = (row.amount_minor, row.booked_on);
    let payment = payments::from_bank(rules, reference.to_owned(), moved, known_as(&row), at);
    let (payment, _) = payments::book(tx, actor, rules, payment, at).await.map_err(in_reference)?;
    Ok(booked(row, payment.id, payment.reference, operator, at))
}

/// Whether it may be a payment of that at all.
fn is_fit(row: &Model, instruction: &instruction::Model) -> Result<(), Refusal> {
    let unfit = |message: String| {
        Err(Refusal::new(Code::BankTransactionUnfit).because(message).at("decision.reference"))
    };
    if row.doubt == Some(BankDoubt::Returned) {
        let message = "What came back is no payment: ignore it, and have what it undoes adjusted.";
        return unfit(message.to_owned());
    }
    if row.currency != instruction.currency {
        return unfit(format!("It is in {}, and {} is due.", row.currency, instruction.currency));
    }
    match (row.direction, instruction.direction) {
        (BankDirection::Credit, PaymentDirection::Collect)
        | (BankDirection::Debit, PaymentDirection::Pay) => Ok(()),
        (BankDirection::Credit, _) => unfit("It came in, and that is to be paid out.".to_owned()),
        (BankDirection::Debit, _) => unfit("It was paid out, and that is to come in.".to_owned()),
    }
}

/// What a payment is refused for is about the instruction that was named here.
fn in_reference(error: Error) -> Error {
    match error {
        Error::Refused(refusal) => refusal.at("decision.reference").into(),
        other => other,
    }
}

fn ignored(row: Model, reason: String, by: OperatorId, at: DateTime<Utc>) -> Model {
    let (decided_by, decided_at) = (Some(by), Some(at));
    let status = BankTransactionStatus::Ignored;
    Model { status, ignored_because: Some(reason), decided_by, decided_at, ..row }
}

async fn audited(tx: &Tx, actor: &Actor, row: &Model, at: DateTime<Utc>) -> Result<()> {
    let seen = serde_json::json!({ "status": row.status, "reference": row.reference,
        "ignoredBecause": row.ignored_because, "amountMinor": row.amount_minor });
    let subject = row.id.to_string();
    let action = "bank_transaction.decided";
    let change = Change { action, subject, before: None, after: Some(&seen) };
    audit::append(tx, actor, row.programme_id, at, change).await
}
