//! Everything between a socket and the schema: routes, guards, protocols, limits. No business rule
//! and no table is known here.

mod document;
mod guard;
pub(crate) mod limits;
mod rejection;
