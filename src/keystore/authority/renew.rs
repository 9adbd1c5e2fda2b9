//! The authority follows itself: a new key below the CA that is in the store, a new CA below the root.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::chain::{MadeKey, Signing};
use super::issuer::{Issuer, row_of};
use super::period::Period;
use super::{Authority, AuthorityRenewal, no_authority};
use crate::crypto;
use crate::error::{Error, ErrorKind, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Certificates, KeySpec};
use crate::x509;

/// How long a handle of the store lets be what it could not write, as long as it can do without.
const NEXT_TRY: SignedDuration = SignedDuration::from_mins(10);

impl Keystore {
    /// Makes the key that signs statements anew, though its time has not come: after a clock that was wrong, or when the key
    /// may be known to somebody. Root and CA stay; the CA is made anew too when it has less than 37 days left. The private key
    /// of the one before is erased, its certificates stay, so that what it signed can be verified.
    ///
    /// ```
    /// use keystead::{AuthorityPlan, Keystore, Options};
    ///
    /// let store = Keystore::in_memory(Options::default())?;
    /// let first = store.create_authority(&AuthorityPlan::new())?;
    /// let second = store.renew_authority()?;
    /// assert_ne!(first, second);
    /// assert_eq!(first.trust_anchor(), second.trust_anchor());
    /// assert_eq!(store.past_authorities()?.len(), 1);
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`NotPossible`](crate::ErrorKind::NotPossible) when there is no authority, when its CA is not in the store, and when its
    /// root has ended; and those of every write, see [`rename`](Self::rename).
    pub fn renew_authority(&self) -> Result<Authority> {
        let mut failed = self.0.issuer_cache.renewing();
        let issuer = self.issuer_in_force()?.ok_or_else(no_authority)?;
        let next = self.next_issuer(issuer.nonce, x509::cut_to_second(self.now()))?;
        *failed = None;
        Ok(next.authority())
    }

    /// The issuer that may sign at `now`, the one whose seal has this nonce or its successor.
    pub(in crate::keystore) fn issuer_at(&self, now: Timestamp, nonce: Option<[u8; 12]>) -> Result<Arc<Issuer>> {
        let issuer = self.issuer(nonce.ok_or_else(no_authority)?)?.ok_or_else(no_authority)?;
        self.fit_to_sign(issuer, now)
    }

    /// The issuer, or its successor if it is time for that.
    pub(super) fn fit_to_sign(&self, issuer: Arc<Issuer>, now: Timestamp) -> Result<Arc<Issuer>> {
        let fit = if now <= issuer.period.followed_from() {
            issuer
        } else if now <= issuer.period.not_after {
            self.follow_early(issuer, now)?
        } else {
            self.follow_late(&issuer, now)?
        };
        match fit.period {
            Period { not_before, .. } if !fit.period.has_begun(now) => Err(Error::not_possible(format!(
                "the attestation authority begins at {not_before}, now it is {now}: once the clock is right, renew_authority \
                 makes one that begins at once"
            ))),
            Period { not_after, .. } if now > not_after => Err(ended(&fit, now, None)),
            _ => Ok(fit),
        }
    }

    /// The one before still signs: whoever finds somebody else at work, or cannot write, does without.
    fn follow_early(&self, issuer: Arc<Issuer>, now: Timestamp) -> Result<Arc<Issuer>> {
        if !matches!(issuer.renewal, AuthorityRenewal::ByItself { .. }) {
            return Ok(issuer);
        }
        let Some(mut failed) = self.0.issuer_cache.try_renewing() else { return Ok(issuer) };
        // A clock that was set back is no reason to wait for it.
        let lately = |at: Timestamp| (SignedDuration::ZERO..NEXT_TRY).contains(&now.duration_since(at));
        if failed.is_some_and(lately) {
            return Ok(issuer);
        }
        match self.next_issuer(issuer.nonce, now) {
            Err(error) if is_unwritable(error.kind()) => {
                *failed = Some(now);
                Ok(issuer)
            }
            outcome => {
                *failed = None;
                outcome
            }
        }
    }

    /// There is no other way than to wait.
    fn follow_late(&self, issuer: &Issuer, now: Timestamp) -> Result<Arc<Issuer>> {
        let _alone = self.0.issuer_cache.renewing();
        match self.next_issuer(issuer.nonce, now) {
            Err(error) if error.kind() == ErrorKind::ReadOnly => Err(ended(issuer, now, Some(&error))),
            outcome => outcome,
        }
    }

    /// What follows the issuer whose seal has this nonce: made now, or by somebody who was faster.
    fn next_issuer(&self, nonce: [u8; 12], now: Timestamp) -> Result<Arc<Issuer>> {
        let rows = self.authority_rows(&[AuthorityState::InForce])?;
        let current = row_of(&rows, AuthorityRole::Signing).ok_or_else(no_authority)?;
        if current.record.nonce == nonce {
            let roles = self.make_successors(&rows, current, now)?;
            let new = roles.iter().map(|made| self.authority_row(made, now)).collect::<Result<Vec<_>>>()?;
            let replaced: Vec<_> = new.iter().map(|row| row.record.role).collect();
            let nonces = |rows: &[AuthorityRow]| {
                let in_force = rows.iter().filter(|row| row.record.state == AuthorityState::InForce);
                in_force.map(|row| row.record.nonce).collect::<Vec<_>>()
            };
            // Those that are there now are those that it was made from, or it is dropped.
            self.put_authority(&new, &replaced, |found| nonces(found) == nonces(&rows))?;
        }
        self.issuer_in_force()?.ok_or_else(no_authority)
    }

    /// A new key to sign statements with and, before it, a new CA when the one there is has too little left.
    fn make_successors(&self, rows: &[AuthorityRow], current: &AuthorityRow, now: Timestamp) -> Result<Vec<MadeKey>> {
        let Some(ca) = row_of(rows, AuthorityRole::Ca) else {
            let period = Period::of(chain_of(current)?)?;
            return Err(outside(period, now));
        };
        let ca_chain = chain_of(ca)?;
        // Before the keys are made, which takes seconds for RSA.
        self.0.database.expect_writable()?;
        if !Period::of(ca_chain)?.is_worn(now) {
            let private = self.unseal_authority(ca)?;
            return Ok(vec![self.successor(current, &Signing::new(&private, ca_chain.clone())?, now)?]);
        }
        let root = row_of(rows, AuthorityRole::Root).ok_or_else(no_authority)?;
        let root_chain = chain_of(root)?;
        let period = Period::of(root_chain)?;
        if !period.contains(now) {
            return Err(beyond_the_root(period, now));
        }
        let private = self.unseal_authority(root)?;
        let ca = self.successor(ca, &Signing::new(&private, root_chain.clone())?, now)?;
        let signing = self.successor(current, &ca.signing()?, now)?;
        Ok(vec![ca, signing])
    }

    /// A key of the same kind and role, under the same name.
    fn successor(&self, row: &AuthorityRow, above: &Signing<'_>, now: Timestamp) -> Result<MadeKey> {
        let record = &row.record;
        let bits = crypto::check_public(&record.public_key)?.bits;
        let key = self.new_authority_key(KeySpec::new(record.algorithm, Some(bits))?)?;
        let subject = x509::Certificate::read(chain_of(row)?.leaf())?.subject.to_vec();
        self.certify_authority(record.role, key, &subject, Some(above), now)
    }
}

/// Failures that pass, or that are somebody else's to mend.
fn is_unwritable(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Busy | ErrorKind::ReadOnly | ErrorKind::DiskFull | ErrorKind::Io)
}

fn chain_of(row: &AuthorityRow) -> Result<&Certificates> {
    row.record.certificates.as_ref().ok_or_else(no_authority)
}

fn ended(issuer: &Issuer, now: Timestamp, why: Option<&Error>) -> Error {
    let (end, what) = (issuer.period.not_after, "the attestation authority ended at");
    match why {
        Some(error) => Error::not_possible(format!(
            "{what} {end}, now it is {now}, and it cannot be renewed here: {error}; where the store can be written, the next \
             attestation or renew_authority does it"
        )),
        None => Error::not_possible(format!("{what} {end}, now it is {now}")),
    }
}

fn outside(period: Period, now: Timestamp) -> Error {
    let verb = if now > period.not_after { "ended" } else { "ends" };
    Error::not_possible(format!(
        "the attestation authority {verb} at {}, now it is {now}, and its CA is not in the store: authority_request makes a \
         request for a new certificate, install_authority takes it in",
        period.not_after
    ))
}

fn beyond_the_root(period: Period, now: Timestamp) -> Error {
    let what = if now > period.not_after {
        format!(
            "ended at {}, now it is {now}: replace_authority makes a new one, of which verifiers must be told",
            period.not_after
        )
    } else {
        format!("begins at {}, now it is {now}: the clock may be wrong", period.not_before)
    };
    Error::not_possible(format!("the root of the attestation authority {what}"))
}
