//! The manual: how the store is built, and why.

#[doc = include_str!("manual/architecture.md")]
pub mod architecture {}

#[doc = include_str!("manual/file_format.md")]
pub mod file_format {}

#[doc = include_str!("manual/key_hierarchy.md")]
pub mod key_hierarchy {}

#[doc = include_str!("manual/formats.md")]
pub mod formats {}

#[doc = include_str!("manual/attestation.md")]
pub mod attestation {}

#[doc = include_str!("manual/scale.md")]
pub mod scale {}

#[doc = include_str!("manual/threat_model.md")]
pub mod threat_model {}

#[doc = include_str!("manual/decisions.md")]
pub mod decisions {}

#[doc = include_str!("manual/past_vulnerabilities.md")]
pub mod past_vulnerabilities {}

#[doc = include_str!("manual/changelog.md")]
pub mod changelog {}
