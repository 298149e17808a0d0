//! Health, metrics, GraphiQL, and how a gateway stops.

use std::time::Duration;

use api::http::Settings;

use super::Served;

#[tokio::test]
async fn it_says_that_it_lives_and_serves() {
    let served = Served::new().await;
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(served.get(path).send().await.unwrap().status(), 200, "{path}");
    }
}

#[tokio::test]
async fn it_counts_for_prometheus() {
    let served = Served::new().await;
    served.verdict("{ limits { depthMax } }").await;
    served.verdict("{ nothing }").await;
    let page = served.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("florin_graphql_operation_seconds_bucket{type=\"query\",code=\"OK\""));
    assert!(page.contains("florin_graphql_rejected_total{code=\"GRAPHQL_VALIDATION_FAILED\"}"));
    assert!(page.contains("florin_http_request_seconds_count{route=\"/graphql\",status=\"200\"}"));
}

#[tokio::test]
async fn graphiql_needs_no_network() {
    let served = Served::new().await;
    let page = served.get("/").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-eval"), "{policy}");
    let page = page.text().await.unwrap();
    let files: Vec<_> = page.split('"').filter(|part| part.starts_with("/graphiql/")).collect();
    assert_eq!(files.len(), 4);
    for file in files {
        let response = served.get(file).send().await.unwrap();
        assert_eq!(response.status(), 200, "{file}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn production_has_no_graphiql() {
    let served = Served::with(Settings::production()).await;
    let page = served.get("/").send().await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.headers().contains_key("strict-transport-security"));
}

#[tokio::test]
async fn a_gateway_that_stops_takes_no_more() {
    let served = Served::new().await;
    assert_eq!(served.get("/health/ready").send().await.unwrap().status(), 200);
    let (client, url) = (served.client.clone(), served.url("/health/ready"));
    tokio::time::timeout(Duration::from_secs(5), served.stop()).await.unwrap();
    assert!(client.get(url).send().await.is_err());
}
