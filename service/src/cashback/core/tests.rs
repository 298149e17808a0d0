//! Stories of single commands, and what they are told with.

use chrono::{DateTime, TimeDelta, Utc};
use entity::amount::{BasisPoints, Points};
use entity::cashback::accrual::{Share, Shares};
use entity::cashback::cashback_posting::CashbackAccount as Account;
use entity::cashback::payout::{self, PayoutStatus};
use entity::ids::{
    CashbackEntryId, HouseholdId, MemberId, PartnerId, PayoutId, PayoutRunId, ProgrammeId,
    PurchaseId, ReturnId, WalletId,
};
use entity::secret::SecretBytes;
use uuid::Uuid;

use super::*;

pub(super) const MINIMUM: i64 = 100;

fn uuid(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128((kind << 96) | (number << 64))
}

pub(super) fn wallet(number: u128) -> WalletId {
    WalletId::from_uuid(uuid(1, number))
}

pub(super) fn purchase(number: u128) -> PurchaseId {
    PurchaseId::from_uuid(uuid(2, number))
}

pub(super) fn payout_id(number: u128) -> PayoutId {
    PayoutId::from_uuid(uuid(3, number))
}

pub(super) fn partner(number: u128) -> PartnerId {
    PartnerId::from_uuid(uuid(4, number))
}

pub(super) fn book() -> Book {
    Book::new(ProgrammeId::from_uuid(uuid(5, 0)))
}

/// Two partners and the programme: 60, 30 and 10 in a hundred.
pub(super) fn shares() -> Shares {
    let share = |partner, bp| Share { partner, share_bp: BasisPoints::new(bp).unwrap() };
    Shares(vec![share(Some(partner(1)), 6_000), share(Some(partner(2)), 3_000), share(None, 1_000)])
}

pub(super) fn at(days: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(days)
}

/// The `number`th command of a story.
pub(super) fn command(number: u128, owner: u128, days: i64, action: Action) -> Command {
    Command {
        entry: CashbackEntryId::from_uuid(uuid(6, number)),
        wallet: wallet(owner),
        actor: "system".to_owned(),
        origin: String::new(),
        occurred_at: at(days),
        recorded_at: at(days),
        action,
    }
}

pub(super) fn accrue(
    owner: u128,
    number: u128,
    basis_minor: i64,
    bp: i32,
    confirms: i64,
) -> Action {
    let bp = BasisPoints::new(bp).unwrap();
    Action::Accrue(Accrue {
        wallet: wallet(owner),
        purchase: purchase(number),
        part: 0,
        partner: partner(1),
        amount_minor: cashback_of(basis_minor, bp).unwrap(),
        basis_minor,
        bp,
        shares: shares(),
        confirms_at: at(confirms),
        reason: None,
    })
}

pub(super) fn cut(number: u128, basis_minor: i64) -> Action {
    let rest = vec![Rest { part: 0, basis_minor }];
    let return_id = ReturnId::from_uuid(uuid(7, number));
    Action::Cut { purchase: purchase(number), return_id, rest }
}

pub(super) fn request(number: u128, amount_minor: Option<i64>) -> Action {
    Action::Request(Request {
        payout: payout_id(number),
        member: MemberId::from_uuid(uuid(8, 1)),
        amount_minor,
        minimum_minor: MINIMUM,
        sealed: SecretBytes::new(Vec::new()),
        masked: "DE89 **** **** 3000".to_owned(),
    })
}

pub(super) fn fail(number: u128) -> Action {
    Action::Fail { payout: payout_id(number), failure: "AC04".to_owned() }
}

/// What an operator's run does to a payout.
pub(super) fn runs(book: &mut Book, number: u128) {
    if let Some(row) = book.payouts.get_mut(&payout_id(number))
        && row.status == PayoutStatus::Requested
    {
        row.status = PayoutStatus::InRun;
        row.run_id = Some(PayoutRunId::from_uuid(uuid(9, 1)));
    }
}

/// Pending, available, in payout, paid, converted, owed.
pub(super) fn balances(book: &Book, owner: u128) -> [i64; 6] {
    book.wallets.get(&wallet(owner)).map_or([0; 6], |row| {
        [row.pending, row.available, row.in_payout, row.paid, row.converted, row.owed]
    })
}

/// What a funder has given by all postings.
pub(super) fn funded(book: &Book, owner: Uuid) -> i64 {
    let of = |account, by: Uuid| account == Account::Funded && by == owner;
    let postings = book.journal.postings.iter();
    postings
        .map(|row| {
            let (from, to) =
                (of(row.from_account, row.from_owner), of(row.to_account, row.to_owner));
            row.amount_minor * (i64::from(from) - i64::from(to))
        })
        .sum()
}

/// Everything that must hold at any time: balances are their postings, accruals and payouts.
pub(super) fn holds(book: &Book) {
    for (id, row) in &book.wallets {
        let of = |account| -> i64 {
            let side = |is: Account, owner: Uuid| i64::from(is == account && owner == id.uuid());
            let postings = book.journal.postings.iter();
            let by = postings.map(|row| {
                row.amount_minor
                    * (side(row.to_account, row.to_owner) - side(row.from_account, row.from_owner))
            });
            by.sum()
        };
        let posted = [
            of(Account::Pending),
            of(Account::Available),
            of(Account::InPayout),
            of(Account::Paid),
            of(Account::Converted),
            -of(Account::Owed),
        ];
        let kept = [row.pending, row.available, row.in_payout, row.paid, row.converted, row.owed];
        assert_eq!(posted, kept);
        assert!(kept.iter().all(|balance| *balance >= 0), "{kept:?}");
        assert!(row.owed == 0 || row.available == 0, "{kept:?}");
        let accrued = |is_pending| -> i64 {
            let own = book.accruals.values().filter(|accrual| accrual.wallet_id == *id);
            own.filter(|one| one.is_pending == is_pending).map(|one| one.remaining_minor).sum()
        };
        assert_eq!(accrued(true), row.pending);
        let left = row.available + row.in_payout + row.paid + row.converted - row.owed;
        assert_eq!(accrued(false), left);
        let out = |is: fn(PayoutStatus) -> bool| -> i64 {
            let own = book.payouts.values().filter(|payout| payout.wallet_id == *id);
            own.filter(|one| is(one.status)).map(|one| one.amount_minor).sum()
        };
        let is_open = |status| matches!(status, PayoutStatus::Requested | PayoutStatus::InRun);
        assert_eq!(out(is_open), row.in_payout);
        assert_eq!(out(|status| status == PayoutStatus::Paid), row.paid);
    }
    assert!(book.journal.postings.iter().all(|row| row.amount_minor > 0));
    let programme = book.programme.uuid();
    for owner in [partner(1).uuid(), partner(2).uuid(), programme] {
        let of = |row: &entity::cashback::accrual::Model| -> i64 {
            let owns = |share: &Share| share.partner.map_or(programme, PartnerId::uuid) == owner;
            let parts = split(row.remaining_minor, &row.shares).unwrap();
            row.shares.0.iter().zip(parts).filter(|(s, _)| owns(s)).map(|(_, part)| part).sum()
        };
        assert_eq!(funded(book, owner), book.accruals.values().map(of).sum::<i64>());
    }
}

/// Decides all, each of which must stand.
fn told(book: &mut Book, actions: Vec<(i64, Action)>) {
    let before = u128::try_from(book.journal.entries.len()).unwrap() * 100;
    for (number, (days, action)) in actions.into_iter().enumerate() {
        let number = before + u128::try_from(number).unwrap();
        decide(book, &command(number, 1, days, action)).unwrap();
        holds(book);
    }
}

#[test]
fn seven_cents_over_three_funders_go_to_the_largest_remainders() {
    let third = |bp| Share { partner: None, share_bp: BasisPoints::new(bp).unwrap() };
    let thirds = Shares(vec![third(3_334), third(3_333), third(3_333)]);
    assert_eq!(split(7, &thirds).unwrap(), [3, 2, 2]);
    assert_eq!(split(15, &shares()).unwrap(), [9, 5, 1]);
    assert_eq!(split(0, &shares()).unwrap(), [0, 0, 0]);
    assert_eq!(cashback_of(999, BasisPoints::new(150).unwrap()).unwrap(), 14);
}

#[test]
fn a_purchase_gives_back_is_confirmed_asked_for_and_paid() {
    let mut book = book();
    told(&mut book, vec![(0, accrue(1, 1, 10_000, 200, 14))]);
    assert_eq!(balances(&book, 1), [200, 0, 0, 0, 0, 0]);
    told(&mut book, vec![(14, Action::Settle), (15, request(1, Some(150)))]);
    assert_eq!(balances(&book, 1), [0, 50, 150, 0, 0, 0]);
    runs(&mut book, 1);
    told(&mut book, vec![(16, Action::Pay { payout: payout_id(1) })]);
    assert_eq!(balances(&book, 1), [0, 50, 0, 150, 0, 0]);
    let again = vec![(17, Action::Pay { payout: payout_id(1) }), (18, Action::Settle)];
    told(&mut book, again);
    assert_eq!(balances(&book, 1), [0, 50, 0, 150, 0, 0]);
    told(&mut book, vec![(19, fail(1)), (20, fail(1))]);
    assert_eq!(balances(&book, 1), [0, 200, 0, 0, 0, 0]);
}

#[test]
fn what_was_paid_out_is_owed_after_a_return_and_filled_first() {
    let mut book = book();
    told(&mut book, vec![(0, accrue(1, 1, 10_000, 200, 0)), (1, request(1, None))]);
    runs(&mut book, 1);
    told(&mut book, vec![(2, Action::Pay { payout: payout_id(1) }), (3, cut(1, 5_000))]);
    assert_eq!(balances(&book, 1), [0, 0, 0, 200, 0, 100]);
    told(&mut book, vec![(4, accrue(1, 2, 7_500, 200, 10)), (10, Action::Settle)]);
    assert_eq!(balances(&book, 1), [0, 50, 0, 200, 0, 0]);
}

#[test]
fn a_household_takes_over_what_its_member_has_and_owes() {
    let mut book = book();
    told(&mut book, vec![(0, accrue(1, 1, 10_000, 200, 0)), (1, request(1, None))]);
    decide(&mut book, &command(50, 2, 1, accrue(2, 2, 30_000, 100, 0))).unwrap();
    told(&mut book, vec![(2, cut(1, 0)), (2, accrue(1, 3, 5_000, 100, 9))]);
    assert_eq!(balances(&book, 1), [50, 0, 200, 0, 0, 200]);
    let household = HouseholdId::from_uuid(Uuid::nil());
    told(&mut book, vec![(3, Action::Pool { into: wallet(2), household })]);
    assert_eq!((balances(&book, 1), balances(&book, 2)), ([0; 6], [50, 100, 200, 0, 0, 0]));
    decide(&mut book, &command(60, 2, 9, Action::Settle)).unwrap();
    holds(&book);
    assert_eq!(balances(&book, 2), [0, 150, 200, 0, 0, 0]);
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut book = book();
    told(&mut book, vec![(0, accrue(1, 1, 10_000, 200, 5)), (5, Action::Settle)]);
    let before = book.clone();
    let points = Points::new(1).unwrap();
    for (action, code) in [
        (request(1, Some(201)), Code::InsufficientCashback),
        (request(1, Some(MINIMUM - 1)), Code::PayoutBelowMinimum),
        (request(1, Some(0)), Code::AmountInvalid),
        (Action::Cancel { payout: payout_id(1) }, Code::PayoutNotFound),
        (Action::Convert { amount_minor: 201, points }, Code::InsufficientCashback),
    ] {
        let refusal = decide(&mut book, &command(90, 1, 6, action)).unwrap_err();
        assert_eq!(refusal.code, code);
        assert_eq!(book.journal, before.journal);
        assert_eq!(book.wallets, before.wallets);
    }
    told(&mut book, vec![(6, request(1, None))]);
    let pay = Action::Pay { payout: payout_id(1) };
    let refusal = decide(&mut book, &command(91, 1, 6, pay.clone())).unwrap_err();
    assert_eq!(refusal.code, Code::PayoutNotInRun);
    told(&mut book, vec![(7, Action::Cancel { payout: payout_id(1) })]);
    let refusal = decide(&mut book, &command(92, 1, 7, pay)).unwrap_err();
    assert_eq!(refusal.code, Code::PayoutAlreadyClosed);
    let row: &payout::Model = &book.payouts[&payout_id(1)];
    assert_eq!((row.status, balances(&book, 1)), (PayoutStatus::Cancelled, [0, 200, 0, 0, 0, 0]));
}
