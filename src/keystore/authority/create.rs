//! Making an authority whose every key lies in the store.

use std::thread;

use super::{Authority, AuthorityPlan};
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Issuer};

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

    /// The authority of the store, which is made first when there is none.
    ///
    /// # Errors
    /// Those of [`authority`](Self::authority) and [`create_authority`](Self::create_authority).
    pub fn ensure_authority(&self, plan: &AuthorityPlan) -> Result<Authority> {
        if let Some(authority) = self.authority()? {
            return Ok(authority);
        }
        match self.make_authority(plan)? {
            Some(authority) => Ok(authority),
            // Somebody else was faster.
            None => self.authority()?.ok_or_else(super::no_authority),
        }
    }

    /// None when there is one by now.
    fn make_authority(&self, plan: &AuthorityPlan) -> Result<Option<Authority>> {
        let (rows, authority) = self.authority_from_the_root(plan)?;
        let written = self.0.database.change_authorities(|found| {
            let taken = found.iter().any(|row| row.record.state == AuthorityState::InForce);
            Ok(if taken { (Vec::new(), false) } else { (rows, true) })
        })?;
        Ok(written.then_some(authority))
    }

    /// A whole new authority: the rows of root, CA and statement-signing key, in this order.
    pub(super) fn authority_from_the_root(&self, plan: &AuthorityPlan) -> Result<(Vec<AuthorityRow>, Authority)> {
        let [upper, lower] = plan.strength.specs()?;
        let organization = match plan.organization.as_ref().or(self.0.options.default_issuer.as_ref()) {
            Some(organization) => organization.clone(),
            None => Issuer::parse(crate::keystore::prepare::DEFAULT_ISSUER)?,
        };
        let organization = organization.as_str();
        // RSA keys take seconds each.
        let (root, ca, signing) = thread::scope(|scope| {
            let root = scope.spawn(|| self.new_authority_key(upper));
            let ca = scope.spawn(|| self.new_authority_key(upper));
            let signing = self.new_authority_key(lower);
            (root.join(), ca.join(), signing)
        });
        let joined = |key: thread::Result<_>| key.unwrap_or_else(|_| Err(Error::cancelled()));
        let now = self.now();
        let root = self.certify_authority(AuthorityRole::Root, joined(root)?, organization, None, now)?;
        let above = root.signing()?;
        let ca = self.certify_authority(AuthorityRole::Ca, joined(ca)?, organization, Some(&above), now)?;
        let above = ca.signing()?;
        let signing = self.certify_authority(AuthorityRole::Signing, signing?, organization, Some(&above), now)?;
        let authority = Authority::new(signing.signing()?.chain)?;
        let rows = [&root, &ca, &signing].map(|made| self.authority_row(made, now));
        Ok((rows.into_iter().collect::<Result<_>>()?, authority))
    }
}

fn authority_exists() -> Error {
    Error::exists("the store has an attestation authority already")
}
