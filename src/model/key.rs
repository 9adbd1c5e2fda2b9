//! A key as everyone may see it: all about it but its private part.

use jiff::Timestamp;

use super::{Algorithm, Certificates, Issuer, KeyId, KeyName, KeyType, KeyUse, Kid};

/// How a key came into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Made here; its private part was never outside before that.
    Generated,
    /// Brought from outside.
    Imported,
}

impl Origin {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Generated => 1,
            Self::Imported => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Generated, Self::Imported].into_iter().find(|origin| origin.code() == code)
    }
}

/// What the store tells about a key. It holds no private key and no secret.
///
/// Instants have milliseconds and no finer parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub(crate) id: KeyId,
    pub(crate) name: KeyName,
    pub(crate) key_type: KeyType,
    pub(crate) algorithm: Option<Algorithm>,
    pub(crate) bits: u32,
    pub(crate) kid: Kid,
    pub(crate) issuer: Option<Issuer>,
    pub(crate) origin: Origin,
    pub(crate) exportable: bool,
    pub(crate) has_private: bool,
    pub(crate) inserted_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) exported_at: Option<Timestamp>,
    pub(crate) revoked: bool,
    pub(crate) key_use: KeyUse,
    pub(crate) public_key: Option<Box<[u8]>>,
    pub(crate) certificates: Option<Certificates>,
}

impl Key {
    /// The id, unique and for ever.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The name, unique at any moment.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// RSA, EC or HMAC.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// The algorithm it is meant for. An imported key may come without one.
    #[must_use]
    pub const fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// The length in bits: of the modulus, the field or the secret.
    #[must_use]
    pub const fn bits(&self) -> u32 {
        self.bits
    }

    /// The key identifier, RFC 7517 section 4.5.
    #[must_use]
    pub const fn kid(&self) -> &Kid {
        &self.kid
    }

    /// The issuer's common name in the certificate. `None` for HMAC, and where a certificate from outside has none of 1 to
    /// 64 characters.
    #[must_use]
    pub const fn issuer(&self) -> Option<&Issuer> {
        self.issuer.as_ref()
    }

    /// Made here, or imported.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    /// Whether the private key or secret may leave the store. Decided when the key is made, for ever.
    #[must_use]
    pub const fn is_exportable(&self) -> bool {
        self.exportable
    }

    /// Whether the store holds the private key or secret.
    #[must_use]
    pub const fn has_private_key(&self) -> bool {
        self.has_private
    }

    /// When the key was made or imported.
    #[must_use]
    pub const fn inserted_at(&self) -> Timestamp {
        self.inserted_at
    }

    /// When the key was last changed.
    #[must_use]
    pub const fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    /// When its certificate ends. `None` without a certificate.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// When its private part was first exported. `None` while it never was.
    #[must_use]
    pub const fn exported_at(&self) -> Option<Timestamp> {
        self.exported_at
    }

    /// Whether its ring has revoked it ([`Ring::revoke`](crate::Ring::revoke)): then it neither signs nor verifies any more.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        self.revoked
    }

    /// What it is for: signatures, unless it is a ring's and the ring is for encryption.
    #[must_use]
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// The public key as SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7). `None` for HMAC.
    #[must_use]
    pub fn public_key_der(&self) -> Option<&[u8]> {
        self.public_key.as_deref()
    }

    /// The X.509 certificate in DER. `None` for HMAC, and for a public key that came without one.
    #[must_use]
    pub fn certificate_der(&self) -> Option<&[u8]> {
        self.certificates.as_ref().map(Certificates::leaf)
    }

    /// The certificate and those above it that came with it, each in DER and followed by its issuer's. Empty without a
    /// certificate.
    pub fn certificate_chain(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.iter().flat_map(Certificates::iter)
    }
}
