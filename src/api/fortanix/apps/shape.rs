//! What is read of the bodies of app calls.

use crate::api::json::Shape;

const TEXTS: Shape<'static> = Shape::Array(&Shape::Scalar);
const NAME: Shape<'static> = Shape::Array(&TEXTS);

const SUBJECT_GENERAL: Shape<'static> =
    Shape::Object(&[("directory_name", NAME), ("dns_name", Shape::Scalar), ("ip_address", Shape::Scalar)]);

const TRUSTED_CA: Shape<'static> = Shape::Object(&[
    ("check_revocation", Shape::Scalar),
    ("subject", NAME),
    ("subject_general", SUBJECT_GENERAL),
    ("subjects", Shape::Array(&SUBJECT_GENERAL)),
    ("ca_certificate", Shape::Scalar),
    ("ca_certificates", TEXTS),
]);

const GOOGLE_SERVICE_ACCOUNT: Shape<'static> = Shape::Object(&[
    ("access_reason_policy", Shape::Object(&[("allow", TEXTS), ("allow_missing_reason", Shape::Scalar)])),
    ("groups", Shape::Members(&TEXTS)),
]);

const SIGNING_KEYS: Shape<'static> = Shape::Object(&[
    ("kind", Shape::Scalar),
    ("keys", Shape::Members(&Shape::Scalar)),
    ("url", Shape::Scalar),
    ("cache_duration", Shape::Scalar),
]);

const POLICY: Shape<'static> =
    Shape::Object(&[("definition", Shape::Object(&[("$type", Shape::Scalar), ("value", Shape::Scalar)]))]);

const SIGNED_JWT: Shape<'static> =
    Shape::Object(&[("valid_issuers", TEXTS), ("signing_keys", SIGNING_KEYS), ("private_claims_policy", POLICY)]);

/// The members of a credential of one kind.
const ONE: [(&str, Shape<'static>); 10] = [
    ("secret", Shape::Object(&[("size", Shape::Scalar)])),
    ("secret_size", Shape::Scalar),
    ("certificate", Shape::Scalar),
    ("trustedca", TRUSTED_CA),
    ("googleserviceaccount", GOOGLE_SERVICE_ACCOUNT),
    ("signedjwt", SIGNED_JWT),
    ("ldap", Shape::Scalar),
    ("awsiam", Shape::Object(&[])),
    ("awsxks", Shape::Object(&[("access_key_id", Shape::Scalar), ("secret_key", Shape::Scalar)])),
    ("googleworkspacecse", Shape::Object(&[])),
];

const ANY: [(&str, Shape<'static>); 11] = {
    let [a, b, c, d, e, f, g, h, i, j] = ONE;
    [("all", Shape::Array(&Shape::Object(&ONE))), a, b, c, d, e, f, g, h, i, j]
};

/// The members of the body that makes an app or changes it.
pub(super) const APP: [(&str, Shape<'static>); 6] = [
    ("name", Shape::Scalar),
    ("credential", Shape::Object(&ANY)),
    ("secret_size", Shape::Scalar),
    ("credential_migration_period", Shape::Scalar),
    ("fips", Shape::Scalar),
    ("store", Shape::Scalar),
];

/// The members of the body that resets a secret.
pub(super) const RESET: [(&str, Shape<'static>); 2] =
    [("secret_size", Shape::Scalar), ("credential_migration_period", Shape::Scalar)];
