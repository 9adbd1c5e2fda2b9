//! Reading a JSON body field by field, so that an error can name the field, what was got and what is allowed.

use super::Failure;
use crate::api::json::{self, Members, Shape, Unreadable, Value};
use crate::model::{Invalid, Problem};

/// The greatest value of the vendor's Integer.
const MOST_COUNT: u32 = i32::MAX as u32;
/// Fields of which no message shows the value.
const SECRET_FIELDS: [&str; 2] = ["privateKey", "secret"];

/// The fields of a request, taken one by one.
pub(super) struct Fields {
    /// What errors put before the name of a field: `key` or `search`.
    object: &'static str,
    members: Members,
    pub(super) refused: Vec<Invalid>,
}

impl Fields {
    pub(super) const fn new(object: &'static str, members: Members) -> Self {
        Self { object, members, refused: Vec::new() }
    }

    /// Parses a body of the form `{"key": {...}}`, with that or another name for its one object.
    pub(super) fn parse(object: &'static str, body: &[u8]) -> Result<Self, Failure> {
        let shape = [(object, Shape::Members(&Shape::Scalar))];
        let value = json::read(body, Shape::Object(&shape)).map_err(|unreadable| match unreadable {
            Unreadable::TooLarge(message) => Failure::general(400, "tooLarge", message),
            Unreadable::NoJson(message) => Failure::general(400, "invalidJSON", message),
        })?;
        let refuse = |problem, message: String| {
            Failure::of_fields(object, [Invalid::new(object, problem, message)])
                .unwrap_or_else(|| Failure::general(400, "invalidJSON", format!("the body has no {object}")))
        };
        let Value::Object(mut body) = value else {
            return Err(refuse(Problem::Missing, format!("the body is {}, allowed is an object", value.kind())));
        };
        match body.remove(object) {
            Some(Value::Object(members)) => Ok(Self::new(object, members)),
            Some(Value::Twice) => Err(refuse(Problem::Invalid, format!("{object} comes twice, allowed is once"))),
            None | Some(Value::Null) => {
                Err(refuse(Problem::Missing, format!("{object} is missing, an object is needed")))
            }
            Some(other) => {
                Err(refuse(Problem::CouldNotParse, format!("{object} is {}, allowed is an object", other.kind())))
            }
        }
    }

    pub(super) fn insert(&mut self, name: String, value: Value) {
        json::insert(&mut self.members, name, value);
    }

    /// A text; `None` when it is not there or null, or was refused.
    pub(super) fn text(&mut self, field: &'static str) -> Option<String> {
        match self.members.remove(field)? {
            Value::Null => None,
            Value::String(mut text) => Some(std::mem::take(&mut *text)),
            Value::Untyped(text) => Some(text),
            other => {
                self.wrong_type(field, &other, "a string");
                None
            }
        }
    }

    /// A whole number; `None` when it is not there or null, or was refused.
    pub(super) fn integer(&mut self, field: &'static str) -> Option<i64> {
        let value = self.members.remove(field).filter(|value| !matches!(value, Value::Null))?;
        let number = integer(&value);
        if number.is_none() {
            self.wrong_type(field, &value, "a whole number");
        }
        number
    }

    /// A whole number that counts something; `None` when it is not there or null, or was refused.
    pub(super) fn count(&mut self, field: &'static str) -> Option<u32> {
        let value = self.members.remove(field).filter(|value| !matches!(value, Value::Null))?;
        let allowed = format!("a whole number from 0 to {MOST_COUNT}");
        let Some(number) = integer(&value) else {
            self.wrong_type(field, &value, &allowed);
            return None;
        };
        let count = u32::try_from(number).ok().filter(|count| *count <= MOST_COUNT);
        if count.is_none() {
            let message = format!("{field} is the number {number}, allowed is {allowed}");
            self.refuse(field, Problem::Invalid, message);
        }
        count
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
        let object = self.object;
        Failure::of_fields(object, self.refused)
            .unwrap_or_else(|| Failure::general(400, "invalidJSON", format!("the {object} is not valid")))
    }

    fn wrong_type(&mut self, field: &'static str, got: &Value, allowed: &str) {
        let got = match got {
            Value::Twice => {
                return self.refuse(field, Problem::Invalid, format!("{field} comes twice, allowed is once"));
            }
            // A secret of digits is one all the same.
            Value::Number(_) if SECRET_FIELDS.contains(&field) => "a number".into(),
            got => got.kind(),
        };
        let message = format!("{field} is {got}, allowed is {allowed}");
        self.refuse(field, Problem::CouldNotParse, message);
    }
}

/// A whole number, also as a query string has it.
fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        // A sign that JSON does not know either.
        Value::Untyped(text) => text.parse().ok().filter(|_| !text.starts_with('+')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> String {
        match Fields::parse("key", body.as_bytes()) {
            Ok(mut fields) => {
                fields.text("privateKey");
                fields.integer("length");
                fields.into_failure().to_string()
            }
            Err(failure) => failure.to_string(),
        }
    }

    /// Another reader of the same body could take the other value.
    #[test]
    fn nothing_comes_twice() {
        let lines = [
            r#"{"key":{"privateKey":"a","x":1,"privateKey":"a","x":2}}"#,
            r#"{"key":{"length":null,"length":2048}}"#,
            r#"{"key":{"length":1,"length":2,"length":3}}"#,
            r#"{"key":{},"key":{}}"#,
            r#"{"key":null,"x":1,"x":2,"k\u0065y":{}}"#,
        ]
        .map(refused);
        insta::assert_snapshot!(lines.join("\n"), @r"
        status 400, [invalid]key.privateKey: privateKey comes twice, allowed is once
        status 400, [invalid]key.length: length comes twice, allowed is once
        status 400, [invalid]key.length: length comes twice, allowed is once
        status 400, [invalid]key: key comes twice, allowed is once
        status 400, [invalid]key: key comes twice, allowed is once
        ");
    }
}
