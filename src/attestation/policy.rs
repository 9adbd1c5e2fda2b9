//! What a caller wants a statement to say.

use std::time::Duration;

use super::Claim;
use crate::model::KeyId;

/// What a caller wants a statement to say. Of what is not asked for, nothing is demanded: it is only reported.
///
/// ```
/// use std::time::Duration;
///
/// use keystead::attestation::{Claim, Policy};
///
/// let policy = Policy::new()
///     .require(Claim::GeneratedHere)
///     .require(Claim::NeverExportable)
///     .challenge(*b"a nonce of the verifier")
///     .max_age(Duration::from_secs(600));
/// # let _ = policy;
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    pub(super) claims: Vec<Claim>,
    pub(super) key_id: Option<KeyId>,
    pub(super) public_key: Option<Box<[u8]>>,
    pub(super) challenge: Option<Box<[u8]>>,
    pub(super) max_age: Option<Duration>,
    pub(super) clock_tolerance: Duration,
}

impl Policy {
    /// Asks for nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            claims: Vec::new(),
            key_id: None,
            public_key: None,
            challenge: None,
            max_age: None,
            clock_tolerance: Duration::from_secs(60),
        }
    }

    /// The statement must make this claim.
    #[must_use]
    pub fn require(mut self, claim: Claim) -> Self {
        self.claims.push(claim);
        self
    }

    /// The statement must be about the key of this id.
    #[must_use]
    pub fn key_id(mut self, id: KeyId) -> Self {
        self.key_id = Some(id);
        self
    }

    /// The statement must be about this public key, a SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7). The points of
    /// EC keys are compared in their uncompressed form. One that cannot be read is equal to none.
    #[must_use]
    pub fn public_key(mut self, spki_der: impl Into<Box<[u8]>>) -> Self {
        self.public_key = Some(spki_der.into());
        self
    }

    /// The statement must carry this challenge, byte by byte. Statements of Fortanix carry none.
    #[must_use]
    pub fn challenge(mut self, challenge: impl Into<Box<[u8]>>) -> Self {
        self.challenge = Some(challenge.into());
        self
    }

    /// The statement must have been signed no longer ago than that, plus the [tolerance](Self::clock_tolerance).
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// By how much the clocks of signer and verifier may differ. The default is 60 s.
    #[must_use]
    pub fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}
