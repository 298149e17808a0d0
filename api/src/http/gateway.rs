//! What all handlers share: the engine, the services, and the word that it is time to
//! stop.

use std::future::Future;
use std::sync::Arc;

use service::{Actor, Services};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::engine::{Caller, Engine};
use super::limits::{BATCHES_READ_MAX, LOBBY_PART};
use super::room::Room;
use super::settings::Settings;
use crate::graphql::{self, Schema};

/// One gateway of this process.
pub(crate) struct Gateway {
    /// Runs operations.
    pub(super) engine: Engine<Schema>,
    /// The use cases.
    pub(super) services: Services,
    /// How it is set up.
    pub(super) settings: Settings,
    /// Cancelled when the gateway is asked to stop.
    pub(super) stopping: CancellationToken,
    /// The WebSockets that are open.
    pub(super) sockets: TaskTracker,
    /// Room for the batches that are being read.
    pub(super) batches: Semaphore,
    /// Memory for requests under way of those with a token, and of those without.
    room: Room,
    lobby: Room,
}

impl Gateway {
    /// A gateway over these services.
    pub(super) fn new(services: Services, settings: Settings) -> Result<Arc<Self>, String> {
        let schema = graphql::schema(services.clone(), settings.cost);
        let (hot, reads) = (services.hot.clone(), services.reads.clone());
        let engine = Engine::new(schema, &graphql::sdl(), hot, reads, settings.clone())?;
        let lobby_bytes = settings.memory_bytes / LOBBY_PART;
        let (room, lobby) =
            (Room::new(settings.memory_bytes - lobby_bytes), Room::new(lobby_bytes));
        Ok(Arc::new(Self {
            engine,
            room,
            lobby,
            services,
            settings,
            stopping: CancellationToken::new(),
            sockets: TaskTracker::new(),
            batches: Semaphore::new(BATCHES_READ_MAX),
        }))
    }

    /// The memory that the caller's requests take from.
    pub(super) fn room_for(&self, caller: &Caller) -> &Room {
        if caller.is_anonymous() { &self.lobby } else { &self.room }
    }

    /// Ends when the caller's token does, or when the gateway stops: nothing streams on beyond.
    pub(super) fn until_over(&self, actor: &Actor) -> impl Future<Output = ()> + Send + use<> {
        let stopping = self.stopping.clone();
        let expired = self.until_expired(actor);
        async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = expired => {}
            }
        }
    }

    /// Ends when the caller's token does; never for those without one.
    pub(super) fn until_expired(&self, actor: &Actor) -> impl Future<Output = ()> + Send + use<> {
        let left = actor.expires_at().map(|at| at - self.services.clock.now());
        async move {
            match left {
                Some(left) => tokio::time::sleep(left.to_std().unwrap_or_default()).await,
                None => std::future::pending().await,
            }
        }
    }
}
