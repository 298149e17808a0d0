//! Writes that are one command under the caller's key: payments, holds, transfers.

use entity::ids::{EntryId, HoldId, ProgrammeId};
use entity::ledger::{entry, hold};

use super::{Done, Found, Verdicts, Write, Writes};
use crate::error::{Error, Result};
use crate::keys;
use crate::lanes::Name;
use crate::ledger;
use crate::ledger::core::{Command, Key, Receipt};
use crate::members::MemberRef;

/// Makes the command, once what it names is found.
type Decide = Box<dyn Fn(&Found) -> Result<Command> + Send + Sync>;

/// A wish that becomes a command.
pub(crate) struct Move {
    place: Name,
    names: Vec<Name>,
    pub(super) members: Vec<MemberRef>,
    pub(super) hold: Option<HoldId>,
    pub(super) payment: Option<EntryId>,
    command: Decide,
}

impl Move {
    /// One that is about members, first of all about the first.
    pub(crate) fn of_members(
        key: &Key,
        members: Vec<MemberRef>,
        command: impl Fn(&Found) -> Result<Command> + Send + Sync + 'static,
    ) -> Self {
        let place = members.first().map(|member| Name::of(&member));
        let own = Name::of(&key.identity());
        let names = vec![own];
        let place = place.unwrap_or(own);
        Self { place, names, members, hold: None, payment: None, command: Box::new(command) }
    }

    /// One that is about a hold.
    pub(crate) fn of_hold(
        key: &Key,
        hold: HoldId,
        command: impl Fn(&Found) -> Result<Command> + Send + Sync + 'static,
    ) -> Self {
        let wish = Self::of_members(key, Vec::new(), command).about(Name::of(&hold));
        Self { hold: Some(hold), ..wish }
    }

    /// One that is about a payment.
    pub(crate) fn of_payment(
        key: &Key,
        payment: EntryId,
        command: impl Fn(&Found) -> Result<Command> + Send + Sync + 'static,
    ) -> Self {
        let wish = Self::of_members(key, Vec::new(), command).about(Name::of(&payment));
        Self { payment: Some(payment), ..wish }
    }

    fn about(mut self, name: Name) -> Self {
        self.names.push(name);
        Self { place: name, ..self }
    }

    pub(super) fn place(&self) -> Name {
        self.place
    }

    pub(super) fn names(&self) -> &[Name] {
        &self.names
    }

    pub(super) fn command(&self, found: &Found) -> Result<Command> {
        (self.command)(found)
    }
}

/// What a move made.
pub(crate) struct Made {
    receipt: Receipt,
    /// Its entry, unless it was made before.
    entry: Option<entry::Model>,
    /// Its hold, likewise.
    hold: Option<hold::Model>,
}

impl Made {
    pub(super) fn of(verdicts: &mut Verdicts) -> Result<Self> {
        let receipt = verdicts.next()??;
        if receipt.is_replay {
            return Ok(Self::before(receipt));
        }
        let entry = verdicts.entry(receipt.entry);
        let hold = hold_of(&receipt).and_then(|id| verdicts.hold(id));
        Ok(Self { receipt, entry, hold })
    }

    fn before(receipt: Receipt) -> Self {
        Self { receipt, entry: None, hold: None }
    }

    /// Whether an earlier request with the same key had made it.
    pub(crate) fn is_replay(&self) -> bool {
        self.receipt.is_replay
    }
}

/// The hold that a receipt is about.
fn hold_of(receipt: &Receipt) -> Option<HoldId> {
    receipt.subject.as_deref().and_then(|id| id.parse().ok())
}

impl Writes {
    /// Has points moved, in a batch with others.
    pub(crate) async fn make(&self, programme: ProgrammeId, wish: Move) -> Result<Made> {
        match self.submit(programme, Write::Move(wish)).await? {
            Done::Made(made) => Ok(*made),
            _ => Err(Error::internal("a move was answered as something else")),
        }
    }

    /// The same request again is answered as the first time, whatever has changed since: a refusal
    /// counts only for a key that has made nothing. Without it a till that lost the first answer would
    /// hear that its payment was refused, which was made.
    pub(crate) async fn or_earlier(
        &self,
        programme: ProgrammeId,
        key: &Key,
        outcome: Result<Made>,
    ) -> Result<Made> {
        let Err(Error::Refused(refusal)) = outcome else { return outcome };
        let earlier = keys::earlier_receipt(&self.db, programme, key).await?;
        earlier.map(Made::before).ok_or(Error::Refused(refusal))
    }

    /// The entry that was made.
    pub(crate) async fn entry(
        &self,
        programme: ProgrammeId,
        made: &mut Made,
    ) -> Result<entry::Model> {
        match made.entry.take() {
            Some(entry) => Ok(entry),
            None => ledger::find_entry(self.db.primary(), programme, &made.receipt).await,
        }
    }

    /// The hold that was made or closed.
    pub(crate) async fn hold(
        &self,
        programme: ProgrammeId,
        made: &mut Made,
    ) -> Result<hold::Model> {
        if let Some(hold) = made.hold.take() {
            return Ok(hold);
        }
        let id = hold_of(&made.receipt);
        let id = id.ok_or_else(|| Error::internal("a hold's receipt names no hold"))?;
        ledger::find_hold(self.db.primary(), programme, made.receipt.wallet, id).await
    }
}
