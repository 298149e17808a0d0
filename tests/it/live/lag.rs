//! Subscribers that don't keep up, or are there too early. A socket's buffers hide the one and its
//! hand-shake the other, so that the use case is asked here.

use std::pin::pin;
use std::time::Duration;

use chrono::TimeDelta;
use futures_util::StreamExt as _;
use service::Actor;
use service::live::{BATCHES_KEPT, Event};

use super::{sells, working};
use crate::support::World;

#[tokio::test]
async fn who_falls_behind_is_served_from_the_table_and_misses_nothing() {
    let sales = u32::try_from(BATCHES_KEPT).unwrap() + 20;
    let world = working().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let until = world.now() + TimeDelta::days(1);
    let actor = Actor::new(world.programme, ana.who, Vec::new(), until);
    let live = &world.gateway.services.live;
    let slow = pin!(live.wallet_changes(&actor, None).await.unwrap());
    let mut quick = pin!(live.wallet_changes(&actor, None).await.unwrap());
    for euros in 1..=sales {
        sells(&grocer, &format!("R{euros}"), "C1", euros, &world).await;
        world.gateway.services.sequence().await.unwrap();
        world.gateway.services.hot.wake().await.unwrap();
        // Once the quick one has heard it, it was a batch of its own.
        assert_eq!(points(&quick.next().await.unwrap().unwrap()), i64::from(euros));
    }
    let heard = slow.take(sales.try_into().unwrap()).map(|event| points(&event.unwrap()));
    let heard = tokio::time::timeout(Duration::from_secs(10), heard.collect::<Vec<_>>());
    let heard = heard.await.unwrap();
    assert_eq!(heard, (1..=i64::from(sales)).collect::<Vec<_>>());
    world.closes().await;
}

#[tokio::test]
async fn who_listens_before_the_gateway_passes_anything_on_misses_nothing() {
    let world = World::new().await;
    let mut other = world.opens_gateway().await;
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let until = world.now() + TimeDelta::days(1);
    let actor = Actor::new(world.programme, ana.who, Vec::new(), until);
    let mut early = pin!(other.services.live.wallet_changes(&actor, None).await.unwrap());
    sells(&grocer, "R1", "C1", 5, &world).await;
    world.gateway.services.sequence().await.unwrap();
    other.works();
    let heard = tokio::time::timeout(Duration::from_secs(5), early.next()).await;
    assert_eq!(points(&heard.unwrap().unwrap().unwrap()), 5);
    other.stops().await;
    world.closes().await;
}

fn points(event: &Event) -> i64 {
    event.entry.as_ref().unwrap().points.get()
}
