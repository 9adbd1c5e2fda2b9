//! Making an authority whose every key lies in the store.

use std::panic::resume_unwind;
use std::thread;

use super::period::Above;
use super::{Authority, AuthorityPlan};
use crate::attestation::authority_name;
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Issuer};
use crate::x509;

impl Keystore {
    /// Makes a root, a CA and the authority that signs statements, all of them kept in the store. Their keys are sealed, are
    /// not among those that [`keys`](Self::keys) lists, sign nothing but certificates, and never leave the store.
    ///
    /// ```
    /// use keystead::{AuthorityPlan, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let authority = store.create_authority(&AuthorityPlan::new())?;
    /// assert_eq!(authority.chain().count(), 3);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`](crate::ErrorKind::AlreadyExists) when there is an authority; those of every write, see
    /// [`rename`](Self::rename).
    pub fn create_authority(&self, plan: &AuthorityPlan) -> Result<Authority> {
        if self.authority()?.is_some() {
            return Err(authority_exists());
        }
        self.make_authority(plan)?.ok_or_else(authority_exists)
    }

    /// The authority of the store, which is made first when there is none, and renewed when it is time for that.
    ///
    /// # Errors
    /// Those of [`authority`](Self::authority) and [`create_authority`](Self::create_authority), and
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when there is one that has ended and cannot be renewed.
    pub fn ensure_authority(&self, plan: &AuthorityPlan) -> Result<Authority> {
        let now = x509::cut_to_second(self.now());
        if let Some(issuer) = self.issuer_in_force()? {
            return Ok(self.fit_to_sign(issuer, now)?.authority());
        }
        match self.make_authority(plan)? {
            Some(authority) => Ok(authority),
            // Somebody else was faster.
            None => self.authority()?.ok_or_else(super::no_authority),
        }
    }

    /// Makes a whole new authority with a root of its own, whether there is one already or not: when the root nears its end,
    /// when a key may be known to somebody, or instead of an authority from outside. Whoever verifies must be told of the new
    /// root, [`Authority::trust_anchor`].
    ///
    /// The private keys of the one before are erased. Its certificates stay: see
    /// [`past_authorities`](Self::past_authorities).
    ///
    /// # Errors
    /// Those of every write, see [`rename`](Self::rename).
    pub fn replace_authority(&self, plan: &AuthorityPlan) -> Result<Authority> {
        self.0.database.expect_writable()?;
        let (rows, authority) = self.authority_from_the_root(plan)?;
        self.put_authority(&rows, &AuthorityRole::ALL, |_| true)?;
        Ok(authority)
    }

    /// None when there is one by now.
    fn make_authority(&self, plan: &AuthorityPlan) -> Result<Option<Authority>> {
        self.0.database.expect_writable()?;
        let (rows, authority) = self.authority_from_the_root(plan)?;
        let nobody = |found: &[AuthorityRow]| found.iter().all(|row| row.record.state != AuthorityState::InForce);
        let written = self.put_authority(&rows, &[], nobody)?;
        Ok(written.then_some(authority))
    }

    /// A whole new authority: the rows of root, CA and statement-signing key, in this order.
    fn authority_from_the_root(&self, plan: &AuthorityPlan) -> Result<(Vec<AuthorityRow>, Authority)> {
        let [upper, lower] = plan.strength.specs()?;
        let organization = match plan.organization.as_ref().or(self.0.options.default_issuer.as_ref()) {
            Some(organization) => organization.clone(),
            None => Issuer::parse(crate::keystore::prepare::DEFAULT_ISSUER)?,
        };
        // RSA keys take seconds each.
        let (root, ca, signing) = thread::scope(|scope| {
            let root = scope.spawn(|| self.new_authority_key(upper));
            let ca = scope.spawn(|| self.new_authority_key(upper));
            let signing = self.new_authority_key(lower);
            (root.join(), ca.join(), signing)
        });
        let joined = |key: thread::Result<_>| key.unwrap_or_else(|panic| resume_unwind(panic));
        let now = self.now();
        let name = |role| authority_name(role, organization.as_str());
        let root =
            self.certify_authority(AuthorityRole::Root, joined(root)?, &name(AuthorityRole::Root)?, None, now)?;
        let above = Some(root.signing()?);
        let ca =
            self.certify_authority(AuthorityRole::Ca, joined(ca)?, &name(AuthorityRole::Ca)?, above.as_ref(), now)?;
        let (role, above) = (AuthorityRole::Signing, Some(ca.signing()?));
        let signing = self.certify_authority(role, signing?, &name(role)?, above.as_ref(), now)?;
        let authority = Authority::new(signing.signing()?.chain, Above::InStore)?;
        let rows = [&root, &ca, &signing].map(|made| self.authority_row(made, now));
        Ok((rows.into_iter().collect::<Result<_>>()?, authority))
    }
}

fn authority_exists() -> Error {
    Error::exists("the store has an attestation authority already")
}
