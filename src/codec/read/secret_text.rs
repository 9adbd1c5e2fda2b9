//! HMAC secrets of which the caller says how they are written down.

use zeroize::Zeroizing;

use super::ReadError;
use super::base64::{self, Alphabet, Padding};
use crate::model::SecretEncoding;
use crate::secret::SecretBytes;

/// Reads a secret.
pub(crate) fn read_secret_text(text: &[u8], how: SecretEncoding) -> Result<SecretBytes, ReadError> {
    let fail = |at: usize, reason: &str| {
        let (what, accepted) = match how {
            SecretEncoding::Raw => ("secret", "one byte or more"),
            SecretEncoding::Text => ("secret as text", "UTF-8"),
            SecretEncoding::Hex => ("secret in hex", "two hexadecimal digits for each byte"),
            SecretEncoding::Base64 => ("secret in base64", "the standard alphabet, with or without padding"),
            SecretEncoding::Base64Url => ("secret in base64url", "the URL-safe alphabet, with or without padding"),
        };
        let place = format!("character {}", at + 1);
        ReadError::Malformed { what: what.into(), place, reason: reason.into(), accepted }
    };
    let base64 = |alphabet| {
        let trimmed = text.trim_ascii();
        let dropped = text.len() - text.trim_ascii_start().len();
        base64::decode(trimmed, alphabet, Padding::Optional).map_err(|fault| fail(dropped + fault.at, fault.reason))
    };
    let secret = match how {
        SecretEncoding::Raw => SecretBytes::copy_from(text),
        SecretEncoding::Text => match std::str::from_utf8(text) {
            Ok(text) => SecretBytes::from(text),
            Err(error) => return Err(fail(error.valid_up_to(), "it is not UTF-8")),
        },
        SecretEncoding::Hex => {
            let dropped = text.len() - text.trim_ascii_start().len();
            let bytes = hex(text.trim_ascii()).map_err(|(at, reason)| fail(dropped + at, reason))?;
            SecretBytes::copy_from(&bytes)
        }
        SecretEncoding::Base64 => SecretBytes::copy_from(&base64(Alphabet::Standard)?),
        SecretEncoding::Base64Url => SecretBytes::copy_from(&base64(Alphabet::Url)?),
    };
    if secret.is_empty() { Err(fail(0, "it is empty")) } else { Ok(secret) }
}

pub(super) fn hex(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, (usize, &'static str)> {
    if let Some(at) = text.iter().position(|digit| !digit.is_ascii_hexdigit()) {
        return Err((at, "there is a character that is no hexadecimal digit"));
    }
    if !text.len().is_multiple_of(2) {
        return Err((text.len() - 1, "the number of digits is odd"));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    bytes.extend(text.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | nibble(*digit))));
    Ok(bytes)
}

/// The value of a hexadecimal digit, without a look-up that caches could tell of.
fn nibble(digit: u8) -> u8 {
    // Letters have bit 6 set, digits not; the low four bits of A and a are 1.
    (digit & 0x0F) + 9 * (digit >> 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8], how: SecretEncoding) -> Vec<u8> {
        read_secret_text(text, how).unwrap().expose_secret().to_vec()
    }

    fn wrong(text: &[u8], how: SecretEncoding) -> String {
        read_secret_text(text, how).unwrap_err().to_string()
    }

    #[test]
    fn each_way_of_writing() {
        assert_eq!(read(&[0, 0xFF, b' '], SecretEncoding::Raw), [0, 0xFF, b' ']);
        assert_eq!(read(" ü\n".as_bytes(), SecretEncoding::Text), " ü\n".as_bytes());
        assert_eq!(read(b" 00fFAa90\r\n", SecretEncoding::Hex), [0, 0xFF, 0xAA, 0x90]);
        // 0xFB 0xFF 0xBF has the characters in which the alphabets differ.
        for text in ["+/+/AA==", "+/+/AA", "\t+/+/AA==\n"] {
            assert_eq!(read(text.as_bytes(), SecretEncoding::Base64), [0xFB, 0xFF, 0xBF, 0]);
        }
        for text in ["-_-_AA==", "-_-_AA"] {
            assert_eq!(read(text.as_bytes(), SecretEncoding::Base64Url), [0xFB, 0xFF, 0xBF, 0]);
        }
    }

    #[test]
    fn every_hexadecimal_digit() {
        for byte in 0..=255u8 {
            assert_eq!(read(format!("{byte:02x}").as_bytes(), SecretEncoding::Hex), [byte]);
            assert_eq!(read(format!("{byte:02X}").as_bytes(), SecretEncoding::Hex), [byte]);
        }
    }

    #[test]
    fn refusals() {
        insta::assert_snapshot!(wrong(b"", SecretEncoding::Raw), @"secret stops making sense at character 1: it is empty; accepted is one byte or more");
        insta::assert_snapshot!(wrong(b"a\xFF", SecretEncoding::Text), @"secret as text stops making sense at character 2: it is not UTF-8; accepted is UTF-8");
        insta::assert_snapshot!(wrong(b" ", SecretEncoding::Hex), @"secret in hex stops making sense at character 1: it is empty; accepted is two hexadecimal digits for each byte");
        insta::assert_snapshot!(wrong(b" 0g", SecretEncoding::Hex), @"secret in hex stops making sense at character 3: there is a character that is no hexadecimal digit; accepted is two hexadecimal digits for each byte");
        insta::assert_snapshot!(wrong(b"000", SecretEncoding::Hex), @"secret in hex stops making sense at character 3: the number of digits is odd; accepted is two hexadecimal digits for each byte");
        insta::assert_snapshot!(wrong(b"AA AA", SecretEncoding::Base64), @"secret in base64 stops making sense at character 3: there is white space; accepted is the standard alphabet, with or without padding");
        insta::assert_snapshot!(wrong(b"AA+A", SecretEncoding::Base64Url), @"secret in base64url stops making sense at character 3: there is a character of standard base64, base64url is needed; accepted is the URL-safe alphabet, with or without padding");
    }
}
