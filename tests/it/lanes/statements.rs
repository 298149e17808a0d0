//! A batch's statements don't grow with it. Counted on the wire, which a file hasn't; what runs there is
//! the same.

use serde_json::json;

use super::{REQUEST, a_moment, begins, receipts, records};
use crate::support::block::Block;
use crate::support::wire::{Statements, Wire};
use crate::support::{World, payment, receipt};

/// `begin`; receipts known, card, member, wallet; entry, posting, lot, wallet, fact, purchase, receipt
/// key, activity; `commit`.
const PURCHASES: usize = 14;
/// What slices have left; what is taken.
const CREDIT: usize = 2;
/// `begin`; card, member, wallet, key, holds, lots; entry, posting, lot, allocation, wallet, key, fact;
/// `commit`.
const PAYMENT: usize = 15;

#[tokio::test]
async fn many_receipts_take_as_many_statements_as_few_and_so_do_many_callers() {
    let world = World::new().await;
    if let Some(wire) = Wire::to(&world.books.location()).await {
        count(&world, &wire).await;
    }
    world.closes().await;
}

async fn count(world: &World, wire: &Wire) {
    let mut gateway = world.opens_gateway_at(&wire.location()).await;
    let till = world.partner("grocer").await.at(&gateway);
    world.member("C1").await;
    // What is cached gets read.
    records(&till, receipts("W", 2, "C1", world)).await;
    let known = wire.counts().texts;

    for count in [1, 5, REQUEST] {
        records(&till, receipts(&format!("N{count}"), count, "C1", world)).await;
        let Statements { run, texts } = wire.counts();
        assert_eq!(run, PURCHASES);
        // Another connection may prepare them too; whatever the number of rows, there is one text.
        assert!(texts.is_subset(&known));
    }
    till.does("payWithPoints", "isReplayed", payment("C1", 1, "p", world.now())).await;
    assert_eq!(wire.counts().run, PAYMENT);

    // The first goes alone, all others together.
    let block = Block::of(world).await;
    let mut begun = Vec::new();
    for place in 0..20 {
        let sale = receipt(&format!("M{place}"), "C1", "1.00", world.now());
        begun.push(begins(&till, "recordPurchase", sale));
        if place == 0 {
            a_moment().await;
        }
    }
    a_moment().await;
    block.ends().await;
    for answer in begun {
        let answer = answer.await.unwrap();
        assert_eq!(answer["data"]["recordPurchase"]["isReplayed"], false, "{answer}");
    }
    let Statements { run, texts } = wire.counts();
    assert_eq!(run, 2 * PURCHASES);
    assert!(texts.is_subset(&known));

    // A limit of somebody else's costs nothing; one's own is looked at once, and taken from once.
    let baker = world.partner("baker").await.at(&gateway);
    let limited = json!({ "partnerId": baker.id, "validFrom": world.now(), "funding": "AT_ISSUE",
        "issuePrice": "0.012", "acceptancePrice": "0.009", "serviceFeeBp": 0, "breakageShareBp": 0,
        "onUs": "FULL", "paymentDays": 14, "disputeDays": 14, "taxCode": "STD",
        "creditLimitMinor": 1_000_000 });
    world.operator.at(&gateway).does("signContract", "contract { version }", limited).await;
    for till in [&till, &baker] {
        records(till, receipts("V", 2, "C1", world)).await;
    }
    wire.counts();
    for (till, more) in [(&till, 0), (&baker, CREDIT)] {
        for count in [1, REQUEST] {
            records(till, receipts(&format!("L{count}"), count, "C1", world)).await;
            assert_eq!(wire.counts().run, PURCHASES + more);
        }
    }
    gateway.stops().await;
}
