//! Secrets that are no secrets: public keys and certificates, also in other clothes.

use zeroize::Zeroizing;

use super::asn1::begins_like_der;
use super::base64::{self, Alphabet, Padding};
use super::{is_json, is_text, is_utf16, read_document, secret_text};

/// base64 of base64 of PEM in UTF-16, and one more.
const MOST_LAYERS: u8 = 4;
/// No secret is as long, not even in hex: what is longer is not unwrapped.
const MOST_WRAPPED: usize = 64 << 10;
/// The DER of every public key is longer; secrets as long as a hash are not.
const LEAST_KEY: usize = 65;

/// Whether bytes are a key or certificate, of a kind that is taken or not, whole or cut off, as they stand or within base64,
/// hex or UTF-16. Whoever knows such bytes could sign with them if they were an HMAC secret.
///
/// Of random bytes that are longer than a hash one in four million is taken for one.
pub(crate) fn hides_key(bytes: &[u8]) -> bool {
    hides(bytes, if bytes.len() > MOST_WRAPPED { 0 } else { MOST_LAYERS })
}

fn hides(bytes: &[u8], layers: u8) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    reads_as_key(bytes) || layers > 0 && unwrapped(bytes).into_iter().flatten().any(|inside| hides(&inside, layers - 1))
}

fn reads_as_key(bytes: &[u8]) -> bool {
    let contains = |wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    // What is random may begin like UTF-16, which is not taken either.
    let reads = match read_document(bytes) {
        Ok(_) => true,
        Err(error) => error.is_unsupported() && !is_utf16(bytes),
    };
    let jwk = is_json(bytes) && contains(b"\"kty\"");
    reads || jwk || contains(b"-----BEGIN ") || contains(b"---- BEGIN ") || begins_like_key(bytes)
}

/// Somebody's DER, perhaps cut off: a header of two or three bytes of length, or a public key of one.
fn begins_like_key(bytes: &[u8]) -> bool {
    let long = matches!(bytes, [0x30, 0x81 | 0x82, ..]) && begins_like_der(bytes);
    bytes.len() >= LEAST_KEY && (long || matches!(bytes, [0x30, ..0x80, 0x30, ..0x80, 0x06, ..]))
}

/// What is inside, for each wrapping that fits.
fn unwrapped(bytes: &[u8]) -> [Option<Zeroizing<Vec<u8>>>; 4] {
    let narrow = bytes.strip_prefix(b"\xFF\xFE").or(bytes.strip_prefix(b"\xFE\xFF")).unwrap_or(bytes);
    // Every other byte of Latin text in UTF-16 is zero.
    let zeros = narrow.iter().filter(|byte| **byte == 0).count();
    let narrowed = (zeros > 0 && zeros * 2 >= narrow.len()).then(|| {
        let mut text = Zeroizing::new(Vec::with_capacity(narrow.len()));
        text.extend(narrow.iter().filter(|byte| **byte != 0));
        text
    });
    if !is_text(bytes) {
        return [narrowed, None, None, None];
    }
    let compact = base64::without_space(bytes);
    let base64 = |alphabet| base64::decode(&compact, alphabet, Padding::Optional).ok();
    [narrowed, base64(Alphabet::Standard), base64(Alphabet::Url), secret_text::hex(&compact).ok()]
}

#[cfg(test)]
mod tests {
    use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding};

    use super::super::super::pem;
    use super::super::super::rfc_keys::{CERTIFIED, PRIVATE, SECRET};
    use super::*;

    fn wrapped(key: &[u8]) -> Vec<Vec<u8>> {
        let hex = |upper: bool| -> String {
            key.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
        };
        let wide = |to: fn(u16) -> [u8; 2], text: &str| -> Vec<u8> { text.encode_utf16().flat_map(to).collect() };
        let standard = Base64::encode_string(key);
        let mut all: Vec<Vec<u8>> = [
            standard.clone(),
            standard.trim_end_matches('=').into(),
            standard.replace('A', "A\r\n"),
            Base64Url::encode_string(key),
            Base64UrlUnpadded::encode_string(key),
            hex(true),
            hex(false),
            Base64::encode_string(standard.as_bytes()),
        ]
        .map(String::into_bytes)
        .into();
        if let Ok(text) = std::str::from_utf8(key) {
            for text in [text.to_owned(), format!("\u{FEFF}{text}")] {
                all.extend([wide(u16::to_le_bytes, &text), wide(u16::to_be_bytes, &text), text.into_bytes()]);
            }
        }
        all
    }

    #[test]
    fn keys_are_known_in_any_clothes() {
        let der = |base64: &str| Base64::decode_vec(base64).unwrap();
        let ed25519 = [&[0x30, 42, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 3, 33, 0][..], &[0xA7; 32]].concat();
        let mut keys: Vec<_> = PRIVATE.iter().flat_map(|key| [der(key.spki), der(key.pkcs8)]).collect();
        keys.extend(PRIVATE.iter().map(|key| pem("PUBLIC KEY", &der(key.spki)).unwrap().into_bytes()));
        keys.extend(PRIVATE.iter().map(|key| der(key.spki)[..70].to_vec()));
        keys.extend(
            [
                CERTIFIED,
                SECRET,
                r#"{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}"#,
                // Damaged: the alphabet is the wrong one.
                r#"{"kty": "RSA", "n": "++++", "e": "AQAB"}"#,
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me",
                "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----",
            ]
            .map(|text| text.as_bytes().to_vec()),
        );
        keys.push(ed25519);
        for key in keys {
            assert!(hides_key(&key), "{}", key.escape_ascii());
            for clothes in wrapped(&key) {
                assert!(hides_key(&clothes), "{}", clothes.escape_ascii());
            }
        }
    }

    #[test]
    fn secrets_are_none() {
        let random: Vec<u8> = (0..4096u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for len in [1, 16, 32, 48, 64, 88, 512, 4096] {
            for secret in [&random[..len], &vec![b'a'; len], &vec![0; len], &vec![0x30; len], &vec![0xFF; len]] {
                assert!(!hides_key(secret));
                assert!(wrapped(secret).iter().all(|clothes| !hides_key(clothes)), "{}", secret.escape_ascii());
            }
        }
        for text in ["", "correct horse battery staple", "{\"a\": 1}", "[1]", "-----", "a secret: BEGIN here"] {
            assert!(!hides_key(text.as_bytes()));
        }
        // As long as a hash, and like the beginning of a key.
        assert!(!hides_key(&[&[0x30, 0x82, 0x30][..], &[7; 61]].concat()));
        assert!(!hides_key(&[0xFF, 0xFE, 7, 0, 9, 9, 9, 9]));
    }

    #[test]
    fn time_grows_with_length_alone() {
        for piece in ["A", "-", " ", "{", "MIIB", "30", "\0", "-----BEGIN"] {
            let text = piece.repeat((1 << 20) / piece.len());
            let start = std::time::Instant::now();
            hides_key(text.as_bytes());
            assert!(start.elapsed() < std::time::Duration::from_secs(2), "{piece:?} took {:?}", start.elapsed());
        }
    }
}
