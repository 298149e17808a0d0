//! A Redis of a story's own, which may die and come back.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpStream;

use super::gateway::REDIS;

pub(crate) struct OwnRedis {
    port: u16,
    process: Child,
}

impl OwnRedis {
    /// One more, where the suite runs with Redis.
    pub(crate) async fn start() -> Option<Self> {
        std::env::var(REDIS).ok()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Some(Self { port, process: serve(port).await })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Dies, and takes with it all that it held.
    pub(crate) fn dies(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// At the same address, and empty.
    pub(crate) async fn comes_back(&mut self) {
        self.process = serve(self.port).await;
    }
}

impl Drop for OwnRedis {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn serve(port: u16) -> Child {
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
    command.args(["--save", "", "--appendonly", "no"]).stdout(Stdio::null());
    let process = command.spawn().unwrap();
    let starts = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), starts).await.unwrap();
    process
}
