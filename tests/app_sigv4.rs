//! AWS's external key stores let in by their signed requests: the right one, the one before it, and nobody else. The signature
//! itself is judged beside its code, `src/authn/sigv4_judged.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/signed_request.rs"]
mod signed_request;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use keystead::authn::{Outcome, Presented, Reason, SignedRequest, Used};
use keystead::{
    AppCredential, AppName, AppPlan, Clock, CredentialKind, CredentialPart, CredentialPlan, Keystore, Options,
    PlannedPart, ResetSecret,
};
use signed_request::Signed;

/// 2026-11-22T12:00:00Z, and seconds from then on.
#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_348_800 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A request signed with the pair of a credential, at a second past twelve.
fn signed(credential: &AppCredential, second: u32) -> Option<SignedRequest> {
    let [CredentialPart::AwsXks(pair)] = credential.credential().parts() else { panic!() };
    let signed = Signed {
        access_key_id: pair.access_key_id(),
        secret_key: pair.secret_key().expose_secret(),
        at: &format!("20261122T12{:02}{:02}Z", second / 60, second % 60),
        method: "POST",
        path: "/acme/kms/xks/v1/keys/b42c7fbf-de61-441c-ae24-123456789012/encrypt",
        body: r#"{"plaintext":"SGVsbG8gV29ybGQh","encryptionAlgorithm":"AES_GCM"}"#,
    };
    let headers = signed.headers()?;
    let request = SignedRequest::new(signed.method, signed.path).body(signed.body);
    Some(
        headers
            .as_object()
            .unwrap()
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value.as_str().unwrap())),
    )
}

#[test]
fn a_pair_and_the_one_before_it() {
    let hands = Arc::new(Hands::default());
    let store = Keystore::in_memory(Options::default().clock(hands.clone())).unwrap();
    let plan = CredentialPlan::new(PlannedPart::RandomAwsXks);
    let first = store.create_app(AppPlan::new(AppName::new("xks").unwrap(), plan)).unwrap();
    let id = first.app().id();
    let check = |request: &SignedRequest| store.authenticate(&Presented::new().app(id).request(request)).unwrap();
    let used = |request: &SignedRequest| match check(request) {
        Outcome::Authenticated(authenticated) => Ok(authenticated.used),
        Outcome::Refused(refusal) => {
            assert_eq!((refusal.part, refusal.retry_after), (Some(CredentialKind::AwsXks), None));
            Err(refusal.reason)
        }
        other => panic!("{other:?}"),
    };
    let Some(by_first) = signed(&first, 0) else { return };
    assert_eq!(used(&by_first), Ok(Used::Current));

    let reset = ResetSecret::new().migration_period(Duration::from_secs(60));
    let second = store.reset_secret(id, reset).unwrap();
    let by_second = signed(&second, 30).unwrap();
    hands.0.store(59, Ordering::SeqCst);
    assert_eq!((used(&by_first), used(&by_second)), (Ok(Used::Previous), Ok(Used::Current)));
    hands.0.store(60, Ordering::SeqCst);
    assert_eq!((used(&by_first), used(&by_second)), (Err(Reason::WrongAccessKey), Ok(Used::Current)));

    // Five minutes either way.
    for (second, found) in [
        (30 + 300, Ok(Used::Current)),
        (30 + 301, Err(Reason::Expired)),
        (30 - 300, Ok(Used::Current)),
        (30 - 301, Err(Reason::NotYetValid)),
    ] {
        hands.0.store(second, Ordering::SeqCst);
        assert_eq!(used(&by_second), found);
    }
    hands.0.store(60, Ordering::SeqCst);
    assert_eq!(used(&by_second.clone().body("{}")), Err(Reason::BadSignature));
    assert_eq!(used(&by_second.clone().query("a=b")), Err(Reason::BadSignature));
    assert_eq!(used(&by_second.clone().header("X-Amz-Target", "a")), Err(Reason::Malformed));
    // Nobody counts: there is no secret to be guessed in the clear.
    for _ in 0..5 {
        assert_eq!(used(&by_second.clone().body("")), Err(Reason::BadSignature));
    }
    assert_eq!(used(&by_second), Ok(Used::Current));
    assert!(
        matches!(store.authenticate(&Presented::new().request(&by_second)).unwrap(), Outcome::Refused(refusal) if refusal.part.is_none())
    );
}
