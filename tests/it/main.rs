//! The one test binary: what Florin does, asked from outside.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise, its helpers too")]

mod cli;
mod http;
mod schema;
mod tidy;
