//! What makes a language, a price and a purse.

use chrono::{DateTime, TimeDelta, Utc};
use entity::ids::TierSetId;
use entity::rewards::definition::{Cost, Price, TierPrice};
use entity::rewards::reward::RewardStatus::{self, Draft, Ended, Live, Paused};

use super::language::canonical;
use super::rules::{Purse, cost_for, may_become};

#[test]
fn a_language_is_written_as_it_is_recommended() {
    for (tag, written) in [
        ("DE", "de"),
        ("pt-br", "pt-BR"),
        ("ZH-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sl-rozaj-BISKE", "sl-rozaj-biske"),
        ("de-CH-1901", "de-CH-1901"),
        ("gsw", "gsw"),
    ] {
        assert_eq!(canonical(tag).as_deref(), Some(written));
    }
    for tag in [
        "",
        "d",
        "german",
        "de_DE",
        "de-",
        "-de",
        "de--DE",
        "de-DE-DE",
        "de-x-own",
        "x-own",
        "de-u-co-phonebk",
        "de-1901-1901",
        "dé",
        "de-CH-190",
        "zh-Hant-Hans",
    ] {
        assert_eq!(canonical(tag), None, "{tag}");
    }
}

#[test]
fn a_reward_becomes_what_it_may() {
    let may = |before: RewardStatus, wished: RewardStatus| may_become(before, wished).is_ok();
    let all = [Draft, Live, Paused, Ended];
    let allowed = all.map(|before| all.map(|wished| may(before, wished)));
    let expected = [
        [true, true, false, true],
        [false, true, true, true],
        [false, true, true, true],
        [false, false, false, true],
    ];
    assert_eq!(allowed, expected);
}

#[test]
fn a_member_pays_the_least_of_what_is_asked_of_it() {
    let cost = |points| Cost { points, money_minor: 0 };
    let tier = |tier: &str, points| TierPrice {
        tier_set: TierSetId::from_uuid(uuid::Uuid::nil()),
        tier: tier.to_owned(),
        cost: cost(points),
    };
    let price = Price {
        code: "points".to_owned(),
        cost: cost(100),
        tiers: vec![tier("silver", 90), tier("gold", 80), tier("tin", 200)],
    };
    let pays = |tiers: &[&str]| cost_for(&price, |(_, own)| tiers.contains(own)).points;
    assert_eq!(pays(&[]), 100);
    assert_eq!(pays(&["silver"]), 90);
    assert_eq!(pays(&["silver", "gold"]), 80);
    assert_eq!(pays(&["tin"]), 100);
}

#[test]
fn a_purse_affords_what_it_has_and_later_what_it_waits_for_less_its_debt() {
    let now: DateTime<Utc> = DateTime::UNIX_EPOCH;
    let day = |days| now + TimeDelta::days(days);
    let purse =
        |available, debt| Purse { available, debt, pending: vec![(day(1), 20), (day(2), 30)] };
    let seen = |purse: Purse, points| {
        let own = purse.affords(points, now);
        (own.can_afford, own.missing_points, own.when)
    };
    assert_eq!(seen(purse(100, 0), 100), (true, 0, Some(now)));
    assert_eq!(seen(purse(100, 0), 101), (false, 1, Some(day(1))));
    assert_eq!(seen(purse(100, 0), 121), (false, 21, Some(day(2))));
    assert_eq!(seen(purse(100, 0), 150), (false, 50, Some(day(2))));
    assert_eq!(seen(purse(100, 0), 151), (false, 51, None));
    assert_eq!(seen(purse(0, 15), 5), (false, 5, Some(day(1))));
    assert_eq!(seen(purse(0, 15), 6), (false, 6, Some(day(2))));
}
