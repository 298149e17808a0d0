//! Recording receipts: many at a time, each with its own verdict.

mod batch;

use std::collections::HashSet;

use entity::day::Day;
use entity::ids::ProgrammeId;
use entity::members::member;

pub(super) use self::batch::draft_of;
pub(crate) use self::batch::{Draft, Known, Receipts};

use super::rules::{self, Checked};
use super::store::ReceiptName;
use super::{BATCH_MAX, Mode, Purchases, Receipt, Recorded};
use crate::actor::{Actor, Scope, Who};
use crate::error::{Error, Result};
use crate::members::{MemberRef, Resolved, may_earn};
use crate::programmes::Rules;
use crate::refusal::{Code, Refusal};
use crate::settlement;
use crate::writes::{Done, Write};

/// What becomes of one receipt.
pub(crate) type Answer = Result<Recorded, Refusal>;

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
        let rules = self.ask.programmes.rules(programme).await?;
        let directory = self.ask.partners.directory(programme).await?;
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
            self.refuse_closed(&rules, &mut arrivals).await?;
        }
        // A number that comes twice in one batch is taken in turn, as if in two.
        while !arrivals.is_empty() {
            let mut seen = HashSet::new();
            let (first, again) =
                arrivals.into_iter().partition(|(_, checked)| seen.insert(name(checked)));
            let first: Vec<(usize, Checked)> = first;
            for (place, answer) in self.write(programme, Receipts::of(actor, mode, first)).await? {
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

    /// Nothing is added to a cycle that was calculated. What came meanwhile falls into the next that is open.
    async fn refuse_closed(&self, rules: &Rules, arrivals: &mut [(usize, Checked)]) -> Result<()> {
        let db = self.db.reader();
        let Some(until) = settlement::closed_until(db, rules.id()).await? else { return Ok(()) };
        for (_, checked) in arrivals {
            if Day::of(checked.recorded_at, &rules.zone) < until {
                let message = format!("Cycles are calculated up to {until}; history begins there.");
                let refusal = Refusal::new(Code::BackfillCycleClosed).because(message);
                checked.standing.get_or_insert(refusal.at("occurredAt"));
            }
        }
        Ok(())
    }

    /// Live receipts share a commit with whatever else arrives; history, which comes in one stream and
    /// in order, has its own.
    async fn write(
        &self,
        programme: ProgrammeId,
        receipts: Receipts,
    ) -> Result<Vec<(usize, Answer)>> {
        let mode = receipts.mode;
        let write = Write::Receipts(receipts);
        let done = match mode {
            Mode::Live => self.writes.submit(programme, write).await?,
            Mode::Backfill => self.writes.alone(programme, &write).await?,
        };
        match done {
            Done::Recorded(answers) => Ok(answers),
            _ => Err(Error::internal("receipts were answered as something else")),
        }
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
