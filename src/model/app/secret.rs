//! API keys: the secret of an application.

use std::fmt;

use super::super::{Invalid, Problem};
use crate::secret::SecretBytes;

/// How many random bytes a generated secret has: 16 to 64. The text of the secret is their base64url, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretSize(u8);

impl SecretSize {
    /// 64 bytes, as Fortanix makes them when nothing is asked for.
    pub const DEFAULT: Self = Self(64);

    /// Takes a number of bytes.
    ///
    /// ```
    /// let error = keystead::SecretSize::new(8).unwrap_err();
    /// assert_eq!(error.to_string(), "secret_size is 8, allowed are 16 to 64 bytes");
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) outside of 16 to 64.
    pub fn new(bytes: u64) -> Result<Self, crate::Error> {
        Ok(Self::parse(bytes)?)
    }

    pub(crate) fn parse(bytes: u64) -> Result<Self, Invalid> {
        match u8::try_from(bytes) {
            Ok(bytes @ 16..=64) => Ok(Self(bytes)),
            _ => {
                let message = format!("secret_size is {bytes}, allowed are 16 to 64 bytes");
                Err(Invalid::new("secret_size", Problem::InvalidLength, message))
            }
        }
    }

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }
}

/// The secret of an application, or what tells that secret from others. Presented as `Basic base64(app_id:secret)`.
#[derive(Debug)]
pub struct AppSecret(Kept);

pub(crate) enum Kept {
    Text(SecretBytes),
    /// `HMAC-SHA256[salt](secret)`
    Digest {
        salt: [u8; 32],
        digest: [u8; 32],
    },
}

impl AppSecret {
    /// Takes a secret of 16 to 256 visible ASCII characters, which should be random: whoever knows an app's id may guess.
    ///
    /// ```
    /// use keystead::AppSecret;
    ///
    /// assert!(AppSecret::new("TGV0IG1lIGluIQ-TGV0IG1lIGluIQ").is_ok());
    /// let error = AppSecret::new("hunter2").unwrap_err();
    /// assert_eq!(error.to_string(), "secret has 7 characters, allowed are 16 to 256");
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for another length or other characters.
    pub fn new(secret: impl Into<SecretBytes>) -> Result<Self, crate::Error> {
        Ok(Self::parse(secret.into())?)
    }

    pub(crate) fn parse(secret: SecretBytes) -> Result<Self, Invalid> {
        super::check_count("secret", "characters", secret.len(), 16..=256)?;
        if !secret.expose_secret().iter().all(u8::is_ascii_graphic) {
            let message = "secret has a character that is no visible ASCII, allowed are '!' to '~'";
            return Err(Invalid::new("secret", Problem::Invalid, message));
        }
        Ok(Self(Kept::Text(secret)))
    }

    pub(crate) fn from_digest(salt: [u8; 32], digest: [u8; 32]) -> Self {
        Self(Kept::Digest { salt, digest })
    }

    /// The secret, unless it is kept as a hash.
    #[must_use]
    pub fn expose_secret(&self) -> Option<&str> {
        match &self.0 {
            Kept::Text(secret) => std::str::from_utf8(secret.expose_secret()).ok(),
            Kept::Digest { .. } => None,
        }
    }

    pub(crate) fn kept(&self) -> &Kept {
        &self.0
    }

    /// Moves it to a page of its own, see [`SecretBytes::settle`]. What tells a secret from others is none.
    pub(super) fn settle(&mut self) {
        if let Kept::Text(secret) = &mut self.0 {
            secret.settle();
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "text",
            Self::Digest { .. } => "hash",
        })
    }
}
