//! Between the page key and the root key.

use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use super::{Access, Database, OnDisk, Place, Settings, changes, footing, lock, timed};
use crate::model::{StateBinder, StoreId};
use crate::storage::error::Result;
use crate::storage::schema;
use crate::storage::state::{Changed, Writer};

/// A store whose pages open. Its root key is not known yet.
pub(crate) struct Opened {
    pub(super) file: OnDisk,
    pub(super) access: Access,
    pub(super) settings: Settings,
    pub(super) store_id: StoreId,
    pub(super) wraps: Vec<[u8; 60]>,
    pub(super) first: Connection,
}

impl Opened {
    pub(crate) fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Every wrap of the root key that there is, newest first. Usually one.
    pub(crate) fn wraps(&self) -> &[[u8; 60]] {
        &self.wraps
    }

    /// Goes on with the key under which states are bound. A store of an older format is brought to the present one, unless it
    /// was opened to be read.
    pub(crate) fn start(self, binder: Arc<dyn StateBinder>) -> Result<Database> {
        let Self { file, access, settings, store_id, mut first, .. } = self;
        let writer = match access {
            Access::ReadWrite => {
                if schema::version(&first)? < schema::USER_VERSION {
                    footing::settle(&first, &file.path, settings.busy_timeout)?;
                }
                schema::upgrade(&mut first, &*binder).map_err(|error| timed(error, settings))?;
                Some(Writer::new(first, Changed::new(Arc::clone(&binder))))
            }
            Access::ReadOnly => {
                lock(&file.readers).push((0, first));
                None
            }
        };
        Ok(Database {
            place: Place::File(file),
            access,
            settings,
            store_id,
            binder,
            watch: changes::Watch::default(),
            footing: Mutex::default(),
            writer: Mutex::new(writer),
        })
    }
}
