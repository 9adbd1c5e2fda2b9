//! FusionAuth's error body.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::error::{Error, ErrorKind};
use crate::model::{Invalid, Problem};

/// What FusionAuth answers when it does not do what was asked: a status, and for 400 and 503 a body.
#[derive(Debug)]
pub struct Failure {
    status: u16,
    errors: Option<Errors>,
    cause: Option<Error>,
}

/// The body of a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Errors {
    /// Field, as `key.name` or `search.orderBy`, to what is wrong with it.
    pub field_errors: BTreeMap<String, Vec<FieldError>>,
    /// What concerns no single field.
    pub general_errors: Vec<FieldError>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldError {
    /// For programs: `[blank]key.name`, `[invalid]search.orderBy` and so on.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Failure {
    /// The HTTP status: 400, 404, 500 or 503.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The body. 404 and 500 have none.
    #[must_use]
    pub const fn errors(&self) -> Option<&Errors> {
        self.errors.as_ref()
    }

    /// The error of the store behind it, when it was one.
    #[must_use]
    pub const fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }

    /// 400 for fields of an object that were refused. `None` when there are none.
    pub(super) fn of_fields(object: &str, invalid: impl IntoIterator<Item = Invalid>) -> Option<Self> {
        let mut errors = Errors::default();
        for invalid in invalid {
            errors.add(code_of(invalid.problem), object, invalid.field, invalid.message);
        }
        (!errors.field_errors.is_empty()).then_some(Self { status: 400, errors: Some(errors), cause: None })
    }

    pub(super) fn general(status: u16, code: &str, message: impl Into<String>) -> Self {
        let error = FieldError { code: format!("[{code}]"), message: message.into() };
        let errors = Errors { general_errors: vec![error], ..Errors::default() };
        Self { status, errors: Some(errors), cause: None }
    }
}

impl Errors {
    /// A field that is named as the object is the object itself, any other stands below it.
    fn add(&mut self, code: &str, object: &str, field: &str, message: String) {
        let field = if field == object { field.into() } else { format!("{object}.{field}") };
        let code = format!("[{code}]{field}");
        self.field_errors.entry(field).or_default().push(FieldError { code, message });
    }
}

const fn code_of(problem: Problem) -> &'static str {
    match problem {
        Problem::Blank => "blank",
        Problem::Missing => "missing",
        Problem::Invalid | Problem::Unsupported => "invalid",
        Problem::InvalidLength => "invalidLength",
        Problem::CouldNotParse => "couldNotParse",
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let field = error.field();
        let code = match (error.kind(), error.problem()) {
            (ErrorKind::InvalidInput | ErrorKind::Unsupported, Some(problem)) => Some(code_of(problem)),
            (ErrorKind::Duplicate, _) => Some("duplicate"),
            (ErrorKind::InUse, _) => Some("inUse"),
            _ => None,
        };
        let mut failure = match (error.kind(), code) {
            (_, Some(code)) => {
                let mut errors = Errors::default();
                // A store only refuses what it is to change, which is a key.
                errors.add(code, "key", field.unwrap_or("id"), message);
                Self { status: 400, errors: Some(errors), cause: None }
            }
            (ErrorKind::NotFound, _) => Self { status: 404, errors: None, cause: None },
            (ErrorKind::Busy, _) => Self::general(503, "busy", message),
            (ErrorKind::ReadOnly | ErrorKind::NotPossible | ErrorKind::Ambiguous | ErrorKind::Refused, _) => {
                Self::general(400, "notPossible", message)
            }
            _ => Self { status: 500, errors: None, cause: None },
        };
        failure.cause = Some(error);
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}", self.status)?;
        let errors = self.errors.iter();
        for error in errors.flat_map(|errors| errors.field_errors.values().flatten().chain(&errors.general_errors)) {
            write!(f, ", {}: {}", error.code, error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|error| error as _)
    }
}
