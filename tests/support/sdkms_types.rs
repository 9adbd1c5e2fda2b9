//! How Fortanix's client for Rust reads and writes credentials: crates.io `sdkms` 0.5.1, `src/generated/apps_generated.rs` and
//! `common_generated.rs`, restated with the same names, types and serde attributes. The crate itself is no dependency of the
//! tests: it brings 60 others, among them hashes of the generation before this library's.

// Read for their shapes.
#![allow(dead_code)]

use std::collections::{HashMap, HashSet};

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// Bytes in base64.
#[derive(Debug)]
pub(crate) struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Base64::encode_string(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Base64::decode_vec(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TrustAnchor {
    subject: Vec<[String; 2]>,
    ca_certificate: Blob,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AppCredential {
    Secret(String),
    Certificate(Blob),
    TrustedCa(TrustAnchor),
    GoogleServiceAccount {},
    SignedJwt { valid_issuers: HashSet<String>, signing_keys: JwtSigningKeys },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub(crate) enum JwtSigningKeys {
    Stored { keys: HashMap<String, Blob> },
    Fetched { url: String, cache_duration: u64 },
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AppCredentialResponse {
    pub(crate) app_id: Uuid,
    pub(crate) credential: AppCredential,
}

/// Of the fields about groups and roles, which are other types there, the empty ones.
#[derive(Debug, Default, Serialize)]
pub(crate) struct AppRequest {
    pub(crate) add_groups: Option<()>,
    pub(crate) app_type: Option<String>,
    pub(crate) credential: Option<AppCredential>,
    pub(crate) default_group: Option<Uuid>,
    pub(crate) del_groups: Option<HashSet<Uuid>>,
    pub(crate) description: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) interface: Option<String>,
    pub(crate) mod_groups: Option<()>,
    pub(crate) name: Option<String>,
    pub(crate) oauth_config: Option<()>,
    pub(crate) secret_size: Option<u32>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct AppResetSecretRequest {
    pub(crate) secret_size: Option<u32>,
}
