//! A calculation that is killed again and again, at whatever moment: nothing is left half.

use std::time::Duration;

use serde_json::json;

use super::cycles::{catches_up, cycles, statements};
use crate::support::process::Process;
use crate::support::{World, payment, receipt};

#[tokio::test]
async fn a_calculation_that_is_killed_leaves_nothing_half_and_is_finished_by_the_next() {
    let world = World::new().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    for member in 0..30 {
        let card = format!("C{member}");
        world.member(&card).await;
        for sale in 0..10 {
            let sale = receipt(&format!("R{member}-{sale}"), &card, "17.00", world.now());
            grocer.does("recordPurchase", "purchase { id }", sale).await;
        }
        let key = format!("p{member}");
        fuel.does("payWithPoints", "isReplayed", payment(&card, 33, &key, world.now())).await;
    }
    // What a process finds that begins to follow.
    let services = &world.gateway.services;
    services.sequence().await.unwrap();
    services.settlement.follow(world.programme).await.unwrap();
    world.days_pass(35).await;
    let march = json!({ "cycleId": cycles(&world.operator).await[0]["id"] });
    world.operator.does("calculateCycle", "cycle { status }", march.clone()).await;
    for milliseconds in [0, 40, 120, 300] {
        let process = Process::serving(&world);
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        drop(process);
        let cycle = cycles(&world.operator).await.remove(0);
        let written = statements(&world.operator).await.len();
        let is_done = cycle["status"] == "CALCULATED";
        assert_eq!((is_done, written), (is_done, if is_done { 2 } else { 0 }));
        assert_eq!(cycle["calculations"], i32::from(is_done));
    }
    catches_up(&world).await;
    let cycle = cycles(&world.operator).await.remove(0);
    assert_eq!((&cycle["status"], &cycle["calculations"]), (&json!("CALCULATED"), &json!(1)));
    let total = |at: usize, all: &[serde_json::Value]| all[at]["total"]["amount"].clone();
    let all = statements(&world.operator).await;
    let mut totals = [total(0, &all), total(1, &all)];
    totals.sort_by_key(ToString::to_string);
    // 5,100 points at 0.012 and a fee of 1 %; 990 at 0.009.
    assert_eq!(totals, ["-8.91", "61.81"]);
    world.closes().await;
}
