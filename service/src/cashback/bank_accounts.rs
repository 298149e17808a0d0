//! Members' bank accounts: one each, sealed at rest, shown masked, gone when the member says so.
//!
//! A number leaves its seal for one purpose: into the file of a payout run.

use std::fmt;

use entity::cashback::bank_account;
use entity::ids::{MemberId, PayoutId, ProgrammeId};
use entity::members::member::MemberStatus;
use entity::secret::SecretBytes;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};

use super::{Cashback, lock_member};
use crate::actor::{Actor, Who};
use crate::audit::{self, Change};
use crate::auth::MasterKey;
use crate::bank::{iban, latin};
use crate::error::{Error, Result};
use crate::refusal::{Code, Refusal};
use crate::seal::{seal, unseal};
use crate::text;
use crate::tx::{Tx, retrying};

/// The most characters of a holder's name that banks take.
const HOLDER_MAX: usize = 70;

/// A bank account that a member names.
#[derive(Clone)]
pub struct SetBankAccount {
    /// Its number, with or without spaces.
    pub iban: String,
    /// Whose it is, as the bank knows it.
    pub holder: String,
}

/// An account as the bank needs it. Never printed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) iban: String,
    pub(super) holder: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What a sealed account belongs to; it opens nowhere else.
pub(super) enum Place {
    /// A member.
    Member(ProgrammeId, MemberId),
    /// One of a member's payouts.
    Payout(ProgrammeId, MemberId, PayoutId),
}

impl Place {
    fn name(&self) -> String {
        match self {
            Self::Member(programme, member) => format!("bank-account/{programme}/{member}"),
            Self::Payout(programme, member, payout) => {
                format!("payout/{programme}/{member}/{payout}")
            }
        }
    }
}

impl Account {
    pub(super) fn sealed(&self, key: &MasterKey, place: &Place) -> Result<SecretBytes> {
        let plain = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(SecretBytes::new(seal(key, &place.name(), &plain)?))
    }

    pub(super) fn opened(key: &MasterKey, place: &Place, sealed: &SecretBytes) -> Result<Self> {
        let plain = unseal(key, &place.name(), sealed.expose())?;
        // What a parser says of it could repeat some of it.
        serde_json::from_slice(&plain).map_err(|_| Error::internal("a sealed account isn't one"))
    }
}

impl Cashback {
    /// Sets the bank account that the caller's cashback is paid to. What was asked for before is paid
    /// to the account of that time.
    pub async fn set_bank_account(
        &self,
        actor: &Actor,
        wish: SetBankAccount,
    ) -> Result<bank_account::Model> {
        let (programme, member) = actor.member()?;
        let iban = iban::electronic(&wish.iban)?;
        let holder = text::clean(&wish.holder, HOLDER_MAX, Code::NameInvalid);
        let holder = holder.map_err(|refusal| {
            let message = format!("The holder's name has 1 to {HOLDER_MAX} printable characters.");
            refusal.because(message).at("holder")
        })?;
        if latin::name(&holder).is_none() {
            let message =
                "Nothing of the holder's name can be written in Latin letters, as banks do.";
            return Err(Refusal::new(Code::NameInvalid).because(message).at("holder").into());
        }
        let masked = iban::masked(&iban);
        let account = Account { iban, holder };
        let place = Place::Member(programme, member);
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            if lock_member(&tx, programme, member).await?.status == MemberStatus::Closed {
                return Err(Code::MemberClosed.into());
            }
            let row = bank_account::Model {
                programme_id: programme,
                member_id: member,
                sealed: account.sealed(&self.master_key, &place)?,
                masked: masked.clone(),
                set_at: at,
            };
            let before = find(&tx, programme, member).await?;
            let new = row.clone().into_active_model();
            match before {
                Some(_) => drop(new.reset_all().update(tx.connection()).await?),
                None => drop(new.insert(tx.connection()).await?),
            }
            note(&tx, actor, (programme, member), "bank_account.set", at).await?;
            tx.commit(row).await
        })
        .await
    }

    /// Removes the caller's bank account; says whether there was one.
    pub async fn remove_bank_account(&self, actor: &Actor) -> Result<bool> {
        let (programme, member) = actor.member()?;
        retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            lock_member(&tx, programme, member).await?;
            if find(&tx, programme, member).await?.is_none() {
                return Ok(false);
            }
            let own = bank_account::Entity::delete_by_id((programme, member));
            own.exec(tx.connection()).await?;
            note(&tx, actor, (programme, member), "bank_account.removed", at).await?;
            tx.commit(true).await
        })
        .await
    }

    /// The bank accounts of members, masked: all to operators, its own to a member, none to others.
    pub async fn bank_accounts(
        &self,
        actor: &Actor,
        members: &[MemberId],
    ) -> Result<Vec<bank_account::Model>> {
        let programme = actor.programme()?;
        let query = bank_account::Entity::find()
            .filter(bank_account::Column::ProgrammeId.eq(programme))
            .filter(bank_account::Column::MemberId.is_in(members.iter().copied()));
        let query = match actor.who() {
            Who::Operator(_) | Who::System => query,
            Who::Member(own) => query.filter(bank_account::Column::MemberId.eq(own)),
            Who::Partner(..) | Who::Anonymous => return Ok(Vec::new()),
        };
        Ok(query.all(self.db.reader_for(actor)).await?)
    }
}

/// The member's account, unsealed.
pub(super) async fn account(
    tx: &Tx,
    key: &MasterKey,
    programme: ProgrammeId,
    member: MemberId,
) -> Result<(Account, String)> {
    let row = find(tx, programme, member).await?;
    let row = row.ok_or(Refusal::new(Code::BankAccountMissing))?;
    let account = Account::opened(key, &Place::Member(programme, member), &row.sealed)?;
    Ok((account, row.masked))
}

async fn find(
    tx: &Tx,
    programme: ProgrammeId,
    member: MemberId,
) -> Result<Option<bank_account::Model>> {
    let query = bank_account::Entity::find_by_id((programme, member));
    Ok(query.one(tx.connection()).await?)
}

/// That it was done; never what was said.
async fn note(
    tx: &Tx,
    actor: &Actor,
    (programme, member): (ProgrammeId, MemberId),
    action: &'static str,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let change = Change { action, subject: member.to_string(), before: None, after: None };
    audit::append(tx, actor, programme, at, change).await
}
