//! Reading a JSON body field by field, so that an error can name the field, what was got and what is allowed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use zeroize::Zeroizing;

use super::Failure;
use crate::model::{Invalid, Problem};

/// The longest body read, and the longest query string.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// The greatest value of the vendor's Integer.
const MOST_COUNT: u32 = i32::MAX as u32;
/// Fields of which no message shows the value.
const SECRET_FIELDS: [&str; 2] = ["privateKey", "secret"];

/// The fields of a request, taken one by one.
pub(super) struct Fields {
    /// What errors put before the name of a field: `key` or `search`.
    object: &'static str,
    members: BTreeMap<String, Value>,
    pub(super) refused: Vec<Invalid>,
}

impl Fields {
    pub(super) const fn new(object: &'static str, members: BTreeMap<String, Value>) -> Self {
        Self { object, members, refused: Vec::new() }
    }

    /// Parses a body of the form `{"key": {...}}`, with that or another name for its one object. Nesting is bounded by the
    /// parser, at 128 levels.
    pub(super) fn parse(object: &'static str, body: &[u8]) -> Result<Self, Failure> {
        if body.len() > MOST_BYTES {
            let message = format!("the body is {} bytes, at most {MOST_BYTES}", body.len());
            return Err(Failure::general(400, "tooLarge", message));
        }
        let mut parser = serde_json::Deserializer::from_slice(body);
        let top = Level { depth: 0, object };
        let value = top.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
        let value =
            value.map_err(|error| Failure::general(400, "invalidJSON", format!("the body is no JSON: {error}")))?;
        let refuse = |problem, message: String| {
            Failure::of_fields(object, [Invalid::new(object, problem, message)])
                .unwrap_or_else(|| Failure::general(400, "invalidJSON", format!("the body has no {object}")))
        };
        let Value::Object(mut body) = value else {
            return Err(refuse(Problem::Missing, format!("the body is {}, allowed is an object", kind(&value))));
        };
        match body.remove(object) {
            Some(Value::Object(members)) => Ok(Self::new(object, members)),
            Some(Value::Twice) => Err(refuse(Problem::Invalid, format!("{object} comes twice, allowed is once"))),
            None | Some(Value::Null) => {
                Err(refuse(Problem::Missing, format!("{object} is missing, an object is needed")))
            }
            Some(other) => {
                Err(refuse(Problem::CouldNotParse, format!("{object} is {}, allowed is an object", kind(&other))))
            }
        }
    }

    pub(super) fn insert(&mut self, name: String, value: Value) {
        insert(&mut self.members, name, value);
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
        let number = value.integer();
        if number.is_none() {
            self.wrong_type(field, &value, "a whole number");
        }
        number
    }

    /// A whole number that counts something; `None` when it is not there or null, or was refused.
    pub(super) fn count(&mut self, field: &'static str) -> Option<u32> {
        let value = self.members.remove(field).filter(|value| !matches!(value, Value::Null))?;
        let allowed = format!("a whole number from 0 to {MOST_COUNT}");
        let Some(number) = value.integer() else {
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
            got => kind(got),
        };
        let message = format!("{field} is {got}, allowed is {allowed}");
        self.refuse(field, Problem::CouldNotParse, message);
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool => "a boolean".into(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a string".into(),
        Value::Untyped(text) => Invalid::quote(text),
        Value::Array => "an array".into(),
        Value::Object(_) => "an object".into(),
        Value::Twice => "given twice".into(),
    }
}

/// A value of a body. What no call looks at is not kept: a tree of JSON takes a hundred times the memory of its text.
pub(super) enum Value {
    Null,
    Bool,
    Number(Number),
    /// Perhaps a private key.
    String(Zeroizing<String>),
    /// Text of a query string, where numbers are written as texts are.
    Untyped(String),
    Array,
    Object(BTreeMap<String, Value>),
    /// Two values of one name. Readers differ on which of them counts, so neither does.
    Twice,
}

impl Value {
    fn integer(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            // A sign that JSON does not know either.
            Self::Untyped(text) => text.parse().ok().filter(|_| !text.starts_with('+')),
            _ => None,
        }
    }
}

/// Adds a value to those of its object.
fn insert(members: &mut BTreeMap<String, Value>, name: String, value: Value) {
    members.entry(name).and_modify(|known| *known = Value::Twice).or_insert(value);
}

/// Reads a value that stands so many objects deep. Of the body one object is kept, of that every member, of those nothing
/// inside.
#[derive(Clone, Copy)]
struct Level {
    depth: u8,
    object: &'static str,
}

impl Level {
    const fn inside(self) -> Self {
        Self { depth: self.depth.saturating_add(1), ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Bool)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(Zeroizing::new(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let inside = Self { depth: u8::MAX, ..self };
        while array.next_element_seed(inside)?.is_some() {}
        Ok(Value::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(self.inside())?;
            if self.depth == 1 || (self.depth == 0 && name == self.object) {
                insert(&mut members, name, value);
            }
        }
        Ok(Value::Object(members))
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
