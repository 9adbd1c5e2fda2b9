//! Any token, and a good one that was changed: whoever is let in presented the header and the payload that were signed, to
//! the letter. Others are told why in few words, without a panic.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use keystead::authn::{Outcome, Presented};
use keystead_fuzz::door::{APP, Door, EXPIRES, base64url};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Text(&'a str),
    /// A header and a payload under a signature that is not theirs.
    Parts(&'a [u8], &'a [u8]),
    /// Well signed, whatever it is.
    Signed(&'a str, &'a str),
    Changed(Vec<Change<'a>>),
}

#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Replace(u16, u8),
    Insert(u16, &'a str),
    Cut(u16, u8),
    /// Takes a piece and puts it elsewhere.
    Copy(u16, u8, u16),
}

fuzz_target!(|input: Input<'_>| {
    static GOOD: OnceLock<String> = OnceLock::new();
    let door = Door::get();
    let good = GOOD.get_or_init(|| {
        door.make(None).expect("an app");
        door.sign(r#"{"alg":"ES256","kid":"k"}"#, &format!(r#"{{"iss":"me","sub":"{APP}","exp":{EXPIRES}}}"#))
    });
    let signed = &good[..good.rfind('.').expect("three parts")];
    let (token, own) = match input {
        Input::Text(text) => (text.to_owned(), false),
        Input::Parts(header, payload) => {
            let signature = &good[signed.len()..];
            (format!("{}.{}{signature}", base64url(header), base64url(payload)), false)
        }
        Input::Signed(header, payload) => (door.sign(header, payload), true),
        Input::Changed(changes) => (changed(good, &changes), false),
    };
    for presented in [Presented::new().jwt(&token), Presented::new().app(APP.parse().expect("an id")).jwt(&token)] {
        match door.store.authenticate(&presented).expect("the store is well") {
            Outcome::Authenticated(who) => {
                assert_eq!(who.app.to_string(), APP);
                assert!(own || token.rfind('.').is_some_and(|at| &token[..at] == signed), "{token}");
            }
            Outcome::Refused(refusal) => assert!(refusal.message.len() < 1_000, "{refusal}"),
            other => panic!("{other:?}"),
        }
    }
});

fn changed(good: &str, changes: &[Change<'_>]) -> String {
    let mut bytes = good.as_bytes().to_vec();
    for change in changes.iter().take(16) {
        let place = |at: u16| usize::from(at) % (bytes.len() + 1);
        match *change {
            Change::Replace(at, byte) => {
                let at = place(at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = byte;
                }
            }
            Change::Insert(at, text) => {
                let at = place(at);
                bytes.splice(at..at, text.bytes());
            }
            Change::Cut(at, len) => {
                let at = place(at);
                let end = (at + usize::from(len)).min(bytes.len());
                bytes.drain(at..end);
            }
            Change::Copy(from, len, to) => {
                let (from, to) = (place(from), place(to));
                let piece = bytes[from..(from + usize::from(len)).min(bytes.len())].to_vec();
                bytes.splice(to..to, piece);
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
