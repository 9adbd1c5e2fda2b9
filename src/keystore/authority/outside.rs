//! Chains of authorities that a CA outside issued: put in order, and judged as a verifier would.

use jiff::Timestamp;

use super::chain::Signing;
use super::period::Period;
use crate::attestation::{Attested, KeyFacts, Policy, Profile, Verifier};
use crate::codec::{self, Content};
use crate::crypto::{self, IssuerKey, SigningKey};
use crate::error::{Error, Result};
use crate::keystore::Keystore;
use crate::keystore::material::{MOST_BYTES, read_failed, refuse};
use crate::model::{Certificates, Invalid, KeyId, Origin, Problem};
use crate::x509::{Certificate, X509Error};

/// The authority, and one to four CAs.
const MOST_IN_CHAIN: usize = 5;

/// Of one input, as anywhere else.
const MOST_CERTIFICATES: usize = 256;

/// Reads certificates from PEM, PKCS#7 or DER, also several one behind the other.
pub(super) fn read_certificates(field: &'static str, data: &[u8]) -> Result<Vec<Box<[u8]>>> {
    if data.len() > MOST_BYTES {
        return Err(refuse(field, format!("it is {} bytes, at most {MOST_BYTES}", data.len())));
    }
    if let Some(run) = Certificates::new(data).filter(|run| run.iter().count() > 1) {
        let ders: Vec<_> = run.iter().take(MOST_CERTIFICATES + 1).map(Into::into).collect();
        if ders.len() > MOST_CERTIFICATES {
            return Err(refuse(field, format!("it holds more than {MOST_CERTIFICATES} certificates")));
        }
        return Ok(ders);
    }
    let document = codec::read_document(data).map_err(|error| read_failed(field, &error))?;
    let certificates = document.items.into_iter().map(|item| match item.content {
        Content::Certificate(der) => Ok(der),
        _ => Err(refuse(field, "it holds something else than certificates, such as a key")),
    });
    certificates.collect()
}

/// The certificate of a key and those above it up to a root, each the issuer of the one before by name and signature. Of
/// several that fit, the first; what is left over is not needed.
pub(super) fn order(field: &'static str, ders: &[Box<[u8]>], key: &SigningKey) -> Result<Certificates> {
    let spki = key.public_key_der()?;
    let read = |(at, der)| Certificate::read(der).map_err(|error| refuse(field, format!("certificate {at}: {error}")));
    let certificates = ders.iter().map(AsRef::as_ref).enumerate().map(read).collect::<Result<Vec<_>>>()?;
    let is_own = |one: &&Certificate<'_>| crypto::check_public(one.spki).is_ok_and(|own| Some(own.spki) == spki);
    let Some(leaf) = certificates.iter().find(is_own) else {
        let message = format!("none of its {} certificates is for the key of the authority", certificates.len());
        return Err(refuse(field, message));
    };
    let mut chain = vec![leaf];
    let mut last = leaf;
    while last.issuer != last.subject {
        if chain.len() == MOST_IN_CHAIN {
            let message =
                format!("its chain has more than {MOST_IN_CHAIN} certificates, allowed are 2 to {MOST_IN_CHAIN}");
            return Err(refuse(field, message));
        }
        let is_above = |other: &&Certificate<'_>| {
            let key = (last.issuer == other.subject).then(|| IssuerKey::from_spki(other.spki));
            key.is_some_and(|key| {
                key.and_then(|key| key.verify(last.signature_algorithm, last.tbs, last.signature)).is_ok()
            })
        };
        last = certificates.iter().find(is_above).ok_or_else(|| {
            let message = "the chain is not whole: none of its certificates signed number";
            refuse(
                field,
                format!("{message} {}, counted from the authority's own as 1; the root is needed too", chain.len()),
            )
        })?;
        chain.push(last);
    }
    let run: Vec<u8> = chain.iter().flat_map(|one| one.der).copied().collect();
    Ok(Certificates::new(run).ok_or(X509Error::Structure("it is not whole"))?)
}

impl Keystore {
    /// Whether whoever pins the last certificate of the chain would take what this key signs now: found out with a statement
    /// that claims nothing and that nobody gets.
    pub(super) fn expect_fit(&self, field: &'static str, key: &SigningKey, chain: &Certificates) -> Result<()> {
        let now = crate::x509::cut_to_second(self.now());
        let period = Period::of(chain)?;
        let at = if period.has_begun(now) { now.max(period.not_before) } else { now };
        let statement = self.trial_statement(key, chain, at)?;
        let ders: Vec<_> = chain.iter().collect();
        let verifier = Verifier::new(Profile::Keystead, ders.last())?;
        let report = verifier.verify(&statement, &ders, &Policy::new(), at);
        if report.is_valid() {
            return Ok(());
        }
        let reasons: Vec<_> =
            report.failures().map(|failed| format!("{}: {}", failed.check(), failed.reason())).collect();
        let message = format!("{field}: nobody would believe this authority: {}", reasons.join("; "));
        Err(Invalid::new(field, Problem::Invalid, message).into())
    }

    fn trial_statement(&self, key: &SigningKey, chain: &Certificates, at: Timestamp) -> Result<Vec<u8>> {
        let entropy = &*self.0.options.entropy;
        let facts = KeyFacts {
            origin: Origin::Imported,
            stored_since: at,
            algorithm: Some(key.algorithm()),
            exportable_since: Some(at),
            exported_at: Some(at),
        };
        let spki = key.public_key_der()?.ok_or_else(|| Error::not_possible("an HMAC secret is no authority"))?;
        let attested = Attested::new(KeyId::from_random_bytes(crypto::random_bytes(entropy)?), spki, &facts)?;
        let signing = Signing::new(key, chain.clone())?;
        let sign = |tbs: &[u8]| Ok(key.try_sign(tbs, entropy)?.to_der());
        Ok(attested.issue(signing.signatory(), self.random_serial()?, at, None, sign)?)
    }
}
