//! What keys are for.

/// What a key is for. Only the keys of a ring are for anything but signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// Signatures: `"use": "sig"` in a JWK (RFC 7517, section 4.2).
    #[default]
    Signing,
    /// Encryption to whoever has the private key: `"use": "enc"`. This library hands such keys out; it does not decrypt with them, and
    /// signs nothing with them but their certificate.
    Encryption,
}

impl KeyUse {
    pub(crate) const ALL: [Self; 2] = [Self::Signing, Self::Encryption];

    /// `signing` or `encryption`, as Auth0 writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Encryption => "encryption",
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Signing => 1,
            Self::Encryption => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|key_use| key_use.code() == code)
    }
}
