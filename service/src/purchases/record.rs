//! Recording receipts: a batch in one transaction, each with its own verdict.

use std::collections::HashSet;

use entity::amount::Points;
use entity::ids::{EntryId, ProgrammeId};
use entity::ledger::outbox::{self, FactKind};
use entity::members::member;
use entity::purchases::purchase::{self, Lines};
use entity::purchases::receipt_key;

use super::rules::{self, Checked};
use super::store::{self, ReceiptName};
use super::{BATCH_MAX, Mode, Purchases, Receipt, Recorded};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::ledger;
use crate::ledger::core::{Action, Command, Verdict};
use crate::ledger::reason::Cause;
use crate::members::{MemberRef, Resolved, may_earn, resolve};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::rows::insert_all;
use crate::tx::{Tx, retrying};

/// What becomes of one receipt.
type Answer = Result<Recorded, Refusal>;

/// A receipt on its way into the books.
struct Arrival {
    place: usize,
    checked: Checked,
    purchase: purchase::Model,
    command: Option<Command>,
}

impl Purchases {
    /// Records one receipt.
    pub async fn record(&self, actor: &Actor, receipt: Receipt) -> Result<Recorded> {
        let mut answers = self.record_many(actor, vec![receipt], Mode::Live).await?;
        Ok(answers.pop().ok_or_else(|| Error::internal("a receipt without an answer"))??)
    }

    /// Records up to 500 receipts, answering item by item, in order.
    pub async fn record_many(
        &self,
        actor: &Actor,
        receipts: Vec<Receipt>,
        mode: Mode,
    ) -> Result<Vec<Answer>> {
        let programme = may_record(actor, &receipts, mode)?;
        if receipts.is_empty() || receipts.len() > BATCH_MAX {
            return Err(Error::bad_input(
                "purchases",
                format!("a batch has 1 to {BATCH_MAX} receipts"),
            ));
        }
        let rules = self.programmes.rules(programme).await?;
        let directory = self.partners.directory(programme).await?;
        let now = self.clock.now();
        let mut answers: Vec<Option<Answer>> = Vec::new();
        let mut arrivals = Vec::new();
        for (place, receipt) in receipts.into_iter().enumerate() {
            match rules::check(&rules, &directory, receipt, mode, now) {
                Ok(checked) => {
                    answers.push(None);
                    arrivals.push((place, checked));
                }
                Err(Error::Refused(refusal)) => answers.push(Some(Err(refusal))),
                Err(other) => return Err(other),
            }
        }
        if mode == Mode::Backfill {
            self.settle_before(programme, &arrivals).await?;
        }
        // A number that comes twice in one batch is taken in turn, as if in two.
        while !arrivals.is_empty() {
            let mut seen = HashSet::new();
            let (first, again) =
                arrivals.into_iter().partition(|(_, checked)| seen.insert(name(checked)));
            let first: Vec<(usize, Checked)> = first;
            let done = retrying(|| self.try_record(actor, &rules, &first, mode)).await?;
            for (place, answer) in done {
                answers[place] = Some(answer);
            }
            arrivals = again;
        }
        let unanswered = || Err(Refusal::new(Code::Overflow));
        Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(unanswered)).collect())
    }

    /// History is as it would have been: what was due before these receipts happened before them.
    async fn settle_before(
        &self,
        programme: ProgrammeId,
        arrivals: &[(usize, Checked)],
    ) -> Result<()> {
        if let Some(first) = arrivals.iter().map(|(_, checked)| checked.recorded_at).min() {
            self.ledger.settle_due(programme, first).await?;
        }
        Ok(())
    }

    async fn try_record(
        &self,
        actor: &Actor,
        rules: &Rules,
        receipts: &[(usize, Checked)],
        mode: Mode,
    ) -> Result<Vec<(usize, Answer)>> {
        let tx = self.db.begin().await?;
        let mut answers = Vec::new();
        let known = store::known_receipts(
            &tx,
            rules.id(),
            receipts.iter().map(|(_, checked)| name(checked)),
        )
        .await?;
        let earlier =
            store::purchases(&tx, rules.id(), known.values().map(|key| key.purchase_id)).await?;
        let entries = store::earned_entries(&tx, rules.id(), earlier.keys().copied()).await?;
        let members = receipts.iter().filter_map(|(_, checked)| checked.receipt.member.clone());
        let members = resolve(tx.connection(), rules.id(), members).await?;
        let mut arrivals = Vec::new();
        for (place, checked) in receipts {
            if let Some(key) = known.get(&name(checked)) {
                let entry = entries.get(&key.purchase_id).copied();
                answers.push((*place, replay(checked, key, earlier.get(&key.purchase_id), entry)));
                continue;
            }
            if let Some(refusal) = &checked.standing {
                answers.push((*place, Err(refusal.clone())));
                continue;
            }
            match buyer(&members, checked.receipt.member.as_ref()) {
                Ok(buyer) => arrivals.push(arrive(actor, rules, *place, checked, buyer, mode)),
                Err(refusal) => answers.push((*place, Err(refusal))),
            }
        }
        let commands: Vec<Command> =
            arrivals.iter().filter_map(|arrival| arrival.command.clone()).collect();
        let mut verdicts = ledger::apply(&tx, rules.for_ledger(), &commands).await?.into_iter();
        let mut stored = Vec::new();
        for arrival in arrivals {
            let verdict = arrival.command.as_ref().and_then(|_| verdicts.next());
            let place = arrival.place;
            match settle(arrival, verdict) {
                Ok((arrival, recorded)) => {
                    stored.push(arrival);
                    answers.push((place, Ok(recorded)));
                }
                Err(refusal) => answers.push((place, Err(refusal))),
            }
        }
        save(&tx, &stored).await?;
        tx.commit(answers).await
    }
}

/// Who may bring receipts in: a partner its own, live; an operator history; Florin itself either.
fn may_record(actor: &Actor, receipts: &[Receipt], mode: Mode) -> Result<ProgrammeId> {
    match (actor.who(), mode) {
        (Who::System, _) => actor.programme(),
        (_, Mode::Backfill) => actor.operator(Scope::Backfill).map(|(programme, _)| programme),
        (_, Mode::Live) => {
            let (programme, own) = actor.partner(Scope::PurchasesWrite)?;
            if receipts.iter().any(|receipt| receipt.partner != own) {
                return Err(Refusal::new(Code::PartnerNotFound).at("partnerId").into());
            }
            Ok(programme)
        }
    }
}

fn name(checked: &Checked) -> ReceiptName {
    (checked.receipt.partner, checked.scope.clone(), checked.receipt.receipt_number.clone())
}

/// Who bought: nobody where the till read no card, or one that nobody has yet.
pub(super) fn buyer<'a>(
    members: &'a Resolved,
    named: Option<&MemberRef>,
) -> Result<Option<&'a member::Model>, Refusal> {
    let Some(named) = named else { return Ok(None) };
    match members.member(named) {
        Ok(member) => may_earn(member.status).map(|()| Some(member)),
        Err(refusal) if refusal.code == Code::CardNotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
    .map_err(|refusal| refusal.at("member"))
}

fn arrive(
    actor: &Actor,
    rules: &Rules,
    place: usize,
    checked: &Checked,
    buyer: Option<&member::Model>,
    mode: Mode,
) -> Arrival {
    let receipt = &checked.receipt;
    let card_number = match &receipt.member {
        Some(MemberRef::Card(number)) => Some(number.clone()),
        _ => None,
    };
    let purchase = purchase::Model {
        programme_id: rules.id(),
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
    };
    let command = buyer.map(|member| Command {
        entry: EntryId::at(checked.recorded_at),
        wallet: member.wallet_id,
        key: None,
        actor: actor.to_string(),
        origin: actor.origin().to_owned(),
        partner: Some(receipt.partner),
        store: checked.store,
        purchase: Some(purchase.id),
        occurred_at: receipt.occurred_at,
        recorded_at: checked.recorded_at,
        is_history: mode == Mode::Backfill,
        cause: Cause::Receipt {
            receipt_number: receipt.receipt_number.clone(),
            earning: checked.explanation.clone(),
        },
        action: Action::Earn { lots: vec![checked.lot.clone()] },
    });
    Arrival { place, checked: checked.clone(), purchase, command }
}

fn settle(arrival: Arrival, verdict: Option<Verdict>) -> Result<(Arrival, Recorded), Refusal> {
    let receipt = verdict.transpose()?;
    let recorded = Recorded {
        purchase: arrival.purchase.clone(),
        points: if receipt.is_some() { arrival.purchase.points } else { Points::ZERO },
        entry: receipt.map(|receipt| receipt.entry),
        is_replay: false,
    };
    Ok((arrival, recorded))
}

/// The first answer again, if the content is the same.
fn replay(
    checked: &Checked,
    key: &receipt_key::Model,
    purchase: Option<&purchase::Model>,
    entry: Option<(EntryId, Points)>,
) -> Answer {
    let purchase = purchase.filter(|_| key.fingerprint == checked.fingerprint);
    let purchase = purchase.ok_or(Refusal::new(Code::ReceiptReused).at("receiptNumber"))?;
    Ok(Recorded {
        purchase: purchase.clone(),
        entry: entry.map(|(id, _)| id),
        points: entry.map_or(Points::ZERO, |(_, points)| points),
        is_replay: true,
    })
}

/// Writes the receipts, their names, and a fact for each that has no entry to be one.
async fn save(tx: &Tx, arrivals: &[Arrival]) -> Result<()> {
    let mut purchases = Vec::new();
    let mut names = Vec::new();
    let mut facts = Vec::new();
    for Arrival { checked, purchase, command, .. } in arrivals {
        names.push(receipt_key::Model {
            programme_id: purchase.programme_id,
            partner_id: purchase.partner_id,
            scope: checked.scope.clone(),
            receipt_number: purchase.receipt_number.clone(),
            purchase_id: purchase.id,
            fingerprint: checked.fingerprint.clone(),
        });
        if command.is_none() {
            facts.push(outbox::Model {
                programme_id: purchase.programme_id,
                stream_id: purchase.id.uuid(),
                stream_seq: 0,
                kind: FactKind::PurchaseKept,
                subject_id: purchase.id.uuid(),
            });
        }
        purchases.push(purchase.clone());
    }
    insert_all::<purchase::Entity>(tx, &purchases).await?;
    insert_all::<receipt_key::Entity>(tx, &names).await?;
    insert_all::<outbox::Entity>(tx, &facts).await
}
