//! A gateway in a story: services over its books, and a server on a free port.

use std::sync::Arc;
use std::time::Duration;

use api::http::{Server, Settings};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use service::hot::{HotStore, Memory, Redis};
use service::{Clock, Db, Location, Services, auth, background};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Names the Redis that stories share, each under a prefix of its own.
pub(crate) const REDIS: &str = "FLORIN_TEST_REDIS_URL";

/// The master key of every gateway, as a setting. It seals keys of books that are thrown away.
pub(crate) const MASTER_KEY: &str = "ye7pNsF4u39RGCda6dRp2E7Zz1RwhtdAZaZtU/FtnV8=";

pub(crate) struct Gateway {
    pub(crate) services: Services,
    pub(crate) address: String,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    working: Option<TaskTracker>,
}

impl Gateway {
    pub(crate) async fn open(location: &Location, clock: Clock, hot: Arc<dyn HotStore>) -> Self {
        Self::over(Db::open(location).await.unwrap(), clock, hot).await
    }

    pub(crate) async fn over(db: Db, clock: Clock, hot: Arc<dyn HotStore>) -> Self {
        let auth = auth::Settings {
            issuer: "http://florin.test".to_owned(),
            master_key: auth::MasterKey::new(master_key()),
            trusts_this_machine: true,
        };
        let services = Services::new(db, clock, hot, auth);
        services.auth.prepare(services.clock.now()).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server::new(services.clone(), Settings::development()).unwrap();
        let stop = CancellationToken::new();
        let serving = tokio::spawn(server.run(listener, stop.clone().cancelled_owned()));
        Self { services, address, stop, serving, working: None }
    }

    /// From now on it sequences, passes on and settles by itself; otherwise the story does.
    pub(crate) fn works(&mut self) {
        self.working = Some(background::start(&self.services, &self.stop));
    }

    /// Lets what is under way finish, and the database go.
    pub(crate) async fn stops(&mut self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), &mut self.serving).await.unwrap().unwrap();
        if let Some(working) = &self.working {
            working.wait().await;
        }
        self.services.clone().close().await.unwrap();
    }
}

fn master_key() -> [u8; 32] {
    STANDARD.decode(MASTER_KEY).unwrap().try_into().unwrap()
}

/// Shared state: in Redis where the suite has one, else of one gateway.
pub(crate) fn hot(prefix: &str) -> Arc<dyn HotStore> {
    match std::env::var(REDIS) {
        Ok(url) => Arc::new(Redis::connect(&url, prefix).unwrap()),
        Err(_) => Arc::new(Memory::default()),
    }
}
