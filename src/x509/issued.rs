//! Certificates as they are issued, written straight into DER.

use der::asn1::UintRef;
use der::{Encode, Tag, TagNumber};

use super::X509Error;
use super::tlv::tlv;

/// What a certificate says. All but the serial number is DER already, headers included.
///
/// ```text
/// TBSCertificate  ::=  SEQUENCE  {
///     version         [0]  EXPLICIT Version DEFAULT v1,
///     serialNumber         CertificateSerialNumber,
///     signature            AlgorithmIdentifier,
///     issuer               Name,
///     validity             Validity,
///     subject              Name,
///     subjectPublicKeyInfo SubjectPublicKeyInfo,
///     extensions      [3]  EXPLICIT Extensions OPTIONAL }
/// ```
#[derive(Debug)]
pub(crate) struct Issued<'a> {
    /// Big-endian and unsigned; not all zero.
    pub(crate) serial: &'a [u8],
    /// Of the signature that `sign` makes.
    pub(crate) signature_algorithm: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) not_before: &'a [u8],
    pub(crate) not_after: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    /// One behind the other, at least one.
    pub(crate) extensions: &'a [u8],
}

/// `[0] EXPLICIT INTEGER 2`.
const VERSION_3: &[u8] = &[0xA0, 3, 2, 1, 2];

impl Issued<'_> {
    /// Writes an X.509 version 3 certificate. `sign` gets the TBSCertificate and gives the signature as X.509 holds it:
    /// for ECDSA the DER of RFC 3279, section 2.2.3.
    pub(crate) fn sign<E: Into<X509Error>>(
        &self,
        sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, X509Error> {
        let serial = UintRef::new(self.serial).and_then(|serial| serial.to_der()).map_err(X509Error::Unwritable)?;
        let validity = tlv(Tag::Sequence, &[self.not_before, self.not_after])?;
        let extensions = tlv(Tag::Sequence, &[self.extensions])?;
        let extensions = tlv(Tag::ContextSpecific { constructed: true, number: TagNumber(3) }, &[&extensions])?;
        let tbs = [
            VERSION_3,
            &serial,
            self.signature_algorithm,
            self.issuer,
            &validity,
            self.subject,
            self.spki,
            &extensions,
        ];
        signed(&tlv(Tag::Sequence, &tbs)?, self.signature_algorithm, sign)
    }
}

/// `SEQUENCE { what is signed, AlgorithmIdentifier, BIT STRING }`: certificates and certificate requests alike.
pub(super) fn signed<E: Into<X509Error>>(
    message: &[u8],
    algorithm: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, X509Error> {
    let signature = sign(message).map_err(Into::into)?;
    let signature = tlv(Tag::BitString, &[&[0], &signature])?;
    tlv(Tag::Sequence, &[message, algorithm, &signature])
}
