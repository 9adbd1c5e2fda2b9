//! FusionAuth's search calls, judged by the vendor's document, and by two programs that know nothing of this one: SQLite
//! orders the keys, Python reads the query strings. GET and POST give the same answer to the same question, always.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use keystead::api::fusionauth::{self, SearchRequest};
use keystead::{Algorithm, Clock, ImportKey, KeyName, Keystore, Options};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A certificate of RSA that ends in 2029, without its private key.
const SEED: &str = include_str!("data/fusionauth-seed.pem");
const SECRET: &str = "0123456789abcdef-not-for-anyone-at-all-0123456789abcdef";
/// The example request of the document.
const EXAMPLE: &str = r#"{
  "search": {
    "algorithm": "RS256",
    "name": "forum",
    "numberOfResults": 25,
    "orderBy": "insertInstant",
    "startRow": 0,
    "type": "RSA"
  }
}"#;
const FIELDS: [&str; 6] = ["algorithm", "expiration", "id", "insertInstant", "name", "type"];

#[derive(Debug, Default)]
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// Eleven keys of every type, some of the same instant, some without a certificate and so without an end. Their ids
/// are in the order against that of this list. Every key has an algorithm: one is found for each that comes without.
static STORE: LazyLock<Keystore> = LazyLock::new(|| {
    let clock = Arc::new(Hands::default());
    let store = Keystore::in_memory(Options::default().clock(clock.clone())).unwrap();
    let mut left = 50;
    let mut add = |call: &str, seconds: i64, key: Value| {
        left -= 1;
        clock.0.store(1_700_000_000_000 + seconds * 1000, Ordering::Relaxed);
        let path = format!("/api/key/{call}/00000000-0000-4000-8000-0000000000{left}");
        let answer = call_once(&store, "POST", &path, &json!({ "key": key }).to_string());
        assert_eq!(answer.0, 200, "{answer:?}");
        answer.1["key"].clone()
    };
    let tokens = add("generate", 50, json!({ "algorithm": "ES256", "name": "Forum tokens" }));
    add("generate", 10, json!({ "algorithm": "HS256", "name": "forum sessions" }));
    add("import", 10, json!({ "secret": SECRET, "algorithm": "HS384", "name": "FORUM*STAR" }));
    add("import", 30, json!({ "publicKey": tokens["publicKey"], "name": "old forum: 100%" }));
    add("generate", 40, json!({ "algorithm": "HS512", "name": "Straße" }));
    let seed = add("import", 70, json!({ "certificate": SEED, "name": "Community Forum" }));
    add("import", 60, json!({ "certificate": SEED, "algorithm": "RS512", "name": "shop_1" }));
    add("import", 20, json!({ "publicKey": seed["publicKey"], "name": "shop [2]?" }));
    add("generate", 20, json!({ "algorithm": "ES384", "name": "Caf\u{e9}" }));
    add("generate", 10, json!({ "algorithm": "HS256", "name": "shop 1" }));
    // By a call of our own, which knows more algorithms than the vendor.
    let pss = ImportKey::new(KeyName::new("pss").unwrap(), SEED).algorithm(Algorithm::Ps256);
    store.import(pss.id("00000000-0000-4000-8000-000000000038".parse().unwrap())).unwrap();
    store
});

fn call_once(store: &Keystore, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = fusionauth::call(store, method, path, body.as_bytes()).unwrap();
    let text = answer.body.unwrap();
    for secret in ["privateKey", "\"secret", "PRIVATE", "0123456789abcdef", "MDEyMzQ1Njc4OWFiY2RlZ"] {
        assert!(!text.contains(secret), "{text}");
    }
    (answer.status, serde_json::from_str(&text).unwrap())
}

fn get(query: &str) -> (u16, Value) {
    call_once(&STORE, "GET", &format!("/api/key/search?{query}"), "")
}

fn post(body: &str) -> (u16, Value) {
    call_once(&STORE, "POST", "/api/key/search", body)
}

/// Asks in both ways, and both must say the same.
fn ask(search: &Value) -> (u16, Value) {
    let answer = post(&json!({ "search": search }).to_string());
    let parameters = search.as_object().unwrap().iter().map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{name}={}", encode(&text))
    });
    let query = parameters.collect::<Vec<_>>().join("&");
    assert_eq!(get(&query), answer, "{query}");
    answer
}

/// An answer that must be one, and is in its form.
fn found(search: &Value) -> Value {
    let (status, body) = ask(search);
    assert_eq!(status, 200, "{search}: {body}");
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys", "total"]);
    assert!(body["total"].is_u64());
    body
}

fn names(body: &Value) -> Vec<&str> {
    body["keys"].as_array().unwrap().iter().map(|key| key["name"].as_str().unwrap()).collect()
}

/// The names found by a pattern, in their order.
fn by_name(pattern: &str) -> String {
    let body = found(&json!({ "name": pattern }));
    if body["total"] == 0 { "none".into() } else { names(&body).join(", ") }
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).into() } else { format!("%{byte:02x}") })
        .collect()
}

/// The body of an answer that must be 400.
fn refused((status, body): (u16, Value)) -> String {
    assert_eq!(status, 400, "{body}");
    body.to_string()
}

#[test]
fn the_documents_requests_are_answered() {
    let (status, body) = post(EXAMPLE);
    assert_eq!(status, 200);
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["keys", "total"]);
    assert_eq!((names(&body), &body["total"]), (vec!["Community Forum"], &json!(1)));
    // A key is shown as everywhere else.
    let path = format!("/api/key/{}", body["keys"][0]["id"].as_str().unwrap());
    assert_eq!(body["keys"][0], call_once(&STORE, "GET", &path, "").1["key"]);
    assert_eq!(get("algorithm=RS256&name=forum&type=RSA"), (200, body.clone()));
    assert_eq!(ask(&serde_json::from_str::<Value>(EXAMPLE).unwrap()["search"]), (200, body.clone()));
    // The typed functions say the same.
    let request = SearchRequest::from_json(EXAMPLE.as_bytes()).unwrap();
    assert_eq!(serde_json::to_value(fusionauth::search(&STORE, &request).unwrap()).unwrap(), body);
    let query = "algorithm=RS256&name=forum&numberOfResults=25&orderBy=insertInstant&startRow=0&type=RSA";
    assert_eq!(SearchRequest::from_query(query).unwrap(), request);
    assert_ne!(SearchRequest::from_query("").unwrap(), request);
}

#[test]
fn without_parameters_every_key_comes_by_name() {
    let all = found(&json!({}));
    insta::assert_snapshot!(names(&all).join(", "), @"Café, Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%, pss, shop 1, shop [2]?, shop_1, Straße");
    assert_eq!(all["total"], 11);
    let listed = call_once(&STORE, "GET", "/api/key", "").1;
    let keys = |body: &Value| body["keys"].as_array().unwrap().iter().map(Value::to_string).collect::<BTreeSet<_>>();
    assert_eq!(keys(&all), keys(&listed));
    let same = Some((200, all));
    for query in ["", "&&", "name=&algorithm=&type=&orderBy=&startRow=&numberOfResults=", "name", "orderBy&startRow"] {
        assert_eq!(Some(get(query)), same, "{query}");
    }
    assert_eq!(Some(call_once(&STORE, "GET", "/api/key/search", "")), same);
    // What is not known is ignored: other names, names in another case, the body of a GET and the parameters of a POST.
    assert_eq!(Some(get("x=1&x=2&Name=forum&search.name=forum&key=&=&=name&;name=x")), same);
    assert_eq!(Some(call_once(&STORE, "GET", "/api/key/search", EXAMPLE)), same);
    assert_eq!(Some(call_once(&STORE, "POST", "/api/key/search?name=forum", r#"{"search":{}}"#)), same);
    let unknown = r#"{"key":[],"search":{"x":{"name":5},"x":1,"Name":"forum","after":"x"},"search ":null}"#;
    assert_eq!(Some(post(unknown)), same);
    let nulls = json!({ "algorithm": null, "name": null, "numberOfResults": null, "orderBy": null, "startRow": null, "type": null });
    assert_eq!(Some(post(&json!({ "search": nulls }).to_string())), same);
    assert_eq!(Some(post(r#"{"search":{"name":""}}"#)), same);
    assert_eq!(Some(post(r#"{"search":{"name":" \t "}}"#)), same);
    assert_eq!(Some(get("name=+%09")), same);
}

#[test]
fn the_first_page_has_25_keys() {
    let store = Keystore::in_memory(Options::default()).unwrap();
    for at in 0..27 {
        let body = json!({ "key": { "algorithm": "HS256", "name": format!("key {at:02}") } }).to_string();
        call_once(&store, "POST", "/api/key/generate", &body);
    }
    for (method, body) in [("GET", ""), ("POST", r#"{"search":{}}"#)] {
        let (_, page) = call_once(&store, method, "/api/key/search", body);
        let expected: Vec<_> = (0..25).map(|at| format!("key {at:02}")).collect();
        assert_eq!((names(&page), &page["total"]), (expected.iter().map(String::as_str).collect(), &json!(27)));
    }
    let (_, rest) = call_once(&store, "GET", "/api/key/search?startRow=25", "");
    assert_eq!((names(&rest), &rest["total"]), (vec!["key 25", "key 26"], &json!(27)));
    let empty = Keystore::in_memory(Options::default()).unwrap();
    let answer = call_once(&empty, "GET", "/api/key/search?name=a&startRow=3", "");
    assert_eq!(answer, (200, json!({ "keys": [], "total": 0 })));
}

/// Each alone, and every two of them together, judged by what the list says of each key.
#[test]
fn algorithms_and_types_filter() {
    let listed = call_once(&STORE, "GET", "/api/key", "").1;
    let algorithms = ["ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512"];
    let mut seen = 0;
    for algorithm in algorithms.iter().map(Some).chain([None]) {
        for key_type in ["EC", "RSA", "HMAC"].iter().map(Some).chain([None]) {
            for name in [Some("forum"), None] {
                let fits = |key: &&Value| {
                    algorithm.is_none_or(|algorithm| key["algorithm"] == **algorithm)
                        && key_type.is_none_or(|key_type| key["type"] == **key_type)
                        && name.is_none_or(|name| key["name"].as_str().unwrap().to_lowercase().contains(name))
                };
                let expected: BTreeSet<_> =
                    listed["keys"].as_array().unwrap().iter().filter(fits).map(Value::to_string).collect();
                let mut search = json!({ "algorithm": algorithm, "type": key_type, "name": name });
                search.as_object_mut().unwrap().retain(|_, value| !value.is_null());
                let body = found(&search);
                let keys: BTreeSet<_> = body["keys"].as_array().unwrap().iter().map(Value::to_string).collect();
                assert_eq!((&keys, &body["total"]), (&expected, &json!(expected.len())), "{search}");
                seen += usize::from(!expected.is_empty());
            }
        }
    }
    assert!(seen > 20, "the filters find something");
    // Keys of other algorithms are listed with their own, and cannot be asked for.
    let rsa = found(&json!({ "type": "RSA", "name": "pss" }));
    assert_eq!((&rsa["keys"][0]["algorithm"], &rsa["total"]), (&json!("PS256"), &json!(1)));
    insta::assert_snapshot!(refused(ask(&json!({ "algorithm": "PS256" }))), @r#"{"fieldErrors":{"search.algorithm":[{"code":"[invalid]search.algorithm","message":"algorithm is 'PS256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512"}]},"generalErrors":[]}"#);
}

/// Every list of up to two fields in both directions, and some longer ones. SQLite too takes null for the smallest.
#[test]
fn orders_are_those_of_sqlite() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    let columns =
        "algorithm TEXT, expiration INTEGER, id TEXT, insertInstant INTEGER, name TEXT COLLATE NOCASE, type TEXT";
    database.execute_batch(&format!("CREATE TABLE key ({columns})")).unwrap();
    let listed = call_once(&STORE, "GET", "/api/key", "").1;
    let mut without_end = 0;
    for key in listed["keys"].as_array().unwrap() {
        let text = |field: &str| key[field].as_str();
        without_end += usize::from(key.get("expirationInstant").is_none());
        let values = rusqlite::params![
            text("algorithm"),
            key["expirationInstant"].as_i64(),
            text("id"),
            key["insertInstant"].as_i64(),
            text("name"),
            text("type")
        ];
        database.execute("INSERT INTO key VALUES (?, ?, ?, ?, ?, ?)", values).unwrap();
    }
    assert_eq!(without_end, 6, "HMAC, and public keys that came alone");
    let mut orders: Vec<String> = vec![
        "type desc,algorithm asc,name DeSC".into(),
        " expiration  DESC ,\ttype , name DESC".into(),
        "type,expiration DESC,algorithm DESC,insertInstant,name,id".into(),
    ];
    let directions = ["", " ASC", " DESC"];
    for first in FIELDS {
        for direction in directions {
            orders.push(format!("{first}{direction}"));
            for second in FIELDS.into_iter().filter(|second| *second != first) {
                orders.extend(directions.map(|other| format!("{first}{direction}, {second}{other}")));
            }
        }
    }
    for order in orders {
        let mut statement = database.prepare(&format!("SELECT name FROM key ORDER BY {order}, id")).unwrap();
        let expected: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(names(&found(&json!({ "orderBy": order }))), expected, "{order}");
    }
    let ends = |order: &str| {
        let body = found(&json!({ "orderBy": order }));
        let keys = body["keys"].as_array().unwrap().iter();
        keys.map(|key| key["expirationInstant"].to_string()).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(ends("expiration"), @"null null null null null null 1877808272000 1877808272000 1877808272000 2015619220000 2015619250000");
    insta::assert_snapshot!(ends("expiration DESC"), @"2015619250000 2015619220000 1877808272000 1877808272000 1877808272000 null null null null null null");
}

#[test]
fn pages_add_up_to_the_whole() {
    for order in ["name", "expiration DESC", "type, insertInstant DESC"] {
        let whole = found(&json!({ "orderBy": order, "name": "o" }));
        let whole: Vec<_> = names(&whole);
        assert_eq!(whole.len(), 8);
        for size in 1..=9 {
            let mut walked = Vec::new();
            for start in (0..10).step_by(size) {
                let page = found(&json!({ "orderBy": order, "name": "o", "numberOfResults": size, "startRow": start }));
                assert_eq!(page["total"], 8);
                let expected = whole.iter().skip(start).take(size).copied().collect::<Vec<_>>();
                assert_eq!(names(&page), expected, "{order}, {size} from {start}");
                walked.extend(names(&page).into_iter().map(str::to_owned));
            }
            assert_eq!(walked, whole);
        }
    }
    let none = json!({ "keys": [], "total": 11 });
    assert_eq!(found(&json!({ "numberOfResults": 0 })), none);
    assert_eq!(found(&json!({ "startRow": 11 })), none);
    assert_eq!(found(&json!({ "startRow": i32::MAX, "numberOfResults": i32::MAX })), none);
    assert_eq!(names(&found(&json!({ "numberOfResults": i32::MAX }))).len(), 11);
    assert_eq!(get("startRow=0010&numberOfResults=007").1, found(&json!({ "startRow": 10, "numberOfResults": 7 })));
}

#[test]
fn names_are_found_by_the_documents_pattern() {
    let rows = [
        "forum",
        "FORUM",
        "  forum  ",
        "forum*",
        "*forum",
        "*forum*",
        "f*s",
        "*",
        "* *",
        "**",
        "***",
        "*****",
        "f**s",
        "forum**star",
        "forum***",
        "%",
        "100%",
        "_",
        "shop_",
        "[",
        "[2]?",
        "?",
        "shop ?",
        "s?op",
        "[a-z]",
        ".*",
        "\\",
        "'",
        "straße",
        "STRASSE",
        "ss*e",
        "CAFÉ",
        "cafe\u{301}",
        "cafe",
        "c*é",
        "forum\0",
        "no such key",
    ];
    let lines = rows.map(|pattern| format!("{pattern:?}: {}", by_name(pattern)));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    "forum": Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%
    "FORUM": Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%
    "  forum  ": Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%
    "forum*": forum sessions, Forum tokens, FORUM*STAR
    "*forum": Community Forum
    "*forum*": Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%
    "f*s": forum sessions, Forum tokens
    "*": Café, Community Forum, forum sessions, Forum tokens, FORUM*STAR, old forum: 100%, pss, shop 1, shop [2]?, shop_1, Straße
    "* *": Community Forum, forum sessions, Forum tokens, old forum: 100%, shop 1, shop [2]?
    "**": FORUM*STAR
    "***": none
    "*****": none
    "f**s": none
    "forum**star": FORUM*STAR
    "forum***": FORUM*STAR
    "%": old forum: 100%
    "100%": old forum: 100%
    "_": shop_1
    "shop_": shop_1
    "[": shop [2]?
    "[2]?": shop [2]?
    "?": shop [2]?
    "shop ?": none
    "s?op": none
    "[a-z]": none
    ".*": none
    "\\": none
    "'": none
    "straße": Straße
    "STRASSE": Straße
    "ss*e": none
    "CAFÉ": Café
    "cafe\u{301}": Café
    "cafe": none
    "c*é": Café
    "forum\0": none
    "no such key": none
    "#);
}

/// What Python takes a parameter for is what is searched for.
#[test]
fn query_strings_are_read_as_python_reads_them() {
    let raw = "a%20b c+d g%2Bh i%2bj 100% 100%% 1%zz 2%4 3%4g %41%4A%4a %C3%9F ß1 %e2%82%AC %F0%9F%94%91 🔑2 %25%34%31 %2541 x=y \
               x==z %26amp%3D q;r tab%09 #frag a/b?c %3F \"'<> %E2%80%8B Cafe%CC%81 %00nul %7F ~-._! % +% %%2b %2";
    let no_utf8 = "%FF a%80 %C3 %C3%28 %C0%AF %ED%A0%80 %F4%90%80%80 %E2%82 %F0%9F%94 ß%9F";
    let raw: Vec<_> = raw.split(' ').chain(no_utf8.split(' ')).collect();
    let script = "import sys, json; from urllib.parse import unquote_to_bytes\n\
        def read(raw):\n  try: return unquote_to_bytes(raw.replace('+', ' ')).decode()\n  except UnicodeDecodeError: return None\n\
        print(json.dumps([read(raw) for raw in json.loads(sys.argv[1])]))";
    let python = Command::new("python3").args(["-c", script, &json!(raw).to_string()]).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let texts: Vec<Option<String>> = serde_json::from_slice(&python.stdout).unwrap();
    assert_eq!(texts.iter().filter(|text| text.is_none()).count(), 10);
    for (raw, text) in raw.iter().zip(texts) {
        let Some(text) = text else {
            assert!(refused(get(&format!("name={raw}"))).contains("[couldNotParse]search.name"), "{raw}");
            assert!(refused(get(&format!("unknown={raw}&{raw}=x"))).contains("[couldNotParse]search\""), "{raw}");
            continue;
        };
        let read = SearchRequest::from_query(&format!("startRow=1&name={raw}&type=EC")).unwrap();
        let body = json!({ "search": { "startRow": 1, "name": text, "type": "EC" } }).to_string();
        assert_eq!(read, SearchRequest::from_json(body.as_bytes()).unwrap(), "{raw} {text:?}");
    }
    // Names of parameters are encoded too.
    assert_eq!(get("n%61me=for%75m&%74ype=RSA"), ask(&json!({ "name": "forum", "type": "RSA" })));
    assert_eq!(names(&get("name=STRASSE").1), ["Straße"]);
    assert_eq!(get("name=%53tra%C3%9Fe"), get("name=Straße"));
    assert_eq!(
        get("orderBy=type+DESC%2Cname&name=shop 1"),
        ask(&json!({ "orderBy": "type DESC,name", "name": "shop 1" }))
    );
}

#[test]
fn what_is_refused_is_named() {
    let one = |field: &str, value: Value| refused(ask(&json!({ field: value })));
    let bodies = [
        one("algorithm", json!("rs256")),
        one("algorithm", json!(" ")),
        one("type", json!("ec")),
        one("type", json!("OKP")),
        one("type", json!("\n")),
        one("name", json!("*".repeat(8193))),
        one("name", json!("ß".repeat(100_000))),
    ];
    insta::assert_snapshot!(bodies.join("\n"), @r#"
    {"fieldErrors":{"search.algorithm":[{"code":"[invalid]search.algorithm","message":"algorithm is 'rs256', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512"}]},"generalErrors":[]}
    {"fieldErrors":{"search.algorithm":[{"code":"[blank]search.algorithm","message":"algorithm is ' ', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512"}]},"generalErrors":[]}
    {"fieldErrors":{"search.type":[{"code":"[invalid]search.type","message":"type is 'ec', allowed are EC, RSA, HMAC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.type":[{"code":"[invalid]search.type","message":"type is 'OKP', allowed are EC, RSA, HMAC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.type":[{"code":"[blank]search.type","message":"type is '\\n', allowed are EC, RSA, HMAC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.name":[{"code":"[invalidLength]search.name","message":"name is a pattern of 8193 characters, at most 8192 characters"}]},"generalErrors":[]}
    {"fieldErrors":{"search.name":[{"code":"[invalidLength]search.name","message":"name is a pattern of 200000 bytes, at most 8192 characters"}]},"generalErrors":[]}
    "#);
    let order = |order: &str| one("orderBy", json!(order));
    let orders = [
        order(" "),
        order("size"),
        order("Name"),
        order("name DOWN"),
        order("name DESC ASC"),
        order("name,"),
        order(",name"),
        order("name, type, name DESC"),
        order("name; DROP TABLE key"),
        order(&"x".repeat(10_000)),
    ];
    insta::assert_snapshot!(orders.join("\n"), @r#"
    {"fieldErrors":{"search.orderBy":[{"code":"[blank]search.orderBy","message":"orderBy is blank, allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'size', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'Name', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'name DOWN', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'name DESC ASC', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has '', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has '', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has name twice, allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'name; DROP TABLE key', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}
    "#);
    let counts = [
        one("startRow", json!(-1)),
        one("startRow", json!(2_147_483_648_i64)),
        one("numberOfResults", json!(-1)),
        one("numberOfResults", json!(i64::MIN)),
        one("numberOfResults", json!(i64::MAX)),
    ];
    insta::assert_snapshot!(counts.join("\n"), @r#"
    {"fieldErrors":{"search.startRow":[{"code":"[invalid]search.startRow","message":"startRow is the number -1, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"fieldErrors":{"search.startRow":[{"code":"[invalid]search.startRow","message":"startRow is the number 2147483648, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"fieldErrors":{"search.numberOfResults":[{"code":"[invalid]search.numberOfResults","message":"numberOfResults is the number -1, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"fieldErrors":{"search.numberOfResults":[{"code":"[invalid]search.numberOfResults","message":"numberOfResults is the number -9223372036854775808, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"fieldErrors":{"search.numberOfResults":[{"code":"[invalid]search.numberOfResults","message":"numberOfResults is the number 9223372036854775807, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    "#);
    let several = json!({
        "algorithm": "none", "name": "a".repeat(8193), "numberOfResults": -5, "orderBy": "x", "startRow": -6, "type": "A",
    });
    insta::assert_snapshot!(refused(ask(&several)), @r#"{"fieldErrors":{"search.algorithm":[{"code":"[invalid]search.algorithm","message":"algorithm is 'none', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512"}],"search.name":[{"code":"[invalidLength]search.name","message":"name is a pattern of 8193 characters, at most 8192 characters"}],"search.numberOfResults":[{"code":"[invalid]search.numberOfResults","message":"numberOfResults is the number -5, allowed is a whole number from 0 to 2147483647"}],"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'x', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}],"search.startRow":[{"code":"[invalid]search.startRow","message":"startRow is the number -6, allowed is a whole number from 0 to 2147483647"}],"search.type":[{"code":"[invalid]search.type","message":"type is 'A', allowed are EC, RSA, HMAC"}]},"generalErrors":[]}"#);
}

#[test]
fn what_is_refused_in_a_query_string_is_named() {
    let queries = [
        "startRow=abc",
        "startRow=1.5",
        "startRow=1e3",
        "startRow=+1",
        "startRow=%2B1",
        "startRow=0x10",
        "startRow=1,000",
        "startRow=%D9%A1",
        "numberOfResults=9223372036854775808",
        "numberOfResults=true",
        "numberOfResults=-",
        "name=a&name=b",
        "name=a&type=EC&name=a",
        "name=&name",
        "n%61me=a&name=",
        "startRow=1&startRow=1&orderBy=name&orderBy=name",
        "name=%FF",
        "type=%C3&algorithm=%80&x=%FF&y=%FF",
        "%FF=a",
    ];
    let bodies = queries.map(|query| format!("{query}: {}", refused(get(query))));
    insta::assert_snapshot!(bodies.join("\n"), @r#"
    startRow=abc: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is 'abc', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=1.5: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '1.5', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=1e3: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '1e3', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=+1: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is ' 1', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=%2B1: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '+1', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=0x10: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '0x10', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=1,000: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '1,000', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    startRow=%D9%A1: {"fieldErrors":{"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is '١', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    numberOfResults=9223372036854775808: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is '9223372036854775808', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    numberOfResults=true: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is 'true', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    numberOfResults=-: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is '-', allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    name=a&name=b: {"fieldErrors":{"search.name":[{"code":"[invalid]search.name","message":"name comes twice, allowed is once"}]},"generalErrors":[]}
    name=a&type=EC&name=a: {"fieldErrors":{"search.name":[{"code":"[invalid]search.name","message":"name comes twice, allowed is once"}]},"generalErrors":[]}
    name=&name: {"fieldErrors":{"search.name":[{"code":"[invalid]search.name","message":"name comes twice, allowed is once"}]},"generalErrors":[]}
    n%61me=a&name=: {"fieldErrors":{"search.name":[{"code":"[invalid]search.name","message":"name comes twice, allowed is once"}]},"generalErrors":[]}
    startRow=1&startRow=1&orderBy=name&orderBy=name: {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy comes twice, allowed is once"}],"search.startRow":[{"code":"[invalid]search.startRow","message":"startRow comes twice, allowed is once"}]},"generalErrors":[]}
    name=%FF: {"fieldErrors":{"search.name":[{"code":"[couldNotParse]search.name","message":"'name=%FF' is no UTF-8, allowed is UTF-8 in percent-encoding"}]},"generalErrors":[]}
    type=%C3&algorithm=%80&x=%FF&y=%FF: {"fieldErrors":{"search":[{"code":"[couldNotParse]search","message":"'x=%FF' is no UTF-8, allowed is UTF-8 in percent-encoding"}],"search.algorithm":[{"code":"[couldNotParse]search.algorithm","message":"'algorithm=%80' is no UTF-8, allowed is UTF-8 in percent-encoding"}],"search.type":[{"code":"[couldNotParse]search.type","message":"'type=%C3' is no UTF-8, allowed is UTF-8 in percent-encoding"}]},"generalErrors":[]}
    %FF=a: {"fieldErrors":{"search":[{"code":"[couldNotParse]search","message":"'%FF=a' is no UTF-8, allowed is UTF-8 in percent-encoding"}]},"generalErrors":[]}
    "#);
    // The bytes of one answer, as a client gets them.
    let answer = fusionauth::call(&STORE, "GET", "/api/key/search?orderBy=size", b"").unwrap();
    insta::assert_snapshot!(answer.body.unwrap(), @r#"{"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy has 'size', allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}]},"generalErrors":[]}"#);
}

#[test]
fn bodies_that_are_no_search_are_refused() {
    let bodies = [
        r"",
        r"[]",
        r"{}",
        r#"{"search":null}"#,
        r#"{"search":[]}"#,
        r#"{"search":"name"}"#,
        r#"{"key":{"name":"a"}}"#,
        r#"{"search":{}} x"#,
        r#"{"search":{},"search":{}}"#,
        r#"{"search":{"name":"a","name":"a"}}"#,
        r#"{"search":{"startRow":null,"startRow":1,"orderBy":"name","orderBy":null}}"#,
        r#"{"search":{"algorithm":"","type":"","orderBy":""}}"#,
        r#"{"search":{"algorithm":1,"name":["a"],"orderBy":{},"type":false}}"#,
        r#"{"search":{"startRow":"1","numberOfResults":"abc"}}"#,
        r#"{"search":{"startRow":1.0,"numberOfResults":1e3}}"#,
        r#"{"search":{"startRow":18446744073709551615,"numberOfResults":1e300}}"#,
        r#"{"search":{"startRow":true,"numberOfResults":[]}}"#,
        r#"{"search":{"name":"\ud800"}}"#,
    ];
    let lines = bodies.map(|body| format!("{body}: {}", refused(post(body))));
    insta::assert_snapshot!(lines.join("\n"), @r#"
    : {"fieldErrors":{},"generalErrors":[{"code":"[invalidJSON]","message":"the body is no JSON: EOF while parsing a value at line 1 column 0"}]}
    []: {"fieldErrors":{"search":[{"code":"[missing]search","message":"the body is an array, allowed is an object"}]},"generalErrors":[]}
    {}: {"fieldErrors":{"search":[{"code":"[missing]search","message":"search is missing, an object is needed"}]},"generalErrors":[]}
    {"search":null}: {"fieldErrors":{"search":[{"code":"[missing]search","message":"search is missing, an object is needed"}]},"generalErrors":[]}
    {"search":[]}: {"fieldErrors":{"search":[{"code":"[couldNotParse]search","message":"search is an array, allowed is an object"}]},"generalErrors":[]}
    {"search":"name"}: {"fieldErrors":{"search":[{"code":"[couldNotParse]search","message":"search is a string, allowed is an object"}]},"generalErrors":[]}
    {"key":{"name":"a"}}: {"fieldErrors":{"search":[{"code":"[missing]search","message":"search is missing, an object is needed"}]},"generalErrors":[]}
    {"search":{}} x: {"fieldErrors":{},"generalErrors":[{"code":"[invalidJSON]","message":"the body is no JSON: trailing characters at line 1 column 15"}]}
    {"search":{},"search":{}}: {"fieldErrors":{"search":[{"code":"[invalid]search","message":"search comes twice, allowed is once"}]},"generalErrors":[]}
    {"search":{"name":"a","name":"a"}}: {"fieldErrors":{"search.name":[{"code":"[invalid]search.name","message":"name comes twice, allowed is once"}]},"generalErrors":[]}
    {"search":{"startRow":null,"startRow":1,"orderBy":"name","orderBy":null}}: {"fieldErrors":{"search.orderBy":[{"code":"[invalid]search.orderBy","message":"orderBy comes twice, allowed is once"}],"search.startRow":[{"code":"[invalid]search.startRow","message":"startRow comes twice, allowed is once"}]},"generalErrors":[]}
    {"search":{"algorithm":"","type":"","orderBy":""}}: {"fieldErrors":{"search.algorithm":[{"code":"[blank]search.algorithm","message":"algorithm is '', allowed are ES256, ES384, ES512, HS256, HS384, HS512, RS256, RS384, RS512"}],"search.orderBy":[{"code":"[blank]search.orderBy","message":"orderBy is blank, allowed is a list of algorithm, expiration, id, insertInstant, name, type, each at most once and perhaps with ASC or DESC"}],"search.type":[{"code":"[blank]search.type","message":"type is '', allowed are EC, RSA, HMAC"}]},"generalErrors":[]}
    {"search":{"algorithm":1,"name":["a"],"orderBy":{},"type":false}}: {"fieldErrors":{"search.algorithm":[{"code":"[couldNotParse]search.algorithm","message":"algorithm is the number 1, allowed is a string"}],"search.name":[{"code":"[couldNotParse]search.name","message":"name is an array, allowed is a string"}],"search.orderBy":[{"code":"[couldNotParse]search.orderBy","message":"orderBy is an object, allowed is a string"}],"search.type":[{"code":"[couldNotParse]search.type","message":"type is a boolean, allowed is a string"}]},"generalErrors":[]}
    {"search":{"startRow":"1","numberOfResults":"abc"}}: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is a string, allowed is a whole number from 0 to 2147483647"}],"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is a string, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"search":{"startRow":1.0,"numberOfResults":1e3}}: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is the number 1000.0, allowed is a whole number from 0 to 2147483647"}],"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is the number 1.0, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"search":{"startRow":18446744073709551615,"numberOfResults":1e300}}: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is the number 1e+300, allowed is a whole number from 0 to 2147483647"}],"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is the number 18446744073709551615, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"search":{"startRow":true,"numberOfResults":[]}}: {"fieldErrors":{"search.numberOfResults":[{"code":"[couldNotParse]search.numberOfResults","message":"numberOfResults is an array, allowed is a whole number from 0 to 2147483647"}],"search.startRow":[{"code":"[couldNotParse]search.startRow","message":"startRow is a boolean, allowed is a whole number from 0 to 2147483647"}]},"generalErrors":[]}
    {"search":{"name":"\ud800"}}: {"fieldErrors":{},"generalErrors":[{"code":"[invalidJSON]","message":"the body is no JSON: unexpected end of hex escape at line 1 column 26"}]}
    "#);
    let deep = format!(r#"{{"search":{{"x":{}"#, "[".repeat(100_000));
    assert!(refused(post(&deep)).contains("recursion limit"));
}

/// Nothing that is asked takes long or answers with many times its length.
#[test]
fn length_is_bounded() {
    let most = 1 << 20;
    let longest = format!("name=forum&{}", "x".repeat(most - 11));
    assert_eq!(names(&get(&longest).1).len(), 5);
    insta::assert_snapshot!(refused(get(&format!("{longest}x"))), @r#"{"fieldErrors":{},"generalErrors":[{"code":"[tooLarge]","message":"the query string is 1048577 bytes, at most 1048576"}]}"#);
    let body = format!(r#"{{"search":{{"name":"forum"}}}}{}"#, " ".repeat(most - 27));
    assert_eq!((body.len(), names(&post(&body).1).len()), (most, 5));
    insta::assert_snapshot!(refused(post(&format!("{body} "))), @r#"{"fieldErrors":{},"generalErrors":[{"code":"[tooLarge]","message":"the body is 1048577 bytes, at most 1048576"}]}"#);
    for part in ["%FF&", "name=&", "name=%FF&", "a=%C3&", "orderBy=,&", "%", "&", "=", "type=\u{10ffff}&", "*"] {
        let (status, body) = get(&part.repeat(most / part.len()));
        assert!(matches!(status, 200 | 400));
        assert!(status == 200 || body.to_string().len() < 1000, "{part}");
    }
    let fields = r#""startRow":"x","#.repeat(60_000);
    assert!(refused(post(&format!(r#"{{"search":{{{fields}"x":0}}}}"#))).len() < 1000);
    // Each star is a part of the pattern, and every name is looked at.
    assert_eq!(found(&json!({ "name": "a*".repeat(4096) }))["total"], 0);
    assert_eq!(found(&json!({ "name": "*".repeat(8192) }))["total"], 0);
    assert_eq!(found(&json!({ "name": "* ".repeat(4096) }))["total"], 0);
}

#[test]
fn other_calls_are_not_of_this_api() {
    for (method, path) in [
        ("PUT", "/api/key/search"),
        ("DELETE", "/api/key/search"),
        ("get", "/api/key/search"),
        ("GET", "/api/key/search/"),
        ("GET", "/api/key/search/x"),
        ("GET", "/api/keys/search"),
        ("HEAD", "/api/key/search?name=a"),
    ] {
        assert_eq!(fusionauth::call(&STORE, method, path, EXAMPLE.as_bytes()), None, "{method} {path}");
    }
    // The call's name in another case passes for an id, as any other text does.
    assert!(refused(call_once(&STORE, "GET", "/api/key/Search", "")).contains("[couldNotParse]key.id"));
}

fn text() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["name", "type DESC", "expiration, id", "RS256", "HS384", "EC", "HMAC", "forum", "*", "s*", "%", "+", " "];
    prop_oneof![prop::sample::select(KNOWN).prop_map(str::to_owned), any::<String>()]
}

fn number() -> impl Strategy<Value = i64> {
    prop_oneof![0..20_i64, any::<i64>(), Just(i64::from(i32::MAX)), Just(1 << 31)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ways_say_the_same(
        texts in prop::collection::btree_map(prop::sample::select(&["algorithm", "name", "orderBy", "type"][..]), text(), 0..4),
        numbers in prop::collection::btree_map(prop::sample::select(&["numberOfResults", "startRow"][..]), number(), 0..2),
    ) {
        let texts = texts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (*name, json!(text)));
        let search: Value = texts.chain(numbers.iter().map(|(name, number)| (*name, json!(number)))).collect();
        let (status, body) = ask(&search);
        prop_assert!(matches!(status, 200 | 400), "{}", status);
        if status == 200 {
            let shown = body["keys"].as_array().unwrap().len() as u64;
            let total = body["total"].as_u64().unwrap();
            let most = search["numberOfResults"].as_u64().unwrap_or(25);
            let start = search["startRow"].as_u64().unwrap_or(0);
            prop_assert_eq!(shown, total.saturating_sub(start).min(most));
        }
    }
}
