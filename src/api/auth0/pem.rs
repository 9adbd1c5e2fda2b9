//! A certificate as Auth0 shows it: in PEM and in PKCS#7, of a key alone. Nothing is read from the store, where the key may be
//! gone by now.

use base64ct::{Base64, Encoding};

const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
/// `[0]`, constructed.
const TAGGED: u8 = 0xA0;
/// id-data, RFC 5652 section 4; id-signedData, section 5.1, is the next.
const DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
const SIGNED_DATA: [u8; 9] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 2];
/// Characters of base64 in a line, RFC 7468 section 2.
const COLUMNS: usize = 64;

pub(super) fn certificate(der: &[u8]) -> String {
    pem("CERTIFICATE", der)
}

/// SignedData that signs nothing, RFC 5652 section 5.1: version 1, no digest algorithms, id-data without content, the
/// certificate, no signers.
pub(super) fn pkcs7(certificate: &[u8]) -> String {
    let parts = [
        element(INTEGER, &[1]),
        element(SET, &[]),
        element(SEQUENCE, &element(OID, &DATA)),
        element(TAGGED, certificate),
        element(SET, &[]),
    ];
    let signed = element(TAGGED, &element(SEQUENCE, &parts.concat()));
    pem("PKCS7", &element(SEQUENCE, &[element(OID, &SIGNED_DATA), signed].concat()))
}

/// RFC 7468, with lines that end in CR and LF, the last one too.
fn pem(label: &str, der: &[u8]) -> String {
    let mut pem = format!("-----BEGIN {label}-----");
    for (at, c) in Base64::encode_string(der).chars().enumerate() {
        if at % COLUMNS == 0 {
            pem.push_str("\r\n");
        }
        pem.push(c);
    }
    pem.push_str(&format!("\r\n-----END {label}-----\r\n"));
    pem
}

/// An element of DER, X.690 sections 8.1.3 and 10.1.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|&byte| byte == 0).collect();
    let mut out = vec![tag];
    match (significant.as_slice(), u8::try_from(content.len())) {
        (_, Ok(short)) if short < 0x80 => out.push(short),
        (long, _) => {
            // At most eight octets, as many as a length has here.
            out.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}
