//! What a member owes after a return: the programme's policy, filling, and letting go.

use super::story::check;

#[test]
fn what_is_short_is_owed_where_the_programme_allows_debt() {
    check(
        "
        ana earns 500 r1 of A
        ana pays 300 p1 at B
        ana returns 500 r1
        that posted AVAILABLE ISSUED 200, DEBT ISSUED 300
        that told owed 300, recovered 200
        ana has 0 owes 300
        ",
    );
}

#[test]
fn what_is_short_is_forgiven_where_the_programme_forgives() {
    check(
        "
        rules FORGIVE
        ana earns 500 r1 of A
        ana pays 300 p1 at B
        ana returns 500 r1
        that posted AVAILABLE ISSUED 200
        that told forgiven 300, recovered 200
        ana has 0
        ",
    );
}

#[test]
fn a_new_earning_pays_the_debt_before_anything_becomes_available() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 100 r1
        ana earns 70 r2 of C
        that took r2 70
        that posted ISSUED DEBT 70
        ana has 0 owes 30
        ana earns 50 r3 of C
        that posted ISSUED DEBT 30, ISSUED AVAILABLE 20
        ana keeps r3 20
        ",
    );
}

#[test]
fn pending_points_pay_a_debt_when_they_mature() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 100 r1
        ana earns 150 r2 of C from 14 until 90
        ana has 0 pending 150 owes 100
        day 14
        ana settles
        that posted PENDING DEBT 100, PENDING AVAILABLE 50
        that told debt-filled 100
        ana has 50
        ",
    );
}

#[test]
fn points_given_by_a_member_or_an_operator_pay_a_debt_first() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 100 r1
        bob earns 60 r2 of A
        bob gives 60 to ana
        ana has 0 owes 40
        ana adjusted +50
        that posted ADJUSTED DEBT 40, ADJUSTED AVAILABLE 10
        ana has 10
        ",
    );
}

#[test]
fn an_operator_lets_a_debt_go_and_no_more_than_that() {
    check(
        "
        ana earns 100 r1 of A
        ana pays 100 p1 at B
        ana returns 100 r1
        ana written-off 101          INSUFFICIENT_POINTS
        ana written-off 60
        that posted ADJUSTED DEBT 60
        ana has 0 owes 40
        ",
    );
}
