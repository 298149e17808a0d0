//! Coupons on baskets: examples, and what holds of every basket.

use entity::coupons::definition::{Audience, Name};
use proptest::prelude::*;

use super::*;

fn line(sku: &str, quantity: i64, amount_minor: i64) -> Line {
    Line {
        sku: sku.to_owned(),
        category: Some(format!("{}S", sku.to_uppercase())),
        brand: None,
        quantity,
        amount_minor,
        discount_minor: 0,
    }
}

fn says(benefit: Benefit, skus: &[&str], stacking: Stacking) -> Definition {
    Definition {
        names: vec![Name { language: "en".to_owned(), text: "A coupon".to_owned() }],
        funder: None,
        benefit,
        scope: Scope { skus: skus.iter().map(|&sku| sku.to_owned()).collect(), ..Scope::default() },
        minimum_minor: 0,
        from: None,
        until: None,
        uses_max: None,
        member_uses_max: None,
        audience: Audience::Everybody,
        stacking,
    }
}

fn any() -> Stacking {
    Stacking::Stackable { group: None }
}

fn group(name: &str) -> Stacking {
    Stacking::Stackable { group: Some(name.to_owned()) }
}

fn told(
    lines: &[Line],
    coupons: &[(&str, Definition)],
) -> Vec<Result<Vec<(usize, i64)>, CouponRefusal>> {
    let offers: Vec<_> = coupons.iter().map(|(code, says)| Offer { code, says }).collect();
    let answers = apply(lines, &offers).into_iter();
    let by_line = |given: Given| given.discounts.iter().map(|own| (own.line, own.minor)).collect();
    answers.map(|answer| answer.map(by_line).map_err(|no| no.why)).collect()
}

#[test]
fn an_amount_is_spread_by_largest_remainder() {
    let lines = [line("a", 1, 333), line("b", 1, 333), line("c", 1, 334)];
    let off = says(Benefit::AmountOff { amount_minor: 100 }, &[], any());
    assert_eq!(told(&lines, &[("x", off)]), [Ok(vec![(0, 33), (1, 33), (2, 34)])]);
}

#[test]
fn shares_come_after_amounts_and_those_after_free_pieces() {
    let lines = [line("mug", 2, 1000), line("tea", 1, 500)];
    let half = says(Benefit::PercentOff { share_bp: 5000 }, &[], any());
    let five = says(Benefit::AmountOff { amount_minor: 500 }, &["mug"], any());
    let mug = says(Benefit::FreeProduct { sku: "mug".to_owned() }, &[], any());
    let answers = told(&lines, &[("half", half), ("five", five), ("mug", mug)]);
    assert_eq!(answers, [Ok(vec![(1, 250)]), Ok(vec![(0, 500)]), Ok(vec![(0, 500)])]);
}

#[test]
fn what_does_not_go_together_is_refused_by_the_same_order() {
    let lines = [line("mug", 1, 1000)];
    let off = |stacking| says(Benefit::AmountOff { amount_minor: 100 }, &[], stacking);
    let conflict = Err(CouponRefusal::StackingConflict);
    let ok = Ok(vec![(0, 100)]);
    let same = told(&lines, &[("b", off(group("g"))), ("a", off(group("g")))]);
    assert_eq!(same, [conflict.clone(), ok.clone()]);
    let alone = told(&lines, &[("b", off(Stacking::Exclusive)), ("a", off(any()))]);
    assert_eq!(alone, [conflict.clone(), ok.clone()]);
    let first = told(&lines, &[("a", off(Stacking::Exclusive)), ("b", off(any()))]);
    assert_eq!(first, [ok, conflict]);
}

#[test]
fn a_minimum_says_how_much_is_missing() {
    let lines = [line("mug", 1, 1000), line("tea", 1, 5000)];
    let mut off = says(Benefit::PercentOff { share_bp: 1000 }, &["mug"], any());
    off.minimum_minor = 1500;
    let answers = apply(&lines, &[Offer { code: "x", says: &off }]);
    assert_eq!(answers, [Err(No { why: CouponRefusal::MinimumNotMet, missing_minor: 500 })]);
}

#[test]
fn a_return_in_parts_brings_back_the_whole_discount() {
    let bought = [line("mug", 3, 1000)];
    let discounts = [LineDiscount { line: 0, minor: 100 }];
    let left = |quantity, minor| [line("mug", quantity, minor)];
    assert_eq!(came_back(&bought, &left(2, 667), &discounts), (33, false));
    assert_eq!(came_back(&bought, &left(1, 334), &discounts), (66, false));
    assert_eq!(came_back(&bought, &left(0, 0), &discounts), (100, true));
}

fn baskets() -> impl Strategy<Value = Vec<Line>> {
    let line = (0..4_usize, 0..5_i64, 0..10_000_000_000_000_i64)
        .prop_map(|(sku, quantity, minor)| line(["a", "b", "c", "d"][sku], quantity, minor));
    prop::collection::vec(line, 1..12)
}

fn coupons() -> impl Strategy<Value = Vec<Definition>> {
    let benefit = prop_oneof![
        (1..=10_000_i64).prop_map(|share_bp| Benefit::PercentOff { share_bp }),
        (1..10_000_000_000_000_i64).prop_map(|amount_minor| Benefit::AmountOff { amount_minor }),
        Just(Benefit::FreeProduct { sku: "a".to_owned() }),
        (1..50_000_i64).prop_map(|factor_bp| Benefit::PointsMultiplier { factor_bp }),
    ];
    let stacking =
        prop_oneof![Just(Stacking::Exclusive), Just(any()), Just(group("g")), Just(group("h"))];
    let skus = prop_oneof![Just(&[][..]), Just(&["a"][..]), Just(&["b", "c"][..])];
    let coupon = (benefit, skus, stacking)
        .prop_map(|(benefit, skus, stacking)| says(benefit, skus, stacking));
    prop::collection::vec(coupon, 0..6)
}

proptest! {
    #[test]
    fn no_line_gets_more_off_than_it_costs(lines in baskets(), coupons in coupons()) {
        let offers: Vec<_> = coupons.iter().map(|says| Offer { code: "x", says }).collect();
        let mut off = vec![0_i128; lines.len()];
        for (given, offer) in apply(&lines, &offers).iter().zip(&offers) {
            for own in given.iter().flat_map(|given| &given.discounts) {
                prop_assert!(own.minor > 0);
                let is_free = matches!(offer.says.benefit, Benefit::FreeProduct { .. });
                prop_assert!(is_free || is_about(&offer.says.scope, &lines[own.line]));
                off[own.line] += i128::from(own.minor);
            }
        }
        for (off, line) in off.iter().zip(&lines) {
            prop_assert!(*off <= i128::from(line.amount_minor));
        }
    }

    #[test]
    fn an_amount_off_adds_up_to_itself_or_to_all_there_is(
        lines in baskets(), amount_minor in 1..10_000_000_000_000_i64,
    ) {
        let off = says(Benefit::AmountOff { amount_minor }, &[], any());
        let all = total(lines.iter().map(|line| line.amount_minor));
        match &apply(&lines, &[Offer { code: "x", says: &off }])[0] {
            Ok(given) => prop_assert_eq!(i128::from(given.minor()), all.min(amount_minor.into())),
            Err(no) => prop_assert!(all == 0 && no.why == CouponRefusal::NothingInScope),
        }
    }

    #[test]
    fn the_order_in_which_coupons_are_named_makes_no_difference(
        lines in baskets(), coupons in coupons(), turn in 0..6_usize,
    ) {
        let codes = ["a", "b", "c", "d", "e", "f"];
        let offers: Vec<_> =
            coupons.iter().zip(codes).map(|(says, code)| Offer { code, says }).collect();
        let mut turned = offers.clone();
        turned.rotate_left(turn.min(offers.len()));
        turned.reverse();
        let by_code = |offers: &[Offer<'_>]| {
            let answers = apply(&lines, offers);
            let mut answers: Vec<_> =
                offers.iter().map(|own| own.code.to_owned()).zip(answers).collect();
            answers.sort_by(|one, other| one.0.cmp(&other.0));
            answers
        };
        prop_assert_eq!(by_code(&offers), by_code(&turned));
    }
}
