//! Ids of connections, and the rings that they name.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::Failure;
use crate::model::{Invalid, KeyUse, RingName};

/// What the name of a ring for encryption ends in.
const ENCRYPTION: &str = " (encryption)";
/// The most characters of an id: with the ending above it is still the name of a ring.
const MOST: usize = 115;

/// The id of a connection: 1 to 115 characters without control characters, not blank, as `con_9mTl0bS2gIuYLVgB`. It must not
/// end in ` (encryption)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(Box<str>);

impl ConnectionId {
    /// Checks and takes an id.
    ///
    /// ```
    /// use keystead::api::auth0::ConnectionId;
    ///
    /// assert_eq!(ConnectionId::new("con_1").unwrap().as_str(), "con_1");
    /// let refused = ConnectionId::new("").unwrap_err();
    /// assert_eq!(refused.body().message, "Path validation error: id is blank, allowed are 1 to 115 characters");
    /// ```
    ///
    /// # Errors
    /// 400 when it breaks a rule of this type.
    pub fn new(id: impl Into<String>) -> Result<Self, Failure> {
        let id = id.into();
        check("id", &id, MOST).map_err(Failure::invalid_path)?;
        if id.ends_with(ENCRYPTION) {
            let got = Invalid::quote(&id);
            return Err(Failure::invalid_path(format!(
                "id is {got}, allowed is one that does not end in '{ENCRYPTION}'"
            )));
        }
        Ok(Self(id.into()))
    }

    /// Of a segment of a path, in percent-encoding (RFC 3986, section 2.1).
    pub(super) fn from_segment(segment: &str) -> Result<Self, Failure> {
        let hex = |at: usize| segment.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
        let whole = segment.match_indices('%').all(|(at, _)| hex(at + 1) && hex(at + 2));
        match percent_decode_str(segment).decode_utf8() {
            Ok(id) if whole => Self::new(id),
            _ => {
                let got = Invalid::quote(segment);
                Err(Failure::invalid_path(format!("id is {got}, allowed is UTF-8 in percent-encoding")))
            }
        }
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the connection's ring for this use.
    pub(super) fn ring(&self, key_use: KeyUse) -> Result<RingName, Failure> {
        let ending = if key_use == KeyUse::Encryption { ENCRYPTION } else { "" };
        Ok(RingName::new(format!("{}{ending}", self.0))?)
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rules of a ring's name, in words about the field it comes from.
pub(super) fn check(field: &str, text: &str, most: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{field} is blank, allowed are 1 to {most} characters"));
    }
    // A character has at most 4 bytes: a body's worth of text need not be counted.
    let length = if text.len() > most * 4 { None } else { Some(text.chars().count()) };
    if length.is_none_or(|length| length > most) {
        let got = length.map_or_else(|| format!("{} bytes", text.len()), |length| format!("{length} characters"));
        return Err(format!("{field} is {got}, at most {most} characters"));
    }
    match text.chars().enumerate().find(|(_, c)| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        Some((at, c)) => {
            let (code, at) = (u32::from(c), at + 1);
            Err(format!("{field} has U+{code:04X} at character {at}, allowed is any text without control character"))
        }
        None => Ok(()),
    }
}
