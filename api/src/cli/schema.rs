//! `florin schema`: the GraphQL schema as text, the same bytes as the committed `schema.graphql`.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;

use super::Failure;

/// Print the GraphQL schema
///
/// Sorted and described, in the schema definition language: what code generators for clients read.
#[derive(Args, Debug)]
#[command(after_long_help = "Example:\n  florin schema > schema.graphql")]
pub(super) struct Schema {}

impl Schema {
    pub(super) fn run(self) -> Result<ExitCode, Failure> {
        io::stdout().write_all(crate::graphql::sdl().as_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
