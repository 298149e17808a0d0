//! A payout run as the bank takes it: its payouts as transfers from the account that its row names.
//! Pure: the same run gives the same bytes.

use entity::cashback::payout_run;
use entity::ids::PayoutId;

use super::bank_accounts::Account;
use crate::bank::{Group, Party, Transfer, transfers};
use crate::error::{Error, Result};

/// One payment.
pub(super) struct Payment {
    pub(super) payout: PayoutId,
    pub(super) amount_minor: i64,
    pub(super) account: Account,
}

/// The file of a run; `remittance` is what members read on their statements.
pub(super) fn document(
    run: &payout_run::Model,
    payments: Vec<Payment>,
    remittance: &str,
) -> Result<String> {
    let own = Party {
        name: run.debtor_name.clone(),
        iban: run.debtor_iban.clone(),
        bic: run.debtor_bic.clone(),
    };
    let group = Group { id: run.id.to_string(), made_at: run.made_at, currency: run.currency, own };
    let executes_on = run.executes_on.parse().map_err(Error::internal)?;
    let transfer = |payment: Payment| Transfer {
        id: payment.payout.to_string(),
        amount_minor: payment.amount_minor,
        executes_on,
        creditor: Party { name: payment.account.holder, iban: payment.account.iban, bic: None },
        remittance: remittance.to_owned(),
    };
    transfers(&group, &payments.into_iter().map(transfer).collect::<Vec<_>>())
}
