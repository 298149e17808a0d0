//! Somebody with a token, who asks and does things over GraphQL.

use reqwest::Client;
use serde_json::{Value, json};

/// An actor at the gateway.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    url: String,
    token: String,
    /// Its id, where it has one in the schema.
    pub(crate) id: String,
}

impl Caller {
    pub(crate) fn new(address: &str, token: String) -> Self {
        let url = format!("http://{address}/graphql");
        Self { client: Client::new(), url, token, id: String::new() }
    }

    pub(crate) fn named(self, id: String) -> Self {
        Self { id, ..self }
    }

    /// The whole answer to a document.
    pub(crate) async fn posts(&self, query: &str, variables: Value) -> Value {
        let request = self.client.post(&self.url).bearer_auth(&self.token);
        let body = json!({ "query": query, "variables": variables });
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// The data of a query that must succeed.
    pub(crate) async fn asks(&self, query: &str) -> Value {
        let answer = self.posts(query, json!({})).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// The payload of a mutation, refused or not.
    pub(crate) async fn tries(&self, mutation: &str, result: &str, input: Value) -> Value {
        let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let document = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) \
             {{ {result} userErrors {{ code message path }} }} }}"
        );
        let answer = self.posts(&document, json!({ "input": input })).await;
        assert!(answer["errors"].is_null(), "{mutation}: {answer}");
        answer["data"][mutation].clone()
    }

    /// The payload of a mutation that must be done.
    pub(crate) async fn does(&self, mutation: &str, result: &str, input: Value) -> Value {
        let payload = self.tries(mutation, result, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
        payload
    }

    /// The code and path that a mutation is refused with.
    pub(crate) async fn is_refused(&self, mutation: &str, input: Value) -> (String, String) {
        let payload = self.tries(mutation, "", input).await;
        (code(&payload), path(&payload))
    }
}

/// The first refusal's code; `OK` if there is none.
pub(crate) fn code(payload: &Value) -> String {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK").to_owned()
}

/// The first refusal's path, its parts joined by dots.
fn path(payload: &Value) -> String {
    let parts = payload["userErrors"][0]["path"].as_array().cloned().unwrap_or_default();
    parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
}
