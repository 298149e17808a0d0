//! A gateway that is killed while members claim: whatever the moment, each claim is there whole or not at all,
//! and the same request at another gateway ends it.

use std::time::Duration;

use serde_json::json;

use super::claims::{CLAIM, wish, with_points};
use super::{draft, launches, terms, with};
use crate::support::process::Process;
use crate::support::{World, code};

const MEMBERS: usize = 8;
const STOCK: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_when_a_gateway_was_killed_is_claimed_once_by_asking_again() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    for (round, milliseconds) in [0, 15, 60, 400].into_iter().enumerate() {
        let says = with(terms(), "stock", json!({ "total": STOCK }));
        let mug = launches(&till, draft(&format!("mug-{round}"), says)).await;
        let process = Process::serving(&world);
        let mut members = Vec::new();
        for place in 0..MEMBERS {
            let card = format!("C{round}-{place}");
            let member = with_points(&world, &till, &card, 100).await;
            let there = process.caller(&member, &format!("member {card}"));
            members.push((member, there));
        }
        for (_, there) in members.clone() {
            let wish = wish(&mug, 100, "k");
            // Whoever gets no answer asks again, below.
            tokio::spawn(async move { there.tries("claimReward", CLAIM, wish).await });
        }
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        drop(process);
        let mut got = 0;
        for (member, _) in &members {
            let answer = member.tries("claimReward", CLAIM, wish(&mug, 100, "k")).await;
            let has_it = code(&answer) == "OK";
            assert!(has_it || code(&answer) == "REWARD_OUT_OF_STOCK", "{answer}");
            assert_eq!(world.wallet(member).await[0], if has_it { 0 } else { 100 });
            got += usize::from(has_it);
        }
        assert_eq!(got, STOCK);
    }
    world.closes().await;
}
