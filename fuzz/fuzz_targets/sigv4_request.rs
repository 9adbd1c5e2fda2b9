//! Any request for an app of AWS's external key stores: it is refused in words, with a reason that fits. Nobody who does not
//! know the secret key is let in.
#![no_main]

use std::sync::{Arc, OnceLock};

use arbitrary::Arbitrary;
use jiff::Timestamp;
use keystead::authn::{Outcome, Presented, Reason, SignedRequest};
use keystead::{
    AppId, AppName, AppPlan, AwsXks, Clock, CredentialKind, CredentialPart, CredentialPlan, Keystore, Options,
};
use libfuzzer_sys::fuzz_target;

const ID: &str = "AKIAI2SFODNN7EXAMPLE";
const DATE: &str = "20150830T123600Z";

#[derive(Debug)]
struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        "2015-08-30T12:36:00Z".parse().expect("a time")
    }
}

/// Whole parts, so that they need not be guessed letter by letter.
#[derive(Arbitrary, Debug)]
struct Input<'a> {
    method: Option<&'a str>,
    path: &'a str,
    is_absolute: bool,
    query: &'a str,
    has_host: bool,
    date: Option<&'a str>,
    headers: Vec<(Name<'a>, &'a str)>,
    authorization: Authorization<'a>,
    body: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Name<'a> {
    Any(&'a str),
    Aws(&'a str),
    Host,
    Authority,
    Authorization,
    Date,
    Digest,
}

#[derive(Arbitrary, Debug)]
enum Authorization<'a> {
    None,
    Any(&'a str),
    Parameters(&'a str),
    Known { region: Option<&'a str>, service: Option<&'a str>, names: Option<&'a str>, signature: [u8; 32], swap: bool },
}

fn request(input: &Input<'_>) -> SignedRequest {
    let path = if input.is_absolute { format!("/{}", input.path) } else { input.path.to_owned() };
    let mut request = SignedRequest::new(input.method.unwrap_or("POST"), path).query(input.query).body(input.body);
    request = request.header("X-Amz-Date", input.date.unwrap_or(DATE));
    if input.has_host {
        request = request.header("Host", "xks.example.com");
    }
    for (name, value) in &input.headers {
        let name = match name {
            Name::Any(name) => (*name).to_owned(),
            Name::Aws(name) => format!("x-amz-{name}"),
            Name::Host => "host".into(),
            Name::Authority => ":authority".into(),
            Name::Authorization => "AUTHORIZATION".into(),
            Name::Date => "x-amz-date".into(),
            Name::Digest => "X-Amz-Content-SHA256".into(),
        };
        request = request.header(name, *value);
    }
    let authorization = match &input.authorization {
        Authorization::None => return request,
        Authorization::Any(value) => (*value).to_owned(),
        Authorization::Parameters(parameters) => format!("AWS4-HMAC-SHA256 {parameters}"),
        Authorization::Known { region, service, names, signature, swap } => {
            let (region, service) = (region.unwrap_or("eu-west-1"), service.unwrap_or("kms-xks-proxy"));
            let names = names.unwrap_or("host;x-amz-date");
            let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut parts = [
                format!("Credential={ID}/20150830/{region}/{service}/aws4_request"),
                format!("SignedHeaders={names}"),
                format!("Signature={signature}"),
            ];
            if *swap {
                parts.reverse();
            }
            format!("AWS4-HMAC-SHA256 {}", parts.join(", "))
        }
    };
    request.header("Authorization", authorization)
}

fn world() -> &'static (Keystore, AppId) {
    static WORLD: OnceLock<(Keystore, AppId)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let store = Keystore::in_memory(Options::default().clock(Arc::new(Fixed))).expect("a store in memory");
        let pair = AwsXks::new(ID, "FYtE5EFA5FT0mCc3DrGUe2sti527BitkQ0Zr9MO9fvE".to_owned()).expect("a pair");
        let plan = CredentialPlan::new(CredentialPart::AwsXks(pair));
        let made = store.create_app(AppPlan::new(AppName::new("a").expect("a name"), plan)).expect("an app");
        (store, made.app().id())
    })
}

fuzz_target!(|input: Input<'_>| {
    let (store, id) = world();
    let request = request(&input);
    let outcome = store.authenticate(&Presented::new().app(*id).request(&request)).expect("an outcome");
    let Outcome::Refused(refusal) = outcome else { panic!("{outcome:?}") };
    assert_eq!((refusal.part, refusal.retry_after), (Some(CredentialKind::AwsXks), None));
    assert!(refusal.message.len() < 1000, "{refusal}");
    let known = [
        Reason::NotPresented,
        Reason::Malformed,
        Reason::WrongAccessKey,
        Reason::WrongScope,
        Reason::Expired,
        Reason::NotYetValid,
        Reason::BadSignature,
    ];
    assert!(known.contains(&refusal.reason), "{refusal}");
});
