//! Applications and what they are known by: the nine kinds of credential that Fortanix documents.
//!
//! Values of these types keep the rules that can be told from the value alone: lengths, counts, characters. Whether a
//! certificate, a key or a policy can be read is for `authn` to say, which prepares it for use.

mod aws_xks;
mod credential;
mod encoding;
mod google;
mod plan;
mod record;
mod secret;
mod signed_jwt;
mod subject;
mod trusted_ca;

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::id::parse_uuid;
use super::{Invalid, Problem};

pub use aws_xks::{AwsXks, AwsXksSecret};
pub use credential::{Credential, CredentialKind, CredentialPart};
pub use google::{AccessReason, AccessReasonPolicy, GoogleServiceAccount, GroupPermission};
pub use plan::{CredentialPlan, PlannedPart};
pub(crate) use record::{AppRecord, AppRow, CredentialRow, FailureRecord, LockoutSetting, kinds_code, kinds_from_code};
pub(crate) use secret::Kept;
pub use secret::{AppSecret, SecretSize};
pub use signed_jwt::{FetchedKeys, SignedJwt, SigningKeys, StoredKeys};
pub use subject::{DirectoryName, Subject, TrustAnchorSubject};
pub use trusted_ca::{TrustAnchors, TrustedCa};

/// The id of an application: any UUID but the nil one.
///
/// ```
/// use keystead::AppId;
///
/// let id: AppId = "780e1d5b-ee3b-43b2-aec8-db99b99adc4e".parse()?;
/// assert_eq!(id.to_string(), "780e1d5b-ee3b-43b2-aec8-db99b99adc4e");
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppId(Uuid);

impl AppId {
    /// Takes a UUID of any version.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for the nil UUID.
    pub fn new(uuid: Uuid) -> Result<Self, crate::Error> {
        Ok(Self::from_uuid(uuid)?)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        Self::from_uuid(parse_uuid("app_id", text)?)
    }

    fn from_uuid(uuid: Uuid) -> Result<Self, Invalid> {
        if uuid.is_nil() {
            return Err(Invalid::new("app_id", Problem::Invalid, "app_id is the nil UUID, allowed is any other"));
        }
        Ok(Self(uuid))
    }

    /// A random id (UUID version 4) from 16 random bytes.
    pub(crate) fn from_random_bytes(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    pub(crate) fn from_stored(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().filter(|uuid| !uuid.is_nil()).map(Self)
    }

    /// The UUID.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        self.0
    }

    /// The 16 octets, most significant first.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), f)
    }
}

impl fmt::Debug for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppId({self})")
    }
}

impl FromStr for AppId {
    type Err = crate::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::parse(text)?)
    }
}

/// Refuses a number of things outside of its bounds.
fn check_count(
    field: &'static str,
    what: &str,
    got: usize,
    allowed: std::ops::RangeInclusive<usize>,
) -> Result<(), Invalid> {
    if allowed.contains(&got) {
        return Ok(());
    }
    let (least, most) = (allowed.start(), allowed.end());
    let message = format!("{field} has {got} {what}, allowed are {least} to {most}");
    Err(Invalid::new(field, Problem::InvalidLength, message))
}
