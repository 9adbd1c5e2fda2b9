//! A credential as bytes, for its seal: the manual, `file_format`, writes it down.

mod octets;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use uuid::Uuid;

use octets::{Reader, Writer};

use super::secret::Kept;
use super::{
    AccessReason, AccessReasonPolicy, AppSecret, AwsXks, Credential, CredentialKind, CredentialPart, DirectoryName,
    FetchedKeys, GoogleServiceAccount, GroupPermission, SignedJwt, SigningKeys, StoredKeys, Subject,
    TrustAnchorSubject, TrustAnchors, TrustedCa,
};
use crate::secret::SecretBytes;

const VERSION: u8 = 1;

impl Credential {
    /// The bytes that are sealed.
    pub(crate) fn to_bytes(&self) -> SecretBytes {
        let mut out = Writer::new();
        out.byte(VERSION);
        out.count(self.parts().len());
        for part in self.parts() {
            out.byte(part.kind().code());
            write_part(&mut out, part);
        }
        SecretBytes::copy_from(&out.0)
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else, also for what would be written otherwise.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut input = Reader(bytes);
        if input.byte()? != VERSION {
            return None;
        }
        let parts = input.list(|input| {
            let found = input.byte()?;
            let kind = CredentialKind::ALL.into_iter().find(|kind| kind.code() == found)?;
            read_part(input, kind)
        })?;
        let read = Self::from_parts(parts).ok()?;
        (input.0.is_empty() && read.to_bytes().expose_secret() == bytes).then_some(read)
    }
}

fn write_part(out: &mut Writer, part: &CredentialPart) {
    match part {
        CredentialPart::Secret(secret) => match secret.kept() {
            Kept::Text(text) => {
                out.byte(1);
                out.bytes(text.expose_secret());
            }
            Kept::Digest { salt, digest } => {
                out.byte(2);
                out.bytes(salt);
                out.bytes(digest);
            }
        },
        CredentialPart::Certificate(der) => out.bytes(der),
        CredentialPart::TrustedCa(trusted) => write_trusted_ca(out, trusted),
        CredentialPart::GoogleServiceAccount(account) => write_google(out, account),
        CredentialPart::SignedJwt(jwt) => write_signed_jwt(out, jwt),
        CredentialPart::Ldap(directory) => out.bytes(directory.as_bytes()),
        CredentialPart::AwsIam | CredentialPart::GoogleWorkspaceCse => {}
        CredentialPart::AwsXks(aws) => {
            out.text(aws.access_key_id());
            out.text(aws.secret_key().expose_secret());
        }
    }
}

fn read_part(input: &mut Reader<'_>, kind: CredentialKind) -> Option<CredentialPart> {
    Some(match kind {
        CredentialKind::Secret => CredentialPart::Secret(match input.byte()? {
            1 => AppSecret::parse(SecretBytes::copy_from(input.bytes()?)).ok()?,
            2 => AppSecret::from_digest(input.bytes()?.try_into().ok()?, input.bytes()?.try_into().ok()?),
            _ => return None,
        }),
        CredentialKind::Certificate => CredentialPart::Certificate(input.bytes()?.into()),
        CredentialKind::TrustedCa => CredentialPart::TrustedCa(read_trusted_ca(input)?),
        CredentialKind::GoogleServiceAccount => CredentialPart::GoogleServiceAccount(read_google(input)?),
        CredentialKind::SignedJwt => CredentialPart::SignedJwt(read_signed_jwt(input)?),
        CredentialKind::Ldap => CredentialPart::Ldap(Uuid::from_slice(input.bytes()?).ok()?),
        CredentialKind::AwsIam => CredentialPart::AwsIam,
        CredentialKind::AwsXks => {
            let id = input.text()?.into();
            CredentialPart::AwsXks(AwsXks::parse(id, SecretBytes::copy_from(input.bytes()?)).ok()?)
        }
        CredentialKind::GoogleWorkspaceCse => CredentialPart::GoogleWorkspaceCse,
    })
}

fn write_name(out: &mut Writer, name: &DirectoryName) {
    out.count(name.attributes().len());
    for (oid, value) in name.attributes() {
        out.text(oid);
        out.bytes(value);
    }
}

fn read_name(input: &mut Reader<'_>) -> Option<DirectoryName> {
    DirectoryName::parse(input.list(|input| Some((input.text()?.into(), input.bytes()?.into())))?).ok()
}

fn write_subject(out: &mut Writer, subject: &Subject) {
    match subject {
        Subject::DirectoryName(name) => {
            out.byte(1);
            write_name(out, name);
        }
        Subject::DnsName(name) => {
            out.byte(2);
            out.text(name);
        }
        Subject::IpAddress(IpAddr::V4(address)) => {
            out.byte(3);
            out.bytes(&address.octets());
        }
        Subject::IpAddress(IpAddr::V6(address)) => {
            out.byte(3);
            out.bytes(&address.octets());
        }
    }
}

fn read_subject(input: &mut Reader<'_>) -> Option<Subject> {
    match input.byte()? {
        1 => read_name(input).map(Subject::DirectoryName),
        2 => Subject::parse_dns_name(input.text()?.into()).ok(),
        3 => {
            let octets = input.bytes()?;
            let four = <[u8; 4]>::try_from(octets).map(IpAddr::from);
            Some(Subject::IpAddress(four.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()?))
        }
        _ => None,
    }
}

fn write_trusted_ca(out: &mut Writer, trusted: &TrustedCa) {
    match trusted.subject() {
        TrustAnchorSubject::Subject(name) => {
            out.byte(1);
            write_name(out, name);
        }
        TrustAnchorSubject::SubjectGeneral(subject) => {
            out.byte(2);
            write_subject(out, subject);
        }
        TrustAnchorSubject::Subjects(subjects) => {
            out.byte(3);
            out.count(subjects.len());
            subjects.iter().for_each(|subject| write_subject(out, subject));
        }
    }
    out.byte(if matches!(trusted.anchors(), TrustAnchors::One(_)) { 1 } else { 2 });
    out.count(trusted.anchors().iter().len());
    trusted.anchors().iter().for_each(|anchor| out.bytes(anchor));
    out.byte(trusted.check_revocation().map_or(0, |check| if check { 2 } else { 1 }));
}

fn read_trusted_ca(input: &mut Reader<'_>) -> Option<TrustedCa> {
    let subject = match input.byte()? {
        1 => TrustAnchorSubject::Subject(read_name(input)?),
        2 => TrustAnchorSubject::SubjectGeneral(read_subject(input)?),
        3 => TrustAnchorSubject::Subjects(input.list(read_subject)?),
        _ => return None,
    };
    let form = input.byte()?;
    let mut anchors: Vec<Box<[u8]>> = input.list(|input| Some(input.bytes()?.into()))?;
    let anchors = match (form, anchors.len()) {
        (1, 1) => TrustAnchors::One(anchors.pop()?),
        (2, _) => TrustAnchors::Many(anchors),
        _ => return None,
    };
    let check = match input.byte()? {
        0 => None,
        1 => Some(false),
        2 => Some(true),
        _ => return None,
    };
    TrustedCa::parse(subject, anchors, check).ok()
}

fn write_google(out: &mut Writer, account: &GoogleServiceAccount) {
    out.byte(u8::from(account.access_reason_policy().is_some()));
    if let Some(policy) = account.access_reason_policy() {
        out.count(policy.allow.len());
        policy.allow.iter().for_each(|reason| out.text(reason.as_str()));
        out.byte(u8::from(policy.allow_missing_reason));
    }
    out.byte(u8::from(account.groups().is_some()));
    if let Some(groups) = account.groups() {
        out.count(groups.len());
        for (group, permissions) in groups {
            out.bytes(group.as_bytes());
            out.count(permissions.len());
            permissions.iter().for_each(|permission| out.text(permission.as_str()));
        }
    }
}

fn read_google(input: &mut Reader<'_>) -> Option<GoogleServiceAccount> {
    let policy = if input.flag()? {
        let allow = input.list(|input| AccessReason::from_name(input.text()?))?;
        Some(AccessReasonPolicy::new(allow, input.flag()?))
    } else {
        None
    };
    let groups = if input.flag()? {
        let groups = input.list(|input| {
            let group = Uuid::from_slice(input.bytes()?).ok()?;
            let permissions = input.list(|input| GroupPermission::from_name(input.text()?))?;
            Some((group, permissions.into_iter().collect::<BTreeSet<_>>()))
        })?;
        Some(groups.into_iter().collect::<BTreeMap<_, _>>())
    } else {
        None
    };
    GoogleServiceAccount::parse(policy, groups).ok()
}

fn write_signed_jwt(out: &mut Writer, jwt: &SignedJwt) {
    out.count(jwt.valid_issuers().len());
    jwt.valid_issuers().iter().for_each(|issuer| out.text(issuer));
    match jwt.signing_keys() {
        SigningKeys::Stored(keys) => {
            out.byte(1);
            out.count(keys.iter().len());
            for (kid, der) in keys.iter() {
                out.text(kid);
                out.bytes(der);
            }
        }
        SigningKeys::Fetched(fetched) => {
            out.byte(2);
            out.text(fetched.url());
            out.bytes(&fetched.cache_duration().as_secs().to_be_bytes());
        }
    }
    out.byte(u8::from(jwt.private_claims_policy().is_some()));
    if let Some(policy) = jwt.private_claims_policy() {
        out.text(policy);
    }
}

fn read_signed_jwt(input: &mut Reader<'_>) -> Option<SignedJwt> {
    let issuers = input.list(|input| input.text().map(Box::from))?;
    let keys = match input.byte()? {
        1 => {
            let keys = input.list(|input| Some((input.text()?.into(), input.bytes()?.into())))?;
            SigningKeys::Stored(StoredKeys::parse(keys.into_iter().collect()).ok()?)
        }
        2 => {
            let url = input.text()?.into();
            let seconds = u64::from_be_bytes(input.bytes()?.try_into().ok()?);
            SigningKeys::Fetched(FetchedKeys::parse(url, Duration::from_secs(seconds)).ok()?)
        }
        _ => return None,
    };
    let policy = if input.flag()? { Some(input.text()?.into()) } else { None };
    SignedJwt::parse(issuers.into_iter().collect(), keys, policy).ok()
}

#[cfg(test)]
mod tests;
