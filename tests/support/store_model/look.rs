//! Steps that only look: lists, searches, and all that can be seen.

use keystead::{Direction, KeyType, KeyUse, Keystore, OrderField, Query, RingName, RingPlace};
use serde_json::Value;

use super::World;
use super::materials::{algorithm, issuer, kid, name};
use super::model::{Entry, RINGS};
use super::naive::{self, Glob, Terms, Text, Wanted, instant, order_by};
use super::verb::Verb;

impl World {
    pub(super) fn list(&mut self, by: u8) {
        let slot = self.handle(by);
        let listed = self.store(slot).keys().collect::<Result<Vec<_>, _>>();
        if let Some(keys) = self.settle(Verb::List, listed, Ok(()), self.gate(slot, false)) {
            assert!(keys.iter().eq(self.state.keys.values().map(|entry| entry.key())));
            assert_eq!(self.store(slot).len().unwrap(), keys.len() as u64);
        }
    }

    pub(super) fn search(&mut self, by: u8, [what, a, b, c, d]: [u8; 5]) {
        let slot = self.handle(by);
        let mut query = Query::new();
        let mut left: Vec<&naive::Entry> = self.state.keys.values().map(|entry| &entry.listed).collect();
        if what % 4 != 3 {
            let wanted = wanted(what, a, b);
            query = query.name(wanted.pattern());
            left.retain(|entry| wanted.fits(entry));
        }
        match c % 16 {
            0 => {
                let algorithm = algorithm(c / 16);
                query = query.algorithm(algorithm);
                left.retain(|entry| entry.key.algorithm() == Some(algorithm));
            }
            1 => {
                let key_type = [KeyType::Ec, KeyType::Hmac, KeyType::Rsa][usize::from(c / 16) % 3];
                query = query.key_type(key_type);
                left.retain(|entry| entry.key.key_type() == key_type);
            }
            2 => {
                query = query.has_private_key(c >= 128);
                left.retain(|entry| entry.key.has_private_key() == (c >= 128));
            }
            3 => {
                query = query.kid(kid(c / 16));
                left.retain(|entry| *entry.key.kid() == kid(c / 16));
            }
            4 => {
                query = query.issuer(issuer(c / 16));
                left.retain(|entry| entry.key.issuer() == Some(&issuer(c / 16)));
            }
            5 => {
                let from = instant(self.now - i64::from(c / 16) * 60_000, 0);
                query = query.inserted(from..);
                left.retain(|entry| entry.key.inserted_at() >= from);
            }
            6 => {
                let until = instant(self.now - i64::from(c / 16) * 60_000, 0);
                query = query.updated(..until);
                left.retain(|entry| entry.key.updated_at() < until);
            }
            7 => {
                let digest = self.pick(c / 16).and_then(|entry| entry.digests.get(usize::from(d) % 9).copied());
                if let Some(digest) = digest {
                    query = query.fingerprint(digest);
                    let fits = |entry: &&Entry| entry.digests.contains(&digest);
                    let ids: Vec<_> = self
                        .state
                        .keys
                        .values()
                        .map(|entry| &**entry)
                        .filter(fits)
                        .map(|entry| entry.key().id())
                        .collect();
                    left.retain(|entry| ids.contains(&entry.key.id()));
                }
            }
            8 => {
                let when = instant(self.now + 3_650 * 86_400_000 + i64::from(c / 16) * 86_400_000, 0);
                query = query.expires_before(when);
                left.retain(|entry| entry.key.expires_at().is_some_and(|at| at < when));
            }
            _ => {}
        }
        // Behind an earlier page, in its order, or from some row on.
        let behind = if d % 4 == 3 { self.cursors.get(usize::from(d) / 4 % self.cursors.len().max(1)) } else { None };
        let order = behind.map_or_else(|| terms(d), |(_, _, order)| order.clone());
        query = query.order_by(order_by(&order));
        left.sort_by(|a, b| naive::compare(a, b, &order));
        let (total, limit) = (left.len(), [25, 3, 1, 0][usize::from(what) / 4 % 4]);
        let first = match behind {
            Some((cursor, place, _)) => {
                query = query.after(cursor.clone());
                left.iter().take_while(|entry| naive::compare(entry, place, &order).is_le()).count()
            }
            None => {
                let row = if what < 64 { b % 8 } else { 0 };
                query = query.start(row.into());
                usize::from(row).min(total)
            }
        };
        let expected: Vec<naive::Entry> = left.into_iter().skip(first).take(limit as usize).cloned().collect();
        let found = self.store(slot).search(&query.limit(limit));
        let Some(page) = self.settle(Verb::Search, found, Ok(()), self.gate(slot, false)) else { return };
        assert!(page.keys.iter().eq(expected.iter().map(|entry| &entry.key)), "{:?}\n{expected:?}", page.keys);
        assert_eq!(page.total, total as u64);
        assert_eq!(page.next.is_some(), limit > 0 && first + expected.len() < total);
        if let (Some(next), Some(last)) = (page.next, expected.last()) {
            if self.cursors.len() >= 6 {
                self.cursors.remove(0);
            }
            self.cursors.push((next, last.clone(), order));
        }
    }

    /// All that can be seen through a handle.
    pub(super) fn compare(&mut self, by: u8) {
        let slot = self.handle(by);
        let first = self.store(slot).len();
        let Some(len) = self.settle(Verb::Compare, first, Ok(()), self.gate(slot, false)) else { return };
        assert_eq!(len, self.state.keys.len() as u64);
        let store = self.store(slot);
        self.assert_same(&store);
    }

    pub(super) fn assert_same(&self, store: &Keystore) {
        let state = &self.state;
        let keys: Vec<_> = store.keys().map(|key| key.expect("a key")).collect();
        let expected: Vec<_> = state.keys.values().map(|entry| entry.key().clone()).collect();
        assert_eq!(keys, expected);
        for entry in state.keys.values() {
            assert_eq!(store.users(entry.key().id()).unwrap(), state.users(entry));
        }
        let mut rings: Vec<_> = state.rings.iter().map(|(n, ring)| (ring.number, *n)).collect();
        rings.sort_unstable();
        let names: Vec<_> = rings.iter().map(|(_, n)| RINGS[usize::from(*n)]).collect();
        let found = store.rings().unwrap();
        assert_eq!(found.iter().map(|ring| ring.name().as_str()).collect::<Vec<_>>(), names);
        for (_, n) in rings {
            let ring = store.ring(&RingName::new(RINGS[usize::from(n)]).unwrap()).unwrap();
            self.check_ring(n, &ring.state().unwrap());
            let model = &state.rings[&n];
            let live = [RingPlace::Current, RingPlace::Next, RingPlace::Previous].map(|place| model.at(place));
            let kids = live.into_iter().flatten().map(|key| state.by_id(key.id.unwrap()).unwrap().1);
            let kids =
                kids.filter(|entry| entry.key().public_key_der().is_some()).map(|entry| entry.key().kid().to_string());
            assert_eq!(kids_of(&ring.jwks().unwrap()), kids.collect::<Vec<_>>());
        }
        let published = |entry: &&Entry| {
            let key = entry.key();
            let place = entry.ring.and_then(|n| state.rings[&n].keys.iter().find(|it| it.id == Some(key.id())));
            let retired = place.is_some_and(|it| it.place == RingPlace::Retired);
            key.key_type() != KeyType::Hmac && !retired && !key.is_revoked() && key.key_use() == KeyUse::Signing
        };
        let published = state.keys.values().map(|entry| &**entry).filter(published);
        let kids: Vec<_> = published.map(|entry| entry.key().kid().to_string()).collect();
        assert_eq!(kids_of(&store.jwks().unwrap()), kids);
        let apps = store.apps().unwrap();
        assert_eq!(apps.len(), state.apps.len());
        for (app, model) in apps.iter().zip(state.apps.values()) {
            self.check_app(model, app);
            assert_eq!(&store.app(app.id()).unwrap(), app);
        }
        assert_eq!(store.fips_mode().unwrap(), state.fips);
        assert_eq!(store.authority().unwrap().as_ref(), state.authority.as_deref());
        assert_eq!(store.past_authorities().unwrap().len(), state.past_authorities);
    }
}

/// A pattern of pieces of which the names are made too.
fn wanted(what: u8, a: u8, b: u8) -> Wanted {
    if what % 4 == 2 {
        return Wanted::Exactly(name(a));
    }
    let piece = |n: u8| match n % 8 {
        0 | 1 => None,
        n => Some(Text::of(&[["a", "B", "ss", "\u{e9}", "*", "i"][usize::from(n) - 2]]).0[0]),
    };
    let pieces = [a, a / 8, b, b / 8].into_iter().take(usize::from(what / 16) % 5).map(piece);
    Wanted::Glob(Glob(pieces.collect()))
}

fn terms(d: u8) -> Terms {
    let fields = [
        OrderField::Name,
        OrderField::InsertInstant,
        OrderField::Expiration,
        OrderField::Id,
        OrderField::Algorithm,
        OrderField::Type,
    ];
    let direction = |down: bool| if down { Direction::Descending } else { Direction::Ascending };
    let first = (fields[usize::from(d) / 4 % 6], direction(d >= 128));
    let then = (fields[usize::from(d) / 8 % 6], direction(d % 2 == 1));
    if first.0 == then.0 { vec![first] } else { vec![first, then] }
}

fn kids_of(set: &str) -> Vec<String> {
    let set: Value = serde_json::from_str(set).unwrap();
    set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}
