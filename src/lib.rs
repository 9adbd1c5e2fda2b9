#![doc = include_str!("../README.md")]

// Layer 0 and 1: secrets and vocabulary.
mod model;
mod secret;

// Layer 2, blind to each other: encodings, primitives, searching, the file.
mod codec;
mod crypto;
mod search;
mod storage;

// Layer 3: the key hierarchy, certificates.
mod vault;
mod x509;

// Layer 4: statements about keys, and who is who.
pub mod attestation;
pub mod authn;

// Layer 5 and 6: the facade, the vendors' shapes.
pub mod api;
mod error;
mod keystore;
pub mod manual;

pub use crypto::{Entropy, EntropyError, Signature, SystemEntropy};
pub use error::{Error, ErrorKind, Result};
pub use keystore::{
    App, AppCredential, AppPlan, Attestation, AttestationRequest, Authority, AuthorityPlan, AuthorityRenewal,
    AuthorityStrength, BackupOptions, BasicAuthorization, Batch, CertificateInformation, CertificateRequest, Clock,
    Cursor, Digests, Direction, Due, Fingerprints, GenerateKey, ImportAuthority, ImportKey, Imported, Inspection,
    Integrity, Keys, Keystore, KidScheme, NamePattern, Options, OrderBy, OrderField, Page, PreviousCredential,
    Progress, PublicFormat, Query, ResetSecret, Ring, RingKey, RingPlan, RingSignature, RingSigner, RingState,
    SecretFormat, SecretStorage, Signer, SystemClock, Unlock, Verifier, inspect,
};
pub use model::{
    AccessReason, AccessReasonPolicy, Algorithm, Anchor, AppId, AppName, AppSecret, Armour, AwsXks, AwsXksSecret,
    Credential, CredentialKind, CredentialPart, CredentialPlan, Curve, DirectoryName, FetchedKeys, Fingerprint, Form,
    GoogleServiceAccount, GroupPermission, Hash, Issuer, KdfCost, Key, KeyId, KeyName, KeyRef, KeySpec, KeyType,
    KeyUse, Kid, Origin, PlannedPart, RingName, RingPlace, Schedule, Scheme, SecretEncoding, SecretSize, SignedJwt,
    SigningKeys, StoredKeys, Structure, Subject, TrustAnchorSubject, TrustAnchors, TrustedCa, UserLabel,
};
pub use secret::{MemoryProtection, SecretBytes};
