//! Pooling in a household: nothing is lost or changed on the way, and a return asks for as much as
//! it would have before.

use proptest::prelude::*;

use super::*;
use crate::ledger::reason::{Figures, Reason};

fn pool(book: &mut Book, number: u128, place: usize, at: DateTime<Utc>) {
    let command = bare(place, number, at, None, Action::Pool { into: wallet(HOUSEHOLD) });
    decide(book, &command).unwrap();
}

/// What the open lots say of their points, wallet and id aside.
fn points(book: &Book, numbers: &[u128]) -> Vec<impl Ord + std::fmt::Debug + use<>> {
    let lots = numbers.iter().flat_map(|number| book.wallets[&wallet(*number)].lots.values());
    let open = lots.filter(|lot| !lot.remaining.is_zero());
    let mut open: Vec<_> = open
        .map(|l| {
            (
                l.purchase_id,
                l.issuer_id,
                l.earned_at,
                l.available_at,
                l.expires_at,
                l.is_pending,
                l.remaining,
            )
        })
        .collect();
    open.sort();
    open
}

fn returns(book: &mut Book, number: u128, purchase: PurchaseId, at: DateTime<Utc>) -> Figures {
    let outstanding = outstanding(book, purchase);
    let action = Action::returning(partner(), outstanding, outstanding);
    decide(book, &bare(900, number, at, Some(purchase), action)).unwrap();
    holds(book);
    Reason::from_json(&book.journal.entries.last().unwrap().reason).unwrap().figures
}

proptest! {
    #[test]
    fn a_household_has_exactly_what_its_members_had(wishes in wishes(ALL_KINDS)) {
        let mut book = book(Rules { debt: DebtPolicy::Forgive, ..dated() });
        let now = end(&tell(&mut book, &wishes, |_, _, _| {})) + TimeDelta::days(21);
        settle(&mut book, 100, now);
        let before = points(&book, &[0, 1]);
        for number in [0, 1] {
            pool(&mut book, number, 200 + usize::try_from(number).unwrap(), now);
            let row = &book.wallets[&wallet(number)].row;
            prop_assert_eq!((row.available, row.successor_id), (Points::ZERO, Some(wallet(HOUSEHOLD))));
            holds(&book);
        }
        prop_assert_eq!(points(&book, &[HOUSEHOLD]), before);
        prop_assert!(points(&book, &[0, 1]).is_empty());
    }

    #[test]
    fn a_household_owes_what_its_members_did_and_pays_first(wishes in wishes(ALL_KINDS)) {
        let mut book = book(dated());
        let now = end(&tell(&mut book, &wishes, |_, _, _| {})) + TimeDelta::days(21);
        settle(&mut book, 100, now);
        let net = |book: &Book, number| {
            let row = &book.wallets[&wallet(number)].row;
            row.available.get() + row.pending.get() - row.debt.get()
        };
        let before = net(&book, 0) + net(&book, 1);
        pool(&mut book, 0, 200, now);
        pool(&mut book, 1, 201, now);
        prop_assert_eq!(net(&book, HOUSEHOLD), before);
        holds(&book);
    }

    #[test]
    fn a_return_asks_for_as_much_after_pooling_as_before(
        wishes in wishes(ALL_KINDS), rules in rules(), which in 0_usize..40, later in 21_i64..120
    ) {
        let mut apart = book(rules);
        let now = end(&tell(&mut apart, &wishes, |_, _, _| {})) + TimeDelta::days(later);
        settle(&mut apart, 100, now);
        let (number, purchase) = (wishes[0].0, PurchaseId::from_uuid(id(which % wishes.len(), 2)));
        let mut pooled = apart.clone();
        pool(&mut pooled, number, 200, now);
        let before = returns(&mut apart, number, purchase, now);
        prop_assert_eq!(before, returns(&mut pooled, HOUSEHOLD, purchase, now));
    }
}
