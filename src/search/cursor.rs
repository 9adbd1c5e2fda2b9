//! Where a page ended, so that another one begins there.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};

use super::place::Place;
use super::{Direction, OrderBy, OrderField};
use crate::model::{Algorithm, Invalid, KeyId, KeyType, Problem};

/// The first byte of the text form.
const VERSION: u8 = 1;
/// The longest text form: a name of 4096 characters, each folded to at most 12 bytes, in base64, and the rest.
const MOST_BYTES: usize = 80_000;

/// Where a page ended: the last key's values in the order, and its id. It stays good whatever happens to that key, in
/// any process and for ever.
///
/// Its text form (base64url) can be handed out and read back. It shows the values in the order, such as the name, to whoever
/// decodes it, and it is not authenticated: a forged one begins a page elsewhere, and nothing more.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cursor {
    order: OrderBy,
    id: KeyId,
    // Those that are not in the order have any value, always the same.
    name: Box<[u8]>,
    key_type: KeyType,
    algorithm: Option<Algorithm>,
    inserted: i64,
    expires: Option<i64>,
}

impl Cursor {
    pub(crate) fn new(order: &OrderBy, place: &Place<'_>) -> Self {
        let mut cursor = Self::at(order.clone(), place.id);
        for (field, _) in order.terms() {
            match field {
                OrderField::Algorithm => cursor.algorithm = place.algorithm,
                OrderField::Expiration => cursor.expires = place.expires,
                OrderField::Id => {}
                OrderField::InsertInstant => cursor.inserted = place.inserted,
                OrderField::Name => cursor.name = place.name.into(),
                OrderField::Type => cursor.key_type = place.key_type,
            }
        }
        cursor
    }

    fn at(order: OrderBy, id: KeyId) -> Self {
        Self { order, id, name: Box::default(), key_type: KeyType::Ec, algorithm: None, inserted: 0, expires: None }
    }

    pub(crate) fn order(&self) -> &OrderBy {
        &self.order
    }

    pub(crate) fn place(&self) -> Place<'_> {
        let Self { id, key_type, algorithm, inserted, expires, .. } = *self;
        Place { id, name: &self.name, key_type, algorithm, inserted, expires }
    }

    pub(crate) fn read(text: &str) -> Result<Self, Invalid> {
        let refuse = |problem, got: String| {
            let message = format!("cursor {got}, allowed is the text form of one that a search gave");
            Invalid::new("cursor", problem, message)
        };
        if text.len() > MOST_BYTES {
            return Err(refuse(Problem::InvalidLength, format!("is {} bytes", text.len())));
        }
        let bytes = Base64UrlUnpadded::decode_vec(text)
            .map_err(|_| refuse(Problem::CouldNotParse, "is not base64url without padding".into()))?;
        let mut reader = Reader(&bytes);
        let cursor = reader.cursor().filter(|_| reader.0.is_empty());
        cursor.ok_or_else(|| refuse(Problem::CouldNotParse, "is cut or changed".into()))
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = vec![VERSION, self.order.terms().len() as u8];
        for (field, direction) in self.order.terms() {
            out.push(code(*field) | if *direction == Direction::Descending { 0x80 } else { 0 });
            match field {
                OrderField::Algorithm => out.push(self.algorithm.map_or(0, Algorithm::code)),
                OrderField::Expiration => {
                    out.push(self.expires.is_some().into());
                    out.extend(self.expires.unwrap_or(0).to_be_bytes());
                }
                OrderField::Id => {}
                OrderField::InsertInstant => out.extend(self.inserted.to_be_bytes()),
                OrderField::Name => {
                    out.extend((self.name.len() as u32).to_be_bytes());
                    out.extend(&*self.name);
                }
                OrderField::Type => out.push(self.key_type.code()),
            }
        }
        out.extend(self.id.as_bytes());
        f.write_str(&Base64UrlUnpadded::encode_string(&out))
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({self})")
    }
}

impl FromStr for Cursor {
    type Err = crate::Error;

    /// Reads the text form.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for anything else.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self::read(text)?)
    }
}

/// The number that stands for a field in the text form.
const fn code(field: OrderField) -> u8 {
    match field {
        OrderField::Algorithm => 1,
        OrderField::Expiration => 2,
        OrderField::Id => 3,
        OrderField::InsertInstant => 4,
        OrderField::Name => 5,
        OrderField::Type => 6,
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn cursor(&mut self) -> Option<Cursor> {
        let [VERSION, terms] = self.array()? else { return None };
        let mut cursor: Option<Cursor> = None;
        for _ in 0..terms {
            let [term] = self.array()?;
            let field = OrderField::ALL.into_iter().find(|field| code(*field) == term & 0x7F)?;
            let direction = if term & 0x80 == 0 { Direction::Ascending } else { Direction::Descending };
            // The id comes last: until then any will do.
            let blank = || Cursor::at(OrderBy::none(), KeyId::from_random_bytes([0; 16]));
            let cursor = cursor.get_or_insert_with(blank);
            let before = cursor.order.terms().len();
            cursor.order = std::mem::replace(&mut cursor.order, OrderBy::none()).then(field, direction);
            if cursor.order.terms().len() == before {
                return None;
            }
            match field {
                OrderField::Algorithm => {
                    cursor.algorithm = match self.array()? {
                        [0] => None,
                        [code] => Some(Algorithm::from_code(code)?),
                    }
                }
                OrderField::Expiration => {
                    let [some] = self.array()?;
                    let instant = i64::from_be_bytes(self.array()?);
                    cursor.expires = match (some, instant) {
                        (0, 0) => None,
                        (1, instant) => Some(instant),
                        _ => return None,
                    }
                }
                OrderField::Id => {}
                OrderField::InsertInstant => cursor.inserted = i64::from_be_bytes(self.array()?),
                OrderField::Name => {
                    let len = u32::from_be_bytes(self.array()?) as usize;
                    let (name, rest) = self.0.split_at_checked(len)?;
                    cursor.name = name.into();
                    self.0 = rest;
                }
                OrderField::Type => {
                    let [code] = self.array()?;
                    cursor.key_type = KeyType::from_code(code)?;
                }
            }
        }
        let mut cursor = cursor?;
        cursor.id = KeyId::from_stored(&self.array::<16>()?)?;
        Some(cursor)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }
}
