//! A private key as an encoding gave it, before anything about it was checked.

use super::Curve;
use crate::secret::SecretBytes;

/// What `codec` reads and `crypto` checks.
#[derive(Debug)]
pub(crate) enum RawPrivate {
    Rsa {
        /// `RSAPrivateKey` in DER, RFC 8017 appendix A.1.2.
        key: SecretBytes,
        /// `RSAPublicKey` in DER, when the encoding held one beside it.
        public: Option<Box<[u8]>>,
    },
    Ec {
        curve: Curve,
        /// `ECPrivateKey` in DER, RFC 5915 section 3.
        key: SecretBytes,
        /// The point, SEC 1 section 2.3.3, when the encoding held one beside it.
        public: Option<Box<[u8]>>,
    },
}
