//! The keys that may sign: given with the credential, or fetched as a JWK set.
