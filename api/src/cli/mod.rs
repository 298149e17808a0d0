//! The command line of `florin`: one file a command. A command reads its settings, calls services and
//! prints; it decides nothing that a service could decide.
//!
//! Answers go to standard output, progress and the log to standard error, so that a script can read
//! the one without the other.

mod archive;
mod books;
mod coupons;
mod demo;
mod import;
mod keys;
mod log;
mod migrate;
mod programme;
mod rules;
mod schema;
mod serve;
mod settle;
mod statement;
mod token;
mod verify;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Invalid, Log};

/// Many businesses, one points currency: earn at any of them, spend at any other, and know to the
/// last receipt who owes whom
///
/// Without settings Florin is complete in one folder, ./florin-data. With DATABASE_URL and REDIS_URL
/// any number of gateways share PostgreSQL and Redis. Every setting is a flag and an environment
/// variable; `florin COMMAND --help` tells those of a command.
#[derive(Debug, Parser)]
#[command(name = "florin", version, propagate_version = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    log: Log,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Migrate(migrate::Migrate),
    Import(import::Import),
    Programme(programme::Programme),
    Rules(rules::Rules),
    Coupons(coupons::Coupons),
    Verify(verify::Verify),
    Settle(settle::Settle),
    Statement(statement::Statement),
    Archive(archive::Archive),
    Token(token::Token),
    Keys(keys::Keys),
    Schema(schema::Schema),
}

/// Why a command stopped before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A setting that can't be used.
    #[error(transparent)]
    Setting(#[from] Invalid),
    /// A file that can't be read on.
    #[error(transparent)]
    Unreadable(#[from] import::Unreadable),
    /// No room for the rows that were refused.
    #[error(transparent)]
    Unwritable(#[from] import::Unwritable),
    /// A file of an archive that isn't what was sealed.
    #[error(transparent)]
    Damaged(#[from] archive::Damaged),
    /// What a use case answers. Whoever has a shell here may know what is behind it.
    #[error("{}", service::error::with_causes(.0))]
    Service(#[from] service::Error),
    /// Nothing to open.
    #[error(
        "there is no Florin in {}: `florin demo`, `florin serve` and `florin programme create` make one",
        folder.display()
    )]
    Nowhere {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Two archivers with one folder.
    #[error("another `florin archive` is at work in {}: wait until it has ended", folder.display())]
    Busy {
        /// Which.
        folder: PathBuf,
    },
    /// A database that doesn't answer.
    #[error("can't reach the database: {0}")]
    Unreachable(String),
    /// An address that can't be had.
    #[error("can't listen at {address}: {source}; choose another with --listen")]
    Taken {
        /// Which.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Tables of an older version.
    #[error("the database lacks {pending} migrations: stop the gateways and run `florin migrate`")]
    Outdated {
        /// How many.
        pending: usize,
    },
    /// The system gives no threads, or nobody reads what is printed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let Cli { command, log } = Cli::parse();
    match log::start(&log).map_err(Failure::from).and_then(|()| execute(command)) {
        Ok(code) => code,
        // Whoever reads what is printed has seen enough.
        Err(Failure::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("florin: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Demo(demo) => demo.run().await,
            Command::Serve(serve) => serve.run().await,
            Command::Migrate(migrate) => migrate.run().await,
            Command::Import(import) => import.run().await,
            Command::Programme(programme) => programme.run().await,
            Command::Rules(rules) => rules.run().await,
            Command::Coupons(coupons) => coupons.run().await,
            Command::Verify(verify) => verify.run().await,
            Command::Settle(settle) => settle.run().await,
            Command::Statement(statement) => statement.run().await,
            Command::Archive(archive) => archive.run().await,
            Command::Token(token) => token.run().await,
            Command::Keys(keys) => keys.run().await,
            Command::Schema(schema) => schema.run(),
        }
    })
}

#[cfg(test)]
mod tests {
    //! The command line as a whole.

    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn every_command_and_every_flag_explains_itself() {
        let mut commands = vec![Cli::command()];
        while let Some(command) = commands.pop() {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{argument} has no help");
            }
            commands.extend(command.get_subcommands().cloned());
        }
        Cli::command().debug_assert();
    }
}
