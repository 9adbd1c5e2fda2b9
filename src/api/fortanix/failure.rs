//! What Fortanix answers when it does not do what was asked.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// A status, and a text for people: the vendor's error bodies are plain text.
#[derive(Debug)]
pub struct Failure {
    status: u16,
    message: String,
    cause: Option<Error>,
}

impl Failure {
    /// The HTTP status: 400, 403, 404, 409, 422, 500 or 503.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body, without a line end.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error of the store behind it, when it was one. For status 500 it says what the body does not.
    #[must_use]
    pub const fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into(), cause: None }
    }

    pub(super) fn not_found(what: impl fmt::Display) -> Self {
        Self { status: 404, message: format!("there is no {what}"), cause: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidInput => 400,
            ErrorKind::Refused => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Duplicate => 409,
            ErrorKind::NotPossible | ErrorKind::Unsupported | ErrorKind::ReadOnly => 422,
            ErrorKind::Busy => 503,
            _ => 500,
        };
        // What is wrong with the file, and where it lies, is for the operator alone.
        let message = if status == 500 { "the store failed".into() } else { error.to_string() };
        Self { status, message, cause: Some(error) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}: {}", self.status, self.message)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|error| error as _)
    }
}
