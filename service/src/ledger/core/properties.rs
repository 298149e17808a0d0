//! Whatever is done to wallets, in any order: points are conserved, no balance falls below zero, and
//! lots tell what balances tell.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::Points;
use entity::ids::{EntryId, HoldId, MemberId, PartnerId, ProgrammeId, PurchaseId, WalletId};
use entity::ledger::lot::Terms;
use entity::programmes::programme::DebtPolicy;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::ledger::reason::Cause;

/// A wish in numbers: which wallet, what, how much, and how many hours after the one before.
type Wish = (u128, u8, i64, i64);

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec((0_u128..2, 0_u8..8, 1_i64..400, 0_i64..400), 1..40)
}

fn wallet(number: u128) -> WalletId {
    WalletId::from_uuid(Uuid::from_u128(number + 1))
}

fn book(debt: DebtPolicy) -> Book {
    let programme = ProgrammeId::from_uuid(Uuid::from_u128(99));
    let rules = Rules { programme, expiry: Expiry::Dated, grace: TimeDelta::days(30), debt };
    let mut book = Book::new(rules);
    for number in 0..2 {
        let empty = Wallet::empty(programme, wallet(number), DateTime::UNIX_EPOCH);
        book.wallets.insert(wallet(number), empty);
    }
    book
}

fn command((owner, kind, points, _): Wish, place: usize, at: DateTime<Utc>) -> Command {
    let id = |salt: u128| Uuid::from_u128((u128::try_from(place).unwrap() + 1) << 70 | salt << 64);
    let earlier =
        |salt: u128| Uuid::from_u128((u128::try_from(points).unwrap() % 40 + 1) << 70 | salt << 64);
    let (partner, points) =
        (PartnerId::from_uuid(Uuid::from_u128(7)), Points::new(points).unwrap());
    let acceptance = Acceptance { partner, price_micros: 9_000 };
    let action = match kind {
        0 | 1 => Action::Earn {
            lots: vec![NewLot {
                issuer: Some(partner),
                points,
                available_at: at + TimeDelta::days(i64::from(kind) * 14),
                expires_at: Some(at + TimeDelta::days(90)),
                terms: Terms::default(),
            }],
        },
        2 => Action::Pay { points, acceptance },
        3 => Action::Hold {
            hold: HoldId::from_uuid(id(1)),
            member: MemberId::from_uuid(Uuid::nil()),
            points,
            lapses_at: at + TimeDelta::days(2),
        },
        4 => Action::Capture { hold: HoldId::from_uuid(earlier(1)), points, acceptance },
        5 => Action::Release { hold: HoldId::from_uuid(earlier(1)) },
        6 => Action::Return { issuer: partner, points, outstanding: points },
        _ => Action::Transfer { to: wallet(1 - owner), points },
    };
    let purchase = if kind == 6 { earlier(2) } else { id(2) };
    Command {
        entry: EntryId::from_uuid(id(3)),
        wallet: wallet(owner),
        key: None,
        actor: "system".to_owned(),
        origin: String::new(),
        partner: Some(partner),
        store: None,
        purchase: Some(PurchaseId::from_uuid(purchase)),
        occurred_at: at,
        recorded_at: at,
        is_history: false,
        cause: Cause::Payment { reference: None },
        action,
    }
}

fn sum(points: impl Iterator<Item = Points>) -> i64 {
    points.map(Points::get).sum()
}

/// A wallet's balances from the postings, and from its lots and holds.
fn holds(book: &Book, wallet: &Wallet) -> Result<(), TestCaseError> {
    use entity::ledger::posting::Account::{Available, Debt, Held, Pending};
    let owner = wallet.row.id.uuid();
    let posted = |account| {
        let postings = book.journal.postings.iter();
        let gained = postings.clone().filter(|p| p.to_account == account && p.to_owner == owner);
        let lost = postings.filter(|p| p.from_account == account && p.from_owner == owner);
        sum(gained.map(|p| p.points)) - sum(lost.map(|p| p.points))
    };
    let lots = |pending| {
        sum(wallet.lots.values().filter(|lot| lot.is_pending == pending).map(|lot| lot.remaining))
    };
    let open = wallet.holds.values().filter(|hold| hold.row.closed_at.is_none());
    prop_assert_eq!(wallet.row.available.get(), posted(Available));
    prop_assert_eq!(wallet.row.pending.get(), posted(Pending));
    prop_assert_eq!(wallet.row.held.get(), posted(Held));
    prop_assert_eq!(wallet.row.debt.get(), -posted(Debt));
    prop_assert_eq!(wallet.row.available.get(), lots(false));
    prop_assert_eq!(wallet.row.pending.get(), lots(true));
    prop_assert_eq!(wallet.row.held.get(), sum(open.map(|hold| hold.row.points)));
    prop_assert!(wallet.lots.values().all(|lot| lot.remaining <= lot.quantity));
    Ok(())
}

proptest! {
    #[test]
    fn lots_postings_and_balances_agree_after_every_command(wishes in wishes(), forgives in any::<bool>()) {
        let mut book = book(if forgives { DebtPolicy::Forgive } else { DebtPolicy::AllowDebt });
        let mut now = DateTime::UNIX_EPOCH;
        for (place, wish) in wishes.into_iter().enumerate() {
            now += TimeDelta::hours(wish.3);
            let before = book.journal.entries.len();
            if decide(&mut book, &command(wish, place, now)).is_err() {
                prop_assert_eq!(book.journal.entries.len(), before, "a refused command wrote");
            }
            for wallet in book.wallets.values() {
                holds(&book, wallet)?;
            }
        }
    }

    #[test]
    fn a_payment_that_is_undone_gives_the_same_lots_back(first in 1_i64..500, second in 1_i64..500, paid in 1_i64..500) {
        let mut book = book(DebtPolicy::AllowDebt);
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        for (place, points) in [first, second].into_iter().enumerate() {
            decide(&mut book, &command((0, 0, points, 0), place, at)).unwrap();
        }
        let before = book.wallets[&wallet(0)].lots.clone();
        let paid = paid.min(first + second);
        let payment = command((0, 2, paid, 0), 2, at);
        decide(&mut book, &payment).unwrap();
        let parts = book.journal.allocations.iter().filter(|used| used.entry_id == payment.entry);
        let lots = &book.wallets[&wallet(0)].lots;
        let parts = parts.map(|used| (lots[&used.lot_id].clone(), used.points)).collect();
        let entry = book.journal.entries.last().unwrap().clone();
        book.burns.insert(payment.entry, Burn { entry, parts, is_reversed: false });
        let undo = Command { action: Action::Reverse { payment: payment.entry }, ..command((0, 2, 1, 0), 3, at) };
        decide(&mut book, &undo).unwrap();
        prop_assert_eq!(&book.wallets[&wallet(0)].lots, &before);
        prop_assert_eq!(decide(&mut book, &undo).unwrap_err().code, Code::PaymentAlreadyReversed);
    }
}
