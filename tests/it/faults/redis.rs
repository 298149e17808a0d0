//! Redis dies and comes back: sign-in waits for it, everything else goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use service::hot::{Bucket, HotStore, Redis, Unavailable};

use super::{status, until_status};
use crate::support::gateway::Gateway;
use crate::support::listener::Over;
use crate::support::redis::OwnRedis;
use crate::support::{Caller, World, receipt};

const BUCKET: Bucket = Bucket { capacity: 10, leak_per_second: 1 };

#[tokio::test]
async fn a_store_without_its_redis_says_so_soon_and_goes_on_when_it_is_back() {
    let Some(mut server) = OwnRedis::start().await else { return };
    let store = Redis::connect(&server.url(), "florin").unwrap();
    let other = Redis::connect(&server.url(), "florin").unwrap();
    assert_eq!(store.pour("a", BUCKET, 4).await.unwrap().room, 6);
    hears(&store, &other).await;

    server.dies();
    let begun = Instant::now();
    assert_eq!(store.pour("a", BUCKET, 1).await, Err(Unavailable));
    assert_eq!(store.wake().await, Err(Unavailable));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());

    server.comes_back().await;
    let room = loop {
        match store.pour("a", BUCKET, 1).await {
            Ok(level) => break level.room,
            Err(Unavailable) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    // What it held is gone with it.
    assert_eq!(room, 9);
    hears(&store, &other).await;
}

/// Wake-ups reach `other`, sooner or later.
async fn hears(store: &Redis, other: &Redis) {
    let mut woken = other.woken();
    let told = async {
        loop {
            let _ = store.wake().await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        heard = woken.changed() => heard.unwrap(),
        () = told => {}
    }
}

#[tokio::test]
async fn a_gateway_without_redis_lets_nobody_sign_in_and_does_all_else() {
    let world = World::new().await;
    if let Some(redis) = OwnRedis::start().await {
        lose_redis(&world, redis).await;
    }
    world.closes().await;
}

async fn lose_redis(world: &World, mut redis: OwnRedis) {
    let hot: Arc<dyn HotStore> = Arc::new(Redis::connect(&redis.url(), "florin").unwrap());
    let mut gateway = world.opens_gateway_with(hot).await;
    gateway.works();
    let (grocer, ana) = (world.partner("grocer").await, world.member("C1").await);
    let wish = json!({ "partnerId": grocer.id, "name": "web", "scopes": ["purchases:read"] });
    let client = world.operator.does("registerApiClient", "apiClient { id } secret", wish).await;
    let (grocer, ana) = (grocer.at(&gateway), ana.at(&gateway));
    let changes = "subscription { walletChanged(after: 0) { entry { points } } }";
    let mut listener = ana.listens(Over::Events, changes).await;
    let sale = |number: &str| receipt(number, "C1", "5.00", world.now());
    assert_eq!(signs_in(&gateway, &client).await, 200);
    assert!(is_counted(&ana).await);

    redis.dies();
    assert_eq!(signs_in(&gateway, &client).await, 429);
    assert!(!is_counted(&ana).await);
    assert_eq!(status(&gateway, "/health/ready").await, 200);
    grocer.does("recordPurchase", "isReplayed", sale("R1")).await;
    assert_eq!(listener.hears().await["walletChanged"]["entry"]["points"], 5);

    redis.comes_back().await;
    until_status(&gateway, "/health/ready", 200).await;
    while signs_in(&gateway, &client).await != 200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_counted(&ana).await);
    grocer.does("recordPurchase", "isReplayed", sale("R2")).await;
    assert_eq!(listener.hears().await["walletChanged"]["entry"]["points"], 5);
    gateway.stops().await;
}

/// The status that a client's wish for a token is answered with.
async fn signs_in(gateway: &Gateway, client: &Value) -> u16 {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client["apiClient"]["id"].as_str().unwrap()),
        ("client_secret", client["secret"].as_str().unwrap()),
    ];
    let url = format!("http://{}/oauth/token", gateway.address);
    reqwest::Client::new().post(url).form(&form).send().await.unwrap().status().as_u16()
}

/// Whether a call is taken from the caller's share.
async fn is_counted(caller: &Caller) -> bool {
    let answer = caller.posts("{ limits { depthMax } }", json!({})).await;
    let share = &answer["extensions"]["cost"]["throttleStatus"];
    share["currentlyAvailable"].as_i64().unwrap() < share["maximumAvailable"].as_i64().unwrap()
}
