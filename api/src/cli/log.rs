//! The log: to standard error, for people or for machines.

use std::io::{self, IsTerminal};

use crate::config::{Invalid, Log, LogFormat};

/// Starts it, once a process.
pub(super) fn start(log: &Log) -> Result<(), Invalid> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(log.filter()?)
        .with_writer(io::stderr)
        // A log that can't be written is no reason to fail: told on the same stream, it would be.
        .log_internal_errors(false)
        .with_ansi(io::stderr().is_terminal());
    match log.format {
        LogFormat::Pretty => builder.compact().init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
