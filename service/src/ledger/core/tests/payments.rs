//! Points pay, and payments are undone.

use super::story::check;

#[test]
fn points_that_expire_soonest_pay_first_then_the_oldest() {
    check(
        "
        ana earns 10 r1 of A until 90
        ana earns 10 r2 of A
        day 1
        ana earns 10 r3 of B until 60
        ana earns 10 r4 of B until 90
        ana pays 35 p1 at C
        that took r3 10, r1 10, r4 10, r2 5
        that posted AVAILABLE ACCEPTED 35
        ana keeps r2 5
        ",
    );
}

#[test]
fn points_are_spent_only_once() {
    check(
        "
        ana earns 500 r1 of A
        ana pays 300 p1 at B
        ana pays 300 p2 at B         INSUFFICIENT_POINTS
        ana has 200
        ",
    );
}

#[test]
fn a_reversal_gives_back_to_the_same_lots_what_they_gave() {
    check(
        "
        ana earns 40 r1 of A until 60
        ana earns 60 r2 of B until 90
        ana pays 70 p1 at C price 9000
        ana reverses p1
        that gave r1 40, r2 30
        that posted ACCEPTED AVAILABLE 70
        ana keeps r1 40 until 60, r2 60 until 90
        ana reverses p1              PAYMENT_ALREADY_REVERSED
        ana has 100
        ",
    );
}

#[test]
fn a_reversal_gives_grace_to_a_lot_that_has_expired_since() {
    check(
        "
        rules grace 30
        ana earns 40 r1 of A until 60
        ana earns 60 r2 of B until 90
        ana pays 70 p1 at C
        day 70
        ana reverses p1
        ana keeps r2 60 until 90, r1 40 until 100
        day 100
        ana settles
        ana has 0
        ",
    );
}

#[test]
fn a_captured_payment_is_undone_like_any_other() {
    check(
        "
        ana earns 40 r1 of A until 60
        ana earns 60 r2 of B until 90
        ana holds 70 h1
        ana captures 50 h1 at C price 9000
        ana reverses h1
        that gave r1 40, r2 10
        ana keeps r1 40 until 60, r2 60 until 90
        ",
    );
}

#[test]
fn what_a_reversal_gives_back_pays_a_debt_first() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 80 r1
        ana has 0 owes 80
        ana reverses p1
        that told debt-filled 80
        ana has 20
        ",
    );
}
