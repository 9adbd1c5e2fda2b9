//! JOSE signature algorithms (RFC 7518, section 3.1) and what each implies.

use std::fmt;
use std::str::FromStr;

use super::{Curve, Hash, Invalid, KeyType, Problem, Scheme};

/// A JOSE signature algorithm, RFC 7518 section 3.1.
///
/// ```
/// use keystead::{Algorithm, KeyType};
///
/// let algorithm: Algorithm = "ES512".parse()?;
/// assert_eq!(algorithm.key_type(), KeyType::Ec);
/// assert_eq!(algorithm.curve().map(|curve| curve.bits()), Some(521));
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// ECDSA with P-521 and SHA-512.
    Es512,
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PSS with SHA-256 and a salt as long as the hash.
    Ps256,
    /// RSASSA-PSS with SHA-384 and a salt as long as the hash.
    Ps384,
    /// RSASSA-PSS with SHA-512 and a salt as long as the hash.
    Ps512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
}

impl Algorithm {
    /// Every algorithm, in the order of their names.
    pub const ALL: [Self; 12] = [
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
    ];

    /// The `alg` value of RFC 7518, for example `RS256`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    /// The signature scheme, without its hash.
    #[must_use]
    pub const fn scheme(self) -> Scheme {
        match self {
            Self::Es256 | Self::Es384 | Self::Es512 => Scheme::Ecdsa,
            Self::Hs256 | Self::Hs384 | Self::Hs512 => Scheme::Hmac,
            Self::Ps256 | Self::Ps384 | Self::Ps512 => Scheme::RsaPss,
            Self::Rs256 | Self::Rs384 | Self::Rs512 => Scheme::RsaPkcs1v15,
        }
    }

    /// The hash that the scheme is used with.
    #[must_use]
    pub const fn hash(self) -> Hash {
        match self {
            Self::Es256 | Self::Hs256 | Self::Ps256 | Self::Rs256 => Hash::Sha256,
            Self::Es384 | Self::Hs384 | Self::Ps384 | Self::Rs384 => Hash::Sha384,
            Self::Es512 | Self::Hs512 | Self::Ps512 | Self::Rs512 => Hash::Sha512,
        }
    }

    /// The kind of key that it needs.
    #[must_use]
    pub const fn key_type(self) -> KeyType {
        match self.scheme() {
            Scheme::Ecdsa => KeyType::Ec,
            Scheme::Hmac => KeyType::Hmac,
            Scheme::RsaPss | Scheme::RsaPkcs1v15 => KeyType::Rsa,
        }
    }

    /// The curve that it needs, for the ES algorithms.
    #[must_use]
    pub const fn curve(self) -> Option<Curve> {
        match self {
            Self::Es256 => Some(Curve::P256),
            Self::Es384 => Some(Curve::P384),
            Self::Es512 => Some(Curve::P521),
            _ => None,
        }
    }

    /// The number that stands for it in the file. Fixed for ever: see the file format.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Rs256 => 1,
            Self::Rs384 => 2,
            Self::Rs512 => 3,
            Self::Ps256 => 4,
            Self::Ps384 => 5,
            Self::Ps512 => 6,
            Self::Es256 => 7,
            Self::Es384 => 8,
            Self::Es512 => 9,
            Self::Hs256 => 10,
            Self::Hs384 => 11,
            Self::Hs512 => 12,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.code() == code)
    }

    /// Reads an `alg` value; upper case as RFC 7518 writes it.
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == text).ok_or_else(|| {
            let allowed: Vec<_> = Self::ALL.iter().map(|algorithm| algorithm.name()).collect();
            Invalid::new(
                "algorithm",
                Problem::Invalid,
                format!("algorithm is {}, allowed are {}", Invalid::quote(text), allowed.join(", ")),
            )
        })
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = crate::Error;

    /// Reads an `alg` value, in upper case as RFC 7518 writes it.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else, `none` included.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_lead_back() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()).unwrap(), algorithm);
            assert_eq!(Algorithm::from_code(algorithm.code()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_code(0), None);
        assert_eq!(Algorithm::from_code(13), None);
    }

    #[test]
    fn others_are_refused_by_name() {
        insta::assert_snapshot!(
            Algorithm::parse("none").unwrap_err().to_string(),
            @"algorithm is 'none', allowed are ES256, ES384, ES512, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512"
        );
        for text in ["", "rs256", "RS256 ", "ES256K", "EdDSA"] {
            assert!(Algorithm::parse(text).is_err(), "{text}");
        }
    }
}
