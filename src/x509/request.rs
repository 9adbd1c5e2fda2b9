//! Certificate requests, RFC 2986.

use der::{Tag, TagNumber};

use super::X509Error;
use super::issued::signed;
use super::tlv::tlv;

/// `1.2.840.113549.1.9.14`, RFC 2985, section 5.4.2.
const EXTENSION_REQUEST: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 14];
/// `INTEGER 0`.
const VERSION_1: &[u8] = &[2, 1, 0];

/// What is asked for. All of it is DER already, headers included.
///
/// ```text
/// CertificationRequestInfo ::= SEQUENCE {
///     version       INTEGER { v1(0) },
///     subject       Name,
///     subjectPKInfo SubjectPublicKeyInfo,
///     attributes    [0] IMPLICIT SET OF SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY } }
/// ```
#[derive(Debug)]
pub(crate) struct RequestedCertificate<'a> {
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    /// One behind the other, at least one.
    pub(crate) extensions: &'a [u8],
    /// Of the signature that `sign` makes.
    pub(crate) signature_algorithm: &'a [u8],
}

impl RequestedCertificate<'_> {
    /// Writes the request. `sign` gets the CertificationRequestInfo and gives the signature as X.509 holds it.
    pub(crate) fn sign<E: Into<X509Error>>(
        &self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, X509Error> {
        let extensions = tlv(Tag::Sequence, &[self.extensions])?;
        let oid = tlv(Tag::ObjectIdentifier, &[EXTENSION_REQUEST])?;
        let attribute = tlv(Tag::Sequence, &[&oid, &tlv(Tag::Set, &[&extensions])?])?;
        let attributes = tlv(Tag::ContextSpecific { constructed: true, number: TagNumber(0) }, &[&attribute])?;
        let info = tlv(Tag::Sequence, &[VERSION_1, self.subject, self.spki, &attributes])?;
        signed(&info, self.signature_algorithm, sign)
    }
}
