//! What became of each check.

use std::borrow::Cow;
use std::fmt;

use super::{Profile, Statement};

macro_rules! checks {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal,)+) => {
        /// What is checked. The certificates of a chain are counted from 0: `chain[0]` is the authority, which signed the
        /// statement, the last one is the root, and all but `chain[0]` are CAs.
        ///
        /// Every report has each of them, in this order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Check {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Check {
            /// Every check, in the order of a report.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// A name for programs, which stays: lower case, words joined by hyphens.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

checks! {
    /// The statement is one X.509 certificate in DER of at most 64 KiB, in which no extension comes twice.
    StatementReadable = "statement-readable",
    /// The chain has as many certificates as the [`Profile`] says.
    ChainLength = "chain-length",
    /// Each of the chain is an X.509 certificate in DER of at most 64 KiB, in which no extension comes twice.
    ChainReadable = "chain-readable",
    /// The statement is signed with the key of `chain[0]`, by one algorithm that it names twice: RSASSA-PKCS1-v1_5,
    /// RSASSA-PSS or ECDSA with SHA-256, SHA-384 or SHA-512.
    StatementSignature = "statement-signature",
    /// The statement's issuer is the subject of `chain[0]`, octet by octet.
    StatementIssuer = "statement-issuer",
    /// The statement's authority key identifier is the subject key identifier that `chain[0]` has written.
    StatementAuthorityKeyId = "statement-authority-key-id",
    /// Each certificate of the chain is signed with the key of the next one.
    PathSignatures = "path-signatures",
    /// The issuer of each certificate of the chain is the subject of the next one, and none but the last is its own issuer.
    PathNames = "path-names",
    /// The authority key identifier of each certificate of the chain is the subject key identifier of the next one. The root
    /// may have none of the former.
    PathKeyIds = "path-key-ids",
    /// No CA stands higher than its path length constraint allows.
    PathLength = "path-length",
    /// The last certificate of the chain is one of the pinned trust anchors, octet by octet, and is issued and signed by
    /// itself.
    TrustAnchor = "trust-anchor",
    /// Each certificate of the chain is of version 3.
    ChainVersion = "chain-version",
    /// No certificate of the chain has a critical extension that is not known here. Name constraints and policy constraints
    /// are not.
    ChainExtensions = "chain-extensions",
    /// Each key of the chain is RSA of 3072 to 4096 bits, or EC on P-256, P-384 or P-521.
    KeyStrength = "key-strength",
    /// The extended key usages of `chain[0]` are the profile's for an authority, others beside it, and not any usage.
    AuthorityUsage = "authority-usage",
    /// The key usage of `chain[0]` is critical and digitalSignature alone.
    AuthorityKeyUsage = "authority-key-usage",
    /// The basic constraints of `chain[0]` are critical and say that it is no CA.
    AuthorityConstraints = "authority-constraints",
    /// A CA that has extended key usages has the profile's for an authority among them, or any usage.
    CaUsage = "ca-usage",
    /// The key usage of each CA is critical and has keyCertSign; beside it at most digitalSignature and cRLSign.
    CaKeyUsage = "ca-key-usage",
    /// The basic constraints of each CA are critical and say that it is one.
    CaConstraints = "ca-constraints",
    /// The certificates below the root have the profile's policy, as the [`Profile`] says.
    Policies = "policies",
    /// The statement was signed while `chain[0]` was valid. The [`Profile`] may let it be older.
    AuthorityValidity = "authority-validity",
    /// The statement was signed while each CA was valid.
    CaValidity = "ca-validity",
    /// The statement is a certificate of version 3.
    StatementVersion = "statement-version",
    /// The statement's serial number is positive and at most 20 octets, a leading 00 not counted.
    StatementSerial = "statement-serial",
    /// The statement has no critical extensions but key usage and basic constraints.
    StatementExtensions = "statement-extensions",
    /// The statement's key usage is critical, and of digitalSignature, keyEncipherment, dataEncipherment and keyAgreement.
    StatementKeyUsage = "statement-key-usage",
    /// The statement's basic constraints, if it has any, say that it is no CA.
    StatementConstraints = "statement-constraints",
    /// The statement's subject is a common name and the key's UUID in lower case, each a part of its own.
    StatementSubject = "statement-subject",
    /// The statement has no end: 99991231235959Z.
    StatementEnd = "statement-end",
    /// The statement was not signed in the future.
    SigningTime = "signing-time",
    /// The attested key is RSA of 2048 to 4096 bits, or EC on P-256, P-384 or P-521, and is sound.
    AttestedKey = "attested-key",
    /// The claims are well-formed, and all of one vendor.
    Claims = "claims",
    /// What is said about the key's way is well-formed, fits the claims and the key, and happened in its order. Only of
    /// [`Profile::Keystead`].
    KeyFacts = "key-facts",
    /// The challenge, if there is one, is well-formed. Only of [`Profile::Keystead`].
    Challenge = "challenge",
    /// The statement is as fresh as [asked](super::Policy::max_age).
    MaxAge = "max-age",
    /// The attested key has the id that was [asked](super::Policy::key_id).
    ExpectedKeyId = "expected-key-id",
    /// The attested key is the one that was [asked](super::Policy::public_key).
    ExpectedPublicKey = "expected-public-key",
    /// The statement makes the claims that were [asked](super::Policy::require).
    RequiredClaims = "required-claims",
    /// The challenge is the one that was [asked](super::Policy::challenge).
    ExpectedChallenge = "expected-challenge",
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// It was not made: nothing asks for it, or what it needs could not be read. The reason says which. In the second case
    /// the statement is not valid.
    Skipped,
}

impl Verdict {
    /// `passed`, `failed` or `skipped`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check, how it ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    check: Check,
    verdict: Verdict,
    reason: Cow<'static, str>,
    /// A statement can be valid with this outcome.
    harmless: bool,
}

/// What a check found. The reason of one that passed is short.
pub(super) type Finding = Result<Cow<'static, str>, Fault>;

/// Why a check did not pass.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    Failed(String),
    /// What it needs could not be read.
    Unmade(String),
    /// Nothing asks for it.
    NotAsked(&'static str),
}

impl Outcome {
    fn new(check: Check, finding: Finding) -> Self {
        let (verdict, harmless, reason) = match finding {
            Ok(reason) => (Verdict::Passed, true, reason),
            Err(Fault::NotAsked(reason)) => (Verdict::Skipped, true, reason.into()),
            Err(Fault::Unmade(reason)) => (Verdict::Skipped, false, reason.into()),
            Err(Fault::Failed(reason)) => (Verdict::Failed, false, reason.into()),
        };
        Self { check, verdict, reason, harmless }
    }

    /// What was checked.
    #[must_use]
    pub const fn check(&self) -> Check {
        self.check
    }

    /// How it ended.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Why, in words: what was got and what is allowed.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.verdict.as_str(), self.check, self.reason)
    }
}

/// What a [`Verifier`](super::Verifier) found. Its text is a line for each check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Report {
    profile: Profile,
    outcomes: Vec<Outcome>,
    statement: Option<Statement>,
}

impl Report {
    pub(super) fn new(profile: Profile, judge: impl Fn(Check) -> Finding, statement: Option<Statement>) -> Self {
        let outcomes = Check::ALL.iter().map(|check| Outcome::new(*check, judge(*check))).collect();
        Self { profile, outcomes, statement }
    }

    /// Whether the statement can be believed: no check failed, and none was skipped that is needed.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.statement.is_some() && self.outcomes.iter().all(|outcome| outcome.harmless)
    }

    /// Whose statement it was taken for.
    #[must_use]
    pub const fn profile(&self) -> Profile {
        self.profile
    }

    /// Every check with its verdict and reason, in the order of [`Check::ALL`].
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The checks that failed.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Failed)
    }

    /// What the statement says, if it is [valid](Self::is_valid).
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.statement.as_ref().filter(|_| self.is_valid())
    }

    /// What the statement says, believable or not, where all of it can be read. Anybody can have written it.
    #[must_use]
    pub fn unverified_statement(&self) -> Option<&Statement> {
        self.statement.as_ref()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let valid = if self.is_valid() { "valid" } else { "not valid" };
        write!(f, "{valid} by the profile {}", self.profile)?;
        self.outcomes.iter().try_for_each(|outcome| write!(f, "\n{outcome}"))
    }
}
