//! Credentials of AWS KMS external key stores.

use std::fmt;

use super::super::{Invalid, Problem};
use super::check_count;
use crate::secret::SecretBytes;

/// The credential of an AWS KMS external key store proxy: what signs requests with AWS Signature Version 4.
#[derive(Debug)]
pub struct AwsXks {
    access_key_id: Box<str>,
    secret_key: AwsXksSecret,
}

/// The secret access key.
pub struct AwsXksSecret(SecretBytes);

impl AwsXks {
    /// Takes an access key id of 20 to 30 characters `A` to `Z` and `2` to `7`, and a secret key of 43 to 64 characters `A` to
    /// `Z`, `a` to `z`, `0` to `9`, `/`, `+` and `=`, as AWS KMS allows them (`XksProxyAuthenticationCredentialType`).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for others.
    pub fn new(access_key_id: impl Into<String>, secret_key: impl Into<SecretBytes>) -> Result<Self, crate::Error> {
        Ok(Self::parse(access_key_id.into(), secret_key.into())?)
    }

    pub(crate) fn parse(access_key_id: String, secret_key: SecretBytes) -> Result<Self, Invalid> {
        let characters = |field, allowed| {
            let message = format!("{field} has a character that is not allowed, allowed are {allowed}");
            Err(Invalid::new(field, Problem::Invalid, message))
        };
        check_count("access_key_id", "characters", access_key_id.len(), 20..=30)?;
        if !access_key_id.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')) {
            return characters("access_key_id", "A to Z and 2 to 7");
        }
        check_count("secret_key", "characters", secret_key.len(), 43..=64)?;
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+=".contains(byte);
        if !secret_key.expose_secret().iter().all(plain) {
            return characters("secret_key", "A to Z, a to z, 0 to 9, '/', '+' and '='");
        }
        Ok(Self { access_key_id: access_key_id.into(), secret_key: AwsXksSecret(secret_key) })
    }

    /// The access key id.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The secret access key.
    #[must_use]
    pub fn secret_key(&self) -> &AwsXksSecret {
        &self.secret_key
    }

    /// Moves the secret key to a page of its own, see [`SecretBytes::settle`].
    pub(super) fn settle(&mut self) {
        self.secret_key.0.settle();
    }
}

impl AwsXksSecret {
    /// Its text.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        // Checked to be ASCII.
        std::str::from_utf8(self.0.expose_secret()).unwrap_or_default()
    }
}

impl fmt::Debug for AwsXksSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsXksSecret(..)")
    }
}
