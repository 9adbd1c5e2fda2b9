//! Taking the fields of a body one by one. Paths, as `key.kid` and `all[1].secret`, name them in messages.

use base64ct::{Base64, Encoding};
use uuid::Uuid;

use super::Failure;
use crate::api::json::{self, Members, Shape, Unreadable, Value};
use crate::model::Invalid;

/// The most characters of a name (the vendor's schema).
const MOST_NAME: usize = 4096;

/// The members of an object. One that is null is as good as none; one that comes twice is refused when it is taken.
pub(super) struct Fields {
    /// What leads to the object; empty for the body itself.
    path: String,
    members: Members,
}

impl Fields {
    /// The members of the object that a body is.
    pub(super) fn read(body: &[u8], shape: &[(&str, Shape<'_>)]) -> Result<Self, Failure> {
        match json::read(body, Shape::Object(shape)) {
            Ok(Value::Object(members)) => Ok(Self { path: String::new(), members }),
            Ok(other) => Err(wrong_type("the body", &other, "an object")),
            Err(Unreadable::TooLarge(message) | Unreadable::NoJson(message)) => Err(Failure::invalid(message)),
        }
    }

    pub(super) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.into() } else { format!("{}.{name}", self.path) }
    }

    /// What leads to it, for a message.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    pub(super) fn take(&mut self, name: &str) -> Result<Option<Value>, Failure> {
        match self.members.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Twice) => Err(wrong_type(&self.path_of(name), &Value::Twice, "")),
            Some(value) => Ok(Some(value)),
        }
    }

    fn needed(&mut self, name: &str, what: &str) -> Result<Value, Failure> {
        let value = self.take(name)?;
        value.ok_or_else(|| Failure::invalid(format!("{} is missing, {what} is needed", self.path_of(name))))
    }

    /// The only one of several that is there.
    pub(super) fn only_one(&mut self, names: &[&'static str]) -> Result<(&'static str, Value), Failure> {
        let mut found = Vec::new();
        for name in names {
            found.extend(self.take(name)?.map(|value| (*name, value)));
        }
        let what = if self.path.is_empty() { "the body" } else { &self.path };
        let allowed = names.join(", ");
        match (found.pop(), found.pop()) {
            (Some(only), None) => Ok(only),
            (Some((second, _)), Some((first, _))) => {
                Err(Failure::invalid(format!("{what} has both {first} and {second}, allowed is one of {allowed}")))
            }
            _ => Err(Failure::invalid(format!("{what} has none of {allowed}, one of them is needed"))),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        self.take(name)?.map(|value| text_of(&self.path_of(name), value)).transpose()
    }

    pub(super) fn needed_text(&mut self, name: &str) -> Result<String, Failure> {
        let value = self.needed(name, "a string")?;
        text_of(&self.path_of(name), value)
    }

    pub(super) fn needed_object(&mut self, name: &str) -> Result<Self, Failure> {
        let value = self.needed(name, "an object")?;
        Self::of(self.path_of(name), value)
    }

    /// The members of an object, whose names are data, in order.
    pub(super) fn into_members(self) -> impl Iterator<Item = (String, Value)> {
        self.members.into_iter()
    }

    pub(super) fn of(path: String, value: Value) -> Result<Self, Failure> {
        match value {
            Value::Object(members) => Ok(Self { path, members }),
            other => Err(wrong_type(&path, &other, "an object")),
        }
    }

    /// Elements with their paths; `what` is said of what is no such array.
    pub(super) fn needed_array(&mut self, name: &str, what: &str) -> Result<Vec<(String, Value)>, Failure> {
        let value = self.needed(name, what)?;
        elements_of(&self.path_of(name), value, what)
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Failure> {
        match self.take(name)? {
            None => Ok(None),
            Some(Value::Bool(is_true)) => Ok(Some(is_true)),
            Some(other) => Err(wrong_type(&self.path_of(name), &other, "a boolean")),
        }
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<u64>, Failure> {
        self.take(name)?.map(|value| number_of(&self.path_of(name), &value)).transpose()
    }

    pub(super) fn needed_number(&mut self, name: &str) -> Result<u64, Failure> {
        let value = self.needed(name, "a whole number")?;
        number_of(&self.path_of(name), &value)
    }
}

pub(super) fn text_of(path: &str, value: Value) -> Result<String, Failure> {
    match value {
        Value::String(mut text) => Ok(std::mem::take(&mut *text)),
        other => Err(wrong_type(path, &other, "a string")),
    }
}

pub(super) fn elements_of(path: &str, value: Value, what: &str) -> Result<Vec<(String, Value)>, Failure> {
    match value {
        Value::Array(elements) => {
            Ok(elements.into_iter().enumerate().map(|(at, element)| (format!("{path}[{at}]"), element)).collect())
        }
        other => Err(wrong_type(path, &other, what)),
    }
}

pub(super) fn number_of(path: &str, value: &Value) -> Result<u64, Failure> {
    let number = if let Value::Number(number) = value { number.as_u64() } else { None };
    number.ok_or_else(|| wrong_type(path, value, "a whole number from 0 on"))
}

/// Standard base64 with padding, without line breaks.
pub(super) fn binary_of(path: &str, value: Value) -> Result<Vec<u8>, Failure> {
    let text = text_of(path, value)?;
    Base64::decode_vec(&text).map_err(|_| Failure::invalid(format!("{path} is no standard base64 with padding")))
}

pub(super) fn uuid(path: &str, text: &str) -> Result<Uuid, Failure> {
    // Of what `Uuid` reads only the hyphenated form has this length.
    let uuid = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    uuid.ok_or_else(|| {
        let got = Invalid::quote(text);
        Failure::invalid(format!("{path} is {got}, allowed is a UUID of 36 characters in the form 8-4-4-4-12"))
    })
}

/// The schema's `^[^\n]*[^\s\n][^\n]*$`.
pub(super) fn checked_name(path: &str, name: String) -> Result<String, Failure> {
    let length = name.chars().count();
    if length > MOST_NAME {
        return Err(Failure::invalid(format!("{path} is {length} characters, at most {MOST_NAME}")));
    }
    if let Some(at) = name.chars().position(|c| c == '\n') {
        return Err(Failure::invalid(format!("{path} has a line feed at character {}, allowed is none", at + 1)));
    }
    if name.chars().all(is_white_space) {
        return Err(Failure::invalid(format!("{path} is blank, allowed are 1 to {MOST_NAME} characters")));
    }
    Ok(name)
}

/// `\s` as OpenAPI means it: ECMA-262, edition 5.1, section 15.10.2.12. It differs from Unicode's white space in two.
fn is_white_space(c: char) -> bool {
    c == '\u{FEFF}' || (c.is_whitespace() && c != '\u{85}')
}

pub(super) fn wrong_type(path: &str, got: &Value, allowed: &str) -> Failure {
    Failure::invalid(match got {
        Value::Twice => format!("{path} comes twice, allowed is once"),
        got => format!("{path} is {}, allowed is {allowed}", got.kind()),
    })
}
