//! Points are set aside, then captured, released, or given back when nobody came for them.

use super::story::check;

#[test]
fn held_points_can_neither_be_spent_nor_expire() {
    check(
        "
        ana earns 100 r1 of A until 10
        day 8
        ana holds 80 h1 until 20
        that took r1 80
        that posted AVAILABLE HELD 80
        ana has 20 held 80
        ana pays 21 p1 at B          INSUFFICIENT_POINTS
        ana holds 21 h2              INSUFFICIENT_POINTS
        day 12
        ana settles
        ana has 0 held 80
        ana captures 80 h1 at B
        ana has 0
        ",
    );
}

#[test]
fn a_capture_uses_what_expires_soonest_and_gives_the_rest_back() {
    check(
        "
        ana earns 40 r1 of A until 90 price 10000
        ana earns 60 r2 of B until 60 price 12000
        ana holds 90 h1
        that took r2 60 issued 12000, r1 30 issued 10000
        ana captures 91 h1 at C      CAPTURE_EXCEEDS_HOLD
        ana captures 70 h1 at C price 9000
        that captured r2 60 issued 12000 accepted 9000, r1 10 issued 10000 accepted 9000
        that gave r1 20 issued 10000
        that posted HELD ACCEPTED 70, HELD AVAILABLE 20
        ana keeps r1 30 until 90
        ",
    );
}

#[test]
fn a_hold_ends_once() {
    check(
        "
        ana earns 100 r1 of A
        ana holds 30 h1 until 5
        ana holds 30 h2 until 5
        ana holds 30 h3 until 5
        ana captures 30 h1 at B
        ana releases h2
        ana captures 30 h1 at B      HOLD_ALREADY_CAPTURED
        ana releases h1              HOLD_ALREADY_CAPTURED
        ana captures 30 h2 at B      HOLD_ALREADY_RELEASED
        ana releases h4              HOLD_NOT_FOUND
        day 5
        ana captures 30 h3 at B      HOLD_LAPSED
        ana settles
        ana has 70
        ",
    );
}

#[test]
fn a_release_gives_grace_where_the_lot_has_expired() {
    check(
        "
        rules grace 30
        ana earns 40 r1 of A until 10
        ana earns 60 r2 of A until 90
        day 8
        ana holds 70 h1 until 20
        day 12
        ana releases h1
        that gave r1 40, r2 30
        ana keeps r1 40 until 42, r2 60 until 90
        ",
    );
}

#[test]
fn a_hold_that_lapses_gives_back_as_on_the_day_it_lapsed() {
    check(
        "
        rules grace 30
        ana earns 40 r1 of A until 10
        ana earns 60 r2 of A until 30
        day 8
        ana holds 100 h1 until 20
        day 40
        ana settles
        ana keeps r1 40 until 50
        ana saw EARNED 40, EARNED 60, HELD 100, LAPSED 100, EXPIRED 60
        ",
    );
}

#[test]
fn what_a_release_gives_back_pays_a_debt_first() {
    check(
        "
        ana earns 100 r1 of A
        ana holds 100 h1
        ana returns 70 r1
        ana has 0 held 100 owes 70
        ana releases h1
        that told debt-filled 70, given-back 100
        that posted HELD AVAILABLE 100, AVAILABLE DEBT 70
        ana has 30
        ",
    );
}
