//! A decision over made-up rules, for the benchmark `decide`: nothing else may use it, and no figure of it
//! is a promise.
//!
//! [`Coalition::mixed`] is what a coalition's rules look like: most are of one of its twenty partners, most
//! are about a category, an article or a brand, one in ten is of another season, one in twenty is for
//! everything that anybody buys. [`Coalition::unscoped`] is the worst that rules can be: each is asked
//! about each line of each sale, and none could have been left out.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::amount::BasisPoints;
use entity::earning::definition::{Budget, Definition, Effect, Limit, Period, Schedule, Trigger};
use entity::earning::earning_rule::{self, RuleStatus};
use entity::ids::{ContractId, PartnerId, ProgrammeId, RuleId, WalletId};
use entity::partners::contract::{self, Funding, OnUs};
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{Channel, EarningTerms, Line, Withheld};
use uuid::Uuid;

use super::decide::{By, sale};
use super::facts::{Basket, MemberFacts};
use super::ruleset::{InForce, Rule, RuleSet};
use super::state::State;
use crate::partners::Directory;
use crate::programmes::Rules;
use crate::refusal::Refusal;

const PARTNERS: u128 = 20;
const CATEGORIES: u128 = 200;

/// Rules, and a buyer with a basket.
pub struct Coalition {
    programme: Rules,
    directory: Directory,
    rules: RuleSet,
    at: DateTime<Tz>,
    terms: EarningTerms,
    lines: Vec<Line>,
    member: MemberFacts,
    state: State,
}

impl Coalition {
    /// So many rules of all sorts; twenty lines at one of the partners.
    pub fn mixed(rules: u128) -> Self {
        Self::of((0..rules).map(one_of_many).collect())
    }

    /// So many rules that are asked about whatever is sold.
    pub fn unscoped(rules: u128) -> Self {
        let rule = |number: u128| Definition {
            condition: Some(format!("purchase.total > {number} && member.segments.size() < 9")),
            lines: Some(format!("line.amount % 7 == {}", number % 7)),
            ..definition(format!("rule {number}"), Effect::Fixed { points: 1 })
        };
        Self::of((0..rules).map(rule).collect())
    }

    fn of(definitions: Vec<Definition>) -> Self {
        let compiled = (0..).zip(definitions).map(|(number, definition)| {
            let rule = Rule::compile(&row(number), 1, definition, |_| Vec::new());
            (Some(InForce::ALWAYS), Arc::new(rule.expect("a made-up rule is in order")))
        });
        let rules = RuleSet::new(compiled.collect(), Vec::new());
        let state = State::new(HashMap::new(), rules.budgets(100));
        Self {
            programme: Rules::blank(),
            directory: Directory::new(Vec::new(), Vec::new(), vec![contract()]),
            rules,
            at: tuesday().with_timezone(&Tz::UTC),
            terms: terms(),
            lines: (0..20).map(line).collect(),
            member: MemberFacts {
                tiers: BTreeMap::from([("status".to_owned(), "gold".to_owned())]),
                segments: vec!["segment-1".to_owned(), "segment-3".to_owned()],
                birthday: Some((5, 4)),
                ..MemberFacts::default()
            },
            state,
        }
    }

    /// Decides what the basket earns; how many points, and by how many rules.
    pub fn decide(&self) -> Result<(i64, usize), Refusal> {
        let by = By {
            programme: &self.programme,
            directory: &self.directory,
            rules: &self.rules,
            sets: &[],
            has_plans: false,
        };
        let basket = Basket {
            partner: partner(0),
            partner_code: "partner-0",
            store: None,
            store_code: "",
            channel: Channel::Store,
            at: self.at,
            lines: &self.lines,
            terms: &self.terms,
        };
        let buyer = (WalletId::from_uuid(id(4, 0)), &self.member);
        let decision = sale(by, &basket, buyer, &mut self.state.clone())?;
        Ok((decision.explanation.points.get(), decision.granted.len()))
    }
}

/// The rules of a coalition in their order: ten sorts, in turn.
fn one_of_many(number: u128) -> Definition {
    let (sort, place) = (number % 10, number / 10);
    let own = vec![partner(place % PARTNERS)];
    let category = format!("line.category == 'category-{}'", place % CATEGORIES);
    let name = format!("rule {number}");
    let per_line = Effect::PerLine { points: 5, each_piece: false };
    let sketch = definition(name, per_line);
    match sort {
        0 => Definition {
            lines: Some(category),
            effect: Effect::Multiplier { factor_bp: 20_000 },
            ..sketch
        },
        1 | 2 => Definition { lines: Some(category), partners: own, ..sketch },
        3 => Definition {
            schedule: Schedule { weekdays: vec![2, 4], ..Schedule::default() },
            effect: Effect::Multiplier { factor_bp: 15_000 },
            partners: own,
            ..sketch
        },
        4 => Definition {
            condition: Some("purchase.total >= 5000 && purchase.channel == 'STORE'".to_owned()),
            effect: Effect::Threshold { minimum_minor: 5000, points: 50, repeats: true },
            partners: own,
            ..sketch
        },
        5 => Definition {
            lines: Some(format!("line.sku in ['sku-{place}', 'sku-{}']", place + 500)),
            ..sketch
        },
        6 => Definition {
            condition: Some(format!("'segment-{}' in member.segments", place % 20)),
            effect: Effect::Fixed { points: 25 },
            limits: vec![Limit { period: Period::Month, count: Some(2), points: None }],
            budget: Budget { points: Some(100_000), cost_minor: None },
            partners: own,
            ..sketch
        },
        7 => Definition {
            condition: Some("member.tier == 'gold' && purchase.hour < 12".to_owned()),
            effect: Effect::Fixed { points: 10 },
            group: Some("morning".to_owned()),
            partners: if place % 2 == 0 { own } else { Vec::new() },
            ..sketch
        },
        8 => Definition {
            lines: Some(format!("line.brand == 'brand-{}' && line.amount > 100", place % 50)),
            partners: own,
            ..sketch
        },
        _ => Definition {
            schedule: Schedule { until: Some(DateTime::UNIX_EPOCH), ..Schedule::default() },
            ..sketch
        },
    }
}

fn definition(name: String, effect: Effect) -> Definition {
    Definition {
        name,
        trigger: Trigger::Purchase,
        partners: Vec::new(),
        stores: Vec::new(),
        schedule: Schedule::default(),
        condition: None,
        lines: None,
        effect,
        priority: 0,
        group: None,
        limits: Vec::new(),
        budget: Budget::default(),
        funding: Vec::new(),
    }
}

fn id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128((kind << 64) + number)
}

fn partner(number: u128) -> PartnerId {
    PartnerId::from_uuid(id(2, number))
}

fn tuesday() -> DateTime<Utc> {
    "2026-03-03T09:30:00Z".parse().expect("it is written as RFC 3339 has it")
}

fn line(number: u128) -> Line {
    Line {
        sku: format!("sku-{}", number * 3),
        category: Some(format!("category-{}", number * 5)),
        brand: Some(format!("brand-{number}")),
        quantity: 1,
        amount_minor: 299,
        discount_minor: 0,
    }
}

fn row(number: u128) -> earning_rule::Model {
    earning_rule::Model {
        id: RuleId::from_uuid(id(5, number)),
        programme_id: ProgrammeId::from_uuid(id(1, 0)),
        code: format!("rule-{number}"),
        campaign_id: None,
        status: RuleStatus::Live,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

fn terms() -> EarningTerms {
    EarningTerms {
        rate_millipoints: 1000,
        minor_per_unit: 100,
        rounding: Rounding::Down,
        excluded_categories: Vec::new(),
        cashback_bp: BasisPoints::default(),
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
    }
}

fn contract() -> contract::Model {
    contract::Model {
        id: ContractId::from_uuid(id(3, 0)),
        programme_id: ProgrammeId::from_uuid(id(1, 0)),
        partner_id: partner(0),
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
