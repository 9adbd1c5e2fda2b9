//! Reading a JSON body field by field, so that an error can name the field, what was got and what is allowed.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use zeroize::Zeroizing;

use super::Failure;
use crate::model::{Invalid, Problem};

/// The longest body read.
const MOST_BYTES: usize = 1 << 20;
/// Fields of which no message shows the value.
const SECRET_FIELDS: [&str; 2] = ["privateKey", "secret"];

/// The object `key` of a body, whose fields are taken one by one.
pub(super) struct Fields {
    key: BTreeMap<String, Value>,
    pub(super) refused: Vec<Invalid>,
}

impl Fields {
    /// Parses a body of the form `{"key": {...}}`. Nesting is bounded by the parser, at 128 levels.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.len() > MOST_BYTES {
            let message = format!("the body is {} bytes, at most {MOST_BYTES}", body.len());
            return Err(Failure::general(400, "tooLarge", message));
        }
        let mut parser = serde_json::Deserializer::from_slice(body);
        let value = Level(0).deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
        let value =
            value.map_err(|error| Failure::general(400, "invalidJSON", format!("the body is no JSON: {error}")))?;
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
            Value::String(mut text) => Some(std::mem::take(&mut *text)),
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
        let got = match got {
            // A secret of digits is one all the same.
            Value::Number(_) if SECRET_FIELDS.contains(&field) => "a number".into(),
            got => kind(got),
        };
        let message = format!("{field} is {got}, allowed is {allowed}");
        self.refused.push(Invalid::new(field, Problem::CouldNotParse, message));
    }
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool => "a boolean".into(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a string".into(),
        Value::Array => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}

/// A value of a body. What no call looks at is not kept: a tree of JSON takes a hundred times the memory of its text.
enum Value {
    Null,
    Bool,
    Number(Number),
    /// Perhaps a private key.
    String(Zeroizing<String>),
    Array,
    Object(BTreeMap<String, Value>),
}

/// Reads a value that stands so many objects deep. Of the body `key` is kept, of that every member, of those nothing inside.
#[derive(Clone, Copy)]
struct Level(u8);

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
        while array.next_element_seed(Self(u8::MAX))?.is_some() {}
        Ok(Value::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(name) = object.next_key::<String>()? {
            let value = object.next_value_seed(Self(self.0.saturating_add(1)))?;
            if self.0 == 1 || (self.0 == 0 && name == "key") {
                members.insert(name, value);
            }
        }
        Ok(Value::Object(members))
    }
}
