//! Whom coupons are for, and what each may use now.

use serde_json::{Value, json};

use super::{codes, draft, launches, quoted, records, sale, terms, turns, with};
use crate::support::{Caller, World};

/// What a caller finds, by code.
async fn found(caller: &Caller) -> Vec<String> {
    let seen = caller.asks("{ coupons { nodes { code } } }").await;
    let nodes = seen["coupons"]["nodes"].as_array().unwrap();
    let mut codes: Vec<_> =
        nodes.iter().map(|own| own["code"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

fn personal(code: &str, terms: Value) -> Value {
    json!({ "code": code, "distribution": "PERSONAL", "terms": terms })
}

#[tokio::test]
async fn a_member_finds_what_it_may_use_now_and_uses_it_without_typing_anything() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let (ana, bea) = (world.member("C1").await, world.member("C2").await);
    let named = with(terms(), "audience", json!({ "namedMembers": true }));
    let once = with(named, "memberUsesMax", json!(1));
    let id = launches(&world.operator, personal("yours", once)).await;
    launches(&world.operator, draft("open", terms())).await;
    codes(&world.operator, "single", terms(), 1).await;
    assert_eq!(found(&ana).await, ["open"]);
    let assign = json!({ "couponId": id, "add": [ana.id] });
    let assigned = world.operator.does("assignCoupon", "changed", assign.clone()).await;
    assert_eq!(assigned["changed"], 1);
    assert_eq!(world.operator.does("assignCoupon", "changed", assign).await["changed"], 0);
    assert_eq!(found(&ana).await, ["open", "yours"]);
    assert_eq!(found(&bea).await, ["open"]);

    let mut hers = sale(&world, "R1", "C1", "10.00", &[]);
    hers["coupons"] = json!([{ "couponId": id }]);
    let used = records(&till, hers.clone()).await["purchase"]["coupons"][0].clone();
    assert_eq!(
        (&used["outcome"], &used["discount"]["amount"]),
        (&json!("REDEEMED"), &json!("1.00"))
    );
    assert_eq!(found(&ana).await, ["open"], "a second time she may not");
    let again = with(hers.clone(), "receiptNumber", json!("R2"));
    let quote = quoted(&till, again).await;
    assert_eq!(quote["coupons"][0]["refusal"]["code"], "COUPON_MEMBER_LIMIT");
    let other = with(hers, "member", json!({ "cardNumber": "C2" }));
    let quote = quoted(&till, other).await;
    assert_eq!(quote["coupons"][0]["refusal"]["code"], "COUPON_NOT_FOR_MEMBER");
    let take_off = json!({ "couponId": id, "remove": [ana.id] });
    assert_eq!(world.operator.does("assignCoupon", "changed", take_off).await["changed"], 1);
    world.closes().await;
}

#[tokio::test]
async fn a_segment_has_its_coupons_and_a_partner_keeps_its_own() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let (ana, bea) = (world.member("C1").await, world.member("C2").await);
    world
        .operator
        .does("defineSegment", "segment { code }", json!({ "code": "new", "name": "New" }))
        .await;
    let put = json!({ "segmentCode": "new", "add": [ana.id] });
    world.operator.does("assignSegment", "changed", put).await;
    let says = with(terms(), "audience", json!({ "segmentCode": "new" }));
    let id = launches(&till, draft("hello", says)).await;
    assert_eq!((found(&ana).await, found(&bea).await), (vec!["hello".to_owned()], vec![]));
    assert_eq!((found(&till).await, found(&fuel).await), (vec!["hello".to_owned()], vec![]));
    let shown = format!(
        "{{ coupon(id: \"{id}\") {{ sharedCode uses funder {{ code }} partner {{ code }} }} }}"
    );
    let own = json!({ "sharedCode": "HELLO", "uses": 0, "funder": { "code": "grocer" },
        "partner": { "code": "grocer" } });
    assert_eq!(till.asks(&shown).await["coupon"], own);
    assert_eq!(fuel.asks(&shown).await["coupon"]["sharedCode"], Value::Null);
    let redemptions =
        format!("{{ coupon(id: \"{id}\") {{ redemptions {{ nodes {{ outcome }} }} }} }}");
    assert_eq!(
        fuel.posts(&redemptions, json!({})).await["errors"][0]["extensions"]["code"],
        "FORBIDDEN"
    );

    let outcome = |card: &str, number: &str| sale(&world, number, card, "10.00", &["hello"]);
    let used = records(&till, outcome("C1", "R1")).await;
    assert_eq!(used["purchase"]["coupons"][0]["outcome"], "REDEEMED");
    let used = records(&till, outcome("C2", "R2")).await;
    assert_eq!(used["purchase"]["coupons"][0]["refusal"]["code"], "COUPON_NOT_FOR_MEMBER");
    turns(&till, &id, 2, "ENDED").await;
    assert!(found(&ana).await.is_empty());
    world.closes().await;
}
