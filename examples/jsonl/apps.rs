//! The calls about applications: Fortanix's, and letting them in.

use keystead::api::fortanix::{self, AppResponse, AppUpdate};
use keystead::authn::{Authenticated, External, GoogleAccess, Outcome, Presented, SignedRequest, Used};
use keystead::{AccessReason, AppId, AppName, GroupPermission, Keystore};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{Answer, quoted};
use crate::native::{binary, parse};

/// Fortanix's calls. This driver's answers know one status for success, and no body is `null`.
pub(crate) fn vendor(store: &Keystore, method: &str, path: &str, body: &str) -> Option<Answer> {
    let response = fortanix::call(store, method, path, body.as_bytes())?;
    Some(match response.status {
        200 => Answer::vendor(200, Some(response.body)),
        204 => Answer::vendor(200, None),
        status => Answer::vendor(status, Some(json!(response.body).to_string())),
    })
}

/// Does a call, if it is one about applications.
pub(crate) fn call(store: &Keystore, call: &str, body: &str) -> Option<Result<Answer, Answer>> {
    Some(match call {
        "apps" => list(store),
        "apps.authenticate" => authenticate(store, body),
        "apps.fips" => fips(store, body),
        "apps.wipe_expired" => wipe_expired(store),
        "app.rename" => rename(store, body),
        "app.replace_credential" => replace_credential(store, body),
        _ => return None,
    })
}

impl From<fortanix::Failure> for Answer {
    fn from(failure: fortanix::Failure) -> Self {
        failure.cause().map_or_else(|| Self::invalid(failure.message()), Self::failed)
    }
}

fn list(store: &Keystore) -> Result<Answer, Answer> {
    Ok(Answer::ok(&json!({ "apps": fortanix::apps(store)? })))
}

fn fips(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        on: Option<bool>,
    }
    if let Some(on) = parse::<Body>(body)?.on {
        store.set_fips_mode(on)?;
    }
    Ok(Answer::ok(&json!({ "on": store.fips_mode()? })))
}

fn wipe_expired(store: &Keystore) -> Result<Answer, Answer> {
    Ok(Answer::ok(&json!({ "wiped": store.wipe_expired_credentials()? })))
}

fn rename(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        app_id: String,
        name: String,
    }
    let body: Body = parse(body)?;
    let id: AppId = body.app_id.parse()?;
    Ok(Answer::ok(&AppResponse::new(store.rename_app(id, AppName::new(body.name)?)?)))
}

/// Takes what the vendor's `PATCH` takes.
fn replace_credential(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        app_id: String,
        #[serde(rename = "credential")]
        _credential: IgnoredAny,
    }
    let id: AppId = parse::<Body>(body)?.app_id.parse()?;
    let update = AppUpdate::from_json(body.as_bytes())?;
    Ok(Answer::ok(&fortanix::update_app(store, id, update)?))
}

#[derive(Deserialize)]
struct Authenticate<'a> {
    app_id: Option<String>,
    #[serde(borrow, default)]
    presented: Shown<'a>,
}

#[derive(Deserialize, Default)]
struct Shown<'a> {
    authorization: Option<String>,
    certificate_chain: Option<Vec<String>>,
    crls: Option<Vec<String>>,
    jwt: Option<String>,
    audience: Option<String>,
    /// What a fetch would return, as JSON or as a text.
    #[serde(borrow)]
    jwks: Option<&'a RawValue>,
    request: Option<Request>,
    google: Option<Google>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    path: String,
    query: Option<String>,
    headers: Option<Headers>,
    body: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "headers are an object of texts, or an array of pairs of texts")]
enum Headers {
    Object(std::collections::BTreeMap<String, String>),
    Pairs(Vec<(String, String)>),
}

#[derive(Deserialize)]
struct Google {
    reason: Option<String>,
    group: Option<String>,
    permission: Option<String>,
}

fn authenticate(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    let Authenticate { app_id, presented: shown } = parse(body)?;
    let chain = binaries("certificate_chain", shown.certificate_chain)?;
    let crls = binaries("crls", shown.crls)?;
    let request = shown.request.map(signed_request).transpose()?;
    let jwks = shown.jwks.map(|jwks| serde_json::from_str(jwks.get()).unwrap_or_else(|_| jwks.get().to_owned()));
    let fetch = |_: &str| Ok(jwks.clone().unwrap_or_default().into_bytes());

    let mut presented = Presented::new();
    presented = presented.certificate_chain(chain.iter().map(Vec::as_slice)).crls(crls.iter().map(Vec::as_slice));
    if let Some(id) = app_id {
        presented = presented.app(id.parse()?);
    }
    if let Some(authorization) = &shown.authorization {
        presented = presented.authorization(authorization);
    }
    if let Some(jwt) = &shown.jwt {
        presented = presented.jwt(jwt);
    }
    if let Some(audience) = &shown.audience {
        presented = presented.audience(audience);
    }
    if jwks.is_some() {
        presented = presented.fetch(&fetch);
    }
    if let Some(request) = &request {
        presented = presented.request(request);
    }
    if let Some(google) = shown.google {
        presented = presented.google(google_access(google)?);
    }
    Ok(Answer::ok(&Told::new(store.authenticate(&presented)?)))
}

fn binaries(field: &str, texts: Option<Vec<String>>) -> Result<Vec<Vec<u8>>, Answer> {
    texts.unwrap_or_default().iter().map(|text| binary(field, text)).collect()
}

fn signed_request(request: Request) -> Result<SignedRequest, Answer> {
    let mut signed = SignedRequest::new(request.method, request.path).query(request.query.unwrap_or_default());
    let headers = match request.headers {
        None => Vec::new(),
        Some(Headers::Object(headers)) => headers.into_iter().collect(),
        Some(Headers::Pairs(headers)) => headers,
    };
    for (name, value) in headers {
        signed = signed.header(name, value);
    }
    Ok(signed.body(binary("body", &request.body.unwrap_or_default())?))
}

fn google_access(google: Google) -> Result<GoogleAccess, Answer> {
    let unknown = |field, text: &str| Answer::invalid(format!("{field} is {}, which is not one known", quoted(text)));
    let reason = google.reason.map(|text| AccessReason::from_name(&text).ok_or_else(|| unknown("reason", &text)));
    let access = GoogleAccess::new(reason.transpose()?);
    match (google.group, google.permission) {
        (None, None) => Ok(access),
        (Some(group), Some(permission)) => {
            let group = uuid::Uuid::try_parse(&group).map_err(|_| unknown("group", &group))?;
            let known = GroupPermission::from_name(&permission).ok_or_else(|| unknown("permission", &permission))?;
            Ok(access.permission(group, known))
        }
        _ => Err(Answer::invalid("group and permission come together")),
    }
}

/// What came of it.
#[derive(Default, Serialize)]
struct Told {
    authenticated: bool,
    /// Which app, and by which of its credentials.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'static str>,
    /// Begins with its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_logging: Option<String>,
    /// What is left to check.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external: Vec<Value>,
}

impl Told {
    fn new(outcome: Outcome) -> Self {
        let refused = |reason: String| Self { reason: Some(reason), ..Self::default() };
        match outcome {
            Outcome::Authenticated(who) => Self { authenticated: true, ..Self::about(who) },
            Outcome::NeedsExternal { so_far, checks } => {
                let reason = Some("needs_external: what is named in external is left to check".into());
                Self { reason, external: checks.iter().map(external).collect(), ..Self::about(so_far) }
            }
            Outcome::Refused(refusal) => {
                let retry_after = refusal.retry_after.map(|wait| wait.as_secs());
                Self { retry_after, ..refused(refusal.to_string()) }
            }
            Outcome::Locked { retry_after } => {
                let seconds = retry_after.as_secs();
                let reason = format!("locked: wrong secrets came before, the next attempt counts in {seconds} s");
                Self { retry_after: Some(seconds), ..refused(reason) }
            }
            Outcome::Reset => {
                refused("reset: a secret was wrong too often, and has been replaced by a random one".into())
            }
            other => refused(format!("unknown: {other:?}")),
        }
    }

    fn about(who: Authenticated) -> Self {
        let credential = if who.used == Used::Previous { "previous" } else { "current" };
        let (app_id, additional_logging) = (Some(who.app.to_string()), who.additional_logging);
        Self { app_id, credential: Some(credential), additional_logging, ..Self::default() }
    }
}

fn external(check: &External) -> Value {
    match check {
        External::FetchKeys(keys) => {
            let seconds = keys.cache_duration().as_secs();
            json!({ "check": "fetch_keys", "url": keys.url(), "cache_duration": seconds })
        }
        External::Ldap(directory) => json!({ "check": "ldap", "directory": directory.to_string() }),
        External::AwsIam => json!({ "check": "awsiam" }),
        External::GoogleServiceAccount => json!({ "check": "googleserviceaccount" }),
        External::GoogleWorkspaceCse => json!({ "check": "googleworkspacecse" }),
        other => json!({ "check": format!("{other:?}") }),
    }
}
