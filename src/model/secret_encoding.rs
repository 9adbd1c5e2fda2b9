//! How a text stands for the bytes of a secret.

/// How the bytes of an HMAC secret were written down.
///
/// A text may be a secret in several ways, so whoever imports one says which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecretEncoding {
    /// The bytes are the secret, whatever they are.
    Raw,
    /// The bytes are UTF-8 text, and its bytes are the secret, white space included.
    Text,
    /// Two hexadecimal digits for each byte, in upper or lower case. White space at both ends is dropped.
    Hex,
    /// The standard alphabet of RFC 4648 section 4, with or without padding. White space at both ends is dropped.
    Base64,
    /// The URL-safe alphabet of RFC 4648 section 5, with or without padding. White space at both ends is dropped.
    Base64Url,
}
