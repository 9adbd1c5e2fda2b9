//! Whether a statement can be one: its fields, and how what it says fits together.

use der::asn1::{ContextSpecific, IntRef};
use der::{Reader, SliceReader, TagNumber};
use jiff::Timestamp;

use crate::attestation::report::{Fault, Finding};
use crate::attestation::{Claim, KeyFacts};
use crate::crypto::CheckedPublic;
use crate::model::{Algorithm, Origin};
use crate::x509::extension::{self, KeyUsage};
use crate::x509::{Certificate, X509Error, time};

use super::content::Content;
use super::extensions::{key_usage, no_critical_but, optional};

impl Content<'_> {
    pub(super) fn version(&self) -> Finding {
        match self.certificate()?.version {
            3 => Ok("the statement is of version 3".into()),
            other => Err(Fault::Failed(format!("the statement is of version {other}, allowed is 3"))),
        }
    }

    pub(super) fn serial(&self) -> Finding {
        const MOST: usize = 20;
        let serial = self.certificate()?.serial;
        // An INTEGER has a leading 00 only where the bit behind it would make it negative.
        let octets = serial.strip_prefix(&[0]).unwrap_or(serial).len();
        match serial.first() {
            Some(first) if first & 0x80 != 0 => Err(Fault::Failed("the statement's serial number is negative".into())),
            _ if octets == 0 => Err(Fault::Failed("the statement's serial number is 0".into())),
            _ if octets > MOST => {
                Err(Fault::Failed(format!("the statement's serial number has {octets} octets, allowed are {MOST}")))
            }
            _ => Ok(format!("the statement's serial number has {octets} octets").into()),
        }
    }

    pub(super) fn extensions(&self) -> Finding {
        const KNOWN: &[(&[u8], &str)] =
            &[(extension::KEY_USAGE, "key usage"), (extension::BASIC_CONSTRAINTS, "basic constraints")];
        no_critical_but(self.certificate()?, KNOWN).map_err(of_statement)?;
        Ok("each critical extension of the statement is known".into())
    }

    pub(super) fn key_usage(&self) -> Finding {
        const ALLOWED: KeyUsage = KeyUsage::DIGITAL_SIGNATURE
            .and(KeyUsage::KEY_ENCIPHERMENT)
            .and(KeyUsage::DATA_ENCIPHERMENT)
            .and(KeyUsage::KEY_AGREEMENT);
        let usage = key_usage(self.certificate()?).map_err(of_statement)?;
        let names = usage.names().join(", ");
        if usage.is_within(ALLOWED) {
            return Ok(format!("the attested key is for {names}").into());
        }
        let allowed = ALLOWED.names().join(", ");
        Err(Fault::Failed(format!("the statement has the key usage {names}, allowed are {allowed}")))
    }

    pub(super) fn constraints(&self) -> Finding {
        let (oid, name) = (extension::BASIC_CONSTRAINTS, "basic constraints");
        let found = optional(self.certificate()?, oid, name, extension::read_basic_constraints);
        match found.map_err(of_statement)? {
            None | Some((false, None)) => Ok("the statement is no CA".into()),
            Some((true, _)) => Err(Fault::Failed("the statement is a CA".into())),
            Some((false, Some(most))) => {
                Err(Fault::Failed(format!("the statement is no CA and has the path length constraint {most}")))
            }
        }
    }

    pub(super) fn end(&self) -> Finding {
        let certificate = self.certificate()?;
        if not_after(certificate).is_ok_and(|end| end == time::NO_END) {
            return Ok("the statement has no end".into());
        }
        let end = certificate.not_after;
        Err(Fault::Failed(format!("the statement ends at {end}, allowed is 99991231235959Z, which is no end")))
    }

    pub(super) fn key_facts(&self) -> Finding {
        let facts = self.facts()?;
        let (claims, key) = (self.made_claims()?, self.public_key()?);
        claims_fit(facts, claims)
            .and_then(|()| order_fits(facts, self.certificate()?.not_before))
            .and_then(|()| algorithm_fits(facts.algorithm, key))?;
        let origin = match facts.origin {
            Origin::Generated => "generated",
            Origin::Imported => "imported",
        };
        Ok(format!("the key was {origin} at {}", facts.stored_since).into())
    }
}

/// A claim is made when the facts bear it out, and only then.
fn claims_fit(facts: &KeyFacts, claims: &[Claim]) -> Result<(), Fault> {
    let borne_out =
        [(Claim::GeneratedHere, facts.is_generated()), (Claim::NeverExportable, facts.is_never_exportable())];
    for (claim, borne_out) in borne_out {
        let claimed = claims.contains(&claim);
        if claimed != borne_out {
            let verb = if claimed { "claims" } else { "does not claim" };
            return Err(Fault::Failed(format!(
                "the statement {verb} {claim}, and its facts about the key say otherwise"
            )));
        }
    }
    Ok(())
}

/// A key comes into the store, becomes exportable, is exported, and is attested, in this order.
fn order_fits(facts: &KeyFacts, signed_at: Timestamp) -> Result<(), Fault> {
    if facts.exported_at.is_some() && facts.exportable_since.is_none() {
        return Err(Fault::Failed("the facts about the key say that it was exported and never could be".into()));
    }
    let way = [
        ("stored", Some(facts.stored_since)),
        ("exportable", facts.exportable_since),
        ("exported", facts.exported_at),
        ("attested", Some(signed_at)),
    ];
    let mut known = way.into_iter().filter_map(|(step, at)| Some((step, at?)));
    let Some(mut before) = known.next() else { return Ok(()) };
    for next in known {
        if next.1 < before.1 {
            let (step, at) = before;
            return Err(Fault::Failed(format!(
                "the key was {step} at {at}, which is after {}, when it was {}",
                next.1, next.0
            )));
        }
        before = next;
    }
    Ok(())
}

fn algorithm_fits(algorithm: Option<Algorithm>, key: &CheckedPublic) -> Result<(), Fault> {
    match algorithm {
        Some(algorithm) if (algorithm.key_type(), algorithm.curve()) != (key.key_type, key.curve) => {
            let kind = key.curve.map_or(key.key_type.name(), |curve| curve.name());
            Err(Fault::Failed(format!("the facts about the key say that it is for {algorithm}, it is {kind}")))
        }
        _ => Ok(()),
    }
}

/// The end of the validity as it is written: `Timestamp` does not reach the end of the year 9999.
///
/// ```text
/// TBSCertificate ::= SEQUENCE { version [0], serialNumber, signature, issuer, SEQUENCE { notBefore, notAfter }, ... }
/// ```
fn not_after<'a>(certificate: &Certificate<'a>) -> Result<&'a [u8], X509Error> {
    let mut reader = SliceReader::new(certificate.tbs)?;
    reader.sequence(|tbs| {
        ContextSpecific::<u8>::decode_explicit(tbs, TagNumber(0))?;
        tbs.decode::<IntRef<'_>>()?;
        tbs.tlv_bytes()?;
        tbs.tlv_bytes()?;
        let end = tbs.sequence(|validity| {
            validity.tlv_bytes()?;
            validity.tlv_bytes()
        })?;
        while !tbs.is_finished() {
            tbs.tlv_bytes()?;
        }
        Ok::<_, X509Error>(end)
    })
}

fn of_statement(why: String) -> Fault {
    Fault::Failed(format!("the statement {why}"))
}
