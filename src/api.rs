//! The documented vendor APIs, in-process: typed requests, responses and error bodies in the vendors' own JSON shapes.

mod json;

pub mod auth0;
pub mod fortanix;
pub mod fusionauth;
