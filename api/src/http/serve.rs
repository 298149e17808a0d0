//! Connections: accepted up to a number, dropped when their headers don't come or their answers aren't
//! taken, drained at the end.
//!
//! `axum::serve` has no time-out for headers: a client that sends one byte a minute would hold its
//! connection for ever. So connections are served here, by hyper.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::ServiceExt as _;

use super::gateway::Gateway;
use super::patience::Patient;

/// How often a silent HTTP/2 connection is asked whether it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long it may take to say so.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
/// How HTTP/2 begins.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How often a connection that has said only part of it is looked at again.
const GREETING_PAUSE: Duration = Duration::from_millis(20);
/// Requests under way on one HTTP/2 connection.
const STREAMS_MAX: u32 = 100;
/// Bytes of a connection's buffers in each direction: its headers, and what it hasn't taken yet.
const BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Bytes that an HTTP/2 connection may send before they are read.
const WINDOW_BYTES: u32 = 128 * 1024;
/// How long to wait when the system gives no connection: it is out of file handles, mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The place of a connection among those that may be open, taken until all copies are gone. Every
/// request carries one: a WebSocket keeps it, and so the place, when hyper is done with it.
#[derive(Clone)]
pub(super) struct Held(
    #[expect(dead_code, reason = "only held")] Arc<Option<OwnedSemaphorePermit>>,
);

/// Serves until `stop` ends; then takes no more, and lets what is under way finish.
pub(super) async fn serve(
    gateway: &Gateway,
    router: Router,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) {
    let builder = builder(gateway.settings.header_timeout);
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(gateway.settings.connections_max));
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, held) = tokio::select! {
            accepted = accept(&listener, &room) => accepted,
            () = &mut stop => break,
        };
        let service = hyper::service::service_fn({
            let (router, held) = (router.clone(), held.clone());
            move |mut request: hyper::Request<Incoming>| {
                request.extensions_mut().insert(ConnectInfo(peer));
                request.extensions_mut().insert(held.clone());
                router.clone().oneshot(request.map(Body::new))
            }
        });
        let (builder, watcher) = (builder.clone(), graceful.watcher());
        let greeting_timeout = gateway.settings.header_timeout;
        let write_timeout = gateway.settings.write_timeout;
        let stopping = gateway.stopping.clone();
        tokio::spawn(async move {
            let greeted = tokio::time::timeout(greeting_timeout, greeting(&stream));
            let greeted = stopping.run_until_cancelled(greeted).await;
            if matches!(greeted, Some(Ok(Ok(())))) {
                let connection = builder
                    .serve_connection_with_upgrades(
                        TokioIo::new(Patient::new(stream, write_timeout)),
                        service,
                    )
                    .into_owned();
                // A connection that breaks is the client's affair.
                let _ = watcher.watch(connection).await;
            }
            drop(held);
        });
    }
    drop(listener);
    drain(gateway, graceful).await;
}

/// Waits until the first bytes tell which version of HTTP is spoken. Hyper waits for them too, but
/// without an end: no time-out of its runs before it knows the version.
async fn greeting(stream: &TcpStream) -> io::Result<()> {
    let mut seen = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut seen).await?;
        let begun = seen.get(..length).unwrap_or_default();
        if begun.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if begun.len() == PREFACE.len() || !PREFACE.starts_with(begun) {
            return Ok(());
        }
        // What was seen stays readable, so that nothing wakes us for what comes after it.
        tokio::time::sleep(GREETING_PAUSE).await;
    }
}

async fn drain(gateway: &Gateway, graceful: GracefulShutdown) {
    gateway.stopping.cancel();
    gateway.sockets.close();
    let drained = async {
        graceful.shutdown().await;
        gateway.sockets.wait().await;
    };
    if tokio::time::timeout(gateway.settings.drain_timeout, drained).await.is_err() {
        tracing::warn!("some requests were still under way when the time to stop was over");
    }
}

fn builder(header_timeout: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(BUFFER_BYTES_MAX);
    builder
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> (TcpStream, SocketAddr, Held) {
    let held = Held(Arc::new(room.clone().acquire_owned().await.ok()));
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are short and written at once: waiting to fill a packet only delays them.
                let _ = stream.set_nodelay(true);
                return (stream, peer, held);
            }
            Err(error) => {
                tracing::warn!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
