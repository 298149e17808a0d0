//! Somebody with a token, who asks and does things over GraphQL.

use reqwest::header::RETRY_AFTER;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use service::Who;

use super::books::{Books, contents};
use super::gateway::Gateway;
use super::listener::{Listener, Over};

/// An actor at the gateway.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    pub(super) address: String,
    token: Option<String>,
    books: String,
    pub(crate) who: Who,
    /// Its id, where it has one in the schema.
    pub(crate) id: String,
}

impl Caller {
    pub(crate) fn new(address: &str, books: &Books, who: Who, token: String) -> Self {
        let (client, address) = (Client::new(), address.to_owned());
        Self { client, address, token: Some(token), books: books.url(), who, id: String::new() }
    }

    /// The same at another gateway.
    pub(crate) fn at(&self, gateway: &Gateway) -> Self {
        self.at_address(&gateway.address)
    }

    pub(super) fn at_address(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    pub(crate) fn named(self, id: String) -> Self {
        Self { id, ..self }
    }

    /// The same without a token.
    pub(crate) fn as_nobody(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The same with that token.
    pub(crate) fn with(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub(super) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// A request to the gateway.
    pub(super) fn post(&self) -> RequestBuilder {
        let request = self.client.post(format!("http://{}/graphql", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// The whole answer to a document.
    pub(crate) async fn posts(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        self.post().json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// The whole answer to a document whose variables need room.
    pub(crate) async fn posts_batch(&self, query: &str, variables: Value) -> Value {
        let request = self.client.post(format!("http://{}/graphql/batch", self.address));
        let request = request.bearer_auth(self.token.as_deref().unwrap_or_default());
        let body = json!({ "query": query, "variables": variables });
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    /// The answer with its status, and the seconds of its `Retry-After`.
    pub(crate) async fn hears(
        &self,
        query: &str,
        variables: Value,
    ) -> (StatusCode, Option<u64>, Value) {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.post().json(&body).send().await.unwrap();
        let wait = answer.headers().get(RETRY_AFTER);
        let wait = wait.map(|wait| wait.to_str().unwrap().parse().unwrap());
        (answer.status(), wait, answer.json().await.unwrap())
    }

    /// Listens to a subscription.
    pub(crate) async fn listens(&self, over: Over, query: &str) -> Listener {
        Listener::open(self, over, query).await
    }

    /// The data of a query that must succeed.
    pub(crate) async fn asks(&self, query: &str) -> Value {
        let answer = self.posts(query, json!({})).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    /// The whole answer to a mutation.
    pub(crate) async fn sends(&self, mutation: &str, result: &str, input: Value) -> Value {
        let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let document = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) \
             {{ {result} userErrors {{ code message path }} }} }}"
        );
        self.posts(&document, json!({ "input": input })).await
    }

    /// The payload of a mutation, refused or not.
    pub(crate) async fn tries(&self, mutation: &str, result: &str, input: Value) -> Value {
        let answer = self.sends(mutation, result, input).await;
        assert!(answer["errors"].is_null(), "{mutation}: {answer}");
        answer["data"][mutation].clone()
    }

    /// The payload of a mutation that must be done.
    pub(crate) async fn does(&self, mutation: &str, result: &str, input: Value) -> Value {
        let payload = self.tries(mutation, result, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
        payload
    }

    /// The code and path that a mutation is refused with: a refusal writes nothing, in no table.
    pub(crate) async fn is_refused(&self, mutation: &str, input: Value) -> (String, String) {
        let mut before = contents(&self.books).await;
        let payload = self.tries(mutation, "", input).await;
        let mut after = contents(&self.books).await;
        after.retain(|table, rows| before.remove(table).as_ref() != Some(rows));
        assert!(before.is_empty() && after.is_empty(), "{mutation}: {payload}, and yet: {after:?}");
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
