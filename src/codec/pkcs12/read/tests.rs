//! PKCS#12 written by hand, byte by byte.

use super::*;

/// Takes every MAC and "decrypts" by handing back what it got.
struct Open;

impl Pkcs12Password for Open {
    type Error = CodecError;

    fn verify_mac(&mut self, _: &MacFacts, _: &[u8]) -> Result<(), CodecError> {
        Ok(())
    }

    fn decrypt(&mut self, _: &[u8], data: &[u8]) -> Result<SecretBytes, CodecError> {
        Ok(SecretBytes::copy_from(data))
    }
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let len = u16::try_from(value.len()).unwrap();
    let [high, low] = len.to_be_bytes();
    let header = match len {
        0..0x80 => vec![tag, low],
        0x80..0x100 => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header, value].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, parts)
}

fn oid(oid: &str) -> Vec<u8> {
    der::Encode::to_der(&oid.parse::<der::asn1::ObjectIdentifier>().unwrap()).unwrap()
}

/// The arcs under PKCS#7, of types of content.
fn info(kind: u8, content: &[u8]) -> Vec<u8> {
    sequence(&[&oid(&format!("1.2.840.113549.1.7.{kind}")), &tlv(0xa0, &[content])])
}

fn bag(kind: u8, value: &[u8], attributes: &[u8]) -> Vec<u8> {
    sequence(&[&oid(&format!("1.2.840.113549.1.12.10.1.{kind}")), &tlv(0xa0, &[value]), attributes])
}

fn attribute(oid_digits: &str, values: &[u8]) -> Vec<u8> {
    sequence(&[&oid(oid_digits), &tlv(0x31, &[values])])
}

fn name(units: &[u8]) -> Vec<u8> {
    attribute("1.2.840.113549.1.9.20", &tlv(0x1e, &[units]))
}

const VERSION: &[u8] = &[2, 1, 3];
const CRL: &[u8] = &[0x30, 0];

fn mac() -> Vec<u8> {
    let digest = sequence(&[&sequence(&[&oid("1.2.3")]), &[4, 1, 7]]);
    sequence(&[&digest, &[4, 1, 8], &[2, 1, 9]])
}

fn pfx_of_infos(infos: &[u8]) -> Vec<u8> {
    sequence(&[VERSION, &info(1, &tlv(4, &[&sequence(&[infos])])), &mac()])
}

fn pfx(bags: &[u8]) -> Vec<u8> {
    pfx_of_infos(&info(1, &tlv(4, &[&sequence(&[bags])])))
}

fn wrong(pfx: &[u8]) -> String {
    read_pkcs12(pfx, &mut Open).unwrap_err().to_string()
}

#[test]
fn every_kind_of_bag_is_read() {
    let encrypted = sequence(&[&sequence(&[&oid("1.2.3")]), &tlv(4, &[&[0x30, 1, 5]])]);
    let certificate = sequence(&[&oid("1.2.840.113549.1.9.22.1"), &tlv(0xa0, &[&tlv(4, &[b"cert"])])]);
    let wrapped = sequence(&[&[2, 1, 0], &sequence(&[&oid("1.2.4")]), &tlv(4, &[b"secret"])]);
    let wrapped = sequence(&[&sequence(&[&oid("1.2.3")]), &tlv(4, &[&wrapped])]);
    let secret = sequence(&[&oid("1.2.840.113549.1.12.10.1.2"), &tlv(0xa0, &[&tlv(4, &[&wrapped])])]);
    let named = tlv(0x31, &[&name(&[0, b'n']), &attribute("1.2.5", &[5, 0])]);
    let id = tlv(0x31, &[&attribute("1.2.840.113549.1.9.21", &[4, 1, 1])]);
    let nested = sequence(&[&bag(1, &[0x30, 1, 6], &[]), &bag(4, CRL, &[])]);
    let bags = [
        bag(1, &[0x30, 1, 4], &named),
        bag(2, &encrypted, &id),
        bag(3, &certificate, &[]),
        bag(5, &secret, &[]),
        bag(6, &nested, &[]),
    ];
    let entries = read_pkcs12(&pfx(&bags.concat()), &mut Open).unwrap();
    let found: Vec<_> = entries
        .iter()
        .map(|entry| {
            let content = match &entry.content {
                Pkcs12Content::PrivateKey(key) => format!("key {:?}", key.expose_secret()),
                Pkcs12Content::Certificate(certificate) => format!("certificate {}", certificate.escape_ascii()),
                Pkcs12Content::Secret { algorithm, secret } => {
                    format!("secret {algorithm} {}", secret.expose_secret().escape_ascii())
                }
            };
            (content, entry.friendly_name.as_deref(), entry.local_key_id.as_deref())
        })
        .collect();
    let expected = [
        ("key [48, 1, 4]", Some("n"), None),
        ("key [48, 1, 5]", None, Some(&[1][..])),
        ("certificate cert", None, None),
        ("secret 1.2.4 secret", None, None),
        ("key [48, 1, 6]", None, None),
    ];
    assert_eq!(found, expected.map(|(content, name, id)| (content.to_owned(), name, id)));
}

#[test]
fn shapes_that_are_not_read_say_why() {
    let data = || info(1, &tlv(4, &[&sequence(&[])]));
    insta::assert_snapshot!(wrong(&sequence(&[&[2, 1, 4], &data(), &mac()])), @"PKCS#12 has version 4, allowed is 3");
    insta::assert_snapshot!(wrong(&sequence(&[VERSION, &data()])), @"PKCS#12 has no MAC, so that nothing shows whether it was changed");
    insta::assert_snapshot!(wrong(&sequence(&[VERSION, &info(2, CRL), &mac()])), @"PKCS#12 is protected by a signature, allowed is a password");
    insta::assert_snapshot!(wrong(&sequence(&[VERSION, &info(5, CRL), &mac()])), @"PKCS#12 has content of type 1.2.840.113549.1.7.5, allowed is data");
    insta::assert_snapshot!(wrong(&pfx_of_infos(&info(3, CRL))), @"PKCS#12 is encrypted to a public key, allowed is a password");
    insta::assert_snapshot!(wrong(&pfx_of_infos(&info(2, CRL))), @"PKCS#12 has content of type 1.2.840.113549.1.7.2, allowed are data and encrypted data");
    insta::assert_snapshot!(wrong(&pfx_of_infos(&info(6, &sequence(&[&[2, 1, 2], CRL])))), @"PKCS#12 has EncryptedData of version 2, allowed is version 0");
    insta::assert_snapshot!(wrong(&pfx(&bag(7, CRL, &[]))), @"PKCS#12 has a bag of type 1.2.840.113549.1.12.10.1.7, allowed are keys, certificates, CRLs, secrets and nested contents");
    insta::assert_snapshot!(wrong(&pfx(&bag(3, &sequence(&[&oid("1.2.840.113549.1.9.22.2")]), &[]))), @"PKCS#12 has a certificate of type 1.2.840.113549.1.9.22.2, allowed is X.509");
    insta::assert_snapshot!(wrong(&pfx(&bag(5, &sequence(&[&oid("1.2.3")]), &[]))), @"PKCS#12 has a secret of type 1.2.3, allowed are those that Java writes");
}

#[test]
fn names_are_read_one_way_or_not_at_all() {
    let with = |attributes: &[&[u8]]| wrong(&pfx(&bag(4, CRL, &tlv(0x31, attributes))));
    insta::assert_snapshot!(with(&[&name(&[0, 1]), &name(&[0, 2])]), @"PKCS#12 has an attribute 1.2.840.113549.1.9.20 that occurs twice");
    insta::assert_snapshot!(with(&[&name(&[0])]), @"PKCS#12 has an attribute 1.2.840.113549.1.9.20 that is cut off within a character");
    insta::assert_snapshot!(with(&[&name(&[0xd8, 0])]), @"PKCS#12 has an attribute 1.2.840.113549.1.9.20 that has half of a surrogate pair");
    insta::assert_snapshot!(with(&[&attribute("1.2.840.113549.1.9.20", &[12, 1, b'n'])]), @"PKCS#12 has an attribute 1.2.840.113549.1.9.20 that is no BMPString");
    let two = [&tlv(0x1e, &[]), &[5, 0][..]].concat();
    insta::assert_snapshot!(with(&[&attribute("1.2.840.113549.1.9.20", &two)]), @"PKCS#12 is malformed in its values of an attribute: trailing data at end of DER message: decoded 2 bytes, 2 bytes remaining at DER byte 2");
}

#[test]
fn number_and_depth_are_bounded() {
    let crls = |count: usize| bag(4, CRL, &[]).repeat(count);
    // One content info and 255 bags.
    assert_eq!(read_pkcs12(&pfx(&crls(255)), &mut Open).unwrap().len(), 0);
    insta::assert_snapshot!(wrong(&pfx(&crls(256))), @"PKCS#12 holds more than 256 objects");
    insta::assert_snapshot!(wrong(&pfx_of_infos(&info(1, &tlv(4, &[&sequence(&[])])).repeat(257))), @"PKCS#12 holds more than 256 objects");
    let nested = |depth| (0..depth).fold(crls(1), |inner, _| bag(6, &sequence(&[&inner]), &[]));
    read_pkcs12(&pfx(&nested(32)), &mut Open).unwrap();
    insta::assert_snapshot!(wrong(&pfx(&nested(33))), @"PKCS#12 is nested more than 32 deep");
}

#[test]
fn only_der_is_read() {
    insta::assert_snapshot!(wrong(&[]), @"PKCS#12 is malformed in its PFX: ASN.1 DER message is incomplete: expected 1, actual 0 at DER byte 0");
    insta::assert_snapshot!(wrong(&[4, 1, 9]), @"PKCS#12 is malformed in its PFX: unexpected ASN.1 DER tag: expected SEQUENCE, got OCTET STRING");
    insta::assert_snapshot!(wrong(&[0x30, 0x80, 2, 1, 3, 0, 0]), @"PKCS#12 has an indefinite length in its PFX, which is BER, allowed is DER");
    let mut inner = pfx(&bag(4, CRL, &[]));
    let trailing = [&inner[..], &[0]].concat();
    insta::assert_snapshot!(wrong(&trailing), @"PKCS#12 is malformed in its PFX: trailing data at end of DER message: decoded 81 bytes, 1 bytes remaining at DER byte 81");
    let fine = inner.len();
    inner.truncate(fine - 1);
    insta::assert_snapshot!(wrong(&inner), @"PKCS#12 is malformed in its PFX: ASN.1 DER message is incomplete: expected 81, actual 80 at DER byte 2");
}
