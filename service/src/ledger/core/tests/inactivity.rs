//! Expiry by inactivity: all of a wallet's points at once, so long after it last earned or spent.
//! From day 0, the first of January 1970, twelve months are 365 days; over
//! February 1972 they are 366.

use super::story::check;

#[test]
fn an_inactive_wallet_loses_all_at_once_and_a_purchase_keeps_it_all() {
    check(
        "
        rules inactivity 12
        ana earns 40 r1 of A
        day 300
        ana earns 0 r2 of A
        day 400
        ana settles
        ana has 40
        day 664
        ana settles
        ana has 40
        day 665
        ana settles
        that took r1 40
        ana has 0
        ",
    );
}

#[test]
fn paying_and_giving_are_activity_and_the_oldest_points_go_first() {
    check(
        "
        rules inactivity 12
        ana earns 40 r1 of A
        day 1
        ana earns 40 r2 of A
        day 360
        ana pays 50 p1 at B
        that took r1 40, r2 10
        day 700
        ana gives 10 to bob
        day 1000
        ana settles
        ana has 20
        ",
    );
}

#[test]
fn whoever_is_given_points_has_the_whole_time_to_use_them() {
    check(
        "
        rules inactivity 12
        ana earns 90 r1 of A
        day 364
        ana pays 10 p1 at B
        day 700
        ana gives 40 to bob
        ana gives 40 to cyd
        dan adjusted +50
        day 1065
        bob settles
        dan settles
        bob has 40
        dan has 50
        day 1066
        bob settles
        dan settles
        bob has 0
        dan has 0
        ",
    );
}

#[test]
fn points_that_come_back_after_the_time_was_over_are_not_lost_at_once() {
    check(
        "
        rules inactivity 12
        ana earns 40 r1 of A
        ana pays 30 p1 at B
        ana holds 10 h1 until 370
        day 380
        ana settles
        ana has 10
        ana reverses p1
        day 700
        ana settles
        ana has 40
        ",
    );
}
