//! What the programme owes in points on any day, what of it will never be burned, and a cycle as bookings.

use std::collections::BTreeMap;

use chrono::{Days, Months};
use serde_json::{Value, json};

use super::cycles::{catches_up, hub, is_approved, statements};
use crate::support::{Caller, World, payment, receipt};

const PARTS: &str = "flow { issued burned restored expired returned adjusted outstanding }
    dueAtBurn { amount } breakage";

/// The report as of a day, or of now.
async fn report(world: &World, day: Option<&str>) -> Value {
    catches_up(world).await;
    let of = day.map_or_else(String::new, |day| format!("(asOf: \"{day}\")"));
    let asked = format!(
        "{{ liabilityReport{of} {{ asOf reserve {{ amount }} dueAtBurn {{ amount }} ownAtBurn {{ amount }}
          flow {{ issued burned expired outstanding }}
          breakage {{ points estimatedOf notEstimated hasEnoughHistory reason
            curve {{ age months usedBefore usedAfter factorBp usedShareBp }}
            backTests {{ monthsAgo said came deviationBp }} }}
          issuers {{ nodes {{ issuer {{ code }} {PARTS} }} }}
          months {{ nodes {{ month {PARTS} }} }}
          cohorts(first: 50) {{ nodes {{ month issuer {{ code }} {PARTS} }} pageInfo {{ hasNextPage }} }} }} }}"
    );
    world.operator.asks(&asked).await["liabilityReport"].clone()
}

/// The code of a query that is refused.
async fn refused(caller: &Caller, query: &str) -> String {
    let answer = caller.posts(query, json!({})).await;
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_past_day_gives_what_it_gave_on_that_day() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    let then = report(&world, None).await;
    assert_eq!(then["asOf"], "2026-03-02");
    let flow = json!({ "issued": 10_000, "burned": 6000, "expired": 0, "outstanding": 4000 });
    assert_eq!(then["flow"], flow);
    assert_eq!(then["reserve"]["amount"], "48.00");
    assert_eq!(then["dueAtBurn"]["amount"], "0.00", "all was paid at issue");
    let cohorts = then["cohorts"]["nodes"].as_array().unwrap();
    assert_eq!(cohorts.len(), 1);
    assert_eq!(
        (&cohorts[0]["month"], &cohorts[0]["issuer"]["code"]),
        (&json!("2026-03-01"), &json!("grocer"))
    );
    world.days_pass(31).await;
    // It comes late: of March, recorded in April.
    let late = receipt("R2", "C1", "100.00", world.now() - Days::new(20));
    grocer.does("recordPurchase", "points", late).await;
    fuel.does("payWithPoints", "isReplayed", payment("C1", 1000, "q", world.now())).await;
    assert_eq!(report(&world, Some("2026-03-02")).await, then);
    let now = report(&world, None).await;
    assert_eq!((&now["asOf"], &now["flow"]["outstanding"]), (&json!("2026-04-02"), &json!(3100)));
    let months = now["months"]["nodes"].as_array().unwrap();
    assert_eq!(months.len(), 1, "points of March are March's, whenever they are recorded");
    assert_eq!(months[0]["flow"]["issued"], 10_100);
    let before = report(&world, Some("2026-03-01")).await;
    assert_eq!(
        (&before["flow"]["issued"], &before["reserve"]["amount"]),
        (&json!(0), &json!("0.00"))
    );
    world.closes().await;
}

#[tokio::test]
async fn what_is_due_at_burn_is_told_beside_what_is_held() {
    let world = World::new().await;
    let (grocer, fuel) = hub(&world).await;
    let terms = json!({ "partnerId": grocer.id, "validFrom": world.now() + Days::new(1),
        "funding": "HYBRID", "issueShareBp": 2500, "issuePrice": "0.02", "acceptancePrice": "0.009",
        "serviceFeeBp": 0, "breakageShareBp": 0, "onUs": "FULL", "paymentDays": 14,
        "disputeDays": 14, "taxCode": "STD" });
    world.operator.does("signContract", "contract { version }", terms).await;
    world.days_pass(2).await;
    let bens = world.member("C2").await;
    grocer.does("recordPurchase", "points", receipt("R2", "C2", "1000.00", world.now())).await;
    let told = report(&world, None).await;
    assert_eq!(
        told["reserve"]["amount"], "53.00",
        "48.00 for what was paid before, and a quarter of 20.00"
    );
    assert_eq!(told["dueAtBurn"]["amount"], "15.00");
    fuel.does("payWithPoints", "isReplayed", payment("C2", 400, "q", world.now())).await;
    // Set aside isn't burned.
    let hold = json!({ "member": { "cardNumber": "C2" }, "points": 100, "idempotencyKey": "h" });
    fuel.does("placeHold", "hold { id }", hold).await;
    let told = report(&world, None).await;
    assert_eq!(told["dueAtBurn"]["amount"], "9.00");
    assert_eq!(told["issuers"]["nodes"][0]["flow"]["outstanding"], 4600);
    assert_eq!(world.wallet(&bens).await, [500, 0, 100, 0]);
    world.closes().await;
}

/// Fourteen months: each month's points are burned by 4 in 10 at once and by 2 a month later.
async fn months_pass(world: &World) {
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    for month in 0..14 {
        let card = format!("C{month}");
        world.member(&card).await;
        let sale = receipt(&format!("R{month}"), &card, "1000.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
        let own = payment(&card, 400, &format!("a{month}"), world.now());
        fuel.does("payWithPoints", "isReplayed", own).await;
        if month > 0 {
            let last = format!("C{}", month - 1);
            let later = payment(&last, 200, &format!("b{month}"), world.now());
            fuel.does("payWithPoints", "isReplayed", later).await;
        }
        let next = world.now().checked_add_months(Months::new(1)).unwrap();
        world.days_pass((next - world.now()).num_days()).await;
    }
}

#[tokio::test]
async fn what_will_never_be_burned_is_estimated_from_what_was() {
    let world = World::new().await;
    months_pass(&world).await;
    let told = report(&world, None).await;
    let estimate = &told["breakage"];
    assert_eq!((&estimate["hasEnoughHistory"], &estimate["reason"]), (&json!(true), &Value::Null));
    let first = &estimate["curve"][0];
    assert_eq!(
        (&first["age"], &first["months"], &first["factorBp"], &first["usedShareBp"]),
        (&json!(0), &json!(13), &json!(15_000), &json!(6667))
    );
    // Of all that is out, the 200 of April are still to come.
    let out = told["flow"]["outstanding"].as_i64().unwrap();
    assert_eq!(estimate["points"].as_i64(), Some(out - 200));
    assert_eq!((&estimate["estimatedOf"], &estimate["notEstimated"]), (&json!(out), &json!(0)));
    let cohorts = told["cohorts"]["nodes"].as_array().unwrap();
    let last = cohorts.last().unwrap();
    assert_eq!(last["month"], "2027-04-01");
    assert_eq!((&last["flow"]["outstanding"], &last["breakage"]), (&json!(600), &json!(400)));
    assert!(cohorts[0]["flow"]["expired"].as_i64() == Some(400), "{}", cohorts[0]);
    let tests: Vec<[&Value; 3]> = estimate["backTests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|test| [&test["monthsAgo"], &test["said"], &test["came"]])
        .collect();
    assert_eq!(tests[0], [&json!(1), &json!(200), &json!(200)]);
    assert_eq!(tests[1], [&json!(3), &Value::Null, &Value::Null], "it was too early");
    let then = report(&world, Some("2026-06-15")).await;
    assert_eq!(
        (&then["breakage"]["points"], &then["breakage"]["hasEnoughHistory"]),
        (&Value::Null, &json!(false))
    );
    assert_eq!(then["breakage"]["reason"], "The oldest points are less than 12 months old.");
    let page =
        "{ liabilityReport { cohorts(last: 2) { nodes { month } pageInfo { hasPreviousPage } } } }";
    let page = &world.operator.asks(page).await["liabilityReport"]["cohorts"];
    assert_eq!(page["nodes"], json!([{ "month": "2027-03-01" }, { "month": "2027-04-01" }]));
    assert_eq!(page["pageInfo"]["hasPreviousPage"], true);
    world.closes().await;
}

#[tokio::test]
async fn it_is_the_operators_and_of_days_that_have_begun() {
    let world = World::new().await;
    let (grocer, _) = hub(&world).await;
    let ana = world.member("C2").await;
    let bare = world.with_token(&world.operator, &[], chrono::TimeDelta::days(1)).await;
    let theirs = world.elsewhere("E1").await;
    catches_up(&world).await;
    let cycle = "{ settlementCycles { nodes { id } } }";
    let id = world.operator.asks(cycle).await["settlementCycles"]["nodes"][0]["id"].clone();
    let ledger = format!("{{ generalLedger(cycleId: {id}) {{ file }} }}");
    let liability = "{ liabilityReport { asOf } }";
    for caller in [&grocer, &ana, &bare, &theirs] {
        for query in [liability, ledger.as_str()] {
            assert_eq!(refused(caller, query).await, "FORBIDDEN", "{query}");
        }
    }
    let tomorrow = "{ liabilityReport(asOf: \"2026-03-03\") { asOf } }";
    assert_eq!(refused(&world.operator, tomorrow).await, "BAD_USER_INPUT");
    assert_eq!(refused(&world.operator, &ledger).await, "BAD_USER_INPUT", "it isn't approved");
    let unknown = "{ generalLedger(cycleId: \"cyc_01h2xcejqtf2nbrexx3vqjhp41\") { file } }";
    assert_eq!(world.operator.asks(unknown).await["generalLedger"], Value::Null);
    world.closes().await;
}

/// Each account's debits less its credits, in cents, and all rows.
fn moved(file: &str) -> (BTreeMap<String, i64>, Vec<Vec<String>>) {
    let mut lines = file.lines();
    assert_eq!(lines.next(), Some("date,account,debit,credit,reference"));
    let rows: Vec<Vec<String>> =
        lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let cents = |cell: &str| cell.replace('.', "").parse::<i64>().unwrap_or(0);
    let mut sums = BTreeMap::new();
    for row in &rows {
        *sums.entry(row[1].clone()).or_default() += cents(&row[2]) - cents(&row[3]);
    }
    (sums, rows)
}

#[tokio::test]
async fn a_cycle_is_booked_as_its_statements_say() {
    let world = World::new().await;
    let (grocer, _) = hub(&world).await;
    // A fee of 0.0012 on each of five days comes to nothing on any of them, and to a cent in all.
    for day in 0..5 {
        world.days_pass(1).await;
        let sale = receipt(&format!("S{day}"), "C1", "10.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
    }
    world.days_pass(35).await;
    let march = is_approved(&world, "2026-03").await;
    let asked = |id: &Value| {
        format!(
            "{{ generalLedger(cycleId: {id}) {{ file rowCount cycle {{ name }} debit {{ amount }} credit {{ amount }} }} }}"
        )
    };
    let booked = world.operator.asks(&asked(&march)).await["generalLedger"].clone();
    let (sums, rows) = moved(booked["file"].as_str().unwrap());
    assert_eq!(
        (&booked["debit"], &booked["cycle"]["name"]),
        (&booked["credit"], &json!("2026-03"))
    );
    assert_eq!(booked["rowCount"], json!(rows.len()));
    assert_eq!(sums.values().sum::<i64>(), 0);
    let own = statements(&grocer).await[0].clone();
    assert_eq!(own["total"]["amount"], "121.81");
    assert_eq!((sums["PAYABLE:grocer"], sums["PAYABLE:fuel"]), (12_181, -5400));
    // 120.60 less what was burned; a fee of 1.206 in all.
    assert_eq!((sums["RESERVE"], sums["FEES"], sums["MARGIN"]), (-4860, -121, -1800));
    assert!(rows.iter().all(|row| row[0].starts_with("2026-03-")));
    assert!(
        rows.contains(
            &["2026-03-02", "PAYABLE:grocer", "120.00", "", "2026-03 ISSUE"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    let rounded = rows.iter().filter(|row| row[4] == "2026-03 ROUNDING").map(|row| row[1].as_str());
    assert_eq!(rounded.collect::<Vec<_>>(), ["PAYABLE:grocer", "ROUNDING", "ROUNDING", "FEES"]);
    let reference = own["reference"].clone();
    let paid = json!({ "reference": reference, "amount": { "amount": "121.81", "currencyCode": "EUR" },
        "paidOn": "2026-04-05", "idempotencyKey": "p" });
    world.operator.does("recordSettlementPayment", "isReplayed", paid).await;
    world.days_pass(30).await;
    let april = is_approved(&world, "2026-04").await;
    let booked = world.operator.asks(&asked(&april)).await["generalLedger"].clone();
    let (sums, rows) = moved(booked["file"].as_str().unwrap());
    assert_eq!((sums["BANK"], sums["PAYABLE:grocer"], rows.len()), (12_181, -12_181, 2));
    assert_eq!(rows[0][4], format!("2026-04 {}", reference.as_str().unwrap()));
    let again = world.operator.asks(&asked(&march)).await["generalLedger"]["file"].clone();
    assert_eq!(moved(again.as_str().unwrap()).0["PAYABLE:grocer"], 12_181, "it stays as it was");
    world.closes().await;
}
