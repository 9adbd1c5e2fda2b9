//! Making a key for a ring, with the certificate that Auth0 gives the keys of a connection.

use std::time::Duration;

use jiff::Timestamp;

use crate::crypto::{self, SigningKey};
use crate::error::Result;
use crate::keystore::prepare::{Certified, MadeKey};
use crate::keystore::{Keystore, fingerprints};
use crate::model::{Issuer, KeyId, KeyName, KeyType, KeyUse, Kid, NewRow, RingRecord};
use crate::x509::extension::KeyUsage;
use crate::x509::{self, SelfSigned, X509Error};

/// How long a certificate lasts, unless the ring's schedule needs its key for longer.
const YEARS: i16 = 1;

impl Keystore {
    /// A key of the ring's kind: a row ready to be written. Its name is the ring's and its kid, which is the SHA-256 JWK
    /// thumbprint (RFC 7638), or random for HMAC.
    pub(super) fn new_ring_key(&self, ring: &RingRecord, at: Timestamp) -> Result<NewRow> {
        let entropy = &*self.0.options.entropy;
        let id = KeyId::from_random_bytes(crypto::random_bytes(entropy)?);
        let private = SigningKey::generate(ring.spec, entropy)?;
        let public_key = private.public_key_der()?;
        let (certified, kid) = match &public_key {
            Some(spki) => {
                let kid = fingerprints::thumbprint(spki)?.to_base64url();
                (Some(self.certify_for_ring(ring, at, &private, spki)?), kid)
            }
            None => (None, self.random_kid()?),
        };
        let name = KeyName::parse(format!("{} {kid}", ring.name.as_str()))?;
        let (spec, exportable, key_use, kid) = (ring.spec, ring.exportable, ring.key_use, Kid::parse(kid)?);
        let inserted_at = at;
        self.seal_made(MadeKey {
            id,
            name,
            spec,
            private,
            public_key,
            certified,
            kid,
            exportable,
            key_use,
            inserted_at,
        })
    }

    fn certify_for_ring(
        &self,
        ring: &RingRecord,
        at: Timestamp,
        private: &SigningKey,
        spki: &[u8],
    ) -> Result<Certified> {
        let not_before = x509::cut_to_second(at);
        let needed = ring.schedule.map_or(Duration::ZERO, |schedule| schedule.lifetime());
        // In whole seconds, of which the last one counts (RFC 5280, section 4.1.2.5).
        let needed = at.checked_add(needed).map_err(|_| X509Error::NoSuchYear(at))?;
        let not_after = x509::years_after(not_before, YEARS)?.max(x509::cut_to_second(needed));
        let usage = match (ring.key_use, ring.spec.algorithm().key_type()) {
            (KeyUse::Signing, _) => KeyUsage::DIGITAL_SIGNATURE,
            (KeyUse::Encryption, KeyType::Rsa) => KeyUsage::KEY_ENCIPHERMENT,
            (KeyUse::Encryption, _) => KeyUsage::KEY_AGREEMENT,
        };
        let request = SelfSigned {
            serial: self.random_serial()?,
            common_name: ring.common_name.as_str(),
            spki,
            not_before,
            not_after,
            ca: true,
            key_usage: usage.and(KeyUsage::KEY_CERT_SIGN),
        };
        let certificate = self.self_certify(private, &request)?;
        let issuer = Issuer::parse(ring.common_name.as_str()).ok();
        Ok(Certified { certificate, issuer, expires_at: not_after })
    }
}
