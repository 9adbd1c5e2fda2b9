//! JSON Web Signatures in the compact form (RFC 7515).
