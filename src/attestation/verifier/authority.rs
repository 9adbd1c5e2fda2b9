//! What the certificates of a chain must be like: the authority's and the CAs'.

use crate::attestation::Profile;
use crate::attestation::report::{Fault, Finding};
use crate::model::KeyType;
use crate::x509::Certificate;
use crate::x509::dotted;
use crate::x509::extension::{self, KeyUsage};

use super::chain::{Chain, Link};
use super::extensions::{critical, key_usage, no_critical_but, optional, required};

const LEAST_RSA: u32 = 3072;
const LEAST_EC: u32 = 256;

/// anyExtendedKeyUsage: RFC 5280, section 4.2.1.12.
const ANY_USAGE: &[u8] = &[0x55, 0x1D, 37, 0];

impl Chain<'_> {
    pub(super) fn version(&self) -> Finding {
        self.each_link(|_, Link { certificate, .. }| match certificate.version {
            3 => Ok(()),
            other => Err(format!("is of version {other}, allowed is 3")),
        })?;
        Ok("each certificate of the chain is of version 3".into())
    }

    pub(super) fn extensions(&self) -> Finding {
        const KNOWN: &[(&[u8], &str)] = &[
            (extension::KEY_USAGE, "key usage"),
            (extension::BASIC_CONSTRAINTS, "basic constraints"),
            (extension::EXTENDED_KEY_USAGE, "extended key usage"),
            (extension::CERTIFICATE_POLICIES, "certificate policies"),
            (extension::SUBJECT_KEY_IDENTIFIER, "subject key identifier"),
            (extension::AUTHORITY_KEY_IDENTIFIER, "authority key identifier"),
        ];
        self.each_link(|_, link| no_critical_but(&link.certificate, KNOWN))?;
        Ok("each critical extension of the chain is known".into())
    }

    pub(super) fn strength(&self) -> Finding {
        self.each_link(|_, link| {
            let key = link.key().map_err(|error| format!("has a key that cannot be used: {error}"))?;
            let (kind, bits) = (key.key_type(), key.bits());
            let least = if kind == KeyType::Rsa { LEAST_RSA } else { LEAST_EC };
            if bits >= least {
                return Ok(());
            }
            let kind = kind.name();
            Err(format!(
                "has an {kind} key of {bits} bits, allowed are RSA from {LEAST_RSA} and EC from {LEAST_EC} bits"
            ))
        })?;
        Ok("each key of the chain is long enough".into())
    }

    pub(super) fn authority_usage(&self, profile: Profile) -> Finding {
        self.of_authority("is for signing statements", |authority| {
            let (oid, name) = (extension::EXTENDED_KEY_USAGE, "extended key usage");
            let usages = required(authority, oid, name, extension::read_extended_key_usage)?;
            if usages.contains(&ANY_USAGE) {
                return Err("is for any extended key usage".to_owned());
            }
            among(&usages, profile.oids().authority_usage, "the extended key usages")
        })
    }

    pub(super) fn authority_key_usage(&self) -> Finding {
        self.of_authority("is for signatures alone", |authority| {
            let usage = key_usage(authority)?;
            if usage == KeyUsage::DIGITAL_SIGNATURE {
                return Ok(());
            }
            Err(format!("has the key usage {}, allowed is digitalSignature alone", usage.names().join(", ")))
        })
    }

    pub(super) fn authority_constraints(&self) -> Finding {
        self.of_authority("is no CA", |authority| match constraints(authority)? {
            (false, None) => Ok(()),
            (true, _) => Err("is a CA".to_owned()),
            (false, Some(most)) => Err(format!("is no CA and has the path length constraint {most}")),
        })
    }

    pub(super) fn ca_usage(&self, profile: Profile) -> Finding {
        self.each_ca(|_, ca| {
            let (oid, name) = (extension::EXTENDED_KEY_USAGE, "extended key usage");
            let usages = optional(&ca.certificate, oid, name, extension::read_extended_key_usage)?;
            match usages {
                Some(usages) if !usages.contains(&ANY_USAGE) => {
                    among(&usages, profile.oids().authority_usage, "the extended key usages")
                }
                _ => Ok(()),
            }
        })?;
        Ok("no CA is kept to other usages".into())
    }

    pub(super) fn ca_key_usage(&self) -> Finding {
        const ALLOWED: KeyUsage = KeyUsage::DIGITAL_SIGNATURE.and(KeyUsage::KEY_CERT_SIGN).and(KeyUsage::CRL_SIGN);
        self.each_ca(|_, ca| {
            let usage = key_usage(&ca.certificate)?;
            if KeyUsage::KEY_CERT_SIGN.is_within(usage) && usage.is_within(ALLOWED) {
                return Ok(());
            }
            let got = usage.names().join(", ");
            Err(format!(
                "has the key usage {got}, allowed is keyCertSign, with digitalSignature and cRLSign or without"
            ))
        })?;
        Ok("each CA is for signing certificates".into())
    }

    pub(super) fn ca_constraints(&self) -> Finding {
        self.each_ca(|_, ca| match constraints(&ca.certificate)? {
            (true, _) => Ok(()),
            (false, _) => Err("is no CA".to_owned()),
        })?;
        Ok("each CA is one".into())
    }

    pub(super) fn policies(&self, profile: Profile) -> Finding {
        let (oid, name) = (extension::CERTIFICATE_POLICIES, "certificate policies");
        let ours = |policies: &[&[u8]]| among(policies, profile.oids().policy, "the policies");
        if !profile.asks_for_policy() {
            return self.of_authority("is under no other policy", |authority| {
                let policies = optional(authority, oid, name, extension::read_policies)?;
                policies.map_or(Ok(()), |policies| ours(&policies))
            });
        }
        let root = self.place_of_root();
        self.each_link(|at, link| {
            if at == root && at > 0 {
                return Ok(());
            }
            ours(&required(&link.certificate, oid, name, extension::read_policies)?)
        })?;
        Ok("each certificate below the root is under the profile's policy".into())
    }

    fn of_authority(&self, good: &'static str, check: impl Fn(&Certificate<'_>) -> Result<(), String>) -> Finding {
        match check(&self.authority()?.certificate) {
            Ok(()) => Ok(format!("chain[0] {good}").into()),
            Err(why) => Err(Fault::Failed(format!("chain[0] {why}"))),
        }
    }
}

/// The basic constraints, which must be there and be critical.
fn constraints(certificate: &Certificate<'_>) -> Result<(bool, Option<u8>), String> {
    let (oid, name) = (extension::BASIC_CONSTRAINTS, "basic constraints");
    let found = required(certificate, oid, name, extension::read_basic_constraints)?;
    critical(certificate, oid, name)?;
    Ok(found)
}

fn among(found: &[&[u8]], wanted: &[u8], what: &str) -> Result<(), String> {
    if found.contains(&wanted) {
        return Ok(());
    }
    const MOST: usize = 4;
    let got: Vec<_> = found.iter().take(MOST).map(|oid| dotted(oid)).collect();
    let more = if found.len() > MOST { " and more" } else { "" };
    Err(format!("has {what} {}{more}, needed among them is {}", got.join(", "), dotted(wanted)))
}
