//! Goods come back, and the points that they had earned.

use super::story::check;

#[test]
fn a_return_takes_the_purchase_s_own_points_even_while_pending() {
    check(
        "
        ana earns 100 r1 of A from 14 until 90
        ana earns 100 r2 of A until 60
        ana returns 30 r1
        that took r1 30
        that posted PENDING ISSUED 30
        day 20
        ana returns 70 r1
        that posted AVAILABLE ISSUED 70
        ana keeps r2 100 until 60
        ",
    );
}

#[test]
fn what_was_spent_of_it_is_taken_from_other_points_soonest_expiry_first() {
    check(
        "
        ana earns 100 r1 of A until 30
        ana earns 30 r2 of B until 60
        ana earns 50 r3 of B until 40
        ana pays 80 p1 at C
        ana returns 100 r1
        that took r1 20, r3 50, r2 30
        that told from-other-lots 80, recovered 20
        ana has 0
        ",
    );
}

#[test]
fn points_on_hold_count_as_spent() {
    check(
        "
        ana earns 100 r1 of A until 30
        ana earns 100 r2 of B until 60
        ana holds 80 h1
        ana returns 100 r1
        that told from-other-lots 80, recovered 20
        ana has 20 held 80
        ",
    );
}

#[test]
fn pending_points_of_others_are_taken_last() {
    check(
        "
        ana earns 100 r1 of A until 90
        ana earns 30 r2 of A from 14 until 60
        ana earns 30 r3 of A until 70
        ana pays 100 p1 at B
        ana returns 100 r1
        that posted AVAILABLE ISSUED 30, PENDING ISSUED 30, DEBT ISSUED 40
        ana has 0 owes 40
        ",
    );
}

#[test]
fn nobody_is_asked_for_points_that_have_expired() {
    check(
        "
        ana earns 100 r1 of A until 30
        ana earns 100 r2 of A until 90
        ana pays 40 p1 at B
        day 30
        ana returns 50 r1
        that told excused 10, from-other-lots 40
        ana returns 50 r1
        that told excused 50
        ana has 60
        ",
    );
}

#[test]
fn returning_in_parts_takes_what_returning_at_once_does() {
    let begin = "
        ana earns 100 r1 of A until 90
        ana earns 20 r2 of B until 60
        ana pays 50 p1 at C
        ana returns 100 r1
        ana has 0 owes 30";
    check(begin);
    check(&begin.replace("returns 100 r1", "returns 45 r1\nana returns 5 r1\nana returns 50 r1"));
}

#[test]
fn points_given_away_count_as_spent() {
    check(
        "
        ana earns 100 r1 of A until 90
        ana gives 60 to bob
        ana returns 100 r1
        that told owed 60, recovered 40
        bob has 60
        ",
    );
}

#[test]
fn points_that_expired_before_a_household_was_joined_are_not_asked_for() {
    check(
        "
        ana earns 100 r1 of A until 30
        ana earns 10 r2 of A until 90
        bob earns 50 r3 of A until 90
        ana pays 40 p1 at C
        day 30
        ana settles
        ana pools into home
        bob pools into home
        home returns 100 r1
        that told excused 60, from-other-lots 40
        home has 20
        ",
    );
}

#[test]
fn nor_those_that_expired_in_a_household_before_the_next() {
    check(
        "
        ana earns 100 r1 of A until 30
        day 30
        ana pools into home
        bob earns 100 r2 of A until 60
        bob pools into home
        home pools into manor
        day 60
        manor returns 50 r2
        manor returns 100 r1
        that told excused 100
        manor has 0
        ",
    );
}

#[test]
fn what_was_given_away_and_expired_there_was_spent_here() {
    check(
        "
        ana earns 100 r1 of A until 30
        ana gives 100 to bob
        day 30
        bob settles
        ana returns 100 r1
        that told owed 100
        ",
    );
}

#[test]
fn what_was_spent_before_a_household_was_joined_is_asked_of_the_household() {
    check(
        "
        ana earns 100 r1 of A until 90
        bob earns 50 r2 of B until 60
        ana pays 70 p1 at C
        ana pools into home
        bob pools into home
        home returns 100 r1
        that told from-other-lots 50, owed 20, recovered 30
        home has 0 owes 20
        ",
    );
}
