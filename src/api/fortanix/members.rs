//! Taking the members of a body one by one. A path, as `key.kid`, names a member for messages; it ends in its name.

use super::Failure;
use crate::api::json::{self, Members, Shape, Unreadable, Value};

/// The members of the object that a body is.
pub(super) fn body(body: &[u8], shape: &[(&str, Shape<'_>)]) -> Result<Members, Failure> {
    match json::read(body, Shape::Object(shape)) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(wrong_type("the body", &other, "an object")),
        Err(Unreadable::TooLarge(message) | Unreadable::NoJson(message)) => Err(Failure::invalid(message)),
    }
}

/// A member that is an object and must be there.
pub(super) fn object(members: &mut Members, path: &str) -> Result<Members, Failure> {
    match take(members, path) {
        Some(Value::Object(inside)) => Ok(inside),
        Some(other) => Err(wrong_type(path, &other, "an object")),
        None => Err(Failure::invalid(format!("{path} is missing, an object is needed"))),
    }
}

/// A member that is an array of texts and must be there.
pub(super) fn texts(members: &mut Members, path: &str) -> Result<Vec<String>, Failure> {
    let elements = match take(members, path) {
        Some(Value::Array(elements)) => elements,
        Some(other) => return Err(wrong_type(path, &other, "an array of strings")),
        None => return Err(Failure::invalid(format!("{path} is missing, an array of strings is needed"))),
    };
    let text = |(at, element)| match element {
        Value::String(mut text) => Ok(std::mem::take(&mut *text)),
        other => Err(wrong_type(&format!("{path}[{at}]"), &other, "a string")),
    };
    elements.into_iter().enumerate().map(text).collect()
}

/// A member that is a text; `None` when it is not there.
pub(super) fn text(members: &mut Members, path: &str) -> Result<Option<String>, Failure> {
    match take(members, path) {
        None => Ok(None),
        Some(Value::String(mut text)) => Ok(Some(std::mem::take(&mut *text))),
        Some(other) => Err(wrong_type(path, &other, "a string")),
    }
}

/// A member that is a text and must be there.
pub(super) fn needed_text(members: &mut Members, path: &str) -> Result<String, Failure> {
    text(members, path)?.ok_or_else(|| Failure::invalid(format!("{path} is missing, a string is needed")))
}

/// A member; one that is null is as good as none.
fn take(members: &mut Members, path: &str) -> Option<Value> {
    let name = path.rsplit('.').next().unwrap_or(path);
    members.remove(name).filter(|value| !matches!(value, Value::Null))
}

fn wrong_type(path: &str, got: &Value, allowed: &str) -> Failure {
    Failure::invalid(match got {
        Value::Twice => format!("{path} comes twice, allowed is once"),
        got => format!("{path} is {}, allowed is {allowed}", got.kind()),
    })
}
