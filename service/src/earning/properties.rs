//! Whatever the rules: what is bought and brought back, in whatever parts, is as if it had never been
//! bought.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeZone as _};
use chrono_tz::Tz;
use entity::amount::{BasisPoints, Points};
use entity::earning::definition::{
    Budget, Definition, Effect, Funder, Limit, Period, Schedule, Trigger,
};
use entity::earning::earning_rule::{self, RuleStatus};
use entity::ids::{ContractId, PartnerId, ProgrammeId, RuleId, WalletId};
use entity::partners::contract::{self, Funding, OnUs};
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{Channel, EarningTerms, Line, Withheld};
use entity::purchases::purchase_return::TakenBack;
use proptest::prelude::*;
use uuid::Uuid;

use super::decide::{By, sale};
use super::facts::{Basket, MemberFacts};
use super::rest::rest;
use super::ruleset::{InForce, Rule, RuleSet};
use super::state::{Changes, State, Taken, Use};
use crate::partners::Directory;
use crate::programmes::Rules;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn contract() -> contract::Model {
    contract::Model {
        id: ContractId::from_uuid(id(3)),
        programme_id: ProgrammeId::from_uuid(id(1)),
        partner_id: PartnerId::from_uuid(id(2)),
        version: 1,
        valid_from: DateTime::UNIX_EPOCH,
        funding: Funding::AtIssue,
        issue_share_bp: BasisPoints::WHOLE,
        issue_price_micros: 12_000,
        acceptance_price_micros: 9_000,
        service_fee_bp: BasisPoints::default(),
        breakage_share_bp: BasisPoints::default(),
        on_us: OnUs::Full,
        credit_limit_minor: None,
        credit_alert_minor: None,
        payment_days: 14,
        dispute_days: 14,
        tax_code: "STD".to_owned(),
        signed_at: DateTime::UNIX_EPOCH,
    }
}

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        (1_i64..5000).prop_map(|millipoints| Effect::PerAmount { millipoints }),
        (10_001_i64..40_000).prop_map(|factor_bp| Effect::Multiplier { factor_bp }),
        (1_i64..200).prop_map(|points| Effect::Fixed { points }),
        (1_i64..20, any::<bool>())
            .prop_map(|(points, each_piece)| Effect::PerLine { points, each_piece }),
        (1_i64..6000, 1_i64..200, any::<bool>()).prop_map(|(minimum_minor, points, repeats)| {
            Effect::Threshold { minimum_minor, points, repeats }
        }),
        (2_i64..4, 1_i64..100).prop_map(|(every, points)| Effect::EveryNth { every, points }),
        (1_i64..6, 1_i64..100, any::<bool>())
            .prop_map(|(card, points, each_piece)| Effect::Stamps { card, points, each_piece }),
        (1_i64..3000).prop_map(|share_bp| Effect::Cashback { share_bp }),
    ]
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(all: Vec<T>) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

fn definitions() -> impl Strategy<Value = Definition> {
    let conditions = some_of(vec![
        None,
        Some("purchase.total < 3000"),
        Some("purchase.lines.exists(l, l.category == 'A')"),
        Some("size(purchase.lines) > 1 || purchase.total > 4000"),
    ]);
    let lines = some_of(vec![None, Some("line.category == 'A'"), Some("line.amount > 700")]);
    let limit = |period, count, points| vec![Limit { period, count, points }];
    let limits = some_of(vec![
        Vec::new(),
        limit(Period::Day, Some(2), None),
        limit(Period::Ever, None, Some(150)),
        limit(Period::Week, Some(3), Some(90)),
    ]);
    let budget = |points, cost_minor| Budget { points, cost_minor };
    let budgets = some_of(vec![
        budget(None, None),
        budget(Some(300), None),
        budget(None, Some(200)),
        budget(Some(90), Some(70)),
    ]);
    let share = |partner, share_bp, price_micros| Funder { partner, share_bp, price_micros };
    let partner = Some(PartnerId::from_uuid(id(2)));
    let fundings = some_of(vec![
        Vec::new(),
        vec![share(partner, 6000, 0), share(None, 4000, 10_000)],
        vec![share(None, 10_000, 7_000)],
    ]);
    let groups = some_of(vec![None, Some("g".to_owned())]);
    (effects(), conditions, lines, limits, budgets, fundings, groups).prop_map(
        |(effect, condition, lines, limits, budget, funding, group)| Definition {
            name: "rule".to_owned(),
            trigger: Trigger::Purchase,
            partners: Vec::new(),
            stores: Vec::new(),
            schedule: Schedule::default(),
            condition: condition.map(str::to_owned),
            lines: lines.map(str::to_owned),
            effect,
            priority: 0,
            group,
            limits,
            budget,
            funding,
        },
    )
}

fn baskets() -> impl Strategy<Value = Vec<Line>> {
    let line = (some_of(vec!["A", "B", "OUT"]), 0_i64..4, 1_i64..4000);
    let line = line.prop_map(|(category, quantity, amount_minor)| Line {
        sku: "1".to_owned(),
        category: Some(category.to_owned()),
        brand: None,
        quantity,
        amount_minor,
        discount_minor: 0,
    });
    prop::collection::vec(line, 1..5)
}

fn rule_set(definitions: Vec<Definition>) -> RuleSet {
    let rule = |(number, definition): (u128, Definition)| {
        let row = earning_rule::Model {
            id: RuleId::from_uuid(id(100 + number)),
            programme_id: ProgrammeId::from_uuid(id(1)),
            code: format!("rule-{number}"),
            campaign_id: None,
            status: RuleStatus::Live,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
        };
        let rule = Rule::compile(&row, 1, definition, |_| Vec::new()).unwrap();
        (Some(InForce::ALWAYS), Arc::new(rule))
    };
    RuleSet::new((0..).zip(definitions).map(rule).collect(), Vec::new())
}

fn terms() -> EarningTerms {
    EarningTerms {
        rate_millipoints: 1500,
        minor_per_unit: 100,
        rounding: Rounding::Down,
        excluded_categories: vec!["OUT".to_owned()],
        cashback_bp: BasisPoints::default(),
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
    }
}

fn basket<'a>(lines: &'a [Line], terms: &'a EarningTerms) -> Basket<'a> {
    Basket {
        partner: PartnerId::from_uuid(id(2)),
        partner_code: "grocer",
        store: None,
        store_code: "",
        channel: Channel::Store,
        at: Tz::UTC.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap(),
        lines,
        terms,
    }
}

/// Whether nothing is changed in the end.
fn is_nothing(changes: &Changes) -> bool {
    changes.uses.values().all(|used| *used == Use::default())
        && changes.budgets.values().all(|taken| *taken == Taken::default())
}

proptest! {
    #[test]
    fn bought_and_returned_is_as_if_never_bought(
        definitions in prop::collection::vec(definitions(), 1..6),
        before in prop::collection::vec(baskets(), 0..4),
        lines in baskets(),
        steps in prop::collection::vec((0_usize..5, 1_i64..4, 1_i64..3000), 0..5),
    ) {
        let (programme, rules) = (Rules::blank(), rule_set(definitions));
        let directory = Directory::new(Vec::new(), Vec::new(), vec![contract()]);
        let by = By {
            programme: &programme,
            directory: &directory,
            rules: &rules,
            sets: &[],
            has_plans: false,
        };
        let (wallet, member) = (WalletId::from_uuid(id(4)), MemberFacts::default());
        let mut state = State::new(HashMap::new(), rules.budgets(100));
        let mut terms = terms();
        for lines in &before {
            sale(by, &basket(lines, &terms), (wallet, &member), &mut state).unwrap();
        }
        let bought = sale(by, &basket(&lines, &terms), (wallet, &member), &mut state).unwrap();
        let earned = bought.explanation.points;
        terms.granted.clone_from(&bought.granted);
        let mut changes = bought.changes.clone();
        let mut parts: HashMap<i32, i64> = HashMap::new();
        let (mut left, mut taken): (Vec<Line>, Vec<TakenBack>) = (lines.clone(), Vec::new());
        let all = steps.iter().map(|step| Some(*step)).chain([None]);
        for step in all {
            match step {
                // Some of a line, then all that is left.
                Some((place, quantity, amount)) => {
                    let count = left.len();
                    let line = &mut left[place % count];
                    line.quantity -= quantity.min(line.quantity);
                    line.amount_minor -= amount.min(line.amount_minor);
                }
                None => left.iter_mut().for_each(|line| {
                    (line.quantity, line.amount_minor) = (0, 0);
                }),
            }
            let version = |rule, version| rules.version(rule, version).cloned();
            let earlier: Vec<&TakenBack> = taken.iter().collect();
            let back =
                rest(&basket(&left, &terms), (Some(wallet), earned), &earlier, version).unwrap();
            for part in &back.parts {
                prop_assert!(part.points <= part.outstanding);
                *parts.entry(part.part).or_default() += part.points.get();
            }
            changes.join(back.changes);
            taken.push(back.taken);
        }
        prop_assert!(is_nothing(&changes), "{changes:?}");
        for lot in &bought.lots {
            let back = parts.get(&lot.part).copied().unwrap_or_default();
            prop_assert_eq!(Points::new(back).unwrap(), lot.points);
        }
        let money = |taken: &TakenBack| taken.granted.iter().map(|own| own.cashback_minor).sum::<i64>();
        let given: i64 = bought.granted.iter().map(|own| own.cashback_minor).sum();
        prop_assert_eq!(taken.iter().map(money).sum::<i64>(), given);
    }

    /// No decision gives more than limits and budgets leave.
    #[test]
    fn limits_and_budgets_are_never_exceeded(
        definitions in prop::collection::vec(definitions(), 1..6),
        sales in prop::collection::vec(baskets(), 1..10),
    ) {
        let (programme, rules) = (Rules::blank(), rule_set(definitions.clone()));
        let directory = Directory::new(Vec::new(), Vec::new(), vec![contract()]);
        let by = By {
            programme: &programme,
            directory: &directory,
            rules: &rules,
            sets: &[],
            has_plans: false,
        };
        let (wallet, member) = (WalletId::from_uuid(id(4)), MemberFacts::default());
        let mut state = State::new(HashMap::new(), rules.budgets(100));
        let terms = terms();
        let mut sums: HashMap<RuleId, i64> = HashMap::new();
        for lines in &sales {
            let bought = sale(by, &basket(lines, &terms), (wallet, &member), &mut state).unwrap();
            for own in &bought.granted {
                *sums.entry(own.rule).or_default() += own.points.get();
            }
        }
        for (owner, left) in state.budgets() {
            prop_assert!(left.points.is_none_or(|points| points >= 0), "{owner}: {left:?}");
            prop_assert!(left.cost.is_none_or(|cost| cost >= 0), "{owner}: {left:?}");
        }
        for (number, definition) in (0..).zip(&definitions) {
            let given = sums.get(&RuleId::from_uuid(id(100 + number))).copied().unwrap_or_default();
            let most = definition.limits.iter().filter_map(|limit| limit.points).min();
            prop_assert!(most.is_none_or(|most| given <= most), "{definition:?}: {given}");
        }
    }
}
