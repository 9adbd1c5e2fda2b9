//! What bytes from outside were read into: keys, secrets, certificates, and what is still encrypted.

use crate::model::{Armour, RawPrivate, Structure};
use crate::secret::SecretBytes;

/// Everything that one input holds, in its order.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) armour: Armour,
    /// At least one.
    pub(crate) items: Vec<Item>,
}

#[derive(Debug)]
pub(crate) struct Item {
    /// For a certificate out of PKCS#7 or a key out of a set, what it came in.
    pub(crate) structure: Structure,
    pub(crate) content: Content,
    pub(crate) hints: Hints,
}

/// A key or certificate of sound structure. Nothing is known yet about its values.
#[derive(Debug)]
pub(crate) enum Content {
    Private(RawPrivate),
    /// SubjectPublicKeyInfo in DER.
    Public(Box<[u8]>),
    /// The certificate in DER as it stood: `SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING }`, not looked into further.
    Certificate(Box<[u8]>),
    Secret(SecretBytes),
    EncryptedPkcs8 {
        /// `AlgorithmIdentifier` in DER.
        algorithm: Box<[u8]>,
        /// The ciphertext.
        data: Box<[u8]>,
    },
    /// The whole PFX in DER.
    Pkcs12(Box<[u8]>),
}

/// What an encoding says about its key.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    pub(crate) kid: Option<String>,
    /// As JOSE names it.
    pub(crate) algorithm: Option<String>,
    pub(crate) usage: Option<String>,
    pub(crate) name: Option<String>,
    /// DER, of the shape that [`Content::Certificate`] has.
    pub(crate) certificates: Vec<Box<[u8]>>,
    pub(crate) x5t: Option<[u8; 20]>,
    pub(crate) x5t_s256: Option<[u8; 32]>,
}

impl Item {
    /// An item about which nothing more is said.
    pub(super) fn new(structure: Structure, content: Content) -> Self {
        Self { structure, content, hints: Hints::default() }
    }
}
