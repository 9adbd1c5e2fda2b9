//! What is wrong with a value from outside: which field, which rule, and both values in words.

/// Which rule a value broke; vendors answer with a code for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Empty, or nothing but white space.
    Blank,
    /// Not there, and required.
    Missing,
    /// Not one of the values allowed.
    Invalid,
    /// A length, of a key or of a text, that is not allowed.
    InvalidLength,
    /// Not readable as what it should be.
    CouldNotParse,
    /// Known, and not taken.
    Unsupported,
}

/// A value from outside that was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Invalid {
    pub(crate) field: &'static str,
    pub(crate) problem: Problem,
    pub(crate) message: String,
}

impl Invalid {
    pub(crate) fn new(field: &'static str, problem: Problem, message: impl Into<String>) -> Self {
        Self { field, problem, message: message.into() }
    }

    /// Quotes a text for a message: control characters escaped, and cut after 40 characters.
    pub(crate) fn quote(text: &str) -> String {
        const MOST: usize = 40;
        let mut shown: String = text.chars().take(MOST).flat_map(char::escape_debug).collect();
        if text.chars().nth(MOST).is_some() {
            shown.push('…');
        }
        format!("'{shown}'")
    }
}

#[cfg(test)]
mod tests {
    use super::Invalid;

    #[test]
    fn quotes_are_short_and_printable() {
        assert_eq!(Invalid::quote("a\nb\u{0}"), r"'a\nb\0'");
        assert_eq!(Invalid::quote(&"x".repeat(100)).chars().count(), 43);
    }
}
