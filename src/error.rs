//! The one error of the crate. Every layer keeps a private error beside its code; only this file knows them all.

use std::fmt;

use crate::codec::CodecError;
use crate::crypto::{CryptoError, EntropyError};
use crate::model::{Invalid, Problem};
use crate::storage::StorageError;
use crate::vault::VaultError;
use crate::x509::X509Error;

/// The result of nearly everything here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something did not work. Its text says what was got and what is allowed, and never holds a secret.
///
/// ```
/// use keystead::{ErrorKind, KeyName};
///
/// let error = KeyName::new("").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert_eq!(error.field(), Some("name"));
/// assert_eq!(error.to_string(), "name is blank, allowed are 1 to 4096 characters");
/// ```
pub struct Error(Box<Inner>);

/// What kind of failure it was: what a program can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value from outside breaks a rule. [`Error::field`] names it.
    InvalidInput,
    /// No such key, or no such file.
    NotFound,
    /// The id or the name belongs to another key or app, or the name to another ring. [`Error::field`] names it.
    Duplicate,
    /// A file that was to be made exists.
    AlreadyExists,
    /// Several keys answer to a kid or fingerprint, and one was asked for.
    Ambiguous,
    /// The key is in use. [`Error::users`] says by whom.
    InUse,
    /// The key cannot do what was asked: it has no private part, or is of another type.
    NotPossible,
    /// The key may not do what was asked: it is not exportable.
    Refused,
    /// A kind of key, encoding or encryption that is known and not taken. [`Error::field`] names where.
    Unsupported,
    /// The passphrase or raw key is wrong.
    WrongKey,
    /// The file is no keystore.
    NotAKeystore,
    /// The file was written by a newer version of this library.
    TooNew,
    /// The file is damaged or was tampered with.
    Damaged,
    /// The store is not, or is no longer, what it was when an anchor was taken: an older copy, or another store, is in its place.
    RolledBack,
    /// Another connection changed the passphrase or raw key since this one was opened.
    Rekeyed,
    /// Another connection holds the file longer than the busy timeout.
    Busy,
    /// The file, or the folder it lies in, cannot be written.
    ReadOnly,
    /// The disk is full. What was to be written is whole or not at all, as after [`Io`](Self::Io).
    DiskFull,
    /// The system failed to read, write or give random bytes. What was to be written is whole or not at all, as after a crash: look
    /// before trying again. When the disk works again the store can be used as before.
    Io,
    /// A callback asked to stop, or another key of an all-or-none batch was refused.
    Cancelled,
    /// A failure inside this library.
    Internal,
}

#[derive(Debug)]
enum Inner {
    Invalid(Invalid),
    Storage(StorageError),
    Vault(VaultError),
    Crypto(CryptoError),
    Codec(CodecError),
    X509(X509Error),
    Entropy(EntropyError),
    NotFound(String),
    Duplicate { field: &'static str, value: String },
    Ambiguous(String),
    InUse { name: String, users: Vec<String> },
    NotPossible(String),
    Refused(String),
    Exists(String),
    RolledBack(String),
    Cancelled,
    Undone,
}

impl Error {
    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &*self.0 {
            Inner::Invalid(Invalid { problem: Problem::Unsupported, .. }) => ErrorKind::Unsupported,
            Inner::Invalid(_) => ErrorKind::InvalidInput,
            Inner::Storage(error) => storage_kind(error),
            Inner::Vault(VaultError::Entropy(_)) | Inner::Entropy(_) => ErrorKind::Io,
            Inner::Vault(VaultError::NoRoot | VaultError::Tampered(_)) => ErrorKind::Damaged,
            Inner::Vault(VaultError::Crypto(error)) | Inner::Crypto(error) => crypto_kind(error),
            Inner::X509(X509Error::Crypto(error)) => crypto_kind(error),
            // Only a clock far off, or a schedule far ahead, asks for such a time.
            Inner::X509(X509Error::Year(_) | X509Error::NoSuchYear(_)) => ErrorKind::NotPossible,
            Inner::Codec(_) | Inner::X509(_) => ErrorKind::Internal,
            Inner::NotFound(_) => ErrorKind::NotFound,
            Inner::Duplicate { .. } => ErrorKind::Duplicate,
            Inner::Ambiguous(_) => ErrorKind::Ambiguous,
            Inner::InUse { .. } => ErrorKind::InUse,
            Inner::NotPossible(_) => ErrorKind::NotPossible,
            Inner::Refused(_) => ErrorKind::Refused,
            Inner::Exists(_) => ErrorKind::AlreadyExists,
            Inner::RolledBack(_) => ErrorKind::RolledBack,
            Inner::Cancelled | Inner::Undone => ErrorKind::Cancelled,
        }
    }

    /// The field that was wrong, for [`InvalidInput`](ErrorKind::InvalidInput),
    /// [`Unsupported`](ErrorKind::Unsupported) and [`Duplicate`](ErrorKind::Duplicate):
    /// `name`, `id`, `algorithm`, `length`, `ring` and so on.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match &*self.0 {
            Inner::Invalid(invalid) => Some(invalid.field),
            Inner::Duplicate { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Who uses the key, for [`InUse`](ErrorKind::InUse).
    #[must_use]
    pub fn users(&self) -> &[String] {
        match &*self.0 {
            Inner::InUse { users, .. } => users,
            _ => &[],
        }
    }

    /// Which rule a value broke, for the vendors' codes.
    pub(crate) fn problem(&self) -> Option<Problem> {
        match &*self.0 {
            Inner::Invalid(invalid) => Some(invalid.problem),
            _ => None,
        }
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Inner::NotFound(what.into()).into()
    }

    pub(crate) fn duplicate(field: &'static str, value: impl Into<String>) -> Self {
        Inner::Duplicate { field, value: value.into() }.into()
    }

    pub(crate) fn ambiguous(what: impl Into<String>) -> Self {
        Inner::Ambiguous(what.into()).into()
    }

    pub(crate) fn in_use(name: impl Into<String>, users: Vec<String>) -> Self {
        Inner::InUse { name: name.into(), users }.into()
    }

    pub(crate) fn not_possible(what: impl Into<String>) -> Self {
        Inner::NotPossible(what.into()).into()
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Inner::Refused(what.into()).into()
    }

    pub(crate) fn exists(what: impl Into<String>) -> Self {
        Inner::Exists(what.into()).into()
    }

    pub(crate) fn rolled_back(what: impl Into<String>) -> Self {
        Inner::RolledBack(what.into()).into()
    }

    pub(crate) fn undone() -> Self {
        Inner::Undone.into()
    }

    pub(crate) fn cancelled() -> Self {
        Inner::Cancelled.into()
    }
}

fn storage_kind(error: &StorageError) -> ErrorKind {
    match error {
        StorageError::NotFound(_) | StorageError::NoSuchKey => ErrorKind::NotFound,
        StorageError::AlreadyExists(_) => ErrorKind::AlreadyExists,
        StorageError::NotAFile(_) | StorageError::NotAKeystore { .. } => ErrorKind::NotAKeystore,
        StorageError::TooNew { .. } => ErrorKind::TooNew,
        StorageError::WrongKey => ErrorKind::WrongKey,
        StorageError::Rekeyed => ErrorKind::Rekeyed,
        StorageError::Damaged(_) => ErrorKind::Damaged,
        StorageError::Busy(_) => ErrorKind::Busy,
        StorageError::ReadOnly(_) => ErrorKind::ReadOnly,
        StorageError::Full => ErrorKind::DiskFull,
        StorageError::Duplicate { .. } => ErrorKind::Duplicate,
        StorageError::Io { .. } => ErrorKind::Io,
        StorageError::Database(_) => ErrorKind::Internal,
    }
}

fn crypto_kind(error: &CryptoError) -> ErrorKind {
    match error {
        CryptoError::Entropy(_) => ErrorKind::Io,
        CryptoError::WrongAlgorithm { .. } => ErrorKind::NotPossible,
        CryptoError::Unseal => ErrorKind::Damaged,
        CryptoError::WrongPassword => ErrorKind::WrongKey,
        CryptoError::MalformedKey(_)
        | CryptoError::MalformedEncryption(_)
        | CryptoError::Refused(_)
        | CryptoError::Unsupported(_) => ErrorKind::InvalidInput,
        CryptoError::BadSignature | CryptoError::Kdf => ErrorKind::Internal,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Invalid(error) => error.fmt(f),
            Inner::Storage(error) => error.fmt(f),
            Inner::Vault(error) => error.fmt(f),
            Inner::Crypto(error) => error.fmt(f),
            Inner::Codec(error) => error.fmt(f),
            Inner::X509(error) => error.fmt(f),
            Inner::Entropy(error) => error.fmt(f),
            Inner::NotFound(what) => write!(f, "there is no {what}"),
            Inner::Duplicate { field: "ring", value } => write!(f, "ring {value} is taken by another ring"),
            Inner::Duplicate { field: "app", value } => write!(f, "name {value} is taken by another app"),
            Inner::Duplicate { field: "app_id", value } => write!(f, "app_id {value} is taken by another app"),
            Inner::Duplicate { field, value } => write!(f, "{field} {value} is taken by another key"),
            Inner::Ambiguous(what) => f.write_str(what),
            Inner::InUse { name, users } => {
                write!(f, "the key {name} is in use by {}", users.join(", "))
            }
            Inner::NotPossible(what) | Inner::Refused(what) | Inner::Exists(what) | Inner::RolledBack(what) => {
                f.write_str(what)
            }
            Inner::Cancelled => f.write_str("stopped, as the progress callback asked"),
            Inner::Undone => f.write_str("not written, since another key of the batch was refused"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error {{ kind: {:?}, message: {:?} }}", self.kind(), self.to_string())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &*self.0 {
            Inner::Storage(StorageError::Io { source, .. }) => Some(source),
            _ => None,
        }
    }
}

impl From<Inner> for Error {
    fn from(inner: Inner) -> Self {
        Self(Box::new(inner))
    }
}

macro_rules! from_layer {
    ($($error:ident => $variant:ident),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Inner::$variant(error).into()
            }
        }
    )*};
}

from_layer!(
    Invalid => Invalid,
    StorageError => Storage,
    VaultError => Vault,
    CryptoError => Crypto,
    CodecError => Codec,
    X509Error => X509,
    EntropyError => Entropy
);
