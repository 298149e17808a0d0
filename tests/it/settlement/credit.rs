//! Credit: what a partner owes, how much it may, and what becomes of sales beyond that.

use serde_json::{Value, json};

use super::cycles::{catches_up, is_approved, pays, statements};
use crate::earning::rules;
use crate::support::books::contents;
use crate::support::{Caller, World, payment, receipt};

/// The next version of a partner's contract: a point costs it 0.01212 as soon as it is issued.
async fn signs(world: &World, partner: &Caller, credit: Value) {
    let mut terms = json!({ "partnerId": partner.id, "validFrom": world.now(),
        "funding": "AT_ISSUE", "issuePrice": "0.012", "acceptancePrice": "0.009",
        "serviceFeeBp": 100, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
        "disputeDays": 14, "taxCode": "STD" });
    terms.as_object_mut().unwrap().extend(credit.as_object().unwrap().clone());
    world.operator.does("signContract", "contract { version }", terms).await;
}

const SOLD: &str =
    "points isReplayed purchase { id points entries { reason { summary earning { points basePoints
    caps { kind cut } awards { ruleCode points caps { kind cut } } } } } }";

async fn sells(till: &Caller, world: &World, number: &str, amount: &str) -> Value {
    let sale = receipt(number, "C1", amount, world.now());
    till.does("recordPurchase", SOLD, sale).await
}

async fn earns(till: &Caller, world: &World, number: &str, amount: &str) -> i64 {
    sells(till, world, number, amount).await["points"].as_i64().unwrap()
}

fn earning(sold: &Value) -> &Value {
    &sold["purchase"]["entries"][0]["reason"]["earning"]
}

/// What the partner owes, what of it isn't in the money books, and what it may still owe.
async fn owed(caller: &Caller, code: &str) -> [Value; 3] {
    let query = format!(
        "{{ partner(by: {{ code: \"{code}\" }}) {{ exposure {{ owed {{ amount }} reserved {{ amount }}
            headroom {{ amount }} isBehind }} }} }}"
    );
    let exposure = caller.asks(&query).await["partner"]["exposure"].clone();
    ["owed", "reserved", "headroom"].map(|field| exposure[field]["amount"].clone())
}

async fn refills(world: &World) {
    catches_up(world).await;
    world.gateway.services.refill_credit().await.unwrap();
}

fn exceeded(cut: i64) -> Value {
    json!([{ "kind": "PARTNER_CREDIT_EXCEEDED", "cut": cut }])
}

#[tokio::test]
async fn beyond_its_limit_a_sale_is_recorded_with_no_points_and_says_why() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = world.member("C1").await;
    signs(&world, &grocer, json!({ "creditLimitMinor": 300 })).await;
    assert_eq!(earns(&grocer, &world, "R1", "100.00").await, 100);
    assert_eq!(earns(&grocer, &world, "R2", "100.00").await, 100);
    let quote = "query($input: RecordPurchaseInput!) { quotePurchase(input: $input) { quote {
        earning { points caps { kind cut } } } userErrors { code } } }";
    let asked = json!({ "input": receipt("R3", "C1", "100.00", world.now()) });
    let quoted = grocer.posts(quote, asked).await;
    let quoted = &quoted["data"]["quotePurchase"]["quote"]["earning"];
    assert_eq!((&quoted["points"], &quoted["caps"]), (&json!(0), &exceeded(100)));

    let third = sells(&grocer, &world, "R3", "100.00").await;
    assert_eq!((&third["points"], &third["purchase"]["points"]), (&json!(0), &json!(0)));
    let own = earning(&third);
    assert_eq!((&own["points"], &own["caps"]), (&json!(0), &exceeded(100)));
    let summary = &third["purchase"]["entries"][0]["reason"]["summary"];
    assert_eq!(
        summary.as_str().unwrap(),
        "Receipt R3 earned 0 points: the partner's credit limit is reached."
    );
    let again = sells(&grocer, &world, "R3", "100.00").await;
    assert_eq!((&again["points"], &again["isReplayed"]), (&json!(0), &json!(true)));
    assert_eq!(earns(&grocer, &world, "R4", "40.00").await, 40, "there is room for that");
    assert_eq!(earns(&fuel, &world, "R5", "100.00").await, 100, "without limit");
    assert_eq!(owed(&grocer, "grocer").await, ["2.91", "2.91", "0.09"].map(Value::from));
    let none = [Value::Null, Value::Null, Value::Null];
    assert_eq!(owed(&fuel, "grocer").await, none);
    assert_eq!(owed(&ana, "grocer").await, none);
    catches_up(&world).await;
    assert_eq!(owed(&world.operator, "grocer").await, ["2.91", "0.00", "0.09"].map(Value::from));
    let unlimited = [json!("1.21"), json!("0.00"), Value::Null];
    assert_eq!(owed(&world.operator, "fuel").await, unlimited);

    // What earned nothing gives nothing back, and what comes back makes room again.
    let back = |sold: &Value, key: &str| {
        json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": key })
    };
    let returned = "purchaseReturn { points }";
    let nothing = grocer.does("returnPurchase", returned, back(&third, "a")).await;
    assert_eq!(nothing["purchaseReturn"]["points"], 0);
    let second = sells(&grocer, &world, "R2", "100.00").await;
    grocer.does("returnPurchase", returned, back(&second, "b")).await;
    assert_eq!(earns(&grocer, &world, "R6", "100.00").await, 0);
    refills(&world).await;
    assert_eq!(earns(&grocer, &world, "R7", "100.00").await, 100);
    assert_eq!(world.wallet(&ana).await, [340, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn many_sales_at_once_never_take_a_partner_beyond_its_limit() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    for n in 0..8 {
        world.member(&format!("M{n}")).await;
    }
    // Eight sales of 1.212 fit, a ninth doesn't.
    signs(&world, &grocer, json!({ "creditLimitMinor": 1000 })).await;
    let mut second = world.opens_gateway().await;
    let tills = [grocer.clone(), grocer.at(&second)];
    let sales = (0..32).map(|n| {
        let sale = receipt(&format!("R{n}"), &format!("M{}", n % 8), "100.00", world.now());
        let till = tills[n % 2].clone();
        async move { till.does("recordPurchase", "points", sale).await["points"].as_i64().unwrap() }
    });
    let services = &world.gateway.services;
    let fills = async {
        for _ in 0..10 {
            services.sequence().await.unwrap();
            services.follow_money().await.unwrap();
            services.refill_credit().await.unwrap();
        }
    };
    let (points, ()) = tokio::join!(futures_util::future::join_all(sales), fills);
    assert_eq!(points.iter().sum::<i64>(), 800, "{points:?}");
    refills(&world).await;
    assert_eq!(owed(&grocer, "grocer").await, ["9.70", "0.00", "0.30"].map(Value::from));
    assert_eq!(second.services.refill_credit().await.unwrap(), 0, "nothing has changed");
    second.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn who_pays_its_statement_may_owe_as_much_again() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    signs(&world, &grocer, json!({ "creditLimitMinor": 200 })).await;
    assert_eq!(earns(&grocer, &world, "R1", "100.00").await, 100);
    assert_eq!(earns(&grocer, &world, "R2", "100.00").await, 0);
    world.days_pass(35).await;
    is_approved(&world, "2026-03").await;
    refills(&world).await;
    assert_eq!(owed(&grocer, "grocer").await, ["1.21", "0.00", "0.79"].map(Value::from));
    assert_eq!(earns(&grocer, &world, "R3", "100.00").await, 0, "issued, and not paid");
    let reference = statements(&grocer).await[0]["reference"].clone();
    let paid = "instruction { open { amount } }";
    let half = pays(&reference, "0.60", "1");
    world.operator.does("recordSettlementPayment", paid, half).await;
    refills(&world).await;
    assert_eq!(owed(&grocer, "grocer").await[0], "0.61");
    let rest = pays(&reference, "0.61", "2");
    world.operator.does("recordSettlementPayment", paid, rest).await;
    refills(&world).await;
    assert_eq!(owed(&grocer, "grocer").await, ["0.00", "0.00", "2.00"].map(Value::from));
    assert_eq!(earns(&grocer, &world, "R4", "100.00").await, 100);
    world.closes().await;
}

#[tokio::test]
async fn a_bonus_is_given_only_if_all_who_fund_it_have_room() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let split = json!({ "funding": [{ "partnerId": grocer.id, "shareBp": 5000 },
        { "partnerId": fuel.id, "shareBp": 5000 }] });
    let bonus = json!({ "fixed": { "points": 100 } });
    let rule = rules(&world.operator, "bonus", bonus, split).await;
    let review =
        json!({ "code": "review", "name": "Review", "byPartners": true, "attributes": [] });
    world.operator.does("declareEventType", "eventType { code }", review).await;
    let reviewed = json!({ "eventType": "review" });
    rules(&world.operator, "review", json!({ "fixed": { "points": 50 } }), reviewed).await;
    let reports = |key: &str| {
        json!({ "type": "review", "member": { "cardNumber": "C1" }, "occurredAt": world.now(),
            "idempotencyKey": key })
    };
    signs(&world, &fuel, json!({ "creditLimitMinor": 60 })).await;
    let sold = sells(&grocer, &world, "R1", "10.00").await;
    assert_eq!(sold["points"], 10);
    assert_eq!(earning(&sold)["caps"], json!([]));
    assert_eq!(earning(&sold)["awards"][0]["caps"], exceeded(100));
    let happened = fuel.does("recordEvent", "points", reports("a")).await;
    assert_eq!(happened["points"], 0);
    let why = format!(
        "{{ whyNot(purchaseId: {}, ruleId: \"{rule}\") {{ verdict {{ why cap }} }} }}",
        sold["purchase"]["id"]
    );
    let verdict = json!({ "why": "CUT", "cap": "PARTNER_CREDIT_EXCEEDED" });
    assert_eq!(grocer.asks(&why).await["whyNot"]["verdict"], verdict);

    signs(&world, &fuel, json!({ "creditLimitMinor": 121 })).await;
    assert_eq!(earns(&grocer, &world, "R2", "10.00").await, 110, "fuel pays 0.606 of it");
    assert_eq!(fuel.does("recordEvent", "points", reports("b")).await["points"], 0);
    assert_eq!(grocer.asks(&why).await["whyNot"]["verdict"], verdict, "it was so then");
    let whole = sells(&fuel, &world, "R3", "100.00").await;
    assert_eq!((&whole["points"], &earning(&whole)["caps"]), (&json!(0), &exceeded(100)));
    assert_eq!(earning(&whole)["awards"][0]["caps"], exceeded(100), "nothing at all is given");
    signs(&world, &fuel, json!({})).await;
    assert_eq!(fuel.does("recordEvent", "points", reports("c")).await["points"], 50);
    assert_eq!(earns(&fuel, &world, "R4", "100.00").await, 200);
    let kept = contents(&world.books.url()).await;
    assert!(kept["credit_slice"].is_empty() && kept["credit_line"].is_empty());
    world.closes().await;
}

#[tokio::test]
async fn what_is_claimed_later_is_held_to_the_limit_of_then_and_history_to_none() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    signs(&world, &grocer, json!({ "creditLimitMinor": 130 })).await;
    let unknown = receipt("R1", "C2", "100.00", world.now());
    grocer.does("recordPurchase", "points", unknown).await;
    assert_eq!(earns(&grocer, &world, "R2", "100.00").await, 100);
    let card = json!({ "memberId": ana.id, "cardNumber": "C2" });
    world.operator.does("linkCard", "card { id }", card).await;
    let claim = json!({ "member": { "cardNumber": "C2" } });
    let claimed = grocer.does("claimPurchases", "purchases { points }", claim).await;
    assert_eq!(claimed["purchases"], json!([{ "points": 0 }]));
    world.member("H1").await;
    let at = world.now() - chrono::TimeDelta::days(3);
    world.backfills(&grocer, "H1", "H1", at).await.unwrap();
    assert_eq!(owed(&grocer, "grocer").await[0], "1.33", "ten points of history count too");
    refills(&world).await;
    assert_eq!(earns(&grocer, &world, "R3", "1.00").await, 0, "beyond its limit");
    world.closes().await;
}

#[tokio::test]
async fn what_is_spent_and_was_not_paid_at_issue_is_owed_and_leaves_less() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let at_burn = json!({ "creditLimitMinor": 100, "funding": "AT_BURN" });
    signs(&world, &grocer, at_burn).await;
    assert_eq!(earns(&grocer, &world, "R1", "200.00").await, 200);
    assert_eq!(owed(&grocer, "grocer").await[0], "0.02", "the fee alone");
    fuel.does("payWithPoints", "isReplayed", payment("C1", 100, "p", world.now())).await;
    refills(&world).await;
    assert_eq!(owed(&grocer, "grocer").await, ["1.22", "0.00", "-0.22"].map(Value::from));
    assert_eq!(owed(&fuel, "fuel").await[0], "-0.90");
    assert_eq!(earns(&grocer, &world, "R2", "1.00").await, 0);
    world.closes().await;
}

#[tokio::test]
async fn the_operator_is_told_when_the_alert_level_is_reached() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    signs(&world, &grocer, json!({ "creditLimitMinor": 300, "creditAlertMinor": 120 })).await;
    signs(&world, &fuel, json!({ "creditAlertMinor": 500 })).await;
    let told =
        "{ partnersOverAlert { nodes { code exposure { alertLevel { amount } limit { amount }
        isAlertReached } } } }";
    let told = async || {
        refills(&world).await;
        world.operator.asks(told).await["partnersOverAlert"]["nodes"].clone()
    };
    assert_eq!(told().await, json!([]));
    let sold = sells(&grocer, &world, "R1", "100.00").await;
    sells(&fuel, &world, "R1", "100.00").await;
    let reached = json!({ "alertLevel": { "amount": "1.20" }, "limit": { "amount": "3.00" },
        "isAlertReached": true });
    assert_eq!(told().await, json!([{ "code": "grocer", "exposure": reached }]));
    let back = json!({ "purchaseId": sold["purchase"]["id"], "occurredAt": world.now(),
        "idempotencyKey": "b" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(told().await, json!([]));
    let kept = contents(&world.books.url()).await;
    assert_eq!((kept["credit_line"].len(), kept["credit_slice"].len()), (2, 16));
    world.closes().await;
}

#[tokio::test]
async fn an_alert_level_lies_no_higher_than_the_limit_and_a_limit_is_a_number() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let terms = |credit: Value| {
        let mut terms = json!({ "partnerId": grocer.id, "validFrom": world.now(),
            "funding": "AT_ISSUE", "issuePrice": "0.012", "acceptancePrice": "0.009",
            "serviceFeeBp": 0, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
            "disputeDays": 14, "taxCode": "STD" });
        terms.as_object_mut().unwrap().extend(credit.as_object().unwrap().clone());
        terms
    };
    let cases = [
        (json!({ "creditLimitMinor": 100, "creditAlertMinor": 101 }), "creditAlertMinor"),
        (json!({ "creditLimitMinor": -1 }), "creditLimitMinor"),
        (json!({ "creditLimitMinor": 9_000_000_000_001_i64 }), "creditLimitMinor"),
    ];
    for (credit, field) in cases {
        let refused = world.operator.is_refused("signContract", terms(credit)).await;
        assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), field.to_owned()));
    }
    world.closes().await;
}
