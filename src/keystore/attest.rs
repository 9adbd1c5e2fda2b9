//! Stating facts about keys, signed by the authority.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use hashlink::LruCache;
use jiff::Timestamp;

use super::Keystore;
use super::authority::{StatementIssuer, has_come};
use super::generate::quoted;
use super::rename::no_such_key;
use crate::attestation::{Attested, KeyFacts, MOST_CHALLENGE};
use crate::codec::{self, LineEnding};
use crate::error::{Error, Result};
use crate::model::{Certificates, Invalid, Key, KeyId, KeyType, KeyUse, Problem};
use crate::x509;

/// How many statements a thread of [`Keystore::attest_many`] makes before it looks for more.
const AT_ONCE: usize = 16;

/// What a statement shall hold beside the facts about the key.
#[derive(Clone, Debug, Default)]
pub struct AttestationRequest {
    challenge: Option<Box<[u8]>>,
}

impl AttestationRequest {
    /// A statement without a challenge.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that whoever will verify the statement chose at random, so that it cannot be an old one: 1 to 64.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for none and for more than 64.
    pub fn challenge(mut self, challenge: impl Into<Vec<u8>>) -> Result<Self> {
        let challenge = challenge.into();
        let problem = match challenge.len() {
            1..=MOST_CHALLENGE => None,
            0 => Some(Problem::Blank),
            _ => Some(Problem::InvalidLength),
        };
        if let Some(problem) = problem {
            let message = format!("challenge is {} bytes, allowed are 1 to {MOST_CHALLENGE}", challenge.len());
            return Err(Invalid::new("challenge", problem, message).into());
        }
        self.challenge = Some(challenge.into());
        Ok(self)
    }
}

/// A statement about a key, and the chain of the authority that signed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    statement: Vec<u8>,
    chain: Certificates,
    renew_authority_before: Option<Timestamp>,
}

impl Attestation {
    /// The statement, an X.509 certificate in DER.
    #[must_use]
    pub fn statement_der(&self) -> &[u8] {
        &self.statement
    }

    /// The certificates of the authority in DER: its own first, the root last.
    pub fn authority_chain(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter()
    }

    /// Before when somebody must do something about the authority that signed, if that is soon; none as long as it takes care
    /// of itself. Then nothing can be attested any more, until
    ///
    /// - a new chain is installed, if its CA is outside: from 7 days before its end;
    /// - it is replaced, if its root ends: from 90 days before that;
    /// - it is renewed where the store can be written, if it could not be here: from 7 days before its end.
    #[must_use]
    pub const fn renew_authority_before(&self) -> Option<Timestamp> {
        self.renew_authority_before
    }

    /// The statement as PEM, lines ending in LF.
    ///
    /// # Errors
    /// None that is known: the bytes are DER.
    pub fn statement_pem(&self) -> Result<String> {
        Ok(codec::pem_with("CERTIFICATE", &self.statement, LineEnding::Lf)?)
    }

    /// The chain of the authority as PEM, one block behind the other.
    ///
    /// # Errors
    /// None that is known: the bytes are DER.
    pub fn chain_pem(&self) -> Result<String> {
        let blocks = self.chain.iter().map(|der| Ok(codec::pem_with("CERTIFICATE", der, LineEnding::Lf)?));
        Ok(blocks.collect::<Result<Vec<_>>>()?.concat())
    }
}

/// What is the same in each statement about a key, by the nonce of its seal: a fact that changes, changes the nonce too.
pub(super) struct AttestedCache(Mutex<LruCache<KeyId, Marked>>);

type Marked = ([u8; 12], Arc<Attested>);

impl AttestedCache {
    pub(super) fn new(most: usize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }
}

impl Keystore {
    /// States what the store knows about a key, signed by its authority: where it comes from, whether it can ever leave.
    /// The key must be RSA or EC and have its private part.
    ///
    /// Nothing that anybody says goes into the facts: they are derived from the key's record, which its seal binds.
    ///
    /// ```
    /// use keystead::{Algorithm, AttestationRequest, AuthorityPlan, GenerateKey, KeyName, KeySpec, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// store.create_authority(&AuthorityPlan::new())?;
    /// let spec = KeySpec::new(Algorithm::Es256, None)?;
    /// let key = store.generate(GenerateKey::new(KeyName::new("signing")?, spec))?;
    ///
    /// let attestation = store.attest(key.id(), &AttestationRequest::new().challenge(b"fresh random bytes")?)?;
    /// assert!(attestation.statement_pem()?.starts_with("-----BEGIN CERTIFICATE-----\n"));
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound); [`NotPossible`](crate::ErrorKind::NotPossible) for an HMAC secret, for a key
    /// without its private part, when there is no authority or it has ended and cannot be renewed, and when the clock is set
    /// back by more than a minute; and those of every read, see [`key`](Self::key).
    pub fn attest(&self, id: KeyId, request: &AttestationRequest) -> Result<Attestation> {
        let now = x509::cut_to_second(self.now());
        let marks = self.0.database.marks(id)?;
        let attested = self.attested(id, marks.key)?;
        let issuer = self.issuer_at(now, marks.authority)?;
        self.issue(&attested, &issuer, now, request)
    }

    /// States the facts about many keys, on all cores. The answers stand in the order of the ids; one that is refused has its
    /// error in its place.
    ///
    /// # Errors
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when there is no authority, or it has ended and cannot be renewed.
    pub fn attest_many(&self, ids: &[KeyId], request: &AttestationRequest) -> Result<Vec<Result<Attestation>>> {
        // Renewed once, if need be, and not by each worker.
        self.issuer_at(x509::cut_to_second(self.now()), self.0.database.authority_mark()?)?;
        let workers = thread::available_parallelism().map_or(1, usize::from).min(ids.len().div_ceil(AT_ONCE));
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            // Who is through takes the next block: a key that must be unsealed takes longer than one at hand.
            loop {
                let at = next.fetch_add(AT_ONCE, Ordering::Relaxed);
                let Some(block) = ids.get(at..).filter(|rest| !rest.is_empty()) else { return done };
                let block = block.iter().take(AT_ONCE);
                done.push((at, block.map(|id| self.attest(*id, request)).collect::<Vec<_>>()));
            }
        };
        let mut blocks = thread::scope(|scope| {
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let workers = workers.into_iter();
            workers.flat_map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic))).collect::<Vec<_>>()
        });
        blocks.sort_unstable_by_key(|(at, _)| *at);
        Ok(blocks.into_iter().flat_map(|(_, answers)| answers).collect())
    }

    fn issue(
        &self,
        attested: &Attested,
        issuer: &StatementIssuer,
        now: Timestamp,
        request: &AttestationRequest,
    ) -> Result<Attestation> {
        let entropy = &*self.0.options.entropy;
        let serial = self.random_serial()?;
        // The clock may be a little behind that by which the authority or the key was made.
        if !has_come(attested.latest(), now) {
            return Err(Error::not_possible(format!(
                "the key was stored or exported at {}, now it is {now}: the clock may be wrong",
                attested.latest()
            )));
        }
        let at = now.max(issuer.not_before()).max(attested.latest());
        let statement = attested.issue(issuer.signatory(), serial, at, request.challenge.as_deref(), |tbs| {
            Ok(issuer.private().try_sign(tbs, entropy)?.to_der())
        })?;
        Ok(Attestation { statement, chain: issuer.chain().clone(), renew_authority_before: issuer.due(now) })
    }

    /// What is the same in each statement about a key whose seal has this nonce.
    fn attested(&self, id: KeyId, mark: Option<[u8; 12]>) -> Result<Arc<Attested>> {
        let mark = mark.ok_or_else(|| no_such_key(id))?;
        let cache = || self.0.attested_cache.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((nonce, attested)) = cache().get(&id)
            && *nonce == mark
        {
            return Ok(Arc::clone(attested));
        }
        let (stored, sealed) = self.0.database.sealed(id)?.ok_or_else(|| no_such_key(id))?;
        let record = &stored.record;
        self.check(record)?;
        // Whoever could forge a tag could still not make the seal bind other facts.
        self.0.vault.unseal(record, &sealed)?;
        let (spki, facts) = facts(&record.key)?;
        let attested = Arc::new(Attested::new(id, spki, &facts)?);
        cache().insert(id, (record.nonce, Arc::clone(&attested)));
        Ok(attested)
    }
}

/// The facts about a key, or why there is nothing to attest.
fn facts(key: &Key) -> Result<(Box<[u8]>, KeyFacts)> {
    let refused = |what: &str| {
        let name = quoted(&key.name);
        Error::not_possible(format!("the key {name} {what}: attested are RSA and EC keys that have their private part"))
    };
    let spki = match &key.public_key {
        _ if key.key_type == KeyType::Hmac => return Err(refused("is an HMAC secret")),
        _ if !key.has_private => return Err(refused("is a public key alone")),
        _ if key.key_use == KeyUse::Encryption => {
            return Err(refused("is for encryption, of which a statement says nothing"));
        }
        Some(spki) => spki.clone(),
        None => return Err(refused("has no public key")),
    };
    let facts = KeyFacts {
        origin: key.origin,
        stored_since: key.inserted_at,
        algorithm: key.algorithm,
        exportable_since: key.exportable.then_some(key.inserted_at),
        // By a clock that was set back it left before it came.
        exported_at: key.exported_at.map(|at| at.max(key.inserted_at)),
    };
    Ok((spki, facts))
}
