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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::{AuthorityPlan, Options};
    use crate::model::AuthorityRecord;

    /// No SQL tool makes such rows: each has its seal and tag. Only a mistake in here could.
    #[test]
    fn rows_that_do_not_fit_are_named() {
        let store = Keystore::in_memory(Options::default()).unwrap();
        store.create_authority(&AuthorityPlan::new()).unwrap();
        store.renew_authority().unwrap();
        store.authority_request(&AuthorityPlan::new()).unwrap();
        let other = Keystore::in_memory(Options::default()).unwrap();
        other.create_authority(&AuthorityPlan::new()).unwrap();
        let strange = other.authority_rows(&[AuthorityState::InForce]).unwrap();
        let rows = || {
            let mut rows = store.authority_rows(&AuthorityState::ALL).unwrap();
            rows.sort_by_key(|row| (row.record.state.code(), row.record.role.code()));
            rows
        };
        let [requested, root, ca, signing, retired] = [0, 1, 2, 3, 4];
        assert_eq!(store.check_authorities(&rows()), [""; 0]);
        let with = |at: usize, change: &dyn Fn(&mut AuthorityRecord, &mut Vec<u8>)| {
            let mut rows = rows();
            let row = &rows[at];
            let mut private = store.0.vault.unseal(&row.record, &row.sealed).unwrap().expose_secret().to_vec();
            let mut record = row.record.clone();
            change(&mut record, &mut private);
            rows[at] = store.seal_authority(record, &private).unwrap();
            store.check_authorities(&rows).join("; ")
        };
        let joined = |parts: &[&[u8]]| Certificates::new(parts.concat());
        let chain = |at: usize| rows()[at].record.certificates.clone().unwrap();
        let foreign = strange[2].record.certificates.clone().unwrap();
        let parts: Vec<Vec<u8>> = chain(signing).iter().map(Into::into).collect();
        let foreign_parts: Vec<Vec<u8>> = foreign.iter().map(Into::into).collect();

        insta::assert_snapshot!(with(signing, &|record, _| record.certificates = Some(foreign.clone())), @"key 3 of the authority (authority): its certificate is for another key; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(signing, &|record, _| record.certificates = joined(&[&parts[0], &parts[2]])), @"key 3 of the authority (authority): certificate 0 of its chain is not signed by the one above it; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(signing, &|record, _| record.certificates = joined(&[&parts[0], &parts[1]])), @"key 3 of the authority (authority): certificate 1 of its chain is not signed by the one above it; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(signing, &|record, _| {
            record.certificates = joined(&[&parts[0], &foreign_parts[1], &foreign_parts[2]]);
        }), @"key 3 of the authority (authority): certificate 0 of its chain is not signed by the one above it; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(signing, &|record, _| record.certificates = None), @"key 3 of the authority (authority): it has no certificate; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(signing, &|_, private| private.truncate(20)), @"key 3 of the authority (authority): malformed key: private key is not PKCS#8 in DER");
        insta::assert_snapshot!(with(signing, &|record, _| record.public_key = strange[2].record.public_key.clone()), @"key 3 of the authority (authority): the private key of an authority is not that of its public key");
        insta::assert_snapshot!(with(signing, &|record, _| record.state = AuthorityState::Retired), @"key 3 of the authority (authority): it is retired and still has its private key; of root, CA and authority one is in force without the others");
        insta::assert_snapshot!(with(ca, &|record, _| record.origin = Origin::Imported), @"key 2 of the authority (CA): it was not made here, as CAs and roots are");
        insta::assert_snapshot!(with(ca, &|record, private| {
            let (strange, sealed) = (&strange[1].record, &strange[1].sealed);
            (record.certificates, record.public_key) = (strange.certificates.clone(), strange.public_key.clone());
            *private = other.0.vault.unseal(strange, sealed).unwrap().expose_secret().to_vec();
        }), @"the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(root, &|record, _| record.state = AuthorityState::Requested), @"key 1 of the authority (root): it waits for its certificate and has one; 2 keys wait for the certificate of an authority; of root, CA and authority one is in force without the others");
        insta::assert_snapshot!(with(requested, &|record, _| record.certificates = Some(chain(signing))), @"key 0 of the authority (authority): it waits for its certificate and has one");
        insta::assert_snapshot!(with(requested, &|record, _| record.state = AuthorityState::InForce), @"key 0 of the authority (authority): it has no certificate; 2 keys of the authority are in force as authority; the keys of the authority in force do not stand above each other");
        insta::assert_snapshot!(with(retired, &|_, private| private.push(7)), @"key 4 of the authority (authority): it is retired and still has its private key");
        insta::assert_snapshot!(with(retired, &|record, _| record.state = AuthorityState::InForce), @"key 4 of the authority (authority): malformed key: private key is not PKCS#8 in DER; 2 keys of the authority are in force as authority");
    }
}
