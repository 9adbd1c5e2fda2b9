//! Writing credentials: the vendor's `AppCredential`. Secrets go straight into the text that is written.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::model::{
    AccessReason, Credential, CredentialPart, DirectoryName, GoogleServiceAccount, GroupPermission, SignedJwt,
    SigningKeys, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa,
};

pub(super) struct ShownCredential<'a>(pub(super) &'a Credential);

impl Serialize for ShownCredential<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parts() {
            [part] => Part(part).serialize(serializer),
            parts => entry(serializer, "all", &parts.iter().map(Part).collect::<Vec<_>>()),
        }
    }
}

/// An object with one member.
fn entry<S: Serializer>(serializer: S, name: &str, value: &(impl Serialize + ?Sized)) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(name, value)?;
    map.end()
}

struct Part<'a>(&'a CredentialPart);

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = self.0.kind().name();
        match self.0 {
            CredentialPart::Secret(secret) => match secret.expose_secret() {
                Some(secret) => entry(serializer, name, secret),
                None => Err(S::Error::custom("the secret is kept as a hash")),
            },
            CredentialPart::Certificate(der) => entry(serializer, name, &base64(der)),
            CredentialPart::TrustedCa(trusted) => entry(serializer, name, &Trusted(trusted)),
            CredentialPart::GoogleServiceAccount(account) => entry(serializer, name, &Google(account)),
            CredentialPart::SignedJwt(jwt) => entry(serializer, name, &Jwt(jwt)),
            CredentialPart::Ldap(directory) => entry(serializer, name, &directory.to_string()),
            CredentialPart::AwsIam | CredentialPart::GoogleWorkspaceCse => {
                entry(serializer, name, &BTreeMap::<(), ()>::new())
            }
            CredentialPart::AwsXks(aws) => {
                let key = [("access_key_id", aws.access_key_id()), ("secret_key", aws.secret_key().expose_secret())];
                entry(serializer, name, &BTreeMap::from(key))
            }
        }
    }
}

fn base64(der: &[u8]) -> String {
    Base64::encode_string(der)
}

struct Trusted<'a>(&'a TrustedCa);

impl Serialize for Trusted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some(check_revocation) = self.0.check_revocation() {
            map.serialize_entry("check_revocation", &check_revocation)?;
        }
        match self.0.subject() {
            TrustAnchorSubject::Subject(name) => map.serialize_entry("subject", &Name(name))?,
            TrustAnchorSubject::SubjectGeneral(subject) => {
                map.serialize_entry("subject_general", &General(subject))?;
            }
            TrustAnchorSubject::Subjects(subjects) => {
                map.serialize_entry("subjects", &subjects.iter().map(General).collect::<Vec<_>>())?;
            }
        }
        match self.0.anchors() {
            TrustAnchors::One(der) => map.serialize_entry("ca_certificate", &base64(der))?,
            TrustAnchors::Many(_) => {
                map.serialize_entry("ca_certificates", &self.0.anchors().iter().map(base64).collect::<Vec<_>>())?;
            }
        }
        map.end()
    }
}

struct General<'a>(&'a Subject);

impl Serialize for General<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Subject::DirectoryName(name) => entry(serializer, "directory_name", &Name(name)),
            Subject::DnsName(name) => entry(serializer, "dns_name", &**name),
            Subject::IpAddress(address) => entry(serializer, "ip_address", address),
        }
    }
}

struct Name<'a>(&'a DirectoryName);

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut pairs = serializer.serialize_seq(None)?;
        for (oid, value) in self.0.attributes() {
            pairs.serialize_element(&[oid, &base64(value)])?;
        }
        pairs.end()
    }
}

struct Google<'a>(&'a GoogleServiceAccount);

impl Serialize for Google<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Policy {
            allow: Vec<&'static str>,
            allow_missing_reason: bool,
        }
        let mut map = serializer.serialize_map(None)?;
        if let Some(policy) = self.0.access_reason_policy() {
            let allow = policy.allow.iter().copied().map(AccessReason::as_str).collect();
            let policy = Policy { allow, allow_missing_reason: policy.allow_missing_reason };
            map.serialize_entry("access_reason_policy", &policy)?;
        }
        if let Some(groups) = self.0.groups() {
            let names = |permissions: &std::collections::BTreeSet<GroupPermission>| {
                permissions.iter().copied().map(GroupPermission::as_str).collect::<Vec<_>>()
            };
            let groups: BTreeMap<_, _> =
                groups.iter().map(|(group, permissions)| (group.to_string(), names(permissions))).collect();
            map.serialize_entry("groups", &groups)?;
        }
        map.end()
    }
}

struct Jwt<'a>(&'a SignedJwt);

impl Serialize for Jwt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "lowercase", tag = "kind")]
        enum Keys<'a> {
            Stored { keys: BTreeMap<&'a str, String> },
            Fetched { url: &'a str, cache_duration: u64 },
        }
        #[derive(Serialize)]
        struct Policy<'a> {
            definition: Definition<'a>,
        }
        #[derive(Serialize)]
        struct Definition<'a> {
            #[serde(rename = "$type")]
            language: &'static str,
            value: &'a str,
        }
        let keys = match self.0.signing_keys() {
            SigningKeys::Stored(keys) => {
                Keys::Stored { keys: keys.iter().map(|(kid, der)| (kid, base64(der))).collect() }
            }
            SigningKeys::Fetched(keys) => {
                Keys::Fetched { url: keys.url(), cache_duration: keys.cache_duration().as_secs() }
            }
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("valid_issuers", self.0.valid_issuers())?;
        map.serialize_entry("signing_keys", &keys)?;
        if let Some(value) = self.0.private_claims_policy() {
            let definition = Definition { language: "rego", value };
            map.serialize_entry("private_claims_policy", &Policy { definition })?;
        }
        map.end()
    }
}
