//! What a statement says about a key's way: the extension `KeyFacts`.

use der::asn1::{AnyRef, ContextSpecific, OctetStringRef, Utf8StringRef};
use der::{Reader, SliceReader, Tag, TagNumber, Tagged};
use jiff::Timestamp;

use crate::model::{Algorithm, Origin};
use crate::x509::tlv::tlv;
use crate::x509::{X509Error, time};

/// ```text
/// KeyFacts ::= SEQUENCE {
///     origin           ENUMERATED { generated(1), imported(2) },
///     storedSince      GeneralizedTime,
///     algorithm        UTF8String OPTIONAL,
///     exportableSince  [0] IMPLICIT GeneralizedTime OPTIONAL,
///     exportedAt       [1] IMPLICIT GeneralizedTime OPTIONAL }
/// ```
///
/// Times have whole seconds: `YYYYMMDDHHMMSSZ`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyFacts {
    pub(crate) origin: Origin,
    /// When it was generated or imported.
    pub(crate) stored_since: Timestamp,
    /// The name of RFC 7518.
    pub(crate) algorithm: Option<Algorithm>,
    /// Since when its private part may leave the store; none for never.
    pub(crate) exportable_since: Option<Timestamp>,
    /// When it left the store for the first time.
    pub(crate) exported_at: Option<Timestamp>,
}

impl KeyFacts {
    /// The claim *generated here*.
    pub(crate) fn is_generated(&self) -> bool {
        self.origin == Origin::Generated
    }

    /// The claim *never exportable*: it never left the store and never can.
    pub(crate) fn is_never_exportable(&self) -> bool {
        self.exportable_since.is_none() && self.exported_at.is_none()
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, X509Error> {
        let mut content = vec![0x0A, 1, self.origin.code()];
        content.extend(time::generalized(self.stored_since)?);
        if let Some(algorithm) = self.algorithm {
            content.extend(tlv(Tag::Utf8String, &[algorithm.name().as_bytes()])?);
        }
        for (number, at) in [(0, self.exportable_since), (1, self.exported_at)] {
            let Some(at) = at else { continue };
            let time = time::generalized(at)?;
            // The tag takes the place of the universal one; the content stays.
            let content_of_time = time.get(2..).unwrap_or_default();
            let tag = Tag::ContextSpecific { constructed: false, number: TagNumber(number) };
            content.extend(tlv(tag, &[content_of_time])?);
        }
        tlv(Tag::Sequence, &[&content])
    }

    pub(crate) fn read(der: &[u8]) -> Result<Self, X509Error> {
        let mut reader = SliceReader::new(der)?;
        let facts = reader.sequence(|inner| {
            let origin: AnyRef<'_> = inner.decode()?;
            let origin = match (origin.tag(), origin.value()) {
                (Tag::Enumerated, [code]) => Origin::from_code(*code),
                _ => None,
            };
            let origin = origin.ok_or(X509Error::Structure("the origin in its facts is none of 1 and 2"))?;
            let stored_since = whole_time(inner.decode()?)?;
            let algorithm = inner.decode::<Option<Utf8StringRef<'_>>>()?.map(|name| {
                let unknown = X509Error::Structure("the algorithm in its facts is none of RFC 7518");
                Algorithm::parse(name.as_str()).map_err(|_| unknown)
            });
            let algorithm = algorithm.transpose()?;
            let (exportable_since, exported_at) = (tagged_time(inner, 0)?, tagged_time(inner, 1)?);
            Ok::<_, X509Error>(Self { origin, stored_since, algorithm, exportable_since, exported_at })
        })?;
        reader.finish()?;
        Ok(facts)
    }
}

fn tagged_time(reader: &mut SliceReader<'_>, number: u32) -> Result<Option<Timestamp>, X509Error> {
    let field = ContextSpecific::<&OctetStringRef>::decode_implicit(reader, TagNumber(number))?;
    field.map(|field| whole_time(AnyRef::new(Tag::GeneralizedTime, field.value.as_bytes())?)).transpose()
}

fn whole_time(time: AnyRef<'_>) -> Result<Timestamp, X509Error> {
    time.tag().assert_eq(Tag::GeneralizedTime)?;
    time::read("a time in its facts", time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_read_as_written() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        for exportable_since in [None, at("2026-11-22T06:00:00Z")] {
            for exported_at in [None, at("2051-01-01T00:00:00Z")] {
                for algorithm in [None, Some(Algorithm::Ps384)] {
                    let facts = KeyFacts {
                        origin: Origin::Imported,
                        stored_since: "1999-12-31T23:59:59Z".parse().unwrap(),
                        algorithm,
                        exportable_since,
                        exported_at,
                    };
                    let der = facts.write().unwrap();
                    assert_eq!(KeyFacts::read(&der).unwrap(), facts);
                    for cut in 0..der.len() {
                        assert!(KeyFacts::read(&der[..cut]).is_err());
                    }
                }
            }
        }
    }
}
