//! Receipts of many callers in one transaction: what is known of them, what they command, their rows.
//!
//! No receipt's name comes twice in a batch; lanes see to that.

use std::collections::HashMap;

use entity::amount::{Currency, Points};
use entity::ids::{EntryId, ProgrammeId, PurchaseId};
use entity::ledger::outbox::{self, FactKind};
use entity::members::member;
use entity::purchases::purchase::{self, Line, Lines};
use entity::purchases::receipt_key;

use super::super::earn::{Earned, earn};
use super::super::rules::{self, Checked};
use super::super::store::{self, ReceiptName};
use super::super::{Mode, Receipt, Recorded};
use super::{Answer, buyer, name};
use crate::activity::Taken;
use crate::actor::Actor;
use crate::coupons::{self, CouponRef, Sale, Tried, Wanted as Coupons};
use crate::earning::books::{self as earning, Wanted};
use crate::earning::decide::By;
use crate::error::Result;
use crate::lanes::Name;
use crate::ledger::core::{Action, Command};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, Resolved};
use crate::refusal::{Code, Refusal};
use crate::tx::Tx;
use crate::writes::{Rows, Verdicts};

/// One caller's receipts, checked, each with its place among the answers.
pub(crate) struct Receipts {
    actor: String,
    origin: String,
    pub(super) mode: Mode,
    receipts: Vec<(usize, Checked)>,
    names: Vec<Name>,
}

impl Receipts {
    /// Receipts of different names.
    pub(super) fn of(actor: &Actor, mode: Mode, receipts: Vec<(usize, Checked)>) -> Self {
        Self {
            actor: actor.to_string(),
            origin: actor.origin().to_owned(),
            mode,
            names: receipts.iter().map(|(_, checked)| Name::of(&name(checked))).collect(),
            receipts,
        }
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.receipts.len()
    }

    /// Whom the first is about; itself, if nobody.
    pub(crate) fn place(&self) -> Name {
        let member = self.members().next();
        member
            .map(|member| Name::of(&member))
            .or(self.names.first().copied())
            .unwrap_or(Name::of(&""))
    }

    /// What each is known by.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }

    fn receipt_names(&self) -> impl Iterator<Item = ReceiptName> {
        self.receipts.iter().map(|(_, checked)| name(checked))
    }

    /// Whom they are about.
    pub(crate) fn members(&self) -> impl Iterator<Item = &MemberRef> {
        self.receipts.iter().filter_map(|(_, checked)| checked.receipt.member.as_ref())
    }

    /// What is known of its coupons, and of the buyers as far as those ask.
    pub(crate) fn want_coupons(&self, known: &Known, members: &Resolved, wanted: &mut Coupons) {
        for (_, checked) in self.receipts.iter().filter(|(_, own)| !known.has(own)) {
            let named = checked.receipt.member.as_ref();
            let buyer = named.and_then(|named| members.member(named).ok());
            wanted.sale(&checked.receipt.coupons, buyer.map(|buyer| buyer.id));
        }
    }

    /// What is to be done with each.
    pub(crate) fn draft(
        &self,
        programme: ProgrammeId,
        known: &Known,
        members: &Resolved,
        commands: &mut Vec<Command>,
    ) -> Draft {
        let mode = self.mode;
        let mut draft = Draft { mode, answers: Vec::new(), arrivals: Vec::new() };
        for (place, checked) in &self.receipts {
            if let Some(answer) = known.answer(checked) {
                draft.answers.push((*place, answer));
                continue;
            }
            if let Some(refusal) = &checked.standing {
                draft.answers.push((*place, Err(refusal.clone())));
                continue;
            }
            match buyer(members, checked.receipt.member.as_ref()) {
                Ok(buyer) => {
                    let mut arrival = Arrival::of(programme, *place, checked, buyer);
                    if let Some(member) = buyer {
                        arrival.earner = Some((commands.len(), member.clone()));
                        commands.push(self.command(checked, &arrival, member));
                    }
                    draft.arrivals.push(arrival);
                }
                Err(refusal) => draft.answers.push((*place, Err(refusal))),
            }
        }
        draft
    }

    fn command(&self, checked: &Checked, arrival: &Arrival, member: &member::Model) -> Command {
        let receipt = &checked.receipt;
        Command {
            entry: EntryId::at(checked.recorded_at),
            wallet: member.wallet_id,
            key: None,
            actor: self.actor.clone(),
            origin: self.origin.clone(),
            partner: Some(receipt.partner),
            store: checked.store,
            purchase: Some(arrival.purchase.id),
            occurred_at: receipt.occurred_at,
            recorded_at: checked.recorded_at,
            is_history: self.mode == Mode::Backfill,
            cause: Cause::Receipt {
                receipt_number: receipt.receipt_number.clone(),
                earning: checked.explanation.clone(),
            },
            // What it earns is decided once its wallet is locked.
            action: Action::Earn { lots: Vec::new() },
        }
    }
}

/// What the books hold of receipts that come again.
#[derive(Default)]
pub(crate) struct Known {
    keys: HashMap<ReceiptName, receipt_key::Model>,
    purchases: HashMap<PurchaseId, purchase::Model>,
    entries: HashMap<PurchaseId, (EntryId, Points)>,
}

impl Known {
    /// Reads it for all receipts of a batch.
    pub(crate) async fn read(
        tx: &Tx,
        programme: ProgrammeId,
        batch: impl Iterator<Item = &Receipts>,
    ) -> Result<Self> {
        let names: Vec<ReceiptName> = batch.flat_map(Receipts::receipt_names).collect();
        let keys = store::known_receipts(tx.connection(), programme, names.into_iter()).await?;
        let ids = || keys.values().map(|key| key.purchase_id);
        let purchases = store::purchases(tx, programme, ids()).await?;
        let entries = store::earned_entries(tx, programme, ids()).await?;
        Ok(Self { keys, purchases, entries })
    }

    fn has(&self, checked: &Checked) -> bool {
        self.keys.contains_key(&name(checked))
    }

    /// The first answer again, if the content is the same; none to a receipt that is new.
    fn answer(&self, checked: &Checked) -> Option<Answer> {
        let key = self.keys.get(&name(checked))?;
        let purchase = self.purchases.get(&key.purchase_id);
        let Some(purchase) = purchase.filter(|_| key.fingerprint == checked.fingerprint) else {
            return Some(Err(Refusal::new(Code::ReceiptReused).at("receiptNumber")));
        };
        let entry = self.entries.get(&key.purchase_id);
        Some(Ok(Recorded {
            purchase: purchase.clone(),
            entry: entry.map(|(id, _)| *id),
            points: entry.map_or_else(|| archived_points(purchase), |(_, points)| *points),
            is_replay: true,
        }))
    }
}

/// The receipt as a row, with what it earns without rules.
pub(in crate::purchases) fn draft_of(
    programme: ProgrammeId,
    checked: &Checked,
    buyer: Option<&member::Model>,
) -> purchase::Model {
    let receipt = &checked.receipt;
    let card_number = match &receipt.member {
        Some(MemberRef::Card(number)) => Some(number.clone()),
        _ => None,
    };
    purchase::Model {
        programme_id: programme,
        id: rules::new_id(checked),
        partner_id: receipt.partner,
        store_id: checked.store,
        receipt_number: receipt.receipt_number.clone(),
        channel: receipt.channel,
        member_id: buyer.map(|member| member.id),
        wallet_id: buyer.map(|member| member.wallet_id),
        card_number,
        occurred_at: receipt.occurred_at,
        recorded_at: checked.recorded_at,
        total_minor: receipt.total_minor,
        lines: Lines(receipt.lines.clone()),
        earning: checked.earning.clone(),
        points: checked.explanation.points,
        claimed_at: None,
    }
}

/// What a receipt without its entry has earned: the entry is archived, or there was no member.
fn archived_points(purchase: &purchase::Model) -> Points {
    purchase.wallet_id.map_or(Points::ZERO, |_| purchase.points)
}

/// A receipt on its way into the books.
struct Arrival {
    place: usize,
    key: receipt_key::Model,
    purchase: purchase::Model,
    /// The place of its command, and whose it is.
    earner: Option<(usize, member::Model)>,
    earned: Option<Earned>,
    sale: Option<Named>,
    tried: Vec<Tried>,
}

/// The coupons that a receipt names.
struct Named {
    coupons: Vec<CouponRef>,
    /// At the prices before them.
    lines: Vec<Line>,
    currency: Currency,
}

impl Named {
    fn of(receipt: &Receipt) -> Option<Self> {
        (!receipt.coupons.is_empty()).then(|| Self {
            coupons: receipt.coupons.clone(),
            lines: receipt.before_coupons(),
            currency: receipt.currency,
        })
    }
}

impl Arrival {
    fn of(
        programme: ProgrammeId,
        place: usize,
        checked: &Checked,
        buyer: Option<&member::Model>,
    ) -> Self {
        let receipt = &checked.receipt;
        let purchase = draft_of(programme, checked, buyer);
        let key = receipt_key::Model {
            programme_id: programme,
            partner_id: receipt.partner,
            scope: checked.scope.clone(),
            receipt_number: receipt.receipt_number.clone(),
            purchase_id: purchase.id,
            fingerprint: checked.fingerprint.clone(),
        };
        let sale = Named::of(receipt);
        Self { place, key, purchase, earner: None, earned: None, sale, tried: Vec::new() }
    }

    /// Decides which of its coupons are used, before what it earns: that may be more by them.
    fn try_coupons(&mut self, known: &mut coupons::Known) {
        let Some(named) = &self.sale else { return };
        let purchase = &mut self.purchase;
        let sale = Sale {
            partner: purchase.partner_id,
            buyer: purchase.member_id,
            at: purchase.occurred_at,
            currency: named.currency,
            lines: &named.lines,
        };
        self.tried = known.tried(&sale, &named.coupons);
        known.take(&self.tried, purchase.member_id, purchase.id);
        purchase.earning.coupon_bp = coupons::factor_bp(&self.tried);
        // What waits for its buyer tells what it would earn.
        if purchase.earning.coupon_bp.is_some()
            && let Ok(base) = crate::earning::base(&purchase.earning, &purchase.lines.0)
        {
            purchase.points = base.points;
        }
    }

    /// Decides what it earns, and puts that into its command.
    fn decide(&mut self, by: By<'_>, known: &mut earning::Known, commands: &mut [Command]) {
        let Some((place, member)) = &self.earner else { return };
        let Some(command) = commands.get_mut(*place) else { return };
        self.earned = earn(by, known, (&mut self.purchase, None), member, command);
    }

    /// The rows of a receipt that stands, and a fact if it has no entry to be one.
    fn store(self, entry: Option<EntryId>, rows: &mut Rows) -> Recorded {
        let Self { key, purchase, earned, tried, .. } = self;
        rows.coupons.used(&purchase, tried);
        if let Some(earned) = earned {
            rows.changes.join(earned.changes);
        }
        if entry.is_none() {
            rows.facts.push(outbox::Model {
                programme_id: purchase.programme_id,
                stream_id: purchase.id.uuid(),
                stream_seq: 0,
                kind: FactKind::PurchaseKept,
                subject_id: purchase.id.uuid(),
            });
        }
        if let (Some(_), Some(wallet)) = (entry, purchase.wallet_id) {
            rows.activity.bought(wallet, &purchase, Taken::default());
        }
        rows.receipt_keys.push(key);
        rows.purchases.push(purchase.clone());
        let points = if entry.is_some() { purchase.points } else { Points::ZERO };
        Recorded { purchase, points, entry, is_replay: false }
    }
}

/// Receipts that are answered already, and those that the gate decides.
pub(crate) struct Draft {
    mode: Mode,
    answers: Vec<(usize, Answer)>,
    arrivals: Vec<Arrival>,
}

impl Draft {
    /// What the receipts and their buyers will be asked about by rules.
    pub(crate) fn want(&self, by: By<'_>, wanted: &mut Wanted) {
        for arrival in &self.arrivals {
            if let Some((_, member)) = &arrival.earner {
                let purchase = &arrival.purchase;
                let basket = by.basket(purchase, &purchase.lines.0);
                wanted.sale(by, &basket, member);
                // What history earned was given long ago, whoever would owe too much for it now.
                if self.mode == Mode::Live {
                    wanted.credit_of_sale(by, &basket, purchase.recorded_at);
                }
            }
        }
    }

    /// Decides what each receipt earns.
    pub(crate) fn decide(
        &mut self,
        by: By<'_>,
        (known, coupons): (&mut earning::Known, &mut coupons::Known),
        commands: &mut [Command],
    ) {
        for arrival in &mut self.arrivals {
            arrival.try_coupons(coupons);
            arrival.decide(by, known, commands);
        }
    }

    /// The answers, once the gate has decided.
    pub(crate) fn finish(
        self,
        verdicts: &mut Verdicts,
        rows: &mut Rows,
    ) -> Result<Vec<(usize, Answer)>> {
        let mut answers = self.answers;
        for arrival in self.arrivals {
            let place = arrival.place;
            let verdict = match arrival.purchase.wallet_id {
                Some(_) => verdicts.next()?.map(|receipt| Some(receipt.entry)),
                None => Ok(None),
            };
            answers.push((place, verdict.map(|entry| arrival.store(entry, rows))));
        }
        Ok(answers)
    }
}
