//! Texts with rules: a value of these types has been checked.

use std::fmt;

use super::{Invalid, Problem};

/// Bounds of a text, in characters (Unicode scalar values).
struct Rule {
    field: &'static str,
    most: usize,
    /// Refuse every control character, not only line breaks and NUL.
    no_controls: bool,
}

impl Rule {
    fn check(&self, text: &str) -> Result<(), Invalid> {
        let Self { field, most, no_controls } = *self;
        if text.trim().is_empty() {
            return Err(Invalid::new(
                field,
                Problem::Blank,
                format!("{field} is blank, allowed are 1 to {most} characters"),
            ));
        }
        let too_long = |got: String| {
            Err(Invalid::new(field, Problem::InvalidLength, format!("{field} is {got}, at most {most} characters")))
        };
        // A character has at most 4 bytes: a text of gigabytes need not be counted to its end.
        if text.len() > most * 4 {
            return too_long(format!("{} bytes", text.len()));
        }
        let count = text.chars().count();
        if count > most {
            return too_long(format!("{count} characters"));
        }
        let bad = text.chars().enumerate().find(|(_, c)| {
            matches!(c, '\n' | '\r' | '\0' | '\u{85}' | '\u{2028}' | '\u{2029}') || (no_controls && c.is_control())
        });
        if let Some((at, c)) = bad {
            let what = if no_controls { "control character" } else { "line break or NUL" };
            return Err(Invalid::new(
                field,
                Problem::Invalid,
                format!(
                    "{field} has U+{:04X} at character {}, allowed is any text without {what}",
                    u32::from(c),
                    at + 1
                ),
            ));
        }
        Ok(())
    }
}

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            const RULE: Rule = $rule;

            /// Checks and takes a text.
            ///
            /// # Errors
            /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it breaks a rule of this type.
            pub fn new(text: impl Into<String>) -> Result<Self, crate::Error> {
                Ok(Self::parse(text.into())?)
            }

            pub(crate) fn parse(text: impl Into<Box<str>>) -> Result<Self, Invalid> {
                let text = text.into();
                Self::RULE.check(&text)?;
                Ok(Self(text))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::parse(text)?)
            }
        }
    };
}

text_type! {
    /// The name of a key, unique in its store: 1 to 4096 characters (the limit of Fortanix's schema), at least
    /// one of them no white space, without a line break or NUL.
    ///
    /// ```
    /// use keystead::KeyName;
    ///
    /// assert!(KeyName::new("token signing, 2026").is_ok());
    /// let error = KeyName::new("x".repeat(4200)).unwrap_err();
    /// assert_eq!(error.to_string(), "name is 4200 characters, at most 4096 characters");
    /// ```
    KeyName, Rule { field: "name", most: 4096, no_controls: false }
}

text_type! {
    /// The key identifier of RFC 7517 section 4.5: 1 to 255 characters without control characters. Not
    /// necessarily unique: the same key material may be stored twice.
    Kid, Rule { field: "kid", most: 255, no_controls: true }
}

text_type! {
    /// The issuer of a generated certificate, its common name: 1 to 64 characters (`ub-common-name`, RFC 5280
    /// appendix A.1) without control characters.
    Issuer, Rule { field: "issuer", most: 64, no_controls: true }
}

text_type! {
    /// What a ring of keys is called, and whose name its certificates bear: 1 to 128 characters without control characters,
    /// as Auth0 limits the name of a connection. RFC 5280 limits a common name to 64 (`ub-common-name`): certificates with
    /// longer ones are refused by some.
    RingName, Rule { field: "ring", most: 128, no_controls: true }
}

text_type! {
    /// Who uses a key, as told to whoever tries to delete it: 1 to 4096 characters without control characters,
    /// for example `ring acme` or `tenant 12`.
    UserLabel, Rule { field: "user", most: 4096, no_controls: true }
}

text_type! {
    /// The name of an application, unique in its store: 1 to 4096 characters, at least one of them no white space, without a
    /// line break or NUL.
    AppName, Rule { field: "name", most: 4096, no_controls: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str) -> String {
        KeyName::parse(name).unwrap_err().to_string()
    }

    #[test]
    fn names_keep_their_rules() {
        insta::assert_snapshot!(wrong(""), @"name is blank, allowed are 1 to 4096 characters");
        insta::assert_snapshot!(wrong(" \t "), @"name is blank, allowed are 1 to 4096 characters");
        insta::assert_snapshot!(wrong("a\nb"), @"name has U+000A at character 2, allowed is any text without line break or NUL");
        insta::assert_snapshot!(wrong("a\u{2028}b"), @"name has U+2028 at character 2, allowed is any text without line break or NUL");
        insta::assert_snapshot!(wrong(&"ß".repeat(4097)), @"name is 4097 characters, at most 4096 characters");
        insta::assert_snapshot!(wrong(&"ß".repeat(10_000)), @"name is 20000 bytes, at most 4096 characters");
        assert!(KeyName::parse("🔑".repeat(4096)).is_ok());
        // One byte more than 64 characters can have, and most of the characters have but one.
        assert!(Issuer::parse(format!("{}a", "a".repeat(256))).is_err());
        assert!(KeyName::parse("\ta\t").is_ok());
        insta::assert_snapshot!(Kid::parse("a\tb").unwrap_err().to_string(), @"kid has U+0009 at character 2, allowed is any text without control character");
    }
}
