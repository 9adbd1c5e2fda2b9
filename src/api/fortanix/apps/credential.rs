//! Reading credentials: the vendor's `AppCredentialRequest`.

use super::super::Failure;
use super::super::fields::{Fields, binary_of, elements_of, number_of, text_of, uuid, wrong_type};
use super::{google, signed_jwt, trusted_ca};
use crate::api::json::Value;
use crate::model::{AppSecret, AwsXks, CredentialPart, CredentialPlan, PlannedPart, SecretSize};

const KINDS: [&str; 10] = [
    "secret",
    "secret_size",
    "certificate",
    "trustedca",
    "googleserviceaccount",
    "signedjwt",
    "ldap",
    "awsiam",
    "awsxks",
    "googleworkspacecse",
];

/// A plan, and whether a secret is to be made at random.
pub(super) struct Read {
    pub(super) plan: CredentialPlan,
    pub(super) generates: bool,
}

pub(super) fn credential(path: String, value: Value) -> Result<Read, Failure> {
    let mut fields = Fields::of(path, value)?;
    let [a, b, c, d, e, f, g, h, i, j] = KINDS;
    let parts = match fields.only_one(&["all", a, b, c, d, e, f, g, h, i, j])? {
        ("all", value) => {
            let path = fields.path_of("all");
            let one = |(path, value)| {
                let mut fields = Fields::of(path, value)?;
                let (kind, value) = fields.only_one(&KINDS)?;
                part(kind, fields.path_of(kind), value)
            };
            let elements = elements_of(&path, value, "an array of two credentials")?;
            if elements.len() != 2 {
                let got = elements.len();
                return Err(Failure::invalid(format!("{path} has {got} credentials, allowed are exactly 2")));
            }
            elements.into_iter().map(one).collect::<Result<_, _>>()?
        }
        (kind, value) => vec![part(kind, fields.path_of(kind), value)?],
    };
    let generates = parts.iter().any(|part| !matches!(part, PlannedPart::Given(_)));
    Ok(Read { plan: CredentialPlan::from_parts(parts).map_err(crate::Error::from)?, generates })
}

fn part(kind: &str, path: String, value: Value) -> Result<PlannedPart, Failure> {
    Ok(PlannedPart::Given(match kind {
        "secret" => return secret(path, value),
        "secret_size" => return random_secret(number_of(&path, &value)?),
        "certificate" => CredentialPart::Certificate(binary_of(&path, value)?.into()),
        "trustedca" => CredentialPart::TrustedCa(trusted_ca::read(Fields::of(path, value)?)?),
        "googleserviceaccount" => CredentialPart::GoogleServiceAccount(google::read(Fields::of(path, value)?)?),
        "signedjwt" => CredentialPart::SignedJwt(signed_jwt::read(Fields::of(path, value)?)?),
        "ldap" => CredentialPart::Ldap(uuid(&path, &text_of(&path, value)?)?),
        "awsiam" => Fields::of(path, value).map(|_| CredentialPart::AwsIam)?,
        "awsxks" => return aws_xks(Fields::of(path, value)?),
        _ => Fields::of(path, value).map(|_| CredentialPart::GoogleWorkspaceCse)?,
    }))
}

fn secret(path: String, value: Value) -> Result<PlannedPart, Failure> {
    match value {
        Value::String(mut text) => Ok(CredentialPart::Secret(AppSecret::new(std::mem::take(&mut *text))?).into()),
        value @ Value::Object(_) => {
            random_secret(Fields::of(path, value)?.number("size")?.unwrap_or(SecretSize::DEFAULT.bytes() as u64))
        }
        other => Err(wrong_type(&path, &other, "a string, or an object with size")),
    }
}

pub(super) fn random_secret(size: u64) -> Result<PlannedPart, Failure> {
    Ok(PlannedPart::RandomSecret(SecretSize::new(size)?))
}

fn aws_xks(mut fields: Fields) -> Result<PlannedPart, Failure> {
    match (fields.text("access_key_id")?, fields.text("secret_key")?) {
        (Some(id), Some(key)) => Ok(CredentialPart::AwsXks(AwsXks::new(id, key)?).into()),
        (None, None) => Ok(PlannedPart::RandomAwsXks),
        _ => {
            let path = fields.path();
            Err(Failure::invalid(format!("{path} has one of access_key_id and secret_key, allowed are both or none")))
        }
    }
}
