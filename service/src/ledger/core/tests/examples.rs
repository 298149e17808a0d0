//! Worked examples of the domain, as far as the ledger goes: points, lots, and each allocation with
//! the lot's issue price and the acceptance price.

use super::story::check;

/// A owes 4.00, B 3.60, C 1.60; D is owed 8.10; the margin is 1.10.
#[test]
fn example_2_soonest_expiry_attribution() {
    check(
        "
        ana earns 400 r1 of A until 30 price 10000
        ana earns 300 r2 of B until 60 price 12000
        ana earns 500 r3 of C until 90 price 8000
        ana pays 900 p1 at D price 9000
        that took r1 400 issued 10000 accepted 9000, r2 300 issued 12000 accepted 9000, r3 200 issued 8000 accepted 9000
        that posted AVAILABLE ACCEPTED 900
        ana keeps r3 300 until 90
        ",
    );
}

const JUNE: &str = "
        ana earns 500 r1 of A until 365 price 12000
        ana pays 300 p1 at B price 9000
        that took r1 300 issued 12000 accepted 9000
        day 30
        ana returns 500 r1
        that took r1 200 issued 12000";

/// July's statement carries −2.40: 200 points at June's price.
#[test]
fn example_4_a_late_return_that_is_forgiven() {
    check(&format!(
        "rules FORGIVE
        {JUNE}
        that posted AVAILABLE ISSUED 200
        that told forgiven 300, recovered 200
        ana has 0
        "
    ));
}

/// July's statement carries −6.00 and the member owes 300, which X's points then fill.
#[test]
fn example_4_a_late_return_that_leaves_a_debt() {
    check(&format!(
        "{JUNE}
        that posted AVAILABLE ISSUED 200, DEBT ISSUED 300
        that told owed 300, recovered 200
        ana has 0 owes 300
        ana earns 350 r2 of X until 365 price 10000
        that took r2 300 issued 10000
        that posted ISSUED DEBT 300, ISSUED AVAILABLE 50
        ana keeps r2 50 until 365
        "
    ));
}

/// Another lot of X fills the 300 at once: it gives them, at X's price, with the return itself.
#[test]
fn example_4_a_late_return_that_another_lot_fills_at_once() {
    check(
        "
        ana earns 500 r1 of A until 60 price 12000
        ana earns 400 r2 of X until 365 price 10000
        ana pays 300 p1 at B price 9000
        day 30
        ana returns 500 r1
        that took r1 200 issued 12000, r2 300 issued 10000
        that told from-other-lots 300, recovered 200
        ana keeps r2 100 until 365
        ",
    );
}
