//! The extensions of RFC 5280, section 4.2.1, that make a certificate an authority's: written and read.

use der::asn1::{AnyRef, BitStringRef, ContextSpecific, OctetStringRef};
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};
use spki::SubjectPublicKeyInfoRef;
use x509_cert::ext::pkix::BasicConstraints;

use super::tlv::tlv;
use super::{X509Error, oid};
use crate::crypto;

pub(crate) const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1D, 14];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 19];
pub(crate) const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1D, 32];
pub(crate) const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1D, 35];
pub(crate) const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 37];

/// What a key may be used for: the bits of RFC 5280, section 4.2.1.3, the first as the highest of nine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyUsage(u16);

impl KeyUsage {
    pub(crate) const DIGITAL_SIGNATURE: Self = Self(1 << 8);
    pub(crate) const KEY_ENCIPHERMENT: Self = Self(1 << 6);
    pub(crate) const DATA_ENCIPHERMENT: Self = Self(1 << 5);
    pub(crate) const KEY_AGREEMENT: Self = Self(1 << 4);
    pub(crate) const KEY_CERT_SIGN: Self = Self(1 << 3);
    pub(crate) const CRL_SIGN: Self = Self(1 << 2);
    const NAMES: [&str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Both together.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of these are among those.
    pub(crate) const fn is_within(self, allowed: Self) -> bool {
        self.0 & !allowed.0 == 0
    }

    /// In the words of RFC 5280.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let set = |at: &usize| self.0 & (1 << (8 - at)) != 0;
        Self::NAMES.iter().enumerate().filter(|(at, _)| set(at)).map(|(_, name)| *name).collect()
    }

    /// Reads the value of the extension. At least one bit is set.
    pub(crate) fn read(value: &[u8]) -> Result<Self, X509Error> {
        let bits = BitStringRef::from_der(value)?;
        if bits.bit_len() > 9 || bits.raw_bytes().iter().all(|byte| *byte == 0) {
            return Err(X509Error::Structure("its key usage is none of RFC 5280"));
        }
        let byte = |at: usize| bits.raw_bytes().get(at).copied().unwrap_or(0);
        // Readers differ on whether bits that are marked as unused count.
        let unused = u32::from(bits.unused_bits());
        if bits.raw_bytes().last().is_some_and(|last| last.trailing_zeros() < unused) {
            return Err(X509Error::Structure("its key usage has bits set that are marked as unused"));
        }
        Ok(Self((u16::from(byte(0)) << 1) | u16::from(byte(1) >> 7)))
    }

    /// The extension, critical.
    pub(crate) fn write(self) -> Result<Vec<u8>, X509Error> {
        let [first, second] = [(self.0 >> 1) as u8, (self.0 << 7) as u8];
        let unused = if second == 0 { first.trailing_zeros() as u8 } else { 7 };
        let bits = if second == 0 { vec![unused, first] } else { vec![unused, first, second] };
        write(KEY_USAGE, true, &tlv(Tag::BitString, &[&bits])?)
    }
}

/// Writes one extension.
pub(crate) fn write(oid: &[u8], critical: bool, value: &[u8]) -> Result<Vec<u8>, X509Error> {
    const TRUE: &[u8] = &[1, 1, 0xFF];
    let value = tlv(Tag::OctetString, &[value])?;
    tlv(Tag::Sequence, &[&tlv(Tag::ObjectIdentifier, &[oid])?, if critical { TRUE } else { &[] }, &value])
}

/// Basic constraints, critical. DER leaves out what is the default: for no CA, all of it.
pub(crate) fn write_basic_constraints(ca: bool) -> Result<Vec<u8>, X509Error> {
    write(BASIC_CONSTRAINTS, true, if ca { &[0x30, 3, 1, 1, 0xFF] } else { &[0x30, 0] })
}

/// Whether it is a CA, and how many more may stand below it. CA:FALSE may be written out, as Fortanix does.
pub(crate) fn read_basic_constraints(value: &[u8]) -> Result<(bool, Option<u8>), X509Error> {
    let found = BasicConstraints::from_der(value)?;
    Ok((found.ca, found.path_len_constraint))
}

/// A key's identifier by method 1 of RFC 5280, section 4.2.1.2: SHA-1 of the BIT STRING.
pub(crate) fn key_identifier(spki: &[u8]) -> Result<[u8; 20], X509Error> {
    let spki = SubjectPublicKeyInfoRef::from_der(spki).map_err(X509Error::Unwritable)?;
    Ok(crypto::sha1(spki.subject_public_key.raw_bytes()))
}

pub(crate) fn write_subject_key_identifier(id: &[u8]) -> Result<Vec<u8>, X509Error> {
    write(SUBJECT_KEY_IDENTIFIER, false, &tlv(Tag::OctetString, &[id])?)
}

pub(crate) fn read_subject_key_identifier(value: &[u8]) -> Result<&[u8], X509Error> {
    Ok(<&OctetStringRef>::from_der(value)?.as_bytes())
}

pub(crate) fn write_authority_key_identifier(id: &[u8]) -> Result<Vec<u8>, X509Error> {
    let field = tlv(Tag::ContextSpecific { constructed: false, number: TagNumber(0) }, &[id])?;
    write(AUTHORITY_KEY_IDENTIFIER, false, &tlv(Tag::Sequence, &[&field])?)
}

/// The key identifier in it, if there is one.
pub(crate) fn read_authority_key_identifier(value: &[u8]) -> Result<Option<&[u8]>, X509Error> {
    let mut reader = SliceReader::new(value)?;
    let id = reader.sequence(|inner| {
        let id = ContextSpecific::<&OctetStringRef>::decode_implicit(inner, TagNumber(0))?;
        // Issuer and serial number may follow, each once.
        let mut last = TagNumber(0);
        while !inner.is_finished() {
            last = match inner.decode::<AnyRef<'_>>()?.tag() {
                Tag::ContextSpecific { number, .. } if last < number && number <= TagNumber(2) => number,
                _ => return Err(X509Error::Structure("its authority key identifier has a part that is none")),
            };
        }
        Ok::<_, X509Error>(id.map(|id| id.value.as_bytes()))
    })?;
    reader.finish()?;
    Ok(id)
}

/// One extended key usage, not critical.
pub(crate) fn write_extended_key_usage(usage: &[u8]) -> Result<Vec<u8>, X509Error> {
    let value = tlv(Tag::Sequence, &[&tlv(Tag::ObjectIdentifier, &[usage])?])?;
    write(EXTENDED_KEY_USAGE, false, &value)
}

/// The content of each OBJECT IDENTIFIER.
pub(crate) fn read_extended_key_usage(value: &[u8]) -> Result<Vec<&[u8]>, X509Error> {
    let mut usages = Vec::new();
    let mut reader = SliceReader::new(value)?;
    reader.sequence(|inner| {
        while !inner.is_finished() {
            usages.push(oid::read(inner)?);
        }
        Ok::<_, X509Error>(())
    })?;
    reader.finish()?;
    Ok(usages)
}

/// One policy without qualifiers, not critical.
pub(crate) fn write_policy(policy: &[u8]) -> Result<Vec<u8>, X509Error> {
    let information = tlv(Tag::Sequence, &[&tlv(Tag::ObjectIdentifier, &[policy])?])?;
    write(CERTIFICATE_POLICIES, false, &tlv(Tag::Sequence, &[&information])?)
}

/// The content of each policy's OBJECT IDENTIFIER; qualifiers are skipped.
pub(crate) fn read_policies(value: &[u8]) -> Result<Vec<&[u8]>, X509Error> {
    let mut policies = Vec::new();
    let mut reader = SliceReader::new(value)?;
    reader.sequence(|inner| {
        while !inner.is_finished() {
            let policy = inner.sequence(|information| {
                let policy = oid::read(information)?;
                while !information.is_finished() {
                    information.decode::<AnyRef<'_>>()?;
                }
                Ok::<_, X509Error>(policy)
            })?;
            policies.push(policy);
        }
        Ok::<_, X509Error>(())
    })?;
    reader.finish()?;
    Ok(policies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usages_are_written_in_the_fewest_bits() {
        for (usage, der) in [
            (KeyUsage::DIGITAL_SIGNATURE, &[3, 2, 7, 0x80][..]),
            (KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_CERT_SIGN).and(KeyUsage::CRL_SIGN), &[3, 2, 1, 0x86]),
            (KeyUsage(1), &[3, 3, 7, 0, 0x80]),
            (KeyUsage(0x1FF), &[3, 3, 7, 0xFF, 0x80]),
        ] {
            let written = usage.write().unwrap();
            assert!(written.ends_with(der), "{written:02x?}");
            assert_eq!(KeyUsage::read(der).unwrap(), usage);
        }
        assert_eq!(KeyUsage::read(&[3, 2, 1, 0x86]).unwrap().names(), ["digitalSignature", "keyCertSign", "cRLSign"]);
        for wrong in [&[3, 1, 0][..], &[3, 2, 0, 0], &[3, 3, 0, 0, 1], &[3, 4, 0, 1, 1, 1], &[4, 1, 1], &[]] {
            assert!(KeyUsage::read(wrong).is_err(), "{wrong:02x?}");
        }
    }

    #[test]
    fn constraints_of_both_spellings_are_read() {
        assert_eq!(read_basic_constraints(&[0x30, 0]).unwrap(), (false, None));
        assert_eq!(read_basic_constraints(&[0x30, 3, 1, 1, 0]).unwrap(), (false, None));
        assert_eq!(read_basic_constraints(&[0x30, 3, 1, 1, 0xFF]).unwrap(), (true, None));
        assert_eq!(read_basic_constraints(&[0x30, 6, 1, 1, 0xFF, 2, 1, 0]).unwrap(), (true, Some(0)));
        for wrong in [&[0x30, 3, 1, 1, 1][..], &[0x30, 0, 0], &[0x30, 3, 2, 1, 0x80], &[0x31, 0]] {
            assert!(read_basic_constraints(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
