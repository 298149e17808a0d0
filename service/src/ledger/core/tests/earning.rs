//! Points are earned, mature, expire; operators adjust them; history comes in order.

use super::story::check;

#[test]
fn a_purchase_earns_and_its_points_mature_when_the_return_window_closes() {
    check(
        "
        ana earns 100 r1 of A from 14 until 90
        that posted ISSUED PENDING 100
        ana has 0 pending 100
        ana pays 1 p1 at B           INSUFFICIENT_POINTS
        day 14
        ana settles
        that posted PENDING AVAILABLE 100
        ana has 100
        ana saw EARNED 100, MATURED 100
        ",
    );
}

#[test]
fn what_is_due_is_done_before_anything_else() {
    check(
        "
        ana earns 100 r1 of A from 14 until 90
        day 20
        ana pays 60 p1 at B
        ana saw EARNED 100, MATURED 100, PAID 60
        day 90
        ana earns 5 r2 of A until 180
        ana saw EARNED 100, MATURED 100, PAID 60, EXPIRED 40, EARNED 5
        ana keeps r2 5 until 180
        ",
    );
}

#[test]
fn a_lot_expires_on_its_day_and_not_before() {
    check(
        "
        ana earns 100 r1 of A until 90
        ana earns 50 r2 of A until 91
        day 89
        ana settles
        ana has 150
        day 90
        ana settles
        that took r1 100
        that posted AVAILABLE EXPIRED 100
        ana keeps r2 50 until 91
        ",
    );
}

#[test]
fn points_that_mature_and_expire_at_once_do_both() {
    check(
        "
        ana earns 100 r1 of A from 14 until 14
        day 14
        ana settles
        ana saw EARNED 100, MATURED 100, EXPIRED 100
        ana has 0
        ",
    );
}

#[test]
fn a_purchase_that_earns_nothing_has_happened_all_the_same() {
    check(
        "
        ana earns 0 r1 of A
        ana saw EARNED 0
        that posted nothing
        ana keeps nothing
        ",
    );
}

#[test]
fn an_operator_adds_and_takes_points_of_the_programme() {
    check(
        "
        ana adjusted +50 until 90
        that posted ADJUSTED AVAILABLE 50
        ana adjusted -20
        that took adjusted 20
        that posted AVAILABLE ADJUSTED 20
        ana adjusted -31             INSUFFICIENT_POINTS
        ana keeps adjusted 30 until 90
        ",
    );
}

#[test]
fn what_a_wallet_holds_in_all_is_bounded_so_that_what_is_due_always_finds_room() {
    check(
        "
        ana earns 9007199254740990 r1 of A
        ana earns 2 r2 of A from 14  OVERFLOW
        ana earns 1 r3 of A from 14
        ana holds 100 h1 until 9
        ana earns 1 r4 of A          OVERFLOW
        day 14
        ana settles
        ana has 9007199254740991
        ",
    );
}

#[test]
fn a_sum_out_of_range_is_refused_and_changes_nothing() {
    check(
        "
        ana earns 9007199254740991 r1 of A
        ana earns 1 r2 of A          OVERFLOW
        bob earns 1 r3 of A
        bob gives 1 to ana           OVERFLOW
        ana saw EARNED 9007199254740991
        bob has 1
        ",
    );
}

#[test]
fn history_comes_in_the_order_of_time() {
    check(
        "
        day 10
        history ana earns 10 r1 of A from 24 until 90
        day 5
        history ana earns 10 r2 of A     BACKFILL_OUT_OF_ORDER
        ana earns 10 r3 of A until 90
        day 30
        history ana earns 10 r4 of A until 90
        ana saw EARNED 10, EARNED 10, MATURED 10, EARNED 10
        ",
    );
}
