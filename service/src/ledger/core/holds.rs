//! Points set aside: a hold is placed, then captured, released, or lapses. Once each.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{HoldId, LotId, MemberId, WalletId};
use entity::ledger::allocation::AllocationKind;
use entity::ledger::entry::EntryKind;
use entity::ledger::hold::{self, HoldStatus};
use entity::ledger::posting::Account;

use super::book::{OpenHold, spending_order};
use super::command::Acceptance;
use super::draft::{At, Draft, Side};
use super::overflow;
use crate::ledger::reason::Figures;
use crate::refusal::{Code, Refusal};

/// How far a till's clock may lag behind ours.
const CLOCKS_APART: TimeDelta = TimeDelta::minutes(5);

/// How a hold ends.
pub(super) struct End<'a> {
    status: HoldStatus,
    captured: Points,
    acceptance: Option<&'a Acceptance>,
    /// One that lapses ended when its time was over, however late somebody looks.
    ended_at: DateTime<Utc>,
}

impl End<'_> {
    /// All of it goes back.
    pub(super) fn unused(status: HoldStatus, ended_at: DateTime<Utc>) -> Self {
        Self { status, captured: Points::ZERO, acceptance: None, ended_at }
    }
}

impl Draft<'_> {
    /// Sets points aside; their lots can't expire meanwhile.
    pub(super) fn hold(
        &mut self,
        id: HoldId,
        member: MemberId,
        points: Points,
        lapses_at: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        self.has_available(points)?;
        let partner_id = self.command.partner.ok_or(Refusal::new(Code::PartnerNotFound))?;
        let at = self.main_entry(EntryKind::Held, points)?;
        self.name_hold(id);
        let takings = self.take_soonest(at, points, None)?;
        self.post(
            at,
            Side::of(Account::Available, at.wallet),
            Side::of(Account::Held, at.wallet),
            points,
        )?;
        let row = hold::Model {
            programme_id: self.book.rules.programme,
            wallet_id: at.wallet,
            id,
            entry_id: at.entry,
            member_id: member,
            partner_id,
            store_id: self.command.store,
            points,
            captured: Points::ZERO,
            status: HoldStatus::Open,
            placed_at: self.command.recorded_at,
            lapses_at,
            closed_at: None,
        };
        self.wallet(at.wallet)?.holds.insert(id, OpenHold { row, takings });
        self.journal.made_holds.push((at.wallet, id));
        Ok(())
    }

    /// Turns a hold into a payment of as much as it set aside, or less.
    pub(super) fn capture(
        &mut self,
        id: HoldId,
        points: Points,
        acceptance: &Acceptance,
    ) -> Result<(), Refusal> {
        let wallet = self.command.wallet;
        let occurred_at = self.command.occurred_at;
        let hold = &self.open_hold(wallet, id)?.row;
        let held = hold.points;
        // Else an acceptance price could be chosen that was no longer in force.
        if occurred_at < hold.placed_at - CLOCKS_APART {
            return Err(Refusal::new(Code::OccurredBeforeHold).at("occurredAt"));
        }
        if points > held {
            let message = format!("{points} points were to be captured; the hold has {held}.");
            return Err(Refusal::new(Code::CaptureExceedsHold).because(message).at("points"));
        }
        let at = self.main_entry(EntryKind::Captured, points)?;
        self.name_hold(id);
        let to = self.accepted(acceptance.partner);
        self.post(at, Side::of(Account::Held, wallet), to, points)?;
        let (status, ended_at) = (HoldStatus::Captured, self.command.recorded_at);
        let acceptance = Some(acceptance);
        self.close_hold(at, id, &End { status, captured: points, acceptance, ended_at })?;
        self.touch(wallet)
    }

    /// Gives a hold back.
    pub(super) fn release(&mut self, id: HoldId) -> Result<(), Refusal> {
        let wallet = self.command.wallet;
        let points = self.open_hold(wallet, id)?.row.points;
        let at = self.main_entry(EntryKind::Released, points)?;
        self.close_hold(at, id, &End::unused(HoldStatus::Released, self.command.recorded_at))
    }

    /// The hold, if it is open; otherwise the refusal says what became of it.
    pub(super) fn open_hold(&mut self, wallet: WalletId, id: HoldId) -> Result<&OpenHold, Refusal> {
        let hold = self.wallet(wallet)?.holds.get(&id).ok_or(Refusal::new(Code::HoldNotFound))?;
        match hold.row.status {
            HoldStatus::Open => Ok(hold),
            HoldStatus::Captured => Err(Code::HoldAlreadyCaptured.into()),
            HoldStatus::Released => Err(Code::HoldAlreadyReleased.into()),
            HoldStatus::Lapsed => Err(Code::HoldLapsed.into()),
        }
    }

    /// Ends a hold: what is captured of it is spent, soonest expiry first, and the rest goes back.
    pub(super) fn close_hold(&mut self, at: At, id: HoldId, end: &End<'_>) -> Result<(), Refusal> {
        self.name_hold(id);
        let OpenHold { row, takings } = self.open_hold(at.wallet, id)?.clone();
        let price = end.acceptance.map(|acceptance| acceptance.price_micros);
        let mut to_spend = end.captured;
        let mut restored = Vec::new();
        for (lot, taken) in self.in_spending_order(at.wallet, takings)? {
            let spent = to_spend.min(taken);
            to_spend = to_spend.less(spent);
            if !spent.is_zero() {
                self.allocate(at, lot, AllocationKind::Captured, spent, price)?;
            }
            if spent < taken {
                self.put_back(at, lot, taken.less(spent), end.ended_at)?;
                restored.push(lot);
            }
        }
        let rest = row.points.minus(end.captured).map_err(overflow)?;
        let available = Side::of(Account::Available, at.wallet);
        self.post(at, Side::of(Account::Held, at.wallet), available, rest)?;
        let debt_filled = self.fill_debt(at, available, &restored)?;
        self.explain(&Figures { debt_filled, given_back: rest, ..Figures::default() });
        self.mark_closed(at, id, end)
    }

    fn mark_closed(&mut self, at: At, id: HoldId, end: &End<'_>) -> Result<(), Refusal> {
        let holds = &mut self.wallet(at.wallet)?.holds;
        let hold = holds.get_mut(&id).ok_or(Refusal::new(Code::HoldNotFound))?;
        hold.row.status = end.status;
        hold.row.captured = end.captured;
        hold.row.closed_at = Some(end.ended_at);
        self.journal.closed_holds.push((at.wallet, id));
        Ok(())
    }

    fn in_spending_order(
        &mut self,
        wallet: WalletId,
        mut takings: Vec<(LotId, Points)>,
    ) -> Result<Vec<(LotId, Points)>, Refusal> {
        let lots = &self.wallet(wallet)?.lots;
        takings.sort_by_key(|(lot, _)| lots.get(lot).map(spending_order));
        Ok(takings)
    }

    fn name_hold(&mut self, id: HoldId) {
        if let Some(entry) = self.last_entry() {
            entry.hold_id = Some(id);
        }
    }
}
