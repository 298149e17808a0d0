//! A member gives points to another of the same programme.

use entity::amount::Points;
use entity::ids::{EntryId, MemberId};
use entity::ledger::entry;
use serde::Serialize;

use super::core::{Action, Command};
use super::reason::Cause;
use super::{Ledger, apply_one, find_entry};
use crate::actor::Actor;
use crate::error::Result;
use crate::members::{MemberRef, may_earn, may_spend, resolve};
use crate::payments::above_zero;
use crate::refusal::{Code, Refusal};
use crate::tx::retrying;
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
        let rules = self.programmes.rules(programme).await?;
        let note = text::clean_option(wish.note.as_deref(), 200, Code::ReasonInvalid)
            .map_err(|r| r.at("note"))?;
        let canonical =
            Canonical { from, to: wish.to.canonical(), points: wish.points, note: note.as_deref() };
        let key = keys::key(actor, &wish.idempotency_key, "transferPoints", &canonical)?;
        above_zero(wish.points)?;
        let now = self.clock.now();
        let outcome = retrying(|| async {
            let tx = self.db.begin().await?;
            let giver = MemberRef::Id(from);
            let resolved =
                resolve(tx.connection(), programme, [giver.clone(), wish.to.clone()]).await?;
            let giver = resolved.member(&giver)?;
            may_spend(giver.status)?;
            let taker = resolved.member(&wish.to).map_err(|refusal| refusal.at("to"))?;
            may_earn(taker.status).map_err(|refusal| refusal.at("to"))?;
            if giver.wallet_id == taker.wallet_id {
                return Err(Refusal::new(Code::SameWallet).at("to").into());
            }
            let command = Command {
                entry: EntryId::at(now),
                wallet: giver.wallet_id,
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
                action: Action::Transfer { to: taker.wallet_id, points: wish.points },
            };
            let receipt = apply_one(&tx, rules.for_ledger(), command).await?;
            tx.commit(receipt).await
        })
        .await;
        let receipt = keys::or_earlier(&self.db, programme, &key, outcome).await?;
        let entry = find_entry(self.db.primary(), programme, &receipt).await?;
        Ok(Transferred { entry, is_replay: receipt.is_replay })
    }
}
