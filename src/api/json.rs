//! Reading the JSON bodies of the vendors' calls: of bounded size, and no more of them than a call asks for.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use zeroize::Zeroizing;

use crate::model::Invalid;

/// The longest body read.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// The members of an object that were asked for.
pub(super) type Members = BTreeMap<String, Value>;

/// A value of a body.
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    /// Perhaps a private key.
    String(Zeroizing<String>),
    /// Text of a query string, where numbers are written as texts are.
    Untyped(String),
    Array(Vec<Value>),
    Object(Members),
    /// Two values of one name. Readers differ on which of them counts, so neither does.
    Twice,
}

impl Value {
    /// What it is, for a message.
    pub(super) fn kind(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(_) => "a boolean".into(),
            Self::Number(number) => format!("the number {number}"),
            Self::String(_) => "a string".into(),
            Self::Untyped(text) => Invalid::quote(text),
            Self::Array(_) => "an array".into(),
            Self::Object(_) => "an object".into(),
            Self::Twice => "given twice".into(),
        }
    }
}

/// Adds a value to those of its object.
pub(super) fn insert(members: &mut Members, name: String, value: Value) {
    members.entry(name).and_modify(|known| *known = Value::Twice).or_insert(value);
}

/// What of a value is kept. A whole tree of JSON would take a hundred times the memory of its text.
#[derive(Clone, Copy)]
pub(super) enum Shape<'a> {
    /// A text, a number and the like; of an array or object, that it is one.
    Scalar,
    /// The elements of an array.
    Array(&'a Shape<'a>),
    /// The members of an object, whatever they are called.
    Members(&'a Shape<'a>),
    /// The members of an object that have these names.
    Object(&'a [(&'a str, Shape<'a>)]),
}

/// Why there is nothing to read from.
pub(super) enum Unreadable {
    TooLarge(String),
    NoJson(String),
}

/// Reads a body. Nesting is bounded by the parser, at 128 levels.
pub(super) fn read(body: &[u8], shape: Shape<'_>) -> Result<Value, Unreadable> {
    if body.len() > MOST_BYTES {
        return Err(Unreadable::TooLarge(format!("the body is {} bytes, at most {MOST_BYTES}", body.len())));
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    let value = shape.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    value.map_err(|error| Unreadable::NoJson(format!("the body is no JSON: {error}")))
}

impl<'de> DeserializeSeed<'de> for Shape<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, is_true: bool) -> Result<Value, E> {
        Ok(Value::Bool(is_true))
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
        let mut kept = Vec::new();
        let (of, is_kept) = if let Self::Array(of) = self { (*of, true) } else { (Self::Scalar, false) };
        while let Some(element) = array.next_element_seed(of)? {
            if is_kept {
                kept.push(element);
            }
        }
        Ok(Value::Array(kept))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Members::new();
        while let Some(name) = object.next_key::<String>()? {
            let shape = match self {
                Self::Scalar | Self::Array(_) => None,
                Self::Members(of) => Some(*of),
                Self::Object(known) => known.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape),
            };
            let value = object.next_value_seed(shape.unwrap_or(Self::Scalar))?;
            if shape.is_some() {
                insert(&mut members, name, value);
            }
        }
        Ok(Value::Object(members))
    }
}
