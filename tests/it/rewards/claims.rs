//! Claiming: points are paid and the reward is there, once, for as many as there are, and given back whole.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{draft, launches, terms, with};
use crate::support::{Caller, World, code, receipt};
use crate::tiers::by_spend;

pub(crate) const CLAIM: &str = "isReplayed claim { id status points voucher { id code usesLeft } }";

pub(crate) fn wish(reward: &str, points: i64, key: &str) -> Value {
    json!({ "rewardId": reward, "expectedPrice": { "points": points }, "idempotencyKey": key })
}

/// A member with so many points of the grocer's.
pub(crate) async fn with_points(world: &World, till: &Caller, card: &str, points: i64) -> Caller {
    let member = world.member(card).await;
    let sale = receipt(&format!("R-{card}"), card, &format!("{points}.00"), world.now());
    till.does("recordPurchase", "points", sale).await;
    member
}

/// Claims it, and says the claim.
pub(crate) async fn claims(member: &Caller, reward: &str, key: &str) -> Value {
    member.does("claimReward", CLAIM, wish(reward, 100, key)).await["claim"].clone()
}

pub(crate) async fn cancels(caller: &Caller, claim: &Value, key: &str) -> Value {
    let wish =
        json!({ "rewardClaimId": claim["id"], "reason": "Changed my mind", "idempotencyKey": key });
    caller.tries("cancelClaim", "isReplayed claim { status }", wish).await
}

async fn timeline(caller: &Caller, claim: &Value) -> Vec<String> {
    let asked =
        format!("{{ rewardClaim(id: {}) {{ timeline {{ status reason }} }} }}", claim["id"]);
    let steps = caller.asks(&asked).await["rewardClaim"]["timeline"].clone();
    let steps = steps.as_array().unwrap().iter();
    steps.map(|step| step["status"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_member_pays_for_a_reward_and_has_it_and_its_partner_is_owed_what_it_accepted() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 250).await;
    let id = launches(&till, draft("mug", terms())).await;
    let claim = claims(&ana, &id, "k1").await;
    assert_eq!((&claim["status"], &claim["points"]), (&json!("FULFILLED"), &json!(100)));
    assert_eq!(claim["voucher"]["usesLeft"], 1);
    let shown = claim["voucher"]["code"].as_str().unwrap();
    assert!(shown.len() == 19 && shown.split('-').count() == 4, "{shown}");
    assert_eq!(world.wallet(&ana).await, [150, 0, 0, 0]);
    assert_eq!(timeline(&ana, &claim).await, ["RESERVED", "FULFILLED"]);

    let asked = format!("{{ node(id: {}) {{ ... on RewardClaim {{ reward {{ code }} wording(languages: [\"de\"]) {{ title }}
        memberId priceCode money {{ amount }} claimedAt expiresAt closedAt reversal {{ id }}
        entry {{ kind points reason {{ summary note }} partner {{ code }} }} voucher {{ qrSvg partner {{ code }} }} }} }} }}", claim["id"]);
    let seen = ana.asks(&asked).await["node"].clone();
    assert_eq!(seen["reward"]["code"], "mug");
    assert_eq!(seen["wording"]["title"], "Ein Häferl");
    assert_eq!(seen["entry"]["reason"]["summary"], "100 points paid for A mug.");
    assert_eq!(
        (&seen["entry"]["kind"], &seen["entry"]["partner"]["code"]),
        (&json!("PAID"), &json!("grocer"))
    );
    assert_eq!(seen["voucher"]["partner"]["code"], "grocer");
    assert!(seen["voucher"]["qrSvg"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(
        [&seen["reversal"], &seen["expiresAt"], &seen["closedAt"], &seen["money"]],
        [&Value::Null; 4]
    );

    let again = ana.does("claimReward", CLAIM, wish(&id, 100, "k1")).await;
    assert_eq!((&again["isReplayed"], &again["claim"]), (&json!(true), &claim));
    assert_eq!(world.wallet(&ana).await, [150, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_claim_is_seen_by_its_member_its_partner_and_operators_and_its_code_by_its_member_alone()
{
    let world = World::new().await;
    let (till, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    let ana = with_points(&world, &till, "C1", 300).await;
    let bob = world.member("C2").await;
    let own = launches(&till, draft("own", terms())).await;
    let programmes = launches(&world.operator, draft("programmes", terms())).await;
    let claim = claims(&ana, &own, "k1").await;
    claims(&ana, &programmes, "k2").await;
    let list = "{ rewardClaims { nodes { reward { code } voucher { code qrSvg } } } }";
    let seen = async |caller: &Caller| caller.asks(list).await["rewardClaims"]["nodes"].clone();
    let codes = |nodes: &Value| {
        let nodes = nodes.as_array().unwrap().iter();
        let mut codes: Vec<String> =
            nodes.map(|node| node["reward"]["code"].as_str().unwrap().to_owned()).collect();
        codes.sort();
        codes
    };
    for (caller, own) in [
        (&ana, &["own", "programmes"][..]),
        (&bob, &[]),
        (&till, &["own"]),
        (&fuel, &[]),
        (&world.operator, &["own", "programmes"]),
    ] {
        let nodes = seen(caller).await;
        assert_eq!(codes(&nodes), own);
        let is_anas = std::ptr::eq(caller, &ana);
        assert!(
            nodes
                .as_array()
                .unwrap()
                .iter()
                .all(|node| node["voucher"]["code"].is_string() == is_anas
                    && node["voucher"]["qrSvg"].is_string() == is_anas)
        );
    }
    let one = format!("{{ rewardClaim(id: {}) {{ id }} }}", claim["id"]);
    for caller in [&bob, &fuel] {
        assert_eq!(caller.asks(&one).await["rewardClaim"], Value::Null);
    }
    for (filter, count) in [
        (format!("rewardId: \"{own}\""), 1),
        (format!("memberId: \"{}\"", ana.id), 2),
        (format!("memberId: \"{}\"", bob.id), 0),
        ("status: FULFILLED".to_owned(), 2),
        ("status: USED".to_owned(), 0),
    ] {
        let asked = format!("{{ rewardClaims(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
        let found = world.operator.asks(&asked).await["rewardClaims"]["nodes"].clone();
        assert_eq!(found.as_array().unwrap().len(), count, "{filter}");
    }
    world.closes().await;
}

#[tokio::test]
async fn as_many_get_one_as_there_are_whoever_is_fast_at_however_many_gateways() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let says = with(terms(), "stock", json!({ "total": 7 }));
    let id = launches(&till, draft("mug", says)).await;
    let mut gateway = world.opens_gateway().await;
    let mut members = Vec::new();
    for place in 0..24 {
        members.push(with_points(&world, &till, &format!("C{place}"), 100).await);
    }
    let tried = members.iter().enumerate().map(|(place, member)| {
        let member = if place % 2 == 0 { member.clone() } else { member.at(&gateway) };
        let wish = wish(&id, 100, "k");
        tokio::spawn(async move { code(&member.tries("claimReward", CLAIM, wish).await) })
    });
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for answer in tried.collect::<Vec<_>>() {
        *counts.entry(answer.await.unwrap()).or_default() += 1;
    }
    assert_eq!(
        counts,
        BTreeMap::from([("OK".to_owned(), 7), ("REWARD_OUT_OF_STOCK".to_owned(), 17)])
    );
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_member_gets_no_more_than_its_limit_however_fast_it_asks() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 5000).await;
    let says = with(
        terms(),
        "limits",
        json!([{ "period": "DAY", "count": 2 }, { "period": "MONTH", "count": 3 }]),
    );
    let id = launches(&till, draft("mug", says)).await;
    let mut gateway = world.opens_gateway().await;
    let tried = (0..12).map(|place| {
        let ana = if place % 2 == 0 { ana.clone() } else { ana.at(&gateway) };
        let wish = wish(&id, 100, &format!("k{place}"));
        tokio::spawn(async move { code(&ana.tries("claimReward", CLAIM, wish).await) })
    });
    let mut got = 0;
    for answer in tried.collect::<Vec<_>>() {
        match answer.await.unwrap().as_str() {
            "OK" => got += 1,
            other => assert_eq!(other, "CLAIM_LIMIT_REACHED"),
        }
    }
    assert_eq!(got, 2);
    assert_eq!(world.wallet(&ana).await, [4800, 0, 0, 0]);
    world.days_pass(1).await;
    claims(&ana, &id, "next").await;
    let refused = ana.is_refused("claimReward", wish(&id, 100, "more")).await;
    assert_eq!(refused, ("CLAIM_LIMIT_REACHED".to_owned(), "rewardId".to_owned()));
    world.days_pass(31).await;
    claims(&ana, &id, "april").await;
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn what_is_there_for_a_day_is_there_again_the_next() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 1000).await;
    let says = with(terms(), "stock", json!({ "total": 3, "perDay": 1 }));
    let id = launches(&till, draft("mug", says.clone())).await;
    claims(&ana, &id, "k1").await;
    let out = async |key: &str| ana.is_refused("claimReward", wish(&id, 100, key)).await.0;
    assert_eq!(out("k2").await, "REWARD_OUT_OF_STOCK");
    world.days_pass(1).await;
    claims(&ana, &id, "k3").await;
    // More of it, and fewer than were claimed.
    let more = with(says.clone(), "stock", json!({ "total": 4, "perDay": 2 }));
    let change = |version: i32, terms: &Value| json!({ "rewardId": id, "expectedVersion": version, "terms": terms });
    till.does("updateReward", "reward { version }", change(2, &more)).await;
    claims(&ana, &id, "k4").await;
    assert_eq!(out("k5").await, "REWARD_OUT_OF_STOCK");
    for (stock, at) in [
        (json!({ "total": 2 }), "terms.stock.total"),
        (json!({ "perDay": 1 }), "terms.stock.perDay"),
    ] {
        let fewer = with(says.clone(), "stock", stock);
        let refused = till.is_refused("updateReward", change(3, &fewer)).await;
        assert_eq!(refused, ("STOCK_BELOW_CLAIMED".to_owned(), at.to_owned()));
    }
    till.does("updateReward", "reward { version }", change(3, &terms())).await;
    for key in ["k6", "k7", "k8"] {
        claims(&ana, &id, key).await;
    }
    world.closes().await;
}

#[tokio::test]
async fn what_was_given_back_is_with_its_lots_its_stock_and_its_limit_again() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let mut says = with(terms(), "stock", json!({ "total": 1 }));
    says["limits"] = json!([{ "period": "EVER", "count": 1 }]);
    says["delivery"] = json!({ "cancelHours": 48 });
    let id = launches(&till, draft("mug", says)).await;
    let lots = "{ viewer { wallet { lots { nodes { remaining expiresAt } } } } }";
    let before = ana.asks(lots).await;
    let claim = claims(&ana, &id, "k1").await;
    let cancelled = cancels(&ana, &claim, "c1").await;
    assert_eq!(
        cancelled,
        json!({ "userErrors": [], "isReplayed": false, "claim": { "status": "CANCELLED" } })
    );
    assert_eq!(ana.asks(lots).await, before);
    assert_eq!(cancels(&ana, &claim, "c1").await["isReplayed"], true);
    assert_eq!(code(&cancels(&ana, &claim, "c2").await), "REWARD_CLAIM_CANCELLED");
    assert_eq!(timeline(&ana, &claim).await, ["RESERVED", "FULFILLED", "CANCELLED"]);
    let shown = json!({ "code": claim["voucher"]["code"], "idempotencyKey": "u1" });
    assert_eq!(till.is_refused("redeemVoucher", shown).await.0, "VOUCHER_CANCELLED");
    let asked = format!(
        "{{ rewardClaim(id: {}) {{ reversal {{ kind reason {{ summary }} }} }} }}",
        claim["id"]
    );
    let reversal = ana.asks(&asked).await["rewardClaim"]["reversal"].clone();
    assert_eq!(
        reversal,
        json!({ "kind": "REVERSED", "reason": { "summary": "100 points paid for A mug came back." } })
    );

    let claim = claims(&ana, &id, "k2").await;
    world.days_pass(3).await;
    assert_eq!(code(&cancels(&ana, &claim, "c3").await), "CANCELLATION_TOO_LATE");
    assert_eq!(cancels(&till, &claim, "c4").await["claim"]["status"], "CANCELLED");
    assert_eq!(world.wallet(&ana).await, [100, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn who_gives_a_claim_back_at_once_with_who_uses_it_is_one_of_both() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let says = with(terms(), "delivery", json!({ "cancelHours": 1 }));
    let id = launches(&till, draft("mug", says)).await;
    let mut gateway = world.opens_gateway().await;
    for place in 0..6 {
        let ana = with_points(&world, &till, &format!("C{place}"), 100).await;
        let claim = claims(&ana, &id, "k").await;
        let shown =
            json!({ "code": claim["voucher"]["code"], "idempotencyKey": format!("u{place}") });
        let there = till.at(&gateway);
        let (cancelled, used) = tokio::join!(
            cancels(&ana, &claim, "c"),
            there.tries("redeemVoucher", "claim { status }", shown),
        );
        let codes = [code(&cancelled), code(&used)];
        let points = world.wallet(&ana).await[0];
        match codes.each_ref().map(String::as_str) {
            ["OK", "VOUCHER_CANCELLED"] => assert_eq!(points, 100),
            ["REWARD_CLAIM_USED", "OK"] => assert_eq!(points, 0),
            _ => panic!("{codes:?}"),
        }
    }
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn what_is_paid_is_what_the_members_tier_pays_and_only_those_get_it_whom_it_is_for() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let set = world.operator.does("createTierSet", "tierSet { id }", by_spend()).await;
    let tier = json!({ "tierSetId": set["tierSet"]["id"], "tierCode": "silver", "points": 90 });
    let mut says = terms();
    says["prices"] = json!([{ "code": "points", "points": 200, "tiers": [tier] },
        { "code": "mixed", "points": 50, "money": "2.50" }]);
    says["condition"] = json!("member.tier == 'silver'");
    let id = launches(&world.operator, draft("mug", says)).await;
    let ana = with_points(&world, &till, "C1", 500).await;
    let bob = with_points(&world, &till, "C2", 10).await;
    let grant = json!({ "memberId": ana.id, "tierSetId": set["tierSet"]["id"], "tierCode": "silver",
        "until": "2026-12-31", "reason": "hello" });
    world.operator.does("grantTier", "member { id }", grant).await;
    let by =
        |option: &str, points: i64| with(wish(&id, points, option), "priceCode", json!(option));
    assert_eq!(bob.is_refused("claimReward", by("points", 200)).await.0, "REWARD_NOT_FOR_MEMBER");
    assert_eq!(ana.is_refused("claimReward", by("points", 200)).await.0, "PRICE_CHANGED");
    assert_eq!(
        ana.is_refused("claimReward", wish(&id, 90, "none")).await.0,
        "PRICE_OPTION_NOT_FOUND"
    );
    let claim = ana.does("claimReward", CLAIM, by("points", 90)).await["claim"].clone();
    assert_eq!(claim["points"], 90);
    let mut mixed = by("mixed", 50);
    assert_eq!(ana.is_refused("claimReward", mixed.clone()).await.0, "PRICE_CHANGED");
    mixed["expectedPrice"]["money"] = json!("2.50");
    let shown =
        "claim { points money { amount } entry { partner { code } } voucher { partner { code } } }";
    let claim = ana.does("claimReward", shown, mixed).await["claim"].clone();
    let nobody = json!({ "partner": null });
    assert_eq!(
        claim,
        json!({ "points": 50, "money": { "amount": "2.50" }, "entry": nobody, "voucher": nobody })
    );
    world.closes().await;
}

#[tokio::test]
async fn a_donation_is_paid_and_nothing_is_shown_for_it() {
    let world = World::new().await;
    let (till, charity) = (world.partner("grocer").await, world.partner("charity").await);
    let ana = with_points(&world, &till, "C1", 100).await;
    let gift = json!({ "code": "trees", "kind": "DONATION", "terms": terms() });
    let id = launches(&charity, gift).await;
    let claim = claims(&ana, &id, "k1").await;
    assert_eq!((&claim["status"], &claim["voucher"]), (&json!("FULFILLED"), &Value::Null));
    let asked =
        format!("{{ rewardClaim(id: {}) {{ entry {{ partner {{ code }} }} }} }}", claim["id"]);
    assert_eq!(ana.asks(&asked).await["rewardClaim"]["entry"]["partner"]["code"], "charity");
    world.closes().await;
}

#[tokio::test]
async fn whose_time_is_over_is_gone_and_its_points_with_it() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 200).await;
    let says = with(terms(), "delivery", json!({ "validDays": 2, "cancelHours": 8784 }));
    let id = launches(&till, draft("mug", says)).await;
    let claim = claims(&ana, &id, "k1").await;
    let state = async || {
        let asked = format!(
            "{{ rewardClaim(id: {}) {{ status expiresAt closedAt voucher {{ usesLeft }} }} }}",
            claim["id"]
        );
        ana.asks(&asked).await["rewardClaim"].clone()
    };
    // From 2 March to the end of the 4th.
    assert_eq!(state().await["expiresAt"], "2026-03-05T00:00:00Z");
    world.days_pass(2).await;
    assert_eq!(state().await["status"], "FULFILLED");
    world.days_pass(1).await;
    let gone = json!({ "status": "EXPIRED", "expiresAt": "2026-03-05T00:00:00Z",
        "closedAt": "2026-03-05T00:00:00Z", "voucher": { "usesLeft": 0 } });
    assert_eq!(state().await, gone);
    let shown = json!({ "code": claim["voucher"]["code"], "idempotencyKey": "u1" });
    assert_eq!(till.is_refused("redeemVoucher", shown).await.0, "VOUCHER_EXPIRED");
    assert_eq!(code(&cancels(&ana, &claim, "c1").await), "REWARD_CLAIM_EXPIRED");
    assert_eq!(world.wallet(&ana).await, [100, 0, 0, 0]);
    world.closes().await;
}
