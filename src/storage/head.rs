//! The first 16 bytes of the file: magic, format version, cost profile, random bits.

use std::fs;
use std::path::Path;

use super::error::{Result, StorageError};
use super::{connection, sqlcipher};
use crate::model::KdfCost;

const MAGIC: [u8; 2] = *b"KS";
pub(super) const FORMAT_VERSION: u8 = 1;
pub(super) const PAGE_LEN: usize = 4096;
const SQLITE_MAGIC: [u8; 16] = *b"SQLite format 3\0";

/// The file's head: the only bytes in clear. It never changes while a store lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head([u8; 16]);

impl Head {
    pub(crate) fn new(cost: KdfCost, random: [u8; 12]) -> Self {
        let mut bytes = [0; 16];
        let (fixed, rest) = bytes.split_at_mut(4);
        fixed.copy_from_slice(&[MAGIC[0], MAGIC[1], FORMAT_VERSION, cost.to_profile()]);
        rest.copy_from_slice(&random);
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The Argon2id cost. Bounds were checked when the head was read.
    pub(crate) fn cost(&self) -> KdfCost {
        KdfCost::from_profile(self.0[3]).unwrap_or_default()
    }

    /// Reads the head of the file at `path` and tells what else the file may be. Nothing costly happens before this
    /// has passed.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let not_a_keystore = |what: &str| StorageError::NotAKeystore { path: path.into(), what: what.into() };
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StorageError::NotFound(path.into()),
            _ => StorageError::io(format!("cannot look at {}", path.display()))(error),
        })?;
        if !metadata.is_file() {
            return Err(StorageError::NotAFile(path.into()));
        }
        if metadata.len() == 0 {
            return Err(not_a_keystore("the file is empty"));
        }
        let mut bytes = vec![0; usize::try_from(metadata.len()).unwrap_or(16).min(16)];
        sqlcipher::read_raw(&connection::open_raw(path)?, 0, &mut bytes)?;
        if bytes == SQLITE_MAGIC {
            return Err(not_a_keystore("it is a plain SQLite database"));
        }
        if !bytes.starts_with(&MAGIC) {
            return Err(not_a_keystore("it does not begin with the magic bytes KS"));
        }
        let Ok(bytes) = <[u8; 16]>::try_from(bytes) else {
            return Err(StorageError::Damaged(format!("the file is cut short at {} bytes", metadata.len())));
        };
        match bytes[2] {
            FORMAT_VERSION => {}
            0 => return Err(StorageError::Damaged("the head has format version 0".into())),
            got => {
                return Err(StorageError::TooNew { path: path.into(), got: got.into(), known: FORMAT_VERSION.into() });
            }
        }
        if KdfCost::from_profile(bytes[3]).is_none() {
            return Err(StorageError::Damaged(format!(
                "the head has the cost profile {:#04x}, out of bounds",
                bytes[3]
            )));
        }
        if metadata.len() < PAGE_LEN as u64 {
            return Err(StorageError::Damaged(format!("the file is cut short at {} bytes", metadata.len())));
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_head_is_judged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let head = Head::new(KdfCost::default(), [9; 12]);
        let mut page = head.as_bytes().to_vec();
        page.resize(PAGE_LEN, 0);
        fs::write(&path, &page).unwrap();
        assert_eq!(Head::read(&path).unwrap(), head);
        assert_eq!(head.cost(), KdfCost::default());

        let with = |at: usize, value: u8| {
            let mut changed = page.clone();
            changed[at] = value;
            fs::write(&path, changed).unwrap();
            Head::read(&path)
        };
        assert!(matches!(with(0, 0), Err(StorageError::NotAKeystore { .. })));
        assert!(matches!(with(1, 0), Err(StorageError::NotAKeystore { .. })));
        assert!(matches!(with(2, 0), Err(StorageError::Damaged(_))));
        assert!(matches!(with(2, 2), Err(StorageError::TooNew { got: 2, .. })));
        for profile in 0..=255 {
            assert_eq!(with(3, profile).is_ok(), KdfCost::from_profile(profile).is_some());
        }
        for at in 4..16 {
            assert_ne!(with(at, 1).unwrap(), head);
        }
    }
}
