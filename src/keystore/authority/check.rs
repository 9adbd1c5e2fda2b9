//! Checking the keys of the authority: each by itself, and that they fit each other.

use super::issuer::row_of;
use crate::crypto::IssuerKey;
use crate::error::Error;
use crate::keystore::Keystore;
use crate::model::{AuthorityRole, AuthorityRow, AuthorityState, Certificates, Origin};
use crate::x509::Certificate;

impl Keystore {
    /// Every problem with the rows, in words.
    pub(in crate::keystore) fn check_authorities(&self, rows: &[AuthorityRow]) -> Vec<String> {
        let each = rows.iter().enumerate().filter_map(|(at, row)| {
            let problem = self.check_authority(row).err()?;
            Some(format!("key {at} of the authority ({}): {problem}", name(row.record.role)))
        });
        let mut problems: Vec<_> = each.collect();
        let in_state = |state| rows.iter().filter(move |row| row.record.state == state);
        let in_force: Vec<_> = in_state(AuthorityState::InForce).cloned().collect();
        for role in AuthorityRole::ALL {
            let count = in_force.iter().filter(|row| row.record.role == role).count();
            if count > 1 {
                problems.push(format!("{count} keys of the authority are in force as {}", name(role)));
            }
        }
        let requested = in_state(AuthorityState::Requested).count();
        if requested > 1 {
            problems.push(format!("{requested} keys wait for the certificate of an authority"));
        }
        let [root, ca, signing] = AuthorityRole::ALL.map(|role| row_of(&in_force, role));
        match (root, ca, signing) {
            (None, None, _) => {}
            (Some(root), Some(ca), Some(signing)) => {
                if !stands_above(ca, signing) || !stands_above(root, ca) {
                    problems.push("the keys of the authority in force do not stand above each other".into());
                }
            }
            _ => problems.push("of root, CA and authority one is in force without the others".into()),
        }
        problems
    }

    fn check_authority(&self, row: &AuthorityRow) -> Result<(), String> {
        let words = |error: Error| error.to_string();
        let record = &row.record;
        self.0.vault.check(record).map_err(|error| error.to_string())?;
        if record.state == AuthorityState::Retired {
            let private = self.0.vault.unseal(record, &row.sealed).map_err(|error| error.to_string())?;
            if !private.is_empty() {
                return Err("it is retired and still has its private key".into());
            }
        } else {
            self.unseal_authority(row).map_err(words)?;
        }
        let Some(chain) = &record.certificates else {
            let waits = record.state == AuthorityState::Requested && record.role == AuthorityRole::Signing;
            return if waits { Ok(()) } else { Err("it has no certificate".into()) };
        };
        if record.state == AuthorityState::Requested {
            return Err("it waits for its certificate and has one".into());
        }
        if record.role != AuthorityRole::Signing && record.origin != Origin::Generated {
            return Err("it was not made here, as CAs and roots are".into());
        }
        check_chain(chain, &record.public_key)
    }
}

/// The first certificate is the key's, each is signed by the next, and the last by itself.
fn check_chain(chain: &Certificates, spki: &[u8]) -> Result<(), String> {
    let read = |der| Certificate::read(der).map_err(|error| error.to_string());
    let certificates = chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // A CA outside may have written the point of an EC key in its other form.
    let own = |one: &Certificate<'_>| crate::crypto::check_public(one.spki).is_ok_and(|own| *own.spki == *spki);
    if !certificates.first().is_some_and(own) {
        return Err("its certificate is for another key".into());
    }
    let above = certificates.iter().skip(1).chain(certificates.last());
    for (at, (one, above)) in certificates.iter().zip(above).enumerate() {
        let signed = IssuerKey::from_spki(above.spki)
            .and_then(|key| key.verify(one.signature_algorithm, one.tbs, one.signature))
            .is_ok();
        if one.issuer != above.subject || !signed {
            return Err(format!("certificate {at} of its chain is not signed by the one above it"));
        }
    }
    Ok(())
}

/// Whether the chain of the lower one goes on as that of the upper one begins.
fn stands_above(upper: &AuthorityRow, lower: &AuthorityRow) -> bool {
    let (Some(upper), Some(lower)) = (&upper.record.certificates, &lower.record.certificates) else { return false };
    lower.iter().skip(1).eq(upper.iter())
}

fn name(role: AuthorityRole) -> &'static str {
    match role {
        AuthorityRole::Root => "root",
        AuthorityRole::Ca => "CA",
        AuthorityRole::Signing => "authority",
    }
}
