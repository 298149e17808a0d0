//! Properties of the sums.

use chrono::{DateTime, TimeDelta};
use entity::amount::Points;
use entity::ids::{PartnerId, ProgrammeId, PurchaseId, WalletId};
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{self, Channel, EarningTerms, Lines, Withheld};
use proptest::prelude::*;

use super::{Rows, Taken};

fn bought(total_minor: i64, points: i64, hours: i64) -> purchase::Model {
    let at = DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
    purchase::Model {
        programme_id: ProgrammeId::from_uuid(uuid::Uuid::nil()),
        id: PurchaseId::at(at),
        partner_id: PartnerId::at(at),
        store_id: None,
        receipt_number: "R".to_owned(),
        channel: Channel::Store,
        member_id: None,
        wallet_id: None,
        card_number: None,
        occurred_at: at,
        recorded_at: at,
        total_minor,
        lines: Lines::default(),
        earning: EarningTerms {
            rate_millipoints: 0,
            minor_per_unit: 100,
            rounding: Rounding::Down,
            excluded_categories: Vec::new(),
            cashback_bp: entity::amount::BasisPoints::default(),
            multiplier_bp: None,
            coupon_bp: None,
            granted: Vec::new(),
            member: None,
            withheld: Withheld::default(),
        },
        points: Points::new(points).unwrap(),
        claimed_at: None,
    }
}

fn rows() -> Rows {
    Rows::new(ProgrammeId::from_uuid(uuid::Uuid::nil()), chrono_tz::Europe::Rome)
}

fn wallet() -> WalletId {
    WalletId::from_uuid(uuid::Uuid::nil())
}

proptest! {
    /// Several returns that together take all back leave nothing, in whatever steps.
    #[test]
    fn bought_and_returned_is_as_if_never_bought(
        steps in prop::collection::vec((0_i64..10_000, 0_i64..1_000), 1..6),
        hours in 0_i64..100_000,
    ) {
        let total = steps.iter().map(|(minor, _)| minor).sum();
        let points = steps.iter().map(|(_, points)| points).sum();
        let purchase = bought(total, points, hours);
        let mut rows = rows();
        rows.bought(wallet(), &purchase, Taken::default());
        let mut before = Taken::default();
        for (minor, points) in steps {
            let back = Taken { times: 1, minor, points };
            rows.returned(wallet(), &purchase, before, back);
            before = before.and(back);
        }
        prop_assert!(rows.rows().unwrap().is_empty());
    }

    /// Claimed late is as bought at once: what came back meanwhile is off either way.
    #[test]
    fn claiming_what_is_left_is_as_having_bought_it(minor in 0_i64..=500, points in 0_i64..=50) {
        let (purchase, back) = (bought(500, 50, 7), Taken { times: 1, minor, points });
        let (mut at_once, mut late) = (rows(), rows());
        at_once.bought(wallet(), &purchase, Taken::default());
        at_once.returned(wallet(), &purchase, Taken::default(), back);
        late.bought(wallet(), &purchase, back);
        prop_assert_eq!(at_once.rows().unwrap(), late.rows().unwrap());
    }
}

#[test]
fn a_day_is_the_programmes_and_rows_of_one_day_are_one() {
    let mut rows = rows();
    // 22:30 and 23:30 in Greenwich are two days in Rome.
    for half_hours in [44, 45, 47] {
        let purchase = bought(100, 1, 0);
        let at = DateTime::UNIX_EPOCH + TimeDelta::minutes(30 * half_hours);
        let purchase = purchase::Model { occurred_at: at, ..purchase };
        rows.bought(wallet(), &purchase, Taken::default());
    }
    let found = rows.rows().unwrap();
    let told: Vec<_> = found.iter().map(|row| (row.day.get(), row.purchases)).collect();
    assert_eq!(told, [(0, 2), (1, 1)]);
}

#[test]
fn what_cost_nothing_counts_until_it_comes_back() {
    let (purchase, mut rows) = (bought(0, 0, 0), rows());
    rows.bought(wallet(), &purchase, Taken::default());
    rows.returned(wallet(), &purchase, Taken::default(), Taken { times: 1, ..Taken::default() });
    assert!(rows.rows().unwrap().is_empty());
}
