//! A member gives points to another of the same programme.

use entity::amount::Points;
use entity::ids::{EntryId, MemberId, WalletId};
use entity::ledger::entry;
use serde::Serialize;
use uuid::Uuid;

use super::Ledger;
use super::core::{Action, Command};
use super::reason::Cause;
use crate::actor::Actor;
use crate::error::Result;
use crate::members::{MemberRef, Resolved, may_earn, may_spend};
use crate::payments::above_zero;
use crate::refusal::{Code, Refusal};
use crate::writes::Move;
use crate::{keys, text};

/// Points to be given.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// To whom: a member id or a card number.
    pub to: MemberRef,
    /// How many.
    pub points: Points,
    /// What the giver writes; both see it.
    pub note: Option<String>,
    /// The caller's key.
    pub idempotency_key: String,
}

/// What giving did.
#[derive(Clone, Debug)]
pub struct Transferred {
    /// The giver's entry.
    pub entry: entry::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

#[derive(Serialize)]
struct Canonical<'a> {
    from: MemberId,
    to: String,
    points: Points,
    note: Option<&'a str>,
}

impl Ledger {
    /// Gives points of the caller's own wallet.
    pub async fn transfer(&self, actor: &Actor, wish: Transfer) -> Result<Transferred> {
        let (programme, from) = actor.member()?;
        let note = text::clean_option(wish.note.as_deref(), 200, Code::ReasonInvalid)
            .map_err(|r| r.at("note"))?;
        let canonical =
            Canonical { from, to: wish.to.canonical(), points: wish.points, note: note.as_deref() };
        let key = keys::key(actor, &wish.idempotency_key, "transferPoints", &canonical)?;
        above_zero(wish.points)?;
        let now = self.clock.now();
        let (giver, to, points) = (MemberRef::Id(from), wish.to.clone(), wish.points);
        let command = Command {
            entry: EntryId::at(now),
            wallet: WalletId::from_uuid(Uuid::nil()),
            key: Some(key.clone()),
            actor: actor.to_string(),
            origin: actor.origin().to_owned(),
            partner: None,
            store: None,
            purchase: None,
            occurred_at: now,
            recorded_at: now,
            is_history: false,
            cause: Cause::Transfer { note: note.clone() },
            action: Action::Settle,
        };
        let members = vec![giver.clone(), to.clone()];
        let wish = Move::of_members(&key, members, move |found| {
            let (wallet, to) = wallets(&found.members, &giver, &to)?;
            let action = Action::Transfer { to, points };
            Ok(Command { wallet, action, ..command.clone() })
        });
        let outcome = self.writes.make(programme, wish).await;
        let mut made = self.writes.or_earlier(programme, &key, outcome).await?;
        let entry = self.writes.entry(programme, &mut made).await?;
        Ok(Transferred { entry, is_replay: made.is_replay() })
    }
}

/// The giver's and the taker's.
fn wallets(
    members: &Resolved,
    giver: &MemberRef,
    to: &MemberRef,
) -> Result<(WalletId, WalletId), Refusal> {
    let giver = members.member(giver)?;
    may_spend(giver.status)?;
    let taker = members.member(to).and_then(|taker| may_earn(taker.status).map(|()| taker));
    let taker = taker.map_err(|refusal| refusal.at("to"))?;
    if giver.wallet_id == taker.wallet_id {
        return Err(Refusal::new(Code::SameWallet).at("to"));
    }
    Ok((giver.wallet_id, taker.wallet_id))
}
