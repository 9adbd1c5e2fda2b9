//! From bytes of any form to keys that have been checked: opened, validated and put together.

mod algorithm;
mod group;
mod open;
mod pkcs12;

pub(super) use algorithm::algorithm;
pub(super) use group::group;
pub(super) use open::{Piece, open};
pub(super) use pkcs12::write as write_pkcs12;

use crate::codec::{self, Hints, ReadError};
use crate::crypto::{CheckedPublic, CryptoError, SigningKey};
use crate::error::{Error, Result};
use crate::model::{Algorithm, Certificates, Curve, Form, Invalid, Issuer, KeyType, Problem};
use crate::secret::SecretBytes;
use crate::x509::CertificateFacts;

/// The longest input.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// Private keys in one input: of 4096 bits each takes half a millisecond, its primes not counted.
pub(super) const MOST_PRIVATE_KEYS: usize = 128;

/// One key as it came, sound in itself and with its parts belonging together.
#[derive(Debug)]
pub(super) struct Material {
    /// The input that the key came in.
    pub(super) field: &'static str,
    pub(super) form: Form,
    pub(super) kind: Kind,
    pub(super) certificates: Option<Certificates>,
    pub(super) facts: Option<CertificateFacts>,
    pub(super) hints: Hints,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A private key that signs with one of its algorithms, and its public key.
    Private(Box<SigningKey>, CheckedPublic),
    Public(CheckedPublic),
    Secret(SecretBytes),
}

impl Kind {
    pub(super) fn public(&self) -> Option<&CheckedPublic> {
        match self {
            Self::Private(_, public) | Self::Public(public) => Some(public),
            Self::Secret(_) => None,
        }
    }

    pub(super) fn key_type(&self) -> KeyType {
        self.public().map_or(KeyType::Hmac, |public| public.key_type)
    }

    pub(super) fn curve(&self) -> Option<Curve> {
        self.public().and_then(|public| public.curve)
    }

    /// Of the modulus, the field or the secret.
    pub(super) fn bits(&self) -> u32 {
        match self {
            Self::Private(_, public) | Self::Public(public) => public.bits,
            Self::Secret(secret) => u32::try_from(secret.len() * 8).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn has_private(&self) -> bool {
        !matches!(self, Self::Public(_))
    }

    /// What the key is meant for when nobody says it.
    pub(super) fn usual_algorithm(&self) -> Algorithm {
        match (self.curve(), self.key_type(), self.bits()) {
            (Some(Curve::P256), ..) => Algorithm::Es256,
            (Some(Curve::P384), ..) => Algorithm::Es384,
            (Some(Curve::P521), ..) => Algorithm::Es512,
            (None, KeyType::Hmac, 512..) => Algorithm::Hs512,
            (None, KeyType::Hmac, 384..) => Algorithm::Hs384,
            (None, KeyType::Hmac, _) => Algorithm::Hs256,
            (None, ..) => Algorithm::Rs256,
        }
    }
}

/// The issuer to show for a certificate: its issuer's common name, when it can be one.
pub(super) fn issuer(facts: &CertificateFacts) -> Option<Issuer> {
    Issuer::parse(facts.issuer_common_name.as_deref()?).ok()
}

impl Material {
    /// The last check, and the dearest: whether the factors of an RSA key are prime.
    pub(super) fn test_primes(&self) -> Result<()> {
        match &self.kind {
            Kind::Private(key, _) => key.test_primes().map_err(|error| crypto_failed(self.field, error)),
            _ => Ok(()),
        }
    }
}

/// Refuses an HMAC secret that everybody may know: the bytes or the text of a key or certificate.
pub(super) fn refuse_key_as_secret(field: &'static str, bytes: &[u8]) -> Result<()> {
    if codec::hides_key(bytes) {
        return Err(refuse(field, "it reads as a key or certificate, which must not serve as an HMAC secret"));
    }
    Ok(())
}

/// Refuses an input for what its bytes are.
pub(super) fn refuse(field: &'static str, message: impl std::fmt::Display) -> Error {
    Invalid::new(field, Problem::CouldNotParse, format!("{field}: {message}")).into()
}

/// Refuses what `codec` could not read.
pub(super) fn read_failed(field: &'static str, error: &ReadError) -> Error {
    let problem = if error.is_unsupported() { Problem::Unsupported } else { Problem::CouldNotParse };
    Invalid::new(field, problem, format!("{field}: {error}")).into()
}

/// Refuses what `crypto` found wrong.
pub(super) fn crypto_failed(field: &'static str, error: CryptoError) -> Error {
    let problem = match error {
        CryptoError::MalformedKey(_) | CryptoError::MalformedEncryption(_) => Problem::CouldNotParse,
        CryptoError::Refused(_) => Problem::Invalid,
        CryptoError::Unsupported(_) => Problem::Unsupported,
        CryptoError::WrongPassword => {
            return Invalid::new("password", Problem::Invalid, format!("{field}: {error}")).into();
        }
        other => return other.into(),
    };
    Invalid::new(field, problem, format!("{field}: {error}")).into()
}

/// Refuses pieces of another kind than the field is for.
pub(super) fn expect(field: &'static str, pieces: &[Piece]) -> Result<()> {
    let stranger = match field {
        // A file of a private key often holds more: its certificate, the chain above it.
        "privateKey" if pieces.iter().any(Piece::is_private) => None,
        "privateKey" => pieces.first(),
        _ => pieces.iter().find(|piece| !piece.fits_field()),
    };
    match stranger {
        Some(piece) => Err(refuse(field, format!("it is {}, which does not belong there", piece.form()))),
        None => Ok(()),
    }
}

/// The only key of an input.
pub(super) fn only(field: &'static str, mut found: Vec<Material>) -> Result<Material> {
    match (found.pop(), found.len()) {
        (Some(material), 0) => Ok(material),
        (None, _) => Err(refuse(field, "there is no key in it")),
        (Some(_), others) => Err(refuse(
            field,
            format!("there are {} keys in it, one is needed: take it apart with ImportKey::each_of", others + 1),
        )),
    }
}
