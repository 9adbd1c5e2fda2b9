//! Writing: one key with its certificates, as `openssl` and `keytool` lay it out.

use der::asn1::ObjectIdentifier;
use der::{Encode, Header, Length, Tag, TagNumber};

use super::super::CodecError;
use super::{
    CERTIFICATE_BAG, DATA, ENCRYPTED_DATA, FRIENDLY_NAME, LOCAL_KEY_ID, MacFacts, SHROUDED_KEY_BAG, X509_CERTIFICATE,
};

/// What goes into a file.
#[derive(Debug)]
pub(crate) struct NewPkcs12<'a> {
    /// `EncryptedPrivateKeyInfo` in DER.
    pub(crate) key: &'a [u8],
    /// X.509 in DER; the first is the key's own.
    pub(crate) certificates: &'a [&'a [u8]],
    pub(crate) friendly_name: &'a str,
}

/// Writes a file in DER. `seal` encrypts the certificates and gives the `AlgorithmIdentifier` in DER and the bytes; `mac`
/// makes the MAC of the whole.
pub(crate) fn write_pkcs12<E: From<CodecError>>(
    new: &NewPkcs12<'_>,
    seal: impl FnOnce(&[u8]) -> Result<(Vec<u8>, Vec<u8>), E>,
    mac: impl FnOnce(&[u8]) -> Result<MacFacts, E>,
) -> Result<Vec<u8>, E> {
    let key = safe_bag(SHROUDED_KEY_BAG, new.key, Some(new.friendly_name))?;
    let mut infos = vec![content_info(DATA, &tlv(Tag::OctetString, &[&sequence(&[&key])?])?)?];
    if !new.certificates.is_empty() {
        let mut bags = Vec::new();
        for (at, certificate) in new.certificates.iter().enumerate() {
            let value = explicit(&tlv(Tag::OctetString, &[certificate])?)?;
            let bag = sequence(&[&oid(X509_CERTIFICATE)?, &value])?;
            bags.push(safe_bag(CERTIFICATE_BAG, &bag, (at == 0).then_some(new.friendly_name))?);
        }
        let (algorithm, sealed) = seal(&tlv(Tag::Sequence, &borrowed(&bags))?)?;
        let sealed = tlv(Tag::ContextSpecific { constructed: false, number: TagNumber(0) }, &[&sealed])?;
        let content = sequence(&[&oid(DATA)?, &algorithm, &sealed])?;
        infos.push(content_info(ENCRYPTED_DATA, &sequence(&[&integer(0)?, &content])?)?);
    }
    let content = tlv(Tag::Sequence, &borrowed(&infos))?;
    let MacFacts { algorithm, digest, salt, iterations } = mac(&content)?;
    let digest = sequence(&[&algorithm, &octets(&digest)?])?;
    let mac = sequence(&[&digest, &octets(&salt)?, &integer(iterations)?])?;
    Ok(sequence(&[&integer(3)?, &content_info(DATA, &octets(&content)?)?, &mac])?)
}

/// A bag; `name` is given to the key and to its own certificate, and the same identifier besides.
fn safe_bag(kind: ObjectIdentifier, value: &[u8], name: Option<&str>) -> Result<Vec<u8>, CodecError> {
    // Any bytes do: they are compared with those of the other bags of the file.
    const KEY_ID: &[u8] = &[1];
    let attributes = match name {
        Some(name) => {
            let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
            let mut attributes = [
                attribute(FRIENDLY_NAME, &tlv(Tag::BmpString, &[&units])?)?,
                attribute(LOCAL_KEY_ID, &octets(KEY_ID)?)?,
            ];
            // The order that DER wants in a SET OF.
            attributes.sort();
            tlv(Tag::Set, &borrowed(&attributes))?
        }
        None => Vec::new(),
    };
    sequence(&[&oid(kind)?, &explicit(value)?, &attributes])
}

fn attribute(kind: ObjectIdentifier, value: &[u8]) -> Result<Vec<u8>, CodecError> {
    sequence(&[&oid(kind)?, &tlv(Tag::Set, &[value])?])
}

fn content_info(kind: ObjectIdentifier, content: &[u8]) -> Result<Vec<u8>, CodecError> {
    sequence(&[&oid(kind)?, &explicit(content)?])
}

fn explicit(value: &[u8]) -> Result<Vec<u8>, CodecError> {
    tlv(Tag::ContextSpecific { constructed: true, number: TagNumber(0) }, &[value])
}

fn sequence(parts: &[&[u8]]) -> Result<Vec<u8>, CodecError> {
    tlv(Tag::Sequence, parts)
}

fn octets(bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    tlv(Tag::OctetString, &[bytes])
}

fn oid(oid: ObjectIdentifier) -> Result<Vec<u8>, CodecError> {
    oid.to_der().map_err(CodecError::Pkcs12Unwritable)
}

fn integer(number: u64) -> Result<Vec<u8>, CodecError> {
    number.to_der().map_err(CodecError::Pkcs12Unwritable)
}

fn borrowed(parts: &[Vec<u8>]) -> Vec<&[u8]> {
    parts.iter().map(Vec::as_slice).collect()
}

/// Writes `parts`, one after the other, as the value under `tag`.
fn tlv(tag: Tag, parts: &[&[u8]]) -> Result<Vec<u8>, CodecError> {
    let len = parts.iter().map(|part| part.len()).sum::<usize>();
    let header = Header::new(tag, Length::try_from(len).map_err(CodecError::Pkcs12Unwritable)?);
    let mut out = Vec::with_capacity(len + 8);
    header.encode_to_vec(&mut out).map_err(CodecError::Pkcs12Unwritable)?;
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(out)
}
