//! What algorithms are made of: schemes, hashes, curves and types of keys.

use std::fmt;

/// What a signature is made with, the hash aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// ECDSA, deterministic as RFC 6979 says.
    Ecdsa,
    /// HMAC, RFC 2104.
    Hmac,
    /// RSASSA-PKCS1-v1_5, RFC 8017 section 8.2.
    RsaPkcs1v15,
    /// RSASSA-PSS, RFC 8017 section 8.1.
    RsaPss,
}

/// The hash under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl Hash {
    /// The length of a digest in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::Sha256 => 256,
            Self::Sha384 => 384,
            Self::Sha512 => 512,
        }
    }

    /// The length of a digest in bytes.
    #[must_use]
    pub const fn output_len(self) -> usize {
        self.bits() as usize / 8
    }
}

/// A NIST curve, as JOSE names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// The JWK `crv` value: `P-256`, `P-384` or `P-521`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The size of the field in bits.
    #[must_use]
    pub const fn bits(self) -> u32 {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
            Self::P521 => 521,
        }
    }

    /// The length of a coordinate in bytes.
    #[must_use]
    pub const fn field_len(self) -> usize {
        (self.bits() as usize).div_ceil(8)
    }
}

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyType {
    /// Elliptic curve.
    Ec,
    /// A symmetric secret.
    Hmac,
    /// RSA.
    Rsa,
}

impl KeyType {
    /// `EC`, `HMAC` or `RSA`, as FusionAuth writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ec => "EC",
            Self::Hmac => "HMAC",
            Self::Rsa => "RSA",
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Rsa => 1,
            Self::Ec => 2,
            Self::Hmac => 3,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        [Self::Rsa, Self::Ec, Self::Hmac].into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
