//! What a credential shall be, parts of it to be made at random.

use super::super::Invalid;
use super::{Credential, CredentialKind, CredentialPart, SecretSize};

/// What a credential shall be.
///
/// ```
/// use keystead::{CredentialPlan, SecretSize};
///
/// let by_api_key = CredentialPlan::random_secret(SecretSize::DEFAULT);
/// # let _ = by_api_key;
/// ```
#[derive(Debug)]
pub struct CredentialPlan(Vec<PlannedPart>);

/// One part of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum PlannedPart {
    /// As it is given.
    Given(CredentialPart),
    /// A random secret.
    RandomSecret(SecretSize),
    /// A random access key id of 20 characters, and a random secret key of 43.
    RandomAwsXks,
}

impl PlannedPart {
    const fn kind(&self) -> CredentialKind {
        match self {
            Self::Given(part) => part.kind(),
            Self::RandomSecret(_) => CredentialKind::Secret,
            Self::RandomAwsXks => CredentialKind::AwsXks,
        }
    }
}

impl From<CredentialPart> for PlannedPart {
    fn from(part: CredentialPart) -> Self {
        Self::Given(part)
    }
}

impl CredentialPlan {
    /// A credential of one kind.
    #[must_use]
    pub fn new(part: impl Into<PlannedPart>) -> Self {
        Self(vec![part.into()])
    }

    /// A random API key.
    #[must_use]
    pub fn random_secret(size: SecretSize) -> Self {
        Self::new(PlannedPart::RandomSecret(size))
    }

    /// Two that must be presented together: one of certificate and trusted CA with one of secret, AWS IAM, signed JWT and LDAP.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for others.
    pub fn all(first: impl Into<PlannedPart>, second: impl Into<PlannedPart>) -> Result<Self, crate::Error> {
        Ok(Self::from_parts(vec![first.into(), second.into()])?)
    }

    pub(crate) fn from_parts(parts: Vec<PlannedPart>) -> Result<Self, Invalid> {
        CredentialKind::check_together(&parts.iter().map(PlannedPart::kind).collect::<Vec<_>>())?;
        Ok(Self(parts))
    }

    pub(crate) fn into_parts(self) -> Vec<PlannedPart> {
        self.0
    }
}

impl From<Credential> for CredentialPlan {
    fn from(credential: Credential) -> Self {
        Self(credential.into_parts().into_iter().map(PlannedPart::Given).collect())
    }
}
