//! A credential made ready to be checked against.

use std::time::Duration;

use jiff::Timestamp;

use super::basic::{self, BasicKey};
use super::certificate::CertificateCheck;
use super::google::GoogleCheck;
use super::jwt::JwtCheck;
use super::outcome::{External, Reason, Refusal};
use super::presented::Presented;
use super::sigv4::SigV4Check;
use super::trusted_ca::TrustedCaCheck;
use crate::model::{AppId, AppSecret, Credential, CredentialKind, CredentialPart, Invalid};

/// A credential made ready: certificates, keys and policies are read.
pub(crate) struct Checker(Vec<Check>);

enum Check {
    Secret(AppSecret),
    Certificate(CertificateCheck),
    TrustedCa(TrustedCaCheck),
    Google(GoogleCheck),
    Jwt(Box<JwtCheck>),
    SigV4(SigV4Check),
    Outside(External),
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) app: AppId,
    pub(crate) now: Timestamp,
}

impl Facts {
    /// How far the clocks of others may be off, for what is signed by them.
    pub(super) const SKEW: Duration = Duration::from_secs(60);
}

/// A part that was presented and is right, as far as can be told here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Passed {
    pub(crate) additional_logging: Option<String>,
    pub(crate) external: Vec<External>,
}

impl Passed {
    pub(super) fn but(external: External) -> Self {
        Self { additional_logging: None, external: vec![external] }
    }
}

impl Checker {
    /// Reads what a credential is made of; what cannot be read is refused by its field.
    pub(crate) fn new(credential: Credential) -> Result<Self, Invalid> {
        let check = |part| {
            Ok(match part {
                CredentialPart::Secret(secret) => Check::Secret(secret),
                CredentialPart::Certificate(der) => Check::Certificate(CertificateCheck::new(der)?),
                CredentialPart::TrustedCa(trusted) => Check::TrustedCa(TrustedCaCheck::new(&trusted)?),
                CredentialPart::GoogleServiceAccount(account) => Check::Google(GoogleCheck::new(account)),
                CredentialPart::SignedJwt(jwt) => Check::Jwt(Box::new(JwtCheck::new(jwt)?)),
                CredentialPart::Ldap(id) => Check::Outside(External::Ldap(id)),
                CredentialPart::AwsIam => Check::Outside(External::AwsIam),
                CredentialPart::AwsXks(aws) => Check::SigV4(SigV4Check::new(aws)),
                CredentialPart::GoogleWorkspaceCse => Check::Outside(External::GoogleWorkspaceCse),
            })
        };
        Ok(Self(credential.into_parts().into_iter().map(check).collect::<Result<_, _>>()?))
    }

    /// Checks every part. `key` is the API key that was presented, if any, or why it cannot be read.
    pub(crate) fn check(
        &self,
        facts: Facts,
        presented: &Presented<'_>,
        key: Option<&Result<BasicKey, Refusal>>,
    ) -> Result<Passed, Refusal> {
        let mut passed = Passed::default();
        for check in &self.0 {
            let part = check.check(facts, presented, key)?;
            passed.additional_logging = passed.additional_logging.or(part.additional_logging);
            passed.external.extend(part.external);
        }
        Ok(passed)
    }
}

impl Check {
    fn check(
        &self,
        facts: Facts,
        presented: &Presented<'_>,
        key: Option<&Result<BasicKey, Refusal>>,
    ) -> Result<Passed, Refusal> {
        match self {
            Self::Secret(secret) => check_secret(secret, facts, key),
            Self::Certificate(check) => check.check(presented),
            Self::TrustedCa(check) => check.check(facts, presented),
            Self::Google(check) => check.check(presented),
            Self::Jwt(check) => check.check(facts, presented),
            Self::SigV4(check) => check.check(facts, presented),
            Self::Outside(external) => Ok(Passed::but(external.clone())),
        }
    }
}

fn check_secret(secret: &AppSecret, facts: Facts, key: Option<&Result<BasicKey, Refusal>>) -> Result<Passed, Refusal> {
    let refused = |reason, message: &str| Err(Refusal::new(CredentialKind::Secret, reason, message));
    match key {
        None => refused(Reason::NotPresented, "no API key was presented"),
        Some(Err(refusal)) => Err(refusal.clone()),
        Some(Ok(key)) if key.app != facts.app => refused(Reason::WrongApp, "the API key is of another app"),
        Some(Ok(key)) if basic::is_secret(secret, &key.secret) => Ok(Passed::default()),
        Some(Ok(_)) => refused(Reason::WrongSecret, "the secret is another"),
    }
}
