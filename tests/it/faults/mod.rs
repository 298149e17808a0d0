//! What fails around a gateway: nothing is lost, nothing happens twice, and it goes on by itself.

mod conflicts;
mod database;
mod disk;
mod pool;
mod redis;
mod silence;

use std::time::Duration;

use serde_json::Value;

use crate::support::gateway::Gateway;

/// The status that a gateway answers one of its paths with.
async fn status(gateway: &Gateway, path: &str) -> u16 {
    let url = format!("http://{}{path}", gateway.address);
    reqwest::get(url).await.unwrap().status().as_u16()
}

/// Until the gateway answers so; a test that waits in vain is ended from outside.
async fn until_status(gateway: &Gateway, path: &str, expected: u16) {
    while status(gateway, path).await != expected {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// That nobody knows what became of it, and what to do.
fn assert_unknown(answer: &Value) {
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{answer}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("unknown") && message.contains("same idempotency key"), "{message}");
}
