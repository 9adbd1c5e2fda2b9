//! Auth0's error body.

use std::fmt;

use serde::Serialize;

use super::ConnectionId;
use crate::error::{Error, ErrorKind};
use crate::model::{Invalid, KeyUse};

/// What Auth0 answers when it does not do what was asked.
#[derive(Debug)]
pub struct Failure {
    body: ErrorBody,
    cause: Option<Error>,
}

/// The body of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ErrorBody {
    /// The HTTP status: 400, 404, 409, 500 or 503.
    pub status_code: u16,
    /// The status in words, as HTTP has them: `Not Found`.
    pub error: &'static str,
    /// For people.
    pub message: String,
    /// For programs: `invalid_body`, `invalid_uri`, `inexistent_connection` and so on.
    pub error_code: &'static str,
}

impl Failure {
    /// The HTTP status: 400, 404, 409, 500 or 503.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.body.status_code
    }

    /// The body.
    #[must_use]
    pub const fn body(&self) -> &ErrorBody {
        &self.body
    }

    /// The error of the store behind it, when it was one. For status 500 it says what the body does not.
    #[must_use]
    pub const fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    fn new(status_code: u16, error_code: &'static str, message: impl Into<String>) -> Self {
        let error = match status_code {
            400 => "Bad Request",
            404 => "Not Found",
            409 => "Conflict",
            503 => "Service Unavailable",
            _ => "Internal Server Error",
        };
        Self { body: ErrorBody { status_code, error, message: message.into(), error_code }, cause: None }
    }

    pub(super) fn invalid_body(message: impl fmt::Display) -> Self {
        Self::new(400, "invalid_body", format!("Payload validation error: {message}"))
    }

    pub(super) fn invalid_path(message: impl fmt::Display) -> Self {
        Self::new(400, "invalid_uri", format!("Path validation error: {message}"))
    }

    pub(super) fn no_certificate(of: &str) -> Self {
        let of = Invalid::quote(of);
        Self::new(400, NOT_SUPPORTED, format!("the keys of {of} are HMAC secrets, which have no certificate"))
    }

    pub(super) fn too_long(field: &str, length: usize, most: usize) -> Self {
        Self::new(400, NOT_SUPPORTED, format!("{field} is {length} characters, at most {most}"))
    }

    pub(super) fn no_connection(id: &ConnectionId) -> Self {
        Self::new(404, NO_CONNECTION, format!("there is no connection {} that has keys", Invalid::quote(id.as_str())))
    }

    pub(super) fn has_keys(id: &ConnectionId, key_use: KeyUse, cause: Error) -> Self {
        let (id, key_use) = (Invalid::quote(id.as_str()), key_use.name());
        let message = format!("the connection {id} has keys for {key_use}, which can be rotated");
        Self { cause: Some(cause), ..Self::new(409, CONFLICT, message) }
    }
}

const NOT_SUPPORTED: &str = "operation_not_supported";
const NO_CONNECTION: &str = "inexistent_connection";
const CONFLICT: &str = "conflict";

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind() {
            ErrorKind::InvalidInput => (400, "invalid_body"),
            ErrorKind::NotPossible | ErrorKind::Unsupported | ErrorKind::ReadOnly | ErrorKind::Refused => {
                (400, NOT_SUPPORTED)
            }
            ErrorKind::NotFound => (404, NO_CONNECTION),
            ErrorKind::Duplicate | ErrorKind::InUse => (409, CONFLICT),
            ErrorKind::Busy => (503, "service_unavailable"),
            _ => (500, "internal_error"),
        };
        // What is wrong with the file, and where it lies, is for the operator alone.
        let message = if status == 500 { "the store failed".into() } else { error.to_string() };
        Self { cause: Some(error), ..Self::new(status, code, message) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}: {}", self.body.status_code, self.body.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|error| error as _)
    }
}
