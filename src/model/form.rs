//! What bytes from outside are: the structure inside and the armour around it.

use std::fmt;

/// The structure that a key or certificate came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Structure {
    /// `PrivateKeyInfo` or `OneAsymmetricKey`, RFC 5208 and RFC 5958.
    Pkcs8,
    /// `EncryptedPrivateKeyInfo`, RFC 5958 section 3.
    EncryptedPkcs8,
    /// `RSAPrivateKey`, RFC 8017 appendix A.1.2.
    Pkcs1,
    /// `RSAPublicKey`, RFC 8017 appendix A.1.1.
    Pkcs1Public,
    /// `ECPrivateKey`, RFC 5915.
    Sec1,
    /// `SubjectPublicKeyInfo`, RFC 5280 section 4.1.2.7.
    Spki,
    /// An X.509 certificate, RFC 5280.
    Certificate,
    /// `SignedData` with certificates, RFC 5652 section 5.
    Pkcs7,
    /// `PFX`, RFC 7292.
    Pkcs12,
    /// A public key as JSON, RFC 7517.
    Jwk,
    /// A private key or secret as JSON, RFC 7517.
    PrivateJwk,
    /// A set of keys as JSON, RFC 7517 section 5.
    Jwks,
    /// The bytes of an HMAC secret.
    Secret,
}

/// How the structure was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Armour {
    /// Lines of base64 between boundaries, RFC 7468.
    Pem,
    /// Bytes.
    Der,
    /// base64 without boundaries.
    Base64,
    /// JSON.
    Json,
    /// The bytes themselves, or a text that stands for them as it is.
    Raw,
}

/// What bytes turned out to be.
///
/// Written, it is the name of the export format that gives the same, where there is one: `pkcs8-pem`,
/// `certificate-der`, `jwk-private`, `raw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Form {
    /// The structure of the key, or of the first certificate when there is no key.
    pub structure: Structure,
    /// How it was written down.
    pub armour: Armour,
}

impl Structure {
    const fn name(self) -> &'static str {
        match self {
            Self::Pkcs8 => "pkcs8",
            Self::EncryptedPkcs8 => "encrypted-pkcs8",
            Self::Pkcs1 => "pkcs1",
            Self::Pkcs1Public => "pkcs1-public",
            Self::Sec1 => "sec1",
            Self::Spki => "spki",
            Self::Certificate => "certificate",
            Self::Pkcs7 => "pkcs7",
            Self::Pkcs12 => "pkcs12",
            Self::Jwk => "jwk",
            Self::PrivateJwk => "jwk-private",
            Self::Jwks => "jwks",
            Self::Secret => "raw",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.structure.name())?;
        match self.armour {
            Armour::Pem => f.write_str("-pem"),
            Armour::Der => f.write_str("-der"),
            Armour::Base64 => f.write_str("-base64"),
            Armour::Json | Armour::Raw => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_the_names_of_exports() {
        let name = |structure, armour| Form { structure, armour }.to_string();
        assert_eq!(name(Structure::Pkcs8, Armour::Pem), "pkcs8-pem");
        assert_eq!(name(Structure::Certificate, Armour::Der), "certificate-der");
        assert_eq!(name(Structure::Spki, Armour::Base64), "spki-base64");
        assert_eq!(name(Structure::PrivateJwk, Armour::Json), "jwk-private");
        assert_eq!(name(Structure::Secret, Armour::Raw), "raw");
    }
}
