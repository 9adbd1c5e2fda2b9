//! Certificates in one PKCS#7 file.

use super::super::{CodecError, tlv};
use tlv::tlv;

/// id-signedData, RFC 5652 section 5.1.
const SIGNED_DATA: [u8; 11] = [tlv::OID, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
/// id-data, RFC 5652 section 4.
const DATA: [u8; 11] = [tlv::OID, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];

/// Writes certificates as SignedData that signs nothing, RFC 5652 section 5.1 and RFC 2315 section 9.1, as openssl
/// does: in the order given, which DER would sort, since a chain begins with its leaf.
pub(crate) fn pkcs7(certificates: &[&[u8]]) -> Result<Vec<u8>, CodecError> {
    let set = tlv(tlv::constructed(0), certificates);
    let content = tlv(tlv::SEQUENCE, &[&DATA]);
    let version: &[u8] = &[tlv::INTEGER, 1, 1];
    let empty: &[u8] = &[tlv::SET, 0];
    let signed = tlv(tlv::SEQUENCE, &[version, empty, &content, &set, empty]);
    let info = tlv(tlv::SEQUENCE, &[&SIGNED_DATA, &tlv(tlv::constructed(0), &[&signed])]);
    Ok(info.to_vec())
}
