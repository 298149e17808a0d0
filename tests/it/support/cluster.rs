//! A primary and its streaming standby of a story's own, made with the PostgreSQL that is installed. They
//! end with the story, however that ends: they are of its process group too, for whoever kills it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, Database};
use service::Location;
use uuid::Uuid;

use super::books::{Books, texts};
use super::postgres::Postgres;

const INSTALLED: &str = "/usr/lib/postgresql";

pub(crate) struct Cluster {
    folder: PathBuf,
    primary: Server,
    standby: Server,
}

const START_MAX: Duration = Duration::from_secs(30);

struct Server {
    data: PathBuf,
    port: u16,
}

impl Cluster {
    /// Both servers, where the suite runs on PostgreSQL and one is installed. The suite's own, of which no
    /// standby can be made, may be elsewhere.
    pub(crate) fn start() -> Option<Self> {
        Postgres::of_the_suite()?;
        if !Path::new(INSTALLED).is_dir() {
            eprintln!("left out: it needs servers of its own, and there is no {INSTALLED}");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("florin_{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            done(Command::new("chown").arg("postgres").arg(&folder));
        }
        let server = |name: &str| Server { data: folder.join(name), port: free_port() };
        let cluster = Self { primary: server("primary"), standby: server("standby"), folder };
        let Server { data, port } = &cluster.primary;
        done(run("initdb", data).args(["--username", "postgres", "--auth", "trust", "--no-sync"]));
        cluster.primary.starts();
        let source = format!("host=127.0.0.1 port={port} user=postgres");
        let mut copy = run("pg_basebackup", &cluster.standby.data);
        let copy = copy.args(["--write-recovery-conf", "--checkpoint", "fast", "--no-sync"]);
        done(copy.args(["--dbname", &source]));
        cluster.standby.starts();
        Some(cluster)
    }

    /// Empty books with all tables, on the primary.
    pub(crate) async fn books(&self) -> Books {
        Books::on(Postgres::at(&self.primary.url())).await
    }

    /// The primary, at no database of ours.
    pub(crate) fn primary(&self) -> Location {
        Location::Postgres(self.primary.url())
    }

    /// The standby of books that are on the primary.
    pub(crate) fn standby_of(&self, books: &Books) -> Location {
        let Books::Database { name, .. } = books else { panic!("books in a file") };
        Location::Postgres(Postgres::at(&self.standby.url()).url(name))
    }

    /// Waits until the standby has all that the primary has by now.
    pub(crate) async fn catches_up(&self) {
        let end = "select pg_current_wal_flush_lsn()::text";
        let end = at(&self.primary, end).await.pop().unwrap();
        let is_there = format!("select (pg_last_wal_replay_lsn() >= '{end}')::text");
        while at(&self.standby, &is_there).await != ["true"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// From now on the standby shows nothing new.
    pub(crate) async fn pauses(&self) {
        at(&self.standby, "select pg_wal_replay_pause()::text").await;
        let state = "select pg_get_wal_replay_pause_state()::text";
        while at(&self.standby, state).await != ["paused"] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn resumes(&self) {
        at(&self.standby, "select pg_wal_replay_resume()::text").await;
    }

    pub(crate) fn standby_dies(&self) {
        done(self.standby.control("stop").args(["--mode", "immediate"]));
    }

    pub(crate) fn standby_comes_back(&self) {
        self.standby.starts();
    }

    /// The standby becomes a primary of its own.
    pub(crate) fn is_promoted(&self) {
        done(&mut self.standby.control("promote"));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for server in [&self.standby, &self.primary] {
            // It may be dead already.
            let _ = server.control("stop").args(["--mode", "immediate"]).output();
        }
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl Server {
    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn starts(&self) {
        let port = self.port.to_string();
        let mut server = run("postgres", &self.data);
        server.args(["-p", &port, "-c", "listen_addresses=127.0.0.1"]);
        server.args(["-c", "unix_socket_directories=", "-c", "fsync=off"]);
        let mut process = quiet(&mut server).spawn().unwrap();
        thread::spawn(move || process.wait());
        let mut asked = Command::new(tool("pg_isready"));
        quiet(asked.args(["--host", "127.0.0.1", "--port", &port]));
        let begun = Instant::now();
        while !asked.status().unwrap().success() {
            assert!(begun.elapsed() < START_MAX, "no server at {port}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn control(&self, what: &str) -> Command {
        let mut command = run("pg_ctl", &self.data);
        command.args(["--wait", "--timeout", "60", what]);
        command
    }
}

/// What a server answers.
async fn at(server: &Server, sql: &str) -> Vec<String> {
    let mut options = ConnectOptions::new(server.url());
    let session = Database::connect(options.max_connections(1).to_owned()).await.unwrap();
    let found = texts(&session, sql).await;
    session.close().await.unwrap();
    found
}

/// A tool of the latest PostgreSQL here.
fn tool(name: &str) -> PathBuf {
    let number = |version: &fs::DirEntry| version.file_name().to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir(INSTALLED).unwrap().map(Result::unwrap);
    versions.max_by_key(number).unwrap().path().join("bin").join(name)
}

/// A tool that works on a server's data, and refuses to do so as root.
fn run(name: &str, data: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(tool(name));
        command
    } else {
        Command::new(tool(name))
    };
    command.arg("-D").arg(data).current_dir("/");
    command
}

fn done(command: &mut Command) {
    assert!(quiet(command).status().unwrap().success(), "{command:?}");
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn is_root() -> bool {
    let asked = Command::new("id").arg("-u").output().unwrap();
    asked.stdout.trim_ascii() == b"0"
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
