//! Reading `signedjwt`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::super::Failure;
use super::super::fields::{Fields, binary_of, text_of, wrong_type};
use crate::api::json::Value;
use crate::model::{FetchedKeys, Invalid, SignedJwt, SigningKeys, StoredKeys};

pub(super) fn read(mut fields: Fields) -> Result<SignedJwt, Failure> {
    let mut issuers = BTreeSet::new();
    for (path, value) in fields.needed_array("valid_issuers", "an array of strings")? {
        let issuer = text_of(&path, value)?;
        let quoted = Invalid::quote(&issuer);
        if !issuers.insert(issuer) {
            return Err(Failure::invalid(format!("{path} is {quoted} once more, allowed is once")));
        }
    }
    let keys = signing_keys(fields.needed_object("signing_keys")?)?;
    let path = fields.path_of("private_claims_policy");
    let policy = fields.take("private_claims_policy")?.map(|value| rego(Fields::of(path, value)?)).transpose()?;
    Ok(SignedJwt::new(issuers, keys, policy)?)
}

fn signing_keys(mut fields: Fields) -> Result<SigningKeys, Failure> {
    let kind = fields.needed_text("kind")?;
    match kind.as_str() {
        "stored" => {
            let keys = fields.needed_object("keys")?;
            let path = keys.path().to_owned();
            let key = |(kid, value): (String, Value)| {
                let path = format!("{path}.{}", Invalid::quote(&kid));
                match value {
                    Value::Twice => Err(wrong_type(&path, &value, "")),
                    value => Ok((kid, binary_of(&path, value)?)),
                }
            };
            let keys: BTreeMap<_, _> = keys.into_members().map(key).collect::<Result<_, _>>()?;
            Ok(SigningKeys::Stored(StoredKeys::new(keys)?))
        }
        "fetched" => {
            let url = fields.needed_text("url")?;
            let cache_duration = Duration::from_secs(fields.needed_number("cache_duration")?);
            Ok(SigningKeys::Fetched(FetchedKeys::new(url, cache_duration)?))
        }
        other => Err(not_one_of(&fields.path_of("kind"), other, "are stored and fetched")),
    }
}

fn rego(mut fields: Fields) -> Result<String, Failure> {
    let mut definition = fields.needed_object("definition")?;
    match definition.needed_text("$type")?.as_str() {
        "rego" => definition.needed_text("value"),
        other => Err(not_one_of(&definition.path_of("$type"), other, "is rego")),
    }
}

fn not_one_of(path: &str, got: &str, allowed: &str) -> Failure {
    Failure::invalid(format!("{path} is {}, allowed {allowed}", Invalid::quote(got)))
}
