//! Two weeks of real receipts against an oracle: what each should earn, worked out line by line, plainly and
//! slowly, from the words of the rules alone. It knows nothing of how Florin decides.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use chrono::{DateTime, Datelike, Utc};
use entity::purchases::purchase::{Channel, Line};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use service::members::{Enrol, MemberRef};
use service::purchases::{Mode, Receipt};
use service::{Actor, Scope};

use super::{drafts, world};
use crate::support::World;

const SAMPLE: &[u8] = include_bytes!("../../../api/assets/sample/receipts.csv.gz");

/// Thousandths of a point a dollar, by partner.
const PARTNERS: [(&str, i64); 7] = [
    ("grocer", 1000),
    ("fuel", 500),
    ("pharmacy", 1500),
    ("kitchen", 2000),
    ("garden", 2000),
    ("spirits", 1000),
    ("travel", 3000),
];

/// A receipt of the file.
struct Basket {
    partner: String,
    number: String,
    card: String,
    at: DateTime<Utc>,
    lines: Vec<Line>,
}

fn baskets() -> Vec<Basket> {
    let mut text = String::new();
    GzDecoder::new(SAMPLE).read_to_string(&mut text).unwrap();
    let mut baskets: Vec<Basket> = Vec::new();
    for row in text.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        let [partner, number, at, card, _, sku, category, brand, quantity, amount, discount] =
            fields[..]
        else {
            panic!("{row}");
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let line = Line {
            sku: sku.to_owned(),
            category: some(category),
            brand: some(brand),
            quantity: quantity.parse().unwrap(),
            amount_minor: amount.parse().unwrap(),
            discount_minor: discount.parse().unwrap(),
        };
        match baskets.last_mut().filter(|last| last.partner == partner && last.number == number) {
            Some(last) => last.lines.push(line),
            None => baskets.push(Basket {
                partner: partner.to_owned(),
                number: number.to_owned(),
                card: card.to_owned(),
                at: at.parse().unwrap(),
                lines: vec![line],
            }),
        }
    }
    baskets
}

/// The rules, as an operator writes them.
fn rules(partners: &HashMap<String, String>) -> Vec<(&'static str, Value, Value)> {
    let fixed = |points: i64| json!({ "fixed": { "points": points } });
    let id = |code: &str| partners[code].clone();
    vec![
        (
            "bakery",
            json!({ "multiplier": { "factorBp": 30000 } }),
            json!({ "lines": "line.category in [\"BREAD\", \"ROLLS\", \"BREAKFAST SWEETS\"]",
                "partnerIds": [id("kitchen")] }),
        ),
        (
            "weekday",
            json!({ "multiplier": { "factorBp": 15000 } }),
            json!({ "schedule": { "weekdays": [2, 6] }, "partnerIds": [id("pharmacy")] }),
        ),
        (
            "tank",
            fixed(25),
            json!({ "partnerIds": [id("fuel")], "condition": "purchase.total >= 2000",
            "funding": [{ "partnerId": id("grocer"), "shareBp": 6000 },
                { "partnerId": id("fuel"), "shareBp": 4000 }] }),
        ),
        (
            "fifty",
            json!({ "threshold": { "minimum": "50.00", "points": 500 } }),
            json!({ "partnerIds": [id("grocer")], "limits": [{ "period": "WEEK", "count": 1 }] }),
        ),
        ("first", fixed(100), json!({ "condition": "member.first_purchase" })),
        (
            "fifth",
            json!({ "everyNth": { "every": 5, "points": 50 } }),
            json!({ "partnerIds": [id("grocer")] }),
        ),
        (
            "national",
            json!({ "perLine": { "points": 2, "eachPiece": true } }),
            json!({ "lines": "line.category == \"SOFT DRINKS\" && line.brand == \"National\"" }),
        ),
        ("big", fixed(30), json!({ "group": "size", "condition": "purchase.total > 3000" })),
        (
            "many",
            json!({ "perLine": { "points": 3 } }),
            json!({ "group": "size", "lines": "line.amount < 200" }),
        ),
        (
            "evening",
            json!({ "perAmount": { "millipoints": 700 } }),
            json!({ "schedule": { "hours": { "fromMinute": 1080, "untilMinute": 1260 } },
                "limits": [{ "period": "DAY", "points": 20 }] }),
        ),
        (
            "loyal",
            fixed(7),
            json!({ "condition": "member.purchases.ever >= 5 && member.spend.ever > 20000" }),
        ),
    ]
}

/// What the oracle remembers of a card.
#[derive(Default)]
struct Card {
    purchases: i64,
    spend: i64,
    at_grocer: i64,
    fifty_in: BTreeMap<String, i64>,
    evening_on: BTreeMap<String, i64>,
}

/// What a receipt should earn, in the words of the rules.
fn should_earn(basket: &Basket, card: &mut Card) -> i64 {
    let rate = PARTNERS.iter().find(|(code, _)| *code == basket.partner).unwrap().1;
    let counts = |line: &&Line| {
        line.category.as_deref() != Some("COUPON/MISC ITEMS")
            && (line.quantity > 0 || line.amount_minor > 0)
    };
    let lines: Vec<&Line> = basket.lines.iter().filter(counts).collect();
    let paid = |wanted: &dyn Fn(&Line) -> bool| -> i64 {
        lines.iter().filter(|line| wanted(line)).map(|line| line.amount_minor).sum()
    };
    let is_of = |line: &Line, names: &[&str]| {
        line.category.as_deref().is_some_and(|category| names.contains(&category))
    };
    let all: i64 = basket.lines.iter().map(|line| line.amount_minor).sum();
    let eligible = paid(&|_| true);
    let at = |code: &str| basket.partner == code;
    let has_lines = !lines.is_empty();
    let mut points = eligible * rate / 100_000;
    if at("kitchen") {
        let bakery = paid(&|line| is_of(line, &["BREAD", "ROLLS", "BREAKFAST SWEETS"]));
        points += bakery * rate * 2 / 100_000;
    }
    if at("pharmacy") && [2, 6].contains(&basket.at.weekday().number_from_monday()) {
        points += eligible * rate / 200_000;
    }
    if at("fuel") && all >= 2000 && has_lines {
        points += 25;
    }
    if at("grocer") && has_lines {
        let week = basket.at.iso_week();
        let week = card.fifty_in.entry(format!("{}-{}", week.year(), week.week())).or_default();
        if eligible >= 5000 && *week == 0 {
            points += 500;
            *week += 1;
        }
        card.at_grocer += 1;
        if card.at_grocer % 5 == 0 {
            points += 50;
        }
    }
    if card.purchases == 0 && has_lines {
        points += 100;
    }
    for line in &lines {
        if is_of(line, &["SOFT DRINKS"]) && line.brand.as_deref() == Some("National") {
            points += 2 * line.quantity.max(1);
        }
    }
    let small = lines.iter().filter(|line| line.amount_minor < 200).count();
    let many = 3 * i64::try_from(small).unwrap();
    points += many.max(if all > 3000 && has_lines { 30 } else { 0 });
    let hour = basket.at.format("%H%M").to_string();
    if ("1800".."2100").contains(&hour.as_str()) {
        let today = card.evening_on.entry(basket.at.date_naive().to_string()).or_default();
        let more = (eligible * 700 / 100_000).min(20 - *today);
        points += more;
        *today += more;
    }
    if card.purchases >= 5 && card.spend > 20_000 && has_lines {
        points += 7;
    }
    card.purchases += 1;
    card.spend += all;
    points
}

async fn coalition(world: &World) -> HashMap<String, String> {
    let mut partners = HashMap::new();
    for (code, rate) in PARTNERS {
        let input = json!({ "code": code, "name": code, "receiptScope": "PARTNER",
            "roles": { "isIssuer": true, "isAcceptor": true }, "baseRateMillipoints": rate,
            "excludedCategories": ["COUPON/MISC ITEMS"] });
        let input = if code == "grocer" { amended(input) } else { input };
        let onboarded = world.operator.does("onboardPartner", "partner { id }", input).await;
        let id = onboarded["partner"]["id"].as_str().unwrap().to_owned();
        let contract = json!({ "partnerId": id, "validFrom": "2016-01-01T00:00:00Z",
            "funding": "AT_ISSUE", "issuePrice": "0.012", "acceptancePrice": "0.009",
            "serviceFeeBp": 100, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
            "disputeDays": 14, "taxCode": "STD" });
        world.operator.does("signContract", "contract { version }", contract).await;
        partners.insert(code.to_owned(), id);
    }
    partners
}

/// The world's own partner has the grocer's code.
fn amended(mut input: Value) -> Value {
    input["code"] = json!("mercato");
    input
}

#[tokio::test]
async fn each_receipt_of_two_weeks_earns_what_the_oracle_says() {
    let (world, ..) = world().await;
    let partners = coalition(&world).await;
    for (code, effect, more) in rules(&partners) {
        let drafted = drafts(&world.operator, code, effect, more).await;
        let launch = json!({ "ruleId": drafted["id"], "expectedVersion": 1, "status": "LIVE",
            "from": "2016-12-01T00:00:00Z" });
        world.operator.does("setEarningRuleStatus", "rule { id }", launch).await;
    }
    let services = &world.gateway.services;
    let until = world.now() + chrono::TimeDelta::days(1);
    let operator = Actor::new(world.programme, world.operator.who, Scope::ALL.to_vec(), until);
    let baskets = baskets();
    let mut cards: HashMap<&str, Card> = HashMap::new();
    for basket in &baskets {
        if !cards.contains_key(basket.card.as_str()) {
            cards.insert(&basket.card, Card::default());
            let wish = Enrol { card_number: basket.card.clone(), partner_reference: None };
            services.members.enrol(&operator, wish).await.unwrap();
        }
    }
    let mut sums = (0, 0);
    for some in baskets.chunks(500) {
        let receipts = some.iter().map(|basket| receipt(basket, &partners)).collect();
        let answers =
            services.purchases.record_many(&operator, receipts, Mode::Backfill).await.unwrap();
        for (basket, answer) in some.iter().zip(answers) {
            let should = should_earn(basket, cards.get_mut(basket.card.as_str()).unwrap());
            let points = answer.unwrap().points.get();
            assert_eq!(points, should, "{} {} of {}", basket.partner, basket.number, basket.card);
            sums = (sums.0 + points, sums.1 + should);
        }
    }
    assert_eq!((baskets.len(), sums.0), (9078, sums.1));
    world.closes().await;
}

fn receipt(basket: &Basket, partners: &HashMap<String, String>) -> Receipt {
    Receipt {
        partner: partners[&basket.partner].parse().unwrap(),
        store_code: None,
        receipt_number: basket.number.clone(),
        member: Some(MemberRef::Card(basket.card.clone())),
        channel: Channel::Store,
        occurred_at: basket.at,
        currency: "EUR".parse().unwrap(),
        total_minor: basket.lines.iter().map(|line| line.amount_minor).sum(),
        lines: basket.lines.clone(),
        coupons: Vec::new(),
        coupon_minor: Vec::new(),
    }
}
