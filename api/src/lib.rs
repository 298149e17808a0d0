//! The edge: HTTP, GraphQL and the command line. It parses, authenticates, calls one service
//! function and renders; it knows no table and no Redis.

pub mod cli;
pub mod config;
pub mod graphql;
pub mod http;
