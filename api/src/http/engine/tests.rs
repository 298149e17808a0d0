//! Operations that take too long, break, or ask too much, on a schema made for it.

use std::net::Ipv4Addr;

use async_graphql::{Context, EmptySubscription, Object, Schema};
use serde_json::{Value, json};
use service::hot::{Kept, Unavailable};
use tokio::sync::watch;

use super::*;

struct Probe;

#[Object]
impl Probe {
    async fn panics(&self, #[graphql(default = true)] now: bool) -> bool {
        assert!(!now, "a probe");
        now
    }

    async fn origin(&self, ctx: &Context<'_>) -> String {
        ctx.data_unchecked::<Actor>().origin().to_owned()
    }

    async fn many(&self, ids: Vec<i32>) -> Vec<Probe> {
        ids.iter().map(|_| Probe).collect()
    }
}

struct Changes;

#[Object]
impl Changes {
    async fn sleeps(&self) -> i32 {
        std::future::pending().await
    }
}

/// A Redis that is away.
struct Away;

#[async_trait::async_trait]
impl HotStore for Away {
    async fn pour(&self, _: &str, _: Bucket, _: u64) -> Result<Level, Unavailable> {
        Err(Unavailable)
    }

    async fn raise(&self, _: &str, _: i64, _: Duration) -> Result<(), Unavailable> {
        Err(Unavailable)
    }

    async fn kept(&self, _: &str, _: Duration) -> Result<Kept, Unavailable> {
        Err(Unavailable)
    }

    async fn wake(&self) -> Result<(), Unavailable> {
        Err(Unavailable)
    }

    fn woken(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
}

async fn answer(query: &str) -> Value {
    let schema = Schema::new(Probe, Changes, EmptySubscription);
    let settings = Settings { timeout: Duration::from_millis(50), ..Settings::development() };
    let engine =
        Engine::new(schema.clone(), &schema.sdl(), Arc::new(Away), Reads::default(), settings);
    let engine = engine.unwrap();
    let question = Question { query: Some(query.to_owned()), ..Question::default() };
    let caller = Caller {
        actor: Actor::anonymous(),
        address: Ipv4Addr::LOCALHOST.into(),
        request_id: "req-1".to_owned(),
    };
    let document = engine.read(&question).unwrap();
    let answer = match engine.admit(&question, document, &caller).await {
        Ok(admitted) => engine.run(admitted, caller).await,
        Err(rejection) => Answer::from(rejection),
    };
    serde_json::to_value(answer).unwrap()
}

#[tokio::test]
async fn what_takes_too_long_has_an_unknown_outcome() {
    let shown = answer("mutation { sleeps }").await;
    assert_eq!(shown["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    assert_eq!(shown["data"], Value::Null);
    assert!(
        shown["errors"][0]["message"].as_str().unwrap().contains("send the same request again")
    );
}

#[tokio::test]
async fn a_resolver_that_breaks_is_our_fault_and_nobody_else_s() {
    let shown = answer("{ panics }").await;
    let expected = json!({ "code": "INTERNAL", "requestId": "req-1" });
    assert_eq!(shown["errors"][0]["extensions"], expected);
    assert!(!shown.to_string().contains("a probe"));
}

#[tokio::test]
async fn resolvers_know_the_request_that_asks_even_while_redis_is_away() {
    assert_eq!(answer("{ origin }").await["data"], json!({ "origin": "req-1" }));
}

#[tokio::test]
async fn a_call_has_a_price_and_the_price_a_limit() {
    let cheap = answer("{ many(ids: [1, 2, 3]) { origin } }").await;
    assert_eq!(cheap["extensions"]["cost"]["requestedQueryCost"], 3);
    assert_eq!(cheap["extensions"]["cost"]["actualQueryCost"], 3);
    let lists = "many(ids: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {";
    let dear = format!("{{ {} origin {} }}", lists.repeat(5), "}".repeat(5));
    let refused = answer(&dear).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "DOCUMENT_TOO_COMPLEX");
}
