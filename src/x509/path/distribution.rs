//! Which certificates a revocation list is about: its issuing distribution point (RFC 5280, section 5.2.5) and the
//! distribution points of a certificate (section 4.2.1.13).

use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag, TagNumber, Tagged};

use super::super::name::{FoldedName, GeneralName, read_general_names_content};
use super::super::{Certificate, X509Error};
use super::rules::CRL_DISTRIBUTION_POINTS;

/// More names or points than any certificate has: each is compared with each.
const MOST: usize = 64;

/// What a list says about its scope.
///
/// ```text
/// IssuingDistributionPoint ::= SEQUENCE {
///      distributionPoint          [0] DistributionPointName OPTIONAL,
///      onlyContainsUserCerts      [1] BOOLEAN DEFAULT FALSE,
///      onlyContainsCACerts        [2] BOOLEAN DEFAULT FALSE,
///      onlySomeReasons            [3] ReasonFlags OPTIONAL,
///      indirectCRL                [4] BOOLEAN DEFAULT FALSE,
///      onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
/// ```
#[derive(Debug, Default)]
pub(super) struct Scope<'a> {
    names: Option<Vec<GeneralName<'a>>>,
    only_clients: bool,
    only_cas: bool,
    only_attributes: bool,
    pub(super) some_reasons: bool,
    pub(super) indirect: bool,
}

/// Whether a list is about a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    No,
    /// For some of the reasons why a certificate is revoked.
    SomeReasons,
    Whole,
}

impl<'a> Scope<'a> {
    /// Reads the value of the extension. `issuer` is that of the list.
    pub(super) fn read(value: &'a [u8], issuer: &FoldedName) -> Result<Self, X509Error> {
        let mut scope = Self::default();
        for (number, field) in fields(value)? {
            match number {
                0 => scope.names = Some(read_point_name(field.value(), issuer)?),
                1 => scope.only_clients = read_flag(field)?,
                2 => scope.only_cas = read_flag(field)?,
                3 => scope.some_reasons = true,
                4 => scope.indirect = read_flag(field)?,
                5 => scope.only_attributes = read_flag(field)?,
                _ => return Err(X509Error::Structure("it has an issuing distribution point with a part that is none")),
            }
        }
        Ok(scope)
    }

    /// Whether a certificate of the list's issuer is in its scope. Where the list is of one distribution point, that must be
    /// one of the certificate's, or be named as the issuer is (section 6.3.3 (b) and its last paragraph).
    pub(super) fn fits(&self, points: &Points<'_>, is_ca: bool, issuer: &FoldedName) -> Fit {
        if self.only_attributes || (self.only_clients && is_ca) || (self.only_cas && !is_ca) {
            return Fit::No;
        }
        let Some(names) = &self.names else { return Fit::Whole };
        if names.iter().any(|name| matches!(name, GeneralName::Directory(name) if name == issuer)) {
            return Fit::Whole;
        }
        let meet = |point: &&Point<'_>| point.names.iter().any(|name| names.contains(name));
        let fit = |point: &Point<'_>| if point.some_reasons { Fit::SomeReasons } else { Fit::Whole };
        points.0.iter().filter(meet).map(fit).max().unwrap_or(Fit::No)
    }
}

/// The distribution points of a certificate whose lists are its issuer's own.
#[derive(Debug)]
pub(super) struct Points<'a>(Vec<Point<'a>>);

/// ```text
/// DistributionPoint ::= SEQUENCE {
///      distributionPoint       [0]     DistributionPointName OPTIONAL,
///      reasons                 [1]     ReasonFlags OPTIONAL,
///      cRLIssuer               [2]     GeneralNames OPTIONAL }
/// ```
#[derive(Debug)]
struct Point<'a> {
    names: Vec<GeneralName<'a>>,
    some_reasons: bool,
}

impl<'a> Points<'a> {
    /// Those that can be read: the others lead to no list.
    pub(super) fn read(certificate: &Certificate<'a>, issuer: &FoldedName) -> Self {
        let read = || -> Result<Vec<Point<'a>>, X509Error> {
            let Some(extension) = certificate.extension(CRL_DISTRIBUTION_POINTS) else { return Ok(Vec::new()) };
            let mut points = Vec::new();
            let list = AnyRef::from_der(extension.value)?;
            let mut reader = SliceReader::new(list.value())?;
            while !reader.is_finished() && points.len() < MOST {
                points.extend(Point::read(reader.tlv_bytes()?, issuer)?);
            }
            Ok(points)
        };
        Self(read().unwrap_or_default())
    }
}

impl<'a> Point<'a> {
    /// None where another issues the lists.
    fn read(der: &'a [u8], issuer: &FoldedName) -> Result<Option<Self>, X509Error> {
        let mut point = Self { names: Vec::new(), some_reasons: false };
        for (number, field) in fields(der)? {
            match number {
                0 => point.names = read_point_name(field.value(), issuer)?,
                1 => point.some_reasons = true,
                _ => return Ok(None),
            }
        }
        Ok(Some(point))
    }
}

/// The fields of a SEQUENCE of tagged ones, in their order and each once.
fn fields(der: &[u8]) -> Result<Vec<(u32, AnyRef<'_>)>, X509Error> {
    let sequence = AnyRef::from_der(der)?;
    sequence.tag().assert_eq(Tag::Sequence)?;
    let mut fields: Vec<(u32, AnyRef<'_>)> = Vec::new();
    let mut reader = SliceReader::new(sequence.value())?;
    while !reader.is_finished() {
        let field: AnyRef<'_> = reader.decode()?;
        match field.tag() {
            Tag::ContextSpecific { number: TagNumber(number), .. }
                if fields.last().is_none_or(|(last, _)| *last < number) =>
            {
                fields.push((number, field));
            }
            _ => return Err(X509Error::Structure("it has a distribution point with a part that is none")),
        }
    }
    Ok(fields)
}

/// ```text
/// DistributionPointName ::= CHOICE {
///      fullName                [0]     GeneralNames,
///      nameRelativeToCRLIssuer [1]     RelativeDistinguishedName }
/// ```
fn read_point_name<'a>(der: &'a [u8], issuer: &FoldedName) -> Result<Vec<GeneralName<'a>>, X509Error> {
    let name = AnyRef::from_der(der)?;
    let names = match name.tag() {
        Tag::ContextSpecific { number: TagNumber(0), .. } => read_general_names_content(name.value())?,
        Tag::ContextSpecific { number: TagNumber(1), .. } => {
            vec![GeneralName::Directory(issuer.with_part(name.value())?)]
        }
        _ => return Err(X509Error::Structure("it has a distribution point with a name of no kind")),
    };
    if names.len() > MOST {
        return Err(X509Error::Structure("it has a distribution point with more than 64 names"));
    }
    Ok(names)
}

/// `TRUE` is FF. `FALSE`, which is the default and has no place in DER, is seen all the same.
fn read_flag(field: AnyRef<'_>) -> Result<bool, X509Error> {
    match field.value() {
        [0xFF] => Ok(true),
        [0] => Ok(false),
        _ => Err(X509Error::Structure("it has an issuing distribution point with a flag that is none")),
    }
}
