//! Points spent, held, moved and adjusted: exact under repetition and races, with their reasons.

use chrono::TimeDelta;
use entity::ids::{EntryId, WalletId};
use sea_orm::{ConnectionTrait, Database};
use serde_json::json;
use service::programmes::Settings;
use service::{Actor, Scope};

use crate::support::{World, payment, receipt};

const PAID: &str = "entry { id points } isReplayed";

#[tokio::test]
async fn points_earned_at_one_partner_pay_at_another() {
    let world = World::new().await;
    let (grocer, fuel, ana) =
        (world.partner("grocer").await, world.partner("fuel").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    fuel.does("payWithPoints", PAID, payment("C1", 60, "k1", world.now())).await;
    let viewer = ana
        .asks(
            "{ viewer { history(first: 1) { nodes { kind partner { code }
            lotsUsed { kind points lot { issuer { code } } } balancesAfter { available } } } } }",
        )
        .await;
    let expected = json!({ "kind": "PAID", "partner": { "code": "fuel" },
        "lotsUsed": [{ "kind": "TAKEN", "points": 60, "lot": { "issuer": { "code": "grocer" } } }],
        "balancesAfter": { "available": 40 } });
    assert_eq!(viewer["viewer"]["history"]["nodes"][0], expected);
    world.closes().await;
}

#[tokio::test]
async fn a_payment_is_made_once_and_undone_once() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    let wish = payment("C1", 70, "k1", world.now());
    let (first, second) = tokio::join!(
        grocer.does("payWithPoints", PAID, wish.clone()),
        grocer.does("payWithPoints", PAID, wish.clone()),
    );
    assert_eq!(first["entry"]["id"], second["entry"]["id"]);
    assert_eq!(world.wallet(&ana).await, [30, 0, 0, 0]);
    let refusal = grocer.is_refused("payWithPoints", payment("C1", 31, "k2", world.now())).await;
    assert_eq!(refusal, ("INSUFFICIENT_POINTS".to_owned(), "points".to_owned()));

    let undo = |key: &str| json!({ "paymentId": first["entry"]["id"], "idempotencyKey": key });
    grocer.does("reversePayment", PAID, undo("k3")).await;
    assert_eq!(grocer.does("reversePayment", PAID, undo("k3")).await["isReplayed"], true);
    assert_eq!(grocer.is_refused("reversePayment", undo("k4")).await.0, "PAYMENT_ALREADY_REVERSED");
    assert_eq!(world.wallet(&ana).await, [100, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_hold_is_captured_once_for_no_more_than_it_holds_and_lapses() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    let hold = |points: i64, key: &str| json!({ "member": { "cardNumber": "C1" }, "points": points, "idempotencyKey": key });
    let placed = grocer.does("placeHold", "hold { id }", hold(80, "h1")).await;
    assert_eq!(world.wallet(&ana).await, [20, 0, 80, 0]);
    let capture = |points: i64, key: &str| {
        json!({ "holdId": placed["hold"]["id"], "points": points,
        "occurredAt": world.now(), "idempotencyKey": key })
    };
    assert_eq!(grocer.is_refused("captureHold", capture(81, "c1")).await.0, "CAPTURE_EXCEEDS_HOLD");
    grocer.does("captureHold", "entry { id }", capture(50, "c2")).await;
    assert_eq!(
        grocer.does("captureHold", "isReplayed", capture(50, "c2")).await["isReplayed"],
        true
    );
    assert_eq!(
        grocer.is_refused("captureHold", capture(50, "c3")).await.0,
        "HOLD_ALREADY_CAPTURED"
    );
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);

    let placed = grocer.does("placeHold", "hold { id }", hold(50, "h2")).await;
    world.days_pass(1).await;
    let late = json!({ "holdId": placed["hold"]["id"], "occurredAt": world.now(), "idempotencyKey": "c4" });
    assert_eq!(grocer.is_refused("captureHold", late).await.0, "HOLD_LAPSED");
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn points_mature_when_the_return_window_closes_and_expire() {
    let settings = Settings { pending_days: 14, expiry_months: 12, ..Settings::default() };
    let world = World::with(settings).await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    assert_eq!(world.wallet(&ana).await, [0, 100, 0, 0]);
    world.days_pass(14).await;
    assert_eq!(world.wallet(&ana).await, [100, 0, 0, 0]);
    world.days_pass(400).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_return_after_spending_leaves_a_debt_that_new_points_fill() {
    let world = World::new().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let sale = grocer
        .does("recordPurchase", "purchase { id }", receipt("R1", "C1", "500.00", world.now()))
        .await;
    grocer.does("payWithPoints", PAID, payment("C1", 300, "k1", world.now())).await;
    let back = json!({ "purchaseId": sale["purchase"]["id"], "occurredAt": world.now(), "idempotencyKey": "r" });
    grocer.does("returnPurchase", "isReplayed", back).await;
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 300]);
    grocer.does("recordPurchase", "points", receipt("R2", "C1", "350.00", world.now())).await;
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn points_are_given_to_others_and_never_to_oneself() {
    let world = World::new().await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    grocer.does("recordPurchase", "points", receipt("R1", "C1", "100.00", world.now())).await;
    let gift = |card: &str, key: &str| json!({ "to": { "cardNumber": card }, "points": 40, "idempotencyKey": key });
    ana.does("transferPoints", PAID, gift("C2", "t1")).await;
    assert_eq!(
        ana.is_refused("transferPoints", gift("C1", "t2")).await,
        ("SAME_WALLET".to_owned(), "to".to_owned())
    );
    assert_eq!(ana.is_refused("transferPoints", gift("C7", "t3")).await.0, "CARD_NOT_FOUND");
    assert_eq!((world.wallet(&ana).await[0], world.wallet(&bob).await[0]), (60, 40));
    world.closes().await;
}

#[tokio::test]
async fn an_adjustment_above_the_limit_needs_a_second_operator() {
    let world = World::new().await;
    let ana = world.member("C1").await;
    let wish =
        json!({ "memberId": ana.id, "points": 500, "reason": "goodwill", "idempotencyKey": "a1" });
    let result = "adjustment { id status }";
    let proposed = world.operator.does("adjustPoints", result, wish).await;
    assert_eq!(proposed["adjustment"]["status"], "PROPOSED");
    assert_eq!(world.wallet(&ana).await, [0, 0, 0, 0]);
    let decision = json!({ "adjustmentId": proposed["adjustment"]["id"] });
    assert_eq!(
        world.operator.is_refused("approveAdjustment", decision.clone()).await.0,
        "APPROVER_IS_PROPOSER"
    );
    let approved = world.second_operator().await.does("approveAdjustment", result, decision).await;
    assert_eq!(approved["adjustment"]["status"], "APPLIED");
    assert_eq!(world.wallet(&ana).await, [500, 0, 0, 0]);
    world.closes().await;
}

#[tokio::test]
async fn a_wallet_that_can_not_be_settled_holds_up_no_other() {
    let settings = Settings { pending_days: 14, ..Settings::default() };
    let world = World::with(settings).await;
    let grocer = world.partner("grocer").await;
    let (ana, bob) = (world.member("C1").await, world.member("C2").await);
    for card in ["C1", "C2"] {
        let sale = receipt(&format!("R-{card}"), card, "50.00", world.now());
        grocer.does("recordPurchase", "points", sale).await;
    }
    let books = Database::connect(world.books.url()).await.unwrap();
    let ana_s = "(select w.id from wallet w join member m on m.wallet_id = w.id join card c on c.member_id = m.id where c.number = 'C1')";
    let sets = async |held: i64| {
        let spoil = format!("update wallet set held = {held} where id = {ana_s}");
        books.execute_unprepared(&spoil).await.unwrap();
    };
    sets(9_007_199_254_740_991).await;
    world.days_pass(14).await;
    assert_eq!(world.wallet(&bob).await, [50, 0, 0, 0]);
    assert_eq!(world.wallet(&ana).await[1], 50, "still pending");
    sets(0).await;
    world.days_pass(0).await;
    assert_eq!(world.wallet(&ana).await, [50, 0, 0, 0]);
    books.close().await.unwrap();
    world.closes().await;
}

#[tokio::test]
async fn the_lots_of_thousands_of_entries_are_found() {
    let world = World::new().await;
    let (grocer, _) = (world.partner("grocer").await, world.member("C1").await);
    let sale = receipt("R1", "C1", "100.00", world.now());
    let sold = grocer.does("recordPurchase", "purchase { id }", sale).await;
    let (services, until) = (&world.gateway.services, world.now() + TimeDelta::days(1));
    let operator = Actor::new(world.programme, world.operator.who, Scope::ALL.to_vec(), until);
    let unknown = |_| (WalletId::at(world.now()), EntryId::at(world.now()));
    let sold = sold["purchase"]["id"].as_str().unwrap().parse().unwrap();
    let earned = services.ledger.entries_of_purchases(&operator, &[sold]).await.unwrap();
    let mut asked: Vec<_> = (0..2_000).map(unknown).collect();
    asked.extend(earned.iter().map(|entry| (entry.wallet_id, entry.id)));
    let made = services.ledger.lots_made(&operator, &asked).await.unwrap();
    assert_eq!((earned.len(), made.len()), (1, 1));
    world.closes().await;
}
