//! Credentials of Google service accounts.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::super::Invalid;
use super::check_count;

macro_rules! named_values {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the vendor's document.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the vendor's document.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of this name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }
    };
}

named_values! {
    /// Why Google asks for a key, as it says itself (Key Access Justifications).
    AccessReason:
    /// No reason is given.
    Unspecified = "REASON_UNSPECIFIED",
    /// Support that the customer asked for.
    CustomerInitiatedSupport = "CUSTOMER_INITIATED_SUPPORT",
    /// Google looks after its service.
    GoogleInitiatedService = "GOOGLE_INITIATED_SERVICE",
    /// A third party asks for data.
    ThirdPartyDataRequest = "THIRD_PARTY_DATA_REQUEST",
    /// Google looks into security or abuse.
    GoogleInitiatedReview = "GOOGLE_INITIATED_REVIEW",
    /// The customer uses the data.
    CustomerInitiatedAccess = "CUSTOMER_INITIATED_ACCESS",
    /// Google's systems work for the customer's data.
    GoogleInitiatedSystemOperation = "GOOGLE_INITIATED_SYSTEM_OPERATION",
    /// No reason is expected for this kind of access.
    NotExpected = "REASON_NOT_EXPECTED",
    /// As customer initiated access, to a resource that Google changed.
    ModifiedCustomerInitiatedAccess = "MODIFIED_CUSTOMER_INITIATED_ACCESS",
    /// As a system operation, to a resource that Google changed.
    ModifiedGoogleInitiatedSystemOperation = "MODIFIED_GOOGLE_INITIATED_SYSTEM_OPERATION",
    /// Google answers an alert of its production.
    GoogleResponseToProductionAlert = "GOOGLE_RESPONSE_TO_PRODUCTION_ALERT",
    /// The customer authorized a workflow.
    CustomerAuthorizedWorkflowServicing = "CUSTOMER_AUTHORIZED_WORKFLOW_SERVICING",
}

named_values! {
    /// What an application of Google's may do in a group of keys.
    GroupPermission:
    /// To look at the group.
    CryptoSpaceGetInfo = "CRYPTO_SPACE_GET_INFO",
    /// To take public keys out of it.
    CryptoSpaceGetPublicKey = "CRYPTO_SPACE_GET_PUBLIC_KEY",
}

/// Which access reasons are acceptable.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessReasonPolicy {
    /// Those that are.
    pub allow: BTreeSet<AccessReason>,
    /// Whether a request that gives no reason at all is acceptable.
    pub allow_missing_reason: bool,
}

impl AccessReasonPolicy {
    /// A policy.
    #[must_use]
    pub fn new(allow: impl IntoIterator<Item = AccessReason>, allow_missing_reason: bool) -> Self {
        Self { allow: allow.into_iter().collect(), allow_missing_reason }
    }
}

/// The credential of a Google service account: Google signs who calls, which needs the network to check. What it may do stands
/// here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoogleServiceAccount {
    policy: Option<AccessReasonPolicy>,
    groups: Option<BTreeMap<Uuid, BTreeSet<GroupPermission>>>,
}

impl GoogleServiceAccount {
    /// Without a policy every reason is acceptable. At most 1,024 groups.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more groups.
    pub fn new(
        policy: Option<AccessReasonPolicy>,
        groups: Option<BTreeMap<Uuid, BTreeSet<GroupPermission>>>,
    ) -> Result<Self, crate::Error> {
        Ok(Self::parse(policy, groups)?)
    }

    pub(crate) fn parse(
        policy: Option<AccessReasonPolicy>,
        groups: Option<BTreeMap<Uuid, BTreeSet<GroupPermission>>>,
    ) -> Result<Self, Invalid> {
        check_count("groups", "groups", groups.as_ref().map_or(0, BTreeMap::len), 0..=1024)?;
        Ok(Self { policy, groups })
    }

    /// Which access reasons are acceptable.
    #[must_use]
    pub fn access_reason_policy(&self) -> Option<&AccessReasonPolicy> {
        self.policy.as_ref()
    }

    /// What the account may do in which groups.
    #[must_use]
    pub fn groups(&self) -> Option<&BTreeMap<Uuid, BTreeSet<GroupPermission>>> {
        self.groups.as_ref()
    }
}
