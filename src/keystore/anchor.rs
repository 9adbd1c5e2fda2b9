//! Telling a store from an older copy of itself, by what its owner keeps elsewhere.

use super::Keystore;
use crate::error::{Error, Result};
use crate::model::Anchor;
use crate::storage::Anchored;

impl Keystore {
    /// What the store is at this moment, to be kept where whoever can write the file cannot, and to be given when the store is
    /// opened again: [`Options::anchor`](crate::Options::anchor).
    ///
    /// The store notes that it gave the anchor out, durably when this returns, and knows its last 1,024 anchors. Asked again
    /// while nothing has changed, it gives the same one and writes nothing. What was changed after an anchor was taken is not
    /// protected by it: take the next one after what matters.
    ///
    /// # Errors
    /// [`ReadOnly`](crate::ErrorKind::ReadOnly) for a store that was opened to be read and has changed since its last anchor, and
    /// those of every write, see [`rename`](Self::rename).
    pub fn anchor(&self) -> Result<Anchor> {
        let (epoch, digest) = self.0.database.make_anchor()?;
        Ok(Anchor { store: self.0.database.store_id(), epoch, digest })
    }

    /// Checks that the store is what it was when the anchor was taken, or came of that. For a store that stays open;
    /// [`Options::anchor`](crate::Options::anchor) does the same on opening.
    ///
    /// It does not read every row: that some were put back alone is what [`verify_integrity`](Self::verify_integrity) finds.
    ///
    /// # Errors
    /// [`RolledBack`](crate::ErrorKind::RolledBack) when it is not, or is another store;
    /// [`NotPossible`](crate::ErrorKind::NotPossible) for an anchor older than the last 1,024, or a store whose format is older
    /// than anchors and that was opened to be read; [`Damaged`](crate::ErrorKind::Damaged) when what tells was changed; those of
    /// every read, see [`len`](Self::len).
    pub fn check_anchor(&self, anchor: &Anchor) -> Result<()> {
        let store = self.0.database.store_id();
        if store != anchor.store {
            let hex = |id: crate::model::StoreId| id.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            return Err(Error::rolled_back(format!(
                "the store is {}, the anchor was taken of {}",
                hex(store),
                hex(anchor.store)
            )));
        }
        let older = || {
            Error::not_possible("the store's format is older than anchors, opened for writing it gets the present one")
        };
        let Anchored { now, then, forgotten_before } = self.0.database.anchored(anchor.epoch)?.ok_or_else(older)?;
        let digest = if now.epoch == anchor.epoch { Some(now.digest) } else { then };
        match (digest, forgotten_before) {
            _ if now.epoch < anchor.epoch => Err(Error::rolled_back(format!(
                "the store is at epoch {}, the anchor was taken at epoch {}: an older copy is in its place",
                now.epoch, anchor.epoch
            ))),
            (Some(digest), _) if digest == anchor.digest => Ok(()),
            (None, Some(first)) if anchor.epoch < first => Err(Error::not_possible(format!(
                "the anchor was taken at epoch {}, the oldest that is still known at epoch {first}",
                anchor.epoch
            ))),
            _ => Err(Error::rolled_back(format!(
                "the store, now at epoch {}, was another at epoch {} than the anchor says: a copy that went on by itself is in its place",
                now.epoch, anchor.epoch
            ))),
        }
    }
}
