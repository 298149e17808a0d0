//! Suppliers: their codes go to whoever claims, one each, and what they deliver is on their statements.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::claims::{CLAIM, cancels, claims, wish, with_points};
use super::{draft, drafts, launches, terms, with};
use crate::settlement::cycles::{is_approved, statements};
use crate::support::{Caller, World, code};

/// A partner that supplies rewards too.
async fn supplier(world: &World) -> Caller {
    let supplier = world.partner("cinema").await;
    let roles = json!({ "partnerId": supplier.id, "expectedVersion": 1,
        "roles": { "isIssuer": true, "isAcceptor": true, "isSupplier": true } });
    world.operator.does("updatePartner", "partner { id }", roles).await;
    supplier
}

async fn pool(writer: &Caller, code: &str, file: &str) -> String {
    let wish = json!({ "code": code, "name": "Tickets", "lowBelow": 2 });
    let made = writer.does("createCodePool", "codePool { id total left isLow }", wish).await;
    assert_eq!((&made["codePool"]["total"], &made["codePool"]["isLow"]), (&json!(0), &json!(true)));
    let id = made["codePool"]["id"].as_str().unwrap().to_owned();
    if !file.is_empty() {
        adds(writer, &id, file).await;
    }
    id
}

async fn adds(writer: &Caller, pool: &str, file: &str) -> Value {
    let wish = json!({ "codePoolId": pool, "file": file });
    writer.does("addPoolCodes", "added duplicates codePool { total left isLow }", wish).await
}

fn from_pool(pool: &str) -> Value {
    with(terms(), "delivery", json!({ "codePoolId": pool, "validDays": 30 }))
}

#[tokio::test]
async fn a_suppliers_codes_are_given_out_one_a_claim_and_never_twice() {
    let world = World::new().await;
    let (till, cinema) = (world.partner("grocer").await, supplier(&world).await);
    let id = pool(&cinema, "tickets", "").await;
    let added = adds(&cinema, &id, "code\nSEAT-1\nseat-2\nSEAT-1\n").await;
    let level =
        |total: i32, left: i32, low: bool| json!({ "total": total, "left": left, "isLow": low });
    assert_eq!((&added["added"], &added["duplicates"]), (&json!(2), &json!(1)));
    assert_eq!(added["codePool"], level(2, 2, false));
    let again = adds(&cinema, &id, "SEAT-2\nSEAT-3").await;
    assert_eq!((&again["added"], &again["duplicates"]), (&json!(1), &json!(1)));
    let reward = launches(&cinema, draft("film", from_pool(&id))).await;
    let mut given = BTreeSet::new();
    let mut members = Vec::new();
    for card in ["C1", "C2", "C3", "C4"] {
        members.push(with_points(&world, &till, card, 100).await);
    }
    for member in &members[..3] {
        let claim = claims(member, &reward, "k").await;
        given.insert(claim["voucher"]["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(given, ["SEAT-1", "SEAT-3", "seat-2"].map(str::to_owned).into());
    let refused = members[3].is_refused("claimReward", wish(&reward, 100, "k")).await;
    assert_eq!(refused, ("REWARD_OUT_OF_STOCK".to_owned(), "rewardId".to_owned()));
    let asked = "{ codePools { nodes { code name total left isLow lowBelow partner { code } } } }";
    let seen = json!([{ "code": "tickets", "name": "Tickets", "total": 3, "left": 0, "isLow": true,
        "lowBelow": 2, "partner": { "code": "cinema" } }]);
    for caller in [&cinema, &world.operator] {
        assert_eq!(caller.asks(asked).await["codePools"]["nodes"], seen);
    }
    assert_eq!(till.asks(asked).await["codePools"]["nodes"], json!([]));
    let shown = json!({ "code": " SEAT-2 ", "idempotencyKey": "u" });
    let used = cinema.does("redeemVoucher", "claim { status }", shown).await;
    assert_eq!(used["claim"]["status"], "USED");
    world.closes().await;
}

#[tokio::test]
async fn of_many_who_want_the_last_codes_at_two_gateways_each_code_has_one() {
    let world = World::new().await;
    let (till, cinema) = (world.partner("grocer").await, supplier(&world).await);
    let id = pool(&cinema, "tickets", "SEAT1\nSEAT2\nSEAT3\nSEAT4\nSEAT5").await;
    let reward = launches(&cinema, draft("film", from_pool(&id))).await;
    let mut gateway = world.opens_gateway().await;
    let mut members = Vec::new();
    for place in 0..14 {
        members.push(with_points(&world, &till, &format!("C{place}"), 100).await);
    }
    let tried = members.iter().enumerate().map(|(place, member)| {
        let member = if place % 2 == 0 { member.clone() } else { member.at(&gateway) };
        let wish = wish(&reward, 100, "k");
        tokio::spawn(async move { member.tries("claimReward", CLAIM, wish).await })
    });
    let (mut given, mut out) = (BTreeSet::new(), 0);
    for answer in tried.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        match code(&answer).as_str() {
            "OK" => assert!(given.insert(answer["claim"]["voucher"]["code"].to_string())),
            other => {
                assert_eq!(other, "REWARD_OUT_OF_STOCK");
                out += 1;
            }
        }
    }
    assert_eq!((given.len(), out), (5, 9));
    gateway.stops().await;
    world.closes().await;
}

#[tokio::test]
async fn what_a_supplier_delivers_it_is_owed_and_what_is_given_back_it_is_not() {
    let world = World::new().await;
    let (till, cinema) = (world.partner("grocer").await, supplier(&world).await);
    let ana = with_points(&world, &till, "C1", 1000).await;
    let says = with(terms(), "supply", json!({ "partnerId": cinema.id, "cost": "3.45" }));
    let film = launches(&world.operator, draft("film", says.clone())).await;
    let own = with(draft("own", says), "partnerId", json!(till.id));
    let own = launches(&world.operator, own).await;
    let shown =
        format!("{{ reward(id: \"{film}\") {{ supply {{ partnerId cost {{ amount }} }} }} }}");
    let supply = json!({ "partnerId": cinema.id, "cost": { "amount": "3.45" } });
    for (caller, seen) in [
        (&world.operator, &supply),
        (&cinema, &supply),
        (&till, &Value::Null),
        (&ana, &Value::Null),
    ] {
        assert_eq!(caller.asks(&shown).await["reward"]["supply"], *seen);
    }
    for (reward, key) in [(&film, "k1"), (&film, "k2"), (&own, "k3")] {
        claims(&ana, reward, key).await;
    }
    let back = claims(&ana, &film, "k4").await;
    assert_eq!(code(&cancels(&world.operator, &back, "c1").await), "OK");
    world.days_pass(32).await;
    is_approved(&world, "2026-03").await;
    let statement = statements(&cinema).await.remove(0);
    let lines = statement["lines"].as_array().unwrap().iter();
    let lines: Vec<Value> =
        lines.map(|line| json!([line["kind"], line["points"], line["gross"]["amount"]])).collect();
    let supplied =
        [json!(["REWARD_SUPPLY", 4, "-13.80"]), json!(["REWARD_SUPPLY_REVERSAL", 1, "3.45"])];
    assert_eq!(lines, supplied);
    assert_eq!(statement["total"]["amount"], "-10.35");
    // The grocer accepted its own reward's points besides, at its contract's price.
    let grocers = statements(&till).await.remove(0);
    let burned = grocers["lines"].as_array().unwrap().iter().find(|line| line["kind"] == "BURN");
    assert_eq!(burned.unwrap()["gross"]["amount"], "-0.90");
    world.closes().await;
}

#[tokio::test]
async fn suppliers_and_pools_that_do_not_fit_are_refused() {
    let world = World::new().await;
    let (till, cinema) = (world.partner("grocer").await, supplier(&world).await);
    let is = |refused: (String, String), code: &str, at: &str| {
        assert_eq!(refused, (code.to_owned(), at.to_owned()));
    };
    let supplied = |by: &str, cost: &str| {
        draft("film", with(terms(), "supply", json!({ "partnerId": by, "cost": cost })))
    };
    let at = "terms.supply.partnerId";
    is(
        world.operator.is_refused("draftReward", supplied(&till.id, "1.00")).await,
        "SUPPLIER_INVALID",
        at,
    );
    is(
        cinema.is_refused("draftReward", supplied(&cinema.id, "1.00")).await,
        "SUPPLIER_INVALID",
        at,
    );
    for cost in ["0.00", "1.001"] {
        is(
            world.operator.is_refused("draftReward", supplied(&cinema.id, cost)).await,
            "AMOUNT_INVALID",
            "terms.supply.cost",
        );
    }
    let nothing = "cpl_01h2xcejqtf2nbrexx3vqjhp41";
    let at = "terms.delivery.codePoolId";
    is(
        till.is_refused("draftReward", draft("film", from_pool(nothing))).await,
        "CODE_POOL_NOT_FOUND",
        at,
    );
    let id = pool(&cinema, "tickets", "SEAT1").await;
    is(till.is_refused("draftReward", draft("film", from_pool(&id))).await, "CODE_POOL_UNFIT", at);
    let back = with(terms(), "delivery", json!({ "codePoolId": id, "cancelHours": 1 }));
    is(
        cinema.is_refused("draftReward", draft("film", back)).await,
        "CODE_POOL_UNFIT",
        "terms.delivery.cancelHours",
    );
    let theirs = with(from_pool(&id), "supply", json!({ "partnerId": cinema.id, "cost": "1.00" }));
    drafts(&world.operator, draft("theirs", theirs)).await;
    world.closes().await;
}

#[tokio::test]
async fn what_is_no_pool_and_no_file_of_codes_is_refused() {
    let world = World::new().await;
    let (till, cinema) = (world.partner("grocer").await, supplier(&world).await);
    let is = |refused: (String, String), code: &str, at: &str| {
        assert_eq!(refused, (code.to_owned(), at.to_owned()));
    };
    let nothing = "cpl_01h2xcejqtf2nbrexx3vqjhp41";
    let id = pool(&cinema, "tickets", "SEAT1").await;
    let made =
        |code: &str, name: &str, low: i64| json!({ "code": code, "name": name, "lowBelow": low });
    is(cinema.is_refused("createCodePool", made("tickets", "A", 1)).await, "CODE_TAKEN", "code");
    is(cinema.is_refused("createCodePool", made("Tickets", "A", 1)).await, "CODE_INVALID", "code");
    is(cinema.is_refused("createCodePool", made("more", "", 1)).await, "NAME_INVALID", "name");
    is(
        cinema.is_refused("createCodePool", made("more", "A", 1_000_000_001)).await,
        "VALUE_OUT_OF_RANGE",
        "lowBelow",
    );
    let add = |pool: &str, file: &str| json!({ "codePoolId": pool, "file": file });
    is(
        cinema.is_refused("addPoolCodes", add(nothing, "SEAT2")).await,
        "CODE_POOL_NOT_FOUND",
        "codePoolId",
    );
    is(
        till.is_refused("addPoolCodes", add(&id, "SEAT2")).await,
        "CODE_POOL_NOT_FOUND",
        "codePoolId",
    );
    for file in ["", "code", "SEAT2\nA B", "ABC"] {
        is(cinema.is_refused("addPoolCodes", add(&id, file)).await, "CODE_FILE_INVALID", "file");
    }
    world.closes().await;
}
