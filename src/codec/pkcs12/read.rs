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
mod tests;
