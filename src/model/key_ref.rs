//! By what a key is looked up.

use super::{Fingerprint, KeyId, KeyName, Kid};

/// By what a key is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyRef {
    /// By its id.
    Id(KeyId),
    /// By its exact name.
    Name(KeyName),
    /// By its exact key identifier, which several keys may share.
    Kid(Kid),
    /// By a digest of its certificate or its JWK thumbprint, which several keys may share.
    Fingerprint(Fingerprint),
}

impl From<KeyId> for KeyRef {
    fn from(id: KeyId) -> Self {
        Self::Id(id)
    }
}

impl From<&KeyId> for KeyRef {
    fn from(id: &KeyId) -> Self {
        Self::Id(*id)
    }
}

impl From<KeyName> for KeyRef {
    fn from(name: KeyName) -> Self {
        Self::Name(name)
    }
}

impl From<Kid> for KeyRef {
    fn from(kid: Kid) -> Self {
        Self::Kid(kid)
    }
}

impl From<Fingerprint> for KeyRef {
    fn from(fingerprint: Fingerprint) -> Self {
        Self::Fingerprint(fingerprint)
    }
}
