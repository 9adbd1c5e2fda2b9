//! The times of a certificate, RFC 5280 section 4.1.2.5.

use der::asn1::AnyRef;
use der::{Tag, Tagged};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan, civil};

use super::X509Error;
use super::tlv::tlv;
use crate::model::Invalid;

/// The last whole second up to `at`. A certificate has no finer times.
pub(crate) fn cut_to_second(at: Timestamp) -> Timestamp {
    // Seconds and nanoseconds have the same sign: before 1970 the cut is the other way round.
    let second = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(second).unwrap_or(at)
}

/// The same date and time that many calendar years later, in UTC. After February 29 comes February 28.
pub(crate) fn years_after(at: Timestamp, years: i16) -> Result<Timestamp, X509Error> {
    let then = Offset::UTC.to_datetime(at).checked_add(years.years());
    then.and_then(|then| Offset::UTC.to_timestamp(then)).map_err(|_| X509Error::NoSuchYear(at))
}

/// Writes UTCTime for the years 1950 to 2049, GeneralizedTime for others. Parts of a second are left out.
pub(crate) fn write(at: Timestamp) -> Result<Vec<u8>, X509Error> {
    match Offset::UTC.to_datetime(at).year() {
        1950..=2049 => write_as(Tag::UtcTime, at),
        _ => write_as(Tag::GeneralizedTime, at),
    }
}

/// `YYYYMMDDHHMMSSZ`, with four digits for the year whatever it is.
pub(crate) fn generalized(at: Timestamp) -> Result<Vec<u8>, X509Error> {
    write_as(Tag::GeneralizedTime, at)
}

fn write_as(tag: Tag, at: Timestamp) -> Result<Vec<u8>, X509Error> {
    let time = Offset::UTC.to_datetime(at);
    let year = match (tag, time.year()) {
        (Tag::UtcTime, year) => format!("{:02}", year % 100),
        (_, year @ 0..=9999) => format!("{year:04}"),
        _ => return Err(X509Error::Year(at)),
    };
    let (month, day, hour, minute, second) = (time.month(), time.day(), time.hour(), time.minute(), time.second());
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    tlv(tag, &[year.as_bytes(), rest.as_bytes()])
}

/// The certificate has no end: RFC 5280, section 4.1.2.5.
pub(crate) const NO_END: &[u8] = b"\x18\x0F99991231235959Z";

/// The time that many days later.
pub(crate) fn days_after(at: Timestamp, days: i64) -> Result<Timestamp, X509Error> {
    at.checked_add(jiff::SignedDuration::from_hours(24 * days)).map_err(|_| X509Error::Year(at))
}

/// Reads either kind, whichever the year.
pub(crate) fn read(field: &'static str, time: AnyRef<'_>) -> Result<Timestamp, X509Error> {
    civil_time(time).map(instant).ok_or_else(|| {
        let got = Invalid::quote(&String::from_utf8_lossy(time.value()));
        X509Error::Time { field, got }
    })
}

fn civil_time(time: AnyRef<'_>) -> Option<civil::DateTime> {
    let digits = time.value().strip_suffix(b"Z")?;
    let (year, rest) = match time.tag() {
        Tag::UtcTime => {
            let (year, rest) = digits.split_first_chunk::<2>()?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        Tag::GeneralizedTime => {
            let (year, rest) = digits.split_first_chunk::<4>()?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let ([month, day, hour, minute, second], []) = rest.as_chunks::<2>() else { return None };
    let two = |digits| i8::try_from(number(digits)?).ok();
    civil::DateTime::new(year, two(month)?, two(day)?, two(hour)?, two(minute)?, two(second)?, 0).ok()
}

/// At most four digits.
fn number(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0, |sum: i16, digit| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(i16::from(digit - b'0')),
        _ => None,
    })
}

/// `Timestamp` ends a day before the year 9999 does, of which the last second stands for no end at all (RFC 5280,
/// section 4.1.2.5). What it cannot hold becomes its last whole second.
fn instant(time: civil::DateTime) -> Timestamp {
    Offset::UTC.to_timestamp(time).unwrap_or_else(|_| cut_to_second(Timestamp::MAX))
}

#[cfg(test)]
mod tests {
    use der::Decode;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn read_back(tag: Tag, text: &str) -> Result<Timestamp, X509Error> {
        read("notAfter", AnyRef::new(tag, text.as_bytes()).unwrap())
    }

    #[test]
    fn cut_never_lies_after() {
        for (from, to) in [
            ("2026-11-21T20:35:00.999999999Z", "2026-11-21T20:35:00Z"),
            ("2026-11-21T20:35:00Z", "2026-11-21T20:35:00Z"),
            ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z"),
        ] {
            assert_eq!(cut_to_second(at(from)), at(to));
        }
        assert_eq!(cut_to_second(Timestamp::MIN), Timestamp::MIN);
    }

    #[test]
    fn years_are_calendar_years() {
        for (from, to) in [
            ("2019-07-03T21:24:32Z", "2029-07-03T21:24:32Z"),
            ("2024-02-29T23:59:59.5Z", "2034-02-28T23:59:59.5Z"),
            ("2023-02-28T00:00:00Z", "2033-02-28T00:00:00Z"),
            ("2025-12-31T23:59:59Z", "2035-12-31T23:59:59Z"),
        ] {
            assert_eq!(years_after(at(from), 10).unwrap(), at(to));
        }
        insta::assert_snapshot!(
            years_after(at("9990-01-01T00:00:00Z"), 10).unwrap_err().to_string(),
            @"a certificate that begins at 9990-01-01T00:00:00Z would end beyond the year 9999"
        );
    }

    #[test]
    fn the_century_decides_the_kind_of_time() {
        for (from, tag, text) in [
            ("1949-12-31T23:59:59Z", Tag::GeneralizedTime, "19491231235959Z"),
            ("1950-01-01T00:00:00Z", Tag::UtcTime, "500101000000Z"),
            ("1999-12-31T23:59:59Z", Tag::UtcTime, "991231235959Z"),
            ("2000-02-29T00:00:00Z", Tag::UtcTime, "000229000000Z"),
            ("2049-12-31T23:59:59Z", Tag::UtcTime, "491231235959Z"),
            ("2050-01-01T00:00:00Z", Tag::GeneralizedTime, "20500101000000Z"),
        ] {
            let der = write(at(from)).unwrap();
            assert_eq!(AnyRef::from_der(&der).unwrap(), AnyRef::new(tag, text.as_bytes()).unwrap(), "{from}");
            assert_eq!(read_back(tag, text).unwrap(), at(from));
        }
        assert_eq!(read_back(Tag::GeneralizedTime, "20190703212432Z").unwrap(), at("2019-07-03T21:24:32Z"));
        assert_eq!(read_back(Tag::GeneralizedTime, "99991231235959Z").unwrap(), at("9999-12-30T22:00:00Z"));
        insta::assert_snapshot!(
            write(at("-000001-01-01T00:00:00Z")).unwrap_err().to_string(),
            @"-000001-01-01T00:00:00Z is not in the years 0 to 9999, as the times of a certificate are"
        );
    }

    #[test]
    fn other_times_are_refused() {
        for text in ["1907032124Z", "190703212432+0200", "190230000000Z", "190703212460Z", "+90703212432Z", "", "Z"] {
            assert!(read_back(Tag::UtcTime, text).is_err(), "{text}");
        }
        for text in ["20190703212432.5Z", "20190703212432", "2019070321243Z", "190703212432Z"] {
            assert!(read_back(Tag::GeneralizedTime, text).is_err(), "{text}");
        }
        assert!(read_back(Tag::Ia5String, "190703212432Z").is_err());
        insta::assert_snapshot!(
            read_back(Tag::UtcTime, "190703212432+0200").unwrap_err().to_string(),
            @"certificate has notAfter '190703212432+0200', allowed are YYMMDDHHMMSSZ and YYYYMMDDHHMMSSZ"
        );
    }
}
