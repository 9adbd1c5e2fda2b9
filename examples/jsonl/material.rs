//! The calls that take keys in and hand them out.

use base64ct::{Base64, Encoding};
use keystead::api::fusionauth::{CertificateInformationBody, KeyBody};
use keystead::{
    Algorithm, ImportKey, Inspection, KeyId, KeyName, Keystore, Kid, PublicFormat, SecretBytes, SecretFormat,
    inspect as look,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

use crate::answer::{Answer, quoted};
use crate::native::parse;

pub(crate) fn inspect(body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        data: String,
        password: Option<String>,
    }
    let body: Body = parse(body)?;
    let found = look(&bytes(&body.data), body.password.map(SecretBytes::from).as_ref())?;
    let shown = found.iter().map(show).collect::<Result<Vec<_>, _>>()?;
    match shown.first().cloned() {
        Some(mut first) => {
            // Several keys: the first as if it were alone, and all of them beside it.
            if let (Some(first), true) = (first.as_object_mut(), shown.len() > 1) {
                first.insert("keys".into(), shown.into());
            }
            Ok(Answer::ok(&first))
        }
        None => Err(Answer::invalid("data: there is no key in it")),
    }
}

fn show(found: &Inspection) -> Result<serde_json::Value, Answer> {
    #[derive(Serialize)]
    struct Shown<'a> {
        form: String,
        #[serde(rename = "type")]
        key_type: &'a str,
        length: u32,
        #[serde(skip_serializing_if = "Option::is_none")]
        curve: Option<&'a str>,
        has_private: bool,
        algorithm: &'a str,
        public_key: Option<String>,
        jwk_thumbprint: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        certificate_information: Option<CertificateInformationBody>,
        #[serde(skip_serializing_if = "Option::is_none")]
        kid: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
    }
    Ok(json!(Shown {
        form: found.form().to_string(),
        key_type: found.key_type().name(),
        length: found.bits(),
        curve: found.curve().map(keystead::Curve::name),
        has_private: found.has_private_key(),
        algorithm: found.algorithm().name(),
        public_key: found.public_key_pem()?,
        jwk_thumbprint: found.jwk_thumbprint().map(|thumbprint| thumbprint.to_base64url()),
        certificate_information: found.certificate_information().map(CertificateInformationBody::new),
        kid: found.kid(),
        name: found.name(),
    }))
}

pub(crate) fn import(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        data: String,
        name: String,
        password: Option<String>,
        algorithm: Option<String>,
        kid: Option<String>,
        exportable: Option<bool>,
        allow_short_secret: Option<bool>,
    }
    let body: Body = parse(body)?;
    let mut request = ImportKey::new(KeyName::new(body.name)?, bytes(&body.data))
        .exportable(body.exportable.unwrap_or(false))
        .allow_short_secret(body.allow_short_secret.unwrap_or(false));
    if let Some(password) = body.password {
        request = request.password(password);
    }
    if let Some(algorithm) = body.algorithm {
        request = request.algorithm(algorithm.parse::<Algorithm>()?);
    }
    if let Some(kid) = body.kid {
        request = request.kid(Kid::new(kid)?);
    }
    #[derive(Serialize)]
    struct Taken {
        #[serde(flatten)]
        key: KeyBody,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        same_as: Vec<String>,
    }
    let imported = store.import(request)?;
    let same_as = imported.same_as.iter().map(KeyId::to_string).collect();
    Ok(Answer::ok(&Taken { key: KeyBody::new(&imported.key)?, same_as }))
}

pub(crate) fn export(store: &Keystore, body: &str) -> Result<Answer, Answer> {
    #[derive(Deserialize)]
    struct Body {
        id: String,
        format: String,
        password: Option<String>,
    }
    let Body { id, format, password } = parse(body)?;
    let id: KeyId = id.parse()?;
    let password = || {
        let password = password.clone().map(SecretBytes::from);
        password.ok_or_else(|| Answer::invalid(format!("password is missing, the format {format} needs one")))
    };
    let public = |format| -> Result<Answer, Answer> { Ok(data(&store.export_public(id, format)?)) };
    let secret = |format| -> Result<Answer, Answer> { Ok(data(store.export_secret(id, &format)?.expose_secret())) };
    match format.as_str() {
        "spki-pem" => public(PublicFormat::SpkiPem),
        "spki-der" => public(PublicFormat::SpkiDer),
        "pkcs1-public-pem" => public(PublicFormat::Pkcs1Pem),
        "certificate-pem" => public(PublicFormat::CertificatePem),
        "certificate-pem-crlf" => public(PublicFormat::CertificatePemCrlf),
        "certificate-der" => public(PublicFormat::CertificateDer),
        "certificate-chain-pem" => public(PublicFormat::CertificateChainPem),
        "pkcs7-pem" => public(PublicFormat::Pkcs7Pem),
        "pkcs7-pem-crlf" => public(PublicFormat::Pkcs7PemCrlf),
        "pkcs7-der" => public(PublicFormat::Pkcs7Der),
        "jwk" => public(PublicFormat::Jwk),
        "pkcs8-pem" => secret(SecretFormat::Pkcs8Pem),
        "pkcs8-der" => secret(SecretFormat::Pkcs8Der),
        "encrypted-pkcs8-pem" => secret(SecretFormat::EncryptedPkcs8Pem { password: password()? }),
        "encrypted-pkcs8-der" => secret(SecretFormat::EncryptedPkcs8Der { password: password()? }),
        "pkcs1-pem" => secret(SecretFormat::Pkcs1Pem),
        "sec1-pem" => secret(SecretFormat::Sec1Pem),
        "pkcs12" => secret(SecretFormat::Pkcs12 { password: password()? }),
        "jwk-private" => secret(SecretFormat::Jwk),
        "raw" => secret(SecretFormat::Raw),
        other => Err(Answer::invalid(format!("format is {}, allowed are {FORMATS}", quoted(other)))),
    }
}

const FORMATS: &str = "spki-pem, spki-der, pkcs1-public-pem, certificate-pem, certificate-pem-crlf, certificate-der, \
                       certificate-chain-pem, pkcs7-pem, pkcs7-pem-crlf, pkcs7-der, jwk, pkcs8-pem, pkcs8-der, encrypted-pkcs8-pem, \
                       encrypted-pkcs8-der, pkcs1-pem, sec1-pem, pkcs12, jwk-private, raw";

pub(crate) fn jwks(store: &Keystore) -> Result<Answer, Answer> {
    match RawValue::from_string(store.jwks()?) {
        Ok(set) => Ok(Answer::ok(&set)),
        Err(error) => Err(Answer::invalid(error)),
    }
}

fn data(bytes: &[u8]) -> Answer {
    Answer::ok(&json!({ "data": Base64::encode_string(bytes) }))
}

/// Standard base64, or a text that is none and stands for itself: PEM and JSON may come as they are.
pub(crate) fn bytes(data: &str) -> Vec<u8> {
    Base64::decode_vec(data).unwrap_or_else(|_| data.as_bytes().to_vec())
}
