//! Policies over the claims of a JWT, in Rego.
