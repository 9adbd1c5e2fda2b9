//! Whom a certificate must be about.

use std::net::IpAddr;

use super::super::{Invalid, Problem};
use super::check_count;

/// A distinguished name (RFC 5280, section 4.1.2.4): attributes in their order, each a relative distinguished name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryName(Vec<(Box<str>, Box<[u8]>)>);

/// One subject, to be found as the certificate's subject (a directory name) or among its subject alternative names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Subject {
    /// The subject, or a `directoryName`.
    DirectoryName(DirectoryName),
    /// A `dNSName`.
    DnsName(Box<str>),
    /// An `iPAddress`.
    IpAddress(IpAddr),
}

/// Whom a certificate must be about, in one of the three forms of the vendor's document.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrustAnchorSubject {
    /// `subject`: a directory name, the old form.
    Subject(DirectoryName),
    /// `subject_general`: one subject.
    SubjectGeneral(Subject),
    /// `subjects`: one of 1 to 16.
    Subjects(Vec<Subject>),
}

impl DirectoryName {
    /// Takes 1 to 32 pairs of an object identifier in dotted form and the DER of the attribute's value, of at most 1 KiB.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for other numbers and lengths. Whether the values can be read is said when
    /// the app is made.
    pub fn new<O: Into<String>, V: Into<Vec<u8>>>(
        attributes: impl IntoIterator<Item = (O, V)>,
    ) -> Result<Self, crate::Error> {
        let attributes =
            attributes.into_iter().map(|(oid, value)| (oid.into().into(), value.into().into_boxed_slice()));
        Ok(Self::parse(attributes.collect())?)
    }

    pub(crate) fn parse(attributes: Vec<(Box<str>, Box<[u8]>)>) -> Result<Self, Invalid> {
        check_count("directory_name", "attributes", attributes.len(), 1..=32)?;
        for (oid, value) in &attributes {
            check_count("directory_name", "characters in an object identifier", oid.len(), 1..=255)?;
            check_count("directory_name", "bytes in a value", value.len(), 2..=1024)?;
        }
        Ok(Self(attributes))
    }

    /// Object identifiers in dotted form, and values in DER.
    pub fn attributes(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(oid, value)| (&**oid, &**value))
    }
}

impl Subject {
    /// A DNS name of 1 to 253 characters: labels of letters, digits, hyphens and underscores.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for others.
    pub fn dns_name(name: impl Into<String>) -> Result<Self, crate::Error> {
        Ok(Self::parse_dns_name(name.into().into())?)
    }

    pub(crate) fn parse_dns_name(name: Box<str>) -> Result<Self, Invalid> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if name.len() > 253 || !name.split('.').all(label) {
            let message = format!("dns_name is {}, allowed are names such as app.example.com", Invalid::quote(&name));
            return Err(Invalid::new("dns_name", Problem::Invalid, message));
        }
        Ok(Self::DnsName(name))
    }
}

impl TrustAnchorSubject {
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::Subjects(subjects) => check_count("subjects", "subjects", subjects.len(), 1..=16),
            _ => Ok(()),
        }
    }

    /// Those of which one must match.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        match self {
            Self::Subject(name) => vec![Subject::DirectoryName(name.clone())],
            Self::SubjectGeneral(subject) => vec![subject.clone()],
            Self::Subjects(subjects) => subjects.clone(),
        }
    }
}
