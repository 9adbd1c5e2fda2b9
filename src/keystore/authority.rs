//! The attestation authority of a store: root, CA, and the key that signs statements.

mod chain;
mod create;
mod issuer;

use jiff::Timestamp;

pub(super) use issuer::{Issuer as StatementIssuer, IssuerCache};

use super::Keystore;
use crate::error::{Error, Result};
use crate::model::{Algorithm, AuthorityRow, AuthorityState, Certificates, Issuer, KeySpec};
use crate::x509;

/// How strong the keys of an authority are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorityStrength {
    /// P-384 for root and CA, P-256 for statements: made in a millisecond.
    #[default]
    Ec,
    /// RSA with 4096 bits for root and CA, 3072 for statements, as Fortanix documents it: made in seconds, up to a minute.
    Rsa,
}

impl AuthorityStrength {
    /// Of the root and the CA, then of the key that signs statements.
    fn specs(self) -> Result<[KeySpec; 2]> {
        match self {
            Self::Ec => Ok([KeySpec::new(Algorithm::Es384, None)?, KeySpec::new(Algorithm::Es256, None)?]),
            Self::Rsa => Ok([KeySpec::new(Algorithm::Rs256, Some(4096))?, KeySpec::new(Algorithm::Rs256, Some(3072))?]),
        }
    }
}

/// What authority to make.
///
/// ```
/// use keystead::{AuthorityPlan, AuthorityStrength, Issuer};
///
/// let plan = AuthorityPlan::new().organization(Issuer::new("Example Ltd.")?).strength(AuthorityStrength::Rsa);
/// # let _ = plan;
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct AuthorityPlan {
    organization: Option<Issuer>,
    strength: AuthorityStrength,
}

impl AuthorityPlan {
    /// EC keys, in the name of the store's issuer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The organization in the names of root and CA. The default is that of [`Options::default_issuer`](super::Options::default_issuer).
    #[must_use]
    pub fn organization(mut self, organization: Issuer) -> Self {
        self.organization = Some(organization);
        self
    }

    /// How strong the keys are.
    #[must_use]
    pub fn strength(mut self, strength: AuthorityStrength) -> Self {
        self.strength = strength;
        self
    }
}

/// The chain of an authority that signs, or signed, statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    chain: Certificates,
    not_before: Timestamp,
    not_after: Timestamp,
}

impl Authority {
    fn new(chain: Certificates) -> Result<Self> {
        let information = x509::parse(chain.leaf())?;
        Ok(Self { not_before: information.valid_from(), not_after: information.valid_to(), chain })
    }

    /// The certificates in DER: the authority's own first, the root last.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter()
    }

    /// The certificate that a verifier pins, in DER: the last of the chain.
    #[must_use]
    pub fn trust_anchor(&self) -> &[u8] {
        self.chain.iter().last().unwrap_or_default()
    }

    /// The first instant at which it signs.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last instant at which it signs. What it signed until then stays verifiable.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

impl Keystore {
    /// The authority that signs statements now, if there is one.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn authority(&self) -> Result<Option<Authority>> {
        match self.issuer_in_force()? {
            Some(issuer) => Authority::new(issuer.chain().clone()).map(Some),
            None => Ok(None),
        }
    }

    /// The rows in these states, each with its tag checked.
    fn authority_rows(&self, states: &[AuthorityState]) -> Result<Vec<AuthorityRow>> {
        let rows = self.0.database.authorities(states)?;
        for row in &rows {
            self.0.vault.check(&row.record)?;
        }
        Ok(rows)
    }
}

/// Why nothing can be attested.
pub(super) fn no_authority() -> Error {
    Error::not_possible("the store has no attestation authority: one must be created, installed or imported first")
}
