//! Whatever happens to wallets, in any order: balances are their postings, accruals and payouts, and none
//! falls below zero; goods that all come back leave nothing, in whatever parts they come.

use entity::amount::Points;
use entity::ids::HouseholdId;
use proptest::prelude::*;
use uuid::Uuid;

use super::tests::{
    accrue, balances, book, command, cut, fail, funded, holds, partner, payout_id, request, runs,
    wallet,
};
use super::*;

/// Kind, wallet, amount or basis, days that pass before.
type Wish = (u8, u128, i64, i64);

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec((0_u8..10, 1_u128..3, 0_i64..40_000, 0_i64..6), 1..60)
}

/// An earlier purchase or payout, by what is left of a number.
fn earlier(amount: i64, count: u128) -> u128 {
    u128::try_from(amount).unwrap_or(0) % count.max(1)
}

fn action(wish: Wish, number: u128, days: i64, is_pooled: bool) -> Action {
    let (kind, owner, amount, _) = wish;
    let payout = payout_id(earlier(amount, number));
    match kind {
        0..=2 => accrue(owner, number, amount, 137, days + i64::from(kind) * 5),
        3 => cut(earlier(amount, number), amount / 3),
        4 => request(number, (amount % 2 == 0).then_some(amount / 100)),
        5 => Action::Cancel { payout },
        6 => Action::Pay { payout },
        7 => fail(earlier(amount, number)),
        8 if owner == 1 && !is_pooled && amount > 30_000 => {
            let household = HouseholdId::from_uuid(Uuid::nil());
            Action::Pool { into: wallet(2), household }
        }
        _ => Action::Convert { amount_minor: amount / 200, points: Points::ZERO },
    }
}

proptest! {
    #[test]
    fn any_order_of_anything_keeps_the_books(wishes in wishes()) {
        let (mut book, mut days, mut is_pooled) = (book(), 0, false);
        for (number, wish) in wishes.into_iter().enumerate() {
            let number = u128::try_from(number).unwrap();
            days += wish.3;
            if wish.2 % 3 == 0 {
                runs(&mut book, earlier(wish.2, number));
            }
            let action = action(wish, number, days, is_pooled);
            // A wallet that went into a household's is used no more: its payouts and it moved.
            let owner = if is_pooled { 2 } else { wish.1 };
            let action = match action {
                Action::Accrue(accrue) if is_pooled => {
                    Action::Accrue(Accrue { wallet: wallet(2), ..accrue })
                }
                other => other,
            };
            let owner = match &action {
                Action::Cancel { payout } | Action::Pay { payout } | Action::Fail { payout, .. } => {
                    let row = book.payouts.get(payout);
                    row.map_or(owner, |row| if row.wallet_id == wallet(1) { 1 } else { 2 })
                }
                _ => owner,
            };
            let is_pool = matches!(action, Action::Pool { .. });
            let before = book.journal.clone();
            let verdict = decide(&mut book, &command(number, owner, days, action));
            match verdict {
                Ok(_) => is_pooled |= is_pool,
                Err(_) => prop_assert_eq!(&book.journal, &before),
            }
            holds(&book);
        }
    }

    #[test]
    fn bought_and_all_returned_in_any_parts_is_as_if_never_bought(
        basis in 0_i64..1_000_000, bp in 0_i32..=10_000, parts in prop::collection::vec(1_i64..400_000, 0..8),
        is_confirmed in any::<bool>(),
    ) {
        let mut book = book();
        let confirms = if is_confirmed { 0 } else { 9 };
        decide(&mut book, &command(0, 1, 0, accrue(1, 1, basis, bp, confirms))).unwrap();
        let mut left = basis;
        for (number, part) in parts.into_iter().chain([basis]).enumerate() {
            left = (left - part).max(0);
            let number = u128::try_from(number).unwrap() + 1;
            decide(&mut book, &command(number, 1, 1, cut(1, left))).unwrap();
            holds(&book);
            let bp = entity::amount::BasisPoints::new(bp).unwrap();
            let stays = cashback_of(left, bp).unwrap();
            prop_assert_eq!(balances(&book, 1).iter().sum::<i64>(), stays);
        }
        prop_assert_eq!(balances(&book, 1), [0; 6]);
        for owner in [partner(1).uuid(), partner(2).uuid(), book.programme.uuid()] {
            prop_assert_eq!(funded(&book, owner), 0);
        }
    }
}
