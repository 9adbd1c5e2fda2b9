//! API keys: `Basic base64(app_id:secret)`.

use base64ct::{Base64, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::outcome::{Reason, Refusal};
use crate::crypto;
use crate::model::{AppId, AppSecret, CredentialKind, Kept};
use crate::secret::{SecretBytes, SecretKey};

/// The longest value of `Authorization`: the key of the longest secret has 392 characters.
const MOST: usize = 1024;

/// An API key that was presented.
pub(crate) struct BasicKey {
    pub(crate) app: AppId,
    pub(crate) secret: SecretBytes,
}

impl BasicKey {
    /// Reads the value of `Authorization`. The scheme's letters may be of any case (RFC 9110, section 11.1).
    pub(crate) fn parse(authorization: &str) -> Result<Self, Refusal> {
        let malformed = |message: &str| Refusal::new(CredentialKind::Secret, Reason::Malformed, message);
        if authorization.len() > MOST {
            let len = authorization.len();
            return Err(malformed(&format!("authorization has {len} bytes, at most {MOST}")));
        }
        let key = match authorization.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("basic") => key.trim_matches(' '),
            _ => return Err(malformed("authorization is not of the scheme Basic")),
        };
        let mut plain = Zeroizing::new([0; MOST]);
        let plain = Base64::decode(key, plain.as_mut_slice())
            .map_err(|_| malformed("the API key is not base64 with padding"))?;
        let colon = plain.iter().position(|byte| *byte == b':').map(|at| plain.split_at(at));
        let Some((id, [_, secret @ ..])) = colon else {
            return Err(malformed("the API key is not an app's id, a colon and a secret"));
        };
        let app = std::str::from_utf8(id).ok().and_then(|id| AppId::parse(id).ok());
        let app = app.ok_or_else(|| malformed("the API key does not begin with an app's id"))?;
        Ok(Self { app, secret: SecretBytes::copy_from(secret) })
    }
}

/// Whether it is the secret, in time that depends on lengths alone.
pub(super) fn is_secret(kept: &AppSecret, presented: &SecretBytes) -> bool {
    match kept.kept() {
        Kept::Text(secret) => secret.ct_eq(presented.expose_secret()),
        Kept::Digest { salt, digest: known } => digest(salt, presented.expose_secret()).ct_eq(known).into(),
    }
}

/// `HMAC-SHA256[salt](secret)`, by which a secret is known that is not kept.
pub(crate) fn digest(salt: &[u8; 32], secret: &[u8]) -> [u8; 32] {
    crypto::hmac_sha256(&SecretKey::copy_from(salt), secret)
}
