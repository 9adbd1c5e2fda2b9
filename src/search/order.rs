//! In what order keys are listed.

use std::fmt;
use std::str::FromStr;

use crate::model::{Invalid, Problem};

/// What keys can be ordered by. A key without the value comes before all that have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderField {
    /// By the algorithm's name.
    Algorithm,
    /// By the end of the certificate.
    Expiration,
    /// By the octets of the id, which is the order of its text too.
    Id,
    /// By the time at which the key was made or imported.
    InsertInstant,
    /// By the name, folded as in a [`NamePattern`](crate::NamePattern), character by character in the order of Unicode.
    Name,
    /// By the type's name: EC, HMAC, RSA.
    Type,
}

impl OrderField {
    /// Every field, in the order of their names.
    pub const ALL: [Self; 6] =
        [Self::Algorithm, Self::Expiration, Self::Id, Self::InsertInstant, Self::Name, Self::Type];

    /// FusionAuth's name for it, for example `insertInstant`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Algorithm => "algorithm",
            Self::Expiration => "expiration",
            Self::Id => "id",
            Self::InsertInstant => "insertInstant",
            Self::Name => "name",
            Self::Type => "type",
        }
    }
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The smallest first; keys without the value before all.
    Ascending,
    /// The greatest first; keys without the value behind all.
    Descending,
}

impl Direction {
    const fn name(self) -> &'static str {
        match self {
            Self::Ascending => "ASC",
            Self::Descending => "DESC",
        }
    }
}

/// The order of a list: fields with their directions, the first decides first. Keys that are equal in all of them come
/// by id, ascending.
///
/// ```
/// use keystead::{Direction, OrderBy, OrderField};
///
/// let order: OrderBy = "type DESC, name".parse()?;
/// assert_eq!(order, OrderBy::descending(OrderField::Type).then(OrderField::Name, Direction::Ascending));
/// assert_eq!(order.to_string(), "type DESC, name ASC");
/// assert!("size DESC".parse::<OrderBy>().is_err());
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OrderBy(Vec<(OrderField, Direction)>);

impl OrderBy {
    /// By one field, the smallest first.
    #[must_use]
    pub fn ascending(field: OrderField) -> Self {
        Self(vec![(field, Direction::Ascending)])
    }

    /// By one field, the greatest first.
    #[must_use]
    pub fn descending(field: OrderField) -> Self {
        Self(vec![(field, Direction::Descending)])
    }

    /// And where those so far are equal by another. A field that is there already decides nothing more and is left out.
    #[must_use]
    pub fn then(mut self, field: OrderField, direction: Direction) -> Self {
        if !self.has(field) {
            self.0.push((field, direction));
        }
        self
    }

    /// By nothing yet.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn terms(&self) -> &[(OrderField, Direction)] {
        &self.0
    }

    fn has(&self, field: OrderField) -> bool {
        self.0.iter().any(|(known, _)| *known == field)
    }

    /// Reads `field`, `field ASC`, `field DESC`, or a list of them with commas between.
    pub(crate) fn read(text: &str) -> Result<Self, Invalid> {
        let refuse = |problem, got: String| {
            let fields = OrderField::ALL.map(OrderField::name).join(", ");
            let message =
                format!("orderBy {got}, allowed is a list of {fields}, each at most once and perhaps with ASC or DESC");
            Invalid::new("orderBy", problem, message)
        };
        if text.trim().is_empty() {
            return Err(refuse(Problem::Blank, "is blank".into()));
        }
        let mut order = Self(Vec::new());
        for term in text.split(',') {
            let mut words = term.split_whitespace();
            let field = words.next().and_then(|word| OrderField::ALL.into_iter().find(|field| field.name() == word));
            let direction = match words.next() {
                None => Some(Direction::Ascending),
                Some(word) => {
                    let known = [Direction::Ascending, Direction::Descending];
                    known.into_iter().find(|direction| direction.name().eq_ignore_ascii_case(word))
                }
            };
            let (Some(field), Some(direction), None) = (field, direction, words.next()) else {
                return Err(refuse(Problem::Invalid, format!("has {}", Invalid::quote(term.trim()))));
            };
            if order.has(field) {
                return Err(refuse(Problem::Invalid, format!("has {} twice", field.name())));
            }
            order.0.push((field, direction));
        }
        Ok(order)
    }
}

impl Default for OrderBy {
    /// By name, ascending, as FusionAuth does.
    fn default() -> Self {
        Self::ascending(OrderField::Name)
    }
}

impl FromStr for OrderBy {
    type Err = crate::Error;

    /// Reads FusionAuth's `orderBy`: `name`, `name DESC`, `type, insertInstant DESC`. The direction may be in either case.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else, and for a field named twice.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::read(text)?)
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (field, direction)) in self.0.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", field.name(), direction.name())?;
        }
        Ok(())
    }
}
