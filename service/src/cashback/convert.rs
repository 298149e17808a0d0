//! Cashback becomes points, if the member asks: both books in one transaction.

use entity::amount::Points;
use entity::ids::EntryId;
use entity::ledger::entry;
use entity::ledger::lot::Terms;
use serde::Serialize;

use super::core::Action;
use super::{Cashback, gate, lock_member};
use crate::actor::Actor;
use crate::error::Result;
use crate::keys;
use crate::ledger::core::NewLot;
use crate::ledger::reason::Cause;
use crate::ledger::{apply_one, core as points, find_entry};
use crate::members::may_spend;
use crate::refusal::{Code, Refusal};
use crate::tx::retrying;

/// Money that a member wants as points.
#[derive(Clone, Debug, Serialize)]
pub struct Convert {
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The caller's key.
    #[serde(skip)]
    pub idempotency_key: String,
}

/// What converting did.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The points ledger's entry.
    pub entry: entry::Model,
    /// Whether it had been done before with the same key.
    pub is_replay: bool,
}

impl Cashback {
    /// Turns money of the caller's wallet into points, at the programme's rate.
    pub async fn convert(&self, actor: &Actor, wish: Convert) -> Result<Converted> {
        let (programme, member) = actor.member()?;
        let rules = self.programmes.rules(programme).await?;
        let key = keys::key(actor, &wish.idempotency_key, "convertCashback", &wish)?;
        let receipt = retrying(|| async {
            let at = self.clock.now();
            let tx = self.db.begin().await?;
            let row = lock_member(&tx, programme, member).await?;
            if let Some(earlier) = keys::earlier(&tx, programme, &key).await? {
                return replay(earlier);
            }
            may_spend(row.status)?;
            let points = worth(wish.amount_minor, rules.programme.points_per_minor)?;
            let lot = NewLot {
                part: 0,
                issuer: None,
                points,
                available_at: at,
                expires_at: rules.expires_at(at),
                terms: Terms::default(),
            };
            let credit = points::Command {
                entry: EntryId::at(at),
                wallet: row.wallet_id,
                key: Some(key.clone()),
                actor: actor.to_string(),
                origin: actor.origin().to_owned(),
                partner: None,
                store: None,
                purchase: None,
                occurred_at: at,
                recorded_at: at,
                is_history: false,
                cause: Cause::Cashback { amount_minor: wish.amount_minor },
                action: points::Action::Credit { lot },
            };
            let receipt = apply_one(&tx, rules.for_ledger(), credit).await?;
            let action = Action::Convert { amount_minor: wish.amount_minor, points };
            let command = gate::command(actor, row.wallet_id, action, at);
            gate::apply_one(&tx, programme, command).await?;
            tx.commit(receipt).await
        })
        .await?;
        let entry = find_entry(self.db.primary(), programme, &receipt).await?;
        Ok(Converted { entry, is_replay: receipt.is_replay })
    }
}

fn replay(earlier: entity::ledger::idempotency_key::Outcome) -> Result<points::Receipt> {
    match (earlier.entry, earlier.wallet) {
        (Some(entry), Some(wallet)) => {
            Ok(points::Receipt { entry, wallet, subject: earlier.subject, is_replay: true })
        }
        _ => Err(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey").into()),
    }
}

/// The points that an amount becomes.
fn worth(amount_minor: i64, points_per_minor: i64) -> Result<Points, Refusal> {
    if points_per_minor == 0 {
        return Err(Code::ConversionNotOffered.into());
    }
    if amount_minor <= 0 {
        return Err(Refusal::new(Code::AmountInvalid).at("amount"));
    }
    let points = amount_minor.checked_mul(points_per_minor);
    let points = points.and_then(|points| Points::new(points).ok());
    points.ok_or(Refusal::new(Code::Overflow).at("amount"))
}
