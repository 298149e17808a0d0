//! Partners' bank accounts: where they are paid, and where they let money be fetched from.
//!
//! Who changes where money goes can take it, and asks in a partner's name as a rule: so each account takes two
//! operators, the first one too. The newest holds, and none is ever rewritten. An account that another has
//! overtaken since it was proposed isn't set: its proposer saw something else.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::ids::{PartnerId, ProgrammeId};
use entity::partners::partner_bank_account::{self, Model};
use entity::proposals::proposal;
use sea_orm::{ActiveModelTrait, ConnectionTrait, IntoActiveModel};
use serde::{Deserialize, Serialize};

use super::{Partners, lock};
use crate::actor::{Actor, Scope};
use crate::audit::{self, Change};
use crate::bank::{Mandate, Party, iban, latin};
use crate::error::{Error, Result};
use crate::proposals::{self, Wish};
use crate::refusal::{Code, Refusal};
use crate::rows::find_among;
use crate::text;
use crate::tx::{Tx, retrying};

/// The most characters of a holder's name that banks take.
const HOLDER_MAX: usize = 70;
/// How much later than in UTC it may be somewhere.
const AHEAD_HOURS: i64 = 14;

/// A partner's account, as an operator names it.
#[derive(Clone, Debug)]
pub struct SetAccount {
    /// Whose.
    pub partner: PartnerId,
    /// The account.
    pub account: Party,
    /// Leave to fetch money from it; none is to pay to it alone.
    pub mandate: Option<Mandate>,
}

/// An account, as a proposal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Planned {
    partner_id: PartnerId,
    holder: String,
    iban: String,
    bic: Option<String>,
    mandate: Option<Mandate>,
    /// The account that the operator saw; 0 where there was none.
    expected_version: i32,
}

/// The account that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// Who is paid there.
    pub(crate) party: Party,
    /// Leave to fetch money from it.
    pub(crate) mandate: Option<Mandate>,
    /// Counts the partner's accounts.
    pub(crate) version: i32,
}

impl Partners {
    /// Proposes another account for a partner; none where it has that very one.
    pub async fn set_account(
        &self,
        actor: &Actor,
        wish: SetAccount,
    ) -> Result<Option<proposal::Model>> {
        let (programme, operator) = actor.operator(Scope::PartnersWrite)?;
        let at = self.clock.now();
        let SetAccount { partner, account, mandate } = wish;
        let party = checked(account)?;
        let mandate = mandate.map(|mandate| signed(mandate, at)).transpose()?;
        retrying(|| async {
            let tx = self.db.begin().await?;
            lock(&tx, programme, partner).await?;
            let before = accounts(&tx, programme, &[partner]).await?.remove(&partner);
            let expected_version = before.as_ref().map_or(0, |before| before.version);
            if before.is_some_and(|it| it.party == party && it.mandate == mandate) {
                return Ok(None);
            }
            let wish = Wish::SetPartnerBankAccount(Planned {
                partner_id: partner,
                holder: party.name.clone(),
                iban: party.iban.clone(),
                bic: party.bic.clone(),
                mandate: mandate.clone(),
                expected_version,
            });
            let made = proposals::make(&tx, actor, (programme, operator), &wish, at).await?;
            tx.commit(Some(made)).await
        })
        .await
    }

    /// The accounts of partners that hold: all to operators, its own to a partner, none to others. Whoever
    /// shows one masks its number.
    pub async fn bank_accounts(&self, actor: &Actor, partners: &[PartnerId]) -> Result<Vec<Model>> {
        let programme = actor.programme()?;
        let mut seen = partners.to_vec();
        seen.retain(|partner| Self::may_see_terms(actor, *partner));
        newest(self.db.reader_for(actor), programme, &seen).await
    }
}

/// The accounts of partners that hold.
pub(crate) async fn accounts(
    tx: &Tx,
    programme: ProgrammeId,
    partners: &[PartnerId],
) -> Result<HashMap<PartnerId, Account>> {
    let rows = newest(tx.connection(), programme, partners).await?;
    rows.into_iter().map(|row| Ok((row.partner_id, Account::of(row)?))).collect()
}

/// Sets what two operators agreed on.
pub(crate) async fn apply(
    tx: &Tx,
    actor: &Actor,
    planned: Planned,
    proposal: &proposal::Model,
    at: DateTime<Utc>,
) -> Result<()> {
    let (programme, partner) = (proposal.programme_id, planned.partner_id);
    lock(tx, programme, partner).await?;
    let before = accounts(tx, programme, &[partner]).await?.remove(&partner);
    let version = before.as_ref().map_or(0, |before| before.version);
    if version != planned.expected_version {
        return Err(Error::Conflict(version));
    }
    let mandate = planned.mandate;
    let row = Model {
        programme_id: programme,
        partner_id: partner,
        version: version + 1,
        holder: planned.holder,
        iban: planned.iban,
        bic: planned.bic,
        mandate_reference: mandate.as_ref().map(|mandate| mandate.reference.clone()),
        mandate_scheme: mandate.as_ref().map(|mandate| mandate.scheme),
        mandate_signed_on: mandate.map(|mandate| mandate.signed_on.to_string()),
        set_at: at,
        proposal_id: proposal.id,
    };
    let row = row.into_active_model().insert(tx.connection()).await?;
    let (before, after) = (before.as_ref().map(seen), seen(&Account::of(row)?));
    let before = before.unwrap_or_default();
    let change = Change {
        action: "partner.bank_account_set",
        subject: partner.to_string(),
        before: if before.is_null() { None } else { Some(&before) },
        after: Some(&after),
    };
    audit::append(tx, actor, programme, at, change).await
}

impl Account {
    fn of(row: Model) -> Result<Self> {
        let mandate = match (row.mandate_reference, row.mandate_scheme, row.mandate_signed_on) {
            (Some(reference), Some(scheme), Some(signed_on)) => {
                let signed_on = signed_on.parse().map_err(Error::internal)?;
                Some(Mandate { reference, signed_on, scheme })
            }
            _ => None,
        };
        let party = Party { name: row.holder, iban: row.iban, bic: row.bic };
        Ok(Self { party, mandate, version: row.version })
    }
}

/// The last version of each.
async fn newest<C: ConnectionTrait>(
    db: &C,
    programme: ProgrammeId,
    partners: &[PartnerId],
) -> Result<Vec<Model>> {
    let ids = partners.iter().map(|partner| partner.uuid());
    let column = partner_bank_account::Column::PartnerId;
    let last = "and not exists (select 1 from partner_bank_account later \
        where later.programme_id = partner_bank_account.programme_id \
        and later.partner_id = partner_bank_account.partner_id \
        and later.version > partner_bank_account.version)";
    find_among::<partner_bank_account::Entity, _>(db, programme, column, ids, last).await
}

/// An account as a bank takes it.
fn checked(account: Party) -> Result<Party, Refusal> {
    let iban = iban::electronic(&account.iban)?;
    let bic = account.bic.as_deref().map(iban::bic).transpose()?;
    let wrong = |message: String| Refusal::new(Code::NameInvalid).because(message).at("holder");
    let name = text::clean(&account.name, HOLDER_MAX, Code::NameInvalid).map_err(|_| {
        wrong(format!("The holder's name has 1 to {HOLDER_MAX} printable characters."))
    })?;
    if latin::name(&name).is_none() {
        let message = "Nothing of the holder's name can be written in Latin letters, as banks do.";
        return Err(wrong(message.to_owned()));
    }
    Ok(Party { name, iban, bic })
}

/// A mandate as a bank takes it, which somebody has signed by now.
fn signed(mandate: Mandate, at: DateTime<Utc>) -> Result<Mandate, Refusal> {
    let refused = |path: &str, message: String| {
        Err(Refusal::new(Code::MandateInvalid).because(message).at(path))
    };
    let Some(reference) = latin::reference(mandate.reference.trim()) else {
        let message = "A mandate's reference has 1 to 35 letters A to Z, digits and signs out of \
            /-?:().,'+ and spaces, and no slash at an end or beside another.";
        return refused("mandate.reference", message.to_owned());
    };
    let today = (at + TimeDelta::hours(AHEAD_HOURS)).date_naive();
    if !(NaiveDate::default()..=today).contains(&mandate.signed_on) {
        let message =
            format!("The mandate was signed between 1970 and today, not {}.", mandate.signed_on);
        return refused("mandate.signedOn", message);
    }
    Ok(Mandate { reference, ..mandate })
}

/// What the audit trail shows of an account.
fn seen(account: &Account) -> serde_json::Value {
    let Account { party, mandate, version } = account;
    serde_json::json!({ "holder": party.name, "iban": party.iban, "bic": party.bic,
        "mandate": mandate, "version": version })
}
