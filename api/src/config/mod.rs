//! Every setting of Florin, in one place: its flag, its environment variable, its default, and what
//! `--help` says of it. Commands take the groups that they need.
//!
//! Settings are parsed here and nowhere else, so that a wrong one stops the program before it has
//! done anything, with a message that says what would be right. Nothing here opens a connection.

mod master_key;
mod replica;
mod secret;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::http::HeaderValue;
use clap::{Args, ValueEnum};
use service::Location;
use tracing_subscriber::EnvFilter;

use crate::http::COST_PER_SECOND;

pub use master_key::MasterKey;
pub use replica::Replica;
pub use secret::Secret;

/// A setting that can't be used, and what would be right.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct Invalid {
    setting: &'static str,
    problem: String,
}

impl Invalid {
    pub(crate) fn new(setting: &'static str, problem: impl Into<String>) -> Self {
        Self { setting, problem: problem.into() }
    }
}

/// What goes to the log, and how it looks. It goes to standard error.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Log")]
pub struct Log {
    /// What to log: a level, or levels by module
    ///
    /// `error`, `warn`, `info`, `debug` or `trace`, alone or by module: `warn,service::ledger=debug`.
    #[arg(
        long = "log",
        env = "FLORIN_LOG",
        value_name = "FILTER",
        default_value = "warn,api=info,service=info",
        global = true
    )]
    filter: String,

    /// How a line of the log looks
    #[arg(
        long = "log-format",
        env = "FLORIN_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "pretty",
        global = true
    )]
    pub format: LogFormat,
}

impl Log {
    /// What to log.
    ///
    /// # Errors
    /// When it is no filter.
    pub fn filter(&self) -> Result<EnvFilter, Invalid> {
        let right = "expected a level, or MODULE=LEVEL pairs separated by commas";
        EnvFilter::try_new(&self.filter).map_err(|_| Invalid::new("FLORIN_LOG", right))
    }
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Pretty,
    /// One JSON object a line, for machines
    Json,
}

/// Where the books are kept.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Storage")]
pub struct Storage {
    /// The folder of an embedded Florin: its SQLite database and its master key
    ///
    /// Made when it isn't there. Not used when DATABASE_URL is set.
    #[arg(long, env = "FLORIN_DATA", value_name = "DIR", default_value = "./florin-data")]
    pub data: PathBuf,

    /// A PostgreSQL database (15 or later) instead of the embedded one
    ///
    /// `postgres://USER:PASSWORD@HOST/DATABASE`. The user needs to own nothing: `florin migrate` makes
    /// the tables as another. Better given in the environment than here, where others may see it.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<Secret>,

    /// A Redis (7 or later) that several gateways share, for wake-ups and rate limits
    ///
    /// `redis://HOST:PORT` or `rediss://…`. Without it each gateway does these for itself. Redis holds
    /// nothing that can't be rebuilt.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<Secret>,

    /// What every key and channel in Redis begins with
    ///
    /// Gateways over the same books need the same; other users of that Redis, another.
    #[arg(long, env = "FLORIN_REDIS_PREFIX", value_name = "TEXT", default_value = "florin")]
    redis_prefix: String,

    /// 32 random bytes in base64 that encrypt the signing keys in the database
    ///
    /// Make one with `openssl rand -base64 32` and give it in the environment. Needed with
    /// DATABASE_URL; an embedded Florin makes its own, `master.key` in the folder of its data.
    #[arg(long, env = "FLORIN_MASTER_KEY", value_name = "KEY", hide_env_values = true)]
    master_key: Option<Secret>,

    /// Start even if PostgreSQL may lose what it has acknowledged
    ///
    /// Florin refuses a server that runs with `fsync`, `full_page_writes` or `synchronous_commit` off.
    /// For trials with books that don't matter.
    #[arg(long, env = "FLORIN_ALLOW_UNSAFE_POSTGRES")]
    pub allow_unsafe_postgres: bool,
}

const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];
const REDIS: [&str; 2] = ["redis://", "rediss://"];

impl Storage {
    /// The database to use.
    ///
    /// # Errors
    /// When its address is of no known kind.
    pub fn database(&self) -> Result<Location, Invalid> {
        match &self.database_url {
            None => Ok(Location::Sqlite(self.data.join("florin.sqlite"))),
            Some(url) => postgres("DATABASE_URL", url),
        }
    }

    /// Makes the folder of an embedded Florin, which nobody else may look into.
    ///
    /// # Errors
    /// When the folder can't be made.
    pub fn prepare(&self) -> Result<(), Invalid> {
        if self.database_url.is_some() || self.data.is_dir() {
            return Ok(());
        }
        let mut folder = std::fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        let made = folder.create(&self.data);
        made.map_err(|error| {
            Invalid::new("--data", format!("can't make {}: {error}", self.data.display()))
        })
    }

    /// The Redis to use, if any.
    ///
    /// # Errors
    /// When its address is of no known kind.
    pub fn redis(&self) -> Result<Option<Secret>, Invalid> {
        let right = "expected redis://HOST:PORT or rediss://HOST:PORT";
        let checked =
            self.redis_url.as_ref().map(|url| starts_with(url, &REDIS, "REDIS_URL", right));
        checked.transpose()
    }

    /// What every key and channel in Redis begins with.
    ///
    /// # Errors
    /// When it isn't a short word.
    pub fn redis_prefix(&self) -> Result<&str, Invalid> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_:/.".contains(c);
        let prefix = self.redis_prefix.as_str();
        if (1..=64).contains(&prefix.len()) && prefix.chars().all(is_allowed) {
            return Ok(prefix);
        }
        let right = "expected 1 to 64 letters, digits, and - _ : / .";
        Err(Invalid::new("FLORIN_REDIS_PREFIX", right))
    }

    /// The key that encrypts what must not be read in the database. An embedded Florin makes it at
    /// its first start.
    ///
    /// # Errors
    /// When it is missing, weak, or its file is open to others.
    pub fn master_key(&self) -> Result<MasterKey, Invalid> {
        match (&self.master_key, &self.database_url) {
            (Some(key), _) => MasterKey::parse(key.expose()),
            (None, Some(_)) => Err(Invalid::new(
                "FLORIN_MASTER_KEY",
                "needed with DATABASE_URL; make one with `openssl rand -base64 32`",
            )),
            (None, None) => MasterKey::in_folder(&self.data),
        }
    }
}

/// What only the owner of the tables may do.
#[derive(Args, Clone, Debug)]
pub struct Owner {
    /// The PostgreSQL address of the user who owns the tables
    ///
    /// `florin migrate` makes and alters them as this user, and grants the user of DATABASE_URL what a
    /// gateway needs, which isn't the right to change history. Without it, DATABASE_URL is used.
    #[arg(
        long,
        env = "DATABASE_OWNER_URL",
        value_name = "URL",
        hide_env_values = true,
        help_heading = "Storage"
    )]
    database_owner_url: Option<Secret>,
}

impl Owner {
    /// The database as its owner sees it.
    ///
    /// # Errors
    /// When its address is of no known kind.
    pub fn database(&self, storage: &Storage) -> Result<Location, Invalid> {
        match &self.database_owner_url {
            None => storage.database(),
            Some(url) => postgres("DATABASE_OWNER_URL", url),
        }
    }
}

fn postgres(setting: &'static str, url: &Secret) -> Result<Location, Invalid> {
    let right = "expected postgres://USER:PASSWORD@HOST/DATABASE; for SQLite leave it out and choose \
                 the folder with --data";
    starts_with(url, &POSTGRES, setting, right)
        .map(|url| Location::Postgres(url.expose().to_owned()))
}

/// The address itself stays out of the message: it may hold a password.
fn starts_with(
    url: &Secret,
    schemes: &[&str],
    setting: &'static str,
    right: &str,
) -> Result<Secret, Invalid> {
    let has =
        |scheme: &&str| url.expose().len() > scheme.len() && url.expose().starts_with(*scheme);
    if schemes.iter().any(has) {
        return Ok(url.clone());
    }
    Err(Invalid::new(setting, right))
}

/// What kind of place this is, and its name to the world.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Gateway")]
pub struct Site {
    /// The address by which clients reach Florin, and the issuer of its tokens
    ///
    /// `https://HOST`, without a path. In development it is http://localhost:8080, on whatever port it
    /// listens: a token says who made it, not where.
    #[arg(long, env = "FLORIN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,

    /// What kind of place this is
    #[arg(long = "env", env = "FLORIN_ENV", value_name = "KIND", default_value = "development")]
    pub environment: Environment,
}

/// What kind of place a gateway runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// GraphiQL at `/`, introspection for everyone
    Development,
    /// No GraphiQL, no introspection for the anonymous, a public address over HTTPS
    Production,
}

impl Site {
    /// The issuer of tokens.
    ///
    /// # Errors
    /// When it is missing in production, or is not the root of an HTTP server.
    pub fn issuer(&self) -> Result<String, Invalid> {
        let invalid = |problem: &str| Err(Invalid::new("FLORIN_PUBLIC_URL", problem));
        let is_production = self.environment == Environment::Production;
        let Some(url) = &self.public_url else {
            return match is_production {
                true => invalid("needed in production: the https:// address that clients use"),
                false => Ok("http://localhost:8080".to_owned()),
            };
        };
        let host = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(host), _) => host,
            (None, Some(_)) if is_production => {
                return invalid("in production it starts with https://");
            }
            (None, Some(host)) => host,
            (None, None) => return invalid("expected https://HOST or http://HOST"),
        };
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
            return invalid("expected a host and perhaps a port, without user, path or query");
        }
        Ok(url.trim_end_matches('/').to_owned())
    }
}

/// How a gateway takes its connections.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Gateway")]
pub struct Gateway {
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        env = "FLORIN_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: SocketAddr,

    /// Connections that are open at a time; others wait
    #[arg(long, env = "FLORIN_CONNECTIONS_MAX", value_name = "NUMBER", default_value = "10000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_max: u32,

    /// Memory for requests under way, in MiB; whoever finds too little left is told to come again
    ///
    /// A quarter is for requests without a token. Beside it go the books' caches and, for each connection, up to some hundred KiB.
    #[arg(long, env = "FLORIN_REQUEST_MEMORY", value_name = "MIB", default_value = "256", value_parser = clap::value_parser!(u32).range(32..=1_000_000))]
    pub request_memory: u32,

    /// What each client may spend on requests every second, and ten times that at once
    ///
    /// A receipt of five lines costs some 26. A partner's API clients share theirs, a member has its own.
    /// All gateways over the same books need the same.
    #[arg(long, env = "FLORIN_COST_PER_SECOND", value_name = "COST", default_value_t = COST_PER_SECOND, value_parser = clap::value_parser!(u64).range(100..=100_000_000))]
    pub cost_per_second: u64,

    /// Origins whose web pages may ask, as `https://app.example`, separated by commas
    ///
    /// In development pages of any origin may.
    #[arg(
        long = "allow-origins",
        env = "FLORIN_ALLOW_ORIGINS",
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub allowed_origins: Vec<HeaderValue>,

    /// Believe the client's address that a proxy gives in X-Forwarded-For
    ///
    /// Only behind a proxy of one's own that sets it: anyone can send that header.
    #[arg(long, env = "FLORIN_TRUST_PROXY")]
    pub trust_proxy: bool,
}

/// What a browser sends as `Origin` (RFC 6454): scheme, host, perhaps a port, and nothing more.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_host = |host: &&str| {
        let is_allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:[]".contains(c);
        !host.is_empty() && host.chars().all(is_allowed)
    };
    let origin = host.filter(is_host).and_then(|_| HeaderValue::from_str(text).ok());
    origin.ok_or_else(|| "expected https://HOST in small letters, without a path".to_owned())
}

#[cfg(test)]
mod tests;
