//! What becomes of cohorts, told as the ledger's stories are; and that whatever happens, they are what is in
//! lots and holds.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use entity::day::Day;
use entity::ledger::hold::HoldStatus;
use entity::ledger::lot;
use entity::programmes::programme::DebtPolicy;
use proptest::prelude::*;

use super::cohorts::{Cohort, Cohorts, Flow, month_number, month_of};
use super::tests::properties::funded;
use super::tests::{each, lots};
use super::{Exact, due_for};
use crate::ledger::core::properties::{book, dated, tell, wishes};
use crate::ledger::core::tests::story::{check, name};
use crate::ledger::core::{Book as Ledger, Rules};

fn told(ledger: &Ledger, change: impl Fn(&mut lot::Model)) -> Cohorts {
    let mut cohorts = Cohorts::new(Tz::UTC);
    each(ledger, change, |happened| {
        let day = Day::of(happened.entry.recorded_at, &Tz::UTC);
        cohorts.follow(happened, day).unwrap();
    });
    cohorts
}

/// What became of each issuer's points, in the order of [`Flow`], and what is out.
fn flows(story: &str) -> Vec<(String, [i64; 8])> {
    let cohorts = told(&check(story), |_| {});
    let mut sums: BTreeMap<Option<_>, Flow> = BTreeMap::new();
    for ((cohort, _), flow) in &cohorts.days {
        let sum = sums.entry(cohort.issuer).or_default();
        *sum = sum.plus(flow).unwrap();
    }
    let shown = |(issuer, flow): (Option<_>, Flow)| {
        let Flow { issued, burned, restored, expired, returned, filled, adjusted } = flow;
        let all = [issued, burned, restored, expired, returned, filled, adjusted, flow.out()];
        (issuer.map_or_else(String::new, name), all)
    };
    sums.into_iter().map(shown).collect()
}

#[test]
fn each_way_out_is_told_apart() {
    let story = "ana earns 500 r1 of A until 30 price 10000
        ana pays 100 p1 at B price 9000
        ana holds 80 h1
        ana captures 50 h1 at B price 9000
        ana reverses h1
        ana adjusted -40
        ana holds 20 h2";
    assert_eq!(flows(story), [("A".to_owned(), [500, 150, 50, 0, 0, 0, 40, 360])]);
    // A hold that wasn't captured lapses, and its points expire with the rest.
    let later = format!("{story}\n day 31\n ana settles");
    assert_eq!(flows(&later), [("A".to_owned(), [500, 150, 50, 360, 0, 0, 40, 0])]);
}

#[test]
fn a_debt_is_filled_by_another_cohort() {
    let story = "ana earns 500 r1 of A until 365
        ana pays 300 p1 at B price 9000
        ana returns 500 r1
        ana earns 350 r2 of X until 400";
    let a = ("A".to_owned(), [500, 300, 0, 0, 200, 0, 0, 0]);
    assert_eq!(flows(story), [a, ("X".to_owned(), [350, 0, 0, 0, 0, 300, 0, 50])]);
}

#[test]
fn months_begin_in_the_programme_s_zone() {
    let at: DateTime<Utc> = "2026-03-31T22:30:00Z".parse().unwrap();
    let day = Day::of(at, &Tz::Europe__Rome);
    assert_eq!(month_of(day).to_string(), "2026-04-01");
    let cohort = Cohort { month: month_of(day), issuer: None };
    let later = Day::from_date(day.date().checked_add_days(Days::new(365)).unwrap());
    assert_eq!([cohort.age_on(day), cohort.age_on(later)], [0, 12]);
    assert_eq!(cohort.age_on(cohort.month.plus(-1)), 0, "recorded before midnight");
    assert_eq!(month_number(later) - month_number(day), 12);
}

proptest! {
    /// Points of each cohort that are out are those of its lots, and what open holds took of them, wherever
    /// they were moved; and what is due when they are burned is what these lots say.
    #[test]
    fn cohorts_are_what_lots_and_holds_have(wishes in wishes(13), forgives in any::<bool>()) {
        let debt = if forgives { DebtPolicy::Forgive } else { DebtPolicy::AllowDebt };
        let mut ledger = book(Rules { debt, ..dated() });
        tell(&mut ledger, &wishes, |_, _, _| {});
        let cohorts = told(&ledger, funded);
        let mut there: BTreeMap<Cohort, i64> = BTreeMap::new();
        let mut due_there: BTreeMap<Cohort, Exact> = BTreeMap::new();
        let mut lots = lots(&ledger);
        lots.iter_mut().for_each(funded);
        for lot in &lots {
            let holds = ledger.wallets.values().flat_map(|wallet| wallet.holds.values());
            let open = holds.filter(|hold| hold.row.status == HoldStatus::Open);
            let held = open.flat_map(|hold| &hold.takings).filter(|(id, _)| *id == lot.id);
            let points = lot.remaining.get() + held.map(|(_, points)| points.get()).sum::<i64>();
            let cohort = Cohort::of(lot, &Tz::UTC);
            *there.entry(cohort).or_default() += points;
            for (_, price) in due_for(&lot.terms) {
                let sum = due_there.entry(cohort).or_default();
                *sum = sum.plus(price.of(points).unwrap());
            }
        }
        let mut out: BTreeMap<Cohort, i64> = BTreeMap::new();
        for ((cohort, _), flow) in &cohorts.days {
            *out.entry(*cohort).or_default() += flow.out();
        }
        let mut due: BTreeMap<Cohort, Exact> = BTreeMap::new();
        for ((cohort, _, (_, price)), points) in &cohorts.due {
            let sum = due.entry(*cohort).or_default();
            *sum = sum.plus(price.of(*points).unwrap());
        }
        for all in [&mut there, &mut out] {
            all.retain(|_, points| *points != 0);
        }
        for all in [&mut due_there, &mut due] {
            all.retain(|_, money| !money.is_zero());
        }
        prop_assert_eq!(out, there);
        prop_assert_eq!(due, due_there);
    }
}
