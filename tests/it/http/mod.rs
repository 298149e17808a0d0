//! The gateway's surface over a real server on a free port: protocols, guards, limits.
//!
//! What resolvers answer is tested by their contexts; here every document is one that any schema of
//! ours has.

mod events;
mod health;
mod limits;
mod oauth;
mod over_http;
mod room;
mod socket;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use api::http::{Server, Settings};
use chrono::TimeDelta;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use service::programmes::{self, Create};
use service::{Clock, Db, Location, Scope, Services, Who, auth, migrate};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::gateway::hot;

const RESPONSE: &str = "application/graphql-response+json";

/// A gateway that serves until it is stopped or dropped.
struct Served {
    address: String,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    services: Services,
    folder: PathBuf,
}

impl Served {
    async fn new() -> Self {
        Self::with(Settings::development()).await
    }

    async fn with(settings: Settings) -> Self {
        let (services, folder) = services().await;
        let server = Server::new(services.clone(), settings).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(listener, async {
            let _ = stopped.await;
        }));
        Self { address, client: Client::new(), stop: Some(stop), running, services, folder }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(self.url(path))
    }

    /// A token of an operator, that lasts so long.
    async fn token(&self, lifetime: TimeDelta) -> String {
        let create = Create {
            code: "arno".to_owned(),
            name: "Arno".to_owned(),
            points_code: "FLR".to_owned(),
            points_name: "Florins".to_owned(),
            currency: "EUR".to_owned(),
            settings: programmes::Settings::default(),
            operator: "ana".to_owned(),
        };
        let (programme, operator) = self.services.programmes.create(create).await.unwrap();
        let (who, scopes) = (Who::Operator(operator.id), Scope::ALL.to_vec());
        let now = self.services.clock.now();
        self.services.auth.issue(programme.id, who, scopes, lifetime, now).await.unwrap().token
    }

    /// Posts a question as a modern client does.
    async fn ask(&self, body: Value) -> Response {
        self.post("/graphql").header("accept", RESPONSE).json(&body).send().await.unwrap()
    }

    /// The status and first code that a document is answered with.
    async fn verdict(&self, document: &str) -> (u16, String) {
        verdict(self.ask(json!({ "query": document })).await).await
    }

    /// Asks it to stop, and waits until it has.
    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), &mut self.running).await.unwrap().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.running.abort();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Services over books of their own: what is tested here is the same on every database.
async fn services() -> (Services, PathBuf) {
    let folder = std::env::temp_dir().join(format!("florin-http-{}", Uuid::now_v7()));
    fs::create_dir_all(&folder).unwrap();
    let location = Location::Sqlite(folder.join("florin.db"));
    migrate::migrate(&location, &location).await.unwrap();
    let db = Db::open(&location).await.unwrap();
    let auth = auth::Settings {
        issuer: "http://florin.test".to_owned(),
        master_key: auth::MasterKey::new([7; 32]),
        trusts_this_machine: false,
    };
    let services =
        Services::new(db, Clock::System, hot(&format!("florin-test/{}", Uuid::now_v7())), auth);
    services.auth.prepare(services.clock.now()).await.unwrap();
    (services, folder)
}

async fn verdict(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or("OK");
    (status, code.to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
