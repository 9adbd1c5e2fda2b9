//! Apps known by a signed JWT: what lets them in, and what each hostile token is told.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/jwt_app.rs"]
mod jwt_app;

use std::sync::LazyLock;

use jwt_app::{APP, Door, ISSUER, Signer, claims, claims_with, encode, refusal, stored};
use keystead::authn::{Outcome, Presented, Reason};
use keystead::{Algorithm, ErrorKind};
use serde_json::{Value, json};

static EC: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::Es256));
static RSA: LazyLock<Signer> = LazyLock::new(|| Signer::new(Algorithm::Rs256));

/// Seconds at which the clock stands.
const NOW: i64 = 1_769_904_000;

#[test]
fn a_good_token_lets_in() {
    let door = Door::of(&EC);
    let token = EC.token(&claims());
    let Outcome::Authenticated(who) = door.ask_with(&token) else { panic!() };
    assert_eq!(who.app.to_string(), APP);
    assert_eq!(who.additional_logging, None);
    // Whom it is about says the token alone, too.
    assert!(matches!(door.ask(&Presented::new().jwt(&token)), Outcome::Authenticated(_)));
    let upper = EC.token(&claims_with(&json!({"sub": APP.to_uppercase()})));
    assert!(matches!(door.ask(&Presented::new().jwt(&upper)), Outcome::Authenticated(_)));
    // Of two issuers either may sign.
    assert!(door.lets_in(&EC.token(&claims_with(&json!({"iss": "other issuer"})))));
}

#[test]
fn what_says_nothing_about_an_app_is_told_so() {
    let door = Door::of(&EC);
    for token in ["", "..", "a.b.c", "x.eyJzdWIiOjF9.x", &EC.token(&claims_with(&json!({"sub": null})))] {
        assert_eq!(refusal(door.ask(&Presented::new().jwt(token))).reason, Reason::NotPresented, "{token}");
    }
    let other = EC.token(&claims_with(&json!({"sub": "780e1d5b-ee3b-43b2-aec8-db99b99adc4f"})));
    assert_eq!(refusal(door.ask(&Presented::new().jwt(&other))).reason, Reason::UnknownApp);
    let nothing = refusal(door.ask(&Presented::new().app(APP.parse().unwrap())));
    assert_eq!(nothing.reason, Reason::NotPresented);
    insta::assert_snapshot!(nothing, @"not_presented: no JWT was presented");
}

#[test]
fn every_algorithm_of_a_key() {
    use Algorithm as A;
    let door = Door::new(stored([("k", RSA.spki())]), None);
    for algorithm in [A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512] {
        let header = json!({"alg": algorithm.name(), "kid": "k"}).to_string();
        let good = RSA.sign_with(algorithm, &header, &claims().to_string());
        assert!(door.lets_in(&good), "{algorithm}");
        // Signed with one, said to be another.
        for other in [A::Rs256, A::Rs384, A::Rs512, A::Ps256, A::Ps384, A::Ps512] {
            let header = json!({"alg": other.name(), "kid": "k"}).to_string();
            let token = RSA.sign_with(algorithm, &header, &claims().to_string());
            assert_eq!(door.lets_in(&token), algorithm == other, "{algorithm} {other}");
        }
    }
    for algorithm in [A::Es256, A::Es384, A::Es512] {
        let signer = Signer::new(algorithm);
        assert!(Door::of(&signer).lets_in(&signer.token(&claims())), "{algorithm}");
    }
}

fn header(more: &str) -> String {
    format!(r#"{{"alg":"ES256","kid":"k"{more}}}"#)
}

/// Hostile headers, with a good signature over each.
#[test]
fn headers() {
    let door = Door::of(&EC);
    let good = claims().to_string();
    let jwk = EC.jwk(&json!({})).to_string();
    let cases: Vec<(String, Option<Reason>)> = vec![
        (header(""), None),
        (header(r#","typ":"JWT""#), None),
        (header(r#","typ":"jwt""#), None),
        (header(r#","typ":"at+jwt""#), None),
        (header(r#","typ":"application/at+JWT""#), None),
        (header(r#","typ":"JOSE""#), Some(Reason::Malformed)),
        (header(r#","typ":"dpop+jwt""#), Some(Reason::Malformed)),
        (header(r#","typ":"logout+jwt""#), Some(Reason::Malformed)),
        (header(r#","typ":"""#), Some(Reason::Malformed)),
        (header(r#","typ":null"#), Some(Reason::Malformed)),
        (header(r#","typ":["JWT"]"#), Some(Reason::Malformed)),
        (header(r#","cty":"JWT""#), None),
        (header(r#","crit":[]"#), Some(Reason::Malformed)),
        (header(r#","crit":["exp"],"exp":1"#), Some(Reason::Malformed)),
        (header(r#","crit":["b64"],"b64":true"#), Some(Reason::Malformed)),
        (header(r#","crit":null"#), Some(Reason::Malformed)),
        (header(r#","b64":true"#), None),
        (header(r#","b64":false"#), Some(Reason::Malformed)),
        (header(r#","b64":"true""#), Some(Reason::Malformed)),
        (header(r#","alg":"ES256""#), Some(Reason::Malformed)),
        (header(r#","\u0061lg":"none""#), Some(Reason::Malformed)),
        (header(r#","kid":"k""#), Some(Reason::Malformed)),
        (header(r#","x":{"a":1,"a":2}"#), Some(Reason::Malformed)),
        (header(r#","x":[{"a":1,"\u0061":2}]"#), Some(Reason::Malformed)),
        // What a header brings along or points at is not used, nor is it in the way.
        (
            header(&format!(
                r#","jwk":{jwk},"jku":"https://evil.example","x5u":"https://evil.example","x5c":["AA=="]"#
            )),
            None,
        ),
        (format!(r#"{{"alg":"ES256","jwk":{jwk}}}"#), Some(Reason::Malformed)),
        (format!(r#"{{"alg":"ES256","kid":"evil","jwk":{jwk}}}"#), Some(Reason::UnknownKey)),
        (r#"{"alg":"ES256"}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":"ES256","kid":1}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":"ES256","kid":null}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":"ES256","kid":["k"]}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":"ES256","kid":""}"#.into(), Some(Reason::UnknownKey)),
        (r#"{"alg":"ES256","kid":"K"}"#.into(), Some(Reason::UnknownKey)),
        (r#"{"alg":"ES256","kid":"k "}"#.into(), Some(Reason::UnknownKey)),
        (r#"{"alg":"ES256","kid":"../k"}"#.into(), Some(Reason::UnknownKey)),
        (format!(r#"{{"alg":"ES256","kid":"{}"}}"#, "k".repeat(10_000)), Some(Reason::UnknownKey)),
        (r#"{"kid":"k"}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":null,"kid":"k"}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":["ES256"],"kid":"k"}"#.into(), Some(Reason::Malformed)),
        (r#"{"alg":"none","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"nOnE","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"es256","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"ES256K","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"EdDSA","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"HS256","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"HS512","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"ES384","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"RS256","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        (r#"{"alg":"PS512","kid":"k"}"#.into(), Some(Reason::WrongAlgorithm)),
        ("[]".into(), Some(Reason::Malformed)),
        ("null".into(), Some(Reason::Malformed)),
        (String::new(), Some(Reason::Malformed)),
        ("{".into(), Some(Reason::Malformed)),
        (header("") + " x", Some(Reason::Malformed)),
        (header("") + "{}", Some(Reason::Malformed)),
        ("\u{feff}".to_owned() + &header(""), Some(Reason::Malformed)),
        (header(&format!(r#","x":{}{}"#, "[".repeat(40), "]".repeat(40))), Some(Reason::Malformed)),
        (header(&format!(r#","x":{}"#, "[".repeat(20_000))), Some(Reason::Malformed)),
    ];
    for (header, expected) in cases {
        let token = EC.sign(&header, &good);
        match (door.ask_with(&token), expected) {
            (Outcome::Authenticated(_), None) => {}
            (Outcome::Refused(refusal), Some(reason)) => assert_eq!(refusal.reason, reason, "{header}: {refusal}"),
            (outcome, _) => panic!("{header}: {outcome:?}"),
        }
    }
}

/// The first attack on JWTs that anybody tried, and its kin.
#[test]
fn a_public_key_is_no_secret() {
    use hmac::{Hmac, KeyInit, Mac};
    let door = Door::new(stored([("k", RSA.spki()), ("e", EC.spki())]), None);
    for kid in ["k", "e"] {
        let signed =
            format!("{}.{}", encode(json!({"alg": "HS256", "kid": kid}).to_string()), encode(claims().to_string()));
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&RSA.spki()).unwrap();
        mac.update(signed.as_bytes());
        let token = format!("{signed}.{}", encode(mac.finalize().into_bytes()));
        assert_eq!(door.reason(&token), Reason::WrongAlgorithm);
    }
    // One key's name over the other key's signature.
    let token = RSA.sign(r#"{"alg":"RS256","kid":"e"}"#, &claims().to_string());
    assert_eq!(door.reason(&token), Reason::WrongAlgorithm);
    let stranger = Signer::new(Algorithm::Es256);
    assert_eq!(
        door.reason(&stranger.sign(r#"{"alg":"ES256","kid":"e"}"#, &claims().to_string())),
        Reason::BadSignature
    );
}

#[test]
fn forms() {
    let door = Door::of(&EC);
    let good = EC.token(&claims());
    let [header, payload, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let last = signature.len() - 1;
    // Two bits of the last letter stand for nothing: only zeros are canonical.
    let loose = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = loose.find(&signature[last..]).unwrap();
    let other = format!("{}{}", &signature[..last], &loose[at + 1..at + 2]);
    let cases: Vec<(String, Reason)> = vec![
        (String::new(), Reason::Malformed),
        (".".into(), Reason::Malformed),
        ("..".into(), Reason::Malformed),
        ("...".into(), Reason::Malformed),
        (format!("{header}.{payload}"), Reason::Malformed),
        (format!("{good}.{signature}"), Reason::Malformed),
        (format!("{good}."), Reason::Malformed),
        (format!(".{good}"), Reason::Malformed),
        (format!(" {good}"), Reason::Malformed),
        (format!("{good}\n"), Reason::Malformed),
        (format!("Bearer {good}"), Reason::Malformed),
        (format!("{good}="), Reason::Malformed),
        (format!("{good}=="), Reason::Malformed),
        (format!("{header}.{payload}.{other}"), Reason::Malformed),
        (format!("{header}.{payload}."), Reason::BadSignature),
        (format!("{header}..{signature}"), Reason::BadSignature),
        (format!(".{payload}.{signature}"), Reason::Malformed),
        (format!("{header}.{payload}.{}", &signature[..84]), Reason::BadSignature),
        (format!("{header}.{payload}.{signature}{signature}"), Reason::BadSignature),
        (format!("{header}.{payload}.{}", encode([0; 64])), Reason::BadSignature),
        (format!("{header}.{payload}.{}", encode([0xff; 64])), Reason::BadSignature),
        (format!("{header}.{payload}.{}", encode([1; 5_000])), Reason::BadSignature),
        (format!("{header}.{}.{signature}", encode("{}")), Reason::BadSignature),
        (good.replace('.', "%2E"), Reason::Malformed),
        (json!({"payload": payload, "protected": header, "signature": signature}).to_string(), Reason::Malformed),
        ("a".repeat(70_000), Reason::Malformed),
        (".".repeat(60_000), Reason::Malformed),
        (format!("{good}{}", "A".repeat(70_000)), Reason::Malformed),
    ];
    for (token, reason) in cases {
        let refusal = door.refusal(&token);
        assert_eq!(refusal.reason, reason, "{refusal}");
        assert!(refusal.message.len() < 300, "{refusal}");
    }
}

/// Claims, well signed.
#[test]
fn claims_are_checked() {
    let door = Door::of(&EC);
    let cases: Vec<(Value, Option<Reason>)> = vec![
        (json!({"iss": null}), Some(Reason::Malformed)),
        (json!({"iss": 1}), Some(Reason::Malformed)),
        (json!({"iss": [ISSUER]}), Some(Reason::Malformed)),
        (json!({"iss": "https://issuer.example/"}), Some(Reason::WrongIssuer)),
        (json!({"iss": "HTTPS://issuer.example"}), Some(Reason::WrongIssuer)),
        (json!({"iss": ""}), Some(Reason::WrongIssuer)),
        (json!({"sub": null}), Some(Reason::Malformed)),
        (json!({"sub": 1}), Some(Reason::Malformed)),
        (json!({"sub": "780e1d5b-ee3b-43b2-aec8-db99b99adc4f"}), Some(Reason::WrongApp)),
        (json!({"sub": "780e1d5bee3b43b2aec8db99b99adc4e"}), Some(Reason::WrongApp)),
        (json!({"sub": format!("{APP} ")}), Some(Reason::WrongApp)),
        (json!({"sub": format!("urn:uuid:{APP}")}), Some(Reason::WrongApp)),
        (json!({"sub": APP.to_uppercase()}), None),
        (json!({"exp": null}), Some(Reason::Malformed)),
        (json!({"exp": "1900000000"}), Some(Reason::Malformed)),
        (json!({"exp": true}), Some(Reason::Malformed)),
        (json!({"exp": -1}), Some(Reason::Malformed)),
        (json!({"exp": 253_402_300_800_i64}), Some(Reason::Malformed)),
        (json!({"exp": u64::MAX}), Some(Reason::Malformed)),
        (json!({"exp": 1e300}), Some(Reason::Malformed)),
        (json!({"exp": 253_402_300_799_i64}), None),
        (json!({"exp": 0}), Some(Reason::Expired)),
        (json!({"exp": NOW - 60}), Some(Reason::Expired)),
        (json!({"exp": (NOW - 60) as f64 + 0.5}), None),
        (json!({"exp": NOW - 59}), None),
        (json!({"exp": NOW as f64 + 0.25}), None),
        (json!({"nbf": NOW}), None),
        (json!({"nbf": NOW + 60}), None),
        (json!({"nbf": NOW as f64 + 60.5}), Some(Reason::NotYetValid)),
        (json!({"nbf": NOW + 61}), Some(Reason::NotYetValid)),
        (json!({"nbf": "0"}), Some(Reason::Malformed)),
        (json!({"nbf": 1e300}), Some(Reason::Malformed)),
        (json!({"iat": NOW - 1_000_000}), None),
        (json!({"iat": NOW + 60}), None),
        (json!({"iat": NOW + 61}), Some(Reason::NotYetValid)),
        (json!({"iat": "now"}), Some(Reason::Malformed)),
        (json!({"aud": "anybody"}), None),
        (json!({"aud": ["a", "b"]}), None),
        (json!({"aud": []}), None),
        (json!({"aud": 1}), Some(Reason::Malformed)),
        (json!({"aud": {"a": 1}}), Some(Reason::Malformed)),
        (json!({"aud": ["a", 1]}), Some(Reason::Malformed)),
        (json!({"jti": 1, "other": {"a": [1, 2.5, null]}}), None),
    ];
    for (more, expected) in cases {
        let token = EC.token(&claims_with(&more));
        match (door.ask_with(&token), expected) {
            (Outcome::Authenticated(_), None) => {}
            (Outcome::Refused(refusal), Some(reason)) => assert_eq!(refusal.reason, reason, "{more}: {refusal}"),
            (outcome, _) => panic!("{more}: {outcome:?}"),
        }
    }
    let text = |payload: String| door.reason(&EC.sign(&EC.header("k"), &payload));
    let good = claims().to_string();
    assert_eq!(text(good.replacen('{', r#"{"exp":1e400,"#, 1)), Reason::Malformed);
    assert_eq!(text(good.replacen('{', r#"{"sub":"x","#, 1)), Reason::Malformed);
    assert_eq!(text(good.replacen('{', r#"{"a":{"b":1,"b":1},"#, 1)), Reason::Malformed);
    assert_eq!(text(good.replacen("null", "NaN", 1).replacen('{', r#"{"a":NaN,"#, 1)), Reason::Malformed);
    assert_eq!(text(format!("[{good}]")), Reason::Malformed);
    assert_eq!(text("\"x\"".into()), Reason::Malformed);
    assert_eq!(text(String::new()), Reason::Malformed);
    assert_eq!(text(good.replacen('{', &format!(r#"{{"a":{},"#, "[".repeat(30_000)), 1)), Reason::Malformed);
    let binary = format!("{}.{}", encode(EC.header("k")), encode([0xff, 0xfe]));
    assert_eq!(door.reason(&format!("{binary}.{}", encode([1; 64]))), Reason::BadSignature);
}

#[test]
fn for_whom_it_is_meant() {
    let door = Door::of(&EC);
    let ask = |aud: Value, wanted: &str| {
        let token = EC.token(&claims_with(&json!({"aud": aud})));
        match door.ask(&Presented::new().app(APP.parse().unwrap()).jwt(&token).audience(wanted)) {
            Outcome::Authenticated(_) => None,
            other => Some(refusal(other)),
        }
    };
    assert_eq!(ask(json!("me"), "me"), None);
    assert_eq!(ask(json!(["you", "me"]), "me"), None);
    for (aud, wanted) in [
        (json!("you"), "me"),
        (json!("ME"), "me"),
        (json!([]), "me"),
        (json!(null), "me"),
        (json!(["you", "them"]), "me"),
        (json!("me"), ""),
    ] {
        assert_eq!(ask(aud.clone(), wanted).unwrap().reason, Reason::WrongAudience, "{aud}");
    }
    assert_eq!(ask(json!(["me", 1]), "me").unwrap().reason, Reason::Malformed);
    insta::assert_snapshot!(ask(json!(["you", "them"]), "me").unwrap(), @"wrong_audience: aud is 'you' and 1 more, needed is 'me'");
    insta::assert_snapshot!(ask(json!(null), "me").unwrap(), @"wrong_audience: aud names nobody, needed is 'me'");
}

/// Whoever has no key learns nothing about what is expected of a token.
#[test]
fn nothing_of_the_claims_is_told_before_the_signature() {
    let door = Door::of(&EC);
    let stranger = Signer::new(Algorithm::Es256);
    for more in [json!({"iss": "x"}), json!({"exp": 1}), json!({"exp": "x"}), json!({"sub": "x"}), json!({"nbf": 4e9})]
    {
        let refusal = door.refusal(&stranger.token(&claims_with(&more)));
        assert_eq!(refusal.to_string(), "bad_signature: the signature is not that of the key (ES256)");
    }
    let refusal = door.refusal(&stranger.sign(&stranger.header("k"), "no JSON"));
    assert_eq!(refusal.reason, Reason::BadSignature);
}

#[test]
fn time_goes_on() {
    let door = Door::of(&EC);
    let token = EC.token(&claims_with(&json!({"nbf": NOW - 10, "exp": NOW + 100})));
    assert!(door.lets_in(&token));
    door.clock.go(159);
    assert!(door.lets_in(&token));
    door.clock.go(1);
    assert_eq!(door.reason(&token), Reason::Expired);
    door.clock.go(-240);
    assert_eq!(door.reason(&token), Reason::NotYetValid);
}

#[test]
fn words() {
    let door = Door::of(&EC);
    let say = |more: Value| door.refusal(&EC.token(&claims_with(&more))).to_string();
    insta::assert_snapshot!(say(json!({"iss": "https://evil.example"})), @"wrong_issuer: iss is 'https://evil.example', which is none of the 2 allowed");
    insta::assert_snapshot!(say(json!({"iss": null})), @"malformed: there is no iss");
    insta::assert_snapshot!(say(json!({"sub": "bob\n"})), @r#"wrong_app: sub is 'bob\n', allowed is the app's id 780e1d5b-ee3b-43b2-aec8-db99b99adc4e"#);
    insta::assert_snapshot!(say(json!({"exp": null})), @"malformed: there is no exp, without which it would hold for ever");
    insta::assert_snapshot!(say(json!({"exp": NOW - 3600})), @"expired: it expired at 2026-01-31T23:00:00Z, checked at 2026-02-01T00:00:00Z");
    insta::assert_snapshot!(say(json!({"nbf": NOW + 3600})), @"not_yet_valid: it must not be used before 2026-02-01T01:00:00Z, checked at 2026-02-01T00:00:00Z");
    insta::assert_snapshot!(say(json!({"iat": NOW + 3600})), @"not_yet_valid: it was issued at 2026-02-01T01:00:00Z, checked at 2026-02-01T00:00:00Z");
    insta::assert_snapshot!(say(json!({"exp": -5})), @"malformed: exp is no time, allowed are seconds since 1970, up to the year 9999");
    insta::assert_snapshot!(say(json!({"exp": "soon"})), @"malformed: exp is a string, allowed is a number");
    insta::assert_snapshot!(say(json!({"aud": 1})), @"malformed: aud is a number, allowed are a string and an array of strings");
    let say = |header: &str| door.refusal(&EC.sign(header, "{}")).to_string();
    insta::assert_snapshot!(say(r#"{"alg":"none"}"#), @"wrong_algorithm: alg is 'none', allowed are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and ES512");
    insta::assert_snapshot!(say(r#"{"alg":"ES256"}"#), @"malformed: the header has no kid, which must say whose key it was signed with");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":5}"#), @"malformed: kid of the header is a number, allowed is a string");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":"zzz"}"#), @"unknown_key: no key of kid 'zzz' may sign");
    insta::assert_snapshot!(say(r#"{"alg":"ES384","kid":"k"}"#), @"wrong_algorithm: alg is ES384, which the key of kid 'k' is not for: it is on P-256");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":"k","crit":[]}"#), @"malformed: the header has crit, of which no extension is understood (RFC 7515, section 4.1.11)");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":"k","b64":false}"#), @"malformed: b64 of the header is not true, and other payloads (RFC 7797) are not understood");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":"k","typ":"dpop+jwt"}"#), @"malformed: typ is 'dpop+jwt', allowed are JWT and at+jwt, or none");
    insta::assert_snapshot!(say(r#"{"alg":"ES256","kid":"k","kid":"k"}"#), @"malformed: the header is not JSON as it should be: member 'kid' stands twice at line 1 column 30");
    insta::assert_snapshot!(door.refusal("a.b"), @"malformed: the JWT has 2 parts, allowed are 3, with a dot between");
    insta::assert_snapshot!(door.refusal("a=.b.c"), @"malformed: the header is not base64url without padding (RFC 7515, section 2)");
    insta::assert_snapshot!(door.refusal(&"x".repeat(65_537)), @"malformed: the JWT has 65537 bytes, at most 65536");
}

#[test]
fn keys_that_cannot_serve_are_refused_when_the_app_is_made() {
    let wrong = |key: Vec<u8>| {
        let error = Door::try_new(stored([("good", EC.spki()), ("bad\n", key)]), None).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    insta::assert_snapshot!(wrong(b"no key".to_vec()), @r#"keys holds one of kid 'bad\n' that cannot be used: malformed key: public key is not a SubjectPublicKeyInfo in DER"#);
    let mut long = EC.spki();
    long.push(0);
    insta::assert_snapshot!(wrong(long), @r#"keys holds one of kid 'bad\n' that cannot be used: malformed key: public key is not a SubjectPublicKeyInfo in DER"#);
    let mut off_curve = EC.spki();
    *off_curve.last_mut().unwrap() ^= 1;
    insta::assert_snapshot!(wrong(off_curve), @r#"keys holds one of kid 'bad\n' that cannot be used: malformed key: EC public key is not a point on its curve"#);
    // RSA 1024 and Ed25519, made by openssl 3.0.
    let hex =
        |text: &str| (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    insta::assert_snapshot!(wrong(hex(RSA_1024)), @r#"keys holds one of kid 'bad\n' that cannot be used: its RSA modulus has 1024 bits, allowed are 2048 to 4096"#);
    insta::assert_snapshot!(wrong(hex(ED25519)), @r#"keys holds one of kid 'bad\n' that cannot be used: public key has algorithm 1.3.101.112, allowed are 1.2.840.113549.1.1.1 (RSA) and 1.2.840.10045.2.1 (EC)"#);
}

const RSA_1024: &str = "30819f300d06092a864886f70d010101050003818d0030818902818100b516a24db104eb7d32dc3e8f78ddb41e58389975c114ab87d188\
     45c87d16771021e16a533aaac1831f1da29602c4e8dfbdcf29bef404b77d069527bb7dc0f326b07fccd53c0e8dcf69b3d90500cb113994\
     2daa795075856a1394fa813ecbf17cf4656df8aa56f7812823101b8cfbb50352dbdc68bbda3515efc7e456d8454e930203010001";
const ED25519: &str = "302a300506032b6570032100580a5c4a2b57b3dd83470ff25552bda68ba48b2f0d6c73bb185a01214ff7c523";
