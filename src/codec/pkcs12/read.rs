//! Reading: MAC first, then whatever the password opens.

use der::asn1::AnyRef;
use der::{Tag, Tagged};

use super::super::CodecError;
use super::fields::Fields;
use super::{
    CERTIFICATE_BAG, CRL_BAG, DATA, ENCRYPTED_DATA, ENVELOPED_DATA, FRIENDLY_NAME, KEY_BAG, LOCAL_KEY_ID, MOST_DEPTH,
    MOST_OBJECTS, MacFacts, Pkcs12Content, Pkcs12Entry, Pkcs12Password, SAFE_CONTENTS_BAG, SECRET_BAG,
    SHROUDED_KEY_BAG, SIGNED_DATA, X509_CERTIFICATE,
};
use crate::secret::SecretBytes;

/// Reads a file in DER, in the order in which it holds its entries. CRLs are left out.
///
/// ```text
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY OPTIONAL }
/// AuthenticatedSafe ::= SEQUENCE OF ContentInfo
/// ```
///
/// A file without a MAC is refused: certificates could be swapped in it, and nobody would see it. So is one that is
/// signed or encrypted with a key instead of a password.
pub(crate) fn read_pkcs12<P: Pkcs12Password>(pfx: &[u8], password: &mut P) -> Result<Vec<Pkcs12Entry>, P::Error> {
    let mut fields = Fields::of("PFX", pfx)?;
    let version = fields.number()?;
    if version != 3 {
        return Err(CodecError::Pkcs12Version(version).into());
    }
    let mut auth_safe = fields.sequence("ContentInfo of the PFX")?;
    let content = match auth_safe.oid()? {
        DATA => read_data(auth_safe)?,
        SIGNED_DATA => return Err(unsupported("is protected by a signature", "is a password").into()),
        other => return Err(unsupported(&format!("has content of type {other}"), "is data").into()),
    };
    if fields.is_finished() {
        return Err(CodecError::Pkcs12NoMac.into());
    }
    let mac = read_mac(fields.sequence("MacData")?)?;
    fields.finish()?;
    password.verify_mac(&mac, content)?;

    let mut reading = Reading { password, entries: Vec::new(), objects: 0 };
    let mut infos = Fields::of("AuthenticatedSafe", content)?;
    while !infos.is_finished() {
        reading.content_info(infos.sequence("ContentInfo")?)?;
    }
    Ok(reading.entries)
}

/// ```text
/// content [0] EXPLICIT OCTET STRING
/// ```
fn read_data(mut info: Fields<'_>) -> Result<&[u8], CodecError> {
    let mut explicit = info.explicit()?;
    let content = explicit.octets()?;
    explicit.finish()?;
    info.finish()?;
    Ok(content)
}

/// ```text
/// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// DigestInfo ::= SEQUENCE { digestAlgorithm AlgorithmIdentifier, digest OCTET STRING }
/// ```
fn read_mac(mut fields: Fields<'_>) -> Result<MacFacts, CodecError> {
    let mut digest_info = fields.sequence("DigestInfo")?;
    let algorithm = digest_info.whole()?.to_vec();
    let digest = digest_info.octets()?.to_vec();
    digest_info.finish()?;
    let salt = fields.octets()?.to_vec();
    // A written default is not canonical, and some write it.
    let iterations = if fields.is_finished() { 1 } else { fields.number()? };
    fields.finish()?;
    Ok(MacFacts { algorithm, digest, salt, iterations })
}

struct Reading<'p, P> {
    password: &'p mut P,
    entries: Vec<Pkcs12Entry>,
    objects: usize,
}

impl<P: Pkcs12Password> Reading<'_, P> {
    fn count(&mut self) -> Result<(), CodecError> {
        self.objects += 1;
        if self.objects > MOST_OBJECTS { Err(CodecError::Pkcs12Objects(MOST_OBJECTS)) } else { Ok(()) }
    }

    fn content_info(&mut self, mut info: Fields<'_>) -> Result<(), P::Error> {
        self.count()?;
        match info.oid()? {
            DATA => self.safe_contents(Fields::of("SafeContents", read_data(info)?)?, 0),
            ENCRYPTED_DATA => {
                let plain = self.encrypted_data(info)?;
                self.safe_contents(Fields::of("SafeContents", plain.expose_secret())?, 0)
            }
            ENVELOPED_DATA => Err(unsupported("is encrypted to a public key", "is a password").into()),
            other => Err(unsupported(&format!("has content of type {other}"), "are data and encrypted data").into()),
        }
    }

    /// RFC 5652 sections 6.1 and 8:
    ///
    /// ```text
    /// EncryptedData ::= SEQUENCE { version INTEGER, encryptedContentInfo EncryptedContentInfo, ... }
    /// EncryptedContentInfo ::= SEQUENCE {
    ///     contentType OBJECT IDENTIFIER,
    ///     contentEncryptionAlgorithm AlgorithmIdentifier,
    ///     encryptedContent [0] IMPLICIT OCTET STRING OPTIONAL }
    /// ```
    fn encrypted_data(&mut self, mut info: Fields<'_>) -> Result<SecretBytes, P::Error> {
        let mut explicit = info.explicit()?;
        let mut data = explicit.sequence("EncryptedData")?;
        let version = data.number()?;
        if version != 0 {
            return Err(unsupported(&format!("has EncryptedData of version {version}"), "is version 0").into());
        }
        let mut content = data.sequence("EncryptedContentInfo")?;
        let kind = content.oid()?;
        if kind != DATA {
            return Err(unsupported(&format!("has encrypted content of type {kind}"), "is data").into());
        }
        let algorithm = content.whole()?;
        let sealed = content.implicit_octets()?;
        content.finish()?;
        data.finish()?;
        explicit.finish()?;
        info.finish()?;
        self.password.decrypt(algorithm, sealed)
    }

    /// ```text
    /// SafeContents ::= SEQUENCE OF SafeBag
    /// SafeBag ::= SEQUENCE {
    ///     bagId OBJECT IDENTIFIER,
    ///     bagValue [0] EXPLICIT ANY,
    ///     bagAttributes SET OF PKCS12Attribute OPTIONAL }
    /// ```
    fn safe_contents(&mut self, mut bags: Fields<'_>, depth: usize) -> Result<(), P::Error> {
        if depth > MOST_DEPTH {
            return Err(CodecError::Pkcs12Depth(MOST_DEPTH).into());
        }
        while !bags.is_finished() {
            self.count()?;
            let mut bag = bags.sequence("SafeBag")?;
            let kind = bag.oid()?;
            let mut value = bag.explicit()?;
            let content = match kind {
                KEY_BAG => Some(Pkcs12Content::PrivateKey(SecretBytes::copy_from(value.whole()?))),
                SHROUDED_KEY_BAG => {
                    Some(Pkcs12Content::PrivateKey(self.shrouded(value.sequence("EncryptedPrivateKeyInfo")?)?))
                }
                CERTIFICATE_BAG => Some(read_certificate(value.sequence("CertBag")?)?),
                SECRET_BAG => Some(self.secret(value.sequence("SecretBag")?)?),
                SAFE_CONTENTS_BAG => {
                    self.safe_contents(value.sequence("nested SafeContents")?, depth + 1)?;
                    None
                }
                CRL_BAG => {
                    value.any()?;
                    None
                }
                other => {
                    let allowed = "are keys, certificates, CRLs, secrets and nested contents";
                    return Err(unsupported(&format!("has a bag of type {other}"), allowed).into());
                }
            };
            value.finish()?;
            let (friendly_name, local_key_id) = read_attributes(&mut bag)?;
            bag.finish()?;
            if let Some(content) = content {
                self.entries.push(Pkcs12Entry { content, friendly_name, local_key_id });
            }
        }
        Ok(())
    }

    /// ```text
    /// EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING }
    /// ```
    fn shrouded(&mut self, mut fields: Fields<'_>) -> Result<SecretBytes, P::Error> {
        let algorithm = fields.whole()?;
        let sealed = fields.octets()?;
        fields.finish()?;
        self.password.decrypt(algorithm, sealed)
    }

    /// Java's secrets: the bag says that it holds an encrypted private key, in an `OCTET STRING` once more, and that key
    /// is the secret with its algorithm.
    ///
    /// ```text
    /// SecretBag ::= SEQUENCE { secretTypeId OBJECT IDENTIFIER, secretValue [0] EXPLICIT ANY }
    /// PrivateKeyInfo ::= SEQUENCE { version INTEGER, algorithm AlgorithmIdentifier, privateKey OCTET STRING, ... }
    /// ```
    fn secret(&mut self, mut bag: Fields<'_>) -> Result<Pkcs12Content, P::Error> {
        let kind = bag.oid()?;
        if kind != SHROUDED_KEY_BAG {
            return Err(unsupported(&format!("has a secret of type {kind}"), "are those that Java writes").into());
        }
        let mut explicit = bag.explicit()?;
        let sealed = explicit.octets()?;
        explicit.finish()?;
        bag.finish()?;
        let plain = self.shrouded(Fields::of("EncryptedPrivateKeyInfo of a secret", sealed)?)?;
        let mut info = Fields::of("PrivateKeyInfo of a secret", plain.expose_secret())?;
        let version = info.number()?;
        if version != 0 {
            return Err(unsupported(&format!("has a secret of version {version}"), "is version 0").into());
        }
        let algorithm = info.sequence("algorithm of a secret")?.oid()?;
        let secret = SecretBytes::copy_from(info.octets()?);
        info.finish()?;
        Ok(Pkcs12Content::Secret { algorithm, secret })
    }
}

/// ```text
/// CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING }
/// ```
fn read_certificate(mut bag: Fields<'_>) -> Result<Pkcs12Content, CodecError> {
    let kind = bag.oid()?;
    if kind != X509_CERTIFICATE {
        return Err(unsupported(&format!("has a certificate of type {kind}"), "is X.509"));
    }
    let mut explicit = bag.explicit()?;
    let certificate = explicit.octets()?.into();
    explicit.finish()?;
    bag.finish()?;
    Ok(Pkcs12Content::Certificate(certificate))
}

/// The two attributes that matter; others are left out.
///
/// ```text
/// PKCS12Attribute ::= SEQUENCE { attrId OBJECT IDENTIFIER, attrValues SET OF ANY }
/// ```
fn read_attributes(bag: &mut Fields<'_>) -> Result<Attributes, CodecError> {
    let (mut name, mut id) = (None, None);
    if bag.is_finished() {
        return Ok((name, id));
    }
    let mut attributes = bag.set("attributes of a SafeBag")?;
    while !attributes.is_finished() {
        let mut attribute = attributes.sequence("attribute of a SafeBag")?;
        let kind = attribute.oid()?;
        let mut values = attribute.set("values of an attribute")?;
        attribute.finish()?;
        let again = match kind {
            FRIENDLY_NAME => name.replace(read_bmp(values.any()?)?).is_some(),
            LOCAL_KEY_ID => id.replace(values.octets()?.into()).is_some(),
            _ => continue,
        };
        values.finish()?;
        if again {
            return Err(CodecError::Pkcs12Attribute { kind, what: "occurs twice" });
        }
    }
    Ok((name, id))
}

/// The friendly name and the local key id.
type Attributes = (Option<String>, Option<Box<[u8]>>);

fn read_bmp(value: AnyRef<'_>) -> Result<String, CodecError> {
    let wrong = |what| CodecError::Pkcs12Attribute { kind: FRIENDLY_NAME, what };
    if value.tag() != Tag::BmpString {
        return Err(wrong("is no BMPString"));
    }
    let (units, rest) = value.value().as_chunks();
    if !rest.is_empty() {
        return Err(wrong("is cut off within a character"));
    }
    char::decode_utf16(units.iter().map(|unit| u16::from_be_bytes(*unit)))
        .collect::<Result<_, _>>()
        .map_err(|_| wrong("has half of a surrogate pair"))
}

fn unsupported(what: &str, allowed: &'static str) -> CodecError {
    CodecError::Pkcs12Unsupported { what: what.to_owned(), allowed }
}

#[cfg(test)]
mod tests {
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
}
