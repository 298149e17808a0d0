//! A member hears of its cashback as of its points, and of either alone.

use serde_json::{Value, json};

use super::{are_over, both, change, gives_cashback, is, next, sells, wallet, working};
use crate::support::listener::{BOTH, Listener};
use crate::support::{Caller, World};

fn cashback(after: i64) -> String {
    format!(
        "subscription {{ cashbackChanged(after: {after}) {{ sequence entry {{ kind amount {{ amount }} \
         availableAfter {{ amount }} inPayoutAfter {{ amount }} }} }} }}"
    )
}

/// What happened, how much, what is available then and what is on its way.
async fn heard(listeners: &mut [Listener; 2]) -> [String; 4] {
    let entry = next(listeners).await["cashbackChanged"]["entry"].clone();
    ["/kind", "/amount/amount", "/availableAfter/amount", "/inPayoutAfter/amount"]
        .map(|value| entry.pointer(value).and_then(Value::as_str).unwrap().to_owned())
}

async fn has_account(member: &Caller) {
    let account = json!({ "iban": "DE89370400440532013000", "holder": "Ana" });
    member.does("setBankAccount", "bankAccount { iban }", account).await;
}

async fn bought(world: &World, till: &Caller, number: &str, card: &str, euros: u32) {
    sells(till, number, card, euros, world).await;
}

#[tokio::test]
async fn a_member_hears_of_each_change_of_its_own_cashback_and_of_no_other() {
    let world = working().await;
    let grocer = world.partner("grocer").await;
    gives_cashback(&world, &grocer).await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let mut ana_hears = both(&ana, &cashback(0)).await;
    let mut bob_hears = both(&bob, &cashback(0)).await;
    let mut points = both(&ana, &wallet(0)).await;
    bought(&world, &grocer, "R1", "C1", 1000).await;
    bought(&world, &grocer, "R2", "C2", 100).await;
    has_account(&ana).await;
    let asked = json!({ "idempotencyKey": "p" });
    let payout = ana.does("requestPayout", "payout { id }", asked).await["payout"]["id"].clone();
    let back = json!({ "payoutId": payout, "idempotencyKey": "x" });
    ana.does("cancelPayout", "isReplayed", back).await;
    bought(&world, &grocer, "R3", "C1", 7).await;
    for expected in [
        ["ACCRUED", "20.00", "0.00", "0.00"],
        ["CONFIRMED", "20.00", "20.00", "0.00"],
        ["REQUESTED", "20.00", "0.00", "20.00"],
        ["CANCELLED", "20.00", "20.00", "0.00"],
        ["ACCRUED", "0.14", "20.00", "0.00"],
        ["CONFIRMED", "0.14", "20.14", "0.00"],
    ] {
        assert_eq!(heard(&mut ana_hears).await, expected);
    }
    assert_eq!(heard(&mut bob_hears).await, ["ACCRUED", "2.00", "0.00", "0.00"]);
    assert_eq!(change(&mut points).await, is("EARNED", 1000, 1000));
    assert_eq!(change(&mut points).await, is("EARNED", 7, 1007));
    world.closes().await;
}

#[tokio::test]
async fn whoever_comes_back_for_cashback_misses_nothing_and_hears_nothing_twice() {
    const SALES: u32 = 12;
    for over in BOTH {
        let world = working().await;
        let mut other = world.opens_gateway().await;
        other.works();
        let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
        gives_cashback(&world, &grocer).await;
        let sell = async {
            for euros in 1..=SALES {
                bought(&world, &grocer, &format!("R{euros}"), "C1", 100 * euros).await;
            }
        };
        let listen = async {
            let (mut kinds, mut after) = (Vec::new(), 0);
            while kinds.len() < 24 {
                let ana = if kinds.len() % 2 == 0 { ana.clone() } else { ana.at(&other) };
                let mut listener = ana.listens(over, &cashback(after)).await;
                for _ in 0..5.min(24 - kinds.len()) {
                    let change = listener.hears().await["cashbackChanged"].clone();
                    let place = change["sequence"].as_i64().unwrap();
                    assert!(place > after, "{place} after {after}");
                    after = place;
                    let part = |of: &Value| of.as_str().unwrap().to_owned();
                    let entry = &change["entry"];
                    kinds.push((part(&entry["kind"]), part(&entry["amount"]["amount"])));
                }
            }
            kinds
        };
        let ((), kinds) = tokio::join!(sell, listen);
        let expected: Vec<_> = (1..=SALES)
            .flat_map(|sale| {
                ["ACCRUED", "CONFIRMED"].map(|kind| (kind.to_owned(), format!("{}.00", 2 * sale)))
            })
            .collect();
        assert_eq!(kinds, expected);
        other.stops().await;
        world.closes().await;
    }
}

#[tokio::test]
async fn nobody_hears_of_another_s_cashback() {
    let world = working().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    for (caller, query, code) in [
        (&grocer, cashback(0), "FORBIDDEN"),
        (&world.operator, cashback(0), "FORBIDDEN"),
        (&ana.as_nobody(), cashback(0), "UNAUTHENTICATED"),
        (&ana, cashback(1), "BAD_USER_INPUT"),
    ] {
        for over in BOTH {
            let answer = caller.listens(over, &query).await.answer().await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}: {answer}");
        }
    }
    world.closes().await;
}

#[tokio::test]
async fn whose_cashback_was_pooled_hears_of_the_household_s_once_it_asks_again() {
    let world = working().await;
    let grocer = world.partner("grocer").await;
    gives_cashback(&world, &grocer).await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let mut alone = both(&bob, &cashback(0)).await;
    bought(&world, &grocer, "R1", "C2", 100).await;
    assert_eq!(heard(&mut alone).await[0], "ACCRUED");
    assert_eq!(heard(&mut alone).await[0], "CONFIRMED");
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    are_over(&mut alone).await;
    let mut together = both(&bob, &cashback(1)).await;
    bought(&world, &grocer, "R2", "C1", 50).await;
    for expected in [
        ["POOLED_IN", "2.00", "2.00", "0.00"],
        ["ACCRUED", "1.00", "2.00", "0.00"],
        ["CONFIRMED", "1.00", "3.00", "0.00"],
    ] {
        assert_eq!(heard(&mut together).await, expected);
    }
    world.closes().await;
}
