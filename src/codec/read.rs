//! Reading whatever comes: which of the encodings it is, decided by the bytes alone.

mod algorithms;
mod asn1;
mod base64;
mod container;
mod der;
mod disguise;
mod error;
mod json;
mod jwk;
mod pem;
pub(super) mod private;
pub(super) mod public;
mod secret_text;

pub(super) use jwk::ec_private;

pub(crate) use disguise::hides_key;
pub(crate) use error::ReadError;
pub(crate) use private::read_pkcs8;
pub(crate) use secret_text::read_secret_text;

use base64::{Alphabet, Padding};
use zeroize::Zeroizing;

use super::Document;
use crate::model::Armour;

/// Longer input is not looked at.
const MOST_BYTES: usize = 1 << 20;
/// Keys and certificates in one input.
const MOST_ITEMS: usize = 256;

/// Reads every key and certificate of an input in any encoding. What their numbers are is not looked at.
///
/// Where two readings are possible, the input is refused.
pub(crate) fn read_document(bytes: &[u8]) -> Result<Document, ReadError> {
    if bytes.len() > MOST_BYTES {
        return Err(ReadError::TooLarge {
            what: "input".into(),
            got: format!("{} bytes", bytes.len()),
            most: "1048576",
        });
    }
    refuse_foreign(bytes)?;
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let (armour, items) = if !is_text(text) && asn1::fills(text) {
        // Before PEM: a certificate may quote PEM in one of its texts.
        (Armour::Der, der::read_der(text)?)
    } else if text.windows(pem::BEGIN.len()).any(|window| window == pem::BEGIN) {
        (Armour::Pem, pem::read_pem(text)?)
    } else if is_json(text) {
        (Armour::Json, jwk::read_json(text)?)
    } else if !is_text(text) && asn1::begins_like_der(text) {
        (Armour::Der, der::read_der(text)?)
    } else if let Some(alphabet) = base64_of_der(text) {
        let compact = base64::without_space(text);
        let decoded = base64::decode(&compact, alphabet, Padding::Optional).map_err(|fault| ReadError::Malformed {
            what: "base64 of DER".into(),
            place: format!("character {}, white space not counted", fault.at + 1),
            reason: fault.reason.into(),
            accepted: "one alphabet of base64, with or without padding, and white space between",
        })?;
        (Armour::Base64, der::read_der(&decoded)?)
    } else {
        return Err(ReadError::Unrecognised(looks(text)));
    };
    Ok(Document { armour, items })
}

fn too_many() -> ReadError {
    ReadError::TooLarge { what: "number of keys and certificates".into(), got: "257 or more".into(), most: "256" }
}

/// Refuses by name what is well known by its first bytes.
fn refuse_foreign(bytes: &[u8]) -> Result<(), ReadError> {
    let utf16 = "convert the text to UTF-8";
    let jks = "`keytool -importkeystore -srckeystore OLD -destkeystore NEW -deststoretype PKCS12` converts it";
    let ssh = ["ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-nistp", "sk-ssh-", "sk-ecdsa-"];
    match bytes {
        _ if is_utf16(bytes) => Err(ReadError::unsupported("text in UTF-16", utf16)),
        [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 1 | 2, ..] => Err(ReadError::unsupported("Java keystore (JKS)", jks)),
        [0xCE, 0xCE, 0xCE, 0xCE, 0, 0, 0, 1 | 2, ..] => Err(ReadError::unsupported("Java keystore (JCEKS)", jks)),
        _ if ssh.iter().any(|name| bytes.starts_with(name.as_bytes())) => Err(pem::ssh_public_key()),
        _ if bytes.starts_with(b"PuTTY-User-Key-File-") => Err(ReadError::unsupported(
            "PuTTY private key",
            "`puttygen FILE -O private-openssh -o NEW` and `ssh-keygen -p -m PKCS8 -f NEW` convert it",
        )),
        _ => Ok(()),
    }
}

/// Text in UTF-16 with a byte order mark, or PEM or JSON without.
fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, _, 0, ..] | [b'-' | b'{', 0, _, 0, ..] | [0xFE, 0xFF, 0, ..] | [0, b'-' | b'{', 0, ..])
}

/// UTF-8 without control characters but those of lines. No structure in DER is: each has a tag below blank.
fn is_text(bytes: &[u8]) -> bool {
    let is_line = |c| matches!(c, '\t' | '\n' | '\x0C' | '\r');
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(|c| !c.is_control() || is_line(c)))
}

/// Of random bytes too, one in 128 begins with a brace or a bracket, but then it is no UTF-8.
fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) && std::str::from_utf8(bytes).is_ok()
}

/// The alphabet of what looks like base64 of DER from its beginning to its end.
fn base64_of_der(text: &[u8]) -> Option<Alphabet> {
    let dark = || text.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let all = |alphabet: Alphabet| dark().all(|byte| alphabet.has(byte) || byte == b'=');
    let alphabet = [Alphabet::Standard, Alphabet::Url].into_iter().find(|alphabet| all(*alphabet))?;
    // Eight characters are six bytes: header and first tag of every structure.
    let mut head = Zeroizing::new([0; 8]);
    head.iter_mut().zip(dark()).for_each(|(to, from)| *to = from);
    let head = base64::decode(head.as_slice(), alphabet, Padding::Forbidden).ok()?;
    asn1::begins_like_der(&head).then_some(alphabet)
}

/// What unknown bytes look like, in words.
fn looks(bytes: &[u8]) -> String {
    let count = bytes.len();
    match bytes {
        [] => "empty".into(),
        _ if bytes.trim_ascii().is_empty() => format!("{count} bytes of white space"),
        _ if is_text(bytes) => format!("{count} bytes of text without PEM boundaries, no JSON and no base64 of DER"),
        _ => format!("{count} bytes that are no text and begin like no key or certificate in DER"),
    }
}

#[cfg(test)]
mod tests;
