//! JSON in which no object has a member twice, at any depth.
//!
//! RFC 7515 (section 4) and RFC 7519 (section 4) let a reader take the last of two or refuse; two readers that choose
//! differently read two tokens, so they are refused.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::model::Invalid;

/// Objects and arrays within each other.
const MOST_DEPTH: u8 = 32;

/// Parses an object; `what` names it in the message of the error.
pub(in crate::authn) fn parse_object(text: &[u8], what: &str) -> Result<Map<String, Value>, String> {
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Seed { depth: 0 }.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    match value {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(format!("the {what} is {}, allowed is a JSON object", super::kind(&other))),
        Err(error) => Err(format!("the {what} is not JSON as it should be: {error}")),
    }
}

/// Reads one value, `depth` levels down.
struct Seed {
    depth: u8,
}

impl Seed {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        if self.depth == MOST_DEPTH {
            return Err(E::custom(format_args!("it is nested more than {MOST_DEPTH} levels deep")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element_seed(self.deeper()?)? {
            elements.push(element);
        }
        Ok(Value::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("member {} stands twice", Invalid::quote(&name))));
            }
            let value = object.next_value_seed(self.deeper()?)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
