//! Auth0's key as JSON: every field of its document, and no other.

use serde::Serialize;

use super::Failure;
use crate::keystore::{PublicFormat, RingKey, RingState};
use crate::model::{Algorithm, RingPlace};

/// The vendor's `ConnectionKey`. Flags that are false are left out of the JSON, as there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConnectionKey {
    /// The SHA-256 JWK thumbprint (RFC 7638), base64url without padding. At most 255 characters, for keys made here 43.
    pub kid: String,
    /// The algorithm: `RS256`. It has keys of the ring's kind that the vendor has not, when the ring was made elsewhere.
    pub algorithm: String,
    /// `signing` or `encryption`.
    pub key_use: String,
    /// `/CN=` and the common name of the certificate. At most 132 characters.
    pub subject_dn: String,
    /// The certificate, PEM with lines that end in CR and LF, the last one too. At most 4096 characters.
    pub cert: String,
    /// SHA-1 of the certificate, upper-case hex with colons.
    pub fingerprint: String,
    /// SHA-1 of the certificate, upper-case hex. At most 255 characters, so always 40.
    pub thumbprint: String,
    /// The certificate in a degenerate PKCS#7 `SignedData`, PEM as `cert`. At most 4096 characters.
    pub pkcs: String,
    /// Whether it is the current key.
    #[serde(skip_serializing_if = "is_false")]
    pub current: bool,
    /// Whether it is the next key.
    #[serde(skip_serializing_if = "is_false")]
    pub next: bool,
    /// Whether it is the previous key.
    #[serde(skip_serializing_if = "is_false")]
    pub previous: bool,
    /// Since when it is the current key, ISO 8601 with milliseconds in UTC: `2025-05-29T06:43:29.675Z`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_since: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl ConnectionKey {
    pub(super) fn new(state: &RingState, ring_key: &RingKey) -> Result<Self, Failure> {
        let key = ring_key.key();
        let Some(information) = key.certificate_information()? else {
            return Err(Failure::no_certificate(state.name().as_str()));
        };
        let written = |format| -> Result<String, Failure> {
            Ok(String::from_utf8_lossy(&key.export_public(format)?).into_owned())
        };
        let fingerprint = information.sha1_fingerprint().to_colon_hex();
        let place = ring_key.place();
        let current = place == RingPlace::Current;
        Ok(Self {
            kid: within("kid", 255, key.kid().to_string())?,
            algorithm: key.algorithm().map_or_else(String::new, |algorithm| Algorithm::name(algorithm).into()),
            key_use: state.key_use().name().into(),
            subject_dn: within("subject_dn", 132, format!("/CN={}", state.common_name().as_str()))?,
            cert: within("cert", 4096, written(PublicFormat::CertificatePemCrlf)?)?,
            thumbprint: within("thumbprint", 255, fingerprint.replace(':', ""))?,
            fingerprint,
            pkcs: within("pkcs", 4096, written(PublicFormat::Pkcs7PemCrlf)?)?,
            current,
            next: place == RingPlace::Next,
            previous: place == RingPlace::Previous,
            current_since: ring_key.current_since().filter(|_| current).map(|at| format!("{at:.3}")),
        })
    }
}

/// A text that is not cut when it is too long.
fn within(field: &str, most: usize, text: String) -> Result<String, Failure> {
    let length = text.chars().count();
    if length <= most { Ok(text) } else { Err(Failure::too_long(field, length, most)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut() {
        assert_eq!(within("cert", 3, "äöü".into()).unwrap(), "äöü");
        let refused = within("cert", 3, "abcd".into()).unwrap_err();
        assert_eq!(refused.to_string(), "status 400: cert is 4 characters, at most 3");
    }
}
