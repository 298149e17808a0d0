//! What purchases give back, what returns take, and whose it is.

use serde_json::{Value, json};

use super::{
    asks_for, cashback, confirmation, grocer, runs, saver, sells, takes_back, wish, world,
};
use crate::support::receipt;

#[tokio::test]
async fn a_purchase_gives_money_back_once_its_return_window_has_closed() {
    let world = world().await;
    let (grocer, ana) = (grocer(&world).await, world.member("C1").await);
    let sale = receipt("R1", "C1", "49.99", world.now());
    for _ in 0..2 {
        grocer.does("recordPurchase", "points", sale.clone()).await;
    }
    let mut tobacco = receipt("R2", "C1", "30.00", world.now());
    tobacco["lines"][0]["category"] = json!("TOBACCO");
    grocer.does("recordPurchase", "points", tobacco).await;
    assert_eq!(cashback(&ana).await, ["0.99", "0.00", "0.00", "0.00", "0.00", "0.00"]);
    world.days_pass(13).await;
    assert_eq!(cashback(&ana).await[0], "0.99");
    world.days_pass(1).await;
    assert_eq!(cashback(&ana).await, ["0.00", "0.99", "0.00", "0.00", "0.00", "0.00"]);

    let told = "{ viewer { cashback { history { nodes { kind amount { amount } rateBp
        basis { amount } partner { code } availableAfter { amount } } }
        accruals { nodes { part rateBp amount { amount } remaining { amount } isPending
        basis { amount } partner { code } funding { shareBp } } } } } }";
    let seen = ana.asks(told).await;
    let history = &seen["viewer"]["cashback"]["history"]["nodes"];
    assert_eq!(history[0]["kind"], "CONFIRMED");
    assert_eq!(history[0]["availableAfter"]["amount"], "0.99");
    let accrued = json!({ "kind": "ACCRUED", "amount": { "amount": "0.99" }, "rateBp": 200,
        "basis": { "amount": "49.99" }, "partner": { "code": "grocer" },
        "availableAfter": { "amount": "0.00" } });
    assert_eq!(history[1], accrued);
    let accrual = json!({ "part": 0, "rateBp": 200, "amount": { "amount": "0.99" },
        "remaining": { "amount": "0.99" }, "isPending": false, "basis": { "amount": "49.99" },
        "partner": { "code": "grocer" }, "funding": [] });
    assert_eq!(seen["viewer"]["cashback"]["accruals"]["nodes"], json!([accrual]));
    world.closes().await;
}

#[tokio::test]
async fn a_return_takes_back_what_its_goods_gave_back_in_whatever_parts() {
    let world = world().await;
    let (grocer, ana) = (grocer(&world).await, world.member("C1").await);
    let first = sells(&world, &grocer, "R1", "C1", "49.99").await;
    let second = sells(&world, &grocer, "R2", "C1", "49.99").await;
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 2, "cashbackBp": 900 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    takes_back(&world, &grocer, &first, "a", json!("0.01")).await;
    assert_eq!(cashback(&ana).await[0], "1.98", "49.98 still give 0.99");
    takes_back(&world, &grocer, &first, "b", json!("20.00")).await;
    assert_eq!(cashback(&ana).await[0], "1.58", "29.98 give 0.59");
    world.days_pass(14).await;
    takes_back(&world, &grocer, &second, "c", json!("33.33")).await;
    assert_eq!(cashback(&ana).await[..2], ["0.00", "0.92"], "16.66 give 0.33");
    takes_back(&world, &grocer, &first, "d", Value::Null).await;
    takes_back(&world, &grocer, &second, "e", Value::Null).await;
    assert_eq!(cashback(&ana).await, ["0.00"; 6]);
    let told = "{ viewer { cashback { history(first: 1) { nodes { kind returnId } } } } }";
    let last = ana.asks(told).await["viewer"]["cashback"]["history"]["nodes"][0].clone();
    assert_eq!(last["kind"], "RETURNED");
    assert!(last["returnId"].as_str().unwrap().starts_with("ret_"));
    world.closes().await;
}

#[tokio::test]
async fn what_was_paid_out_before_the_goods_came_back_is_owed_and_filled_first() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let payout = asks_for(&world, &ana, "8.00", "p").await;
    let run = runs(&world.operator, "r").await;
    let paid = confirmation(&run, &[&payout], &[], "c");
    world.operator.does("confirmPayouts", "isReplayed", paid).await;
    let purchases = ana.asks("{ viewer { purchases { nodes { id } } } }").await;
    let purchase = &purchases["viewer"]["purchases"]["nodes"][0]["id"];
    takes_back(&world, &grocer, purchase, "b", json!("300.00")).await;
    assert_eq!(cashback(&ana).await, ["0.00", "0.00", "0.00", "8.00", "0.00", "6.00"]);
    sells(&world, &grocer, "R2", "C1", "500.00").await;
    assert_eq!(cashback(&ana).await[5], "6.00");
    world.days_pass(14).await;
    assert_eq!(cashback(&ana).await, ["0.00", "4.00", "0.00", "8.00", "0.00", "0.00"]);
    // What comes back from the bank is there again.
    let back = confirmation(&run, &[], &[&payout], "d");
    world.operator.does("confirmPayouts", "isReplayed", back).await;
    assert_eq!(cashback(&ana).await, ["0.00", "12.00", "0.00", "0.00", "0.00", "0.00"]);
    world.closes().await;
}

#[tokio::test]
async fn a_kept_receipt_gives_back_what_its_day_gave_when_it_is_claimed() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let kept = sells(&world, &grocer, "R1", "C9", "100.00").await;
    takes_back(&world, &grocer, &kept, "k", json!("40.00")).await;
    let rate = json!({ "partnerId": grocer.id, "expectedVersion": 2, "cashbackBp": 0 });
    world.operator.does("updatePartner", "partner { id }", rate).await;
    let ana = world.member("C9").await;
    let claim = json!({ "member": { "cardNumber": "C9" } });
    for _ in 0..2 {
        ana.does("claimPurchases", "purchases { id }", claim.clone()).await;
    }
    assert_eq!(cashback(&ana).await[0], "1.20");
    takes_back(&world, &grocer, &kept, "b", Value::Null).await;
    assert_eq!(cashback(&ana).await, ["0.00"; 6]);
    world.closes().await;
}

#[tokio::test]
async fn a_household_has_one_cashback_wallet_with_what_its_members_had() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let bo = world.member("C2").await;
    let sold = sells(&world, &grocer, "R2", "C2", "100.00").await;
    let payout = asks_for(&world, &ana, "6.00", "p").await;
    let pool = json!({ "memberIds": [ana.id, bo.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    for member in [&ana, &bo] {
        assert_eq!(cashback(member).await, ["2.00", "2.00", "6.00", "0.00", "0.00", "0.00"]);
    }
    takes_back(&world, &grocer, &sold, "b", json!("50.00")).await;
    let run = runs(&world.operator, "r").await;
    let failed = confirmation(&run, &[], &[&payout], "c");
    world.operator.does("confirmPayouts", "isReplayed", failed).await;
    world.days_pass(14).await;
    assert_eq!(cashback(&bo).await, ["0.00", "9.00", "0.00", "0.00", "0.00", "0.00"]);
    let leaves = json!({ "memberId": ana.id });
    world.operator.does("leaveHousehold", "member { id }", leaves).await;
    assert_eq!(cashback(&ana).await, ["0.00"; 6]);
    let convert = bo.does("convertCashback", "entry { points }", wish("9.00", "v")).await;
    assert_eq!(convert["entry"]["points"], 1800);
    world.closes().await;
}

#[tokio::test]
async fn the_last_member_cannot_leave_cashback_behind() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = world.member("C1").await;
    let pool = json!({ "memberIds": [ana.id] });
    world.operator.does("poolHousehold", "household { id }", pool).await;
    let sold = sells(&world, &grocer, "R1", "C1", "0.99").await;
    let more = sells(&world, &grocer, "R2", "C1", "60.00").await;
    let leaves = json!({ "memberId": ana.id });
    let refused = world.operator.is_refused("leaveHousehold", leaves.clone()).await;
    assert_eq!(refused, ("HOUSEHOLD_NOT_EMPTY".to_owned(), "memberId".to_owned()));
    for (purchase, key) in [(sold, "x"), (more, "y")] {
        takes_back(&world, &grocer, &purchase, key, Value::Null).await;
    }
    world.operator.does("leaveHousehold", "member { id }", leaves).await;
    world.closes().await;
}

#[tokio::test]
async fn what_is_due_is_confirmed_once_by_two_gateways_and_however_late() {
    let world = world().await;
    let (grocer, ana) = (grocer(&world).await, world.member("C1").await);
    for number in 0..20 {
        sells(&world, &grocer, &format!("R{number}"), "C1", "50.00").await;
    }
    let mut other = world.opens_gateway().await;
    world.seconds_pass(100 * 24 * 3600);
    let (one, two) = tokio::join!(world.gateway.services.settle_due(), other.services.settle_due());
    one.unwrap();
    two.unwrap();
    assert_eq!(cashback(&ana).await, ["0.00", "20.00", "0.00", "0.00", "0.00", "0.00"]);
    let told = "{ viewer { cashback { history(first: 100) { nodes { kind } } } } }";
    let told = ana.asks(told).await;
    let nodes = told["viewer"]["cashback"]["history"]["nodes"].as_array().unwrap();
    assert_eq!(nodes.iter().filter(|entry| entry["kind"] == "CONFIRMED").count(), 20);
    other.stops().await;
    world.closes().await;
}
