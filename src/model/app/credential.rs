//! A credential: one of nine kinds, or two together.

use uuid::Uuid;

use super::super::{Invalid, Problem};
use super::{AppSecret, AwsXks, GoogleServiceAccount, SignedJwt, TrustedCa};

/// The nine kinds of credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CredentialKind {
    /// An API key.
    Secret,
    /// One certificate.
    Certificate,
    /// A certificate under a trusted CA.
    TrustedCa,
    /// A Google service account.
    GoogleServiceAccount,
    /// A signed JWT.
    SignedJwt,
    /// A user of an LDAP directory.
    Ldap,
    /// An AWS IAM role.
    AwsIam,
    /// An AWS KMS external key store.
    AwsXks,
    /// Google Workspace client-side encryption.
    GoogleWorkspaceCse,
}

impl CredentialKind {
    pub(crate) const ALL: [Self; 9] = [
        Self::Secret,
        Self::Certificate,
        Self::TrustedCa,
        Self::GoogleServiceAccount,
        Self::SignedJwt,
        Self::Ldap,
        Self::AwsIam,
        Self::AwsXks,
        Self::GoogleWorkspaceCse,
    ];

    /// The member of the vendor's JSON: `secret`, `certificate`, `trustedca`, `googleserviceaccount`, `signedjwt`, `ldap`,
    /// `awsiam`, `awsxks`, `googleworkspacecse`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Certificate => "certificate",
            Self::TrustedCa => "trustedca",
            Self::GoogleServiceAccount => "googleserviceaccount",
            Self::SignedJwt => "signedjwt",
            Self::Ldap => "ldap",
            Self::AwsIam => "awsiam",
            Self::AwsXks => "awsxks",
            Self::GoogleWorkspaceCse => "googleworkspacecse",
        }
    }

    /// In the file.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Secret => 1,
            Self::Certificate => 2,
            Self::TrustedCa => 3,
            Self::GoogleServiceAccount => 4,
            Self::SignedJwt => 5,
            Self::Ldap => 6,
            Self::AwsIam => 7,
            Self::AwsXks => 8,
            Self::GoogleWorkspaceCse => 9,
        }
    }

    /// Which of two groups it is of, one of each of which can stand together in `all`.
    const fn group(self) -> Option<u8> {
        match self {
            Self::Certificate | Self::TrustedCa => Some(1),
            Self::Secret | Self::AwsIam | Self::SignedJwt | Self::Ldap => Some(2),
            Self::GoogleServiceAccount | Self::AwsXks | Self::GoogleWorkspaceCse => None,
        }
    }

    /// One kind stands alone. Refuses what cannot stand together in `all`.
    pub(super) fn check_together(kinds: &[Self]) -> Result<(), Invalid> {
        match kinds {
            [_] => Ok(()),
            [first, second] => match (first.group(), second.group()) {
                (Some(1), Some(2)) | (Some(2), Some(1)) => Ok(()),
                _ => {
                    let message = format!(
                        "all has {} and {}, allowed is one of certificate and trustedca with one of secret, awsiam, signedjwt and ldap",
                        first.name(),
                        second.name()
                    );
                    Err(Invalid::new("all", Problem::Invalid, message))
                }
            },
            others => {
                let message = format!("all has {} credentials, allowed are exactly 2", others.len());
                Err(Invalid::new("all", Problem::InvalidLength, message))
            }
        }
    }
}

/// A credential of one kind.
#[derive(Debug)]
#[non_exhaustive]
pub enum CredentialPart {
    /// An API key.
    Secret(AppSecret),
    /// A certificate in DER, which must be presented as it is.
    Certificate(Box<[u8]>),
    /// A certificate under a trusted CA.
    TrustedCa(TrustedCa),
    /// A Google service account.
    GoogleServiceAccount(GoogleServiceAccount),
    /// A signed JWT.
    SignedJwt(SignedJwt),
    /// The id of an LDAP directory, outside of this store, that knows the app.
    Ldap(Uuid),
    /// An AWS IAM role.
    AwsIam,
    /// An AWS KMS external key store.
    AwsXks(AwsXks),
    /// Google Workspace client-side encryption.
    GoogleWorkspaceCse,
}

impl CredentialPart {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::Secret(_) => CredentialKind::Secret,
            Self::Certificate(_) => CredentialKind::Certificate,
            Self::TrustedCa(_) => CredentialKind::TrustedCa,
            Self::GoogleServiceAccount(_) => CredentialKind::GoogleServiceAccount,
            Self::SignedJwt(_) => CredentialKind::SignedJwt,
            Self::Ldap(_) => CredentialKind::Ldap,
            Self::AwsIam => CredentialKind::AwsIam,
            Self::AwsXks(_) => CredentialKind::AwsXks,
            Self::GoogleWorkspaceCse => CredentialKind::GoogleWorkspaceCse,
        }
    }
}

/// What an application must present: a credential of one kind, or of two kinds together (`all`).
#[derive(Debug)]
pub struct Credential(Vec<CredentialPart>);

impl Credential {
    pub(crate) fn from_parts(parts: Vec<CredentialPart>) -> Result<Self, Invalid> {
        CredentialKind::check_together(&parts.iter().map(CredentialPart::kind).collect::<Vec<_>>())?;
        Ok(Self(parts))
    }

    /// One part, or the two of `all`.
    #[must_use]
    pub fn parts(&self) -> &[CredentialPart] {
        &self.0
    }

    /// Whether both of two parts must be presented.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.len() == 2
    }

    /// The kinds of its parts.
    pub(crate) fn kinds(&self) -> Vec<CredentialKind> {
        self.0.iter().map(CredentialPart::kind).collect()
    }

    pub(crate) fn into_parts(self) -> Vec<CredentialPart> {
        self.0
    }

    /// Moves its secrets to memory that is not swapped out and not in core dumps, as far as the system allows. Takes some
    /// microseconds: for credentials that stay.
    pub(crate) fn settled(mut self) -> Self {
        for part in &mut self.0 {
            match part {
                CredentialPart::Secret(secret) => secret.settle(),
                CredentialPart::AwsXks(aws) => aws.settle(),
                _ => {}
            }
        }
        self
    }
}
