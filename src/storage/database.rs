//! One store's connections: a writer and a small pool of readers.

mod changes;
mod footing;
mod opened;
mod reading;
mod writing;

pub(crate) use changes::Changes;
use footing::Footing;
pub(crate) use opened::Opened;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{self, Purpose};
use super::error::{Result, StorageError};
use super::file::Draft;
use super::head::Head;
use super::page_stack;
use super::schema::{self, Identity};
use super::state::{Changed, Writer};
use super::wraps;
use crate::model::{StateBinder, StoreId};
use crate::secret::{MemoryProtection, SecretKey};

/// How a store may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    ReadWrite,
    ReadOnly,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// How long to wait for another connection's lock.
    pub(crate) busy_timeout: Duration,
}

/// The page key of the moment. Its number tells connections made before a change of key from those after.
pub(super) struct PageKey {
    pub(super) key: SecretKey,
    pub(super) generation: u64,
}

/// An open store.
pub(crate) struct Database {
    place: Place,
    access: Access,
    settings: Settings,
    store_id: StoreId,
    binder: Arc<dyn StateBinder>,
    watch: changes::Watch,
    footing: Mutex<Footing>,
    // Closed last, so that it empties the log.
    writer: Mutex<Option<Writer>>,
}

enum Place {
    Memory,
    File(OnDisk),
}

struct OnDisk {
    path: PathBuf,
    head: Head,
    key: RwLock<Arc<PageKey>>,
    read_purpose: Purpose,
    readers: Mutex<Vec<(u64, Connection)>>,
}

impl Database {
    /// Makes a new store at `path`: whole, or not at all.
    pub(crate) fn create(
        path: &Path,
        head: Head,
        key: SecretKey,
        new: &Identity,
        binder: Arc<dyn StateBinder>,
        settings: Settings,
    ) -> Result<Self> {
        let draft = Draft::new(path, &head.as_bytes()[4..])?;
        page_stack::wiped(|| {
            let mut connection = connection::open(draft.path(), &key, &head, Purpose::Create, settings.busy_timeout)?;
            schema::create(&mut connection, new, &*binder)?;
            connection::use_log(&connection)?;
            connection::close(connection)
        })?;
        draft.publish()?;
        Self::open(path, head, key, Access::ReadWrite, settings)?.start(binder)
    }

    /// Opens the store at `path`, whose head was read before.
    pub(crate) fn open(path: &Path, head: Head, key: SecretKey, access: Access, settings: Settings) -> Result<Opened> {
        let connect = |purpose| {
            connection::open(path, &key, &head, purpose, settings.busy_timeout).map_err(|error| timed(error, settings))
        };
        let (first, read_purpose) = match access {
            Access::ReadWrite => (connect(Purpose::Write)?, Purpose::Read),
            Access::ReadOnly => match connect(Purpose::ReadOnly) {
                // Where no shared index can be made and nobody left a log, the file is all there is.
                Err(StorageError::ReadOnly(_)) if !connection::has_log(path) => {
                    (connect(Purpose::Immutable)?, Purpose::Immutable)
                }
                opened => (opened?, Purpose::ReadOnly),
            },
        };
        if access == Access::ReadWrite && first.is_readonly("main")? {
            return Err(StorageError::ReadOnly(format!("{} is read-only", path.display())));
        }
        schema::check(&first, path)?;
        let (store_id, wraps) = (schema::store_id(&first)?, wraps::all(&first)?);
        let file = OnDisk {
            path: path.into(),
            head,
            key: RwLock::new(Arc::new(PageKey { key, generation: 0 })),
            read_purpose,
            readers: Mutex::default(),
        };
        Ok(Opened { file, access, settings, store_id, wraps, first })
    }

    /// Makes a store that lives in memory.
    pub(crate) fn in_memory(new: &Identity, binder: Arc<dyn StateBinder>) -> Result<Self> {
        let mut connection = connection::open_in_memory()?;
        schema::create(&mut connection, new, &*binder)?;
        Ok(Self {
            place: Place::Memory,
            access: Access::ReadWrite,
            settings: Settings { busy_timeout: Duration::ZERO },
            store_id: new.id,
            watch: changes::Watch::default(),
            footing: Mutex::default(),
            writer: Mutex::new(Some(Writer::new(connection, Changed::new(Arc::clone(&binder))))),
            binder,
        })
    }

    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    pub(super) fn binder(&self) -> &dyn StateBinder {
        &*self.binder
    }

    /// The head of the file, unless the store lives in memory.
    pub(crate) fn head(&self) -> Option<Head> {
        self.on_disk().map(|file| file.head)
    }

    /// The page key of the moment, unless the store lives in memory.
    pub(crate) fn page_key(&self) -> Option<SecretKey> {
        self.on_disk().map(|file| file.page_key().key.clone_secret())
    }

    /// What the system granted for the memory of the page key, unless the store lives in memory.
    pub(crate) fn key_protection(&self) -> Option<MemoryProtection> {
        self.on_disk().map(|file| file.page_key().key.protection())
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.on_disk().map(|file| file.path.as_path())
    }

    pub(super) fn settings(&self) -> Settings {
        self.settings
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.access == Access::ReadOnly
    }

    fn connect(&self, file: &OnDisk, key: &PageKey, purpose: Purpose) -> Result<Connection> {
        connection::open(&file.path, &key.key, &file.head, purpose, self.settings.busy_timeout).map_err(|error| {
            match error {
                // The key was right when the store was opened.
                StorageError::WrongKey => StorageError::Rekeyed,
                other => self.timed(other),
            }
        })
    }

    /// Opens the file with another page key, to see whether that is now its key.
    pub(super) fn try_key(&self, key: &SecretKey) -> Result<Connection> {
        let file = self.on_disk().ok_or_else(|| StorageError::Database("a store in memory has no key".into()))?;
        connection::open(&file.path, key, &file.head, Purpose::Write, self.settings.busy_timeout)
            .map_err(|error| self.timed(error))
    }

    /// From now on new connections use `key`; the idle readers are closed.
    pub(super) fn replace_key(&self, key: SecretKey) {
        let Some(file) = self.on_disk() else { return };
        let mut current = file.key.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(PageKey { key, generation: current.generation + 1 });
        self.close_idle();
    }

    /// Closes the connections that nobody uses just now, apart from the writer.
    fn close_idle(&self) {
        if let Some(file) = self.on_disk() {
            lock(&file.readers).clear();
        }
        self.watch.close();
    }

    fn on_disk(&self) -> Option<&OnDisk> {
        match &self.place {
            Place::Memory => None,
            Place::File(file) => Some(file),
        }
    }

    fn timed(&self, error: StorageError) -> StorageError {
        timed(error, self.settings)
    }
}

impl OnDisk {
    fn page_key(&self) -> Arc<PageKey> {
        Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("path", &self.path()).field("access", &self.access).finish_non_exhaustive()
    }
}

fn timed(error: StorageError, settings: Settings) -> StorageError {
    match error {
        StorageError::Busy(_) => {
            StorageError::Busy(u64::try_from(settings.busy_timeout.as_millis()).unwrap_or(u64::MAX))
        }
        other => other,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
