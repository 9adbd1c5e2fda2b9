//! Digests that name a key or its certificate.

use std::fmt;

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};

use super::{Invalid, Problem};

/// A digest that names a certificate or a public key: MD5, SHA-1 or SHA-256. Which of a key's there are, says
/// [`Key::fingerprints`](crate::Key::fingerprints).
///
/// ```
/// use keystead::Fingerprint;
///
/// let sha1: Fingerprint = "CD:A9:80:5F:4D:37:EB:CD:B4:45:42:DF:76:35:15:E9:89:21:61:B6".parse()?;
/// assert_eq!(sha1.to_base64url(), "zamAX0036820RULfdjUV6YkhYbY");
/// assert_eq!(sha1, "zamAX0036820RULfdjUV6YkhYbY".parse()?);
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fingerprint {
    /// 16 bytes.
    Md5([u8; 16]),
    /// 20 bytes.
    Sha1([u8; 20]),
    /// 32 bytes.
    Sha256([u8; 32]),
}

impl Fingerprint {
    /// The bytes of the digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Md5(digest) => digest,
            Self::Sha1(digest) => digest,
            Self::Sha256(digest) => digest,
        }
    }

    /// Upper-case hex, a colon between bytes: what openssl and FusionAuth call a fingerprint.
    #[must_use]
    pub fn to_colon_hex(&self) -> String {
        colon_hex(self.as_bytes())
    }

    /// Lower-case hex without colons.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// As OpenSSH writes fingerprints: `SHA256:` or `SHA1:` and base64 without padding, `MD5:` and lower-case hex with
    /// colons.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        match self {
            Self::Md5(digest) => format!("MD5:{}", colon_hex(digest).to_lowercase()),
            Self::Sha1(digest) => format!("SHA1:{}", Base64Unpadded::encode_string(digest)),
            Self::Sha256(digest) => format!("SHA256:{}", Base64Unpadded::encode_string(digest)),
        }
    }

    /// base64url without padding: what JOSE calls a thumbprint (`x5t`, RFC 7515 section 4.1.7).
    #[must_use]
    pub fn to_base64url(&self) -> String {
        Base64UrlUnpadded::encode_string(self.as_bytes())
    }

    /// The first 8 bytes, by which the file finds a digest.
    pub(crate) fn prefix(&self) -> i64 {
        let mut first = [0; 8];
        for (to, from) in first.iter_mut().zip(self.as_bytes()) {
            *to = *from;
        }
        i64::from_be_bytes(first)
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(match bytes.len() {
            16 => Self::Md5(bytes.try_into().ok()?),
            20 => Self::Sha1(bytes.try_into().ok()?),
            32 => Self::Sha256(bytes.try_into().ok()?),
            _ => return None,
        })
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let bytes = match text.len() {
            _ if text.starts_with("MD5:") => text.split(':').skip(1).map(hex_byte).collect(),
            _ if text.starts_with("SHA1:") => Base64Unpadded::decode_vec(text.get(5..).unwrap_or_default()).ok(),
            _ if text.starts_with("SHA256:") => Base64Unpadded::decode_vec(text.get(7..).unwrap_or_default()).ok(),
            27 | 43 => Base64UrlUnpadded::decode_vec(text).ok(),
            // 47, 59 and 95: colons between the bytes.
            47 | 59 | 95 => text.split(':').map(hex_byte).collect(),
            32 | 40 | 64 => text.as_bytes().chunks(2).map(|pair| hex_byte(std::str::from_utf8(pair).ok()?)).collect(),
            _ => None,
        };
        let named = |digest: &Self| match text.split_once(':').map(|(name, _)| name) {
            Some("MD5") => matches!(digest, Self::Md5(_)),
            Some("SHA1") => matches!(digest, Self::Sha1(_)),
            Some("SHA256") => matches!(digest, Self::Sha256(_)),
            _ => true,
        };
        bytes.as_deref().and_then(Self::from_bytes).filter(named).ok_or_else(|| {
            Invalid::new(
                "fingerprint",
                Problem::CouldNotParse,
                format!(
                    "fingerprint is {}, allowed are an MD5, SHA-1 or SHA-256 digest in hex, with or without colons, \
                     or as OpenSSH writes it, or a SHA-1 or SHA-256 digest in base64url without padding",
                    Invalid::quote(text)
                ),
            )
        })
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_colon_hex())
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = crate::Error;

    /// Reads hex of either case, with colons between all bytes or none, base64url without padding, and what OpenSSH
    /// writes. The length tells which digest it is.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text)?)
    }
}

/// Upper-case hex with a colon between bytes.
pub(crate) fn colon_hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

fn hex_byte(pair: &str) -> Option<u8> {
    let two_digits = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
    if two_digits { u8::from_str_radix(pair, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_one_digest_is_the_same() {
        for len in [16, 20, 32] {
            let bytes: Vec<u8> = (0..len).map(|at: u8| at.wrapping_mul(7).wrapping_add(200)).collect();
            let digest = Fingerprint::from_bytes(&bytes).unwrap();
            let colons = digest.to_colon_hex();
            let plain = colons.replace(':', "");
            assert_eq!(digest.to_hex(), plain.to_lowercase());
            for text in [&colons, &colons.to_lowercase(), &plain, &digest.to_hex(), &digest.to_openssh()] {
                assert_eq!(Fingerprint::parse(text).unwrap(), digest);
            }
            if len > 16 {
                assert_eq!(Fingerprint::parse(&digest.to_base64url()).unwrap(), digest);
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = "A".repeat(1000);
        let wrong = format!("SHA1:{}", "A".repeat(43));
        for text in [
            "",
            "zz",
            &wrong,
            "SHA256:",
            "MD5:",
            "MD5:00",
            "SHA256:é",
            "+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1",
            &long,
            "ñandúñandúñandúñandúñandú22",
        ] {
            assert!(Fingerprint::parse(text).is_err(), "{text}");
        }
    }
}
