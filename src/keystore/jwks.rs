//! Public keys as a JWK set, RFC 7517 section 5.

use super::Keystore;
use super::public_form::jwk_facts;
use crate::codec;
use crate::error::Result;
use crate::model::{Key, KeyId, KeyType, KeyUse};

impl Keystore {
    /// The public keys of all RSA and EC keys as a JWK set, in the order of insertion: what a service publishes so that
    /// others verify its tokens. Each key has `alg`, `use`, `kid` and, when it has a certificate, `x5c`, `x5t` and
    /// `x5t#S256`. HMAC keys are left out, and so are those that a ring has retired or revoked and those that a ring has for
    /// encryption: [`Ring::jwks`](super::Ring::jwks) is what a ring publishes.
    ///
    /// A ring that is made, or turns, meanwhile may be there with its keys of before or of after. All of it is in memory, some
    /// 2 KB a key.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn jwks(&self) -> Result<String> {
        let withdrawn = |key: &Key| key.revoked || key.key_use == KeyUse::Encryption;
        set(self.published_keys().filter(|key| !key.as_ref().is_ok_and(withdrawn)))
    }

    /// As [`jwks`](Self::jwks), of these keys, in this order.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when one of them is not there,
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when one is an HMAC key; and those of every read, see
    /// [`key`](Self::key).
    pub fn jwks_of(&self, ids: &[KeyId]) -> Result<String> {
        set(ids.iter().map(|id| {
            let key = self.key(*id)?;
            super::public_form::public_part(&key)?;
            Ok(key)
        }))
    }
}

pub(super) fn set(keys: impl Iterator<Item = Result<Key>>) -> Result<String> {
    let mut set = String::from(r#"{"keys":["#);
    let mut first = true;
    for key in keys {
        let key = key?;
        let (Some(spki), true) = (key.public_key_der(), key.key_type != KeyType::Hmac) else { continue };
        if !std::mem::take(&mut first) {
            set.push(',');
        }
        let certificates: Vec<_> = key.certificate_chain().collect();
        set.push_str(&codec::jwk_public(spki, &jwk_facts(&key, &certificates))?);
    }
    set.push_str("]}");
    Ok(set)
}
