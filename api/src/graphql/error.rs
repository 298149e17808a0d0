//! The only mapping from what a use case answers to a GraphQL error, and the closed list of codes
//! that `extensions.code` takes.
//!
//! [`ApiError`] has no `Display`, so the library's blanket conversion can't walk past this file.

use std::sync::Arc;

use async_graphql::ErrorExtensionValues;
use service::Error;
use service::error::with_causes;

/// What resolvers return.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// Every value of `extensions.code`. Part of the schema: never renamed, and added to with care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No token, or one that doesn't hold.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// A value that can't be what it should.
    BadUserInput,
    /// Not GraphQL.
    GraphqlParseFailed,
    /// GraphQL that doesn't fit the schema.
    GraphqlValidationFailed,
    /// A document asked for by a hash that isn't known here.
    PersistedQueryNotFound,
    /// Over one of the published limits of a document.
    DocumentTooComplex,
    /// More asked for than the caller's share; try later.
    Throttled,
    /// The server is full; try later.
    Overloaded,
    /// The object has changed since it was read.
    Conflict,
    /// Outcome unknown; send the same again.
    Unavailable,
    /// Our fault.
    Internal,
}

impl Fault {
    /// How it is written in `extensions.code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::DocumentTooComplex => "DOCUMENT_TOO_COMPLEX",
            Self::Throttled => "THROTTLED",
            Self::Overloaded => "OVERLOADED",
            Self::Conflict => "CONFLICT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// The `extensions` of an error with this code.
    pub(crate) fn extensions(self) -> ErrorExtensionValues {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code());
        extensions
    }
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        match error {
            Error::Unauthenticated(_) => Self::Unauthenticated,
            Error::Forbidden(_) => Self::Forbidden,
            Error::Refused(_) | Error::BadInput { .. } => Self::BadUserInput,
            Error::Conflict(_) => Self::Conflict,
            Error::Throttled { .. } => Self::Throttled,
            Error::Overloaded { .. } => Self::Overloaded,
            Error::Unavailable(_) => Self::Unavailable,
            Error::Internal(_) => Self::Internal,
        }
    }
}

/// An error on its way to the client. Shared, since a loader may answer many fields with one.
#[derive(Clone, Debug)]
pub struct ApiError(Arc<Error>);

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

/// The extension that says in how many seconds another try is worth it; over HTTP, `Retry-After` says
/// the same.
pub(crate) const RETRY_AFTER: &str = "retryAfterSeconds";

/// What a client reads about an error that is ours; the rest is in the log, under the request id.
pub(crate) const INTERNAL_MESSAGE: &str = "something went wrong on our side";

impl From<ApiError> for async_graphql::Error {
    fn from(ApiError(error): ApiError) -> Self {
        let fault = Fault::from(&*error);
        if matches!(fault, Fault::Internal | Fault::Unavailable) {
            tracing::error!(error = with_causes(&*error), "request failed");
        }
        let mut extensions = fault.extensions();
        match &*error {
            Error::BadInput { path, .. } if !path.is_empty() => {
                extensions.set("argument", path.as_str());
            }
            _ => {}
        }
        if let Some(wait) = error.retry_after() {
            extensions.set(RETRY_AFTER, wait.as_secs());
        }
        let message = match fault {
            Fault::Internal => INTERNAL_MESSAGE.to_owned(),
            _ => error.to_string(),
        };
        Self { extensions: Some(extensions), ..Self::new(message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_faults_say_nothing_of_their_cause() {
        let error = Error::internal("password of the database");
        let shown = async_graphql::Error::from(ApiError::from(error));
        assert_eq!(shown.message, INTERNAL_MESSAGE);
        assert_eq!(shown.extensions.unwrap().get("code"), Some(&"INTERNAL".into()));
    }
}
