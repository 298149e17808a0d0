//! A request that was refused before anything ran: no `data`, one code, one or more errors.

use async_graphql::{Pos, ServerError};

use crate::graphql::error::Fault;

/// Why nothing ran.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    fault: Fault,
    errors: Vec<ServerError>,
}

impl Rejection {
    /// One error, at no place in particular.
    pub(crate) fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self::all(fault, [(message.into(), Vec::new())])
    }

    /// Several errors of one code, each with the places it is about.
    pub(crate) fn all(fault: Fault, errors: impl IntoIterator<Item = (String, Vec<Pos>)>) -> Self {
        let errors = errors.into_iter().map(|(message, locations)| {
            let mut error = ServerError::new(message, None);
            error.locations = locations;
            error.extensions = Some(fault.extensions());
            error
        });
        Self { fault, errors: errors.collect() }
    }

    /// The code that all its errors share.
    pub(crate) fn fault(&self) -> Fault {
        self.fault
    }

    /// What the client reads.
    pub(crate) fn into_errors(self) -> Vec<ServerError> {
        self.errors
    }
}
