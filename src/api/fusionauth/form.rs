//! Reading a query string, `application/x-www-form-urlencoded` as the WHATWG's URL standard has it (section 5.1), but
//! that bytes which are no UTF-8 are refused and not replaced.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::Failure;
use super::json::Fields;
use crate::api::json::{MOST_BYTES, Members, Value};
use crate::model::{Invalid, Problem};

impl Fields {
    /// Reads the parameters of these names. A parameter without text is as good as none.
    pub(super) fn parse_query(object: &'static str, names: &[&'static str], query: &str) -> Result<Self, Failure> {
        if query.len() > MOST_BYTES {
            let message = format!("the query string is {} bytes, at most {MOST_BYTES}", query.len());
            return Err(Failure::general(400, "tooLarge", message));
        }
        let mut fields = Self::new(object, Members::new());
        for parameter in query.split('&') {
            let (name, text) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, text) = (decode(name), decode(text));
            let known = names.iter().copied().find(|known| name.as_deref() == Some(*known));
            match (known, name.and(text)) {
                (Some(name), Some(text)) => {
                    let value = if text.is_empty() { Value::Null } else { Value::Untyped(text) };
                    fields.insert(name.into(), value);
                }
                (None, Some(_)) => {}
                (known, None) => {
                    let field = known.unwrap_or(object);
                    // Once for a field: an answer must not be many times as long as what it answers.
                    if !fields.refused.iter().any(|invalid| invalid.field == field) {
                        let got = Invalid::quote(parameter);
                        let message = format!("{got} is no UTF-8, allowed is UTF-8 in percent-encoding");
                        fields.refuse(field, Problem::CouldNotParse, message);
                    }
                }
            }
        }
        Ok(fields)
    }
}

/// Plus signs are spaces; `%` without two hex digits behind it stays. `None` for what is no UTF-8.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().map(Cow::into_owned).ok()
}
