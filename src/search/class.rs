//! What many keys have in common: kept once, and named by a number of four bytes.

use std::collections::HashMap;

use super::order::OrderField;
use crate::model::{Algorithm, KeyType, Listed};

/// Type, algorithm, private part and issuer of keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Class {
    pub(super) key_type: KeyType,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) has_private: bool,
    pub(super) issuer: Option<Box<str>>,
}

impl Class {
    pub(super) fn of(listed: &Listed<'_>) -> Self {
        let Listed { key_type, algorithm, has_private, issuer, .. } = *listed;
        Self { key_type, algorithm, has_private, issuer: issuer.map(Into::into) }
    }
}

/// Where type and algorithm stand in an order by either; 0 for any other order.
pub(super) fn rank(field: OrderField, key_type: KeyType, algorithm: Option<Algorithm>) -> u32 {
    let place = |found: Option<usize>| found.and_then(|at| u32::try_from(at).ok()).unwrap_or(0);
    match field {
        // All algorithms stand in the order of their names. None comes first.
        OrderField::Algorithm => {
            algorithm.map_or(0, |own| 1 + place(Algorithm::ALL.iter().position(|known| *known == own)))
        }
        OrderField::Type => {
            let types = [KeyType::Ec, KeyType::Hmac, KeyType::Rsa];
            place(types.iter().position(|known| *known == key_type))
        }
        _ => 0,
    }
}

/// Gives classes their numbers, in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Classes {
    numbers: HashMap<Class, u32>,
    last: Option<(Class, u32)>,
}

impl Classes {
    pub(super) fn number(&mut self, listed: &Listed<'_>) -> u32 {
        // Neighbours are mostly alike.
        if let Some((class, number)) = &self.last
            && class.key_type == listed.key_type
            && class.algorithm == listed.algorithm
            && class.has_private == listed.has_private
            && class.issuer.as_deref() == listed.issuer
        {
            return *number;
        }
        let class = Class::of(listed);
        let number = self.number_of(class.clone());
        self.last = Some((class, number));
        number
    }

    pub(super) fn number_of(&mut self, class: Class) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(class).or_insert(next)
    }

    pub(super) fn into_table(self) -> Box<[Class]> {
        let mut classes: Vec<_> = self.numbers.into_iter().collect();
        classes.sort_unstable_by_key(|(_, number)| *number);
        classes.into_iter().map(|(class, _)| class).collect()
    }
}
