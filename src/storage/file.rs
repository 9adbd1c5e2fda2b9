//! Making a new file appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use super::error::{Result, StorageError};

/// A file under a name of its own beside the place it will take. Removed, with SQLite's side files, unless published.
pub(super) struct Draft {
    draft: PathBuf,
    place: PathBuf,
}

impl Draft {
    /// Makes an empty file that only its owner can read.
    pub(super) fn new(place: &Path, random: &[u8]) -> Result<Self> {
        if fs::symlink_metadata(place).is_ok() {
            return Err(StorageError::AlreadyExists(place.into()));
        }
        // A new store would take the log of one that is gone for its own. It may be all that is left of that one's keys.
        for log in ["-wal", "-journal"].map(|suffix| with_suffix(place, suffix)) {
            if fs::symlink_metadata(&log).is_ok() {
                return Err(StorageError::AlreadyExists(log));
            }
        }
        let name = place.file_name().ok_or_else(|| StorageError::NotAFile(place.into()))?;
        let suffix: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut draft_name = std::ffi::OsString::from(".");
        draft_name.push(name);
        draft_name.push(format!(".{suffix}.draft"));
        let draft = folder_of(place).join(draft_name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&draft).map_err(|error| match error.kind() {
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                StorageError::ReadOnly(format!("no file can be made in {}: {error}", folder_of(place).display()))
            }
            _ => StorageError::io(format!("cannot make a file in {}", folder_of(place).display()))(error),
        })?;
        Ok(Self { draft, place: place.into() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.draft
    }

    /// Gives the file its place, durably, unless the place was taken in the meantime.
    pub(super) fn publish(self) -> Result<()> {
        let failed = |what: &str| StorageError::io(format!("cannot {what} {}", self.place.display()));
        File::open(&self.draft).and_then(|file| file.sync_all()).map_err(failed("sync"))?;
        // A link, unlike a rename, never replaces what is there.
        match fs::hard_link(&self.draft, &self.place) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(StorageError::AlreadyExists(self.place.clone()));
            }
            Err(_) if fs::symlink_metadata(&self.place).is_err() => {
                // A file system without hard links.
                fs::rename(&self.draft, &self.place).map_err(failed("rename the new file to"))?;
            }
            Err(error) => return Err(failed("make")(error)),
        }
        #[cfg(unix)]
        let _ = fs::remove_file(&self.draft);
        sync_folder_of(&self.place)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.draft);
        for suffix in ["-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(with_suffix(&self.draft, suffix));
        }
    }
}

/// Makes the names in the folder of `path` durable. Not where that cannot be asked for: in a folder that may be searched and
/// not read, on file systems and operating systems that have no such call.
pub(super) fn sync_folder_of(path: &Path) -> Result<()> {
    #[cfg(unix)]
    match File::open(folder_of(path)).and_then(|folder| folder.sync_all()) {
        Err(error)
            if !matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::InvalidInput) =>
        {
            return Err(StorageError::io(format!("cannot sync the folder of {}", path.display()))(error));
        }
        Ok(()) | Err(_) => {}
    }
    Ok(())
}

pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
