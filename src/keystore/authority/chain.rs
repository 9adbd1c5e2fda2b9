//! Making the keys of an authority, and the certificates from its root down.

use der::Encode;
use jiff::Timestamp;

use super::no_authority;
use crate::attestation::{AuthorityCertificate, Signatory, days};
use crate::crypto::{self, SigningKey};
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRecord, AuthorityRole, AuthorityRow, AuthorityState, Certificates, KeySpec, Origin};
use crate::x509::{self, X509Error};

/// A key of the authority that was just made, with its certificate.
pub(super) struct MadeKey {
    private: SigningKey,
    spki: Box<[u8]>,
    /// None for a key whose certificate is still to come.
    certificates: Option<Certificates>,
    role: AuthorityRole,
}

/// A key that signs certificates or statements, with what they say of it.
pub(super) struct Signing<'a> {
    pub(super) private: &'a SigningKey,
    pub(super) name: Vec<u8>,
    pub(super) key_identifier: Vec<u8>,
    pub(super) algorithm: Vec<u8>,
    /// Its own certificates, up to the root.
    pub(super) chain: Certificates,
    pub(super) not_after: Timestamp,
}

impl<'a> Signing<'a> {
    /// A key and the chain of its certificate.
    pub(super) fn new(private: &'a SigningKey, chain: Certificates) -> Result<Self> {
        let certificate = x509::Certificate::read(chain.leaf())?;
        let key_identifier = key_identifier(&certificate)?;
        let (name, not_after) = (certificate.subject.to_vec(), certificate.not_after);
        Ok(Self { private, name, key_identifier, algorithm: signature_algorithm(private)?, chain, not_after })
    }

    pub(super) fn signatory(&self) -> Signatory<'_> {
        Signatory { name: &self.name, key_identifier: Some(&self.key_identifier), signature_algorithm: &self.algorithm }
    }
}

impl MadeKey {
    /// A key without a certificate.
    pub(super) fn new(role: AuthorityRole, private: SigningKey) -> Result<Self> {
        let spki = private.public_key_der()?.ok_or_else(|| Error::not_possible("an HMAC secret is no authority"))?;
        Ok(Self { private, spki, certificates: None, role })
    }

    pub(super) fn signing(&self) -> Result<Signing<'_>> {
        Signing::new(&self.private, self.certificates.clone().ok_or_else(no_authority)?)
    }
}

impl Keystore {
    /// Certifies a key for its role under a name in DER: a root by itself, others by `above`. No certificate outlives the one
    /// above it.
    pub(super) fn certify_authority(
        &self,
        role: AuthorityRole,
        private: SigningKey,
        subject: &[u8],
        above: Option<&Signing<'_>>,
        now: Timestamp,
    ) -> Result<MadeKey> {
        let entropy = &*self.0.options.entropy;
        let MadeKey { private, spki, .. } = MadeKey::new(role, private)?;
        let not_before = x509::cut_to_second(now);
        let own_end = x509::time::days_after(not_before, days(role))?;
        let certificate = AuthorityCertificate {
            role,
            serial: self.random_serial()?,
            subject,
            spki: &spki,
            not_before,
            not_after: above.map_or(own_end, |above| own_end.min(above.not_after)),
        };
        let own_algorithm = signature_algorithm(&private)?;
        let (by, key) = match above {
            Some(above) => (above.signatory(), above.private),
            None => {
                let by = Signatory { name: subject, key_identifier: None, signature_algorithm: &own_algorithm };
                (by, &private)
            }
        };
        let mut chain = certificate.issue(by, |tbs| Ok(key.try_sign(tbs, entropy)?.to_der()))?;
        chain.extend(above.iter().flat_map(|above| above.chain.as_bytes()));
        let certificates = Some(Certificates::new(chain).ok_or(X509Error::Structure("it is longer than 16 MiB"))?);
        Ok(MadeKey { private, spki, certificates, role })
    }

    /// 16 random octets that are a positive number, none of them left out.
    pub(in crate::keystore) fn random_serial(&self) -> Result<[u8; 16]> {
        let mut serial: [u8; 16] = crypto::random_bytes(&*self.0.options.entropy)?;
        if let Some(first) = serial.first_mut() {
            *first = (*first & 0x7F) | 0x40;
        }
        Ok(serial)
    }

    /// A new key for the authority.
    pub(super) fn new_authority_key(&self, spec: KeySpec) -> Result<SigningKey> {
        Ok(SigningKey::generate(spec, &*self.0.options.entropy)?)
    }

    /// A row, sealed and tagged: in force, or waiting for its certificate.
    pub(super) fn authority_row(&self, made: &MadeKey, now: Timestamp) -> Result<AuthorityRow> {
        let entropy = &*self.0.options.entropy;
        let record = AuthorityRecord {
            id: crypto::random_bytes(entropy)?,
            role: made.role,
            state: if made.certificates.is_some() { AuthorityState::InForce } else { AuthorityState::Requested },
            algorithm: made.private.algorithm(),
            origin: Origin::Generated,
            made_at: now,
            public_key: made.spki.clone(),
            certificates: made.certificates.clone(),
            nonce: [0; 12],
            tag: [0; 32],
        };
        self.seal_authority(record, made.private.to_private()?.expose_secret())
    }

    /// Seals and tags a row of the authority, over a private key or over nothing.
    pub(super) fn seal_authority(&self, mut record: AuthorityRecord, private: &[u8]) -> Result<AuthorityRow> {
        record.nonce = crypto::random_bytes(&*self.0.options.entropy)?;
        record.tag = self.0.vault.tag(&record);
        let sealed = self.0.vault.seal(&record, private)?;
        Ok(AuthorityRow { record, sealed })
    }
}

impl Keystore {
    /// Writes rows in one transaction if what is there `allows` it, and retires those in force in these roles. None of them
    /// is retired, or written, without the others.
    pub(super) fn put_authority(
        &self,
        new: &[AuthorityRow],
        retired: &[AuthorityRole],
        allows: impl FnOnce(&[AuthorityRow]) -> bool,
    ) -> Result<bool> {
        let change = |found: Vec<AuthorityRow>| -> Result<_> {
            found.iter().try_for_each(|row| self.0.vault.check(&row.record))?;
            if !allows(&found) {
                return Ok((Vec::new(), false));
            }
            let ends =
                |record: &AuthorityRecord| record.state == AuthorityState::InForce && retired.contains(&record.role);
            let over = found.into_iter().map(|row| row.record).filter(ends);
            let mut rows = over.map(|record| self.retire(record)).collect::<Result<Vec<_>>>()?;
            rows.extend(new.iter().cloned());
            Ok((rows, true))
        };
        let written = self.0.database.change_authorities(change)??;
        if written {
            self.0.issuer_cache.forget();
        }
        Ok(written)
    }

    /// The row without its private key. What it signed stays verifiable.
    fn retire(&self, mut record: AuthorityRecord) -> Result<AuthorityRow> {
        record.state = AuthorityState::Retired;
        self.seal_authority(record, &[])
    }
}

/// What those below call the certificate's key: what it says itself, or else what RFC 5280 proposes.
pub(super) fn key_identifier(certificate: &x509::Certificate<'_>) -> Result<Vec<u8>> {
    Ok(match certificate.extension(x509::extension::SUBJECT_KEY_IDENTIFIER) {
        Some(extension) => x509::extension::read_subject_key_identifier(extension.value)?.to_vec(),
        None => x509::extension::key_identifier(certificate.spki)?.to_vec(),
    })
}

/// The algorithm that a key signs with, in DER.
pub(super) fn signature_algorithm(private: &SigningKey) -> Result<Vec<u8>> {
    let identifier = crypto::algorithm_identifier(private.algorithm());
    let identifier = identifier.ok_or_else(|| Error::not_possible("an HMAC secret is no authority"))?;
    Ok(identifier.to_der().map_err(X509Error::Unwritable)?)
}
