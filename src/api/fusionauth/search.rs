//! FusionAuth's search: what is asked for, and what is answered.

use serde::Serialize;

use super::json::Fields;
use super::request::{vendor_algorithm, vendor_type};
use super::{Failure, KeyBody};
use crate::keystore::{NamePattern, OrderBy, Query};

/// What a search asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    pub(super) query: Query,
}

/// `{"keys": [...], "total": 0}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SearchResponse {
    /// The keys of this page, in the order asked for.
    pub keys: Vec<KeyBody>,
    /// How many keys match in all, on this page and on others.
    pub total: u64,
}

impl SearchRequest {
    /// Reads `{"search": {"algorithm"?, "name"?, "numberOfResults"?, "orderBy"?, "startRow"?, "type"?}}`. Without any of them it
    /// is for the first 25 of all keys by name.
    ///
    /// # Errors
    /// 400 that names every field refused.
    pub fn from_json(body: &[u8]) -> Result<Self, Failure> {
        Self::read(Fields::parse(OBJECT, body)?)
    }

    /// Reads the same as parameters of a query string, without its `?`: `algorithm=RS256&name=forum&startRow=25`.
    ///
    /// # Errors
    /// 400 that names every parameter refused, as fields of `search`.
    pub fn from_query(query: &str) -> Result<Self, Failure> {
        Self::read(Fields::parse_query(OBJECT, &PARAMETERS, query)?)
    }

    fn read(mut fields: Fields) -> Result<Self, Failure> {
        let mut query = Query::new();
        let [algorithm, name, number_of_results, order_by, start_row, key_type] = PARAMETERS;
        if let Some(text) = fields.text(algorithm)
            && let Some(algorithm) = fields.keep(vendor_algorithm(&text))
        {
            query = query.algorithm(algorithm);
        }
        if let Some(text) = fields.text(name)
            && let Some(pattern) = fields.keep(NamePattern::read(&text))
        {
            query = query.name(pattern);
        }
        if let Some(most) = fields.count(number_of_results) {
            query = query.limit(most);
        }
        if let Some(text) = fields.text(order_by)
            && let Some(order) = fields.keep(OrderBy::read(&text))
        {
            query = query.order_by(order);
        }
        if let Some(row) = fields.count(start_row) {
            query = query.start(row.into());
        }
        if let Some(text) = fields.text(key_type)
            && let Some(key_type) = fields.keep(vendor_type(&text))
        {
            query = query.key_type(key_type);
        }
        if fields.refused.is_empty() { Ok(Self { query }) } else { Err(fields.into_failure()) }
    }
}

const OBJECT: &str = "search";
const PARAMETERS: [&str; 6] = ["algorithm", "name", "numberOfResults", "orderBy", "startRow", "type"];
