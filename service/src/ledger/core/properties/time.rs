//! What is due is done as of when it was due, however late, and in however many steps.

use proptest::prelude::*;

use super::*;

/// A wallet without the ids that due work was written under.
fn state(book: &Book, number: u128) -> impl PartialEq + std::fmt::Debug + use<> {
    let wallet = &book.wallets[&wallet(number)];
    let lots: Vec<_> = wallet
        .lots
        .values()
        .map(|l| (l.purchase_id, l.quantity, l.remaining, l.expired, l.is_pending, l.expires_at))
        .collect();
    let holds: Vec<_> = wallet.holds.values().map(|hold| hold.row.clone()).collect();
    (wallet.row.clone(), lots, holds)
}

/// What happened in all wallets, without ids and the moments of recording.
fn history(book: &Book) -> Vec<impl PartialEq + std::fmt::Debug + use<>> {
    let told = |e: &entity::ledger::entry::Model| {
        (e.wallet_id, e.seq, e.kind, e.points, e.occurred_at, e.available_after, e.debt_after)
    };
    let mut history: Vec<_> = book.journal.entries.iter().map(told).collect();
    history.sort_by_key(|told| (told.0, told.1));
    history
}

proptest! {
    #[test]
    fn settling_late_or_in_steps_ends_as_settling_at_once(
        wishes in wishes(ALL_KINDS), rules in rules(), steps in prop::collection::vec(1_i64..90, 0..6)
    ) {
        let mut at_once = book(rules);
        let mut now = end(&tell(&mut at_once, &wishes, |_, _, _| {}));
        let mut in_steps = at_once.clone();
        let last = now + TimeDelta::days(500);
        for (step, days) in steps.into_iter().enumerate() {
            now += TimeDelta::days(days);
            settle(&mut in_steps, 100 + step * 10, now);
        }
        settle(&mut in_steps, 200, last);
        settle(&mut at_once, 200, last);
        for number in 0..=HOUSEHOLD {
            prop_assert_eq!(state(&at_once, number), state(&in_steps, number));
        }
        prop_assert_eq!(history(&at_once), history(&in_steps));
    }

    #[test]
    fn whether_the_background_came_by_makes_no_difference(wishes in wishes(KINDS_BUT_REVERSAL), rules in rules()) {
        let (mut quiet, mut busy) = (book(rules.clone()), book(rules));
        let commands = tell(&mut quiet, &wishes, |_, _, _| {});
        for (place, command) in commands.iter().enumerate() {
            settle(&mut busy, 100 + place * 10, command.recorded_at);
            let _ = decide(&mut busy, command);
        }
        for book in [&mut quiet, &mut busy] {
            settle(book, 900, end(&commands));
        }
        for number in 0..=HOUSEHOLD {
            prop_assert_eq!(state(&quiet, number), state(&busy, number));
        }
        prop_assert_eq!(history(&quiet), history(&busy));
    }

    #[test]
    fn an_inactive_wallet_keeps_all_until_its_time_is_over_and_then_nothing(wishes in wishes(ALL_KINDS)) {
        let expiry = Expiry::Inactivity { months: 3, zone: chrono_tz::Europe::Berlin };
        let mut book = book(Rules { expiry, ..dated() });
        let now = end(&tell(&mut book, &wishes, |_, _, _| {}));
        let number = wishes[0].0;
        let last = command(&book, (number, 0, 20_000, 0), 100, now);
        decide(&mut book, &last).unwrap();
        // Nothing is pending or held any more, and the last purchase outweighs any debt.
        settle(&mut book, 200, now + TimeDelta::days(21));
        let before = book.wallets[&wallet(number)].row.clone();
        prop_assert!(before.available > Points::ZERO);
        let over = crate::ledger::expiry::months_later(before.last_active_at, 3, chrono_tz::Europe::Berlin);
        prop_assert_eq!(before.next_due_at, Some(over));
        settle(&mut book, 300, over - TimeDelta::microseconds(1));
        prop_assert_eq!(&book.wallets[&wallet(number)].row, &before);
        settle(&mut book, 400, over);
        prop_assert_eq!(book.wallets[&wallet(number)].row.available, Points::ZERO);
        holds(&book);
    }
}
