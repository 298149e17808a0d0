//! What baskets earn, told by the receipt.

use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{EarningTerms, Line, Withheld};
use proptest::prelude::*;

use super::*;

fn terms(rate_millipoints: i64, rounding: Rounding) -> EarningTerms {
    EarningTerms {
        rate_millipoints,
        minor_per_unit: 100,
        rounding,
        excluded_categories: vec!["TOBACCO".to_owned()],
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
        cashback_bp: BasisPoints::default(),
    }
}

fn line(category: &str, amount_minor: i64) -> Line {
    Line {
        sku: "1".to_owned(),
        category: Some(category.to_owned()),
        brand: None,
        quantity: 1,
        amount_minor,
        discount_minor: 0,
    }
}

fn earned(rate: i64, rounding: Rounding, lines: &[Line]) -> (i64, String) {
    let explanation = decide(&terms(rate, rounding), lines).unwrap();
    (explanation.points.get(), explanation.exact)
}

#[test]
fn points_round_once_for_the_whole_receipt() {
    let lines = [line("A", 150), line("B", 150)];
    assert_eq!(earned(1000, Rounding::Down, &lines), (3, "3".to_owned()));
    assert_eq!(earned(1500, Rounding::Down, &[line("A", 199)]), (2, "2.985".to_owned()));
    assert_eq!(earned(1500, Rounding::HalfUp, &[line("A", 199)]), (3, "2.985".to_owned()));
    assert_eq!(earned(500, Rounding::HalfUp, &[line("A", 100)]), (1, "0.5".to_owned()));
}

#[test]
fn an_excluded_category_earns_nothing_and_is_named() {
    let lines = [line("FOOD", 1000), line("TOBACCO", 700)];
    let explanation = decide(&terms(1000, Rounding::Down), &lines).unwrap();
    assert_eq!((explanation.eligible_minor, explanation.excluded_minor), (1000, 700));
    assert_eq!(explanation.excluded_lines, vec![1]);
    assert_eq!(explanation.points.get(), 10);
}

#[test]
fn too_much_is_an_overflow_never_a_wrap() {
    let lines = [line("A", i64::MAX), line("A", 1)];
    assert_eq!(decide(&terms(1, Rounding::Down), &lines).unwrap_err().code, Code::Overflow);
    let huge = decide(&terms(i64::MAX, Rounding::Down), &[line("A", i64::MAX)]);
    assert_eq!(huge.unwrap_err().code, Code::Overflow);
}

proptest! {
    #[test]
    fn a_smaller_basket_never_earns_more(amounts in prop::collection::vec(0_i64..1_000_000, 1..8), rate in 0_i64..100_000) {
        let lines: Vec<Line> = amounts.iter().map(|amount| line("A", *amount)).collect();
        for rounding in [Rounding::Down, Rounding::HalfUp] {
            let all = decide(&terms(rate, rounding), &lines).unwrap().points;
            let fewer = decide(&terms(rate, rounding), &lines[1..]).unwrap().points;
            prop_assert!(fewer <= all);
        }
    }
}
