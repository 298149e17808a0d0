//! Stories and properties of the climb.

use entity::day::Day;
use proptest::prelude::*;

use super::core::{Earned, Ladder, Terms, Window};

fn day(date: &str) -> Day {
    Day::from_date(date.parse().unwrap())
}

fn ladder(window: Window, is_soft: bool, validity_months: Option<u32>, grace_days: i32) -> Ladder {
    let thresholds = vec![Some(100), Some(500), Some(1000)];
    let from = Day::new(-719_162);
    Ladder { window, terms: vec![Terms { from, validity_months, grace_days, is_soft, thresholds }] }
}

/// The rank, and until when it is held, by the end of each day.
fn story(ladder: &Ladder, days: &[(&str, i64)], asked: &[&str]) -> Vec<(Option<usize>, String)> {
    let days: Vec<(Day, i64)> = days.iter().map(|(date, done)| (day(date), *done)).collect();
    let ask = |date: &&str| {
        let earned = ladder.climb(day("2025-03-10"), &days, day(date));
        (earned.rank, earned.valid_until.map_or(String::new(), |until| until.to_string()))
    };
    asked.iter().map(ask).collect()
}

fn held(rank: usize, until: &str) -> (Option<usize>, String) {
    (Some(rank), until.to_owned())
}

const NOTHING: (Option<usize>, String) = (None, String::new());

#[test]
fn a_calendar_year_holds_to_the_end_of_the_next_and_falls_softly_a_step_a_year() {
    let ladder = ladder(Window::CalendarYear, true, None, 0);
    let asked =
        ["2025-05-01", "2025-06-01", "2026-12-31", "2027-01-01", "2028-01-01", "2029-01-01"];
    let told = story(&ladder, &[("2025-05-01", 400), ("2025-06-01", 600)], &asked);
    let expected = [
        held(0, "2026-12-31"),
        held(2, "2026-12-31"),
        held(2, "2026-12-31"),
        held(1, "2027-12-31"),
        held(0, "2028-12-31"),
        NOTHING,
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_hard_downgrade_goes_to_what_is_still_held() {
    let ladder = ladder(Window::CalendarYear, false, None, 30);
    let days = [("2025-06-01", 1000), ("2026-02-01", 150)];
    let told = story(&ladder, &days, &["2027-01-30", "2027-01-31", "2028-01-31"]);
    assert_eq!(told, [held(2, "2026-12-31"), held(0, "2027-12-31"), NOTHING]);
}

#[test]
fn grace_keeps_a_tier_that_is_reached_again_in_it() {
    let ladder = ladder(Window::CalendarYear, false, Some(6), 30);
    let days = [("2025-01-10", 100), ("2025-08-01", 1)];
    let told = story(&ladder, &days, &["2025-07-20", "2025-08-02", "2026-03-03"]);
    assert_eq!(told, [held(0, "2025-07-09"), held(0, "2026-01-31"), NOTHING]);
}

#[test]
fn a_rolling_window_forgets_day_by_day() {
    let ladder = ladder(Window::RollingMonths(3), false, Some(1), 0);
    let days = [("2025-01-31", 60), ("2025-04-29", 40), ("2025-05-02", 50)];
    let told = story(&ladder, &days, &["2025-04-29", "2025-05-28", "2025-05-29"]);
    assert_eq!(told, [held(0, "2025-05-28"), held(0, "2025-05-28"), NOTHING]);
}

#[test]
fn a_membership_year_begins_where_the_wallet_was_opened() {
    let ladder = ladder(Window::MembershipYear, false, None, 0);
    let days = [("2026-03-09", 60), ("2026-03-10", 60)];
    assert_eq!(story(&ladder, &days, &["2026-03-11"]), [NOTHING]);
    let days = [("2026-03-10", 60), ("2027-03-09", 60)];
    assert_eq!(story(&ladder, &days, &["2027-03-09"]), [held(0, "2028-03-09")]);
}

#[test]
fn later_terms_change_what_is_reached_from_their_day_on_only() {
    let mut ladder = ladder(Window::CalendarYear, false, None, 0);
    let terms = ladder.terms[0].clone();
    let (from, thresholds) = (day("2025-07-01"), vec![Some(200), Some(500), Some(1000)]);
    ladder.terms.push(Terms { from, thresholds, ..terms });
    let told = story(&ladder, &[("2025-06-30", 100)], &["2025-12-31", "2026-12-31"]);
    assert_eq!(told, [held(0, "2026-12-31"), held(0, "2026-12-31")]);
    assert_eq!(story(&ladder, &[("2025-07-01", 100)], &["2025-12-31"]), [NOTHING]);
}

#[test]
fn everybody_has_a_tier_from_nothing_on() {
    let mut ladder = ladder(Window::CalendarYear, false, None, 0);
    ladder.terms[0].thresholds[0] = Some(0);
    let told = story(&ladder, &[("2025-06-01", 500)], &["2025-05-01", "2025-06-01", "2027-01-01"]);
    assert_eq!(told, [(Some(0), String::new()), held(1, "2026-12-31"), (Some(0), String::new())]);
}

fn windows() -> impl Strategy<Value = Window> {
    prop_oneof![
        Just(Window::CalendarYear),
        (1_u32..=24).prop_map(Window::RollingMonths),
        Just(Window::MembershipYear)
    ]
}

fn ladders() -> impl Strategy<Value = Ladder> {
    (windows(), any::<bool>(), prop::option::of(1_u32..=24), 0_i32..90)
        .prop_map(|(window, is_soft, validity, grace)| ladder(window, is_soft, validity, grace))
}

/// Some purchases, as a day's number and how much.
fn purchases() -> impl Strategy<Value = Vec<(i32, i64)>> {
    prop::collection::vec((20_000_i32..21_500, 1_i64..700), 0..20)
}

/// Days as they are kept: one row each, in order.
fn days(purchases: &[(i32, i64)]) -> Vec<(Day, i64)> {
    let mut days = std::collections::BTreeMap::new();
    for (number, done) in purchases {
        *days.entry(Day::new(*number)).or_insert(0) += done;
    }
    days.into_iter().collect()
}

fn climb(ladder: &Ladder, days: &[(Day, i64)], today: i32) -> Earned {
    ladder.climb(Day::new(20_000), days, Day::new(today))
}

proptest! {
    /// What came back was never bought, whatever it had reached.
    #[test]
    fn bought_and_returned_is_as_if_never_bought(
        ladder in ladders(), kept in purchases(), back in purchases(), today in 20_000_i32..22_500,
    ) {
        let undone: Vec<_> = back.iter().map(|(day, done)| (*day, -done)).collect();
        let all = [kept.clone(), back, undone].concat();
        prop_assert_eq!(climb(&ladder, &days(&all), today), climb(&ladder, &days(&kept), today));
    }

    /// The order in which purchases are recorded, and how they are split over receipts, is nothing to it.
    #[test]
    fn a_standing_follows_from_sums_alone(
        ladder in ladders(), bought in purchases(), today in 20_000_i32..22_500,
    ) {
        let split: Vec<_> = bought.iter().rev()
            .flat_map(|(day, done)| [(*day, done / 2), (*day, done - done / 2)]).collect();
        prop_assert_eq!(climb(&ladder, &days(&bought), today), climb(&ladder, &days(&split), today));
    }

    /// More is never less, and a tier lasts to the day that it is said to last to.
    #[test]
    fn more_is_never_less_and_a_held_tier_is_held(
        ladder in ladders(), bought in purchases(), more in purchases(), today in 20_000_i32..22_500,
    ) {
        let earned = climb(&ladder, &days(&bought), today);
        prop_assert_eq!(
            earned.steps.last().map_or(earned.rank, |step| step.to), earned.rank);
        if !ladder.terms[0].is_soft {
            let both = climb(&ladder, &days(&[bought.clone(), more].concat()), today);
            prop_assert!(both.rank >= earned.rank);
        }
        let later: Vec<_> = days(&bought).into_iter().filter(|(day, _)| day.get() <= today).collect();
        if let Some(on) = earned.lapses_on {
            prop_assert!(on.get() > today);
            prop_assert_eq!(climb(&ladder, &later, on.get() - 1).rank, earned.rank);
            prop_assert!(climb(&ladder, &later, on.get()).rank < earned.rank);
        }
    }
}
