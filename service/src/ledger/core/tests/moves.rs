//! Points go from wallet to wallet: given to others, and pooled in a household.

use super::story::check;

#[test]
fn given_points_keep_issuer_price_and_expiry() {
    check(
        "
        ana earns 40 r1 of A until 60 price 10000
        ana earns 60 r2 of B until 90 price 12000
        ana gives 70 to bob
        that posted nothing
        ana keeps r2 30 until 90
        bob keeps r1 40 until 60, r2 30 until 90
        bob pays 70 p1 at C price 9000
        that took r1 40 issued 10000 accepted 9000, r2 30 issued 12000 accepted 9000
        ana saw EARNED 40, EARNED 60, TRANSFERRED_OUT 70
        bob saw TRANSFERRED_IN 70, PAID 70
        ",
    );
}

#[test]
fn only_what_is_available_can_be_given_and_not_to_oneself() {
    check(
        "
        ana earns 40 r1 of A
        ana earns 60 r2 of A from 14
        ana gives 41 to bob          INSUFFICIENT_POINTS
        ana gives 40 to ana          SAME_WALLET
        ana has 40 pending 60
        ",
    );
}

#[test]
fn a_household_takes_all_that_its_members_have() {
    check(
        "
        ana earns 40 r1 of A until 60
        ana earns 30 r2 of A from 14 until 90
        bob earns 50 r3 of B until 30
        ana pools into home
        bob pools into home
        ana has 0
        home has 90 pending 30
        home keeps r3 50 until 30, r1 40 until 60, r2 30 pending until 90
        day 14
        home settles
        home has 120
        ana saw EARNED 40, EARNED 30, POOLED_OUT 70
        ",
    );
}

#[test]
fn a_household_takes_what_its_members_owe_and_pays_it_at_once() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 100 r1
        bob earns 60 r2 of A until 90
        bob pools into home
        ana pools into home
        home has 0 owes 40
        ana has 0
        ",
    );
}

#[test]
fn nobody_joins_a_household_with_points_on_hold_or_twice() {
    check(
        "
        ana earns 100 r1 of A
        ana holds 40 h1
        ana pools into home          OPEN_HOLDS
        ana releases h1
        ana pools into ana           SAME_WALLET
        ana pools into home
        ana pools into manor         MEMBER_ALREADY_POOLED
        home pools into ana          MEMBER_ALREADY_POOLED
        home has 100
        ",
    );
}

#[test]
fn a_payment_from_before_the_household_is_undone_into_it() {
    check(
        "
        rules grace 30
        ana earns 40 r1 of A until 20
        ana earns 60 r2 of B until 90
        ana pays 70 p1 at C
        ana pools into home
        day 30
        home reverses p1
        that posted ACCEPTED AVAILABLE 70
        home keeps r1 40 until 60, r2 30 until 90, r2 30 until 90
        ",
    );
}
