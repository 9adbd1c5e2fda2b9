//! What came of it.

use std::fmt;
use std::time::Duration;

use uuid::Uuid;

use crate::model::{AppId, CredentialKind, FetchedKeys};

/// What came of an application's attempt to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is who it says it is.
    Authenticated(Authenticated),
    /// What can be checked here is right. Each of these is for the application to check; only then is it who it says it is.
    NeedsExternal {
        /// What was checked so far.
        so_far: Authenticated,
        /// What has to be checked.
        checks: Vec<External>,
    },
    /// It is not.
    Refused(Refusal),
    /// A secret was wrong, as others before it, and came before the delay was over that was told then. It was not counted again.
    Locked {
        /// How long to wait until the next attempt, in whole seconds rounded up.
        retry_after: Duration,
    },
    /// A secret was wrong, as 99 others in the last 24 hours: it has just been replaced by a random one.
    Reset,
}

/// An application that is who it says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authenticated {
    /// Who it is.
    pub app: AppId,
    /// Which of its credentials it presented.
    pub used: Used,
    /// What the policy of a signed JWT wants to have written into the log: at most 128 bytes.
    pub additional_logging: Option<String>,
}

/// Which credential was presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Used {
    /// The one in force.
    Current,
    /// The one before it, which is still accepted.
    Previous,
}

/// What must be checked outside, since it needs a network.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum External {
    /// The keys of a signed JWT: give [`Presented::fetch`](super::Presented::fetch) and ask again.
    FetchKeys(FetchedKeys),
    /// That the LDAP directory of this id takes the name and password that were presented.
    Ldap(Uuid),
    /// That AWS STS answers the signed `GetCallerIdentity` request with the role that bears the app's name.
    AwsIam,
    /// That Google signed the token of the service account whose address is the app's name.
    GoogleServiceAccount,
    /// That Google and the identity provider signed the tokens of the wrap or unwrap request.
    GoogleWorkspaceCse,
}

/// Why an application is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Which part of the credential says so; none when it is not known which app it is.
    pub part: Option<CredentialKind>,
    /// For programs.
    pub reason: Reason,
    /// For people: what was got and what is allowed. Never holds a secret.
    pub message: String,
    /// How long to wait until the next attempt, once several secrets were wrong.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(part: CredentialKind, reason: Reason, message: impl Into<String>) -> Self {
        Self { part: Some(part), reason, message: message.into(), retry_after: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.as_str(), self.message)
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        /// Why an application is not let in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason { $($(#[$doc])* $variant),+ }

        impl Reason {
            /// Its name: lower case, words joined by `_`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

reasons! {
    /// What the credential asks for was not presented.
    NotPresented = "not_presented",
    /// What was presented cannot be read.
    Malformed = "malformed",
    /// There is no such app.
    UnknownApp = "unknown_app",
    /// What was presented is about another app.
    WrongApp = "wrong_app",
    /// The secret is another.
    WrongSecret = "wrong_secret",
    /// The certificate is another.
    WrongCertificate = "wrong_certificate",
    /// The certificate is not yet or no longer valid, or one above it.
    NotValidNow = "not_valid_now",
    /// No path leads from the certificate to an anchor, or none that keeps the rules of RFC 5280.
    NoPath = "no_path",
    /// The certificate is for other purposes.
    WrongPurpose = "wrong_purpose",
    /// A certificate was revoked.
    Revoked = "revoked",
    /// Whether a certificate was revoked is not known.
    RevocationUnknown = "revocation_unknown",
    /// The certificate is about another subject.
    WrongSubject = "wrong_subject",
    /// The algorithm is not allowed, or is not that of the key.
    WrongAlgorithm = "wrong_algorithm",
    /// No key of this identifier may sign.
    UnknownKey = "unknown_key",
    /// The keys could not be fetched, or not be read.
    NoKeys = "no_keys",
    /// The signature is wrong.
    BadSignature = "bad_signature",
    /// The issuer is none of those allowed.
    WrongIssuer = "wrong_issuer",
    /// It is meant for somebody else.
    WrongAudience = "wrong_audience",
    /// Its time is over.
    Expired = "expired",
    /// Its time has not come.
    NotYetValid = "not_yet_valid",
    /// The policy does not allow it.
    PolicyDenied = "policy_denied",
    /// The policy came to no answer.
    PolicyFailed = "policy_failed",
    /// The access key is another.
    WrongAccessKey = "wrong_access_key",
    /// It was signed for another day, region or service.
    WrongScope = "wrong_scope",
    /// The access reason is none of those allowed.
    AccessReason = "access_reason",
    /// The permission was not granted.
    Permission = "permission",
}
