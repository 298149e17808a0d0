//! Files for the bank: what is open of an approved cycle, to be paid from the programme's account and to be
//! fetched from partners'.
//!
//! **The same state gives the same bytes.** A file says that it was made when its instructions were, and that
//! money moves on the day on which each is due; where that is no bank day, or not after the day of the
//! approval, on the first bank day then. No clock is asked, so that a file that is sent late names a day that
//! is over, and the bank takes the next one or refuses it. The file's message id is a hash of what it says: a
//! bank that gets one twice sees it, and one in which something has changed is another.
//!
//! A payment that was asked for and that no statement of the bank has told yet is open, and is in the next
//! file too. That a file was taken out is in the audit trail.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::PartnerId;
use entity::settlement::payment_instruction::{self as instruction, PaymentDirection};
use entity::settlement::settlement_cycle;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::{Due, Settlement, cycle_name, payments};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::bank::{
    self, Collection, Group, Mandate, Party, Transfer, collections, days, transfers,
};
use crate::error::{Error, Result};
use crate::partners::accounts::{Account, accounts};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::tx::{Tx, patiently, retrying};

impl Settlement {
    /// What is open of a cycle in that direction, as a file for the bank; none where nothing is, or nobody
    /// whom it concerns has an account. Partners without one are left out, see [`Self::without_account`].
    pub async fn payment_file(
        &self,
        actor: &Actor,
        cycle: &settlement_cycle::Model,
        direction: PaymentDirection,
    ) -> Result<Option<String>> {
        is_own(actor, cycle)?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let mut unpaid = unpaid(&tx, cycle).await?;
            unpaid.retain(|(due, account)| {
                due.row.direction == direction && can_move(due, account.as_ref())
            });
            if unpaid.is_empty() {
                return Ok(None);
            }
            let rules = Rules::now(&tx, cycle.programme_id).await?;
            let (id, file) = written(&rules, cycle, direction, unpaid)?;
            let seen = serde_json::json!({ "direction": direction, "messageId": id });
            let subject = cycle.id.to_string();
            let action = "settlement.file_taken";
            let change = Change { action, subject, before: None, after: Some(&seen) };
            audit::append(&tx, actor, cycle.programme_id, at, change).await?;
            tx.commit(Some(file)).await
        })
        .await
    }

    /// Partners to whom or from whom something is open, and which no file can name: they have no account, or
    /// no mandate to fetch from it.
    pub async fn without_account(
        &self,
        actor: &Actor,
        cycle: &settlement_cycle::Model,
    ) -> Result<BTreeSet<PartnerId>> {
        is_own(actor, cycle)?;
        patiently(async {
            let tx = self.db.snapshot().await?;
            let mut unpaid = unpaid(&tx, cycle).await?;
            unpaid.retain(|(due, account)| !can_move(due, account.as_ref()));
            tx.commit(unpaid.into_iter().map(|(due, _)| due.row.partner_id).collect()).await
        })
        .await
    }
}

fn is_own(actor: &Actor, cycle: &settlement_cycle::Model) -> Result<()> {
    let (programme, _) = actor.operator(Scope::SettlementWrite)?;
    match cycle.programme_id == programme {
        true => Ok(()),
        false => Err(Refusal::new(Code::CycleNotFound).into()),
    }
}

/// What is open of a cycle, by reference, with the account that holds.
async fn unpaid(tx: &Tx, cycle: &settlement_cycle::Model) -> Result<Vec<(Due, Option<Account>)>> {
    let (db, programme) = (tx.connection(), cycle.programme_id);
    let rows = instruction::Entity::find()
        .filter(instruction::Column::ProgrammeId.eq(programme))
        .filter(instruction::Column::Cycle.eq(cycle.first_day))
        .order_by_asc(instruction::Column::Reference)
        .all(db)
        .await?;
    let references: Vec<String> = rows.iter().map(|row| row.reference.clone()).collect();
    let paid: HashMap<String, i64> = payments::paid(db, programme, references).await?;
    let due =
        |row: instruction::Model| Due { paid_minor: *paid.get(&row.reference).unwrap_or(&0), row };
    let unpaid: Vec<Due> = rows.into_iter().map(due).filter(|due| due.open_minor() > 0).collect();
    let partners: Vec<PartnerId> = unpaid.iter().map(|due| due.row.partner_id).collect();
    let accounts = accounts(tx, programme, &partners).await?;
    let with_account = |due: Due| {
        let account = accounts.get(&due.row.partner_id).cloned();
        (due, account)
    };
    Ok(unpaid.into_iter().map(with_account).collect())
}

fn can_move(due: &Due, account: Option<&Account>) -> bool {
    let fetched = due.row.direction == PaymentDirection::Collect;
    account.is_some_and(|account| !fetched || account.mandate.is_some())
}

/// The file, and the message id that it has.
fn written(
    rules: &Rules,
    cycle: &settlement_cycle::Model,
    direction: PaymentDirection,
    unpaid: Vec<(Due, Option<Account>)>,
) -> Result<(String, String)> {
    let programme = &rules.programme;
    let debtor = programme.debtor_name.clone().zip(programme.debtor_iban.clone());
    let (name, iban) = debtor.ok_or(Refusal::new(Code::DebtorMissing))?;
    let own = Party { name, iban, bic: programme.debtor_bic.clone() };
    let made_at = unpaid.iter().map(|(due, _)| due.row.made_at).max().unwrap_or_default();
    let group = |id: &str| Group {
        id: id.to_owned(),
        made_at,
        currency: programme.currency,
        own: own.clone(),
    };
    let text = format!("{} {}", programme.code, cycle_name(cycle));
    match direction {
        PaymentDirection::Pay => {
            let all = unpaid.into_iter().map(|one| transfer(rules, one, &text));
            let all = all.collect::<Result<Vec<Transfer>>>()?;
            named(|id| transfers(&group(id), &all))
        }
        PaymentDirection::Collect => {
            let creditor = programme.creditor_id.clone();
            let creditor = creditor.ok_or(Refusal::new(Code::CreditorIdMissing))?;
            let all = unpaid.into_iter().map(|one| collection(rules, one, &text));
            let all = all.collect::<Result<Vec<Collection>>>()?;
            named(|id| collections(&group(id), &creditor, &all))
        }
    }
}

/// The file under an id that is a hash of what it says.
fn named(file: impl Fn(&str) -> Result<String>) -> Result<(String, String)> {
    let id = format!("FL{}", bank::hash(&file("FL")?, 22));
    let file = file(&id)?;
    Ok((id, file))
}

fn transfer(rules: &Rules, (due, account): (Due, Option<Account>), text: &str) -> Result<Transfer> {
    let (creditor, _) = parts(account)?;
    Ok(Transfer {
        amount_minor: due.open_minor(),
        executes_on: executes_on(rules, due.row.made_at, due.row.due_on.date()),
        remittance: format!("{text} {}", due.row.reference),
        id: due.row.reference,
        creditor,
    })
}

fn collection(
    rules: &Rules,
    (due, account): (Due, Option<Account>),
    text: &str,
) -> Result<Collection> {
    let (debtor, mandate) = parts(account)?;
    Ok(Collection {
        amount_minor: due.open_minor(),
        executes_on: executes_on(rules, due.row.made_at, due.row.due_on.date()),
        remittance: format!("{text} {}", due.row.reference),
        id: due.row.reference,
        debtor,
        mandate: mandate.ok_or_else(|| Error::internal("nobody lets that be fetched"))?,
    })
}

fn parts(account: Option<Account>) -> Result<(Party, Option<Mandate>)> {
    let account = account.ok_or_else(|| Error::internal("a payment without an account"))?;
    Ok((account.party, account.mandate))
}

/// When it is due, on a bank day after the one on which that was said.
fn executes_on(rules: &Rules, made_at: DateTime<Utc>, due_on: NaiveDate) -> NaiveDate {
    let made_on = made_at.with_timezone(&rules.zone).date_naive();
    days::on_or_after(due_on).max(days::after(made_on))
}
