//! What is no coupon, and why one can't be used. The sale is recorded all the same.

use serde_json::{Value, json};

use super::{codes, draft, drafts, launches, quoted, records, sale, terms, turns, with};
use crate::support::{Caller, World};

const NOTHING: &str = "cpn_01h2xcejqtf2nbrexx3vqjhp41";

fn is(found: (String, String), code: &str, path: &str) {
    assert_eq!(found, (code.to_owned(), path.to_owned()));
}

/// The quote and the sale say the same no; the sale stands.
async fn refuses(till: &Caller, sale: Value, code: &str) -> String {
    let (place, told) =
        (sale["coupons"].as_array().unwrap().len() - 1, quoted(till, sale.clone()).await);
    let why = told["coupons"][place]["refusal"].clone();
    assert_eq!(
        (&why["code"], &why["path"]),
        (&json!(code), &json!(["coupons", place.to_string()]))
    );
    let recorded = records(till, sale).await;
    let used = &recorded["purchase"]["coupons"][place];
    assert_eq!((&used["outcome"], &used["refusal"]), (&json!("REFUSED"), &why));
    assert_eq!(recorded["points"], 10, "the sale isn't lost");
    why["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_coupon_that_can_not_be_used_says_why_and_the_sale_is_recorded() {
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let own = &world.operator;
    let sale = |number: &str, typed: &[&str]| sale(&world, number, "C1", "10.00", typed);
    // A guess, a draft and a code with one wrong letter can't be told apart.
    drafts(own, draft("draft", terms())).await;
    let (_, codes) = codes(own, "single", terms(), 1).await;
    let wrong = format!("{}{}", if codes[0].starts_with('0') { '1' } else { '0' }, &codes[0][1..]);
    let mut told = Vec::new();
    for (number, typed) in [("N1", "GUESSED"), ("N2", "draft"), ("N3", &wrong)] {
        told.push(refuses(&till, sale(number, &[typed]), "COUPON_NOT_FOUND").await);
    }
    assert!(told.iter().all(|one| *one == told[0]));
    let tomorrow = json!("2026-12-01T00:00:00Z");
    launches(own, draft("later", with(terms(), "opensAt", tomorrow))).await;
    refuses(&till, sale("N4", &["later"]), "COUPON_NOT_YET").await;
    launches(own, draft("over", with(terms(), "closesAt", json!("2026-01-01T00:00:00Z")))).await;
    refuses(&till, sale("N5", &["over"]), "COUPON_EXPIRED").await;
    let ended = launches(own, draft("ended", terms())).await;
    turns(own, &ended, 2, "ENDED").await;
    refuses(&till, sale("N6", &["ended"]), "COUPON_EXPIRED").await;
    let paused = launches(own, draft("paused", terms())).await;
    turns(own, &paused, 2, "PAUSED").await;
    refuses(&till, sale("N7", &["paused"]), "COUPON_PAUSED").await;
    launches(&fuel, draft("theirs", terms())).await;
    refuses(&till, sale("N8", &["theirs"]), "COUPON_OTHER_PARTNER").await;
    launches(own, draft("minimum", with(terms(), "minimum", json!("12.50")))).await;
    let message = refuses(&till, sale("N9", &["minimum"]), "COUPON_MINIMUM_NOT_MET").await;
    assert!(message.contains("2.50"), "{message}");
    launches(own, draft("mugs", with(terms(), "scope", json!({ "skus": ["MUG"] })))).await;
    refuses(&till, sale("N10", &["mugs"]), "COUPON_NOTHING_IN_SCOPE").await;
    launches(own, draft("alone", with(terms(), "isStackable", json!(false)))).await;
    launches(own, draft("ages", terms())).await;
    refuses(&till, sale("N11", &["ages", "alone"]), "COUPON_STACKING_CONFLICT").await;
    launches(own, draft("once", with(terms(), "usesMax", json!(1)))).await;
    records(&till, sale("N12", &["once"])).await;
    refuses(&till, sale("N13", &["once"]), "COUPON_USED_UP").await;
    launches(own, draft("each", with(terms(), "memberUsesMax", json!(1)))).await;
    records(&till, sale("N14", &["each"])).await;
    refuses(&till, sale("N15", &["each"]), "COUPON_MEMBER_LIMIT").await;
    let named = with(terms(), "audience", json!({ "namedMembers": true }));
    launches(own, draft("named", named)).await;
    refuses(&till, sale("N16", &["named"]), "COUPON_NOT_FOR_MEMBER").await;
    let many = sale("N17", &["GUESSED"; 11]);
    is(till.is_refused("recordPurchase", many).await, "COUPONS_TOO_MANY", "coupons");
    world.closes().await;
}

#[tokio::test]
async fn what_is_no_coupon_is_refused_at_its_field() {
    let world = World::new().await;
    let own = &world.operator;
    let there = drafts(own, draft("there", terms())).await;
    let long = "x".repeat(65);
    for (field, value, code, at) in [
        ("names", json!([]), "LANGUAGE_INVALID", "names"),
        (
            "names",
            json!([{ "language": "?", "name": "A" }]),
            "LANGUAGE_INVALID",
            "names.0.language",
        ),
        ("names", json!([{ "language": "en", "name": "" }]), "NAME_INVALID", "names.0.name"),
        ("benefit", json!({ "shareBp": 10001 }), "VALUE_OUT_OF_RANGE", "benefit.shareBp"),
        ("benefit", json!({ "amount": "0" }), "AMOUNT_INVALID", "benefit.amount"),
        ("benefit", json!({ "amount": "0.001" }), "AMOUNT_INVALID", "benefit.amount"),
        ("benefit", json!({ "freeSku": "" }), "LINE_INVALID", "benefit.freeSku"),
        ("benefit", json!({ "factorBp": 10000 }), "VALUE_OUT_OF_RANGE", "benefit.factorBp"),
        ("scope", json!({ "skus": [long] }), "COUPON_SCOPE_INVALID", "scope.skus.0"),
        ("minimum", json!("-1"), "VALUE_OUT_OF_RANGE", "minimum"),
        ("usesMax", json!(0), "VALUE_OUT_OF_RANGE", "usesMax"),
        ("audience", json!({ "segmentCode": "nobody" }), "SEGMENT_NOT_FOUND", "segmentCode"),
        ("stackingGroup", json!("No Group"), "CODE_INVALID", "stackingGroup"),
        ("funderId", json!("ptn_01h2xcejqtf2nbrexx3vqjhp41"), "PARTNER_NOT_FOUND", "funderId"),
    ] {
        let (says, at) = (with(terms(), field, value), format!("terms.{at}"));
        is(own.is_refused("draftCoupon", draft("other", says.clone())).await, code, &at);
        let change = json!({ "couponId": there, "expectedVersion": 1, "terms": says });
        is(own.is_refused("updateCoupon", change).await, code, &at);
    }
    let mut window = with(terms(), "opensAt", json!("2026-05-01T00:00:00Z"));
    window["closesAt"] = json!("2026-05-01T00:00:00Z");
    is(
        own.is_refused("draftCoupon", draft("other", window)).await,
        "SCHEDULE_INVALID",
        "terms.closesAt",
    );
    let mut part = with(terms(), "benefit", json!({ "factorBp": 20000 }));
    part["scope"] = json!({ "skus": ["A"] });
    is(
        own.is_refused("draftCoupon", draft("other", part)).await,
        "COUPON_SCOPE_INVALID",
        "terms.scope",
    );
    is(own.is_refused("draftCoupon", draft("there", terms())).await, "CODE_TAKEN", "code");
    let same = with(draft("other", terms()), "sharedCode", json!("THERE"));
    is(own.is_refused("draftCoupon", same).await, "CODE_TAKEN", "sharedCode");
    let word = with(draft("other", terms()), "sharedCode", json!("a b!"));
    is(own.is_refused("draftCoupon", word).await, "CODE_INVALID", "sharedCode");
    world.closes().await;
}

#[tokio::test]
async fn a_coupon_is_kept_by_whose_it_is_and_ends_for_good() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let id = drafts(&grocer, draft("ours", terms())).await;
    let turn = |version: i32, status: &str| json!({ "couponId": id, "expectedVersion": version, "status": status });
    is(fuel.is_refused("setCouponStatus", turn(1, "LIVE")).await, "COUPON_NOT_FOUND", "couponId");
    let change = json!({ "couponId": NOTHING, "expectedVersion": 1, "terms": terms() });
    is(grocer.is_refused("updateCoupon", change).await, "COUPON_NOT_FOUND", "couponId");
    let theirs = with(draft("theirs", terms()), "partnerId", json!(fuel.id));
    is(grocer.is_refused("draftCoupon", theirs).await, "PARTNER_NOT_FOUND", "partnerId");
    let paid = draft("paid", with(terms(), "funderId", json!(fuel.id)));
    is(grocer.is_refused("draftCoupon", paid).await, "PARTNER_NOT_FOUND", "terms.funderId");
    is(grocer.is_refused("setCouponStatus", turn(1, "PAUSED")).await, "STATUS_INVALID", "status");
    let make = |batch: &str, count: i32| json!({ "couponId": id, "batch": batch, "count": count });
    is(
        grocer.is_refused("makeCouponCodes", make("b", 1)).await,
        "COUPON_CODES_INVALID",
        "couponId",
    );
    let assign = json!({ "couponId": id, "add": ["mem_01h2xcejqtf2nbrexx3vqjhp41"] });
    is(grocer.is_refused("assignCoupon", assign).await, "COUPON_CODES_INVALID", "couponId");
    turns(&grocer, &id, 1, "LIVE").await;
    let answer = grocer.sends("setCouponStatus", "", turn(1, "PAUSED")).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT");
    turns(&grocer, &id, 2, "ENDED").await;
    is(grocer.is_refused("setCouponStatus", turn(3, "LIVE")).await, "COUPON_ENDED", "couponId");
    let change = json!({ "couponId": id, "expectedVersion": 3, "terms": terms() });
    is(grocer.is_refused("updateCoupon", change).await, "COUPON_ENDED", "couponId");

    let (single, made) = codes(&grocer, "single", terms(), 3).await;
    let make =
        |batch: &str, count: i32| json!({ "couponId": single, "batch": batch, "count": count });
    let again = grocer.does("makeCouponCodes", "codes", make("first", 3)).await;
    assert_eq!(again["codes"], json!(made), "the same batch is the same codes");
    is(
        grocer.is_refused("makeCouponCodes", make("first", 4)).await,
        "COUPON_BATCH_REUSED",
        "batch",
    );
    is(
        grocer.is_refused("makeCouponCodes", make("more", 1001)).await,
        "VALUE_OUT_OF_RANGE",
        "count",
    );
    is(grocer.is_refused("makeCouponCodes", make("No Name", 1)).await, "CODE_INVALID", "batch");
    let named = with(terms(), "audience", json!({ "namedMembers": true }));
    let named = drafts(&grocer, draft("named", named)).await;
    let assign = json!({ "couponId": named, "add": ["mem_01h2xcejqtf2nbrexx3vqjhp41"] });
    is(grocer.is_refused("assignCoupon", assign).await, "MEMBER_NOT_FOUND", "add.0");
    world.closes().await;
}
