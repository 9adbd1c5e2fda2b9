//! The digests that name a key.

use super::Keystore;
use crate::codec;
use crate::crypto;
use crate::error::Result;
use crate::model::{Fingerprint, Key, KeyType, Kid, Origin, Record};
use crate::secret::SecretBytes;

/// Every digest by which the world names a key of RSA or EC, and by which [`Keystore::key`] finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fingerprints {
    /// Of the certificate in DER, when there is one. In base64url they are JOSE's `x5t` and `x5t#S256`.
    pub certificate: Option<Digests>,
    /// Of the public key as SubjectPublicKeyInfo in DER.
    pub public_key: Digests,
    /// The JWK thumbprint (RFC 7638) with SHA-1.
    pub jwk_sha1: Fingerprint,
    /// The JWK thumbprint (RFC 7638) with SHA-256.
    pub jwk_sha256: Fingerprint,
    /// SHA-256 of the public key as OpenSSH writes it (RFC 4253 section 6.6, RFC 5656 section 3.1): what
    /// `ssh-keygen -l` shows, see [`Fingerprint::to_openssh`].
    pub openssh: Fingerprint,
}

/// Three digests of the same bytes. The first two are broken: names, never proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Digests {
    /// MD5.
    pub md5: Fingerprint,
    /// SHA-1.
    pub sha1: Fingerprint,
    /// SHA-256.
    pub sha256: Fingerprint,
}

impl Digests {
    fn of(bytes: &[u8]) -> Self {
        Self {
            md5: Fingerprint::Md5(crypto::md5(bytes)),
            sha1: Fingerprint::Sha1(crypto::sha1(bytes)),
            sha256: Fingerprint::Sha256(crypto::sha256(bytes)),
        }
    }
}

impl Key {
    /// Every digest that names the key. `None` for HMAC, of which no digest is published.
    ///
    /// ```
    /// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
    ///
    /// let fingerprints = key.fingerprints()?.unwrap();
    /// assert!(fingerprints.openssh.to_openssh().starts_with("SHA256:"));
    /// assert_eq!(store.key(fingerprints.openssh)?, key);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the public key does not parse, which was checked when it came in.
    pub fn fingerprints(&self) -> Result<Option<Fingerprints>> {
        let Some(spki) = self.public_key_der() else { return Ok(None) };
        let jwk = codec::jwk_thumbprint_input(spki)?;
        Ok(Some(Fingerprints {
            certificate: self.certificate_der().map(Digests::of),
            public_key: Digests::of(spki),
            jwk_sha1: Fingerprint::Sha1(crypto::sha1(jwk.as_bytes())),
            jwk_sha256: Fingerprint::Sha256(crypto::sha256(jwk.as_bytes())),
            openssh: Fingerprint::Sha256(crypto::sha256(&codec::ssh_blob(spki)?)),
        }))
    }

    /// The SHA-256 JWK thumbprint, RFC 7638. `None` for HMAC.
    ///
    /// # Errors
    /// [`Internal`](crate::ErrorKind::Internal) when the public key does not parse, which was checked when it came in.
    pub fn jwk_thumbprint(&self) -> Result<Option<Fingerprint>> {
        self.public_key_der().map(thumbprint).transpose()
    }
}

impl Fingerprints {
    fn all(&self) -> Vec<Fingerprint> {
        let digests = [Some(self.public_key), self.certificate].into_iter().flatten();
        let mut all: Vec<_> = digests.flat_map(|digests| [digests.md5, digests.sha1, digests.sha256]).collect();
        all.extend([self.jwk_sha1, self.jwk_sha256, self.openssh]);
        all
    }
}

/// Every digest that names a key.
pub(super) fn digests(key: &Key) -> Result<Vec<Fingerprint>> {
    Ok(key.fingerprints()?.as_ref().map(Fingerprints::all).unwrap_or_default())
}

/// The digests that are not in the file's index: each is a page more to write for every key. They are found by
/// [`DigestIndex`](super::digest_index::DigestIndex).
pub(super) fn other_digests(key: &Key) -> Result<Vec<Fingerprint>> {
    let Some(all) = key.fingerprints()? else { return Ok(Vec::new()) };
    let Digests { md5, sha1, sha256 } = all.public_key;
    let certificate = all.certificate.map(|certificate| certificate.md5);
    Ok([md5, sha1, sha256, all.jwk_sha1, all.openssh].into_iter().chain(certificate).collect())
}

/// The digests in the file's index.
pub(super) fn indexed_digests(key: &Key) -> Result<Vec<Fingerprint>> {
    let mut digests = Vec::with_capacity(4);
    if let Some(certificate) = key.certificate_der() {
        digests.push(Fingerprint::Sha1(crypto::sha1(certificate)));
        digests.push(Fingerprint::Sha256(crypto::sha256(certificate)));
    }
    if let Some(spki) = key.public_key_der() {
        digests.push(thumbprint(spki)?);
    }
    Ok(digests)
}

/// By what the file finds a key: its digests, and its kid.
pub(super) fn digest_prefixes(key: &Key) -> Result<Vec<i64>> {
    let digests = indexed_digests(key)?;
    Ok(digests.iter().map(Fingerprint::prefix).chain([kid_prefix(&key.kid)]).collect())
}

/// A kid that is a thumbprint in base64url stands for that digest, which then needs no second place in the index. Any other
/// is found by the SHA-256 of its text.
pub(super) fn kid_prefix(kid: &Kid) -> i64 {
    let digest = match Fingerprint::parse(kid.as_str()) {
        Ok(digest) if digest.to_base64url() == kid.as_str() => digest,
        _ => Fingerprint::Sha256(crypto::sha256(kid.as_str().as_bytes())),
    };
    digest.prefix()
}

impl Keystore {
    /// By what the file finds a key, its private part at hand. A secret that came from outside, or went there, may come
    /// again: its keyed digest is in the index too.
    pub(super) fn all_prefixes(
        &self,
        record: &Record,
        private: impl FnOnce() -> Result<SecretBytes>,
    ) -> Result<Vec<i64>> {
        let mut prefixes = digest_prefixes(&record.key)?;
        if has_secret_digest(&record.key) {
            prefixes.push(self.secret_prefix(private()?.expose_secret()));
        }
        Ok(prefixes)
    }

    /// By what the file finds a secret: its digest under a key of this store.
    pub(super) fn secret_prefix(&self, secret: &[u8]) -> i64 {
        Fingerprint::Sha256(self.0.vault.secret_digest(secret)).prefix()
    }
}

fn has_secret_digest(key: &Key) -> bool {
    key.key_type == KeyType::Hmac && (key.origin == Origin::Imported || key.exported_at.is_some())
}

/// The SHA-256 JWK thumbprint of a public key.
pub(super) fn thumbprint(spki: &[u8]) -> Result<Fingerprint> {
    Ok(Fingerprint::Sha256(crypto::sha256(codec::jwk_thumbprint_input(spki)?.as_bytes())))
}
