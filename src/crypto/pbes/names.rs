//! What identifiers that are refused stand for, so that an error can say it.

use const_oid::ObjectIdentifier;

use super::super::CryptoError;

const NAMES: [(&str, &str); 18] = [
    ("1.2.840.113549.1.5.1", "pbeWithMD2AndDES-CBC"),
    ("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC"),
    ("1.2.840.113549.1.5.4", "pbeWithMD2AndRC2-CBC"),
    ("1.2.840.113549.1.5.6", "pbeWithMD5AndRC2-CBC"),
    ("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC"),
    ("1.2.840.113549.1.5.11", "pbeWithSHA1AndRC2-CBC"),
    ("1.2.840.113549.1.5.14", "PBMAC1"),
    ("1.2.840.113549.1.12.1.1", "pbeWithSHAAnd128BitRC4"),
    ("1.2.840.113549.1.12.1.2", "pbeWithSHAAnd40BitRC4"),
    ("1.2.840.113549.1.12.1.4", "pbeWithSHAAnd2-KeyTripleDES-CBC"),
    ("1.2.840.113549.2.5", "MD5"),
    ("1.2.840.113549.2.6", "HMAC with MD5"),
    ("1.2.840.113549.2.12", "HMAC with SHA-512/224"),
    ("1.2.840.113549.2.13", "HMAC with SHA-512/256"),
    ("1.2.840.113549.3.2", "RC2-CBC"),
    ("1.3.14.3.2.7", "DES-CBC"),
    ("2.16.840.1.101.3.4.1.6", "AES-128-GCM"),
    ("2.16.840.1.101.3.4.1.46", "AES-256-GCM"),
];

/// An identifier, by name where it has one, that was found where others are `allowed`.
pub(super) fn unsupported(what: &str, oid: ObjectIdentifier, allowed: &str) -> CryptoError {
    let digits = oid.to_string();
    let name =
        NAMES.into_iter().find(|(known, _)| *known == digits).map_or(String::new(), |(_, name)| format!(" ({name})"));
    CryptoError::Unsupported(format!("{what} {digits}{name} is not supported, allowed {allowed}"))
}
