//! Taking in keys from outside.

use super::fingerprints::thumbprint;
use super::generate::taken;
use super::material::{self, Kind, Material};
use super::{ImportKey, Keystore};
use crate::crypto;
use crate::error::Result;
use crate::model::{Certificates, Fingerprint, Form, Key, KeyId, KeyUse, Kid, NewRow, Origin};
use crate::secret::{DEEP, SecretBytes, wiping_stack};

/// A key that was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// The key.
    pub key: Key,
    /// Keys that were there before and have the same public key or the same secret: the 16 oldest, oldest first. A secret
    /// that was made here and never exported is not recognised.
    pub same_as: Vec<KeyId>,
    /// What its bytes were.
    pub form: Form,
}

impl Keystore {
    /// Takes in a key. When it returns, the key is on disk.
    ///
    /// The same key may be in the store under several names; [`Imported::same_as`] tells. A key pair without a
    /// certificate gets a self-signed one. What is refused, and why, is in the manual's
    /// [decisions](crate::manual::decisions).
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) says what the bytes looked like, where they stopped making sense and
    /// what would be accepted; [`Unsupported`](crate::ErrorKind::Unsupported) for keys and encryptions that are known and
    /// not taken; [`Duplicate`](crate::ErrorKind::Duplicate) when the id or name is taken; and those of every write, see
    /// [`rename`](Self::rename).
    pub fn import(&self, request: ImportKey) -> Result<Imported> {
        let (row, form) = self.prepare_import(&request)?;
        let key = row.record.key.clone();
        let written = self.0.database.insert(&row).map_err(|error| taken(error, &key))?;
        Ok(Imported { key, same_as: written.same_as, form })
    }

    /// All of a key from outside that can be computed before the file is touched.
    pub(super) fn prepare_import(&self, request: &ImportKey) -> Result<(NewRow, Form)> {
        wiping_stack::<DEEP, _>(|| self.prepare_import_here(request))
    }

    fn prepare_import_here(&self, request: &ImportKey) -> Result<(NewRow, Form)> {
        let material = request.material()?;
        let algorithm = request.check(&material)?;
        let Material { form, kind, mut certificates, facts, hints, .. } = material;
        let mut issuer = facts.as_ref().and_then(material::issuer);
        let mut expires_at = facts.as_ref().map(|facts| facts.expires_at);
        let inserted_at = self.now();
        let id = match request.id {
            Some(id) => id,
            None => KeyId::from_random_bytes(crypto::random_bytes(&*self.0.options.entropy)?),
        };
        let kid = match (&request.kid, hints.kid) {
            (Some(kid), _) => kid.clone(),
            (None, Some(kid)) => Kid::parse(kid)?,
            (None, None) => self.usual_kid(&kind, certificates.as_ref())?,
        };
        let (key_type, bits, has_private) = (kind.key_type(), kind.bits(), kind.has_private());
        let public_key = kind.public().map(|public| public.spki.clone());
        let private = match kind {
            Kind::Private(key, public) => {
                let key = key.rebind(algorithm)?;
                if certificates.is_none() {
                    let made = self.certify(id, request.issuer.as_ref(), inserted_at, &key, &public.spki)?;
                    (issuer, expires_at) = (made.issuer, Some(made.expires_at));
                    certificates = Certificates::new(made.certificate);
                }
                Some(key.to_private()?)
            }
            Kind::Public(_) => None,
            Kind::Secret(secret) => Some(secret),
        };
        let key = Key {
            id,
            name: request.name.clone(),
            key_type,
            algorithm: Some(algorithm),
            bits,
            kid,
            issuer,
            origin: Origin::Imported,
            exportable: request.exportable,
            has_private,
            inserted_at,
            updated_at: inserted_at,
            expires_at,
            exported_at: None,
            revoked: false,
            key_use: KeyUse::Signing,
            public_key,
            certificates,
        };
        let bytes = private.as_ref().map_or(&[][..], SecretBytes::expose_secret);
        let material = match key.public_key_der() {
            Some(spki) => thumbprint(spki)?.prefix(),
            None => self.secret_prefix(bytes),
        };
        let mut row = self.seal_new(key, bytes)?;
        row.material = Some(material);
        Ok((row, form))
    }

    fn usual_kid(&self, kind: &Kind, certificates: Option<&Certificates>) -> Result<Kid> {
        Ok(Kid::parse(match (certificates, kind.public()) {
            (Some(certificates), _) => Fingerprint::Sha1(crypto::sha1(certificates.leaf())).to_base64url(),
            (None, Some(public)) => thumbprint(&public.spki)?.to_base64url(),
            (None, None) => self.random_kid()?,
        })?)
    }
}
