//! The verifier: one statement, its chain, and every check of them.

mod anchor;
mod authority;
mod chain;
mod content;
mod demands;
mod extensions;
mod soundness;
mod times;

use jiff::Timestamp;

use super::report::Finding;
use super::{Check, Policy, Profile, Report};
use crate::Result;
use anchor::Anchor;
use chain::Chain;
use content::Content;

/// Verifies statements offline, against pinned trust anchors. It needs no store.
///
/// ```
/// use base64ct::{Base64, Encoding};
/// use keystead::attestation::{Claim, Policy, Profile, Verifier};
/// # let response = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fortanix/key-attestation-response.json"));
/// # let response: serde_json::Value = serde_json::from_str(response)?;
/// # let decode = |value: &serde_json::Value| Base64::decode_vec(value.as_str().unwrap()).unwrap();
/// # let statement = decode(&response["attestation_statement"]["statement"]);
/// # let chain: Vec<_> = response["authority_chain"].as_array().unwrap().iter().map(decode).collect();
///
/// // The root is pinned by whoever verifies: it came another way than the statement.
/// # let root = chain[2].clone();
/// let verifier = Verifier::new(Profile::Fortanix, [root])?;
/// let policy = Policy::new().require(Claim::GeneratedHere);
/// let report = verifier.verify(&statement, &chain, &policy, "2026-11-21T20:35:00Z".parse()?);
/// assert!(report.is_valid(), "{report}");
/// assert_eq!(report.statement().unwrap().key_id().to_string(), "b2b87f84-80d2-4c4c-ba41-7fa12fb4eff5");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    profile: Profile,
    anchors: Vec<Anchor>,
}

impl Verifier {
    /// A verifier of one vendor's statements. Each of the anchors is a root certificate, in DER or PEM; one PEM may hold
    /// several. Together there are 1 to 64.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there are fewer or more, or when one is not a certificate.
    pub fn new(profile: Profile, anchors: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Self> {
        Ok(Self { profile, anchors: anchor::read(anchors)? })
    }

    /// Verifies a statement in DER with its chain, each in DER, the authority first and the root last.
    ///
    /// Nothing that comes in is an error: what is wrong stands in the report. Certificates are judged by the time when the
    /// statement was signed; `now` only says which statements lie in the future, and how old they are. Nothing is looked up
    /// anywhere, so no revocation either.
    pub fn verify(&self, statement: &[u8], chain: &[impl AsRef<[u8]>], policy: &Policy, now: Timestamp) -> Report {
        let ders: Vec<_> = chain.iter().map(AsRef::as_ref).collect();
        let case = Case {
            profile: self.profile,
            pinned: self.anchors.len(),
            statement: Content::read(statement, self.profile),
            chain: Chain::read(&ders, &self.anchors),
            policy,
            now,
        };
        Report::new(self.profile, |check| case.judge(check), case.statement.statement())
    }
}

/// Everything that one verification knows.
struct Case<'a> {
    profile: Profile,
    /// How many trust anchors there are.
    pinned: usize,
    statement: Content<'a>,
    chain: Chain<'a>,
    policy: &'a Policy,
    now: Timestamp,
}

impl Case<'_> {
    fn judge(&self, check: Check) -> Finding {
        let Self { profile, statement, chain, .. } = self;
        match check {
            Check::StatementReadable => statement.readable(),
            Check::ChainLength => chain.length(*profile),
            Check::ChainReadable => chain.readable(),
            Check::StatementSignature => chain.signed(statement.certificate()?),
            Check::StatementIssuer => chain.issued(statement.certificate()?),
            Check::StatementAuthorityKeyId => chain.identified(statement.certificate()?),
            Check::PathSignatures => chain.signatures(),
            Check::PathNames => chain.names(),
            Check::PathKeyIds => chain.key_ids(),
            Check::PathLength => chain.path_length(),
            Check::TrustAnchor => chain.trust_anchor(self.pinned),
            Check::ChainVersion => chain.version(),
            Check::ChainExtensions => chain.extensions(),
            Check::KeyStrength => chain.strength(),
            Check::AuthorityUsage => chain.authority_usage(*profile),
            Check::AuthorityKeyUsage => chain.authority_key_usage(),
            Check::AuthorityConstraints => chain.authority_constraints(),
            Check::CaUsage => chain.ca_usage(*profile),
            Check::CaKeyUsage => chain.ca_key_usage(),
            Check::CaConstraints => chain.ca_constraints(),
            Check::Policies => chain.policies(*profile),
            Check::AuthorityValidity => self.authority_validity(),
            Check::CaValidity => self.ca_validity(),
            Check::StatementVersion => statement.version(),
            Check::StatementSerial => statement.serial(),
            Check::StatementExtensions => statement.extensions(),
            Check::StatementKeyUsage => statement.key_usage(),
            Check::StatementConstraints => statement.constraints(),
            Check::StatementSubject => statement.subject(),
            Check::StatementEnd => statement.end(),
            Check::SigningTime => self.signing_time(),
            Check::AttestedKey => statement.attested_key(),
            Check::Claims => statement.claims(),
            Check::KeyFacts => statement.key_facts(),
            Check::Challenge => statement.challenge(),
            Check::MaxAge => self.max_age(),
            Check::ExpectedKeyId => self.expected_key_id(),
            Check::ExpectedPublicKey => self.expected_public_key(),
            Check::RequiredClaims => self.required_claims(),
            Check::ExpectedChallenge => self.expected_challenge(),
        }
    }
}
