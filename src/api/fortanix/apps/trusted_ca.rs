//! Reading `trustedca`: a subject in one of three forms and anchors in one of two, all flattened into one object.

use std::net::IpAddr;

use super::super::Failure;
use super::super::fields::{Fields, binary_of, elements_of, text_of};
use crate::api::json::Value;
use crate::model::{DirectoryName, Invalid, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa};

pub(super) fn read(mut fields: Fields) -> Result<TrustedCa, Failure> {
    let check_revocation = fields.boolean("check_revocation")?;
    let subject = match fields.only_one(&["subject", "subject_general", "subjects"])? {
        ("subject", value) => TrustAnchorSubject::Subject(directory_name(&fields.path_of("subject"), value)?),
        ("subjects", value) => {
            let elements = elements_of(&fields.path_of("subjects"), value, "an array of objects")?.into_iter();
            TrustAnchorSubject::Subjects(elements.map(|(path, value)| general(path, value)).collect::<Result<_, _>>()?)
        }
        (_, value) => TrustAnchorSubject::SubjectGeneral(general(fields.path_of("subject_general"), value)?),
    };
    let anchors = match fields.only_one(&["ca_certificate", "ca_certificates"])? {
        ("ca_certificate", value) => TrustAnchors::One(binary_of(&fields.path_of("ca_certificate"), value)?.into()),
        (_, value) => {
            let elements = elements_of(&fields.path_of("ca_certificates"), value, "an array of strings")?.into_iter();
            let anchor = |(path, value): (String, _)| Ok::<_, Failure>(binary_of(&path, value)?.into());
            TrustAnchors::Many(elements.map(anchor).collect::<Result<_, _>>()?)
        }
    };
    Ok(TrustedCa::new(subject, anchors, check_revocation)?)
}

fn general(path: String, value: Value) -> Result<Subject, Failure> {
    let mut fields = Fields::of(path, value)?;
    let (name, value) = fields.only_one(&["directory_name", "dns_name", "ip_address"])?;
    let path = fields.path_of(name);
    Ok(match name {
        "directory_name" => Subject::DirectoryName(directory_name(&path, value)?),
        "dns_name" => Subject::dns_name(text_of(&path, value)?)?,
        _ => {
            let text = text_of(&path, value)?;
            let address = text.parse::<IpAddr>().map_err(|_| {
                let got = Invalid::quote(&text);
                Failure::invalid(format!("{path} is {got}, allowed are IPv4 and IPv6 addresses"))
            })?;
            Subject::IpAddress(address)
        }
    })
}

/// Pairs of an object identifier and the DER of a value in base64.
fn directory_name(path: &str, value: Value) -> Result<DirectoryName, Failure> {
    let pair = |(path, value): (String, Value)| {
        let mut elements = elements_of(&path, value, "a pair of strings")?.into_iter();
        match (elements.next(), elements.next(), elements.next()) {
            (Some((oid_path, oid)), Some((value_path, value)), None) => {
                Ok((text_of(&oid_path, oid)?, binary_of(&value_path, value)?))
            }
            (first, second, third) => {
                let got = [first, second, third].iter().flatten().count() + elements.count();
                Err(wrong_number(&path, got))
            }
        }
    };
    let pairs = elements_of(path, value, "an array of pairs of strings")?.into_iter();
    let pairs: Vec<_> = pairs.map(pair).collect::<Result<_, _>>()?;
    Ok(DirectoryName::new(pairs)?)
}

fn wrong_number(path: &str, got: usize) -> Failure {
    Failure::invalid(format!("{path} has {got} elements, allowed are 2: an object identifier and a value"))
}
