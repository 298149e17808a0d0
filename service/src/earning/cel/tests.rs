//! Conditions read, typed, bounded and asked.

use chrono::TimeZone as _;
use chrono_tz::Tz;
use entity::ids::PartnerId;
use entity::programmes::programme::Rounding;
use entity::purchases::purchase::{Channel, EarningTerms, Line, Withheld};
use proptest::prelude::*;

use super::values;
use super::*;
use crate::earning::facts::{Basket, MemberFacts};

fn compile(source: &str) -> Result<Condition, String> {
    Condition::compile(source, &Scope::of_sale()).map_err(|refusal| refusal.message)
}

fn line(category: &str, amount_minor: i64) -> Line {
    Line {
        sku: "1".to_owned(),
        category: Some(category.to_owned()),
        brand: None,
        quantity: 2,
        amount_minor,
        discount_minor: 0,
    }
}

fn terms() -> EarningTerms {
    EarningTerms {
        rate_millipoints: 1000,
        minor_per_unit: 100,
        rounding: Rounding::Down,
        excluded_categories: Vec::new(),
        cashback_bp: entity::amount::BasisPoints::default(),
        multiplier_bp: None,
        coupon_bp: None,
        granted: Vec::new(),
        member: None,
        withheld: Withheld::default(),
    }
}

/// Facts of a sale of bread for 5.00 and wine for 20.00 on a Saturday evening.
fn facts() -> Context<'static, 'static> {
    let (lines, terms) = (vec![line("BREAD", 500), line("WINE", 2000)], terms());
    let basket = Basket {
        partner: PartnerId::from_uuid(uuid::Uuid::nil()),
        partner_code: "grocer",
        store: None,
        store_code: "",
        channel: Channel::Store,
        at: Tz::Europe__Rome.with_ymd_and_hms(2026, 3, 7, 19, 30, 0).unwrap(),
        lines: &lines,
        terms: &terms,
    };
    let mut facts = MemberFacts { segments: vec!["new".to_owned()], ..MemberFacts::default() };
    facts.purchases.month = 3;
    facts.birthday = Some((3, 7));
    facts.attributes.insert("pet".to_owned(), "dog".to_owned());
    let values: Vec<Value> = lines.iter().map(values::line).collect();
    let mut context = context();
    context.add_variable_from_value("purchase", values::purchase(&basket, &values));
    context.add_variable_from_value("member", values::member(&facts, basket.at));
    context
}

#[test]
fn facts_are_what_they_are_called() {
    let facts = facts();
    for (source, holds) in [
        ("true", true),
        ("purchase.partner == 'grocer' && purchase.store == '' && purchase.total == 2500", true),
        ("purchase.weekday == 6 && purchase.hour == 19 && purchase.minute == 30", true),
        ("purchase.date == '2026-03-07' && purchase.year == 2026 && purchase.day == 7", true),
        ("purchase.occurred_at >= timestamp('2026-03-07T18:30:00Z')", true),
        ("purchase.occurred_at > timestamp('2026-03-07T18:30:00Z')", false),
        ("purchase.lines.exists(l, l.category == 'WINE' && l.amount > 1000)", true),
        ("purchase.lines.all(l, l.quantity == 2)", true),
        ("purchase.lines.filter(l, l.category.startsWith('W')).size() == 1", true),
        ("purchase.lines.exists_one(l, l.amount < 1000)", true),
        ("size(purchase.lines) == 2 && purchase.lines[0].sku in ['1', '2']", true),
        ("member.is_birthday && member.birthday_month == 3", true),
        ("member.first_purchase && member.purchases.month == 3", true),
        ("'new' in member.segments && !('old' in member.segments)", true),
        ("'pet' in member.attributes && member.attributes['pet'] == 'dog'", true),
        ("has(member.attributes.pet) && member.attributes.pet == 'dog'", true),
        ("has(member.attributes.car)", false),
        ("member.tier == '' && size(member.tiers) == 0", true),
        ("purchase.channel == 'ONLINE' ? true : purchase.total % 1000 == 500", true),
        // What can't be said is no, and never an error.
        ("member.attributes.car == 'red'", false),
        ("purchase.total / (purchase.hour - 19) > 1", false),
        ("purchase.lines[7].amount > 0", false),
    ] {
        let condition = compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
        assert_eq!(condition.holds(&facts), holds, "{source}");
    }
}

#[test]
fn what_was_false_is_quoted() {
    let facts = facts();
    for (source, part) in [
        ("purchase.total > 100 && purchase.total > 9000", "purchase.total > 9000"),
        (
            "(purchase.hour < 9 || purchase.hour > 20) && true",
            "purchase.hour < 9 || purchase.hour > 20",
        ),
        (
            "true && purchase.lines.exists(l, l.sku == '7')",
            "purchase.lines.exists(l, l.sku == '7')",
        ),
    ] {
        let found = compile(source).unwrap().false_part(&facts).unwrap();
        assert!(found.contains(part) || part.contains(&found), "{source}: {found}");
    }
    assert_eq!(compile("true").unwrap().false_part(&facts), None);
}

/// A worker's stack is 2 MiB, and a request has some of it already.
#[test]
fn the_deepest_expression_that_is_read_leaves_most_of_a_stack() {
    let deepest = |levels: usize| format!("{}true{}", "(".repeat(levels), ")".repeat(levels));
    let read = move || (0..100).rev().find(|levels| compile(&deepest(*levels)).is_ok());
    let reader = std::thread::Builder::new().stack_size(1 << 20).spawn(read).unwrap();
    assert!(reader.join().unwrap().is_some_and(|levels| levels > 2));
}

#[test]
fn what_it_asks_for_is_known() {
    let asks = |source: &str| compile(source).unwrap().asks;
    assert_eq!(asks("true"), Asks::default());
    assert_eq!(asks("purchase.total > 1"), Asks { purchase: true, ..Asks::default() });
    assert!(asks("size(purchase.lines) > 1").lines && !asks("purchase.total > 1").lines);
    assert!(asks("member.tier == 'GOLD'").tiers);
    assert!(asks("'x' in member.segments").segments);
    assert!(asks("member.is_birthday").profile && !asks("member.is_birthday").activity);
    assert!(asks("member.spend.week > 100").activity && !asks("member.spend.week > 100").back);
    assert!(asks("member.spend.days_30 > 100").back);
}

#[test]
fn what_a_basket_must_have_is_read_off() {
    let required = |source: &str| compile(source).unwrap().required;
    let set = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let deli = "purchase.lines.exists(l, l.category in ['DELI', 'PASTRY'] && l.amount > 5)";
    assert_eq!(required(deli).categories, set(&["DELI", "PASTRY"]));
    assert_eq!(required("purchase.partner == 'fuel' && true").partners, set(&["fuel"]));
    // Either of two ways, or not: nothing is certain.
    assert_eq!(required(&format!("{deli} || true")), Required::default());
    assert_eq!(required(&format!("!{deli}")), Required::default());
    assert_eq!(required("purchase.lines.all(l, l.category == 'DELI')"), Required::default());
    let lines = Condition::compile("line.sku == '5'", &Scope::of_line()).unwrap();
    assert_eq!(lines.required.skus, set(&["5"]));
}

proptest! {
    /// Whatever is written, it is accepted or refused: nothing panics, and nothing takes long.
    #[test]
    fn any_text_is_answered(source in r#"[a-z0-9_.,()\[\]{}<>=!&|?:+*/%'" \\-]{0,80}"#) {
        let facts = facts();
        if let Ok(condition) = compile(&source) {
            let holds = condition.holds(&facts);
            prop_assert_eq!(condition.false_part(&facts).is_none(), holds);
        }
    }

    /// The same of texts that look like conditions.
    #[test]
    fn any_expression_is_answered(parts in proptest::collection::vec(0_usize..24, 1..14)) {
        const WORDS: [&str; 24] = [
            "purchase.total", "purchase.lines", "member.segments", "member", "purchase", "line",
            ".exists(l, l.sku == '1')", ".all(x, x.amount > 1)", ".size()", " == ", " > ", " && ",
            " || ", "!", "(", ")", "[", "]", " in ", "1", "'a'", "true", " ? ", " : ",
        ];
        let source: String = parts.iter().map(|part| WORDS[*part]).collect();
        if let Ok(condition) = compile(&source) {
            condition.holds(&facts());
        }
    }
}
