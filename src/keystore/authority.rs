//! The attestation authority of a store: root, CA, and the key that signs statements.

mod chain;
mod check;
mod create;
mod install;
mod issuer;
mod outside;
mod past;
mod period;
mod renew;
mod request;

use jiff::Timestamp;

pub use install::ImportAuthority;
pub(super) use issuer::{Issuer as StatementIssuer, IssuerCache};
pub use period::AuthorityRenewal;
pub(super) use period::has_come;
pub use request::CertificateRequest;

use issuer::{above, row_of};
use period::{Above, Period};

use super::Keystore;
use crate::error::{Error, Result};
use crate::model::{Algorithm, AuthorityRole, AuthorityRow, AuthorityState, Certificates, Issuer, KeySpec};

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
    period: Period,
    renewal: AuthorityRenewal,
}

impl Authority {
    fn new(chain: Certificates, above: Above) -> Result<Self> {
        let period = Period::of(&chain)?;
        Ok(Self { renewal: period.renewal(above), period, chain })
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

    /// The first instant at which it signs: when the last of its certificates begins to be valid.
    #[must_use]
    pub const fn not_before(&self) -> Timestamp {
        self.period.not_before
    }

    /// The last instant at which it signs: when the first of its certificates ends. What it signed until then stays verifiable.
    #[must_use]
    pub const fn not_after(&self) -> Timestamp {
        self.period.not_after
    }

    /// How the next one comes about.
    #[must_use]
    pub const fn renewal(&self) -> AuthorityRenewal {
        self.renewal
    }

    /// Whether somebody must act soon, since it will not renew itself: less than 7 days before it ends, if its CA is outside;
    /// less than 90 days before its root ends, if that is in the store, so that whoever verifies can be told of a new root.
    /// Each statement says the same: [`Attestation::renew_authority_before`](crate::Attestation::renew_authority_before).
    #[must_use]
    pub fn must_be_renewed(&self, now: Timestamp) -> bool {
        self.renewal.due(now).is_some()
    }
}

impl Keystore {
    /// The authority that signs statements now, if there is one. It may have ended: the next statement, or
    /// [`ensure_authority`](Self::ensure_authority), renews it.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn authority(&self) -> Result<Option<Authority>> {
        let rows = self.authority_rows(&[AuthorityState::InForce])?;
        let chain = row_of(&rows, AuthorityRole::Signing).and_then(|row| row.record.certificates.clone());
        chain.map(|chain| Authority::new(chain, above(&rows))).transpose()
    }

    /// The rows in these states, oldest first, each with its tag checked.
    fn authority_rows(&self, states: &[AuthorityState]) -> Result<Vec<AuthorityRow>> {
        let rows = self.0.database.authorities(states)?;
        rows.iter().try_for_each(|row| self.0.vault.check(&row.record))?;
        Ok(rows)
    }
}

/// Why nothing can be attested.
fn no_authority() -> Error {
    Error::not_possible("the store has no attestation authority: one must be created, installed or imported first")
}
