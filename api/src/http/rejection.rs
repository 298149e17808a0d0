//! A request that was refused before anything ran: no `data`, one code, one or more errors.

use std::time::Duration;

use async_graphql::{Pos, ServerError};

use super::limits::{ERRORS_MAX, MESSAGE_CHARS_MAX};
use crate::graphql::error::{ApiError, Fault, RETRY_AFTER};

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

    /// Several errors of one code, each with the places it is about: the first few, so that no
    /// document is answered with many times its length.
    pub(crate) fn all(fault: Fault, errors: impl IntoIterator<Item = (String, Vec<Pos>)>) -> Self {
        let errors = errors.into_iter().take(ERRORS_MAX).map(|(message, mut locations)| {
            let mut error = ServerError::new(shortened(message), None);
            locations.truncate(ERRORS_MAX);
            error.locations = locations;
            error.extensions = Some(fault.extensions());
            error
        });
        Self { fault, errors: errors.collect() }
    }

    /// The same, worth another try after a while.
    #[must_use]
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        for error in &mut self.errors {
            let extensions = error.extensions.get_or_insert_default();
            extensions.set(RETRY_AFTER, wait.as_secs().max(1));
        }
        self
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

fn shortened(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARS_MAX) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// A use case's error before anything ran: a token that doesn't hold, for one.
impl From<service::Error> for Rejection {
    fn from(error: service::Error) -> Self {
        let (fault, wait) = (Fault::from(&error), error.retry_after());
        let shown = async_graphql::Error::from(ApiError::from(error));
        let rejection = Self::new(fault, shown.message);
        match wait {
            Some(wait) => rejection.retry_after(wait),
            None => rejection,
        }
    }
}
