//! What can't be claimed, and how the member is told.

use serde_json::json;

use super::claims::{CLAIM, wish, with_points};
use super::{draft, launches, terms, turns, with};
use crate::support::{World, code};

#[tokio::test]
async fn what_can_not_be_claimed_is_refused_and_says_why() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let ana = with_points(&world, &till, "C1", 100).await;
    let is = |refused: (String, String), code: &str, at: &str| {
        assert_eq!(refused, (code.to_owned(), at.to_owned()));
    };
    let nothing = "rwd_01h2xcejqtf2nbrexx3vqjhp41";
    is(ana.is_refused("claimReward", wish(nothing, 1, "k")).await, "REWARD_NOT_FOUND", "rewardId");
    let id = super::drafts(&till, draft("mug", terms())).await;
    is(ana.is_refused("claimReward", wish(&id, 100, "k")).await, "REWARD_NOT_FOUND", "rewardId");
    turns(&till, &id, 1, "LIVE").await;
    is(ana.is_refused("claimReward", wish(&id, 99, "k")).await, "PRICE_CHANGED", "expectedPrice");
    is(
        ana.is_refused("claimReward", wish(&id, 100, "")).await,
        "IDEMPOTENCY_KEY_INVALID",
        "idempotencyKey",
    );
    let dear = with(terms(), "prices", json!([{ "code": "points", "points": 101 }]));
    let dear = launches(&till, draft("dear", dear)).await;
    is(ana.is_refused("claimReward", wish(&dear, 101, "k")).await, "INSUFFICIENT_POINTS", "points");
    for (field, at) in [("opensAt", "2026-03-03T00:00:00Z"), ("closesAt", "2026-03-02T09:00:00Z")] {
        let says = with(terms(), field, json!(at));
        let id = launches(&till, draft(&field.to_lowercase(), says)).await;
        is(
            ana.is_refused("claimReward", wish(&id, 100, "k")).await,
            "REWARD_NOT_AVAILABLE",
            "rewardId",
        );
    }
    turns(&till, &id, 2, "PAUSED").await;
    is(
        ana.is_refused("claimReward", wish(&id, 100, "k")).await,
        "REWARD_NOT_AVAILABLE",
        "rewardId",
    );
    turns(&till, &id, 3, "LIVE").await;
    world.operator.does("suspendMember", "member { id }", json!({ "memberId": ana.id })).await;
    let refused = ana.tries("claimReward", CLAIM, wish(&id, 100, "k")).await;
    assert_eq!(code(&refused), "MEMBER_SUSPENDED");
    world.operator.does("reinstateMember", "member { id }", json!({ "memberId": ana.id })).await;
    let bare = world.partner_without_contract("bare").await;
    let theirs = with(draft("bare", terms()), "partnerId", json!(bare.id));
    let theirs = launches(&world.operator, theirs).await;
    is(
        ana.is_refused("claimReward", wish(&theirs, 100, "k")).await,
        "CONTRACT_MISSING",
        "rewardId",
    );
    world.operator.does("suspendPartner", "partner { id }", json!({ "partnerId": till.id })).await;
    is(ana.is_refused("claimReward", wish(&id, 100, "k")).await, "PARTNER_SUSPENDED", "rewardId");

    let no_claim =
        json!({ "rewardClaimId": "clm_01h2xcejqtf2nbrexx3vqjhp41", "idempotencyKey": "c" });
    is(ana.is_refused("cancelClaim", no_claim).await, "REWARD_CLAIM_NOT_FOUND", "rewardClaimId");
    world.closes().await;
}
