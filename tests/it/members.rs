//! Members: enrolled once a card, named by one member, stopped, pooled.

use serde_json::{Value, json};

use crate::support::{World, payment, receipt};

#[tokio::test]
async fn a_card_is_enrolled_once_however_many_tills_try() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let wish = json!({ "cardNumber": "C1", "partnerReference": "K-77" });
    let result = "member { id } isReplayed";
    let (first, second) = tokio::join!(
        grocer.does("enrolMember", result, wish.clone()),
        grocer.does("enrolMember", result, wish.clone()),
    );
    assert_eq!(first["member"]["id"], second["member"]["id"]);
    let found = grocer.asks("{ member(by: { partnerReference: \"K-77\" }) { id } }").await;
    assert_eq!(found["member"]["id"], first["member"]["id"]);
    let refusal = grocer.is_refused("enrolMember", json!({ "cardNumber": "no spaces" })).await;
    assert_eq!(refusal, ("CARD_NUMBER_INVALID".to_owned(), "cardNumber".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn a_card_never_changes_hands_and_names_nobody_once_blocked() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let link = json!({ "memberId": bob.id, "cardNumber": "C1" });
    assert_eq!(
        world.operator.is_refused("linkCard", link).await,
        ("CARD_TAKEN".to_owned(), "cardNumber".to_owned())
    );
    let linked = world
        .operator
        .does("linkCard", "card { id }", json!({ "memberId": ana.id, "cardNumber": "C3" }))
        .await;
    ana.does("blockCard", "card { blockedAt }", json!({ "cardId": linked["card"]["id"] })).await;
    let sale = grocer.is_refused("recordPurchase", receipt("R1", "C3", "10.00", world.now())).await;
    assert_eq!(sale, ("CARD_BLOCKED".to_owned(), "member".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn a_suspended_member_earns_and_cannot_spend_and_a_closed_one_does_neither() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let named = json!({ "memberId": ana.id });
    world.operator.does("suspendMember", "member { status }", named.clone()).await;
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "10.00", world.now())).await;
    let refusal = grocer.is_refused("payWithPoints", payment("C1", 5, "k", world.now())).await;
    assert_eq!(refusal, ("MEMBER_SUSPENDED".to_owned(), "member".to_owned()));
    world.operator.does("closeMember", "member { status }", named.clone()).await;
    let refusal =
        grocer.is_refused("recordPurchase", receipt("R2", "C1", "10.00", world.now())).await;
    assert_eq!(refusal, ("MEMBER_CLOSED".to_owned(), "member".to_owned()));
    assert_eq!(world.operator.is_refused("reinstateMember", named).await.0, "MEMBER_CLOSED");
    world.closes().await;
}

#[tokio::test]
async fn a_household_shares_one_wallet() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "60.00", world.now())).await;
    grocer.does("recordPurchase", "points", receipt("R2", "C2", "40.00", world.now())).await;
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    let pooled = world.operator.does("poolHousehold", "household { id }", pool.clone()).await;
    assert_eq!((world.wallet(&ana).await[0], world.wallet(&bob).await[0]), (100, 100));
    grocer.does("payWithPoints", "isReplayed", payment("C2", 90, "k", world.now())).await;
    assert_eq!(world.wallet(&ana).await, [10, 0, 0, 0]);
    let again = world.operator.does("poolHousehold", "household { id }", pool.clone()).await;
    assert_eq!(
        again["household"]["id"], pooled["household"]["id"],
        "the same again changes nothing"
    );
    let cem = world.member("C3").await;
    let other = json!({ "memberIds": [ana.id, cem.id] });
    assert_eq!(world.operator.is_refused("poolHousehold", other).await.0, "MEMBER_ALREADY_POOLED");
    world.operator.does("leaveHousehold", "member { id }", json!({ "memberId": bob.id })).await;
    assert_eq!((world.wallet(&ana).await[0], world.wallet(&bob).await[0]), (10, 0));
    let last = json!({ "memberId": ana.id });
    let refused = world.operator.is_refused("leaveHousehold", last.clone()).await;
    assert_eq!(refused, ("HOUSEHOLD_NOT_EMPTY".to_owned(), "memberId".to_owned()));
    grocer.does("payWithPoints", "isReplayed", payment("C1", 10, "k2", world.now())).await;
    world.operator.does("leaveHousehold", "member { id }", last).await;
    let empty = json!({ "householdId": pooled["household"]["id"], "memberIds": [bob.id] });
    world.seconds_pass(1);
    let refused = world.operator.is_refused("poolHousehold", empty).await;
    assert_eq!(refused, ("HOUSEHOLD_NOT_FOUND".to_owned(), "householdId".to_owned()));
    world.closes().await;
}

/// What happened in the wallets that a member had, and has, newest first.
const HISTORIES: &str = "{ viewer { formerWallets { history { nodes { kind points } } }
    wallet { history { nodes { kind points } } } } }";

fn kinds(wallet: &Value) -> Vec<&str> {
    let nodes = wallet["history"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_happened_before_pooling_and_leaving_is_still_seen_and_what_came_after_is_not() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "60.00", world.now())).await;
    let first = ana.asks("{ viewer { history { nodes { id } } } }").await;
    let first = first["viewer"]["history"]["nodes"][0]["id"].clone();
    world.seconds_pass(1);
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    world.seconds_pass(1);
    grocer.does("payWithPoints", "isReplayed", payment("C1", 10, "k", world.now())).await;
    world.seconds_pass(1);
    let leave = json!({ "memberId": ana.id });
    world.operator.does("leaveHousehold", "member { id }", leave).await;
    world.seconds_pass(1);
    grocer.does("recordPurchase", "points", receipt("R2", "C2", "40.00", world.now())).await;

    let seen = ana.asks(HISTORIES).await["viewer"].clone();
    assert!(kinds(&seen["wallet"]).is_empty());
    assert_eq!(
        kinds(&seen["formerWallets"][0]),
        ["PAID", "POOLED_IN", "POOLED_IN"],
        "the household's"
    );
    assert_eq!(kinds(&seen["formerWallets"][1]), ["POOLED_OUT", "EARNED"], "its own");
    let by_id = ana.asks(&format!("{{ node(id: {first}) {{ id }} }}")).await;
    assert_eq!(by_id["node"]["id"], first);

    let latest = bob.asks("{ viewer { history { nodes { id kind } } } }").await;
    let latest = latest["viewer"]["history"]["nodes"][0].clone();
    assert_eq!(latest["kind"], "EARNED");
    let query = format!("{{ node(id: {}) {{ id }} }}", latest["id"]);
    assert_eq!(ana.asks(&query).await["node"], Value::Null, "it had left");
    let query = format!("{{ node(id: {first}) {{ id }} }}");
    assert_eq!(bob.asks(&query).await["node"], Value::Null, "it was another's own");
    let by_grocer = "{ member(by: { cardNumber: \"C1\" }) { formerWallets { leftAt } } }";
    assert_eq!(grocer.asks(by_grocer).await["member"]["formerWallets"], json!([]));
    world.closes().await;
}

#[tokio::test]
async fn a_household_stays_small_however_many_requests_fill_it() {
    let world = World::new().await;
    let mut members = Vec::new();
    for card in 0..21 {
        members.push(world.member(&format!("C{card}")).await.id);
    }
    let first = json!({ "memberIds": members[..12] });
    let first = world.operator.does("poolHousehold", "household { id }", first).await;
    let more = |members: &[String]| json!({ "householdId": first["household"]["id"], "memberIds": members });
    let refused = world.operator.is_refused("poolHousehold", more(&members[12..])).await;
    assert_eq!(refused, ("VALUE_OUT_OF_RANGE".to_owned(), "memberIds".to_owned()));
    world.operator.does("poolHousehold", "household { id }", more(&members[12..20])).await;
    let refused = world.operator.is_refused("poolHousehold", more(&members[20..])).await;
    assert_eq!(refused.0, "VALUE_OUT_OF_RANGE");
    world.closes().await;
}
