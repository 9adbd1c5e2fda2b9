//! The facade: one file per verb, where the file meets keys, certificates and seals.

mod anchor;
mod apps;
mod attest;
mod authority;
mod backup;
mod bulk;
mod cache;
mod clock;
mod delete;
mod describe;
mod digest_index;
mod export;
mod find;
mod fingerprints;
mod generate;
mod handle;
mod import;
mod import_key;
mod import_many;
mod inspect;
mod integrity;
mod jwks;
mod list;
mod material;
mod open;
mod options;
mod prepare;
mod public_form;
mod rekey;
mod rename;
mod rings;
mod search;
mod search_index;
mod sign;
mod uses;

pub use apps::{App, AppCredential, AppPlan, BasicAuthorization, PreviousCredential, ResetSecret, SecretStorage};
pub use attest::{Attestation, AttestationRequest};
pub use authority::{
    Authority, AuthorityPlan, AuthorityRenewal, AuthorityStrength, CertificateRequest, ImportAuthority,
};
pub use backup::BackupOptions;
pub use bulk::Progress;
pub use clock::{Clock, SystemClock};
pub use export::SecretFormat;
pub use fingerprints::{Digests, Fingerprints};
pub use generate::{GenerateKey, KidScheme};
pub use handle::{Signer, Verifier};
pub use import::Imported;
pub use import_key::ImportKey;
pub use import_many::Batch;
pub use inspect::{Inspection, inspect};
pub use integrity::Integrity;
pub use list::Keys;
pub use options::Options;
pub use public_form::PublicFormat;
pub use rings::{Due, Ring, RingKey, RingPlan, RingSignature, RingSigner, RingState};
pub use search::Page;

pub use crate::search::{Cursor, Direction, NamePattern, OrderBy, OrderField, Query};
pub use crate::vault::Unlock;
pub use crate::x509::CertificateInformation;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::model::{Key, Record, Stored};
use crate::secret::MemoryProtection;
use crate::storage::Database;
use crate::vault::Vault;

/// An open keystore. Cheap to clone: every clone is the same store, and any thread may use it.
///
/// ```
/// use keystead::{Algorithm, GenerateKey, KeyName, KeySpec, Keystore, Options, Unlock};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("keys.db");
/// let store = Keystore::create(&path, &Unlock::raw_key([7; 32]), Options::default())?;
/// let spec = KeySpec::new(Algorithm::Es256, None)?;
/// let key = store.generate(GenerateKey::new(KeyName::new("token signing")?, spec))?;
///
/// let signature = store.sign(key.id(), b"hello")?;
/// assert!(store.verify(key.id(), b"hello", signature.as_bytes())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Keystore(Arc<Inner>);

struct Inner {
    database: Database,
    vault: Arc<Vault>,
    options: Options,
    cache: cache::Cache,
    digest_index: digest_index::DigestIndex,
    search_index: search_index::SearchIndex,
    issuer_cache: authority::IssuerCache,
    attested_cache: attest::AttestedCache,
    app_cache: apps::AppCache,
    owed: apps::Owed,
}

impl Keystore {
    /// A row as a key, after its tag was checked.
    fn checked(&self, stored: Stored) -> Result<Key> {
        self.check(&stored.record)?;
        Ok(stored.record.key)
    }

    fn check(&self, record: &Record) -> Result<()> {
        Ok(self.0.vault.check(record)?)
    }

    /// Now, in whole milliseconds.
    fn now(&self) -> jiff::Timestamp {
        clock::cut_to_millis(self.0.options.clock.now())
    }

    /// Whether the keys that everything hangs on, the root key and the page key, lie in memory that is not swapped out and not
    /// in core dumps. Where the limit for locked memory (`ulimit -l`) is used up, a store works without.
    ///
    /// ```
    /// # use keystead::{Keystore, Options};
    /// let store = Keystore::in_memory(Options::default())?;
    /// if !store.memory_protection().locked {
    ///     eprintln!("keys may be swapped out: raise the limit for locked memory");
    /// }
    /// # Ok::<(), keystead::Error>(())
    /// ```
    #[must_use]
    pub fn memory_protection(&self) -> MemoryProtection {
        let root = self.0.vault.protection();
        self.0.database.key_protection().map_or(root, |page| page.and(root))
    }

    /// How many keys there are.
    ///
    /// # Errors
    /// Those of every read: [`Busy`](crate::ErrorKind::Busy), [`Damaged`](crate::ErrorKind::Damaged),
    /// [`Rekeyed`](crate::ErrorKind::Rekeyed), [`Io`](crate::ErrorKind::Io).
    pub fn len(&self) -> Result<u64> {
        Ok(self.0.database.count()?)
    }

    /// Whether there is no key.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keystore").field("path", &self.0.database.path()).finish_non_exhaustive()
    }
}
