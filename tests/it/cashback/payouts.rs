//! Members ask for their money, take that back, or have it as points.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{asks_for, cashback, grocer, runs, saver, wish, world};
use crate::support::code;

#[tokio::test]
async fn asking_twice_with_one_key_asks_once() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "1000.00").await;
    let first = ana.does("requestPayout", "payout { id } isReplayed", wish("5.00", "p")).await;
    let again = ana.does("requestPayout", "payout { id } isReplayed", wish("5.00", "p")).await;
    assert_eq!(first["payout"], again["payout"]);
    assert_eq!((&first["isReplayed"], &again["isReplayed"]), (&json!(false), &json!(true)));
    let other = ana.is_refused("requestPayout", wish("6.00", "p")).await;
    assert_eq!(other.0, "IDEMPOTENCY_KEY_REUSED");
    let rest = json!({ "idempotencyKey": "rest" });
    let rest = ana.does("requestPayout", "payout { amount { amount } status iban }", rest).await;
    let expected = json!({ "amount": { "amount": "15.00" }, "status": "REQUESTED", "iban": "DE89 **** **** 3000" });
    assert_eq!(rest["payout"], expected);
    assert_eq!(cashback(&ana).await, ["0.00", "0.00", "20.00", "0.00", "0.00", "0.00"]);
    world.closes().await;
}

#[tokio::test]
async fn sixteen_requests_at_once_at_two_gateways_never_pay_twice() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "1000.00").await;
    let mut other = world.opens_gateway().await;
    let places = [ana.clone(), ana.at(&other)];
    let asks = (0..16).map(|number: usize| {
        let caller = places[number % 2].clone();
        async move {
            let wish = wish("6.00", &format!("k{}", number / 2));
            caller.tries("requestPayout", "payout { id } isReplayed", wish).await
        }
    });
    let answers: Vec<Value> = join_all(asks).await;
    let made = answers.iter().filter(|one| one["isReplayed"] == false && code(one) == "OK");
    assert_eq!(made.count(), 3, "{answers:?}");
    let refused = answers.iter().filter(|one| code(one) == "INSUFFICIENT_CASHBACK").count();
    assert_eq!(refused, 10, "{answers:?}");
    assert_eq!(cashback(&ana).await, ["0.00", "2.00", "18.00", "0.00", "0.00", "0.00"]);
    other.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn a_payout_can_be_taken_back_until_it_runs() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "1000.00").await;
    let (first, second) =
        (asks_for(&world, &ana, "5.00", "a").await, asks_for(&world, &ana, "6.00", "b").await);
    let cancel = |payout: &Value, key: &str| json!({ "payoutId": payout, "idempotencyKey": key });
    for is_replayed in [false, true] {
        let done =
            ana.does("cancelPayout", "payout { status } isReplayed", cancel(&first, "x")).await;
        assert_eq!(done["payout"]["status"], "CANCELLED");
        assert_eq!(done["isReplayed"], is_replayed);
    }
    ana.does("cancelPayout", "isReplayed", cancel(&first, "y")).await;
    assert_eq!(cashback(&ana).await, ["0.00", "14.00", "6.00", "0.00", "0.00", "0.00"]);
    let bo = world.member("C2").await;
    let foreign = bo.is_refused("cancelPayout", cancel(&second, "z")).await;
    assert_eq!(foreign, ("PAYOUT_NOT_FOUND".to_owned(), "payoutId".to_owned()));
    runs(&world.operator, "r").await;
    let late = ana.is_refused("cancelPayout", cancel(&second, "late")).await;
    assert_eq!(late, ("PAYOUT_ALREADY_RUN".to_owned(), "payoutId".to_owned()));
    world.closes().await;
}

#[tokio::test]
async fn members_see_their_own_payouts_and_operators_all() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let bo = saver(&world, &grocer, "C2", "400.00").await;
    let (first, second) =
        (asks_for(&world, &ana, "6.00", "a").await, asks_for(&world, &bo, "7.00", "b").await);
    let all = "{ payouts { nodes { id } } }";
    assert_eq!(ana.asks(all).await["payouts"]["nodes"], json!([{ "id": first }]));
    let both = json!([{ "id": first }, { "id": second }]);
    assert_eq!(world.operator.asks(all).await["payouts"]["nodes"], both);
    let run = runs(&world.operator, "r").await;
    let waiting = "{ payouts(status: REQUESTED) { nodes { id } } }";
    assert_eq!(world.operator.asks(waiting).await["payouts"]["nodes"], json!([]));
    let node = |id: &Value| format!("{{ node(id: {id}) {{ __typename }} }}");
    assert_eq!(ana.asks(&node(&first)).await["node"]["__typename"], "Payout");
    for (caller, hidden) in [(&ana, &second), (&ana, &run), (&grocer, &first), (&grocer, &run)] {
        assert_eq!(caller.asks(&node(hidden)).await["node"], Value::Null);
    }
    assert_eq!(world.operator.asks(&node(&run)).await["node"]["__typename"], "PayoutRun");
    let named = format!(
        "{{ member(by: {{ id: \"{}\" }}) {{ cashback {{ available {{ amount }} }} bankAccount {{ iban }} }} }}",
        ana.id
    );
    let seen = grocer.asks(&named).await;
    assert_eq!(seen["member"], json!({ "cashback": null, "bankAccount": null }));
    let seen = world.operator.asks(&named).await;
    assert_eq!(seen["member"]["cashback"]["available"]["amount"], "2.00");
    world.closes().await;
}

#[tokio::test]
async fn cashback_becomes_points_only_once_and_only_if_it_is_there() {
    let world = world().await;
    let grocer = grocer(&world).await;
    let ana = saver(&world, &grocer, "C1", "400.00").await;
    let before = world.wallet(&ana).await[0];
    for is_replayed in [false, true] {
        let told = "entry { kind points reason { summary } } isReplayed";
        let done = ana.does("convertCashback", told, wish("3.50", "v")).await;
        assert_eq!(done["entry"]["points"], 700);
        assert_eq!(done["entry"]["reason"]["summary"], "Cashback became 700 points.");
        assert_eq!(done["isReplayed"], is_replayed);
    }
    assert_eq!(world.wallet(&ana).await[0], before + 700);
    assert_eq!(cashback(&ana).await, ["0.00", "4.50", "0.00", "0.00", "3.50", "0.00"]);
    let more = ana.is_refused("convertCashback", wish("4.51", "w")).await;
    assert_eq!(more, ("INSUFFICIENT_CASHBACK".to_owned(), "amount".to_owned()));
    let both = ["a", "b", "c", "d"].map(|key| {
        let ana = ana.clone();
        async move { ana.tries("convertCashback", "isReplayed", wish("2.00", key)).await }
    });
    let answers = join_all(both).await;
    assert_eq!(answers.iter().filter(|one| code(one) == "OK").count(), 2, "{answers:?}");
    assert_eq!(cashback(&ana).await, ["0.00", "0.50", "0.00", "0.00", "7.50", "0.00"]);
    world.closes().await;
}
