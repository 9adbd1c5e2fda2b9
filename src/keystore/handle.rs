//! Handles: one key for one algorithm, ready to sign or verify, with the ecosystem's traits.

use std::fmt;
use std::sync::Arc;

use signature::Keypair;
use signature::rand_core::TryCryptoRng;
use spki::{AlgorithmIdentifierOwned, Document, DynSignatureAlgorithmIdentifier, EncodePublicKey, ObjectIdentifier};

use crate::crypto::{self, Entropy, Signature, SigningKey, VerifyingKey};
use crate::error::Result;
use crate::model::{Algorithm, Key, KeyId, Kid};

/// One unsealed private key or secret for one algorithm. Cheap to clone; wiped when the last clone is dropped.
///
/// It implements the traits of the `signature` and `spki` crates, so the `x509-cert` builder signs with it. RSA
/// signatures are always blinded.
///
/// ```
/// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options};
///
/// let store = Keystore::in_memory(Options::default())?;
/// let spec = KeySpec::new(Algorithm::Es256, None)?;
/// let key = store.generate(GenerateKey::new(KeyName::new("a")?, spec))?;
/// let signer = store.signer(key.id())?;
///
/// let signature = signer.sign(b"message")?;
/// assert_eq!(signature.as_bytes().len(), 64);
/// assert!(signer.verifier().verify(b"message", signature.as_bytes()));
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone)]
pub struct Signer(Arc<SignerInner>);

struct SignerInner {
    id: KeyId,
    kid: Kid,
    signing: SigningKey,
    verifier: Verifier,
    entropy: Arc<dyn Entropy>,
}

impl Signer {
    pub(super) fn new(key: &Key, signing: SigningKey, entropy: Arc<dyn Entropy>) -> Result<Self> {
        let signing = signing.settled();
        let verifier = Verifier::new(signing.verifying_key()?, key.public_key.clone());
        Ok(Self(Arc::new(SignerInner { id: key.id, kid: key.kid.clone(), signing, verifier, entropy })))
    }

    /// The key's id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.0.id
    }

    /// The key's identifier, for a JOSE header.
    #[must_use]
    pub fn kid(&self) -> &Kid {
        &self.0.kid
    }

    /// The algorithm that it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.signing.algorithm()
    }

    /// Signs `message`, which is hashed here. ECDSA is deterministic (RFC 6979), RSA blinded, PSS salted.
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) when the system gives no random bytes.
    #[inline]
    pub fn sign(&self, message: &[u8]) -> Result<Signature> {
        Ok(self.0.signing.try_sign(message, &*self.0.entropy)?)
    }

    /// Whether both are clones of one handle.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The handle that verifies what this one signs.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        self.0.verifier.clone()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({}, {}, ..)", self.algorithm(), self.0.id)
    }
}

impl signature::Signer<Signature> for Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        self.sign(message).map_err(signature::Error::from_source)
    }
}

impl signature::RandomizedSigner<Signature> for Signer {
    fn try_sign_with_rng<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        message: &[u8],
    ) -> Result<Signature, signature::Error> {
        self.0.signing.try_sign_with_rng(message, rng).map_err(signature::Error::from_source)
    }
}

impl Keypair for Signer {
    type VerifyingKey = Verifier;

    fn verifying_key(&self) -> Verifier {
        self.verifier()
    }
}

impl DynSignatureAlgorithmIdentifier for Signer {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        identifier(self.algorithm())
    }
}

impl EncodePublicKey for Signer {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        self.0.verifier.to_public_key_der()
    }
}

/// One public key, or one HMAC secret, for one algorithm.
#[derive(Clone)]
pub struct Verifier(Arc<VerifierInner>);

struct VerifierInner {
    verifying: VerifyingKey,
    public_key: Option<Box<[u8]>>,
}

impl Verifier {
    pub(super) fn new(verifying: VerifyingKey, public_key: Option<Box<[u8]>>) -> Self {
        Self(Arc::new(VerifierInner { verifying, public_key }))
    }

    /// A verifier for a public key from anywhere, as SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it does not parse,
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when it does not fit the algorithm.
    pub fn from_public_key_der(algorithm: Algorithm, spki: &[u8]) -> Result<Self> {
        Ok(Self::new(VerifyingKey::from_spki(algorithm, spki)?, Some(spki.into())))
    }

    /// The algorithm that it verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.0.verifying.algorithm()
    }

    /// Whether `signature`, in the JOSE form, is valid over `message`. Malformed ones are simply not.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verifying.verify(message, signature).is_ok()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({}, ..)", self.algorithm())
    }
}

impl signature::Verifier<Signature> for Verifier {
    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), signature::Error> {
        if Self::verify(self, message, signature.as_bytes()) { Ok(()) } else { Err(signature::Error::new()) }
    }
}

impl DynSignatureAlgorithmIdentifier for Verifier {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        identifier(self.algorithm())
    }
}

impl EncodePublicKey for Verifier {
    fn to_public_key_der(&self) -> spki::Result<Document> {
        match &self.0.public_key {
            Some(spki) => Ok(Document::try_from(spki.as_ref())?),
            None => Err(spki::Error::KeyMalformed),
        }
    }
}

/// HMAC signs no certificates, so there is no identifier: the error carries the arc under which RSA Security put HMAC.
fn identifier(algorithm: Algorithm) -> spki::Result<AlgorithmIdentifierOwned> {
    const HMAC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.2");
    crypto::algorithm_identifier(algorithm).ok_or(spki::Error::OidUnknown { oid: HMAC })
}
