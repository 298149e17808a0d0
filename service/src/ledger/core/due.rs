//! What is due in a wallet: points mature, holds lapse, lots expire. In order of time; at one
//! moment in that order, so that points which mature and expire at once are seen to do both.

use chrono::{DateTime, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, LotId, WalletId};
use entity::ledger::entry::EntryKind;
use entity::ledger::hold::HoldStatus;
use entity::ledger::posting::Account;

use super::book::{Rules, Wallet};
use super::draft::{At, Draft, Side};
use super::holds::End;
use super::overflow;
use crate::ledger::reason::{Cause, DueRule, Figures};
use crate::refusal::Refusal;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Matures(Vec<LotId>),
    Lapses(HoldId),
    Expires(Vec<LotId>),
    GoesInactive,
}

/// When something next happens by itself.
pub(super) fn next(wallet: &Wallet, rules: &Rules) -> Option<DateTime<Utc>> {
    earliest(wallet, rules).map(|(at, _)| at)
}

fn earliest(wallet: &Wallet, rules: &Rules) -> Option<(DateTime<Utc>, Event)> {
    let mut first: Option<(DateTime<Utc>, Event)> = None;
    let mut offer = |at: DateTime<Utc>, event: Event| match (&mut first, event) {
        (Some((known, Event::Matures(lots))), Event::Matures(more)) if *known == at => {
            lots.extend(more)
        }
        (Some((known, Event::Expires(lots))), Event::Expires(more)) if *known == at => {
            lots.extend(more)
        }
        (Some(known), event) if known.0 < at || (known.0 == at && known.1 <= event) => {}
        (_, event) => first = Some((at, event)),
    };
    for lot in wallet.lots.values().filter(|lot| lot.is_pending && !lot.remaining.is_zero()) {
        offer(lot.available_at, Event::Matures(vec![lot.id]));
    }
    for hold in wallet.holds.values().filter(|hold| hold.row.status == HoldStatus::Open) {
        offer(hold.row.lapses_at, Event::Lapses(hold.row.id));
    }
    let open = wallet.lots.values().filter(|lot| !lot.is_pending && !lot.remaining.is_zero());
    for (lot, expires_at) in open.filter_map(|lot| Some((lot, lot.expires_at?))) {
        offer(expires_at, Event::Expires(vec![lot.id]));
    }
    if !wallet.row.available.is_zero()
        && let Some(at) = rules.expiry.of_inactivity(wallet.row.last_active_at)
    {
        offer(at, Event::GoesInactive);
    }
    first
}

impl Draft<'_> {
    /// Does what was due in the wallet when the command was recorded.
    pub(super) fn settle(&mut self, wallet: WalletId) -> Result<(), Refusal> {
        let (book, now) = (self.book, self.command.recorded_at);
        while let Some((due_at, event)) =
            earliest(self.wallet(wallet)?, &book.rules).filter(|(at, _)| *at <= now)
        {
            match event {
                Event::Matures(lots) => self.mature(wallet, due_at, &lots)?,
                Event::Lapses(hold) => self.lapse(wallet, due_at, hold)?,
                Event::Expires(lots) => self.expire(wallet, due_at, DueRule::ExpiryDate, &lots)?,
                Event::GoesInactive => {
                    let lots = self.wallet(wallet)?.spendable();
                    if lots.is_empty() {
                        break;
                    }
                    self.expire(wallet, due_at, DueRule::Inactivity, &lots)?;
                }
            }
            self.seal();
        }
        Ok(())
    }

    fn due_entry(
        &mut self,
        wallet: WalletId,
        kind: EntryKind,
        points: Points,
        due_at: DateTime<Utc>,
        rule: DueRule,
    ) -> Result<At, Refusal> {
        let id = EntryId::from_uuid(self.derive());
        self.entry(id, wallet, kind, points, due_at, Cause::Due { due_at, rule })
    }

    fn mature(
        &mut self,
        wallet: WalletId,
        due_at: DateTime<Utc>,
        lots: &[LotId],
    ) -> Result<(), Refusal> {
        let points = self.remaining_of(wallet, lots)?;
        let at = self.due_entry(
            wallet,
            EntryKind::Matured,
            points,
            due_at,
            DueRule::ReturnWindowClosed,
        )?;
        for lot in lots {
            self.lot(wallet, *lot)?.is_pending = false;
            self.journal.changed_lots.push((wallet, *lot));
        }
        let pending = Side::of(Account::Pending, wallet);
        let debt_filled = self.fill_debt(at, pending, lots)?;
        self.post(at, pending, Side::of(Account::Available, wallet), points.less(debt_filled))?;
        self.explain(&Figures { debt_filled, ..Figures::default() });
        Ok(())
    }

    fn expire(
        &mut self,
        wallet: WalletId,
        due_at: DateTime<Utc>,
        rule: DueRule,
        lots: &[LotId],
    ) -> Result<(), Refusal> {
        let points = self.remaining_of(wallet, lots)?;
        let at = self.due_entry(wallet, EntryKind::Expired, points, due_at, rule)?;
        for lot in lots {
            let left = self.lot(wallet, *lot)?.remaining;
            self.take(at, *lot, left, None)?;
            let row = self.lot(wallet, *lot)?;
            row.expired = row.expired.plus(left).map_err(overflow)?;
        }
        self.post(
            at,
            Side::of(Account::Available, wallet),
            self.programme(Account::Expired),
            points,
        )
    }

    fn lapse(
        &mut self,
        wallet: WalletId,
        due_at: DateTime<Utc>,
        hold: HoldId,
    ) -> Result<(), Refusal> {
        let points = self.open_hold(wallet, hold)?.row.points;
        let at =
            self.due_entry(wallet, EntryKind::Lapsed, points, due_at, DueRule::HoldTimeOver)?;
        self.close_hold(at, hold, &End::unused(HoldStatus::Lapsed, due_at))
    }

    fn remaining_of(&mut self, wallet: WalletId, lots: &[LotId]) -> Result<Points, Refusal> {
        let wallet = self.wallet(wallet)?;
        let all = lots.iter().filter_map(|lot| wallet.lots.get(lot));
        all.map(|lot| lot.remaining).try_fold(Points::ZERO, Points::plus).map_err(overflow)
    }
}
