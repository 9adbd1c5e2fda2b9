//! The response, written and read.

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use serde::Serialize;

use super::Failure;
use super::fields::{Fields, text_of};
use crate::api::json::Shape;
use crate::attestation::{Policy, Report, Verifier};
use crate::error::Result;
use crate::keystore::Attestation;
use crate::model::{Invalid, Problem};

/// A statement about a key and the chain of the authority that signed it, as the vendor has them: DER in standard base64.
/// To have read one proves nothing: [`verify`](Self::verify) it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyAttestationResponse {
    /// The certificates of the authority: its own first, the root last.
    pub authority_chain: Vec<String>,
    /// The statement.
    pub attestation_statement: KeyAttestationStatement,
}

/// A statement about a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct KeyAttestationStatement {
    /// What the statement is.
    pub format: KeyAttestationStatementFormat,
    /// The statement.
    pub statement: String,
}

/// What a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum KeyAttestationStatementFormat {
    /// An X.509 certificate for the key, in DER.
    #[serde(rename = "x509_certificate")]
    X509Certificate,
}

impl KeyAttestationResponse {
    /// Shows an attestation as Fortanix does.
    #[must_use]
    pub fn new(attestation: &Attestation) -> Self {
        let format = KeyAttestationStatementFormat::X509Certificate;
        let statement = Base64::encode_string(attestation.statement_der());
        Self {
            authority_chain: attestation.authority_chain().map(Base64::encode_string).collect(),
            attestation_statement: KeyAttestationStatement { format, statement },
        }
    }

    /// Reads `{"authority_chain": [...], "attestation_statement": {"format": "x509_certificate", "statement"}}`, from this
    /// library or from the vendor. What stands in the base64 is not looked at.
    ///
    /// # Errors
    /// 400 that names the first field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        const STATEMENT: &[(&str, Shape<'_>)] = &[("format", Shape::Scalar), ("statement", Shape::Scalar)];
        let shape =
            [("authority_chain", Shape::Array(&Shape::Scalar)), ("attestation_statement", Shape::Object(STATEMENT))];
        let mut body = Fields::read(body, &shape)?;
        let chain = body.needed_array("authority_chain", "an array of strings")?;
        let authority_chain = chain.into_iter().map(|(path, value)| text_of(&path, value)).collect::<Result<_, _>>()?;
        let mut inside = body.needed_object("attestation_statement")?;
        let format = inside.needed_text("format")?;
        if format != "x509_certificate" {
            let got = Invalid::quote(&format);
            let message = format!("attestation_statement.format is {got}, allowed is x509_certificate");
            return Err(Failure::invalid(message));
        }
        let format = KeyAttestationStatementFormat::X509Certificate;
        let statement = inside.needed_text("statement")?;
        Ok(Self { authority_chain, attestation_statement: KeyAttestationStatement { format, statement } })
    }

    /// The certificates of the authority in DER: its own first, the root last.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is no standard base64 with padding.
    pub fn authority_chain_der(&self) -> Result<Vec<Vec<u8>>> {
        let certificates = self.authority_chain.iter().enumerate();
        certificates.map(|(at, text)| decode(text, || format!("authority_chain[{at}]"))).collect()
    }

    /// The statement in DER.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is no standard base64 with padding.
    pub fn statement_der(&self) -> Result<Vec<u8>> {
        decode(&self.attestation_statement.statement, || "attestation_statement.statement".into())
    }

    /// What a verifier makes of it, see [`Verifier::verify`].
    ///
    /// ```
    /// use keystead::api::fortanix::KeyAttestationResponse;
    /// use keystead::attestation::{Policy, Profile, Verifier};
    ///
    /// # let body = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fortanix/key-attestation-response.json"));
    /// # let pinned = KeyAttestationResponse::from_json(body).unwrap().authority_chain_der()?.remove(2);
    /// let response = KeyAttestationResponse::from_json(body).unwrap();
    /// let verifier = Verifier::new(Profile::Fortanix, [pinned])?;
    /// let report = response.verify(&verifier, &Policy::new(), jiff::Timestamp::now())?;
    /// assert!(report.is_valid(), "{report}");
    /// # Ok::<(), keystead::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for what is no standard base64 with padding. All else that is wrong
    /// stands in the report.
    pub fn verify(&self, verifier: &Verifier, policy: &Policy, now: Timestamp) -> Result<Report> {
        Ok(verifier.verify(&self.statement_der()?, &self.authority_chain_der()?, policy, now))
    }
}

fn decode(text: &str, path: impl FnOnce() -> String) -> Result<Vec<u8>> {
    Base64::decode_vec(text).map_err(|_| {
        let message = format!("{} is no standard base64 with padding", path());
        Invalid::new("response", Problem::CouldNotParse, message).into()
    })
}
