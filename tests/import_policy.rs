//! "Import: what is refused, and why" (src/manual/decisions.md), line by line: what is wrong in one way only, and that the
//! same without the fault is read.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;

use base64ct::{Base64, Encoding};
use judges::{
    Folder, MESSAGE, PAIRS, Pair, base64, base64url, from_hex, hex, import, import_with, memory, pair, pem, replaced,
    tlv, unpem,
};
use keystead::{Algorithm, Curve, Error, ErrorKind, ImportKey, KeyName, KeyType, SecretEncoding, inspect};

/// Refused by both ways in, with the same words.
fn refused(data: &[u8], what: &str) -> Error {
    let found = inspect(data, None);
    let imported = import(data);
    let error = imported.map(|imported| imported.key).expect_err(what);
    let same = found.map(|_| ()).expect_err(what);
    assert_eq!(error.to_string(), same.to_string(), "{what}");
    assert_eq!(error.kind(), same.kind(), "{what}");
    error
}

fn malformed(data: &[u8], what: &str) {
    let error = refused(data, what);
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}: {error}");
}

fn unsupported(data: &[u8], what: &str) {
    let error = refused(data, what);
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{what}: {error}");
}

#[test]
fn rsa_keys_with_one_fault() {
    let forged = include_str!("data/forged/rsa.txt");
    let (mut good, mut bad) = (0, 0);
    for line in forged.lines() {
        let (name, key) = line.split_once(' ').unwrap();
        let key = Base64::decode_vec(key).unwrap();
        let public = name.contains("public");
        // The same numbers in the outer forms.
        let wrapped = if public { spki(RSA, &NULL, &key) } else { pkcs8(RSA, &NULL, &key) };
        let label = if public { "RSA PUBLIC KEY" } else { "RSA PRIVATE KEY" };
        for data in [key.clone(), wrapped.clone(), pem(label, &key, 64).into_bytes(), base64(&key).into_bytes()] {
            if name.starts_with("good/") || name == "good" {
                let imported = import(&data).unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(imported.key.has_private_key(), !public, "{name}");
                good += 1;
            } else {
                match name {
                    // RFC 8017 appendix A.1.2: there are more than two primes.
                    "version-1" => unsupported(&data, name),
                    // Three INTEGERs are DSA's parameters (RFC 3279 section 2.3.2).
                    "public-trailing-number" if data != wrapped && !data.starts_with(b"-") => unsupported(&data, name),
                    _ => malformed(&data, name),
                }
                bad += 1;
            }
        }
    }
    assert_eq!((good, bad), (28, 224));
}

/// Below 2048 bits a public key verifies and nothing else; a private one is not read.
#[test]
fn several_primes_are_not_two() {
    let folder = Folder::new();
    folder.openssl("genrsa -out three.pem -primes 3 2048");
    unsupported_or_malformed(&folder.get("three.pem"));
    unsupported_or_malformed(&folder.openssl("pkey -in three.pem -traditional"));
    // Its public key is as good as any.
    import(&folder.openssl("pkey -in three.pem -pubout")).unwrap();
}

fn unsupported_or_malformed(data: &[u8]) {
    let error = refused(data, "three primes");
    assert!(matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput), "{error}");
}

#[test]
fn short_rsa_keys_verify_and_no_more() {
    let folder = Folder::new();
    folder.openssl("genrsa -out short.pem 1024");
    malformed(&folder.get("short.pem"), "a private key of 1024 bits");
    folder.put("message", MESSAGE);
    let signature = folder.openssl("dgst -sha256 -sign short.pem message");
    let store = memory();
    let public = folder.openssl("pkey -in short.pem -pubout");
    let key = store.import(ImportKey::new(KeyName::new("short").unwrap(), public)).unwrap().key;
    assert_eq!(key.bits(), 1024);
    assert!(store.verify(key.id(), MESSAGE, &signature).unwrap());
    assert!(!store.verify(key.id(), b"another", &signature).unwrap());
}

#[test]
fn other_algorithms_are_known_and_unsupported() {
    let folder = Folder::new();
    for (name, words) in [
        ("Ed25519", "-algorithm ed25519"),
        ("Ed448", "-algorithm ed448"),
        ("X25519", "-algorithm x25519"),
        ("secp256k1", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1"),
        ("P-224", "-algorithm EC -pkeyopt ec_paramgen_curve:P-224"),
        ("brainpool", "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1"),
        ("RSASSA-PSS", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048"),
        (
            "RSASSA-PSS, restricted",
            "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha256",
        ),
    ] {
        folder.openssl(&format!("genpkey {words} -out key.pem"));
        unsupported(&folder.get("key.pem"), name);
        unsupported(&folder.openssl("pkey -in key.pem -outform DER"), name);
        unsupported(&folder.openssl("pkey -in key.pem -pubout"), name);
        if name.starts_with('X') {
            continue;
        }
        let certificate = folder.openssl("req -x509 -key key.pem -subj /CN=a");
        unsupported(&certificate, name);
        if name.starts_with("Ed") || name.starts_with("RSA") {
            continue;
        }
        unsupported(&folder.openssl("pkey -in key.pem -traditional"), name);
    }
    folder.openssl("genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024 -out parameters.pem");
    folder.openssl("genpkey -paramfile parameters.pem -out key.pem");
    unsupported(&folder.get("key.pem"), "DSA");
    unsupported(&folder.openssl("pkey -in key.pem -pubout"), "DSA");
    unsupported(&folder.openssl("pkey -in key.pem -traditional"), "DSA, traditional");
    unsupported(&folder.get("parameters.pem"), "DSA parameters");
    // RSAES-OAEP, by RFC 4055 section 4.1.
    let oaep = tlv(0x06, &from_hex("2a864886f70d010107"));
    let rsa = unpem(&pair(Algorithm::Rs256).openssl("rsa -in key.pem -RSAPublicKey_out"));
    unsupported(&spki(&oaep, &tlv(0x30, &[]), &rsa), "RSAES-OAEP");
}

#[test]
fn curves_by_name_only() {
    for pair in PAIRS.iter().filter(|pair| pair.algorithm.key_type() == KeyType::Ec) {
        let folder = &pair.folder;
        folder.put("explicit.pem", folder.openssl("ec -in key.pem -param_enc explicit"));
        unsupported(&folder.get("explicit.pem"), "SEC 1, explicit");
        unsupported(&folder.openssl("pkcs8 -topk8 -nocrypt -in explicit.pem"), "PKCS#8, explicit");
        unsupported(&folder.openssl("ec -in key.pem -param_enc explicit -pubout"), "SPKI, explicit");
        unsupported(&folder.openssl("req -x509 -key explicit.pem -subj /CN=a"), "certificate, explicit");
        let curve = pair.algorithm.curve().unwrap().name();
        unsupported(&folder.openssl(&format!("ecparam -name {curve} -param_enc explicit")), "parameters alone");
    }
}

/// The numbers of an EC key that openssl made.
struct Ec {
    curve: Curve,
    oid: &'static str,
    d: Vec<u8>,
    x: Vec<u8>,
    y: Vec<u8>,
    order: Vec<u8>,
}

impl Ec {
    fn of(pair: &Pair) -> Self {
        let curve = pair.algorithm.curve().unwrap();
        let field = curve.field_len();
        let (x, y) = pair.public[pair.public.len() - 2 * field..].split_at(field);
        let sec1 = pair.openssl("pkey -in key.pem -traditional -outform DER");
        let at = sec1.windows(4).position(|bytes| bytes == [2, 1, 1, 4]).unwrap() + 5;
        // SEC 2, sections 2.4.2, 2.5.1 and 2.6.1.
        let (oid, order) = match curve {
            Curve::P256 => ("2a8648ce3d030107", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
            Curve::P384 => (
                "2b81040022",
                "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            ),
            Curve::P521 => (
                "2b81040023",
                "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa\
                 51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
            ),
        };
        let d = sec1[at..at + field].to_vec();
        Self { curve, oid, d, x: x.to_vec(), y: y.to_vec(), order: from_hex(order) }
    }

    fn named(&self) -> Vec<u8> {
        tlv(0x06, &from_hex(self.oid))
    }

    fn point(&self, first: u8) -> Vec<u8> {
        [&[first], &self.x[..], &self.y].concat()
    }

    fn spki(&self, point: &[u8]) -> Vec<u8> {
        spki(EC, &self.named(), point)
    }

    /// ECPrivateKey, RFC 5915 section 3.
    fn sec1(&self, d: &[u8], named: bool, point: Option<&[u8]>) -> Vec<u8> {
        let mut parts = [tlv(0x02, &[1]), tlv(0x04, d)].concat();
        if named {
            parts.extend(tlv(0xa0, &self.named()));
        }
        if let Some(point) = point {
            parts.extend(tlv(0xa1, &tlv(0x03, &[&[0], point].concat())));
        }
        tlv(0x30, &parts)
    }

    fn jwk(&self, private: bool) -> serde_json::Value {
        let mut jwk = serde_json::json!({
            "kty": "EC", "crv": self.curve.name(), "x": base64url(&self.x), "y": base64url(&self.y),
        });
        if private {
            jwk["d"] = base64url(&self.d).into();
        }
        jwk
    }
}

#[test]
fn points_on_the_curve() {
    for (number, pair) in PAIRS[..3].iter().enumerate() {
        let ec = Ec::of(pair);
        let what = |fault: &str| format!("{}, {fault}", ec.curve.name());
        let read = |data: &[u8], fault: &str| {
            let imported = import(data).unwrap_or_else(|error| panic!("{}: {error}", what(fault)));
            assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]), "{}", what(fault));
        };
        let compressed = [&[2 | ec.y[ec.y.len() - 1] & 1], &ec.x[..]].concat();
        read(&ec.spki(&ec.point(4)), "uncompressed");
        read(&ec.spki(&compressed), "compressed, and kept uncompressed");

        let mut off = ec.point(4);
        *off.last_mut().unwrap() ^= 1;
        malformed(&ec.spki(&off), &what("off the curve"));
        malformed(&ec.spki(&[&[4][..], &ec.y, &ec.x].concat()), &what("coordinates swapped"));
        for hybrid in [6, 7] {
            malformed(&ec.spki(&ec.point(hybrid)), &what("hybrid"));
        }
        malformed(&ec.spki(&[0]), &what("the point at infinity"));
        malformed(&ec.spki(&[]), &what("no point"));
        malformed(&ec.spki(&vec![4; ec.point(4).len()]), &what("4 and no point"));
        malformed(&ec.spki(&ec.point(4)[..2 * ec.x.len()]), &what("a byte short"));
        malformed(&ec.spki(&[&ec.point(4)[..], &[0]].concat()), &what("a byte long"));
        malformed(&ec.spki(&[&[0x04][..], &vec![0; 2 * ec.x.len()]].concat()), &what("zeros"));
        malformed(&ec.spki(&[&[0x04][..], &vec![0xff; 2 * ec.x.len()]].concat()), &what("beyond the field"));
        // A private key must have a point on the curve too, and its own.
        let mut other = ec.point(4);
        let stranger = Ec::of(&PAIRS[(number + 1) % 3]);
        for (fault, point) in [("off", off.clone()), ("negated", negated(&ec)), ("of another", stranger.point(4))] {
            malformed(&ec.sec1(&ec.d, true, Some(&point)), &what(&format!("SEC 1 with a point {fault}")));
            let inner = ec.sec1(&ec.d, false, Some(&point));
            malformed(&pkcs8(EC, &ec.named(), &inner), &what(&format!("PKCS#8 with a point {fault}")));
        }
        other.reverse();
        malformed(&ec.sec1(&ec.d, true, Some(&other)), &what("a point of garbage"));
        malformed(&ec.sec1(&ec.d, true, Some(&ec.point(6 | ec.y[ec.y.len() - 1] & 1))), &what("hybrid in SEC 1"));
        read(&ec.sec1(&ec.d, true, Some(&ec.point(4))), "SEC 1");
        read(&ec.sec1(&ec.d, true, Some(&compressed)), "SEC 1, compressed");
        read(&ec.sec1(&ec.d, true, None), "SEC 1 without a point");
        read(&pkcs8(EC, &ec.named(), &ec.sec1(&ec.d, false, None)), "PKCS#8 without a point");
        read(&pkcs8(EC, &ec.named(), &ec.sec1(&ec.d, true, Some(&ec.point(4)))), "PKCS#8 with all");

        malformed(&ec.sec1(&ec.d, false, Some(&ec.point(4))), &what("SEC 1 without a curve"));
        malformed(&pkcs8(EC, &ec.named(), &stranger.sec1(&stranger.d, true, None)), &what("two curves"));
        malformed(&pkcs8(EC, &NULL, &ec.sec1(&ec.d, true, None)), &what("PKCS#8 without a curve"));
        malformed(&spki(EC, &stranger.named(), &ec.point(4)), &what("named as another curve"));
        malformed(&spki(EC, &[], &ec.point(4)), &what("no parameters"));
        malformed(&spki(EC, &NULL, &ec.point(4)), &what("implicit curve"));
    }
}

/// The same x, and the other y: on the curve, and the wrong key.
fn negated(ec: &Ec) -> Vec<u8> {
    // SEC 2: p for each curve is 2^256 - 2^224 + 2^192 + 2^96 - 1 and so on; a compressed point needs none of that.
    [&[2 | (ec.y[ec.y.len() - 1] & 1 ^ 1)], &ec.x[..]].concat()
}

#[test]
fn private_scalars_in_range() {
    for pair in &PAIRS[..3] {
        let ec = Ec::of(pair);
        let field = ec.d.len();
        let one = [vec![0; field - 1], vec![1]].concat();
        let plus = |by: i8| {
            let mut number = ec.order.clone();
            let last = number.last_mut().unwrap();
            *last = last.wrapping_add_signed(by);
            number
        };
        let both = |d: &[u8]| [ec.sec1(d, true, None), pkcs8(EC, &ec.named(), &ec.sec1(d, false, None))];
        for data in [both(&one), both(&plus(-1))].concat() {
            let key = import(&data).unwrap().key;
            assert_eq!(key.bits(), ec.curve.bits());
        }
        for (what, d) in [
            ("zero", vec![0; field]),
            ("the order", ec.order.clone()),
            ("the order and one", plus(1)),
            ("all ones", vec![0xff; field]),
            ("a byte short", ec.d[1..].to_vec()),
            ("a byte long", [&[0][..], &ec.d].concat()),
            ("one byte", vec![1]),
            ("nothing", vec![]),
        ] {
            for data in both(&d) {
                malformed(&data, &format!("{}: {what}", ec.curve.name()));
            }
        }
    }
}

#[test]
fn der_to_the_letter() {
    for pair in [pair(Algorithm::Es256), pair(Algorithm::Rs256)] {
        let pkcs8 = pair.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER");
        let certificate = pair.openssl("x509 -in cert.pem -outform DER");
        for (what, data) in [("PKCS#8", &pkcs8), ("SPKI", &pair.public), ("certificate", &certificate)] {
            import(data).unwrap();
            let body = &data[if data[1] == 0x82 { 4 } else { 3 }..];
            let body = if data[1] < 0x80 { &data[2..] } else { body };
            let len = (body.len() as u32).to_be_bytes();
            assert_eq!(tlv(0x30, body), *data);
            let long = [&[0x30, 0x84][..], &len, body].concat();
            malformed(&long, &format!("{what}, length in four bytes"));
            malformed(&[&[0x30, 0x80][..], body, &[0, 0]].concat(), &format!("{what}, length unknown"));
            malformed(&[&data[..], &[0]].concat(), &format!("{what}, a byte behind"));
            malformed(&[&data[..], &[5, 0]].concat(), &format!("{what}, an element behind"));
            malformed(&tlv(0x30, &[body, &[5, 0]].concat()), &format!("{what}, an element more"));
            malformed(&tlv(0x31, body), &format!("{what} as a SET"));
        }
        let version = |number: &[u8]| replaced(&pkcs8, &tlv(2, &[0]), &tlv(2, number));
        for number in [&[1][..], &[2], &[0, 0], &[0xff], &[]] {
            malformed(&version(number), &format!("version {number:02x?}"));
        }
        // RFC 5280 section 4.1.2.1: [0] { 2 } is version 3.
        for number in [&[3][..], &[4], &[0xff], &[0, 2]] {
            let changed = replaced(&certificate, &tlv(0xa0, &tlv(2, &[2])), &tlv(0xa0, &tlv(2, number)));
            malformed(&changed, &format!("a certificate's version {number:02x?}"));
        }
    }
}

/// Version 2 of PKCS#8 (RFC 5958) with the public key behind.
#[test]
fn the_public_key_behind_must_be_its_own() {
    let of = |pair: &Pair, public: &[u8]| {
        let v1 = pair.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER");
        let body = &v1[if v1[1] == 0x82 { 4 } else { 3 }..];
        let rest = body.strip_prefix(&[2, 1, 0][..]).unwrap();
        tlv(0x30, &[&[2, 1, 1], rest, &tlv(0x81, &[&[0], public].concat())].concat())
    };
    let es256 = pair(Algorithm::Es256);
    let ec = Ec::of(es256);
    let read = import(&of(es256, &ec.point(4))).unwrap();
    assert_eq!(read.key.public_key_der(), Some(&es256.public[..]));
    malformed(&of(es256, &negated(&ec)), "another's point behind");
    malformed(&of(es256, &Ec::of(pair(Algorithm::Es384)).point(4)), "another curve's point behind");
    let rs256 = pair(Algorithm::Rs256);
    let own = unpem(&rs256.openssl("rsa -in key.pem -RSAPublicKey_out"));
    let read = import(&of(rs256, &own)).unwrap();
    assert_eq!(read.key.public_key_der(), Some(&rs256.public[..]));
    let forged =
        include_str!("data/forged/rsa.txt").lines().find_map(|line| line.strip_prefix("good/public-exponent-3 "));
    malformed(&of(rs256, &Base64::decode_vec(forged.unwrap()).unwrap()), "another's modulus behind");
}

#[test]
fn an_algorithm_must_fit() {
    for pair in PAIRS.iter() {
        let data = pair.file("key.pem");
        for algorithm in Algorithm::ALL {
            let imported = import_with(&data, |request| request.algorithm(algorithm));
            if algorithm.key_type() == pair.algorithm.key_type() && algorithm.curve() == pair.algorithm.curve() {
                assert_eq!(imported.unwrap().key.algorithm(), Some(algorithm));
            } else {
                let error = imported.expect_err(algorithm.name());
                assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::NotPossible), "{error}");
            }
        }
    }
}

#[test]
fn jwk_of_ec_with_one_fault() {
    for pair in &PAIRS[..3] {
        let ec = Ec::of(pair);
        let stranger = Ec::of(PAIRS.iter().find(|other| other.algorithm.curve() != pair.algorithm.curve()).unwrap());
        for private in [false, true] {
            let good = ec.jwk(private);
            let imported = import(good.to_string().as_bytes()).unwrap_or_else(|error| panic!("{good}: {error}"));
            assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]));
            assert_eq!(imported.key.has_private_key(), private);
            assert_eq!(imported.form.to_string(), if private { "jwk-private" } else { "jwk" });
            let with = |member: &str, value: serde_json::Value| {
                let mut jwk = good.clone();
                jwk[member] = value;
                jwk.to_string()
            };
            let without = |member: &str| {
                let mut jwk = good.clone();
                jwk.as_object_mut().unwrap().remove(member).unwrap();
                jwk.to_string()
            };
            // What a key may carry beside its numbers.
            let own = base64(&pair.openssl("x509 -in cert.pem -outform DER"));
            for text in [
                with("alg", pair.algorithm.name().into()),
                with("use", "sig".into()),
                with("key_ops", serde_json::json!(["verify"])),
                with("x5c", serde_json::json!([own])),
                with("ext", true.into()),
                with("of somebody", serde_json::json!({ "deep": [1, 2.5, null] })),
                format!("\u{feff}{good}"),
                format!("\r\n {good}\n"),
                serde_json::to_string_pretty(&good).unwrap(),
            ] {
                import(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"));
            }
            let kid = import(with("kid", "theirs".into()).as_bytes()).unwrap().key;
            assert_eq!(kid.kid().as_str(), "theirs");

            let other_alg = if pair.algorithm == Algorithm::Es256 { "ES384" } else { "ES256" };
            let mut faults = vec![
                with("kty", "RSA".into()),
                with("kty", 1.into()),
                with("crv", stranger.curve.name().into()),
                with("x", format!("{}=", base64url(&ec.x)).into()),
                with("x", base64(&[&ec.x[..], &[0]].concat()).into()),
                with("x", base64url(&ec.x[1..]).into()),
                with("x", base64url(&[&[0], &ec.x[..]].concat()).into()),
                with("x", base64url(&ec.y).into()),
                with("x", "".into()),
                with("x", 1.into()),
                with("x", format!("{} ", base64url(&ec.x)).into()),
                with("y", base64url(&ec.x).into()),
                with("alg", other_alg.into()),
                with("alg", "RS256".into()),
                with("alg", 256.into()),
                with("x5c", serde_json::json!([])),
                with("x5c", serde_json::json!([base64(&stranger.spki(&stranger.point(4)))])),
                with("x5c", serde_json::json!([base64url(&pair.openssl("x509 -in cert.pem -outform DER")) + "_-"])),
                with("x5c", serde_json::json!([base64(&pair.openssl("x509 -in ca.pem -outform DER"))])),
                with("kid", 1.into()),
                with("kid", "".into()),
                without("kty"),
                without("crv"),
                without("x"),
                without("y"),
                good.to_string().replacen('{', "{\"kty\":\"EC\",", 1),
                good.to_string().replacen('{', &format!("{{\"x\":\"{}\",", base64url(&ec.x)), 1),
                good.to_string().replacen('{', "{\"\\u0078\":\"AQAB\",", 1),
                good.to_string() + "{}",
                good.to_string() + ",",
                good.to_string().replace('"', "'"),
                format!("[{good}]"),
                format!("\"{}\"", base64url(&ec.x)),
            ];
            let mut certified = ec.jwk(private);
            certified["x5c"] = serde_json::json!([own]);
            for (member, len) in [("x5t", 20), ("x5t#S256", 32)] {
                certified[member] = base64url(&vec![7; len]).into();
                faults.push(certified.to_string());
            }
            if private {
                faults.extend([
                    with("d", base64url(&stranger.d).into()),
                    with("d", base64url(&ec.d[1..]).into()),
                    with("d", base64url(&[&[0], &ec.d[..]].concat()).into()),
                    with("d", base64url(&vec![0; ec.d.len()]).into()),
                    with("d", base64url(&ec.order).into()),
                    with("d", "".into()),
                    with("d", serde_json::Value::Null),
                ]);
            }
            for text in faults {
                malformed(text.as_bytes(), &text);
            }
            unsupported(with("crv", ec.curve.name().to_lowercase().into()).as_bytes(), "lower case");
            unsupported(with("kty", "ec".into()).as_bytes(), "lower case");
            unsupported(with("crv", "secp256k1".into()).as_bytes(), "secp256k1");
            unsupported(br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, "OKP");
        }
    }
}

/// The numbers of a DER SEQUENCE of INTEGERs, without leading zeros.
fn integers(der: &[u8]) -> Vec<Vec<u8>> {
    let mut numbers = Vec::new();
    let mut rest = &der[if der[1] == 0x82 { 4 } else { 3 }..];
    while let [2, first, ..] = *rest {
        let (head, len) = match first {
            0x81 => (3, usize::from(rest[2])),
            0x82 => (4, usize::from(rest[2]) << 8 | usize::from(rest[3])),
            len => (2, usize::from(len)),
        };
        let number = &rest[head..head + len];
        numbers.push(number[number.iter().take_while(|&&byte| byte == 0).count()..].to_vec());
        rest = &rest[head + len..];
    }
    numbers
}

#[test]
fn jwk_of_rsa_with_one_fault() {
    let pair = pair(Algorithm::Rs256);
    let numbers = integers(&pair.openssl("pkey -in key.pem -traditional -outform DER"));
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    let mut good = serde_json::json!({ "kty": "RSA" });
    for (name, number) in names.iter().zip(&numbers[1..]) {
        good[name] = base64url(number).into();
    }
    let whole = import(good.to_string().as_bytes()).unwrap();
    assert_eq!(whole.key.public_key_der(), Some(&pair.public[..]));
    assert_eq!(whole.form.to_string(), "jwk-private");
    let with = |member: &str, value: serde_json::Value| {
        let mut jwk = good.clone();
        jwk[member] = value;
        jwk.to_string()
    };
    let without = |members: &[&str]| {
        let mut jwk = good.clone();
        for member in members {
            jwk.as_object_mut().unwrap().remove(*member).unwrap();
        }
        jwk.to_string()
    };
    // RFC 7518 section 6.3.2: without the factors it is still a private key; they can be found.
    let public = import(without(&names[2..]).as_bytes()).unwrap();
    assert_eq!(public.key.public_key_der(), Some(&pair.public[..]));
    assert!(!public.key.has_private_key());
    for member in &names[..2] {
        malformed(without(&[member]).as_bytes(), member);
    }
    for member in &names[2..] {
        malformed(without(&[member]).as_bytes(), &format!("without {member}"));
    }
    for (at, name) in names.iter().enumerate() {
        let number = &numbers[at + 1];
        let mut changed = number.clone();
        *changed.last_mut().unwrap() ^= 2;
        for value in [
            base64url(&[&[0], &number[..]].concat()),
            base64url(&changed),
            base64url(&number[1..]),
            format!("{}=", base64url(number)),
            String::new(),
        ] {
            malformed(with(name, value.into()).as_bytes(), name);
        }
    }
    unsupported(with("oth", serde_json::json!([{ "r": "AQ", "d": "AQ", "t": "AQ" }])).as_bytes(), "oth");
    unsupported(with("oth", serde_json::json!([])).as_bytes(), "empty oth");
    malformed(with("alg", "ES256".into()).as_bytes(), "another type's algorithm");
    malformed(with("alg", "HS256".into()).as_bytes(), "another type's algorithm");
    assert_eq!(import(with("alg", "PS384".into()).as_bytes()).unwrap().key.algorithm(), Some(Algorithm::Ps384));
}

#[test]
fn jwk_sets_of_one_key_are_that_key() {
    let keys = PAIRS[..3].iter().map(|pair| Ec::of(pair).jwk(false)).collect::<Vec<_>>();
    let set = |keys: &[serde_json::Value]| serde_json::json!({ "keys": keys }).to_string();
    let one = import(set(&keys[..1]).as_bytes()).unwrap();
    assert_eq!(one.form.to_string(), "jwks");
    assert_eq!(one.key.public_key_der(), Some(&PAIRS[0].public[..]));
    let all = inspect(set(&keys).as_bytes(), None).unwrap();
    let found: Vec<_> = all.iter().map(|found| found.public_key_der().unwrap()).collect();
    assert_eq!(found, PAIRS[..3].iter().map(|pair| &pair.public[..]).collect::<Vec<_>>());
    assert_eq!(import(set(&keys).as_bytes()).unwrap_err().kind(), ErrorKind::InvalidInput, "three keys are not one");
    malformed(set(&[]).as_bytes(), "no keys");
    malformed(br#"{"keys":{}}"#, "no array");
    malformed(br#"{"keys":[],"keys":[]}"#, "twice");
}

#[test]
fn secrets_must_be_long_enough() {
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        let whole = algorithm.hash().output_len();
        for len in [1, whole - 1, whole, whole + 1, 4096] {
            let secret = vec![0xe7; len];
            let request = |request: ImportKey| request.algorithm(algorithm).secret(SecretEncoding::Raw);
            let imported = import_with(&secret, request);
            if len < whole {
                let error = imported.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
                let allowed = import_with(&secret, |by| request(by).allow_short_secret(true)).unwrap();
                assert_eq!(allowed.key.bits() as usize, 8 * len);
            } else {
                let key = imported.unwrap().key;
                assert_eq!((key.key_type(), key.bits() as usize), (KeyType::Hmac, 8 * len));
                assert_eq!(key.algorithm(), Some(algorithm));
            }
        }
    }
    for len in [0, 4097, 1 << 20] {
        let error =
            import_with(&vec![0xe7; len], |request| request.secret(SecretEncoding::Raw).allow_short_secret(true));
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput, "{len} bytes");
    }
}

#[test]
fn a_secret_is_the_same_in_every_encoding() {
    let secret: Vec<u8> = (0..32).map(|n: u8| n.wrapping_mul(37) ^ 0xa5).collect();
    let url = base64url(&secret);
    let plain = base64(&secret);
    let jwk = format!(r#"{{"kty":"oct","k":"{url}"}}"#);
    let store = memory();
    let mut tags = Vec::new();
    let encoded = [
        (Some(SecretEncoding::Raw), secret.clone()),
        (None, secret.clone()),
        (Some(SecretEncoding::Hex), hex(&secret).into_bytes()),
        (Some(SecretEncoding::Hex), hex(&secret).to_uppercase().into_bytes()),
        (Some(SecretEncoding::Base64), plain.clone().into_bytes()),
        (Some(SecretEncoding::Base64Url), url.clone().into_bytes()),
        (None, jwk.into_bytes()),
    ];
    for (number, (encoding, data)) in encoded.into_iter().enumerate() {
        let mut request = ImportKey::new(KeyName::new(format!("secret {number}")).unwrap(), data);
        if let Some(encoding) = encoding {
            request = request.secret(encoding);
        }
        let key = store.import(request).unwrap_or_else(|error| panic!("{number}: {error}")).key;
        assert_eq!((key.algorithm(), key.bits()), (Some(Algorithm::Hs256), 256));
        tags.push(store.sign(key.id(), MESSAGE).unwrap().as_bytes().to_vec());
    }
    let folder = Folder::new();
    folder.put("message", MESSAGE);
    let judged = folder.openssl(&format!("dgst -sha256 -mac HMAC -macopt hexkey:{} -binary message", hex(&secret)));
    assert!(tags.iter().all(|tag| *tag == judged));

    // Text is its own bytes, though it could be read as hex.
    let text = hex(&secret);
    let request = ImportKey::new(KeyName::new("text").unwrap(), text.as_str()).secret(SecretEncoding::Text);
    let key = store.import(request).unwrap().key;
    assert_eq!((key.algorithm(), key.bits()), (Some(Algorithm::Hs512), 512));
    let judged =
        folder.openssl(&format!("dgst -sha512 -mac HMAC -macopt hexkey:{} -binary message", hex(text.as_bytes())));
    assert_eq!(store.sign(key.id(), MESSAGE).unwrap().as_bytes(), judged);

    for (encoding, data) in [
        (SecretEncoding::Hex, hex(&secret)[1..].to_owned()),
        (SecretEncoding::Hex, hex(&secret).replacen('e', "g", 1) + "zz"),
        (SecretEncoding::Base64, plain.trim_end_matches('=').to_owned() + "!"),
        (SecretEncoding::Base64Url, url.clone() + "=="),
        (SecretEncoding::Base64Url, "+/".to_owned() + &url[2..]),
        (SecretEncoding::Hex, String::new()),
        (SecretEncoding::Text, String::new()),
    ] {
        let error = import_with(data.as_bytes(), |request| request.secret(encoding)).expect_err(&data);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert!(!error.to_string().contains(&hex(&secret)[4..12]), "{error}");
    }
    let invalid = import_with(&secret, |request| request.secret(SecretEncoding::Text)).unwrap_err();
    assert_eq!(invalid.kind(), ErrorKind::InvalidInput, "not UTF-8: {invalid}");
}

#[test]
fn bytes_without_a_hint() {
    let noise = |len: usize| (0..len).map(|at| (at * 151 + 0x9d) as u8 | 0x80).collect::<Vec<_>>();
    for len in 0..=80 {
        let imported = import(&noise(len));
        let algorithm = match len {
            32 => Algorithm::Hs256,
            48 => Algorithm::Hs384,
            64 => Algorithm::Hs512,
            _ => {
                assert_eq!(imported.unwrap_err().kind(), ErrorKind::InvalidInput, "{len} bytes");
                continue;
            }
        };
        let imported = imported.unwrap();
        assert_eq!(imported.form.to_string(), "raw");
        assert_eq!(imported.key.algorithm(), Some(algorithm));
    }
    for len in [32, 48, 64] {
        // A text could be hex, base64, or itself; DER could be a damaged key.
        malformed(&b"0123456789abcdef".repeat(4)[..len], "hex");
        malformed(&b"correct horse battery staple and then some more words to be sure".repeat(2)[..len], "words");
        malformed(&tlv(0x30, &noise(len - 2)), "DER");
        malformed(&tlv(0x04, &noise(len - 2)), "an OCTET STRING");
        for pair in PAIRS.iter() {
            let key = pair.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER");
            malformed(&key[..len], "the beginning of a key");
        }
    }
}

/// The key confusion of CVE-2015-9235 and its like.
#[test]
fn a_key_is_no_secret() {
    for pair in PAIRS.iter() {
        let der = |words: &str| pair.openssl(words);
        let keys = [
            der("pkey -in key.pem -pubout"),
            pair.public.clone(),
            base64(&pair.public).into_bytes(),
            pair.file("cert.pem"),
            der("x509 -in cert.pem -outform DER"),
            pair.file("key.pem"),
            der("pkey -in key.pem -traditional -outform DER"),
            format!("\n {}", String::from_utf8(der("pkey -in key.pem -pubout")).unwrap()).into_bytes(),
        ];
        for data in &keys {
            for encoding in [SecretEncoding::Raw, SecretEncoding::Text] {
                if matches!(encoding, SecretEncoding::Text) && !data.is_ascii() {
                    continue;
                }
                let error = import_with(data, |request| request.secret(encoding)).expect_err("a key as a secret");
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
            }
            // Nor under a layer of encoding, nor by naming an algorithm.
            let encoded = base64(data);
            import_with(encoded.as_bytes(), |request| request.secret(SecretEncoding::Base64)).expect_err("in base64");
            let jwk = format!(r#"{{"kty":"oct","k":"{}"}}"#, base64url(data));
            import(jwk.as_bytes()).expect_err("in a JWK");
            import_with(data, |request| request.algorithm(Algorithm::Hs256)).expect_err("by its algorithm");
        }
    }
    let jwk = Ec::of(&PAIRS[0]).jwk(false).to_string();
    import_with(jwk.as_bytes(), |request| request.secret(SecretEncoding::Text)).expect_err("a JWK as a secret");
}

/// SubjectPublicKeyInfo, RFC 5280 section 4.1.2.7.
fn spki(oid: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[oid, parameters].concat());
    tlv(0x30, &[algorithm, tlv(0x03, &[&[0], key].concat())].concat())
}

/// PrivateKeyInfo, RFC 5208 section 5.
fn pkcs8(oid: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[oid, parameters].concat());
    tlv(0x30, &[tlv(0x02, &[0]), algorithm, tlv(0x04, key)].concat())
}

const NULL: [u8; 2] = [5, 0];
/// rsaEncryption, RFC 8017 appendix C.
const RSA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// id-ecPublicKey, RFC 5480 section 2.1.1.
const EC: &[u8] = &[0x06, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
