//! Searching: any text as a pattern, an order, a cursor, a query string and a body. What is read does what it says, GET and
//! POST say the same, and a page never has more keys than there are.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use keystead::api::fusionauth;
use keystead::{Algorithm, Cursor, GenerateKey, KeyName, KeySpec, Keystore, NamePattern, Options, OrderBy, Query};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Pattern(&'a str, &'a str),
    Order(&'a str),
    Cursor { terms: Vec<(u8, bool)>, at: usize, to: u8 },
    CursorText(&'a str),
    Query(&'a str),
    Body(&'a [u8]),
    Search { texts: [Text<'a>; 4], numbers: [Option<i64>; 2] },
}

#[derive(Arbitrary, Debug)]
enum Text<'a> {
    None,
    Known(u8),
    Any(&'a str),
}

fuzz_target!(|input: Input<'_>| {
    match input {
        Input::Pattern(pattern, name) => any_pattern(pattern, name),
        Input::Order(text) => drop(any_order(text)),
        Input::Cursor { terms, at, to } => changed_cursor(&terms, at, to),
        Input::CursorText(text) => any_cursor(text),
        Input::Query(query) => drop(answer("GET", &format!("/api/key/search?{query}"), b"")),
        Input::Body(body) => drop(answer("POST", "/api/key/search", body)),
        Input::Search { texts, numbers } => both_ways(texts, numbers),
    }
});

fn any_pattern(pattern: &str, name: &str) {
    if let Ok(pattern) = NamePattern::parse(pattern) {
        let _ = pattern.matches(name);
    }
    // Its own characters are in a name, wherever they stand. Brackets combine with nothing.
    let literal = name.replace('*', "**");
    let Ok(parsed) = NamePattern::parse(&literal) else { return };
    assert!(parsed.matches(name) && parsed.matches(&format!("[{name}]")), "{literal:?}");
    if let Ok(name) = KeyName::new(name) {
        let exact = NamePattern::exact(&name);
        assert!(exact.matches(name.as_str()) && !exact.matches(&format!("[{name}]")), "{name}");
    }
    // Around a wildcard both ends are held.
    let (before, behind) = (name.trim(), pattern.trim());
    if [before, behind].iter().any(|text| text.contains(['*', '[', ']'])) {
        return;
    }
    let Ok(parsed) = NamePattern::parse(&format!("{before}*{behind}")) else { return };
    assert!(parsed.matches(&format!("{before}[{behind}")), "{before:?} {behind:?}");
    assert_eq!(parsed.matches(&format!("[{before}[{behind}")), before.is_empty(), "{before:?} {behind:?}");
    assert_eq!(parsed.matches(&format!("{before}[{behind}]")), behind.is_empty(), "{before:?} {behind:?}");
}

/// The cursor behind the first page in an order.
fn any_order(text: &str) -> Option<Cursor> {
    let order: OrderBy = text.parse().ok()?;
    assert_eq!(order.to_string().parse::<OrderBy>().expect("its own text"), order);
    let page = store().search(&Query::new().order_by(order.clone()).limit(2)).expect("a page");
    let cursor = page.next.expect("there are more");
    assert_eq!(cursor.to_string().parse::<Cursor>().expect("its own text"), cursor);
    let rest = store().search(&Query::new().order_by(order).after(cursor.clone())).expect("a page");
    let ids: Vec<_> = page.keys.iter().chain(&rest.keys).map(|key| key.id()).collect();
    assert_eq!((ids.len() as u64, page.total, rest.total), (page.total, rest.total, page.total));
    Some(cursor)
}

/// A good cursor with one character changed.
fn changed_cursor(terms: &[(u8, bool)], at: usize, to: u8) {
    let fields = ["algorithm", "expiration", "id", "insertInstant", "name", "type"];
    let terms = terms.iter().map(|(field, down)| {
        let field = fields[usize::from(*field) % fields.len()];
        if *down { format!("{field} DESC") } else { field.to_owned() }
    });
    let Some(cursor) = any_order(&terms.collect::<Vec<_>>().join(",")) else { return };
    let mut bytes = cursor.to_string().into_bytes();
    let at = at % bytes.len();
    bytes[at] = to;
    any_cursor(&String::from_utf8_lossy(&bytes));
}

fn any_cursor(text: &str) {
    let Ok(cursor) = text.parse::<Cursor>() else { return };
    // One text for one cursor.
    assert_eq!(cursor.to_string(), text);
    // Of its order nobody knows; of another one it is refused, and not more than that.
    for order in ["name", "id", "type, expiration DESC", "algorithm, insertInstant"] {
        let order = order.parse().expect("an order");
        if let Ok(page) = store().search(&Query::new().order_by(order).after(cursor.clone())) {
            assert!(page.total >= page.keys.len() as u64);
        }
    }
}

/// The same question as a query string and as a body.
fn both_ways(texts: [Text<'_>; 4], numbers: [Option<i64>; 2]) {
    let mut search = Map::new();
    let mut query = Vec::new();
    let mut add = |name: &str, value: Value, text: &str| {
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        query.push(format!("{name}={encoded}"));
        search.insert(name.to_owned(), value);
    };
    let known: [&[&str]; 4] = [
        &["HS256", "ES256", "RS512", "PS256"],
        &["strasse", "c*", "*2", "a**b", "%", "*"],
        &["name DESC", "type, insertInstant", "expiration DESC, algorithm", "id desc", "name, name"],
        &["EC", "HMAC", "RSA", "OKP"],
    ];
    for ((name, text), known) in ["algorithm", "name", "orderBy", "type"].into_iter().zip(texts).zip(known) {
        match text {
            Text::Known(at) => {
                let text = known[usize::from(at) % known.len()];
                add(name, json!(text), text);
            }
            // An empty parameter counts as none.
            Text::Any(text) if !text.is_empty() => add(name, json!(text), text),
            Text::Any(_) | Text::None => {}
        }
    }
    for (name, number) in ["numberOfResults", "startRow"].into_iter().zip(numbers) {
        if let Some(number) = number {
            add(name, json!(number), &number.to_string());
        }
    }
    let got = answer("GET", &format!("/api/key/search?{}", query.join("&")), b"");
    let posted = answer("POST", "/api/key/search", json!({ "search": search }).to_string().as_bytes());
    assert_eq!(got, posted);
}

fn answer(method: &str, path: &str, body: &[u8]) -> (u16, String) {
    let answer = fusionauth::call(store(), method, path, body).expect("a call of this API");
    let text = answer.body.expect("a body");
    let body: Value = serde_json::from_str(&text).expect("the answer is JSON");
    match answer.status {
        200 => {
            let keys = body["keys"].as_array().expect("keys").len() as u64;
            let total = body["total"].as_u64().expect("a number");
            assert!(keys <= total && total <= NAMES.len() as u64, "{text}");
        }
        400 => assert!(body["fieldErrors"].is_object() && text.len() < 10_000, "{text}"),
        other => panic!("status {other}"),
    }
    (answer.status, text)
}

fn store() -> &'static Keystore {
    static STORE: OnceLock<Keystore> = OnceLock::new();
    STORE.get_or_init(|| {
        let store = Keystore::in_memory(Options::default()).expect("a store in memory");
        for (name, algorithm) in NAMES.iter().zip([Algorithm::Hs256, Algorithm::Es256, Algorithm::Hs512].iter().cycle())
        {
            let spec = KeySpec::new(*algorithm, None).expect("a spec");
            store.generate(GenerateKey::new(KeyName::new(*name).expect("a name"), spec)).expect("a key");
        }
        store
    })
}

const NAMES: [&str; 9] = [
    "Straße",
    "STRASSE 2",
    "Caf\u{e9}",
    "cafe\u{301} 2",
    "a*b",
    "100%_[x]?",
    "\u{130}stanbul",
    "ὈΔΥΣΣΕΎΣ",
    "token 2026",
];
