//! A key for the authority, made here, for which a CA outside is asked for a certificate.

use super::chain::{MadeKey, signature_algorithm};
use super::{AuthorityPlan, no_authority};
use crate::attestation::{Oids, authority_extensions, signing_name};
use crate::codec::{self, LineEnding};
use crate::crypto::{self, SigningKey};
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Issuer, KeySpec};
use crate::x509::{RequestedCertificate, extension};

/// A request for the certificate of an authority: PKCS#10, RFC 2986.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRequest(Vec<u8>);

impl CertificateRequest {
    /// The request in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// The request as PEM, lines ending in LF.
    ///
    /// # Errors
    /// None that is known: the bytes are DER.
    pub fn pem(&self) -> Result<String> {
        Ok(codec::pem_with("CERTIFICATE REQUEST", &self.0, LineEnding::Lf)?)
    }
}

impl Keystore {
    /// Makes a key for an authority whose certificate comes from a CA outside, and a request for that. The key lies in the
    /// store, sealed, and waits for [`install_authority`](Self::install_authority); meanwhile the authority there is goes on.
    /// Asked again, the request is for the same key.
    ///
    /// The request names the subject and asks for the extensions that
    /// [`Profile::Keystead`](crate::attestation::Profile::Keystead) demands of an authority; the authority key identifier, the
    /// times and the serial number are up to the CA.
    ///
    /// ```
    /// use keystead::{AuthorityPlan, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let request = store.authority_request(&AuthorityPlan::new())?;
    /// assert!(request.pem()?.starts_with("-----BEGIN CERTIFICATE REQUEST-----\n"));
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists) when a key of another strength waits for its certificate; and those
    /// of every write, see [`rename`](Self::rename).
    pub fn authority_request(&self, plan: &AuthorityPlan) -> Result<CertificateRequest> {
        let [_, spec] = plan.strength.specs()?;
        let row = match self.requested_authority()? {
            Some(row) => row,
            None => self.request_key(spec)?,
        };
        let key = self.unseal_authority(&row)?;
        if (key.algorithm(), key.bits()) != (spec.algorithm(), spec.bits()) {
            return Err(Error::exists(format!(
                "a key of {} bits for {} waits for the certificate of an authority, asked for is one of {} bits for {}: \
                 discard_authority_request gives it up",
                key.bits(),
                key.algorithm(),
                spec.bits(),
                spec.algorithm()
            )));
        }
        self.request_for(&key, &row.record.public_key, plan.organization.as_ref())
    }

    /// Gives up the key that waits for its certificate, and tells whether there was one. A certificate for it can not be
    /// installed any more.
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename).
    pub fn discard_authority_request(&self) -> Result<bool> {
        if self.requested_authority()?.is_none() {
            return Ok(false);
        }
        Ok(self.0.database.delete_requested_authority()?)
    }

    /// The row that waits for its certificate.
    pub(super) fn requested_authority(&self) -> Result<Option<AuthorityRow>> {
        Ok(self.authority_rows(&[AuthorityState::Requested])?.pop())
    }

    /// A new key, or that of somebody who was faster.
    fn request_key(&self, spec: KeySpec) -> Result<AuthorityRow> {
        self.0.database.expect_writable()?;
        let made = MadeKey::new(AuthorityRole::Signing, self.new_authority_key(spec)?)?;
        let row = self.authority_row(&made, self.now())?;
        let nobody = |found: &[AuthorityRow]| found.iter().all(|row| row.record.state != AuthorityState::Requested);
        if self.put_authority(std::slice::from_ref(&row), &[], nobody)? {
            return Ok(row);
        }
        self.requested_authority()?.ok_or_else(no_authority)
    }

    fn request_for(&self, key: &SigningKey, spki: &[u8], organization: Option<&Issuer>) -> Result<CertificateRequest> {
        let mut extensions = authority_extensions(AuthorityRole::Signing)?;
        extensions.extend(extension::write_subject_key_identifier(&extension::key_identifier(spki)?)?);
        extensions.extend(extension::write_policy(Oids::KEYSTEAD.policy)?);
        let request = RequestedCertificate {
            subject: &signing_name(organization.map(Issuer::as_str))?,
            spki,
            extensions: &extensions,
            signature_algorithm: &signature_algorithm(key)?,
        };
        let entropy = &*self.0.options.entropy;
        let sign = |info: &[u8]| Ok::<_, crypto::CryptoError>(key.try_sign(info, entropy)?.to_der());
        Ok(CertificateRequest(request.sign(sign)?))
    }
}
