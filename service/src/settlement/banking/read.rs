//! What bank transactions are compared with, and bank transactions as they are read.

use std::collections::{BTreeSet, HashMap};

use entity::ids::{BankTransactionId, PartnerId, ProgrammeId};
use entity::partners::partner_bank_account;
use entity::settlement::bank_transaction::{self, BankDirection, BankTransactionStatus, Model};
use entity::settlement::payment_instruction::{self as instruction, PaymentDirection};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Select};
use uuid::Uuid;

use super::matching::{self, Books};
use crate::actor::{Actor, Scope};
use crate::bank::statement::Transaction;
use crate::error::Result;
use crate::page::{Page, Window};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::{find_among, find_among_texts};
use crate::settlement::{Due, Settlement, payments};
use crate::tx::Tx;

impl Settlement {
    /// Bank transactions, oldest first, for operators.
    pub async fn bank_transactions(
        &self,
        actor: &Actor,
        status: Option<BankTransactionStatus>,
        window: Window<Uuid>,
    ) -> Result<Page<Model>> {
        let mut query = visible(actor)?;
        if let Some(status) = status {
            query = query.filter(bank_transaction::Column::Status.eq(status));
        }
        let by_age = query.cursor_by(bank_transaction::Column::Id);
        window.read(self.db.reader_for(actor), by_age).await
    }

    /// Bank transactions by id; none to those who may not see them.
    pub async fn bank_transactions_by_ids(
        &self,
        actor: &Actor,
        ids: &[BankTransactionId],
    ) -> Result<Vec<Model>> {
        let Ok(query) = visible(actor) else { return Ok(Vec::new()) };
        let query = query.filter(bank_transaction::Column::Id.is_in(ids.iter().copied()));
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

fn visible(actor: &Actor) -> Result<Select<bank_transaction::Entity>> {
    let (programme, _) = actor.operator(Scope::SettlementRead)?;
    Ok(bank_transaction::Entity::find().filter(bank_transaction::Column::ProgrammeId.eq(programme)))
}

/// What these transactions name of what is to be paid.
pub(super) async fn books(
    tx: &Tx,
    rules: &Rules,
    account: &str,
    transactions: &[&Transaction],
) -> Result<Books> {
    let own = rules.programme.debtor_iban.as_deref();
    let own = own.ok_or(Refusal::new(Code::DebtorMissing))?;
    let names: BTreeSet<String> =
        transactions.iter().flat_map(|one| matching::named(one)).collect();
    let (db, column) = (tx.connection(), instruction::Column::Reference);
    let rows = find_among_texts::<instruction::Entity, _>(db, rules.id(), column, names).await?;
    let due = with_paid(tx, rules.id(), rows).await?;
    Ok(Books {
        is_own_account: own == account,
        currency: rules.programme.currency,
        instructions: due.into_iter().map(|due| (due.row.reference.clone(), due)).collect(),
    })
}

async fn with_paid(
    tx: &Tx,
    programme: ProgrammeId,
    rows: Vec<instruction::Model>,
) -> Result<Vec<Due>> {
    let references: Vec<String> = rows.iter().map(|row| row.reference.clone()).collect();
    let paid = payments::paid(tx.connection(), programme, references).await?;
    let due =
        |row: instruction::Model| Due { paid_minor: *paid.get(&row.reference).unwrap_or(&0), row };
    Ok(rows.into_iter().map(due).collect())
}

/// Finds for proposals that name nothing what they may be payments of: what is open, in their direction, of
/// the partner whose account the money came from or went to; of several the one of that amount, or the oldest.
pub(super) async fn suggest(
    tx: &Tx,
    programme: ProgrammeId,
    rows: &mut [Model],
    transactions: &[Transaction],
) -> Result<()> {
    let ibans: HashMap<&str, &str> = transactions
        .iter()
        .filter_map(|one| Some((one.bank_reference.as_str(), one.counterparty_iban.as_deref()?)))
        .collect();
    let is_open = |row: &&mut Model| row.doubt.is_some() && row.likely_reference.is_none();
    let mut rows: Vec<&mut Model> = rows.iter_mut().filter(is_open).collect();
    let wanted: BTreeSet<String> = rows
        .iter()
        .filter_map(|row| ibans.get(row.bank_reference.as_str()).map(|&iban| iban.to_owned()))
        .collect();
    let (db, column) = (tx.connection(), partner_bank_account::Column::Iban);
    let accounts =
        find_among_texts::<partner_bank_account::Entity, _>(db, programme, column, wanted).await?;
    let partners: HashMap<String, PartnerId> =
        accounts.into_iter().map(|row| (row.iban, row.partner_id)).collect();
    let open = open_of(tx, programme, partners.values().copied()).await?;
    for row in &mut rows {
        let partner = ibans.get(row.bank_reference.as_str()).and_then(|&iban| partners.get(iban));
        let Some(partner) = partner else { continue };
        let direction = match row.direction {
            BankDirection::Credit => PaymentDirection::Collect,
            BankDirection::Debit => PaymentDirection::Pay,
        };
        let fits = |due: &&Due| due.row.partner_id == *partner && due.row.direction == direction;
        let of_amount = open.iter().filter(fits).find(|due| due.open_minor() == row.amount_minor);
        let likely = of_amount.or_else(|| open.iter().find(fits));
        row.likely_reference = likely.map(|due| due.row.reference.clone());
    }
    Ok(())
}

/// What is open of these partners, oldest first.
async fn open_of(
    tx: &Tx,
    programme: ProgrammeId,
    partners: impl Iterator<Item = PartnerId>,
) -> Result<Vec<Due>> {
    let (db, column) = (tx.connection(), instruction::Column::PartnerId);
    let ids = partners.map(|partner| partner.uuid());
    let open = "and amount_minor > (select coalesce(sum(p.amount_minor), 0) from settlement_payment p \
        where p.programme_id = payment_instruction.programme_id \
        and p.reference = payment_instruction.reference) order by cycle, reference";
    let rows = find_among::<instruction::Entity, _>(db, programme, column, ids, open).await?;
    with_paid(tx, programme, rows).await
}
