//! base64, strictly: one alphabet, no stray bits, into memory that is wiped.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use zeroize::Zeroizing;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alphabet {
    /// RFC 4648 section 4.
    Standard,
    /// RFC 4648 section 5.
    Url,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Padding {
    Required,
    Optional,
    Forbidden,
}

/// What is wrong, and where: counted in characters that are no white space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) reason: &'static str,
}

/// Drops blanks, tabs and line ends.
pub(super) fn without_space(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut compact = Zeroizing::new(Vec::with_capacity(text.len()));
    compact.extend(text.iter().filter(|byte| !byte.is_ascii_whitespace()));
    compact
}

/// Decodes text without white space, in time that depends on its length alone as long as it is sound.
pub(super) fn decode(text: &[u8], alphabet: Alphabet, padding: Padding) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] => rest,
        all => all,
    };
    let padded = unpadded.len() < text.len();
    let mut bytes = Zeroizing::new(vec![0; unpadded.len() / 4 * 3 + unpadded.len() % 4 * 3 / 4]);
    let decoded = match alphabet {
        Alphabet::Standard => Base64Unpadded::decode(unpadded, &mut bytes),
        Alphabet::Url => Base64UrlUnpadded::decode(unpadded, &mut bytes),
    };
    let sound = decoded.is_ok();
    let fail = |at, reason| Err(Fault { at, reason });
    if !sound {
        if let Some(at) = unpadded.iter().position(|byte| !alphabet.has(*byte)) {
            return fail(at, alphabet.stranger(unpadded.get(at).copied().unwrap_or_default()));
        }
        if unpadded.len() % 4 == 1 {
            return fail(text.len(), "the length is one that base64 cannot have: characters are missing or too many");
        }
        return fail(unpadded.len(), "the last character has bits that no byte uses");
    }
    match padding {
        Padding::Forbidden if padded => fail(unpadded.len(), "there is padding, where none may be"),
        Padding::Required if !text.len().is_multiple_of(4) => fail(text.len(), "the padding is missing or incomplete"),
        Padding::Optional if padded && !text.len().is_multiple_of(4) => {
            fail(text.len(), "the padding is incomplete or too long")
        }
        _ => Ok(bytes),
    }
}

impl Alphabet {
    pub(super) fn has(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::Standard => matches!(byte, b'+' | b'/'),
                Self::Url => matches!(byte, b'-' | b'_'),
            }
    }

    fn stranger(self, byte: u8) -> &'static str {
        match (byte, self) {
            (b'=', _) => "there is padding before the end",
            (b'\\', _) => {
                "there is a backslash, as in text taken out of JSON or source code without undoing its escapes"
            }
            (b'-' | b'_', Self::Standard) => "there is a character of base64url, the standard alphabet is needed",
            (b'+' | b'/', Self::Url) => "there is a character of standard base64, base64url is needed",
            (byte, _) if byte.is_ascii_whitespace() => "there is white space",
            _ => "there is a character that is not base64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, alphabet: Alphabet, padding: Padding) -> Result<Vec<u8>, (usize, &'static str)> {
        decode(text.as_bytes(), alphabet, padding).map(|bytes| bytes.to_vec()).map_err(|fault| (fault.at, fault.reason))
    }

    /// RFC 4648, section 10.
    #[test]
    fn vectors_of_the_rfc() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (bytes, text) in vectors {
            for alphabet in [Alphabet::Standard, Alphabet::Url] {
                assert_eq!(decoded(text, alphabet, Padding::Required), Ok(bytes.into()));
                assert_eq!(decoded(text, alphabet, Padding::Optional), Ok(bytes.into()));
                assert_eq!(decoded(text.trim_end_matches('='), alphabet, Padding::Optional), Ok(bytes.into()));
                assert_eq!(decoded(text.trim_end_matches('='), alphabet, Padding::Forbidden), Ok(bytes.into()));
            }
        }
    }

    #[test]
    fn faults_have_places() {
        let standard = |text| decoded(text, Alphabet::Standard, Padding::Required).unwrap_err();
        let url = |text| decoded(text, Alphabet::Url, Padding::Forbidden).unwrap_err();
        insta::assert_debug_snapshot!(standard("Zm9v*mFy"), @r#"
        (
            4,
            "there is a character that is not base64",
        )
        "#);
        assert_eq!(standard("Zg==Zg=="), (2, "there is padding before the end"));
        assert_eq!(standard("Zg==="), (2, "there is padding before the end"));
        assert_eq!(standard("Zg="), (3, "the padding is missing or incomplete"));
        assert_eq!(standard("Zg"), (2, "the padding is missing or incomplete"));
        assert_eq!(standard("Zm9v="), (5, "the padding is missing or incomplete"));
        assert_eq!(decoded("Zg=", Alphabet::Url, Padding::Optional), Err((3, "the padding is incomplete or too long")));
        assert_eq!(standard("Zh=="), (2, "the last character has bits that no byte uses"));
        assert_eq!(
            standard("Zm9vY"),
            (5, "the length is one that base64 cannot have: characters are missing or too many")
        );
        assert_eq!(standard("Zm9-"), (3, "there is a character of base64url, the standard alphabet is needed"));
        assert_eq!(
            standard("Zm9v\\n"),
            (4, "there is a backslash, as in text taken out of JSON or source code without undoing its escapes")
        );
        assert_eq!(url("Zm9/"), (3, "there is a character of standard base64, base64url is needed"));
        assert_eq!(url("Zm9 "), (3, "there is white space"));
        assert_eq!(url("Zg=="), (2, "there is padding, where none may be"));
    }

    #[test]
    fn white_space_is_dropped() {
        assert_eq!(**without_space(b" Zm\r9v\n\tYg \x0C=="), *b"Zm9vYg==");
    }
}
