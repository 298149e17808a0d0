//! Whatever is done to wallets, in any order: points are conserved, no balance falls below zero,
//! lots tell what balances tell, and the same wishes end in the same state.

mod households;
mod keys;
mod time;

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, MemberId, PartnerId, ProgrammeId, PurchaseId, WalletId};
use entity::ledger::entry::EntryKind;
use entity::ledger::lot::Terms;
use entity::programmes::programme::DebtPolicy;
use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{burn_of, holds, sum};
use super::*;
use crate::ledger::reason::Cause;

/// A wish in numbers: which wallet, what, how much, and how many hours after the one before.
pub(crate) type Wish = (u128, u8, i64, i64);

/// Wishes of all kinds; without reversals, which are of payments that were answered before.
pub(crate) fn wishes(kinds: u8) -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec((0_u128..2, 0..kinds, 1_i64..400, 0_i64..400), 1..40)
}

/// How many kinds there are, and how many without reversals.
pub(crate) const ALL_KINDS: u8 = 13;
pub(in crate::ledger) const KINDS_BUT_REVERSAL: u8 = 12;

pub(in crate::ledger) fn wallet(number: u128) -> WalletId {
    WalletId::from_uuid(Uuid::from_u128(number + 1))
}

fn rules() -> impl Strategy<Value = Rules> {
    let inactivity = Expiry::Inactivity { months: 3, zone: chrono_tz::Europe::Berlin };
    let debt = prop_oneof![Just(DebtPolicy::AllowDebt), Just(DebtPolicy::Forgive)];
    (prop_oneof![Just(Expiry::Dated), Just(inactivity)], debt).prop_map(|(expiry, debt)| Rules {
        expiry,
        debt,
        ..dated()
    })
}

pub(crate) fn dated() -> Rules {
    Rules {
        programme: ProgrammeId::from_uuid(Uuid::from_u128(99)),
        expiry: Expiry::Dated,
        grace: TimeDelta::days(30),
        debt: DebtPolicy::AllowDebt,
    }
}

/// Empty wallets; the last is a household's.
pub(crate) fn book(rules: Rules) -> Book {
    let mut book = Book::new(rules);
    for number in 0..=HOUSEHOLD {
        let empty = Wallet::empty(book.rules.programme, wallet(number), DateTime::UNIX_EPOCH);
        book.wallets.insert(wallet(number), empty);
    }
    book
}

pub(in crate::ledger) const HOUSEHOLD: u128 = 2;

/// An id for what the command at that place makes.
pub(in crate::ledger) fn id(place: usize, salt: u128) -> Uuid {
    Uuid::from_u128((u128::try_from(place).unwrap() + 1) << 70 | salt << 64)
}

pub(in crate::ledger) fn partner() -> PartnerId {
    PartnerId::from_uuid(Uuid::from_u128(7))
}

/// The command that a wish comes to, given what the book says by then.
fn command(book: &Book, wish: Wish, place: usize, at: DateTime<Utc>) -> Command {
    let (owner, kind, points, _) = wish;
    let earlier = |salt| id(usize::try_from(points).unwrap() % (place + 1), salt);
    let is_return = kind == 6;
    let purchase = PurchaseId::from_uuid(if is_return { earlier(2) } else { id(place, 2) });
    let points = Points::new(points).unwrap();
    let acceptance = Acceptance { partner: Some(partner()), price_micros: 9_000 };
    let lot = |days: i64| NewLot {
        part: 0,
        issuer: Some(partner()),
        points,
        available_at: at + TimeDelta::days(days),
        expires_at: (book.rules.expiry == Expiry::Dated).then(|| at + TimeDelta::days(90)),
        terms: Terms::default(),
    };
    let hold = HoldId::from_uuid(earlier(1));
    let action = match kind {
        0 | 1 => Action::Earn { lots: vec![lot(i64::from(kind) * 14)] },
        2 => Action::Pay { points, acceptance },
        3 => Action::Hold {
            hold: HoldId::from_uuid(id(place, 1)),
            member: MemberId::from_uuid(Uuid::nil()),
            points,
            lapses_at: at + TimeDelta::days(20),
        },
        4 => Action::Capture { hold, points, acceptance },
        5 => Action::Release { hold },
        6 => {
            let outstanding = outstanding(book, purchase);
            Action::returning(partner(), points.min(outstanding), outstanding)
        }
        7 => Action::Transfer { to: wallet(1 - owner), points },
        8 => Action::Credit { lot: NewLot { issuer: None, ..lot(0) } },
        9 => Action::Debit { points },
        10 => Action::WriteOff { points },
        11 => Action::Settle,
        _ => Action::Reverse { payment: EntryId::from_uuid(earlier(3)) },
    };
    bare(place, owner, at, Some(purchase), action)
}

pub(in crate::ledger) fn bare(
    place: usize,
    owner: u128,
    at: DateTime<Utc>,
    purchase: Option<PurchaseId>,
    action: Action,
) -> Command {
    let key = place.to_string();
    Command {
        entry: EntryId::from_uuid(id(place, 3)),
        wallet: wallet(owner),
        key: Some(Key { caller: "till".to_owned(), fingerprint: key.clone().into_bytes(), key }),
        actor: "system".to_owned(),
        origin: String::new(),
        partner: Some(partner()),
        store: None,
        purchase,
        occurred_at: at,
        recorded_at: at,
        is_history: false,
        cause: Cause::Payment { reference: None },
        action,
    }
}

/// What a purchase earned and returns haven't taken back.
pub(in crate::ledger) fn outstanding(book: &Book, purchase: PurchaseId) -> Points {
    let of = |kind| {
        let entries = book.journal.entries.iter();
        entries.filter(move |e| e.purchase_id == Some(purchase) && e.kind == kind).map(|e| e.points)
    };
    Points::new(sum(of(EntryKind::Earned)) - sum(of(EntryKind::Returned))).unwrap()
}

/// Decides all wishes in order, and hands back the commands they came to. `each` sees the book, the
/// command and the verdict.
pub(crate) fn tell(
    book: &mut Book,
    wishes: &[Wish],
    mut each: impl FnMut(&mut Book, &Command, &Verdict),
) -> Vec<Command> {
    let mut now = DateTime::UNIX_EPOCH;
    let mut commands = Vec::new();
    for (place, wish) in wishes.iter().enumerate() {
        now += TimeDelta::hours(wish.3);
        let command = command(book, *wish, place, now);
        if let Action::Reverse { payment } = command.action
            && let Some(entry) = book.journal.entries.iter().find(|entry| entry.id == payment)
            && matches!(entry.kind, EntryKind::Paid | EntryKind::Captured)
            && entry.wallet_id == command.wallet
        {
            book.burns.insert(payment, burn_of(book, payment));
        }
        let verdict = decide(book, &command);
        each(book, &command, &verdict);
        commands.push(command);
    }
    commands
}

/// When the last of the commands was recorded.
pub(in crate::ledger) fn end(commands: &[Command]) -> DateTime<Utc> {
    commands.last().map_or(DateTime::UNIX_EPOCH, |command| command.recorded_at)
}

/// Every wallet settled at that moment.
pub(in crate::ledger) fn settle(book: &mut Book, place: usize, at: DateTime<Utc>) {
    for number in 0..=HOUSEHOLD {
        let command =
            bare(place + usize::try_from(number).unwrap(), number, at, None, Action::Settle);
        decide(book, &Command { key: None, ..command }).unwrap();
    }
}

proptest! {
    #[test]
    fn lots_postings_and_balances_agree_after_every_command(wishes in wishes(ALL_KINDS), rules in rules()) {
        let mut written = 0;
        tell(&mut book(rules), &wishes, |book, _, verdict| {
            assert!(verdict.is_ok() || book.journal.entries.len() == written, "a refused command wrote");
            written = book.journal.entries.len();
            holds(book);
        });
    }

    #[test]
    fn the_same_commands_write_the_same_journal(wishes in wishes(ALL_KINDS), rules in rules()) {
        let (mut first, mut second) = (book(rules.clone()), book(rules));
        let mut loaded = Vec::new();
        let commands = tell(&mut first, &wishes, |book, command, _| loaded.push(burn(book, command)));
        for (command, burn) in commands.iter().zip(loaded) {
            // Each finds the payment that it undoes only if it did the first time.
            if let Some((payment, burn)) = burn {
                second.burns.entry(payment).or_insert(burn);
            }
            let _ = decide(&mut second, command);
        }
        prop_assert_eq!(&first.wallets, &second.wallets);
        prop_assert_eq!(&first.journal, &second.journal);
    }

    #[test]
    fn a_payment_that_is_undone_gives_the_same_lots_back(first in 1_i64..500, second in 1_i64..500, paid in 1_i64..500) {
        let mut book = book(dated());
        let paid = paid.min(first + second);
        tell(&mut book, &[(0, 0, first, 0), (0, 0, second, 0)], |_, _, verdict| assert!(verdict.is_ok()));
        let before = book.wallets[&wallet(0)].lots.clone();
        let payment = command(&book, (0, 2, paid, 0), 2, DateTime::UNIX_EPOCH);
        decide(&mut book, &payment).unwrap();
        book.burns.insert(payment.entry, burn_of(&book, payment.entry));
        let undo = |place| bare(place, 0, DateTime::UNIX_EPOCH, None, Action::Reverse { payment: payment.entry });
        decide(&mut book, &undo(3)).unwrap();
        prop_assert_eq!(&book.wallets[&wallet(0)].lots, &before);
        prop_assert_eq!(decide(&mut book, &undo(4)).unwrap_err().code, Code::PaymentAlreadyReversed);
    }
}

/// The payment that a command undoes, if the book has it, as it was before.
fn burn(book: &Book, command: &Command) -> Option<(EntryId, Burn)> {
    let Action::Reverse { payment } = command.action else { return None };
    let burn = book.burns.get(&payment)?.clone();
    Some((payment, Burn { is_reversed: false, ..burn }))
}
