//! The worked examples of the domain, to the last micro-unit, told as the ledger's stories are; and that
//! whatever happens, nothing is lost.

pub(super) mod properties;

use std::collections::HashMap;

use entity::amount::{BasisPoints, Points};
use entity::ids::{EntryId, PartnerId, PurchaseId};
use entity::ledger::entry::{self, EntryKind};
use entity::ledger::lot::{self, Share};

use super::*;
use crate::ledger::core::Book as Ledger;
use crate::ledger::core::tests::story::{check, id, name};
use crate::ledger::reason::Reason;

/// What a story comes to in money.
fn settled(story: &str) -> Book {
    settled_as(story, |_| {})
}

/// The same, of lots whose funding is another.
fn settled_as(story: &str, change: impl Fn(&mut lot::Model)) -> Book {
    replayed(&check(story), &Contracts::default(), change).0
}

fn replayed(
    ledger: &Ledger,
    contracts: &Contracts,
    change: impl Fn(&mut lot::Model),
) -> (Book, Debts) {
    let mut follower = Follower::new(contracts);
    follower.follow(ledger, change);
    (follower.book, follower.accrual.debts)
}

/// The money books beside a ledger.
struct Follower<'a> {
    accrual: Accrual<'a>,
    book: Book,
    moves: Vec<Move>,
    followed: usize,
}

impl<'a> Follower<'a> {
    fn new(contracts: &'a Contracts) -> Self {
        let accrual = Accrual::new(contracts, Debts::default(), Fates::default());
        Self { accrual, book: Book::default(), moves: Vec::new(), followed: 0 }
    }

    /// Takes what the ledger wrote since.
    fn follow(&mut self, ledger: &Ledger, change: impl Fn(&mut lot::Model)) {
        let Self { accrual, book, moves, followed } = self;
        since(ledger, *followed, change, |happened| {
            for moved in accrual.follow(happened) {
                book.add(moved.key, moved.points.get()).unwrap();
                moves.push(moved);
            }
            let cleared = balance(book, MoneyAccount::Cleared);
            assert!(cleared.is_zero(), "a burn wasn't cleared");
        });
        *followed = ledger.journal.entries.len();
    }
}

/// Tells entries in their order, as who follows the ledger hears of them.
pub(super) fn each(
    ledger: &Ledger,
    change: impl Fn(&mut lot::Model),
    hears: impl FnMut(&Happened<'_>),
) {
    since(ledger, 0, change, hears);
}

/// The same of those behind the first so many.
fn since(
    ledger: &Ledger,
    followed: usize,
    change: impl Fn(&mut lot::Model),
    mut hears: impl FnMut(&Happened<'_>),
) {
    let mut lots = lots(ledger);
    lots.iter_mut().for_each(change);
    for (position, entry) in (1..).zip(&ledger.journal.entries).skip(followed) {
        let figures = Reason::from_json(&entry.reason).unwrap().figures;
        let is_made = |lot: &&lot::Model| lot.entry_id == entry.id && lot.origin_lot_id.is_none();
        let made: Vec<lot::Model> = lots.iter().filter(is_made).cloned().collect();
        hears(&Happened {
            position,
            entry,
            figures: &figures,
            made: &made,
            parts: parts(ledger, &lots, entry.id),
            undone: undone(ledger, &lots, entry),
            returned: returned(&lots, entry, figures.excused),
            supplied: None,
        });
    }
}

fn balance(book: &Book, account: MoneyAccount) -> Exact {
    let accounts = book.accounts().unwrap();
    assert!(sum(&accounts).is_zero(), "money appeared or went");
    accounts.get(&Account::Own(account)).copied().unwrap_or_default()
}

pub(super) fn lots(ledger: &Ledger) -> Vec<lot::Model> {
    ledger.wallets.values().flat_map(|wallet| wallet.lots.values()).cloned().collect()
}

fn parts<'a>(ledger: &Ledger, lots: &'a [lot::Model], entry: EntryId) -> Vec<Part<'a>> {
    let rows = ledger.journal.allocations.iter().filter(|row| row.entry_id == entry);
    rows.map(|row| Part {
        kind: row.kind,
        lot: lots.iter().find(|lot| lot.id == row.lot_id).unwrap(),
        points: row.points,
        price_micros: row.acceptance_price_micros,
    })
    .collect()
}

fn undone<'a>(
    ledger: &'a Ledger,
    lots: &'a [lot::Model],
    entry: &entry::Model,
) -> Option<(&'a entry::Model, Vec<Part<'a>>)> {
    let payment = entry.related_entry_id.filter(|_| entry.kind == EntryKind::Reversed)?;
    let own = ledger.journal.entries.iter().find(|row| row.id == payment)?;
    Some((own, parts(ledger, lots, payment)))
}

fn returned<'a>(
    lots: &'a [lot::Model],
    entry: &entry::Model,
    excused: Points,
) -> Vec<Returned<'a>> {
    let purchase: Option<PurchaseId> =
        entry.purchase_id.filter(|_| entry.kind == EntryKind::Returned);
    let own = lots.iter().find(|lot| purchase.is_some() && lot.purchase_id == purchase);
    let returned = |lot: &'a lot::Model| Returned { lot, points: entry.points, excused };
    own.map(returned).into_iter().collect()
}

/// Every account that isn't empty, in units of currency.
fn told(book: &Book) -> String {
    let account = |account: Account| match account {
        Account::Payable(partner) => name(partner),
        Account::Own(own) => own.name().to_lowercase(),
    };
    let accounts = book.accounts().unwrap();
    let told = accounts.iter().map(|(own, balance)| format!("{} {balance}", account(*own)));
    told.collect::<Vec<_>>().join(", ")
}

#[test]
fn example_1_a_hub_that_is_paid_at_issue() {
    let book = settled(
        "ana earns 10000 r1 of A until 90 price 12000 due 10000
        ana pays 6000 p1 at B price 9000",
    );
    assert_eq!(told(&book), "A 120, B -54, reserve 48, margin 18");
}

#[test]
fn example_2_soonest_expiry_attribution() {
    let book = settled(
        "ana earns 400 r1 of A until 30 price 10000
        ana earns 300 r2 of B until 60 price 12000
        ana earns 500 r3 of C until 90 price 8000
        ana pays 900 p1 at D price 9000",
    );
    assert_eq!(told(&book), "A 4, B 3.6, C 1.6, D -8.1, margin 1.1");
    let cells: Vec<i64> = matrix(&book).unwrap().values().map(|cell| cell.points).collect();
    assert_eq!(cells, [400, 300, 200]);
}

/// All at burn, issue price and acceptance price alike.
#[test]
fn example_3_netting_leaves_at_most_one_payment_a_partner() {
    let burns = [
        ("A", "B", 1200),
        ("B", "A", 900),
        ("A", "C", 300),
        ("C", "A", 700),
        ("B", "C", 500),
        ("C", "B", 100),
    ];
    let story: String = burns
        .iter()
        .enumerate()
        .map(|(n, (issuer, acceptor, points))| {
            format!(
                "m{n} earns {points} r{n} of {issuer} price 1000000
                m{n} pays {points} p{n} at {acceptor} price 1000000\n"
            )
        })
        .collect();
    let book = settled(&story);
    assert_eq!(told(&book), "A -100, B 100");
    let positions = positions(&book, 100).unwrap();
    let net: Vec<i64> = positions.values().map(|own| own.net_minor).collect();
    assert_eq!(net, [-10_000, 10_000, 0]);
    let gross: Exact = matrix(&book).unwrap().values().map(|cell| cell.funding).sum();
    assert_eq!(gross.minor(100).unwrap(), 370_000);
}

const JUNE: &str = "ana earns 500 r1 of A until 365 price 12000 due 10000 fee 100
        ana pays 300 p1 at B price 9000";

#[test]
fn example_4_a_late_return_that_is_forgiven() {
    let june = settled(JUNE);
    assert_eq!(told(&june), "A 6.06, B -2.7, reserve 2.4, margin 0.9, fees 0.06");
    let july = settled(&format!("rules FORGIVE\n{JUNE}\nday 30\nana returns 500 r1"));
    // 2.40 goes back, and the fee on those 200.
    assert_eq!(told(&july), "A 3.636, B -2.7, margin 0.9, fees 0.036");
}

#[test]
fn example_4_a_late_return_that_leaves_a_debt_which_another_lot_fills() {
    let july = settled(&format!("{JUNE}\nday 30\nana returns 500 r1"));
    assert_eq!(told(&july), "B -2.7, carried -3.6, margin 0.9");
    let filled = "day 60
        ana earns 350 r2 of X until 400 price 10000 due 10000";
    let later = settled(&format!("{JUNE}\nday 30\nana returns 500 r1\n{filled}"));
    // X's 3.00 fill what A was given 3.60 back for; the 0.60 are the programme's loss.
    assert_eq!(told(&later), "B -2.7, X 3.5, reserve 0.5, margin 0.3");
    let at_once = settled(
        "ana earns 500 r1 of A until 60 price 12000 due 10000
        ana earns 400 r2 of X until 365 price 10000
        ana pays 300 p1 at B price 9000
        day 30
        ana returns 500 r1",
    );
    // X pays at burn: for the 300 that filled the debt it pays now.
    assert_eq!(told(&at_once), "B -2.7, X 3, margin 0.3");
}

#[test]
fn example_5_a_line_is_rounded_once() {
    let story: String =
        (0..3).map(|n| format!("m{n} earns 7 r{n} of A price 12300 due 10000\n")).collect();
    let book = settled(&story);
    let positions = positions(&book, 100).unwrap();
    let position = positions.values().next().unwrap();
    assert_eq!((position.lines[0].minor, position.net_minor, position.rounding_minor), (26, 26, 0));
}

/// A thousand points, funded by A, B and the programme.
#[test]
fn example_6_a_joint_bonus_is_paid_by_its_split() {
    let story = "ana earns 1000 r1 of A until 90 price 10000 due 10000";
    let joint = |lot: &mut lot::Model| {
        let whole = lot.terms.shares.remove(0);
        let b = lot.issuer_id.map(|_| PartnerId::from_uuid(id("B")));
        let shares = [(lot.issuer_id, 6000), (b, 3000), (None, 1000)];
        lot.terms.shares = shares
            .map(|(partner, share_bp)| Share {
                partner,
                share_bp: BasisPoints::new(share_bp).unwrap(),
                ..whole.clone()
            })
            .to_vec();
    };
    let book = settled_as(story, joint);
    assert_eq!(told(&book), "A 6, B 3, funded 1, reserve 10");
    let burned = settled_as(&format!("{story}\nana pays 500 p1 at D price 9000"), joint);
    assert_eq!(told(&burned), "A 6, B 3, D -4.5, funded 1, reserve 5, margin 0.5");
    let cells = matrix(&burned).unwrap();
    assert_eq!(cells.values().map(|cell| cell.points).sum::<i64>(), 500, "counted once");
}

#[test]
fn what_is_undone_is_as_if_it_had_never_been() {
    let earned = "ana earns 500 r1 of A until 365 price 12000 due 4000 fee 100";
    let undone = settled(&format!(
        "{earned}
        ana holds 100 h1
        ana captures 80 h1 at D price 9000
        ana reverses h1"
    ));
    assert_eq!(told(&undone), told(&settled(earned)));
    let lines = positions(&undone, 100).unwrap().into_values().flat_map(|own| own.lines);
    let burned: i64 = lines
        .filter(|line| line.kind != LineKind::Issue && line.kind != LineKind::ServiceFee)
        .map(|line| line.minor)
        .sum();
    assert_eq!(burned, 0);
}

#[test]
fn what_expires_or_is_taken_leaves_the_reserve() {
    let book = settled(
        "ana earns 500 r1 of A until 30 price 10000 due 5000
        ana adjusted -100
        day 31
        ana settles",
    );
    assert_eq!(told(&book), "A 2.5, margin 0.5, breakage 2");
    let owed = "ana earns 100 r1 of A until 365 price 10000 due 10000
        ana pays 100 p1 at B price 10000
        ana returns 100 r1
        ana written-off 100";
    assert_eq!(told(&settled(owed)), "B -1, margin -1");
}

/// What was billed when A's points were burned, at most, goes back to it.
#[test]
fn what_was_never_billed_never_goes_back() {
    let given = "ana earns 100 r1 of A until 90 price 10000
        ana gives 100 to ben
        ana returns 100 r1
        ana earns 100 r2 of X until 400 price 8000";
    // X pays for what stood in; nobody has burned what ben has.
    assert_eq!(told(&settled(given)), "X 0.8, margin 0.8");
    let burned = format!("{given}\nben pays 60 p1 at B price 9000");
    // A is billed for the 60, and X stands in for them.
    assert_eq!(told(&settled(&burned)), "B -0.54, X 0.8, margin 0.26");
    let undone = format!("{burned}\nben reverses p1");
    assert_eq!(told(&settled(&undone)), told(&settled(given)));
    let broken = format!("{burned}\nday 91\nben settles");
    assert_eq!(told(&settled(&broken)), told(&settled(&burned)));
}

/// In whichever order: burned before the goods came back, held meanwhile, or after.
#[test]
fn the_order_of_things_makes_no_difference_to_the_funders() {
    let earned = "ana earns 100 r1 of A until 90 price 10000
        ana earns 100 r2 of X until 400 price 8000";
    let before = format!("{earned}\nana pays 100 p1 at B price 9000\nana returns 100 r1");
    let held = format!(
        "{earned}\nana holds 100 h1\nana returns 100 r1\nana captures 100 h1 at B price 9000"
    );
    assert_eq!(told(&settled(&before)), "B -0.9, X 0.8, margin -0.1");
    assert_eq!(told(&settled(&held)), told(&settled(&before)));
}
