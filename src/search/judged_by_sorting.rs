//! The index against a list that is filtered and sorted: what it finds, in which order, on which page.

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Builder, Conditions, Cursor, Direction, Index, NamePattern, OrderBy, OrderField, Query, fold};
use crate::model::{Algorithm, KeyId, KeyType, Listed};
use crate::search::place::Place;

#[derive(Clone, Debug)]
struct Row {
    id: u128,
    seq: i64,
    name: String,
    kind: (KeyType, Option<Algorithm>, bool, Option<String>),
    inserted: i64,
    updated: i64,
    expires: Option<i64>,
}

impl Row {
    fn listed(&self) -> Listed<'_> {
        Listed {
            seq: self.seq,
            id: KeyId::from_stored(&self.id.to_be_bytes()).unwrap(),
            name: &self.name,
            key_type: self.kind.0,
            algorithm: self.kind.1,
            has_private: self.kind.2,
            issuer: self.kind.3.as_deref(),
            inserted_at: self.inserted,
            updated_at: self.updated,
            expires_at: self.expires,
        }
    }

    fn compare(&self, other: &Self, order: &OrderBy) -> std::cmp::Ordering {
        let (mine, others) = (fold(&self.name), fold(&other.name));
        place(self, mine.as_bytes()).compare(&place(other, others.as_bytes()), order)
    }
}

fn place<'a>(row: &Row, name: &'a [u8]) -> Place<'a> {
    Place {
        id: row.listed().id,
        name,
        key_type: row.kind.0,
        algorithm: row.kind.1,
        inserted: row.inserted,
        expires: row.expires,
    }
}

/// The pages of the list, in their order, from this row on.
fn expected(rows: &[Row], query: &Query, start: usize, limit: usize) -> (Vec<u128>, usize) {
    let conditions = Conditions::new(query);
    let mut found: Vec<_> = rows.iter().filter(|row| conditions.fit(&row.listed())).collect();
    found.sort_by(|a, b| a.compare(b, &query.order));
    let page = found.iter().skip(start).take(limit).map(|row| row.id).collect();
    (page, found.len())
}

fn check(index: &Index, rows: &[Row], query: &Query) {
    let conditions = Conditions::new(query);
    let limit = query.limit as usize;
    let (_, total) = expected(rows, query, 0, 0);
    for start in [0, 1, total / 2, total.saturating_sub(limit), total, total + 1, usize::MAX] {
        let (page, _) = expected(rows, query, start, limit);
        let found = index.find(&query.clone().start(start as u64), &conditions, None);
        let ids: Vec<_> = found.hits.iter().map(|hit| u128::from_be_bytes(*hit.id.as_bytes())).collect();
        assert_eq!(ids, page, "from {start} by {}", query.order);
        assert_eq!(found.total, total as u64);
        assert_eq!(found.next.is_some(), limit > 0 && start.saturating_add(limit) < total);
        for hit in &found.hits {
            let row = rows.iter().find(|row| row.listed().id == hit.id).unwrap();
            assert_eq!(row.seq, hit.seq);
        }
        if let Some(next) = found.next {
            let (page, _) = expected(rows, query, start + limit, limit);
            let next: Cursor = next.to_string().parse().unwrap();
            let found = index.find(&query.clone().after(next), &conditions, None);
            let ids: Vec<_> = found.hits.iter().map(|hit| u128::from_be_bytes(*hit.id.as_bytes())).collect();
            assert_eq!(ids, page, "behind {start} by {}", query.order);
        }
    }
    // Behind places at which no key stands, or no longer.
    for row in rows.iter().step_by(rows.len() / 8 + 1) {
        for strange in [
            Row { id: row.id ^ (1 << 64), ..row.clone() },
            Row { name: format!("{}a", row.name), ..row.clone() },
            Row { name: "a".into(), inserted: row.inserted + 1, ..row.clone() },
            Row { expires: row.expires.map(|instant| instant - 1), ..row.clone() },
            Row { kind: (KeyType::Rsa, Some(Algorithm::Rs512), true, None), ..row.clone() },
        ] {
            let name = fold(&strange.name);
            let cursor = Cursor::new(&query.order, &place(&strange, name.as_bytes()));
            let behind: Vec<_> =
                rows.iter().filter(|row| row.compare(&strange, &query.order).is_gt()).cloned().collect();
            let (page, _) = expected(&behind, query, 0, limit);
            let found = index.find(&query.clone().after(cursor), &conditions, None);
            let ids: Vec<_> = found.hits.iter().map(|hit| u128::from_be_bytes(*hit.id.as_bytes())).collect();
            assert_eq!(ids, page, "behind {strange:?} by {}", query.order);
        }
    }
}

fn index_of(rows: &[Row]) -> Index {
    let (mut lower, mut upper) = (Builder::new(0), Builder::new(rows.len()));
    for (at, row) in rows.iter().enumerate() {
        if at % 2 == 0 { lower.push(&row.listed()) } else { upper.push(&row.listed()) }
    }
    Index::new(vec![lower, upper])
}

fn row() -> impl Strategy<Value = Row> {
    let kinds = prop_oneof![
        Just((KeyType::Hmac, Some(Algorithm::Hs256))),
        Just((KeyType::Hmac, Some(Algorithm::Hs512))),
        Just((KeyType::Ec, Some(Algorithm::Es256))),
        Just((KeyType::Ec, None)),
        Just((KeyType::Rsa, Some(Algorithm::Ps256))),
    ];
    let issuer = prop_oneof![Just(None), Just(Some("acme".to_owned())), Just(Some("Acme".to_owned()))];
    let facts = (kinds, any::<bool>(), issuer, 0..6_i64, 0..6_i64, prop::option::of(-3..3_i64));
    ("[abAßé]{1,3}", 1..400_u128, facts).prop_map(
        |(name, id, (kind, has_private, issuer, inserted, updated, expires))| Row {
            // Ids that differ in their first or in their last octets.
            id: if id % 2 == 0 { id << 120 | 1 } else { id },
            seq: id as i64,
            name,
            kind: (kind.0, kind.1, has_private, issuer),
            inserted,
            updated,
            expires,
        },
    )
}

fn query() -> impl Strategy<Value = Query> {
    let field = prop::sample::select(&OrderField::ALL[..]);
    let order = prop::collection::vec((field, any::<bool>()), 1..5).prop_map(|terms| {
        let direction = |falls| if falls { Direction::Descending } else { Direction::Ascending };
        terms.into_iter().fold(OrderBy::none(), |order, (field, falls)| order.then(field, direction(falls)))
    });
    let pattern = prop::option::weighted(0.5, "[ab*é]{0,3}");
    let filters =
        (prop::option::weighted(0.2, any::<bool>()), prop::option::weighted(0.2, -2..3_i64), 0..4_i64, 0..8_u8);
    (order, pattern, filters, 0..12_u32).prop_map(|(order, pattern, (private, expires, from, kind), limit)| {
        let at = |millis| Timestamp::from_millisecond(millis).unwrap();
        let mut query = Query::new().order_by(order).limit(limit);
        if let Some(pattern) = pattern {
            query = query.name(NamePattern::parse(&pattern).unwrap());
        }
        if let Some(private) = private {
            query = query.has_private_key(private);
        }
        if let Some(expires) = expires {
            query = query.expires_before(at(expires));
        }
        match kind {
            0 => query.algorithm(Algorithm::Hs256),
            1 => query.key_type(KeyType::Ec),
            2 => query.issuer(crate::model::Issuer::parse("acme").unwrap()),
            3 => query.inserted(at(from)..at(from + 2)),
            4 => query.updated(at(from)..=at(from + 1)),
            _ => query,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_index_finds_what_a_list_does(
        rows in prop::collection::vec(row(), 0..120),
        changes in prop::collection::vec((row(), any::<bool>()), 0..60),
        queries in prop::collection::vec(query(), 1..6),
    ) {
        let mut list: Vec<Row> = Vec::new();
        let put = |list: &mut Vec<Row>, row: Row| {
            list.retain(|known| known.id != row.id);
            list.push(row);
        };
        rows.into_iter().for_each(|row| put(&mut list, row));
        let mut index = index_of(&list);
        queries.iter().for_each(|query| check(&index, &list, query));
        for (row, stays) in changes {
            if stays {
                index.insert(&row.listed());
                put(&mut list, row);
            } else {
                index.remove(row.listed().id);
                list.retain(|known| known.id != row.id);
            }
        }
        queries.iter().for_each(|query| check(&index, &list, query));
    }
}

/// So many keys that several threads look at them, and that pages are narrowed down in several steps. Half of the values are
/// all the same, the others all different.
#[test]
fn many_keys_are_found_as_few_are() {
    const KEYS: u64 = 140_000;
    // A step that has no divisor in common with the number of keys: every number comes once, in no order.
    let scattered = |n: u64, step: u64| i64::try_from(n * step % KEYS).unwrap();
    let rows: Vec<_> = (0..KEYS)
        .map(|n| Row {
            id: u128::from(n * 2_654_435_761 % KEYS + 1) << 64,
            seq: i64::try_from(n).unwrap() + 1,
            name: format!("Service {}", scattered(n, 48_271)),
            kind: match n % 4 {
                0 => (KeyType::Rsa, Some(Algorithm::Rs256), true, None),
                _ => (KeyType::Hmac, Some(Algorithm::Hs256), true, None),
            },
            inserted: if n % 2 == 0 { 7 } else { scattered(n, 16_807) },
            updated: 0,
            expires: (n % 3 != 0).then(|| if n % 2 == 0 { 7 } else { scattered(n, 69_621) }),
        })
        .collect();
    let index = index_of(&rows);
    let by_id: std::collections::HashMap<_, _> = rows.iter().map(|row| (row.listed().id, row)).collect();
    let orders = [
        "name",
        "id DESC",
        "insertInstant DESC",
        "expiration, name DESC",
        "type, expiration DESC, insertInstant, name",
    ];
    for (order, pattern) in orders.into_iter().zip(["", "7", "service 1*", "*9", ""]) {
        let query = Query::new().order_by(order.parse().unwrap()).name(NamePattern::parse(pattern).unwrap());
        let conditions = Conditions::new(&query);
        let mut found: Vec<_> = rows.iter().filter(|row| conditions.fit(&row.listed())).collect();
        found.sort_by_cached_key(|row| fold(&row.name).into_owned());
        found.sort_by(|a, b| a.compare(b, &query.order));
        for (start, limit) in [(0, 25), (found.len() / 2, 25), (found.len() / 3, 20_000), (found.len() - 3, 25)] {
            let query = query.clone().limit(limit);
            let page = index.find(&query.clone().start(start as u64), &conditions, None);
            let ids = |hits: &[super::index::Hit]| hits.iter().map(|hit| by_id[&hit.id].seq).collect::<Vec<_>>();
            let wanted =
                |start: usize| found.iter().skip(start).take(limit as usize).map(|row| row.seq).collect::<Vec<_>>();
            assert_eq!(page.total, found.len() as u64);
            assert_eq!(ids(&page.hits), wanted(start), "{order} from {start}");
            if let Some(next) = page.next {
                let page = index.find(&query.after(next), &conditions, None);
                assert_eq!(ids(&page.hits), wanted(start + limit as usize), "{order} behind {start}");
            }
        }
    }
}

/// Ids are used again, places are not.
#[test]
fn another_key_under_the_same_id_is_not_the_one_asked_for() {
    let row = Row {
        id: 7,
        seq: 2,
        name: "a".into(),
        kind: (KeyType::Ec, None, true, None),
        inserted: 0,
        updated: 0,
        expires: None,
    };
    let mut fresh = index_of(&[]);
    fresh.insert(&row.listed());
    for index in [index_of(std::slice::from_ref(&row)), fresh] {
        let total = |seq| {
            let query = Query::new();
            index.find(&query, &Conditions::new(&query), Some(&[(row.listed().id, seq)])).total
        };
        assert_eq!([1, 2, 3].map(total), [0, 1, 0]);
    }
}
