//! Keys as the world writes them: every form and every habit of PEM gives the same key, which signs what openssl
//! verifies; and no part of a file is taken for the whole.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/judges.rs"]
mod judges;

use std::collections::BTreeSet;

use judges::{MESSAGE, PAIRS, Pair, assert_signs, base64, import, import_with, memory, pair, pem, unpem};
use keystead::{Algorithm, ErrorKind, ImportKey, KeyName, KeyType, SecretBytes, inspect};

/// The forms that openssl writes of a pair: the name that we give it, whether it holds the private key, the bytes.
fn forms(pair: &Pair) -> Vec<(&'static str, bool, Vec<u8>)> {
    let mut forms = vec![
        ("pkcs8-pem", true, pair.file("key.pem")),
        ("pkcs8-der", true, pair.openssl("pkcs8 -topk8 -nocrypt -in key.pem -outform DER")),
        ("spki-pem", false, pair.openssl("pkey -in key.pem -pubout")),
        ("spki-der", false, pair.public.clone()),
        ("certificate-pem", false, pair.file("cert.pem")),
        ("certificate-der", false, pair.openssl("x509 -in cert.pem -outform DER")),
        ("pkcs7-pem", false, pair.openssl("crl2pkcs7 -nocrl -certfile cert.pem")),
        ("pkcs7-der", false, pair.openssl("crl2pkcs7 -nocrl -certfile cert.pem -outform DER")),
    ];
    if pair.algorithm.key_type() == KeyType::Rsa {
        forms.extend([
            ("pkcs1-pem", true, pair.openssl("pkey -in key.pem -traditional")),
            ("pkcs1-der", true, pair.openssl("pkey -in key.pem -traditional -outform DER")),
            ("pkcs1-public-pem", false, pair.openssl("rsa -in key.pem -RSAPublicKey_out")),
            ("pkcs1-public-der", false, pair.openssl("rsa -in key.pem -RSAPublicKey_out -outform DER")),
        ]);
    } else {
        forms.extend([
            ("sec1-pem", true, pair.openssl("pkey -in key.pem -traditional")),
            ("sec1-der", true, pair.openssl("pkey -in key.pem -traditional -outform DER")),
            ("pkcs8-pem", true, compressed_pkcs8(pair)),
            ("spki-pem", false, pair.openssl("ec -in key.pem -pubout -conv_form compressed")),
        ]);
    }
    forms
}

/// openssl's `ec` writes SEC 1 only; `pkcs8` keeps the form of its point.
fn compressed_pkcs8(pair: &Pair) -> Vec<u8> {
    pair.folder.put("compressed.pem", pair.openssl("ec -in key.pem -conv_form compressed"));
    pair.openssl("pkcs8 -topk8 -nocrypt -in compressed.pem")
}

#[test]
fn every_form_of_a_key_is_the_same_key() {
    for pair in PAIRS.iter() {
        let algorithm = pair.algorithm;
        let store = memory();
        let mut thumbprints = BTreeSet::new();
        let mut ids = Vec::new();
        for (number, (form, private, data)) in forms(pair).into_iter().enumerate() {
            let what = format!("{algorithm} as {form}");
            let found = inspect(&data, None).unwrap_or_else(|error| panic!("{what}: {error}"));
            let [found] = &found[..] else { panic!("{what}: {found:?}") };
            assert_eq!(found.form().to_string(), form, "{what}");
            assert_eq!(found.key_type(), algorithm.key_type(), "{what}");
            assert_eq!(found.curve(), algorithm.curve(), "{what}");
            assert_eq!(found.bits(), algorithm.curve().map_or(2048, |curve| curve.bits()), "{what}");
            assert_eq!(found.has_private_key(), private, "{what}");
            assert_eq!(found.public_key_der(), Some(&pair.public[..]), "{what}");
            let certified = form.starts_with("certificate") || form.starts_with("pkcs7");
            assert_eq!(found.certificate_information().is_some(), certified, "{what}");
            thumbprints.insert(found.jwk_thumbprint().unwrap().to_base64url());

            let request = ImportKey::new(KeyName::new(format!("key {number}")).unwrap(), data);
            let imported = store.import(request).unwrap_or_else(|error| panic!("{what}: {error}"));
            let key = imported.key;
            assert_eq!(imported.form.to_string(), form, "{what}");
            // Under another name, and said so.
            assert_eq!(imported.same_as.iter().collect::<BTreeSet<_>>(), ids.iter().collect(), "{what}");
            ids.push(key.id());
            assert_eq!(key.algorithm(), Some(algorithm), "{what}");
            assert_eq!(key.has_private_key(), private, "{what}");
            assert_eq!(key.public_key_der(), Some(&pair.public[..]), "{what}");
            assert!(!key.is_exportable(), "{what}");
            thumbprints.insert(key.jwk_thumbprint().unwrap().unwrap().to_base64url());
            if private {
                assert_signs(&store, &key, &pair.public, &what);
            } else {
                assert_eq!(store.sign(key.id(), MESSAGE).unwrap_err().kind(), ErrorKind::NotPossible, "{what}");
            }
        }
        assert_eq!(thumbprints.len(), 1, "{algorithm}");
    }
}

#[test]
fn base64_needs_no_boundaries() {
    for pair in PAIRS.iter() {
        for (form, private, data) in forms(pair) {
            let Some(structure) = form.strip_suffix("-der") else { continue };
            let line = base64(&data);
            let wrapped: String =
                line.as_bytes().chunks(76).flat_map(|line| [line, b"\r\n"].concat()).map(char::from).collect();
            for text in [line.clone(), format!("{line}\n"), wrapped] {
                let what = format!("{} as {form}", pair.algorithm);
                let imported = import(text.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(imported.form.to_string(), format!("{structure}-base64"), "{what}");
                assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]), "{what}");
                assert_eq!(imported.key.has_private_key(), private, "{what}");
            }
        }
    }
}

/// What editors, mails and tools do to a file of PEM with lines of 64 and LF.
fn habits(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut lines = text.lines();
    let (begin, end) = (lines.next().unwrap(), text.lines().next_back().unwrap());
    let body: String = text.lines().filter(|line| !line.contains('-')).collect();
    let label = begin.trim_start_matches("-----BEGIN ").trim_end_matches('-');
    let wide = |width: usize| pem(label, &unpem(text.as_bytes()), width).into_bytes();
    let to_string = |text: &str| text.as_bytes().to_vec();
    vec![
        ("as it is", to_string(text)),
        ("CRLF", to_string(&text.replace('\n', "\r\n"))),
        ("CR", to_string(&text.replace('\n', "\r"))),
        (
            "LF, CRLF and CR",
            to_string(&text.replacen('\n', "\r\n", 1).replacen('\n', "\r", 1).replacen("\r\r\n", "\r\n\r", 1)),
        ),
        ("no last line end", to_string(text.trim_end())),
        ("CRLF, no last line end", to_string(text.replace('\n', "\r\n").trim_end())),
        ("one column", wide(1)),
        ("three columns", wide(3)),
        ("lines of 63", wide(63)),
        ("lines of 65", wide(65)),
        ("lines of 76", wide(76)),
        ("lines of 255", wide(255)),
        ("one line", to_string(&format!("{begin}\n{body}\n{end}\n"))),
        ("blank lines around", to_string(&format!("\n\n{text}\n\n\n"))),
        ("blanks behind lines", to_string(&text.replace('\n', "  \t\n"))),
        ("a byte order mark", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        (
            "text before",
            to_string(&format!("Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n{text}")),
        ),
        ("text behind", to_string(&format!("{text}that was it -- thanks\n"))),
        ("text on both sides", to_string(&format!("Here it is:\r\n\r\n{text}\r\n-- \r\nAlice\r\n"))),
        ("text of no UTF-8 before", [b"cl\xE9 priv\xE9e:\n", text.as_bytes()].concat()),
    ]
}

#[test]
fn pem_is_read_as_the_world_writes_it() {
    let mut read = 0;
    for pair in [pair(Algorithm::Es384), pair(Algorithm::Rs256)] {
        for (form, private, data) in forms(pair) {
            if !form.ends_with("-pem") {
                continue;
            }
            let text = String::from_utf8(data).unwrap();
            // openssl puts the curve's name before a SEC 1 key; `EC PARAMETERS` has a test of its own.
            for (habit, data) in habits(&text) {
                let what = format!("{} as {form}, {habit}", pair.algorithm);
                let imported = import(&data).unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(imported.form.to_string(), form, "{what}");
                assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]), "{what}");
                assert_eq!(imported.key.has_private_key(), private, "{what}");
                read += 1;
            }
        }
    }
    assert!(read > 200, "{read}");
}

#[test]
fn a_key_comes_with_certificates_in_any_order() {
    for pair in PAIRS.iter() {
        let name = |file: &str| String::from_utf8(pair.file(file)).unwrap();
        let [key, leaf, ca] = ["key.pem", "leaf.pem", "ca.pem"].map(name);
        let leaf_der = unpem(leaf.as_bytes());
        let explained = format!("subject=CN = leaf\nissuer=CN = authority\n{leaf}");
        for blocks in [
            [&key, &leaf, &ca],
            [&key, &ca, &leaf],
            [&leaf, &key, &ca],
            [&leaf, &ca, &key],
            [&ca, &key, &leaf],
            [&ca, &leaf, &key],
            [&key, &explained, &ca],
            [&String::new(), &leaf, &key],
        ] {
            let store = memory();
            let data = blocks.map(String::as_str).concat();
            let imported = store.import(ImportKey::new(KeyName::new("a").unwrap(), data)).unwrap();
            assert_eq!(imported.form.to_string(), "pkcs8-pem");
            assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]));
            assert_eq!(imported.key.certificate_der(), Some(&leaf_der[..]), "its own certificate, not another's");
            assert_signs(&store, &imported.key, &pair.public, "with a chain");
        }
        // A chain alone is the key of its first certificate.
        let chain = import((leaf.clone() + &ca).as_bytes()).unwrap().key;
        assert_eq!(chain.public_key_der(), Some(&pair.public[..]));
        assert_eq!(chain.certificate_der(), Some(&leaf_der[..]));
        // A certificate for another key is no certificate for this one.
        let stranger = import((key.clone() + &ca).as_bytes()).unwrap_err();
        assert_eq!(stranger.kind(), ErrorKind::InvalidInput, "{stranger}");
    }
}

#[test]
fn two_keys_are_not_one() {
    let [one, other] = [Algorithm::Es256, Algorithm::Rs256].map(|algorithm| pair(algorithm).file("key.pem"));
    let found = inspect(&[&one[..], &other].concat(), None).unwrap();
    assert_eq!(found.iter().map(|found| found.key_type()).collect::<Vec<_>>(), [KeyType::Ec, KeyType::Rsa]);
    for both in [[&one[..], &other].concat(), [&other[..], &one].concat()] {
        let error = import(&both).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn ec_parameters_may_stand_before_the_key() {
    for pair in PAIRS.iter().filter(|pair| pair.algorithm.key_type() == KeyType::Ec) {
        let curve = pair.algorithm.curve().unwrap().name();
        let parameters = pair.openssl(&format!("ecparam -name {curve}"));
        let key = pair.openssl("pkey -in key.pem -traditional");
        let imported = import(&[&parameters[..], &key].concat()).unwrap();
        assert_eq!(imported.form.to_string(), "sec1-pem");
        assert_eq!(imported.key.public_key_der(), Some(&pair.public[..]));
        assert!(imported.key.has_private_key());

        let other = if curve == "P-256" { "P-384" } else { "P-256" };
        let wrong = pair.openssl(&format!("ecparam -name {other}"));
        assert_eq!(
            import(&[&wrong[..], &key].concat()).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "another curve's"
        );
        assert_eq!(import(&parameters).unwrap_err().kind(), ErrorKind::Unsupported, "parameters are no key");
    }
}

#[test]
fn old_encrypted_pem_is_refused_with_the_way_out() {
    for pair in [pair(Algorithm::Es256), pair(Algorithm::Rs256)] {
        let data = pair.openssl("pkey -in key.pem -traditional -aes128 -passout pass:secret");
        assert!(data.windows(22).any(|window| window == b"Proc-Type: 4,ENCRYPTED"));
        for password in [None, Some("secret")] {
            let error = import_with(&data, |request| match password {
                Some(password) => request.password(password),
                None => request,
            })
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(error.to_string().contains("openssl"), "{error}");
            let inspected = inspect(&data, password.map(SecretBytes::from).as_ref()).unwrap_err();
            assert_eq!(inspected.to_string(), error.to_string());
        }
    }
}

#[test]
fn broken_pem_is_refused() {
    let good = String::from_utf8(pair(Algorithm::Es256).file("key.pem")).unwrap();
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    let body = good.lines().nth(1).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (what, text) in [
        ("another END", changed(end, "-----END PUBLIC KEY-----")),
        ("another END and BEGIN", good.replace("PRIVATE", "PUBLIC")),
        ("labelled as SEC 1", good.replace("PRIVATE", "EC PRIVATE")),
        ("labelled as PKCS#1", good.replace("PRIVATE", "RSA PRIVATE")),
        ("labelled as encrypted", good.replace("PRIVATE", "ENCRYPTED PRIVATE")),
        ("labelled as certificate", good.replace("PRIVATE KEY", "CERTIFICATE")),
        ("no END", changed(end, "")),
        ("no BEGIN", changed(begin, "")),
        ("two BEGINs", changed(begin, &format!("{begin}\n{begin}"))),
        ("a block in a block", changed(begin, &format!("{begin}\n{good}"))),
        ("no body", format!("{begin}\n{end}\n")),
        ("four hyphens", changed(begin, "----BEGIN PRIVATE KEY-----")),
        ("no hyphens behind", changed(begin, "-----BEGIN PRIVATE KEY")),
        ("lower case", changed(begin, "-----begin private key-----")),
        ("an unknown label", good.replace("PRIVATE KEY", "SOMETHING")),
        ("a character that is not base64", changed(body, &body.replacen(&body[9..10], "!", 1))),
        ("base64url", changed(body, &format!("-_{}", &body[2..]))),
        ("padding in the middle", changed(body, &format!("{}={}", &body[..20], &body[21..]))),
        ("padding missing", good.replace('=', "")),
        ("too much padding", changed(end, &format!("====\n{end}"))),
        ("text behind the padding", changed(end, &format!("AAAA\n{end}"))),
        ("a line missing", changed(body, "")),
        ("a line twice", changed(body, &format!("{body}\n{body}"))),
        ("UTF-16", good.chars().flat_map(|c| [c, '\0']).collect()),
    ] {
        // Padding that was never there cannot be missing.
        if what == "padding missing" && text == good {
            continue;
        }
        for found in [import(text.as_bytes()).map(drop), inspect(text.as_bytes(), None).map(drop)] {
            let error = found.expect_err(what);
            let kind = match what {
                "an unknown label" | "UTF-16" => ErrorKind::Unsupported,
                _ => ErrorKind::InvalidInput,
            };
            assert_eq!(error.kind(), kind, "{what}: {error}");
        }
    }
}

#[test]
fn no_part_of_a_file_is_taken_for_the_whole() {
    let pair = pair(Algorithm::Es256);
    let mut cuts = 0;
    for (form, _, data) in forms(pair) {
        // Without its last line end a text is still whole.
        let text = data.is_ascii();
        let whole = if text { data.trim_ascii_end().len() } else { data.len() };
        for end in 0..whole {
            let part = &data[..end];
            assert!(inspect(part, None).is_err(), "{form}: read to byte {end} of {whole}");
            if !text {
                assert!(
                    inspect(base64(part).as_bytes(), None).is_err(),
                    "{form} in base64: read to byte {end} of {whole}"
                );
            }
            cuts += 1;
        }
        inspect(&data[..whole], None).unwrap();
        // Nor is a part from the middle on.
        for start in 1..whole {
            // Such bytes may be a secret: nothing tells them from noise.
            if !text && [32, 48, 64].contains(&(whole - start)) {
                continue;
            }
            assert!(inspect(&data[start..], None).is_err(), "{form}: read from byte {start} of {whole}");
        }
        if !text {
            for tail in [&b"\0"[..], b"\n", &data] {
                assert!(inspect(&[&data[..], tail].concat(), None).is_err(), "{form}: read with more behind");
            }
        }
    }
    assert!(cuts > 3_000, "{cuts}");
}

#[test]
fn no_bit_of_a_private_key_can_be_flipped() {
    for (algorithm, form, every) in [
        (Algorithm::Es256, "pkcs8-der", 1),
        (Algorithm::Es512, "sec1-der", 3),
        (Algorithm::Rs256, "pkcs1-der", 13),
        (Algorithm::Rs256, "pkcs8-der", 17),
    ] {
        let (_, _, data) = forms(pair(algorithm)).into_iter().find(|(name, ..)| *name == form).unwrap();
        for bit in (0..8 * data.len()).step_by(every) {
            let mut changed = data.clone();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            assert!(inspect(&changed, None).is_err(), "{algorithm} as {form}: bit {bit} flipped");
        }
    }
}
