//! Live updates through real gateways, over WebSocket and server-sent events: who hears what, in which
//! order, without a gap and never twice.

mod cashback;
mod lag;
mod sequencer;

use chrono::TimeDelta;
use serde_json::{Value, json};
use service::{Scope, Who};

use crate::support::listener::{BOTH, Listener, Over};
use crate::support::{Caller, World, payment, receipt};

/// A world whose gateway works by itself.
async fn working() -> World {
    let mut world = World::new().await;
    world.gateway.works();
    world
}

fn wallet(after: i64) -> String {
    format!(
        "subscription {{ walletChanged(after: {after}) {{ sequence entry {{ kind points \
         balancesAfter {{ available }} }} }} }}"
    )
}

fn receipts(after: i64) -> String {
    format!(
        "subscription {{ purchases(after: {after}) {{ sequence entry {{ kind points }} \
         purchase {{ receiptNumber partner {{ code }} }} }} }}"
    )
}

/// Two in a hundred, from now on.
async fn gives_cashback(world: &World, partner: &Caller) {
    let rate = json!({ "partnerId": partner.id, "expectedVersion": 1, "cashbackBp": 200 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
}

/// A receipt of that many euros, which earns as many points.
async fn sells(till: &Caller, number: &str, card: &str, euros: u32, world: &World) -> Value {
    let sale = receipt(number, card, &format!("{euros}.00"), world.now());
    till.does("recordPurchase", "purchase { id }", sale).await
}

/// A listener by each of the two ways.
async fn both(caller: &Caller, query: &str) -> [Listener; 2] {
    [caller.listens(Over::Socket, query).await, caller.listens(Over::Events, query).await]
}

/// The data of the next event, the same by both ways.
async fn next(listeners: &mut [Listener; 2]) -> Value {
    let [one, other] = listeners;
    let heard = one.hears().await;
    assert_eq!(heard, other.hears().await);
    heard
}

/// What happened to a wallet: kind, points, and what is available then.
async fn change(listeners: &mut [Listener; 2]) -> (String, i64, i64) {
    let entry = next(listeners).await["walletChanged"]["entry"].clone();
    let kind = entry["kind"].as_str().unwrap().to_owned();
    let available = entry["balancesAfter"]["available"].as_i64().unwrap();
    (kind, entry["points"].as_i64().unwrap(), available)
}

fn is(kind: &str, points: i64, available: i64) -> (String, i64, i64) {
    (kind.to_owned(), points, available)
}

#[tokio::test]
async fn a_member_hears_of_each_change_of_its_own_wallet_and_of_no_other() {
    let world = working().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let mut ana_hears = both(&ana, &wallet(0)).await;
    let mut bob_hears = both(&bob, &wallet(0)).await;
    sells(&grocer, "R1", "C1", 100, &world).await;
    sells(&grocer, "R2", "C2", 7, &world).await;
    grocer.does("payWithPoints", "isReplayed", payment("C1", 30, "k1", world.now())).await;
    assert_eq!(change(&mut ana_hears).await, is("EARNED", 100, 100));
    assert_eq!(change(&mut ana_hears).await, is("PAID", 30, 70));
    assert_eq!(change(&mut bob_hears).await, is("EARNED", 7, 7));
    world.closes().await;
}

/// Kind of the entry, if any, receipt number and partner.
async fn sale(listeners: &mut [Listener; 2]) -> [Option<String>; 3] {
    let event = next(listeners).await["purchases"].clone();
    ["/entry/kind", "/purchase/receiptNumber", "/purchase/partner/code"]
        .map(|value| event.pointer(value).and_then(Value::as_str).map(str::to_owned))
}

#[tokio::test]
async fn a_partner_hears_of_its_own_receipts_and_of_no_other() {
    let world = working().await;
    let (grocer, fuel) = (world.partner("grocer").await, world.partner("fuel").await);
    world.member("C1").await;
    let mut grocer_hears = both(&grocer, &receipts(0)).await;
    let mut fuel_hears = both(&fuel, &receipts(0)).await;
    let expected = |kind: Option<&str>, number: &str, partner: &str| {
        [kind, Some(number), Some(partner)].map(|value| value.map(str::to_owned))
    };

    let first = sells(&grocer, "G1", "C1", 100, &world).await;
    assert_eq!(sale(&mut grocer_hears).await, expected(Some("EARNED"), "G1", "grocer"));
    sells(&grocer, "G2", "nobody", 5, &world).await;
    assert_eq!(sale(&mut grocer_hears).await, expected(None, "G2", "grocer"));
    // What is paid with points is no receipt, wherever they came from.
    fuel.does("payWithPoints", "isReplayed", payment("C1", 30, "k1", world.now())).await;
    let back = json!({ "purchaseId": first["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "r" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(sale(&mut grocer_hears).await, expected(Some("RETURNED"), "G1", "grocer"));
    sells(&fuel, "F1", "C1", 9, &world).await;
    assert_eq!(sale(&mut fuel_hears).await, expected(Some("EARNED"), "F1", "fuel"));
    world.closes().await;
}

/// The next change's points, and where to resume.
async fn points_and_place(listener: &mut Listener) -> (i64, i64) {
    let change = listener.hears().await["walletChanged"].clone();
    (change["entry"]["points"].as_i64().unwrap(), change["sequence"].as_i64().unwrap())
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_hears_nothing_twice() {
    const SALES: u32 = 60;
    for over in BOTH {
        let world = working().await;
        let mut other = world.opens_gateway().await;
        other.works();
        let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
        let sell = async {
            for euros in 1..=SALES {
                sells(&grocer, &format!("R{euros}"), "C1", euros, &world).await;
            }
        };
        // Comes back now to one gateway, now to the other, in the middle of what happens.
        let listen = async {
            let (mut heard, mut after) = (Vec::new(), 0);
            while heard.len() < 60 {
                let ana = if heard.len() % 2 == 0 { ana.clone() } else { ana.at(&other) };
                let mut listener = ana.listens(over, &wallet(after)).await;
                for _ in 0..7.min(60 - heard.len()) {
                    let (points, place) = points_and_place(&mut listener).await;
                    assert!(place > after, "{place} after {after}");
                    heard.push(points);
                    after = place;
                }
            }
            heard
        };
        let ((), heard) = tokio::join!(sell, listen);
        assert_eq!(heard, (1..=i64::from(SALES)).collect::<Vec<_>>());
        other.stops().await;
        world.closes().await;
    }
}

#[tokio::test]
async fn without_after_it_begins_now() {
    for over in BOTH {
        let world = working().await;
        let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
        sells(&grocer, "R1", "C1", 1, &world).await;
        // Only once this is heard is it over for the next listener.
        ana.listens(over, &wallet(0)).await.hears().await;
        let begins = "subscription { walletChanged { sequence entry { points } } }";
        let mut listener = ana.listens(over, begins).await;
        let mut euros = 1;
        let first = loop {
            // Nothing says when a subscription has begun; what is sold until then isn't heard.
            euros += 1;
            sells(&grocer, &format!("R{euros}"), "C1", euros, &world).await;
            let heard = points_and_place(&mut listener);
            if let Ok(heard) = tokio::time::timeout(std::time::Duration::from_secs(2), heard).await
            {
                break heard.0;
            }
        };
        assert!(first > 1);
        euros += 1;
        sells(&grocer, &format!("R{euros}"), "C1", euros, &world).await;
        assert_eq!(points_and_place(&mut listener).await.0, i64::from(euros));
        world.closes().await;
    }
}

#[tokio::test]
async fn what_happens_at_one_gateway_is_heard_at_all() {
    let world = working().await;
    let mut other = world.opens_gateway().await;
    other.works();
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let mut here = both(&ana, &wallet(0)).await;
    let mut there = both(&ana.at(&other), &wallet(0)).await;
    sells(&grocer, "R1", "C1", 100, &world).await;
    grocer
        .at(&other)
        .does("payWithPoints", "isReplayed", payment("C1", 30, "k", world.now()))
        .await;
    for hears in [&mut here, &mut there] {
        assert_eq!(change(hears).await, is("EARNED", 100, 100));
        assert_eq!(change(hears).await, is("PAID", 30, 70));
    }
    other.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn nobody_listens_at_another_s_door() {
    let world = working().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let life = TimeDelta::minutes(1);
    let till = world.with_token(&grocer, &[Scope::PurchasesWrite], life).await;
    for (caller, query, code) in [
        (&grocer, wallet(0), "FORBIDDEN"),
        (&world.operator, wallet(0), "FORBIDDEN"),
        (&ana, receipts(0), "FORBIDDEN"),
        (&world.operator, receipts(0), "FORBIDDEN"),
        (&till, receipts(0), "FORBIDDEN"),
        (&ana.as_nobody(), wallet(0), "UNAUTHENTICATED"),
        (&ana.as_nobody(), receipts(0), "UNAUTHENTICATED"),
        (&ana, wallet(1), "BAD_USER_INPUT"),
        (&grocer, receipts(-1), "BAD_USER_INPUT"),
    ] {
        for over in BOTH {
            let answer = caller.listens(over, &query).await.answer().await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{query}: {answer}");
            assert!(answer["data"].is_null(), "{answer}");
        }
    }
    world.closes().await;
}

#[tokio::test]
async fn nothing_is_heard_beyond_the_end_of_the_token() {
    let world = working().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let ana = world.with_token(&ana, &[], TimeDelta::seconds(2)).await;
    let mut listeners = both(&ana, &wallet(0)).await;
    sells(&grocer, "R1", "C1", 5, &world).await;
    assert_eq!(change(&mut listeners).await, is("EARNED", 5, 5));
    for listener in &mut listeners {
        listener.expires().await;
    }
    world.closes().await;
}

#[tokio::test]
async fn a_revoked_client_hears_no_more_and_starts_nothing_more() {
    let world = working().await;
    let grocer = world.partner("grocer").await;
    let mut listeners = both(&grocer, &receipts(0)).await;
    sells(&grocer, "R1", "nobody", 5, &world).await;
    assert_eq!(sale(&mut listeners).await[1].as_deref(), Some("R1"));
    let Who::Partner(_, client) = grocer.who else { panic!("a partner's client") };
    let revoke = json!({ "apiClientId": client.to_string() });
    world.operator.does("revokeApiClient", "apiClient { id }", revoke).await;
    // The till's token is remembered for half a minute; what it sells then, it hears no more.
    sells(&grocer, "R2", "nobody", 5, &world).await;
    for listener in &mut listeners {
        let answer = listener.answer().await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    }
    // Nor does it start anything more on its open socket.
    let [Listener::Socket(socket), _] = &mut listeners else { panic!("a socket, then events") };
    assert_eq!(socket.hear().await["type"], "complete");
    socket.subscribe("two", "{ limits { depthMax } }").await;
    let refused = socket.hear().await;
    assert_eq!(refused["payload"][0]["extensions"]["code"], "UNAUTHENTICATED", "{refused}");
    world.closes().await;
}

#[tokio::test]
async fn who_has_left_a_household_hears_of_its_wallet_no_more() {
    let world = working().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    let mut alone = both(&bob, &wallet(0)).await;
    let pool = json!({ "memberIds": [ana.id, bob.id] });
    sells(&grocer, "R1", "C2", 10, &world).await;
    assert_eq!(change(&mut alone).await, is("EARNED", 10, 10));
    world.operator.does("poolHousehold", "household { id }", pool).await;
    are_over(&mut alone).await;

    let mut together = both(&bob, &wallet(1)).await;
    sells(&grocer, "R2", "C1", 5, &world).await;
    while change(&mut together).await != is("EARNED", 5, 15) {}
    let left = json!({ "memberId": bob.id });
    world.operator.does("leaveHousehold", "member { id }", left).await;
    sells(&grocer, "R3", "C1", 7, &world).await;
    are_over(&mut together).await;

    let mut alone = both(&bob, &wallet(1)).await;
    sells(&grocer, "R4", "C2", 8, &world).await;
    assert_eq!(change(&mut alone).await, is("EARNED", 8, 8));
    world.closes().await;
}

/// Both operations are complete.
async fn are_over(listeners: &mut [Listener; 2]) {
    for listener in listeners {
        listener.completes().await;
    }
}
