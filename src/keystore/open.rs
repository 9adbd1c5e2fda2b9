//! Making and opening stores.

use std::path::Path;
use std::sync::Arc;

use super::apps::{AppCache, Owed};
use super::attest::AttestedCache;
use super::authority::IssuerCache;
use super::cache::Cache;
use super::digest_index::DigestIndex;
use super::search_index::SearchIndex;
use super::{Inner, Keystore, Options};
use crate::crypto;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Invalid, Problem, StateBinder, StoreId};
use crate::storage::{Access, Database, Head, Identity, Settings};
use crate::vault::{Unlock, Vault};

impl Keystore {
    /// Makes a new store at `path`, readable by its owner only. The file appears whole or not at all.
    ///
    /// With a passphrase this takes the time that [`Options::kdf_cost`] says.
    ///
    /// # Errors
    /// [`AlreadyExists`](ErrorKind::AlreadyExists) when there is anything at `path`, or the log (`-wal`) of a store that is gone, [`ReadOnly`](ErrorKind::ReadOnly)
    /// when its folder cannot be written, [`InvalidInput`](ErrorKind::InvalidInput) for an empty passphrase,
    /// [`Io`](ErrorKind::Io), [`DiskFull`](ErrorKind::DiskFull).
    pub fn create(path: impl AsRef<Path>, unlock: &Unlock, options: Options) -> Result<Self> {
        require_passphrase(unlock)?;
        if options.anchor.is_some() {
            return Err(Error::not_possible("an anchor was given, and a store that is made anew is none of the past"));
        }
        let path = path.as_ref();
        if std::fs::symlink_metadata(path).is_ok() {
            return Err(crate::storage::StorageError::AlreadyExists(path.into()).into());
        }
        let entropy = &*options.entropy;
        let head = Head::new(options.kdf_cost, crypto::random_bytes(entropy)?);
        let key = unlock.derive(head.as_bytes(), head.cost())?;
        let id = StoreId(crypto::random_bytes(entropy)?);
        let vault = Arc::new(Vault::generate(id, entropy)?);
        let identity = Identity {
            id,
            created_at: options.clock.now().as_millisecond(),
            wrapped_root: vault.wrap(&key, head.as_bytes(), entropy)?,
        };
        let database = Database::create(path, head, key.page_key(), &identity, binder(&vault), settings(&options))?;
        Ok(Self::assemble(database, vault, options))
    }

    /// Opens the store at `path` for reading and writing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), [`NotAKeystore`](ErrorKind::NotAKeystore),
    /// [`TooNew`](ErrorKind::TooNew), [`WrongKey`](ErrorKind::WrongKey), [`Damaged`](ErrorKind::Damaged),
    /// [`Busy`](ErrorKind::Busy), [`ReadOnly`](ErrorKind::ReadOnly), [`Io`](ErrorKind::Io). Whether the file can be
    /// a store is decided before the passphrase is stretched.
    pub fn open(path: impl AsRef<Path>, unlock: &Unlock, options: Options) -> Result<Self> {
        Self::open_with(path.as_ref(), unlock, options, Access::ReadWrite)
    }

    /// Opens the store at `path` for reading; every change is refused with [`ReadOnly`](ErrorKind::ReadOnly).
    ///
    /// In a folder that cannot be written, and without a log beside the file, the file is taken to be immutable:
    /// nobody may write it while it is open.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_read_only(path: impl AsRef<Path>, unlock: &Unlock, options: Options) -> Result<Self> {
        Self::open_with(path.as_ref(), unlock, options, Access::ReadOnly)
    }

    /// Opens the store at `path`, making it first when there is nothing. Of several processes that do so at once, one
    /// makes it and the others open it.
    ///
    /// # Errors
    /// Those of [`open`](Self::open) and [`create`](Self::create).
    pub fn open_or_create(path: impl AsRef<Path>, unlock: &Unlock, options: Options) -> Result<Self> {
        let path = path.as_ref();
        match Self::open(path, unlock, options.clone()) {
            // With an anchor, a file that is not there was taken away.
            Err(error) if error.kind() == ErrorKind::NotFound && options.anchor.is_none() => {}
            outcome => return outcome,
        }
        match Self::create(path, unlock, options.clone()) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match Self::open(path, unlock, options) {
                // It is a log that exists, without its store.
                Err(other) if other.kind() == ErrorKind::NotFound => Err(error),
                outcome => outcome,
            },
            outcome => outcome,
        }
    }

    /// Makes a store in memory, which ends with its last clone. Private keys are sealed in it as in a file.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) when there are no random bytes.
    pub fn in_memory(options: Options) -> Result<Self> {
        let entropy = &*options.entropy;
        let id = StoreId(crypto::random_bytes(entropy)?);
        let vault = Arc::new(Vault::generate(id, entropy)?);
        // There is no other key to wrap the root key with: the row is there for the shape's sake.
        let identity = Identity { id, created_at: options.clock.now().as_millisecond(), wrapped_root: [0; 60] };
        let database = Database::in_memory(&identity, binder(&vault))?;
        Ok(Self::assemble(database, vault, options))
    }

    fn open_with(path: &Path, unlock: &Unlock, options: Options, access: Access) -> Result<Self> {
        require_passphrase(unlock)?;
        let head = Head::read(path)?;
        let key = unlock.derive(head.as_bytes(), head.cost())?;
        let opened = Database::open(path, head, key.page_key(), access, settings(&options))?;
        let vault = Arc::new(Vault::open(opened.store_id(), &key, head.as_bytes(), opened.wraps())?);
        let database = opened.start(binder(&vault))?;
        let anchor = options.anchor;
        let store = Self::assemble(database, vault, options);
        if let Some(anchor) = anchor {
            store.check_anchor(&anchor)?;
        }
        Ok(store)
    }

    fn assemble(database: Database, vault: Arc<Vault>, options: Options) -> Self {
        let cache = Cache::new(options.cached_keys);
        let attested_cache = AttestedCache::new(options.cached_keys);
        let app_cache = AppCache::new(options.cached_keys);
        Self(Arc::new(Inner {
            database,
            vault,
            options,
            cache,
            digest_index: DigestIndex::default(),
            search_index: SearchIndex::default(),
            issuer_cache: IssuerCache::default(),
            attested_cache,
            app_cache,
            owed: Owed::default(),
        }))
    }
}

pub(super) fn require_passphrase(unlock: &Unlock) -> Result<(), Error> {
    if unlock.is_empty() {
        let message = "passphrase is empty, allowed is any of at least one byte";
        return Err(Invalid::new("passphrase", Problem::Blank, message).into());
    }
    Ok(())
}

fn binder(vault: &Arc<Vault>) -> Arc<dyn StateBinder> {
    Arc::clone(vault) as Arc<dyn StateBinder>
}

fn settings(options: &Options) -> Settings {
    Settings { busy_timeout: options.busy_timeout }
}
