//! Why bytes from outside could not be read: what they looked like, where they stopped making sense, what is accepted.

/// Never holds a byte of a secret: what is quoted are labels, member names, types and object identifiers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// Like nothing known.
    #[error("input is {0}; accepted are PEM, DER, base64 of DER and JWK")]
    Unrecognised(String),
    /// Like something known, and then not.
    #[error("{what} stops making sense at {place}: {reason}; accepted is {accepted}")]
    Malformed { what: String, place: String, reason: String, accepted: &'static str },
    /// Known, and not taken.
    #[error("not supported: {what}; {remedy}")]
    Unsupported { what: String, remedy: &'static str },
    /// An identifier without a name here, perhaps only damaged.
    #[error("not supported: {what}; {remedy}")]
    Unknown { what: String, remedy: &'static str },
    #[error("{what} is {got}, at most {most}")]
    TooLarge { what: String, got: String, most: &'static str },
}

impl ReadError {
    pub(crate) fn is_unrecognised(&self) -> bool {
        matches!(self, Self::Unrecognised(_))
    }

    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self, Self::Unsupported { .. } | Self::Unknown { .. })
    }

    /// Whether it quotes no more of the input than what is well known.
    pub(crate) fn is_well_known(&self) -> bool {
        matches!(self, Self::Unsupported { .. })
    }

    pub(super) fn unsupported(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::Unsupported { what: what.into(), remedy }
    }

    /// Says in which part of the input the trouble is.
    pub(super) fn within(mut self, part: &str) -> Self {
        match &mut self {
            Self::Unrecognised(what)
            | Self::Unsupported { what, .. }
            | Self::Unknown { what, .. }
            | Self::TooLarge { what, .. } => what.push_str(&format!(" in {part}")),
            Self::Malformed { place, .. } => place.push_str(&format!(" of {part}")),
        }
        self
    }
}
