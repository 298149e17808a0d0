//! Who may come in: tokens, the keys that sign them, and the clients that ask for them.
//!
//! Tokens are JWTs signed with Ed25519 by keys of the database. The algorithm comes from here,
//! never from a token's header; `jwk`, `jku` and `x5u` are ignored.

pub mod clients;
