//! `florin serve`: one gateway, until it is asked to stop; then it lets requests under way finish.

use std::process::ExitCode;

use clap::Args;
use service::background;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{Failure, books};
use crate::config::{Environment, Gateway, Invalid, Replica, Site, Storage};
use crate::http::{Server, Settings, share};

/// Serve the GraphQL gateway
///
/// Any number of gateways may share one PostgreSQL and one Redis. In development GraphiQL is at the
/// root. On SIGTERM or Ctrl-C the gateway stops taking requests and lets those under way finish.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  florin serve
  florin serve --listen 127.0.0.1:9000 --data /var/lib/florin
  FLORIN_ENV=production FLORIN_PUBLIC_URL=https://points.example florin serve")]
pub(super) struct Serve {
    #[command(flatten)]
    gateway: Gateway,
    #[command(flatten)]
    pub(super) storage: Storage,
    #[command(flatten)]
    replica: Replica,
    #[command(flatten)]
    pub(super) site: Site,
}

impl Serve {
    pub(super) async fn run(self) -> Result<ExitCode, Failure> {
        let listener = self.listen().await?;
        self.serve(listener).await
    }

    /// Takes the address, so that one that can't be had is told before anything is done.
    pub(super) async fn listen(&self) -> Result<TcpListener, Failure> {
        let address = self.gateway.listen;
        TcpListener::bind(address).await.map_err(|source| Failure::Taken { address, source })
    }

    /// Serves there.
    pub(super) async fn serve(self, listener: TcpListener) -> Result<ExitCode, Failure> {
        let services = books::open_to_serve(&self.storage, &self.replica, &self.site).await?;
        let address = listener.local_addr()?;
        let server = Server::new(services.clone(), self.settings())
            .map_err(|problem| Invalid::new("schema", problem))?;
        let stop = CancellationToken::new();
        let tasks = background::start(&services, &stop);
        let mut terminated = signal(SignalKind::terminate())?;
        if self.site.environment == Environment::Development {
            println!("GraphiQL is at http://{address}/");
        }
        println!("Florin serves at http://{address}/graphql");
        server
            .run(listener, async move {
                tokio::select! {
                    _ = terminated.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            })
            .await;
        stop.cancel();
        tasks.wait().await;
        services.close().await?;
        Ok(ExitCode::SUCCESS)
    }

    fn settings(&self) -> Settings {
        let base = match self.site.environment {
            Environment::Development => Settings::development(),
            Environment::Production => Settings::production(),
        };
        Settings {
            trusts_proxy: self.gateway.trust_proxy,
            cost: share(self.gateway.cost_per_second),
            allowed_origins: self.gateway.allowed_origins.clone(),
            memory_bytes: usize::try_from(self.gateway.request_memory)
                .unwrap_or(usize::MAX)
                .saturating_mul(1024 * 1024),
            connections_max: usize::try_from(self.gateway.connections_max).unwrap_or(usize::MAX),
            ..base
        }
    }
}
