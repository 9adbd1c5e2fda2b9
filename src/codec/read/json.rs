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

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        parse(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn members_keep_their_order_and_texts_their_place() {
        let members = parse(br#" {"b": "x", "a": ["\u0041", 1, -1, 1.5, true, null, {}]} "#).unwrap();
        let [(b, Json::Text(Text::Plain("x"))), (a, Json::Array(elements))] = &*members else { panic!() };
        assert_eq!((b.as_str(), a.as_str()), ("b", "a"));
        assert!(matches!(&elements[0], Json::Text(text @ Text::Escaped(_)) if text.as_str() == "A"));
        let kinds: Vec<_> = elements.iter().map(Json::kind).collect();
        assert_eq!(kinds, ["a string", "a number", "a number", "a number", "a boolean", "null", "an object"]);
    }

    #[test]
    fn texts_are_not_shown() {
        insta::assert_snapshot!(format!("{:?}", parse(br#"{"k": "hunter2"}"#).unwrap()), @r#"[("k", Text(Text(7 bytes)))]"#);
    }

    #[test]
    fn refusals() {
        insta::assert_snapshot!(wrong(r#"{"k": 1, "\u006b": 2}"#), @"JSON stops making sense at line 1 column 17: member 'k' stands twice; accepted is a JWK or JWKS (RFC 7517)");
        insta::assert_snapshot!(wrong(r#"{"a": [{"k": 1, "k": 1}]}"#), @"JSON stops making sense at line 1 column 19: member 'k' stands twice; accepted is a JWK or JWKS (RFC 7517)");
        insta::assert_snapshot!(wrong("[]"), @"JSON stops making sense at the beginning: it is an array, needed is an object; accepted is a JWK or JWKS (RFC 7517)");
        insta::assert_snapshot!(wrong("{} {}"), @"JSON stops making sense at line 1 column 4: trailing characters; accepted is a JWK or JWKS (RFC 7517)");
        insta::assert_snapshot!(wrong("{\"k\":\n\"hunter2"), @"JSON stops making sense at line 2 column 8: EOF while parsing a string; accepted is a JWK or JWKS (RFC 7517)");
        insta::assert_snapshot!(wrong("{\"k\": hunter2}"), @"JSON stops making sense at line 1 column 7: expected value; accepted is a JWK or JWKS (RFC 7517)");
    }

    #[test]
    fn depth_and_width_are_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(31).as_bytes()).is_ok());
        assert!(parse(nested(32).as_bytes()).is_err());
        insta::assert_snapshot!(wrong(&nested(33)), @"JSON stops making sense at line 1 column 37: it is nested more than 32 levels deep; accepted is a JWK or JWKS (RFC 7517)");
        // Far beyond the depth at which the parser itself gives up.
        assert!(parse(nested(400_000).as_bytes()).is_err());
        let wide = |count: usize| format!("{{\"a\":[{}0]}}", "0,".repeat(count - 1));
        assert!(parse(wide(256).as_bytes()).is_ok());
        insta::assert_snapshot!(wrong(&wide(257)), @"JSON stops making sense at line 1 column 520: an array has more than 256 elements; accepted is a JWK or JWKS (RFC 7517)");
        let members: Vec<String> = (0..257).map(|at| format!("\"{at}\":0")).collect();
        insta::assert_snapshot!(wrong(&format!("{{{}}}", members.join(","))), @"JSON stops making sense at line 1 column 1944: an object has more than 256 members; accepted is a JWK or JWKS (RFC 7517)");
    }
}
