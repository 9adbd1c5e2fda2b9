//! Any policy, and behind a zero byte any claims: it is read or refused in few words, and comes to an end soon and with
//! little memory, which libFuzzer's limits watch.
#![no_main]

use keystead::ErrorKind;
use keystead::authn::{Outcome, Presented, Reason};
use keystead_fuzz::door::{APP, Door, EXPIRES};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (policy, claims) = text.split_once('\0').unwrap_or((text, "{}"));
    let door = Door::get();
    let app = match door.make(Some(policy)) {
        Ok(app) => app,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            assert!(error.to_string().len() < 2_000, "{error}");
            return;
        }
    };
    let claims: serde_json::Value = serde_json::from_str(claims).unwrap_or_default();
    let payload = serde_json::json!({"iss": "me", "sub": APP, "exp": EXPIRES, "more": claims});
    let token = door.sign(r#"{"alg":"ES256","kid":"k"}"#, &payload.to_string());
    match door.store.authenticate(&Presented::new().app(app).jwt(&token)).expect("the store is well") {
        Outcome::Authenticated(who) => {
            assert!(who.additional_logging.is_none_or(|text| text.len() <= 128));
        }
        Outcome::Refused(refusal) => {
            assert!(refusal.message.len() < 2_000, "{refusal}");
            let expected = [Reason::PolicyDenied, Reason::PolicyFailed, Reason::Malformed];
            assert!(expected.contains(&refusal.reason), "{refusal}");
        }
        other => panic!("{other:?}"),
    }
    door.store.delete_app(app).expect("it was there");
});
