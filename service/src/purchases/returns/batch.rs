//! Returns of many callers in one transaction: what is known of their receipts, what they command,
//! their rows.
//!
//! No receipt is returned to twice in a batch; lanes see to that, so that each return sees those before.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::coupons::coupon_redemption;
use entity::ids::{
    CouponId, EntryId, PartnerId, ProgrammeId, PurchaseId, ReturnId, RuleId, WalletId,
};
use entity::ledger::idempotency_key::{self, Outcome};
use entity::ledger::outbox::{self, FactKind};
use entity::purchases::{purchase, purchase_return};

use super::super::store;
use super::{Decision, Return, Returned, decide};
use crate::activity::Taken;
use crate::actor::Actor;
use crate::coupons;
use crate::earning::decide::By;
use crate::earning::state::Changes;
use crate::error::{Error, Result};
use crate::keys;
use crate::lanes::Name;
use crate::ledger::core::{Action, Command, Key};
use crate::ledger::reason::Cause;
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;
use crate::writes::{Rows, Verdicts};

/// One caller's return.
pub(crate) struct TakeBack {
    actor: String,
    origin: String,
    partner: PartnerId,
    key: Key,
    wish: Return,
    now: DateTime<Utc>,
    names: [Name; 2],
}

impl TakeBack {
    pub(super) fn of(
        actor: &Actor,
        partner: PartnerId,
        key: Key,
        wish: Return,
        now: DateTime<Utc>,
    ) -> Self {
        let names = [Name::of(&wish.purchase.uuid()), Name::of(&key.identity())];
        let (actor, origin) = (actor.to_string(), actor.origin().to_owned());
        Self { actor, origin, partner, key, wish, now, names }
    }

    /// What it is about.
    pub(crate) fn place(&self) -> Name {
        self.names[0]
    }

    /// Its receipt and its key.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    /// What is to be done.
    pub(crate) fn draft(
        &self,
        by: By<'_>,
        known: &Known,
        current: &HashMap<WalletId, WalletId>,
        commands: &mut Vec<Command>,
    ) -> Result<Draft> {
        let purchase = known.purchases.get(&self.wish.purchase);
        let purchase = purchase.filter(|purchase| purchase.partner_id == self.partner);
        let purchase = purchase.ok_or(Refusal::new(Code::PurchaseNotFound).at("purchaseId"))?;
        let earlier = known.returns.get(&purchase.id).map_or(&[][..], Vec::as_slice);
        if let Some(used) = known.keys.get(&self.key.identity()) {
            return replay(purchase, earlier, keys::outcome_of(used, &self.key)?);
        }
        if self.wish.occurred_at < purchase.occurred_at {
            return Err(Refusal::new(Code::OccurredBeforePurchase).at("occurredAt").into());
        }
        let wallet = match purchase.wallet_id {
            Some(wallet) => {
                let wallet = current.get(&wallet).copied();
                Some(wallet.ok_or_else(|| Error::internal("a receipt's wallet is nowhere"))?)
            }
            None => None,
        };
        let decision = decide(by, (purchase, wallet), earlier, &self.wish)?;
        let (number, before) = (decision.number, Taken::of(earlier));
        let used = known.used.get(&purchase.id).map_or(&[][..], Vec::as_slice);
        let bought = (&purchase.lines.0[..], &decision.left[..]);
        let coupons = coupons::back_of(used, bought, self.now);
        let changes = decision.rest.changes.clone();
        let row = purchase_return::Model {
            programme_id: purchase.programme_id,
            id: ReturnId::at(self.now),
            purchase_id: purchase.id,
            partner_id: purchase.partner_id,
            entry_id: purchase.wallet_id.map(|_| EntryId::at(self.now)),
            lines: decision.lines.clone(),
            taken: decision.rest.taken.clone(),
            amount_minor: decision.amount_minor,
            points: decision.rest.points,
            occurred_at: self.wish.occurred_at,
            recorded_at: self.now,
        };
        if let (Some(wallet), Some(entry)) = (wallet, row.entry_id) {
            commands.push(self.command(purchase, &row, decision, (wallet, entry)));
        }
        let returned =
            Returned { purchase_return: row, purchase: purchase.clone(), is_replay: false };
        Ok(Draft { returned, key: Some(self.key.clone()), number, before, changes, coupons })
    }

    fn command(
        &self,
        purchase: &purchase::Model,
        row: &purchase_return::Model,
        decision: Decision,
        (wallet, entry): (WalletId, EntryId),
    ) -> Command {
        Command {
            entry,
            wallet,
            key: Some(self.key.clone()),
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            partner: Some(purchase.partner_id),
            store: purchase.store_id,
            purchase: Some(purchase.id),
            occurred_at: row.occurred_at,
            recorded_at: row.recorded_at,
            is_history: false,
            cause: Cause::Return {
                return_id: row.id,
                receipt_number: purchase.receipt_number.clone(),
                amount_minor: row.amount_minor,
                earning: decision.rest.explanation,
            },
            action: Action::Return { issuer: purchase.partner_id, parts: decision.rest.parts },
        }
    }
}

/// What the books hold of receipts that come back, whose rows stay locked.
#[derive(Default)]
pub(crate) struct Known {
    purchases: HashMap<PurchaseId, purchase::Model>,
    returns: HashMap<PurchaseId, Vec<purchase_return::Model>>,
    keys: HashMap<(String, String), idempotency_key::Model>,
    /// The coupons that those receipts used.
    used: HashMap<PurchaseId, Vec<coupon_redemption::Model>>,
}

impl Known {
    /// Locks and reads it for all returns of a batch.
    pub(crate) async fn lock(tx: &Tx, programme: ProgrammeId, batch: &[&TakeBack]) -> Result<Self> {
        let ids = || batch.iter().map(|one| one.wish.purchase);
        let purchases = store::lock_all(tx, programme, ids()).await?;
        let returns = store::returns_of_all(tx, programme, ids()).await?;
        let keys = keys::used(tx, programme, batch.iter().map(|one| &one.key)).await?;
        let used = coupons::redemptions(tx.connection(), programme, ids()).await?;
        Ok(Self { purchases, returns, keys, used })
    }

    /// The coupons that may be given back.
    pub(crate) fn coupons(&self) -> impl Iterator<Item = CouponId> {
        self.used.values().flatten().filter_map(|own| own.coupon_id)
    }

    /// The rules that gave something for these receipts, by version.
    pub(crate) fn rules(&self) -> Vec<(RuleId, i32)> {
        let granted = self.purchases.values().flat_map(|purchase| &purchase.earning.granted);
        granted.map(|granted| (granted.rule, granted.version)).collect()
    }

    /// The wallets that had the points.
    pub(crate) fn wallets(&self) -> impl Iterator<Item = WalletId> {
        self.purchases.values().filter_map(|purchase| purchase.wallet_id)
    }
}

/// A return that is answered already, or that the gate decides.
pub(crate) struct Draft {
    returned: Returned,
    /// None if it was done before.
    key: Option<Key>,
    number: i64,
    changes: Changes,
    /// What had come back of the receipt earlier.
    before: Taken,
    /// What became of the receipt's coupons.
    coupons: Vec<coupon_redemption::Model>,
}

impl Draft {
    /// The answer, once the gate has decided.
    pub(crate) fn finish(self, verdicts: &mut Verdicts, rows: &mut Rows) -> Result<Returned> {
        let Self { returned, key, number, before, changes, coupons } = self;
        let Some(key) = key else { return Ok(returned) };
        let (row, purchase) = (&returned.purchase_return, &returned.purchase);
        if row.entry_id.is_some() {
            let wallet = verdicts.next()??.wallet;
            rows.activity.returned(wallet, purchase, before, Taken::of([row]));
        } else {
            let outcome = Outcome { wallet: None, entry: None, subject: Some(row.id.to_string()) };
            rows.keys.push(keys::row(row.programme_id, &key, outcome, row.recorded_at));
            // There is no entry to be the fact; the receipt's own was the first of its stream.
            rows.facts.push(outbox::Model {
                programme_id: row.programme_id,
                stream_id: purchase.id.uuid(),
                stream_seq: number,
                kind: FactKind::PurchaseKept,
                subject_id: purchase.id.uuid(),
            });
        }
        rows.changes.join(changes);
        rows.coupons.came_back(coupons);
        rows.returns.push(row.clone());
        Ok(returned)
    }
}

fn replay(
    purchase: &purchase::Model,
    returns: &[purchase_return::Model],
    earlier: &Outcome,
) -> Result<Draft> {
    let id: Option<ReturnId> = earlier.subject.as_deref().and_then(|id| id.parse().ok());
    let id = id.ok_or(Refusal::new(Code::IdempotencyKeyReused).at("idempotencyKey"))?;
    let found = returns.iter().find(|row| row.id == id).cloned();
    let purchase_return =
        found.ok_or_else(|| Error::internal("a key names a return that isn't there"))?;
    let returned = Returned { purchase_return, purchase: purchase.clone(), is_replay: true };
    let (before, changes, coupons) = (Taken::default(), Changes::default(), Vec::new());
    Ok(Draft { returned, key: None, number: 0, before, changes, coupons })
}
