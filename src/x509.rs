//! X.509 certificates (RFC 5280): self-signed ones are made, all are read for what they show.
//!
//! Nothing here verifies a signature, a chain or a date, but `path`, which does all of that for chains of others.

mod certificate;
pub(crate) mod extension;
mod facts;
mod information;
mod issued;
mod name;
mod oid;
mod path;
mod request;
mod self_signed;
pub(crate) mod time;
pub(crate) mod tlv;

#[cfg(test)]
mod path_bounded;

use crate::crypto::CryptoError;

pub(crate) use certificate::Certificate;
pub(crate) use facts::CertificateFacts;
pub use information::CertificateInformation;
pub(crate) use information::parse;
pub(crate) use issued::Issued;
pub(crate) use name::{Subjects, WantedSubject, write_name};
pub(crate) use oid::dotted;
pub(crate) use path::{Anchors, PathError, PathProblem, Presented};
pub(crate) use request::RequestedCertificate;
pub(crate) use self_signed::{SelfSigned, self_signed};
pub(crate) use time::{cut_to_second, years_after};

/// Why a certificate could not be made or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum X509Error {
    #[error("certificate is {0} bytes, at most {most}", most = certificate::MOST_BYTES)]
    TooLong(usize),
    #[error("certificate is malformed: {0}")]
    Malformed(#[from] der::Error),
    #[error("certificate has a serial number of {0} bytes, at most {most}", most = certificate::MOST_SERIAL)]
    SerialTooLong(usize),
    #[error("certificate has {field} {got}, allowed are YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ")]
    Time { field: &'static str, got: String },
    #[error("certificate has a name with more than {0} attributes in one part")]
    WideName(usize),
    #[error("certificate has an issuer whose common name is not readable as text")]
    CommonName,
    #[error("certificate is malformed: {0}")]
    Structure(&'static str),
    #[error("certificate could not be written: {0}")]
    Unwritable(der::Error),
    #[error("{0} is not in the years 0 to 9999, as the times of a certificate are")]
    Year(jiff::Timestamp),
    #[error("a certificate that begins at {0} would end beyond the year 9999")]
    NoSuchYear(jiff::Timestamp),
    #[error(transparent)]
    Crypto(#[from] CryptoError),
}
