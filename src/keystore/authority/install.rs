//! Taking in an authority from outside: the chain for a key that was requested, or a key with its chain.

use super::outside::{order, read_certificates};
use super::period::Above;
use super::{Authority, AuthorityRole};
use crate::crypto;
use crate::error::{Error, Result};
use crate::keystore::material::{Kind, refuse};
use crate::keystore::{ImportKey, Keystore};
use crate::model::{AuthorityRecord, AuthorityState, Certificates, KeyName, Origin};
use crate::secret::SecretBytes;

/// The private key of an authority, with its chain of certificates up to the root, to be taken in.
///
/// ```no_run
/// use keystead::{ImportAuthority, Keystore, Options};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Keystore::in_memory(Options::default())?;
/// let request = ImportAuthority::new(std::fs::read("authority.p12")?).password("open sesame");
/// store.import_authority(request)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ImportAuthority {
    data: SecretBytes,
    chain: Option<SecretBytes>,
    password: Option<SecretBytes>,
}

impl ImportAuthority {
    /// The private key in any of the manual's [formats](crate::manual::formats). In PEM and PKCS#12 the chain may come along.
    #[must_use]
    pub fn new(data: impl Into<SecretBytes>) -> Self {
        Self { data: data.into(), chain: None, password: None }
    }

    /// The chain, when it is apart from the key: PEM, PKCS#7 or DER.
    #[must_use]
    pub fn chain(mut self, data: impl Into<SecretBytes>) -> Self {
        self.chain = Some(data.into());
        self
    }

    /// Opens encrypted PKCS#8 and PKCS#12. UTF-8.
    #[must_use]
    pub fn password(mut self, password: impl Into<SecretBytes>) -> Self {
        self.password = Some(password.into());
        self
    }
}

impl Keystore {
    /// Takes in the chain that was issued for the key of [`authority_request`](Self::authority_request), and puts it in force:
    /// PEM, PKCS#7 or DER, in any order, the root included. It has 2 to 5 certificates, and must be fit for signing statements
    /// now: it is judged as [`Profile::Keystead`](crate::attestation::Profile::Keystead) says.
    ///
    /// The authority before it retires: its private keys are erased, also those of its CA and root, its certificates stay.
    /// From 7 days before the new one ends, each statement says that it must be followed:
    /// [`Attestation::renew_authority_before`](crate::Attestation::renew_authority_before).
    ///
    /// # Errors
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when no key waits for its certificate,
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with every reason for which a verifier would refuse the chain; and those
    /// of every write, see [`rename`](Self::rename).
    pub fn install_authority(&self, chain: &[u8]) -> Result<Authority> {
        const FIELD: &str = "chain";
        let row = self.requested_authority()?.ok_or_else(no_request)?;
        let key = self.unseal_authority(&row)?;
        let chain = order(FIELD, &read_certificates(FIELD, chain)?, &key)?;
        self.expect_fit(FIELD, &key, &chain)?;
        let nonce = row.record.nonce;
        let (state, certificates) = (AuthorityState::InForce, Some(chain.clone()));
        let record = AuthorityRecord { state, certificates, ..row.record };
        let row = self.seal_authority(record, key.to_private()?.expose_secret())?;
        // Another may have installed or discarded it.
        if !self
            .put_authority(&[row], &AuthorityRole::ALL, |found| found.iter().any(|row| row.record.nonce == nonce))?
        {
            return Err(no_request());
        }
        Authority::new(chain, Above::Outside)
    }

    /// Takes in an authority that exists already: its private key, RSA of at least 3072 bits or EC, and its chain, which is
    /// judged as for [`install_authority`](Self::install_authority). The authority before it retires.
    ///
    /// Whoever else has the key can sign statements that look like the store's.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the key cannot be read or the chain would be refused, and
    /// [`Unsupported`](crate::ErrorKind::Unsupported) as for [`import`](Self::import); and those of every write, see
    /// [`rename`](Self::rename).
    pub fn import_authority(&self, request: ImportAuthority) -> Result<Authority> {
        let mut input = ImportKey::new(KeyName::parse("authority")?, request.data);
        if let Some(chain) = request.chain {
            let ders = read_certificates("certificate", chain.expose_secret())?;
            input = ders.iter().fold(input, |input, der| input.certificate(SecretBytes::copy_from(der)));
        }
        if let Some(password) = request.password {
            input = input.password(password);
        }
        let material = input.material()?;
        material.test_primes()?;
        let field = material.field;
        let ders: Vec<Box<[u8]>> = material.certificates.iter().flat_map(Certificates::iter).map(Into::into).collect();
        let (key, public) = match material.kind {
            Kind::Private(key, public) if !ders.is_empty() => (key, public),
            Kind::Private(..) => {
                return Err(refuse(field, "it has no certificates, an authority needs its chain up to the root"));
            }
            Kind::Public(_) | Kind::Secret(_) => return Err(refuse(field, "it has no private key, RSA or EC")),
        };
        let chain = order(field, &ders, &key)?;
        self.expect_fit(field, &key, &chain)?;
        let record = AuthorityRecord {
            id: crypto::random_bytes(&*self.0.options.entropy)?,
            role: AuthorityRole::Signing,
            state: AuthorityState::InForce,
            algorithm: key.algorithm(),
            origin: Origin::Imported,
            made_at: self.now(),
            public_key: public.spki,
            certificates: Some(chain.clone()),
            nonce: [0; 12],
            tag: [0; 32],
        };
        let row = self.seal_authority(record, key.to_private()?.expose_secret())?;
        self.put_authority(&[row], &AuthorityRole::ALL, |_| true)?;
        Authority::new(chain, Above::Outside)
    }
}

fn no_request() -> Error {
    Error::not_possible("no key waits for the certificate of an authority: authority_request makes one")
}
