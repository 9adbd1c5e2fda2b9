//! JSON whose members are kept in order, none twice, and whose texts are borrowed where they can be.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::ReadError;
use crate::model::Invalid;

/// Objects and arrays within each other.
const MOST_DEPTH: u8 = 32;
/// Members of one object, elements of one array.
const MOST_MEMBERS: usize = 256;

/// A value. Numbers keep nothing: no member of a key is one.
#[derive(Debug)]
pub(super) enum Json<'a> {
    Null,
    Bool,
    Number,
    Text(Text<'a>),
    Array(Vec<Json<'a>>),
    Object(Members<'a>),
}

pub(super) type Members<'a> = Vec<(String, Json<'a>)>;

/// A text; its `Debug` does not show it.
pub(super) enum Text<'a> {
    /// As it stands in the input.
    Plain(&'a str),
    /// One written with escapes.
    Escaped(Zeroizing<String>),
}

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Escaped(text) => text,
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.as_str().len())
    }
}

impl Json<'_> {
    /// The kind of value, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::Text(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Parses a JSON object.
pub(super) fn parse(text: &[u8]) -> Result<Members<'_>, ReadError> {
    let fail = |place: String, reason: String| ReadError::Malformed {
        what: "JSON".into(),
        place,
        reason,
        accepted: "a JWK or JWKS (RFC 7517)",
    };
    let mut parser = serde_json::Deserializer::from_slice(text);
    let value = Value { depth: 0 }.deserialize(&mut parser).and_then(|value| parser.end().map(|()| value));
    match value {
        Ok(Json::Object(members)) => Ok(members),
        Ok(other) => Err(fail("the beginning".into(), format!("it is {}, needed is an object", other.kind()))),
        Err(error) => {
            let place = format!("line {} column {}", error.line(), error.column());
            // serde_json repeats the place at the end.
            let message = error.to_string();
            let reason = message.rsplit_once(" at line ").map_or(message.as_str(), |(reason, _)| reason);
            Err(fail(place, reason.to_owned()))
        }
    }
}

/// Reads one value, `depth` levels down.
struct Value {
    depth: u8,
}

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Value {
    fn deeper<E: Error>(&self) -> Result<Self, E> {
        if self.depth == MOST_DEPTH {
            return Err(E::custom(format_args!("it is nested more than {MOST_DEPTH} levels deep")));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json<'de>, E> {
        Ok(Json::Number)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Text::Plain(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Text::Escaped(Zeroizing::new(text.to_owned()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Json<'de>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = array.next_element_seed(self.deeper()?)? {
            if elements.len() == MOST_MEMBERS {
                return Err(A::Error::custom(format_args!("an array has more than {MOST_MEMBERS} elements")));
            }
            elements.push(element);
        }
        Ok(Json::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json<'de>, A::Error> {
        let mut members = Members::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.len() == MOST_MEMBERS {
                return Err(A::Error::custom(format_args!("an object has more than {MOST_MEMBERS} members")));
            }
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!("member {} stands twice", Invalid::quote(&name))));
            }
            let value = object.next_value_seed(self.deeper()?)?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}
