//! Credentials: made from their plans, sealed, unsealed.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::super::Keystore;
use crate::authn::{self, Checker};
use crate::crypto::{self, Entropy, EntropyError};
use crate::error::Result;
use crate::model::{
    AppId, AppSecret, AwsXks, Credential, CredentialPart, CredentialPlan, CredentialRow, PlannedPart, SecretSize,
};
use crate::secret::SecretBytes;
use crate::storage::StorageError;

/// Makes at random what the plan wants so.
pub(super) fn make(plan: CredentialPlan, entropy: &dyn Entropy) -> Result<Credential> {
    let part = |part| {
        Ok::<_, crate::Error>(match part {
            PlannedPart::Given(part) => part,
            PlannedPart::RandomSecret(size) => CredentialPart::Secret(random_secret(size, entropy)?),
            PlannedPart::RandomAwsXks => CredentialPart::AwsXks(random_aws_xks(entropy)?),
        })
    };
    Ok(Credential::from_parts(plan.into_parts().into_iter().map(part).collect::<Result<_>>()?)?)
}

/// The base64url of so many random bytes.
pub(super) fn random_secret(size: SecretSize, entropy: &dyn Entropy) -> Result<AppSecret> {
    let bytes = random(size.bytes(), entropy)?;
    let mut text = Zeroizing::new([0; 86]);
    let text = Base64UrlUnpadded::encode(&bytes, text.as_mut_slice()).unwrap_or_default();
    Ok(AppSecret::parse(SecretBytes::from(text))?)
}

/// An access key id of 20 characters with 5 random bits each, a secret key of 43 with 256 in all.
pub(super) fn random_aws_xks(entropy: &dyn Entropy) -> Result<AwsXks> {
    const DIGITS: [u8; 32] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let id = crypto::random_bytes::<20>(entropy)?;
    let digit = |byte: &u8| DIGITS.get(usize::from(byte & 31)).copied().map(char::from);
    let bytes = random(32, entropy)?;
    let mut text = Zeroizing::new([0; 43]);
    let text = Base64Unpadded::encode(&bytes, text.as_mut_slice()).unwrap_or_default();
    Ok(AwsXks::parse(id.iter().filter_map(digit).collect(), SecretBytes::from(text))?)
}

fn random(len: usize, entropy: &dyn Entropy) -> Result<Zeroizing<Vec<u8>>, EntropyError> {
    let mut bytes = Zeroizing::new(vec![0; len]);
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// The API key of a credential, if it has one.
pub(super) fn secret_of(credential: &Credential) -> Option<&AppSecret> {
    credential.parts().iter().find_map(|part| match part {
        CredentialPart::Secret(secret) => Some(secret),
        _ => None,
    })
}

impl Keystore {
    /// Seals a credential for an app, after everything in it could be read.
    pub(super) fn seal_credential(
        &self,
        app: AppId,
        credential: &Credential,
        hashed: bool,
        now: Timestamp,
    ) -> Result<(CredentialRow, Box<[u8]>)> {
        let entropy = &*self.0.options.entropy;
        let kept = if hashed { hash_secret(copy(credential)?, entropy)? } else { copy(credential)? };
        let row = CredentialRow {
            id: crypto::random_bytes(entropy)?,
            app,
            kinds: kept.kinds(),
            made_at: now,
            nonce: crypto::random_bytes(entropy)?,
        };
        let sealed = self.0.vault.seal(&row, kept.to_bytes().expose_secret())?;
        Checker::new(kept)?;
        Ok((row, sealed))
    }

    /// Opens the seal of a credential.
    pub(super) fn unseal_credential(&self, row: &CredentialRow, sealed: &[u8]) -> Result<Credential> {
        let bytes = self.0.vault.unseal(row, sealed)?;
        let credential = Credential::from_bytes(bytes.expose_secret()).ok_or_else(unreadable)?;
        if credential.kinds() != row.kinds {
            return Err(unreadable().into());
        }
        Ok(credential)
    }
}

fn copy(credential: &Credential) -> Result<Credential> {
    Ok(Credential::from_bytes(credential.to_bytes().expose_secret()).ok_or_else(unreadable)?)
}

/// A digest in place of the secret.
fn hash_secret(credential: Credential, entropy: &dyn Entropy) -> Result<Credential> {
    let part = |part| {
        let CredentialPart::Secret(secret) = &part else { return Ok(part) };
        let Some(text) = secret.expose_secret() else { return Ok(part) };
        let salt = crypto::random_bytes(entropy)?;
        let digest = authn::digest(&salt, text.as_bytes());
        Ok::<_, crate::Error>(CredentialPart::Secret(AppSecret::from_digest(salt, digest)))
    };
    Ok(Credential::from_parts(credential.into_parts().into_iter().map(part).collect::<Result<_>>()?)?)
}

fn unreadable() -> StorageError {
    StorageError::Damaged("a credential under its seal cannot be read".into())
}
