//! Reading a JSON body field by field, so that an error can name the field, what was got and what is allowed.

use serde_json::{Map, Value};

use super::Failure;
use crate::model::{Invalid, Problem};

/// The longest body read.
const MOST_BYTES: usize = 1 << 20;

/// The object `key` of a body, whose fields are taken one by one.
pub(super) struct Fields {
    key: Map<String, Value>,
    pub(super) refused: Vec<Invalid>,
}

impl Fields {
    /// Parses a body of the form `{"key": {...}}`. Nesting is bounded by the parser, at 128 levels.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.len() > MOST_BYTES {
            let message = format!("the body is {} bytes, at most {MOST_BYTES}", body.len());
            return Err(Failure::general(400, "tooLarge", message));
        }
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| Failure::general(400, "invalidJSON", format!("the body is no JSON: {error}")))?;
        let refuse = |problem, message: String| {
            Failure::of_fields([Invalid::new("key", problem, message)])
                .unwrap_or_else(|| Failure::general(400, "invalidJSON", "the body has no key"))
        };
        let Value::Object(mut body) = value else {
            return Err(refuse(Problem::Missing, format!("the body is {}, allowed is an object", kind(&value))));
        };
        match body.remove("key") {
            Some(Value::Object(key)) => Ok(Self { key, refused: Vec::new() }),
            None | Some(Value::Null) => Err(refuse(Problem::Missing, "key is missing, an object is needed".into())),
            Some(other) => {
                Err(refuse(Problem::CouldNotParse, format!("key is {}, allowed is an object", kind(&other))))
            }
        }
    }

    /// A text; `None` when it is not there or null, or was refused.
    pub(super) fn text(&mut self, field: &'static str) -> Option<String> {
        match self.key.remove(field)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => {
                self.wrong_type(field, &other, "a string");
                None
            }
        }
    }

    /// A whole number; `None` when it is not there or null, or was refused.
    pub(super) fn integer(&mut self, field: &'static str) -> Option<i64> {
        match self.key.remove(field)? {
            Value::Null => None,
            Value::Number(number) if number.is_i64() => number.as_i64(),
            other => {
                self.wrong_type(field, &other, "a whole number");
                None
            }
        }
    }

    /// Notes a failed check and goes on, so that an answer names every field that is wrong.
    pub(super) fn keep<T>(&mut self, outcome: Result<T, Invalid>) -> Option<T> {
        outcome.map_err(|invalid| self.refused.push(invalid)).ok()
    }

    pub(super) fn refuse(&mut self, field: &'static str, problem: Problem, message: impl Into<String>) {
        self.refused.push(Invalid::new(field, problem, message));
    }

    pub(super) fn missing(&mut self, field: &'static str) {
        if !self.refused.iter().any(|invalid| invalid.field == field) {
            self.refused.push(Invalid::new(field, Problem::Missing, format!("{field} is missing")));
        }
    }

    /// The failure that names everything refused so far.
    pub(super) fn into_failure(self) -> Failure {
        Failure::of_fields(self.refused).unwrap_or_else(|| Failure::general(400, "invalidJSON", "the key is not valid"))
    }

    fn wrong_type(&mut self, field: &'static str, got: &Value, allowed: &str) {
        let message = format!("{field} is {}, allowed is {allowed}", kind(got));
        self.refused.push(Invalid::new(field, Problem::CouldNotParse, message));
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "a boolean".into(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a string".into(),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}
