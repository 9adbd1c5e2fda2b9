//! Authorities that sign no more, and whose statements live on.

use super::Authority;
use super::chain::key_identifier;
use super::period::Above;
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityState, Invalid, Problem};
use crate::x509::{self, extension};

impl Keystore {
    /// The authorities that were in force before, oldest first: a statement that was kept without its chain is verified with
    /// the one that signed it, see [`authority_of`](Self::authority_of). Their private keys are gone.
    ///
    /// # Errors
    /// Those of every read, see [`key`](Self::key).
    pub fn past_authorities(&self) -> Result<Vec<Authority>> {
        let rows = self.authority_rows(&[AuthorityState::Retired])?;
        let signing = rows.into_iter().filter(|row| row.record.role == AuthorityRole::Signing);
        let chains = signing.filter_map(|row| row.record.certificates);
        chains.map(|chain| Authority::new(chain, Above::Gone)).collect()
    }

    /// The authority, in force or past, that signed a statement by what the statement says: its issuer's name and key
    /// identifier. None when none of the store's fits. Nothing is verified.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the statement is no X.509 certificate in DER; and those of every
    /// read, see [`key`](Self::key).
    pub fn authority_of(&self, statement: &[u8]) -> Result<Option<Authority>> {
        let unreadable = |error: x509::X509Error| -> Error {
            Invalid::new("statement", Problem::CouldNotParse, format!("statement: {error}")).into()
        };
        let statement = x509::Certificate::read(statement).map_err(unreadable)?;
        let signer = match statement.extension(extension::AUTHORITY_KEY_IDENTIFIER) {
            Some(found) => extension::read_authority_key_identifier(found.value).map_err(unreadable)?,
            None => None,
        };
        let Some(signer) = signer else { return Ok(None) };
        let mut candidates = self.past_authorities()?;
        candidates.extend(self.authority()?);
        let mut found = None;
        for candidate in candidates {
            let own = x509::Certificate::read(candidate.chain.leaf())?;
            let fits = own.subject == statement.issuer && key_identifier(&own)? == signer;
            // The same key may have been certified twice: then it is the certificate of the statement's time.
            if fits && (found.is_none() || candidate.period.contains(statement.not_before)) {
                found = Some(candidate);
            }
        }
        Ok(found)
    }
}
