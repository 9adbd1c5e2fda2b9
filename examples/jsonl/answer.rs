//! An answer: a status, and a body or an error.

use keystead::{Error, ErrorKind};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Body(Option<String>),
    Error { kind: String, message: String },
}

impl Answer {
    pub(crate) fn ok(body: &impl Serialize) -> Self {
        match serde_json::to_string(body) {
            Ok(body) => Self { status: 200, content: Content::Body(Some(body)) },
            Err(error) => Self::error(500, "Internal", error),
        }
    }

    /// A vendor's answer stands as it is; no body is `null`.
    pub(crate) fn vendor(status: u16, body: Option<String>) -> Self {
        Self { status, content: Content::Body(body) }
    }

    pub(crate) fn invalid(message: impl ToString) -> Self {
        Self::error(400, "InvalidInput", message)
    }

    pub(crate) fn unsupported(call: &str) -> Self {
        Self::error(422, "Unsupported", format!("call is {}, which this version does not know", quoted(call)))
    }

    pub(crate) fn failed(error: &Error) -> Self {
        let status = match error.kind() {
            ErrorKind::InvalidInput | ErrorKind::NotAKeystore => 400,
            ErrorKind::WrongKey | ErrorKind::ReadOnly | ErrorKind::Refused => 403,
            ErrorKind::NotFound => 404,
            ErrorKind::Duplicate
            | ErrorKind::AlreadyExists
            | ErrorKind::Ambiguous
            | ErrorKind::InUse
            | ErrorKind::RolledBack
            | ErrorKind::Rekeyed => 409,
            ErrorKind::NotPossible | ErrorKind::Unsupported | ErrorKind::TooNew => 422,
            ErrorKind::Busy => 503,
            _ => 500,
        };
        Self::error(status, &format!("{:?}", error.kind()), error)
    }

    fn error(status: u16, kind: &str, message: impl ToString) -> Self {
        Self { status, content: Content::Error { kind: kind.into(), message: message.to_string() } }
    }

    /// One line of JSON.
    pub(crate) fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct WithBody<'a> {
            status: u16,
            body: Option<&'a RawValue>,
        }
        let json = match &self.content {
            Content::Body(body) => {
                let body = body.as_deref().map(serde_json::from_str::<&RawValue>).transpose();
                body.and_then(|body| serde_json::to_string(&WithBody { status: self.status, body }))
            }
            Content::Error { kind, message } => {
                Ok(json!({ "status": self.status, "error": { "kind": kind, "message": message } }).to_string())
            }
        };
        json.unwrap_or_else(|_| {
            r#"{"status":500,"error":{"kind":"Internal","message":"the answer is no JSON"}}"#.into()
        })
    }
}

/// A text for a message, escaped and cut.
pub(crate) fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    format!("'{shown}'")
}
