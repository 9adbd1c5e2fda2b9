//! The vocabulary: pure data that every other layer speaks. No I/O, no clock, no random numbers.

mod algorithm;
mod anchor;
mod app;
mod authority;
mod bound;
mod certificates;
mod cost;
mod fingerprint;
mod form;
mod id;
mod invalid;
mod key;
mod key_ref;
mod key_type;
mod key_use;
mod listed;
mod raw_private;
mod record;
mod ring;
mod schedule;
mod secret_encoding;
mod spec;
mod state;
mod text;

pub use algorithm::Algorithm;
pub use anchor::Anchor;
pub use app::{
    AccessReason, AccessReasonPolicy, AppId, AppSecret, AwsXks, AwsXksSecret, Credential, CredentialKind,
    CredentialPart, CredentialPlan, DirectoryName, FetchedKeys, GoogleServiceAccount, GroupPermission, PlannedPart,
    SecretSize, SignedJwt, SigningKeys, StoredKeys, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa,
};
pub(crate) use app::{
    AppRecord, AppRow, CredentialRow, FailureRecord, Kept, LockoutSetting, kinds_code, kinds_from_code,
};
pub(crate) use authority::{AuthorityRecord, AuthorityRole, AuthorityRow, AuthorityState};
pub(crate) use bound::{Sealed, Tagged};
pub(crate) use certificates::Certificates;
pub use cost::KdfCost;
pub use fingerprint::Fingerprint;
pub(crate) use fingerprint::colon_hex;
pub use form::{Armour, Form, Structure};
pub use id::KeyId;
pub(crate) use invalid::{Invalid, Problem};
pub use key::{Key, Origin};
pub use key_ref::KeyRef;
pub use key_type::{Curve, Hash, KeyType, Scheme};
pub use key_use::KeyUse;
pub(crate) use listed::Listed;
pub(crate) use raw_private::RawPrivate;
pub(crate) use record::{NewRow, Record, StoreId, Stored, Written};
pub use ring::RingPlace;
pub(crate) use ring::{RingMember, RingRecord};
pub use schedule::Schedule;
pub use secret_encoding::SecretEncoding;
pub use spec::KeySpec;
pub(crate) use state::{BoundState, State, StateBinder, Tally};
pub use text::{AppName, Issuer, KeyName, Kid, RingName, UserLabel};
