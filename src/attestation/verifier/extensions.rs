//! Extensions as the checks want them: read, or why not.

use crate::x509::dotted;
use crate::x509::extension::{self, KeyUsage};
use crate::x509::{Certificate, X509Error};

/// Reads an extension that must be there.
pub(super) fn required<'a, T>(
    certificate: &Certificate<'a>,
    oid: &[u8],
    name: &str,
    read: impl FnOnce(&'a [u8]) -> Result<T, X509Error>,
) -> Result<T, String> {
    optional(certificate, oid, name, read)?.ok_or_else(|| format!("has no {name}"))
}

/// Reads an extension that may be there.
pub(super) fn optional<'a, T>(
    certificate: &Certificate<'a>,
    oid: &[u8],
    name: &str,
    read: impl FnOnce(&'a [u8]) -> Result<T, X509Error>,
) -> Result<Option<T>, String> {
    let found = certificate.extension(oid).map(|extension| read(extension.value));
    found.transpose().map_err(|error| format!("has {name} that cannot be read: {error}"))
}

/// Refuses a certificate in which an extension that is there is not critical.
pub(super) fn critical(certificate: &Certificate<'_>, oid: &[u8], name: &str) -> Result<(), String> {
    match certificate.extension(oid) {
        Some(extension) if !extension.critical => Err(format!("has {name} not marked critical")),
        _ => Ok(()),
    }
}

/// Refuses a certificate with a critical extension that is none of these.
pub(super) fn no_critical_but(certificate: &Certificate<'_>, known: &[(&[u8], &str)]) -> Result<(), String> {
    let is_known = |oid| known.iter().any(|(known, _)| *known == oid);
    let unknown = certificate.extensions.iter().find(|extension| extension.critical && !is_known(extension.oid));
    let Some(unknown) = unknown else { return Ok(()) };
    let known: Vec<_> = known.iter().map(|(_, name)| *name).collect();
    Err(format!("has the extension {} marked critical, allowed are {}", dotted(unknown.oid), known.join(", ")))
}

/// The key usage, which must be there and be critical.
pub(super) fn key_usage(certificate: &Certificate<'_>) -> Result<KeyUsage, String> {
    let usage = required(certificate, extension::KEY_USAGE, "key usage", KeyUsage::read)?;
    critical(certificate, extension::KEY_USAGE, "key usage")?;
    Ok(usage)
}

/// The identifier of the issuer's key, which must be there.
pub(super) fn authority_key_id<'a>(certificate: &Certificate<'a>) -> Result<&'a [u8], String> {
    let (oid, name) = (extension::AUTHORITY_KEY_IDENTIFIER, "authority key identifier");
    let id = required(certificate, oid, name, extension::read_authority_key_identifier)?;
    id.ok_or_else(|| "has an authority key identifier without a key identifier".to_owned())
}

/// The identifier of its own key as it is written, which must be there. By which method it was made is not asked.
pub(super) fn subject_key_id<'a>(certificate: &Certificate<'a>) -> Result<&'a [u8], String> {
    let (oid, name) = (extension::SUBJECT_KEY_IDENTIFIER, "subject key identifier");
    required(certificate, oid, name, extension::read_subject_key_identifier)
}
