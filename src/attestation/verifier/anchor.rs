//! Trust anchors: the roots that whoever verifies has pinned.

use std::sync::Arc;

use crate::codec::{self, Content};
use crate::crypto::{CryptoError, IssuerKey};
use crate::model::{Invalid, Problem};
use crate::x509::Certificate;

/// A pinned root certificate.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    pub(super) der: Box<[u8]>,
    /// Read once: every chain of this root needs it.
    pub(super) key: Arc<Result<IssuerKey, CryptoError>>,
    /// Whether it is issued and signed by itself, and if not, why. Found out once too.
    pub(super) self_signed: Result<(), String>,
}

const MOST: usize = 64;

/// Reads 1 to 64 certificates in DER or PEM.
pub(super) fn read(inputs: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Vec<Anchor>, Invalid> {
    let mut anchors = Vec::new();
    for (at, input) in inputs.into_iter().enumerate() {
        let unread = |problem: String| {
            let message = format!("trust anchor {at} cannot be read: {problem}");
            Invalid::new("trust_anchor", Problem::CouldNotParse, message)
        };
        let document = codec::read_document(input.as_ref()).map_err(|error| unread(error.to_string()))?;
        for item in document.items {
            let Content::Certificate(der) = item.content else {
                return Err(unread("it is a key, allowed are certificates in DER or PEM".to_owned()));
            };
            if anchors.len() == MOST {
                return Err(number(format!("more than {MOST}")));
            }
            let root = Certificate::read(&der).map_err(|error| unread(error.to_string()))?;
            let key = IssuerKey::from_spki(root.spki);
            let self_signed = self_signed(&root, &key);
            anchors.push(Anchor { key: Arc::new(key), self_signed, der });
        }
    }
    if anchors.is_empty() { Err(number("0".to_owned())) } else { Ok(anchors) }
}

fn number(got: String) -> Invalid {
    let message = format!("number of trust anchors is {got}, allowed are 1 to {MOST}");
    Invalid::new("trust_anchor", Problem::InvalidLength, message)
}

fn self_signed(root: &Certificate<'_>, key: &Result<IssuerKey, CryptoError>) -> Result<(), String> {
    if root.issuer != root.subject {
        return Err("is issued by another".to_owned());
    }
    if root.signature_algorithm != root.tbs_algorithm {
        return Err("names one signature algorithm inside and another outside".to_owned());
    }
    let key = key.as_ref().map_err(|error| format!("has a key that cannot be used: {error}"))?;
    let verified = key.verify(root.signature_algorithm, root.tbs, root.signature);
    verified.map_err(|error| format!("is not signed with its own key: {error}"))
}
