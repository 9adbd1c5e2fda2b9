//! Key ids: UUIDs, of which the nil one is no id.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::{Invalid, Problem};

/// The id of a key: any UUID but the nil one.
///
/// It is also the serial number of a generated certificate, which must be positive (RFC 5280, section
/// 4.1.2.2): hence no nil id.
///
/// ```
/// use keystead::KeyId;
///
/// let id: KeyId = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e".parse()?;
/// assert_eq!(id.to_string(), "780e1d5b-ee3b-43b2-aec8-db99b99adc4e");
/// assert!("00000000-0000-0000-0000-000000000000".parse::<KeyId>().is_err());
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(Uuid);

impl KeyId {
    /// Takes a UUID of any version.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for the nil UUID.
    pub fn new(uuid: Uuid) -> Result<Self, crate::Error> {
        Ok(Self::from_uuid(uuid)?)
    }

    pub(crate) fn from_uuid(uuid: Uuid) -> Result<Self, Invalid> {
        if uuid.is_nil() {
            return Err(Invalid::new("id", Problem::Invalid, "id is the nil UUID, allowed is any other"));
        }
        Ok(Self(uuid))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        Self::from_uuid(parse_uuid("id", text)?)
    }

    /// A random id (UUID version 4) from 16 random bytes.
    pub(crate) fn from_random_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    pub(crate) fn from_stored(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().filter(|uuid| !uuid.is_nil()).map(Self)
    }

    /// The UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The 16 octets, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

/// Reads a UUID in its one usual form.
pub(crate) fn parse_uuid(field: &'static str, text: &str) -> Result<Uuid, Invalid> {
    let hyphens = [8, 13, 18, 23];
    let shaped = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if hyphens.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() });
    let uuid = if shaped { Uuid::try_parse(text).ok() } else { None };
    uuid.ok_or_else(|| {
        let got = Invalid::quote(text);
        let message = format!("{field} is {got}, allowed is a UUID of 36 characters in the form 8-4-4-4-12");
        Invalid::new(field, Problem::CouldNotParse, message)
    })
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = crate::Error;

    /// Reads the hyphenated form of 36 characters, in either case.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other form, and for the nil UUID.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_read() {
        let plain = "780e1d5bee3b43b2aec8db99b99adc4e";
        for text in [plain, "", "{780e1d5b-ee3b-43b2-aec8-db99b99adc4e}", "780e1d5b-ee3b-43b2-aec8-db99b99adc4g"] {
            assert!(KeyId::parse(text).is_err(), "{text}");
        }
        assert!(KeyId::parse("780E1D5B-EE3B-43B2-AEC8-DB99B99ADC4E").is_ok());
        assert!(KeyId::parse("ffffffff-ffff-ffff-ffff-ffffffffffff").is_ok());
        insta::assert_snapshot!(
            KeyId::parse("not-a-uuid").unwrap_err().to_string(),
            @"id is 'not-a-uuid', allowed is a UUID of 36 characters in the form 8-4-4-4-12"
        );
    }
}
