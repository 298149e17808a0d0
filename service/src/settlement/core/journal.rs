//! A cycle of the money books as bookings of a general ledger, in minor units. Pure.
//!
//! Each day's movements from one account to another are a booking, rounded half to even on its own: the same
//! amount is debited and credited, so that whatever rounding does, all is balanced. What the rounding of days
//! leaves is booked against `ROUNDING` on the cycle's last day, openly, one booking an account: then each
//! partner's account has moved by exactly what its statement says, and each of the programme's own stands at
//! its exact balance, rounded.
//!
//! Money moves from the account that is debited to the one that is credited: a partner that owes more is
//! debited, and the reserve that holds more is credited.

use std::collections::{BTreeMap, BTreeSet};

use entity::day::Day;
use entity::ids::PartnerId;

use super::book::{Account, Key, LineKind, MoneyAccount};
use super::money::Exact;
use crate::refusal::{Code, Refusal};

/// An account of the general ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Booked {
    /// As the money books have it.
    Of(Account),
    /// What operators corrected, and disputes: the other side of what partners are told.
    Corrections,
}

/// The same amount on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Booking {
    pub(crate) day: Day,
    pub(crate) debit: Booked,
    pub(crate) credit: Booked,
    /// Above zero.
    pub(crate) minor: i64,
    pub(crate) reference: String,
}

/// A cycle's days.
#[derive(Clone, Debug)]
pub(crate) struct Period {
    pub(crate) name: String,
    pub(crate) first: Day,
    pub(crate) last: Day,
}

/// All that is booked of a cycle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Each day's movements.
    pub(crate) days: Vec<(Day, Key, i64)>,
    /// What the accounts held when the cycle began.
    pub(crate) before: BTreeMap<Account, Exact>,
    /// When it ended.
    pub(crate) after: BTreeMap<Account, Exact>,
    /// What partners' statements come to, without corrections.
    pub(crate) totals: BTreeMap<PartnerId, i64>,
    /// Above zero the partner owes more.
    pub(crate) corrections: Vec<(PartnerId, LineKind, i64)>,
    /// Above zero the partner paid; with what it quoted.
    pub(crate) payments: Vec<(Day, PartnerId, i64, String)>,
}

const ROUNDING: Account = Account::Own(MoneyAccount::Rounding);

/// The bookings, by day. A currency has so many minor units.
pub(crate) fn journal(
    period: &Period,
    facts: &Facts,
    minor_per_unit: i64,
) -> Result<Vec<Booking>, Refusal> {
    let mut journal = Journal { period, bookings: Vec::new(), moved: BTreeMap::new() };
    for ((day, from, to), (money, kinds)) in by_accounts(facts)? {
        let kinds: Vec<&str> = kinds.into_iter().map(LineKind::name).collect();
        let minor = money.minor(minor_per_unit)?;
        journal.book(day, (Booked::Of(from), Booked::Of(to)), minor, &kinds.join("+"))?;
    }
    for (account, right) in targets(facts, minor_per_unit)? {
        let booked = journal.moved.get(&Booked::Of(account)).copied().unwrap_or(0);
        let (sides, rest) =
            ((Booked::Of(account), Booked::Of(ROUNDING)), right.checked_sub(booked));
        let rest = rest.ok_or_else(too_large)?;
        journal.book(period.last, sides, rest, LineKind::Rounding.name())?;
    }
    for (partner, kind, minor) in &facts.corrections {
        let sides = (Booked::Of(Account::Payable(*partner)), Booked::Corrections);
        journal.book(period.last, sides, *minor, kind.name())?;
    }
    for (day, partner, minor, reference) in &facts.payments {
        let bank = Booked::Of(Account::Own(MoneyAccount::Bank));
        let sides = (bank, Booked::Of(Account::Payable(*partner)));
        journal.book(*day, sides, *minor, reference)?;
    }
    journal.bookings.sort_by_key(|booking| booking.day);
    Ok(journal.bookings)
}

struct Journal<'a> {
    period: &'a Period,
    bookings: Vec<Booking>,
    /// What each account was debited, less what it was credited.
    moved: BTreeMap<Booked, i64>,
}

impl Journal<'_> {
    /// Books an amount on both sides, the other way round where it is below zero. What came late, or was paid
    /// on a day of another cycle, is booked on a day of this one.
    fn book(
        &mut self,
        day: Day,
        (debit, credit): (Booked, Booked),
        minor: i64,
        why: &str,
    ) -> Result<(), Refusal> {
        if minor == 0 {
            return Ok(());
        }
        for (account, change) in [(debit, Some(minor)), (credit, minor.checked_neg())] {
            let sum = self.moved.entry(account).or_default();
            *sum = change.and_then(|change| sum.checked_add(change)).ok_or_else(too_large)?;
        }
        let (debit, credit) = if minor > 0 { (debit, credit) } else { (credit, debit) };
        let day = day.max(self.period.first).min(self.period.last);
        let reference = format!("{} {why}", self.period.name);
        self.bookings.push(Booking { day, debit, credit, minor: minor.abs(), reference });
        Ok(())
    }
}

type Sums = BTreeMap<(Day, Account, Account), (Exact, BTreeSet<LineKind>)>;

/// Each day's movements from one account to another.
fn by_accounts(facts: &Facts) -> Result<Sums, Refusal> {
    let mut sums = Sums::new();
    for (day, key, points) in &facts.days {
        let (from, to) = key.accounts();
        let (sum, kinds) = sums.entry((*day, from, to)).or_default();
        *sum = sum.plus(key.price.of(*points)?);
        kinds.insert(key.kind);
    }
    Ok(sums)
}

/// By how much more each account is to be debited than credited, payments and corrections aside.
fn targets(facts: &Facts, minor_per_unit: i64) -> Result<BTreeMap<Account, i64>, Refusal> {
    let mut targets: BTreeMap<Account, i64> =
        facts.totals.iter().map(|(partner, total)| (Account::Payable(*partner), *total)).collect();
    let own = facts.before.keys().chain(facts.after.keys());
    for account in own.filter(|account| matches!(account, Account::Own(_)) && **account != ROUNDING)
    {
        let at = |balances: &BTreeMap<Account, Exact>| {
            balances.get(account).copied().unwrap_or_default().minor(minor_per_unit)
        };
        let grown = at(&facts.after)?.checked_sub(at(&facts.before)?).ok_or_else(too_large)?;
        targets.insert(*account, if account.is_owed() { grown } else { -grown });
    }
    Ok(targets)
}

fn too_large() -> Refusal {
    Refusal::new(Code::Overflow)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::super::book::Book;
    use super::super::money::Price;
    use super::*;

    fn partner(number: u8) -> PartnerId {
        PartnerId::from_uuid(Uuid::from_u128(number.into()))
    }

    fn period() -> Period {
        Period { name: "2026-03".to_owned(), first: Day::new(10), last: Day::new(19) }
    }

    /// What was moved before the cycle and in it, as who settles has it.
    fn facts(before: &[(Day, Key, i64)], days: Vec<(Day, Key, i64)>) -> Facts {
        let mut book = Book::default();
        before.iter().for_each(|(_, key, points)| book.add(*key, *points).unwrap());
        let opening = book.accounts().unwrap();
        days.iter().for_each(|(_, key, points)| book.add(*key, *points).unwrap());
        let mut own = Book::default();
        days.iter().for_each(|(_, key, points)| own.add(*key, *points).unwrap());
        let positions = super::super::positions(&own, 100).unwrap();
        let totals = positions.into_iter().map(|(partner, own)| (partner, own.net_minor));
        let after = book.accounts().unwrap();
        Facts { days, before: opening, after, totals: totals.collect(), ..Facts::default() }
    }

    fn key(kind: LineKind, (from, to): (MoneyAccount, MoneyAccount), micros: i64) -> Key {
        let price = Price { micros, factor: 1_000_000_000_000 };
        let is_partner = from == MoneyAccount::Payable || to == MoneyAccount::Payable;
        let own = is_partner.then(|| partner(1));
        Key { partner: own, kind, contract: None, with: None, from, to, price }
    }

    /// Debited less credited, by account.
    fn moved(bookings: &[Booking]) -> BTreeMap<Booked, i64> {
        let mut moved: BTreeMap<Booked, i64> = BTreeMap::new();
        for booking in bookings {
            *moved.entry(booking.debit).or_default() += booking.minor;
            *moved.entry(booking.credit).or_default() -= booking.minor;
        }
        moved.retain(|_, sum| *sum != 0);
        moved
    }

    #[test]
    fn what_days_round_away_is_a_booking_of_its_own() {
        let issue = key(LineKind::Issue, (MoneyAccount::Payable, MoneyAccount::Reserve), 4_000);
        let days = (10..13).map(|day| (Day::new(day), issue, 1)).collect();
        let bookings = journal(&period(), &facts(&[], days), 100).unwrap();
        // Each day's 0.004 is nothing; the statement says 0.01.
        let told: Vec<_> =
            bookings.iter().map(|own| (own.day.get(), own.minor, own.reference.as_str())).collect();
        assert_eq!(told, [(19, 1, "2026-03 ROUNDING"), (19, 1, "2026-03 ROUNDING")]);
        let payable = Booked::Of(Account::Payable(partner(1)));
        let reserve = Booked::Of(Account::Own(MoneyAccount::Reserve));
        assert_eq!(moved(&bookings), BTreeMap::from([(payable, 1), (reserve, -1)]));
    }

    #[test]
    fn payments_and_corrections_are_booked_on_days_of_the_cycle() {
        let facts = Facts {
            corrections: vec![(partner(1), LineKind::Dispute, -250)],
            payments: vec![(Day::new(25), partner(1), 700, "FL1".to_owned())],
            ..Facts::default()
        };
        let bookings = journal(&period(), &facts, 100).unwrap();
        let payable = Booked::Of(Account::Payable(partner(1)));
        let bank = Booked::Of(Account::Own(MoneyAccount::Bank));
        let all = BTreeMap::from([(payable, -950), (bank, 700), (Booked::Corrections, 250)]);
        assert_eq!(moved(&bookings), all);
        assert!(bookings.iter().all(|booking| booking.day == Day::new(19)));
        assert_eq!(bookings[1].reference, "2026-03 FL1");
    }

    fn movements() -> impl Strategy<Value = Vec<(Day, Key, i64)>> {
        use LineKind::{BreakageShare, Burn, Clearing, Funding, Issue, IssueReturn, ServiceFee};
        use MoneyAccount::{Breakage, Cleared, Fees, Margin, Payable, Reserve};
        let kinds = prop::sample::select(vec![
            (Issue, (Payable, Reserve)),
            (IssueReturn, (Reserve, Payable)),
            (ServiceFee, (Payable, Fees)),
            (Funding, (Payable, Cleared)),
            (Burn, (Cleared, Payable)),
            (Clearing, (Reserve, Cleared)),
            (Clearing, (Cleared, Margin)),
            (Clearing, (Margin, Cleared)),
            (BreakageShare, (Breakage, Payable)),
        ]);
        let movement = (5_i32..20, kinds, 0_i64..30_000, 1_u8..4, 1_i64..5000);
        let movement = movement.prop_map(|(day, (kind, accounts), micros, who, points)| {
            let key = key(kind, accounts, micros);
            (Day::new(day), Key { partner: key.partner.map(|_| partner(who)), ..key }, points)
        });
        prop::collection::vec(movement, 0..40)
    }

    proptest! {
        /// Whatever moved: all is balanced, each partner's account moves by its statement, and each of the
        /// programme's own ends at its exact balance, rounded.
        #[test]
        fn all_is_balanced_and_says_what_statements_say(
            before in movements(), days in movements(),
            corrections in prop::collection::vec((1_u8..4, -999_i64..999), 0..4),
            payments in prop::collection::vec((1_u8..4, -999_i64..999), 0..4),
        ) {
            let facts = Facts {
                corrections: corrections
                    .iter()
                    .map(|(who, minor)| (partner(*who), LineKind::Adjustment, *minor))
                    .collect(),
                payments: payments
                    .iter()
                    .map(|(who, minor)| (Day::new(12), partner(*who), *minor, "FL".to_owned()))
                    .collect(),
                ..facts(&before, days)
            };
            let bookings = journal(&period(), &facts, 100).unwrap();
            prop_assert!(bookings.iter().all(|own| own.minor > 0 && own.debit != own.credit));
            let moved = moved(&bookings);
            prop_assert_eq!(moved.values().sum::<i64>(), 0);
            for who in 1..4 {
                let total = facts.totals.get(&partner(who)).copied().unwrap_or(0);
                let of = |all: &[(u8, i64)]| {
                    all.iter().filter(|own| own.0 == who).map(|own| own.1).sum::<i64>()
                };
                let payable = Booked::Of(Account::Payable(partner(who)));
                let right = total + of(&corrections) - of(&payments);
                prop_assert_eq!(moved.get(&payable).copied().unwrap_or(0), right);
            }
            let reserve = Account::Own(MoneyAccount::Reserve);
            let at = |balances: &BTreeMap<Account, Exact>| {
                balances.get(&reserve).copied().unwrap_or_default().minor(100).unwrap()
            };
            let grown = at(&facts.after) - at(&facts.before);
            prop_assert_eq!(moved.get(&Booked::Of(reserve)).copied().unwrap_or(0), -grown);
        }
    }
}
