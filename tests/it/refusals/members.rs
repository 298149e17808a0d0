//! Members, their cards and numbers, their households.

use serde_json::json;

use super::{nothing, refusal};
use crate::support::{World, payment, receipt};

#[tokio::test]
async fn unknown_suspended_and_closed_members() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let operator = &world.operator;
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "50.00", world.now())).await;
    let mut sale = receipt("R2", "C1", "5.00", world.now());
    sale["member"] = json!({ "id": nothing("mem") });
    assert_eq!(
        grocer.is_refused("recordPurchase", sale).await,
        refusal("MEMBER_NOT_FOUND", "member")
    );
    let wish = json!({ "memberId": nothing("mem") });
    let refused = operator.is_refused("suspendMember", wish).await;
    assert_eq!(refused, refusal("MEMBER_NOT_FOUND", "memberId"));

    operator.does("suspendMember", "member { id }", json!({ "memberId": ana.id })).await;
    let pay = payment("C1", 5, "p", world.now());
    assert_eq!(grocer.is_refused("payWithPoints", pay.clone()).await.0, "MEMBER_SUSPENDED");
    grocer.does("recordPurchase", "points", receipt("R3", "C1", "5.00", world.now())).await;

    operator.does("closeMember", "member { id }", json!({ "memberId": ana.id })).await;
    assert_eq!(grocer.is_refused("payWithPoints", pay).await.0, "MEMBER_CLOSED");
    let sale = receipt("R4", "C1", "5.00", world.now());
    assert_eq!(grocer.is_refused("recordPurchase", sale).await, refusal("MEMBER_CLOSED", "member"));
    world.closes().await;
}

#[tokio::test]
async fn another_programme_s_members_are_as_none() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "50.00", world.now())).await;
    let stranger = world.elsewhere("C7").await;
    for to in [json!({ "id": stranger.id }), json!({ "cardNumber": "C7" })] {
        let gift = json!({ "to": to, "points": 5, "idempotencyKey": "g" });
        let refused = ana.is_refused("transferPoints", gift).await.0;
        assert!(["MEMBER_NOT_FOUND", "CARD_NOT_FOUND"].contains(&refused.as_str()), "{refused}");
    }
    let wish = json!({ "memberId": stranger.id });
    let refused = world.operator.is_refused("closeMember", wish).await;
    assert_eq!(refused, refusal("MEMBER_NOT_FOUND", "memberId"));
    let myself = json!({ "to": { "id": ana.id }, "points": 5, "idempotencyKey": "g" });
    assert_eq!(ana.is_refused("transferPoints", myself).await.0, "SAME_WALLET");
    world.closes().await;
}

#[tokio::test]
async fn customer_numbers_and_households() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bo) = (world.member("C1").await, world.member("C2").await);
    for (number, card) in [("R1", "C1"), ("R2", "C2")] {
        grocer.does("recordPurchase", "points", receipt(number, card, "50.00", world.now())).await;
    }
    let numbered =
        |member: &str, number: &str| json!({ "memberId": member, "partnerReference": number });
    let refused = grocer.is_refused("setPartnerReference", numbered(&ana.id, " ")).await;
    assert_eq!(refused, refusal("REFERENCE_INVALID", "partnerReference"));
    grocer.does("setPartnerReference", "member { id }", numbered(&ana.id, "K1")).await;
    let refused = grocer.is_refused("setPartnerReference", numbered(&bo.id, "K1")).await;
    assert_eq!(refused, refusal("REFERENCE_TAKEN", "partnerReference"));

    let pool = json!({ "householdId": nothing("hhd"), "memberIds": [ana.id] });
    let refused = world.operator.is_refused("poolHousehold", pool).await;
    assert_eq!(refused, refusal("HOUSEHOLD_NOT_FOUND", "householdId"));
    let hold = json!({ "member": { "cardNumber": "C1" }, "points": 5, "idempotencyKey": "h" });
    grocer.does("placeHold", "hold { id }", hold).await;
    let pool = json!({ "memberIds": [ana.id, bo.id] });
    assert_eq!(world.operator.is_refused("poolHousehold", pool).await.0, "OPEN_HOLDS");
    world.closes().await;
}

#[tokio::test]
async fn cards_are_linked_by_whoever_has_them_in_hand_and_not_without_end() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let link = |number: &str| json!({ "memberId": ana.id, "cardNumber": number });
    let answer = ana.sends("linkCard", "", link("GUESSED")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    for number in 2..=10 {
        world.operator.does("linkCard", "card { id }", link(&format!("C1-{number}"))).await;
    }
    let refused = world.operator.is_refused("linkCard", link("C1-11")).await;
    assert_eq!(refused, refusal("CARDS_TOO_MANY", "memberId"));
    assert_eq!(grocer.is_refused("linkCard", link("C1-2")).await.0, "MEMBER_NOT_FOUND");
    world.closes().await;
}

#[tokio::test]
async fn enrolling_under_a_number_that_is_another_s() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let enrol =
        |card: &str, number: &str| json!({ "cardNumber": card, "partnerReference": number });
    grocer.does("enrolMember", "member { id }", enrol("C1", "K1")).await;
    let refused = grocer.is_refused("enrolMember", enrol("C2", "K1")).await;
    assert_eq!(refused, refusal("REFERENCE_TAKEN", "partnerReference"));
    // A card that is known gets the number that it lacked.
    grocer.does("enrolMember", "member { id }", enrol("C1", "K2")).await;
    let by = grocer.asks("{ member(by: { partnerReference: \"K2\" }) { id } }").await;
    assert!(by["member"]["id"].is_string(), "{by}");
    // What no card can be called isn't found, on either database.
    let none = grocer
        .posts(
            "query($n: String!) { member(by: { cardNumber: $n }) { id } }",
            json!({ "n": "a\u{0}b" }),
        )
        .await;
    assert!(none["errors"].is_null() && none["data"]["member"].is_null(), "{none}");
    world.closes().await;
}
