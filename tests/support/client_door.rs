//! A store with one application behind a trusted CA, and certificates taken apart for it.

// Each test file uses its own part of this.
#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use keystead::authn::{Outcome, Presented, Refusal};
use keystead::{
    AppId, AppName, AppPlan, Clock, CredentialPart, CredentialPlan, DirectoryName, Error, Keystore, Options, Subject,
    TrustAnchorSubject, TrustAnchors, TrustedCa,
};

/// A clock whose hands are set by the test, in seconds.
#[derive(Debug)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A store in memory.
pub(crate) struct Door {
    store: Keystore,
    hands: Arc<Hands>,
}

/// A time such as `2026-11-22T00:00:00Z`.
pub(crate) fn second(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_second()
}

impl Door {
    pub(crate) fn new(at: i64) -> Self {
        let hands = Arc::new(Hands(AtomicI64::new(at)));
        let store = Keystore::in_memory(Options::default().clock(hands.clone())).unwrap();
        Self { store, hands }
    }

    pub(crate) fn at(&self, second: i64) -> &Self {
        self.hands.0.store(second, Ordering::SeqCst);
        self
    }

    pub(crate) fn app(&self, part: CredentialPart) -> Result<AppId, Error> {
        let plan = AppPlan::new(AppName::new(format!("{}", self.store.apps()?.len()))?, CredentialPlan::new(part));
        Ok(self.store.create_app(plan)?.app().id())
    }

    pub(crate) fn trusted_ca(&self, subjects: Vec<Subject>, anchors: &[&[u8]], check: Option<bool>) -> AppId {
        let anchors = TrustAnchors::Many(anchors.iter().map(|anchor| (*anchor).into()).collect());
        let trusted = TrustedCa::new(TrustAnchorSubject::Subjects(subjects), anchors, check).unwrap();
        self.app(CredentialPart::TrustedCa(trusted)).unwrap()
    }

    pub(crate) fn drop_app(&self, app: AppId) {
        self.store.delete_app(app).unwrap();
    }

    pub(crate) fn knock(&self, app: AppId, chain: &[&[u8]], crls: &[&[u8]]) -> Result<(), Refusal> {
        let presented = Presented::new().app(app).certificate_chain(chain.iter().copied()).crls(crls.iter().copied());
        match self.store.authenticate(&presented).unwrap() {
            Outcome::Authenticated(who) => {
                assert_eq!(who.app, app);
                Ok(())
            }
            Outcome::Refused(refusal) => Err(refusal),
            other => panic!("{other:?}"),
        }
    }

    /// `in`, or the reason.
    pub(crate) fn word(&self, app: AppId, chain: &[&[u8]], crls: &[&[u8]]) -> &'static str {
        self.knock(app, chain, crls).map_or_else(|refusal| refusal.reason.as_str(), |()| "in")
    }

    /// `in`, or all that is told.
    pub(crate) fn told(&self, app: AppId, chain: &[&[u8]], crls: &[&[u8]]) -> String {
        self.knock(app, chain, crls).map_or_else(|refusal| refusal.to_string(), |()| "in".into())
    }
}

/// Where the value begins and where it ends.
fn header(der: &[u8]) -> (usize, usize) {
    let first = usize::from(der[1]);
    if first < 0x80 {
        return (2, 2 + first);
    }
    let digits = first & 0x7F;
    let len = der[2..2 + digits].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
    (2 + digits, 2 + digits + len)
}

/// The values inside of one, each with its header.
pub(crate) fn inside(der: &[u8]) -> Vec<&[u8]> {
    let (start, end) = header(der);
    let mut rest = &der[start..end];
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (one, others) = rest.split_at(header(rest).1);
        found.push(one);
        rest = others;
    }
    found
}

/// The subject of a certificate, in DER.
pub(crate) fn subject_der(certificate: &[u8]) -> &[u8] {
    let fields = inside(inside(certificate)[0]);
    let version = usize::from(fields[0][0] == 0xA0);
    fields[version + 4]
}

/// The subject as the vendor's form has it; of parts with several attributes all, one after the other.
pub(crate) fn subject(certificate: &[u8]) -> Subject {
    let attributes = inside(subject_der(certificate)).into_iter().flat_map(inside).map(|attribute| {
        let [oid, value] = inside(attribute)[..] else { panic!("an attribute") };
        (dotted(oid), value.to_vec())
    });
    Subject::DirectoryName(DirectoryName::new(attributes).unwrap())
}

fn dotted(oid: &[u8]) -> String {
    let mut arcs = vec![0u64];
    for byte in &oid[2..] {
        let last = arcs.last_mut().unwrap();
        *last = *last << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            arcs.push(0);
        }
    }
    arcs.pop();
    let root = (arcs[0] / 40).min(2);
    arcs[0] -= 40 * root;
    arcs.insert(0, root);
    arcs.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}
