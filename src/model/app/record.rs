//! An application as the file holds it: its row, those of its credentials, and of what failed.

use jiff::Timestamp;

use super::super::bound::{Encoder, Sealed, Tagged};
use super::super::{AppName, StoreId};
use super::{AppId, CredentialKind};

/// A row of the table `app` with the one of `app_previous` that belongs to it, the seals aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppRecord {
    pub(crate) id: AppId,
    pub(crate) name: AppName,
    /// 100 wrong secrets in a day reset it.
    pub(crate) fips: bool,
    /// Its secret is kept as a hash and can never be read.
    pub(crate) hashed: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    /// Counts the changes, from 1.
    pub(crate) revision: i64,
    pub(crate) current: CredentialRow,
    /// With the moment from which it is accepted no more.
    pub(crate) previous: Option<(CredentialRow, Timestamp)>,
    pub(crate) tag: [u8; 32],
}

/// What stands about a credential beside its seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CredentialRow {
    /// Random.
    pub(crate) id: [u8; 16],
    pub(crate) app: AppId,
    /// One kind, or two.
    pub(crate) kinds: Vec<CredentialKind>,
    pub(crate) made_at: Timestamp,
    pub(crate) nonce: [u8; 12],
}

/// An application with the seals of its credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppRow {
    pub(crate) record: AppRecord,
    pub(crate) sealed: Box<[u8]>,
    /// There when the record has a previous credential.
    pub(crate) sealed_previous: Option<Box<[u8]>>,
}

/// Both kinds in one number.
pub(crate) fn kinds_code(kinds: &[CredentialKind]) -> i64 {
    kinds.iter().rev().fold(0, |code, kind| code << 8 | i64::from(kind.code()))
}

pub(crate) fn kinds_from_code(code: i64) -> Option<Vec<CredentialKind>> {
    let kind = |code: i64| CredentialKind::ALL.into_iter().find(|kind| i64::from(kind.code()) == code);
    match (code & 255, code >> 8) {
        (first, 0) => Some(vec![kind(first)?]),
        (first, second) => Some(vec![kind(first)?, kind(second)?]),
    }
}

impl Tagged for AppRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app 1");
        out.bytes(&store.0);
        out.bytes(self.id.as_bytes());
        out.bytes(self.name.as_str().as_bytes());
        out.0.extend([u8::from(self.fips), u8::from(self.hashed)]);
        out.instant(Some(self.created_at));
        out.instant(Some(self.updated_at));
        out.0.extend(self.revision.to_be_bytes());
        self.current.facts(&mut out, store);
        out.bytes(&self.current.nonce);
        out.instant(self.previous.as_ref().map(|(_, until)| *until));
        if let Some((previous, _)) = &self.previous {
            previous.facts(&mut out, store);
            out.bytes(&previous.nonce);
        }
        out.0
    }
}

impl CredentialRow {
    fn facts(&self, out: &mut Encoder, store: StoreId) {
        out.bytes(&store.0);
        out.bytes(&self.id);
        out.bytes(self.app.as_bytes());
        out.0.extend(kinds_code(&self.kinds).to_be_bytes());
        out.instant(Some(self.made_at));
    }
}

impl Sealed for CredentialRow {
    const SEAL_LABEL: &'static [u8] = b"keystead credential 1";

    fn id(&self) -> &[u8; 16] {
        &self.id
    }

    fn nonce(&self) -> &[u8; 12] {
        &self.nonce
    }

    fn seal_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead credential 1");
        self.facts(&mut out, store);
        out.0
    }
}

/// When secrets of an app were wrong, oldest first: a row of the table `app_failure`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FailureRecord {
    pub(crate) app: AppId,
    pub(crate) at: Vec<Timestamp>,
    pub(crate) tag: [u8; 32],
}

impl Tagged for FailureRecord {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app failures 1");
        out.bytes(&store.0);
        out.bytes(self.app.as_bytes());
        for at in &self.at {
            out.instant(Some(*at));
        }
        out.0
    }
}

/// What holds for every app of the store: the row of the table `app_setting`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LockoutSetting {
    /// Every app is as if made in FIPS mode.
    pub(crate) fips: bool,
    pub(crate) tag: [u8; 32],
}

impl Tagged for LockoutSetting {
    fn tag(&self) -> &[u8; 32] {
        &self.tag
    }

    fn row_data(&self, store: StoreId) -> Vec<u8> {
        let mut out = Encoder::new(b"keystead app setting 1");
        out.bytes(&store.0);
        out.0.push(u8::from(self.fips));
        out.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn app(n: u8) -> AppId {
        AppId::from_random_bytes([n; 16])
    }

    fn row(n: u8) -> CredentialRow {
        CredentialRow { id: [n; 16], app: app(1), kinds: vec![CredentialKind::Secret], made_at: at(1), nonce: [n; 12] }
    }

    fn record() -> AppRecord {
        AppRecord {
            id: app(1),
            name: AppName::parse("a").unwrap(),
            fips: false,
            hashed: false,
            created_at: at(1),
            updated_at: at(1),
            revision: 1,
            current: row(1),
            previous: None,
            tag: [0; 32],
        }
    }

    /// Whatever of an app is changed in the file, the tag is another; and so is the seal of a credential that changed hands.
    #[test]
    fn every_fact_is_under_the_tag() {
        type Change = fn(&mut AppRecord);
        let changes: [Change; 20] = [
            |_| (),
            |record| record.id = app(2),
            |record| record.name = AppName::parse("b").unwrap(),
            |record| record.fips = true,
            |record| record.hashed = true,
            |record| record.created_at = at(2),
            |record| record.updated_at = at(2),
            |record| record.revision = 2,
            |record| record.current.id = [2; 16],
            |record| record.current.app = app(2),
            |record| record.current.kinds = vec![CredentialKind::AwsIam],
            |record| record.current.kinds.push(CredentialKind::Certificate),
            |record| record.current.made_at = at(2),
            |record| record.current.nonce = [2; 12],
            |record| record.previous = Some((row(2), at(5))),
            |record| record.previous = Some((row(2), at(6))),
            |record| record.previous = Some((row(3), at(5))),
            |record| record.previous = Some((CredentialRow { nonce: [9; 12], ..row(2) }, at(5))),
            |record| record.previous = Some((CredentialRow { made_at: at(9), ..row(2) }, at(5))),
            |record| (record.current, record.previous) = (row(2), Some((row(1), at(5)))),
        ];
        let mut seen = std::collections::BTreeSet::new();
        for change in changes {
            let mut record = record();
            change(&mut record);
            assert!(seen.insert(record.row_data(StoreId([1; 16]))), "{record:?}");
        }
        assert!(seen.insert(record().row_data(StoreId([2; 16]))));
        assert!(!seen.insert(AppRecord { tag: [1; 32], ..record() }.row_data(StoreId([1; 16]))));

        let seals =
            [row(1), row(2), CredentialRow { app: app(2), ..row(1) }, CredentialRow { made_at: at(2), ..row(1) }];
        let seals: std::collections::BTreeSet<_> = seals.iter().map(|row| row.seal_data(StoreId([1; 16]))).collect();
        assert_eq!(seals.len(), 4);
    }

    #[test]
    fn kinds_come_back() {
        for first in CredentialKind::ALL {
            assert_eq!(kinds_from_code(kinds_code(&[first])), Some(vec![first]));
            for second in CredentialKind::ALL {
                assert_eq!(kinds_from_code(kinds_code(&[first, second])), Some(vec![first, second]));
            }
        }
        assert_eq!([0, 10, 256, 0x0A01, 0x01_0101, -1, i64::MIN].map(kinds_from_code), [const { None }; 7]);
    }
}
