//! Many tills, one coupon: it is used as often as it can be, and not once more; no sale is lost.

use serde_json::{Value, json};

use super::{codes, draft, launches, records, sale, terms, uses, with};
use crate::support::{Caller, World};

async fn race(world: &World, till: &Caller, cards: &[String], typed: &str) -> Vec<Value> {
    let sales = cards.iter().enumerate().map(|(number, card)| {
        let sale = sale(world, &format!("{typed}{number}"), card, "10.00", &[typed]);
        async move { records(till, sale).await["purchase"]["coupons"][0].clone() }
    });
    futures_util::future::join_all(sales).await
}

fn count(told: &[Value], outcome: &str) -> usize {
    told.iter().filter(|own| own["outcome"] == outcome || own["refusal"]["code"] == outcome).count()
}

#[tokio::test]
async fn no_race_uses_a_coupon_oftener_than_it_can_be() {
    let world = World::new().await;
    let till = world.partner("grocer").await;
    let mut cards = Vec::new();
    for number in 0..12 {
        let card = format!("C{number}");
        world.member(&card).await;
        cards.push(card);
    }
    let five = with(terms(), "usesMax", json!(5));
    let id = launches(&world.operator, draft("five", five)).await;
    let told = race(&world, &till, &cards, "five").await;
    assert_eq!((count(&told, "REDEEMED"), count(&told, "COUPON_USED_UP")), (5, 7));
    assert_eq!(uses(&world, &id).await, 5);

    let twice = with(terms(), "memberUsesMax", json!(2));
    launches(&world.operator, draft("twice", twice)).await;
    let told = race(&world, &till, &vec!["C1".to_owned(); 8], "twice").await;
    assert_eq!((count(&told, "REDEEMED"), count(&told, "COUPON_MEMBER_LIMIT")), (2, 6));

    let (_, codes) = codes(&world.operator, "once", terms(), 1).await;
    let told = race(&world, &till, &cards, &codes[0]).await;
    assert_eq!((count(&told, "REDEEMED"), count(&told, "COUPON_USED_UP")), (1, 11));
    world.closes().await;
}
