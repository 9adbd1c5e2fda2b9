//! An authority whose certificate, or whose key too, comes from outside. The CA is Python's `cryptography`.

use std::sync::Barrier;
use std::thread;

use insta::assert_snapshot;
use jiff::Timestamp;
use keystead::attestation::{Policy, Profile, Verifier};
use keystead::{
    Attestation, Authority, AuthorityPlan, AuthorityRenewal, AuthorityStrength, CertificateRequest, ErrorKind,
    ImportAuthority, Issuer, Keystore,
};
use serde_json::json;

use super::judges::Folder;
use super::python::has_cryptography;
use super::statement::{Certificate, judged};
use super::support::{RAW, attacker, raw};
use super::{BEGIN, DAY, Hands, attest, folder, in_memory, refusal, timed, with_key};

/// What the CA outside makes of a request, or of nothing when it makes the key too.
pub(crate) struct OutsideCa(Folder);

impl OutsideCa {
    pub(crate) fn new(request: Option<&CertificateRequest>, what: &serde_json::Value) -> Self {
        let folder = Folder::new();
        if let Some(request) = request {
            folder.put("request.pem", request.pem().unwrap());
        }
        folder.put("what.json", what.to_string());
        folder.python(include_str!("../support/outside_ca.py")).unwrap();
        Self(folder)
    }

    pub(crate) fn get(&self, name: &str) -> Vec<u8> {
        self.0.get(name)
    }
}

fn plan() -> AuthorityPlan {
    AuthorityPlan::new()
}

/// A verifier that pins the root believes it, and so does openssl the chain.
#[track_caller]
fn believed(attestation: &Attestation, authority: &Authority, now: Timestamp) {
    let chain: Vec<_> = attestation.authority_chain().collect();
    assert!(authority.chain().eq(attestation.authority_chain()));
    let verifier = Verifier::new(Profile::Keystead, [authority.trust_anchor()]).unwrap();
    let report = verifier.verify(attestation.statement_der(), &chain, &Policy::new(), now);
    assert!(report.is_valid(), "{report}");
    let folder = Folder::new();
    folder.put("chain.pem", attestation.chain_pem().unwrap());
    folder.put("root.der", authority.trust_anchor());
    folder.openssl("x509 -inform DER -in root.der -out root.pem");
    let verdict =
        format!("verify -attime {} -x509_strict -CAfile root.pem -untrusted chain.pem chain.pem", now.as_second() + 1);
    assert_eq!(folder.openssl(&verdict), b"chain.pem: OK\n");
}

#[test]
fn openssl_reads_the_request() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, _) = with_key(&path, timed(&hands));
    let named = plan().organization(Issuer::new("Grün & Söhne").unwrap());
    let request = store.authority_request(&named).unwrap();
    let folder = Folder::new();
    folder.put("request.pem", request.pem().unwrap());
    folder.put("request.der", request.der());
    for form in ["-in request.pem", "-inform DER -in request.der"] {
        let verify = format!("req -verify -noout -text -nameopt utf8,-esc_msb {form}");
        let text = String::from_utf8(folder.openssl(&verify)).unwrap();
        let bytes = |line: &&str| !line.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == ' ');
        let text: Vec<_> = text.lines().filter(bytes).map(str::trim_end).collect();
        if form.starts_with("-in ") {
            assert_snapshot!(text.join("\n"), @r"
            Certificate Request:
                Data:
                    Version: 1 (0x0)
                    Subject: O=Grün & Söhne, CN=Keystead Key Attestation Authority
                    Subject Public Key Info:
                        Public Key Algorithm: id-ecPublicKey
                            Public-Key: (256 bit)
                            pub:
                            ASN1 OID: prime256v1
                            NIST CURVE: P-256
                    Attributes:
                        Requested Extensions:
                            X509v3 Key Usage: critical
                                Digital Signature
                            X509v3 Basic Constraints: critical
                                CA:FALSE
                            X509v3 Extended Key Usage:
                                2.25.167357310102105099079929388927412430796.4.1
                            X509v3 Subject Key Identifier:
                            X509v3 Certificate Policies:
                                Policy: 2.25.167357310102105099079929388927412430796.5.1
                Signature Algorithm: ecdsa-with-SHA256
                Signature Value:
            ");
        }
    }
    // The key waits in the store, however often it is asked for and by whom. The name may differ.
    let other = store.authority_request(&plan()).unwrap();
    assert_ne!(other, request);
    assert_eq!(store.authority_request(&named).unwrap(), request);
    drop(store);
    let store = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
    assert_eq!(store.authority_request(&named).unwrap(), request);
    let rsa = plan().strength(AuthorityStrength::Rsa);
    assert_snapshot!(refusal(store.authority_request(&rsa)), @"AlreadyExists: a key of 256 bits for ES256 waits for the certificate of an authority, asked for is one of 3072 bits for RS256: discard_authority_request gives it up");
    assert!(store.verify_integrity().unwrap().is_ok());
    let reader = Keystore::open_read_only(&path, &raw(), timed(&hands)).unwrap();
    assert_eq!(reader.authority_request(&named).unwrap(), request);
    assert_eq!(reader.discard_authority_request().unwrap_err().kind(), ErrorKind::ReadOnly);
    assert!(store.discard_authority_request().unwrap());
    assert!(!store.discard_authority_request().unwrap());
    assert_eq!(reader.authority_request(&named).unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_ne!(store.authority_request(&named).unwrap(), request);
    assert_eq!(store.authority().unwrap(), None);
    // Nothing of it shows among the keys of the user.
    assert_eq!(store.len().unwrap(), 1);
}

#[test]
fn a_chain_from_outside_is_put_in_force() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let now: Timestamp = BEGIN.parse().unwrap();
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    let own = store.create_authority(&plan()).unwrap();
    let before = attest(&store, id).unwrap();
    let request = store.authority_request(&plan()).unwrap();
    // As long as it waits, the other one signs.
    believed(&attest(&store, id).unwrap(), &own, now);
    let ca = OutsideCa::new(Some(&request), &json!({}));
    drop(store);
    let store = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
    let installed = store.install_authority(&ca.get("chain.pem")).unwrap();
    assert_eq!(store.authority().unwrap().as_ref(), Some(&installed));
    assert_eq!(installed.chain().count(), 3);
    let before_end = "2027-02-20T06:00:00Z".parse().unwrap();
    assert_eq!(installed.renewal(), AuthorityRenewal::FromOutside { before: before_end });
    assert_eq!(installed.not_after(), before_end);
    believed(&attest(&store, id).unwrap(), &installed, now);
    let past = store.past_authorities().unwrap();
    assert!(past.len() == 1 && past[0].chain().eq(own.chain()));
    assert!(store.authority_of(before.statement_der()).unwrap().unwrap().chain().eq(own.chain()));
    assert!(store.verify_integrity().unwrap().is_ok());
    assert_snapshot!(refusal(store.install_authority(&ca.get("chain.pem"))), @"NotPossible: no key waits for the certificate of an authority: authority_request makes one");
    assert_snapshot!(refusal(store.renew_authority()), @"NotPossible: the attestation authority ends at 2027-02-20T06:00:00Z, now it is 2026-11-22T06:00:00Z, and its CA is not in the store: authority_request makes a request for a new certificate, install_authority takes it in");

    // It says in time that it must be followed.
    hands.turn(83 * DAY);
    assert_eq!(attest(&store, id).unwrap().renew_authority_before(), None);
    assert!(!installed.must_be_renewed(before_end.checked_sub(jiff::SignedDuration::from_hours(168)).unwrap()));
    hands.turn(1);
    let due = attest(&store, id).unwrap();
    assert_eq!(due.renew_authority_before(), Some(before_end));
    assert!(due.authority_chain().eq(installed.chain()));
    assert!(installed.must_be_renewed("2027-02-13T06:00:01Z".parse().unwrap()));
    hands.set(before_end);
    attest(&store, id).unwrap();
    hands.turn(1);
    assert_snapshot!(refusal(attest(&store, id)), @"NotPossible: the attestation authority ended at 2027-02-20T06:00:00Z, now it is 2027-02-20T06:00:01Z, and its CA is not in the store: authority_request makes a request for a new certificate, install_authority takes it in");
    assert_snapshot!(refusal(store.ensure_authority(&plan())), @"NotPossible: the attestation authority ended at 2027-02-20T06:00:00Z, now it is 2027-02-20T06:00:01Z, and its CA is not in the store: authority_request makes a request for a new certificate, install_authority takes it in");

    // The next one.
    let request = store.authority_request(&plan()).unwrap();
    let what = json!({"begin": "2027-02-20T06:00:00+00:00", "cas": ["P-521", "P-384", "P-256", "P-256"], "days": 9, "hash": "sha512"});
    let next = store.install_authority(&OutsideCa::new(Some(&request), &what).get("chain.pem")).unwrap();
    believed(&attest(&store, id).unwrap(), &next, "2027-02-20T06:00:01Z".parse().unwrap());
    assert_eq!(store.past_authorities().unwrap().len(), 2);
    assert!(store.verify_integrity().unwrap().is_ok());
    // Nothing but the key of the authority in force is left.
    let left = "SELECT count(*), max(role) FROM authority WHERE length(sealed) > 16";
    let left: (i64, i64) = attacker(&path, &RAW).query_row(left, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(left, (1, 3));
}

#[test]
fn chains_come_in_all_forms() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    for (what, file) in [
        (json!({}), "chain.der"),
        (json!({}), "chain.p7b"),
        (json!({"shuffled": true}), "chain.pem"),
        (json!({"without": ["policy"]}), "chain.pem"),
        (json!({"shuffled": true, "cas": ["P-256"]}), "chain.der"),
        (json!({"cas": ["RSA3072", "P-384"], "hash": "sha384", "more_usages": true}), "chain.pem"),
    ] {
        let (store, id) = in_memory(&hands);
        let ca = OutsideCa::new(Some(&store.authority_request(&plan()).unwrap()), &what);
        let authority = store.install_authority(&ca.get(file)).unwrap();
        believed(&attest(&store, id).unwrap(), &authority, BEGIN.parse().unwrap());
    }
    // Others behind it, of which none is needed, and the certificate of another key.
    let (store, id) = in_memory(&hands);
    let ca = OutsideCa::new(Some(&store.authority_request(&plan()).unwrap()), &json!({}));
    let stranger = OutsideCa::new(None, &json!({"own_key": "P-256"}));
    let both = [stranger.get("chain.pem"), ca.get("chain.pem")].concat();
    let authority = store.install_authority(&both).unwrap();
    believed(&attest(&store, id).unwrap(), &authority, BEGIN.parse().unwrap());
}

/// Of several that install the chain, one does. Who discards the request meanwhile, or it, is in time or not.
#[test]
fn a_chain_is_installed_once() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    for round in 0..4 {
        let request = store.authority_request(&plan()).unwrap();
        let chain = OutsideCa::new(Some(&request), &json!({"cas": ["P-256"]})).get("chain.pem");
        let barrier = Barrier::new(5);
        let (installed, discarded) = thread::scope(|scope| {
            let install = || {
                let store = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
                barrier.wait();
                store
                    .install_authority(&chain)
                    .map_err(|error| assert_eq!(error.kind(), ErrorKind::NotPossible))
                    .is_ok()
            };
            let installing: Vec<_> = (0..4).map(|_| scope.spawn(install)).collect();
            barrier.wait();
            // In half of the rounds at once, in the others when all is over.
            let discarded = round % 2 == 0 && store.discard_authority_request().unwrap();
            (installing.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count(), discarded)
        });
        assert_eq!(installed + usize::from(discarded), 1, "in round {round}");
        assert!(!store.discard_authority_request().unwrap());
        if installed == 1 {
            judged(&attest(&store, id).unwrap());
        }
        assert!(store.verify_integrity().unwrap().is_ok());
    }
}

/// Whatever a verifier would refuse is refused now, with the reasons.
#[test]
fn chains_that_nobody_would_believe_are_refused() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let request = store.authority_request(&plan()).unwrap();
    let refused = |what: serde_json::Value| {
        let ca = OutsideCa::new(Some(&request), &what);
        refusal(store.install_authority(&ca.get("chain.pem")))
    };
    assert_snapshot!(refused(json!({"other_key": "P-256"})), @"InvalidInput: chain: none of its 3 certificates is for the key of the authority");
    assert_snapshot!(refused(json!({"without_root": true})), @"InvalidInput: chain: the chain is not whole: none of its certificates signed number 2, counted from the authority's own as 1; the root is needed too");
    assert_snapshot!(refused(json!({"without": ["eku"]})), @"InvalidInput: chain: nobody would believe this authority: authority-usage: chain[0] has no extended key usage");
    assert_snapshot!(refused(json!({"without": ["ids"]})), @"InvalidInput: chain: nobody would believe this authority: statement-authority-key-id: the statement names a key by its identifier, but chain[0] has no subject key identifier; path-key-ids: chain[0] has no authority key identifier");
    assert_snapshot!(refused(json!({"policy": "1.2.3.4"})), @"InvalidInput: chain: nobody would believe this authority: policies: chain[0] has the policies 1.2.3.4, needed among them is 2.25.167357310102105099079929388927412430796.5.1");
    assert_snapshot!(refused(json!({"is_ca": true, "usage": ["digital_signature", "key_cert_sign"]})), @"InvalidInput: chain: nobody would believe this authority: authority-key-usage: chain[0] has the key usage digitalSignature, keyCertSign, allowed is digitalSignature alone; authority-constraints: chain[0] is a CA");
    assert_snapshot!(refused(json!({"begin": "2026-11-22T06:01:01+00:00"})), @"InvalidInput: chain: nobody would believe this authority: authority-validity: signed at 2026-11-22T06:00:00Z, chain[0] is valid from 2026-11-22T06:01:01Z to 2027-02-20T06:01:01Z; ca-validity: chain[1] is valid from 2026-11-22T06:01:01Z to 2029-08-18T06:01:01Z, the statement was signed at 2026-11-22T06:00:00Z; chain[2] is valid from 2026-11-22T06:01:01Z to 2029-08-18T06:01:01Z, the statement was signed at 2026-11-22T06:00:00Z");
    assert_snapshot!(refused(json!({"begin": "2026-01-01T00:00:00+00:00", "days": 30})), @"InvalidInput: chain: nobody would believe this authority: authority-validity: signed at 2026-11-22T06:00:00Z, chain[0] is valid from 2026-01-01T00:00:00Z to 2026-01-31T00:00:00Z");
    assert_snapshot!(refused(json!({"cas": ["RSA2048"]})), @"InvalidInput: chain: nobody would believe this authority: key-strength: chain[1] has an RSA key of 2048 bits, allowed are RSA from 3072 and EC from 256 bits");
    assert_snapshot!(refused(json!({"cas": ["P-256", "P-256", "P-256", "P-256", "P-256"]})), @"InvalidInput: chain: its chain has more than 5 certificates, allowed are 2 to 5");
    assert_snapshot!(refused(json!({"cas": ["P-384", "P-256", "P-256"], "path": 0})), @"InvalidInput: chain: nobody would believe this authority: path-length: chain[3] has the path length constraint 0, CAs between it and chain[0] are 2");
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("text", b"certificates follow".to_vec()),
        ("the request", request.der().to_vec()),
        ("the request as PEM", request.pem().unwrap().into_bytes()),
        ("a key", OutsideCa::new(None, &json!({"own_key": "P-256"})).get("key.pem")),
        ("two sequences", vec![0x30, 0, 0x30, 0]),
        ("many sequences", [0x30, 0].repeat(1 << 20)),
        ("too much", vec![b' '; (1 << 20) + 1]),
    ] {
        let error = store.install_authority(&bytes).unwrap_err();
        let kind = error.kind();
        assert!(matches!(kind, ErrorKind::InvalidInput | ErrorKind::Unsupported), "{what}: {error}");
        assert_eq!(error.field(), Some("chain"), "{what}");
        assert!(error.to_string().len() < 400, "{what}: {error}");
    }
    let whole = OutsideCa::new(Some(&request), &json!({"cas": ["P-256"]})).get("chain.der");
    for cut in (0..whole.len()).step_by(7) {
        assert_eq!(store.install_authority(&whole[..cut]).unwrap_err().kind(), ErrorKind::InvalidInput, "{cut}");
    }
    for at in (0..whole.len()).step_by(31) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        store.install_authority(&flipped).unwrap_err();
    }
    // Nothing came of it all.
    assert_eq!(store.authority().unwrap(), None);
    assert_eq!(attest(&store, id).unwrap_err().kind(), ErrorKind::NotPossible);
    assert_eq!(store.authority_request(&plan()).unwrap(), request);
    store.install_authority(&whole).unwrap();
    judged(&attest(&store, id).unwrap());
}

/// A CA whose clock is fast by less than a minute.
#[test]
fn a_chain_may_begin_in_a_moment() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let request = store.authority_request(&plan()).unwrap();
    let ca = OutsideCa::new(Some(&request), &json!({"begin": "2026-11-22T06:00:50+00:00", "cas": ["P-256"]}));
    store.install_authority(&ca.get("chain.pem")).unwrap();
    let statement = judged(&attest(&store, id).unwrap());
    assert_eq!(statement.not_before, "2026-11-22T06:00:50Z".parse().unwrap());
}

/// The CA ends before the authority: nothing is signed that would not be believed.
#[test]
fn the_shortest_of_the_chain_counts() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let request = store.authority_request(&plan()).unwrap();
    let ca = OutsideCa::new(Some(&request), &json!({"days": 90, "ca_days": 20}));
    let authority = store.install_authority(&ca.get("chain.pem")).unwrap();
    assert_eq!(authority.not_after(), "2026-12-12T06:00:00Z".parse().unwrap());
    hands.set("2026-12-05T06:00:01Z".parse().unwrap());
    assert_eq!(attest(&store, id).unwrap().renew_authority_before(), Some(authority.not_after()));
    hands.set("2026-12-12T06:00:01Z".parse().unwrap());
    assert_eq!(attest(&store, id).unwrap_err().kind(), ErrorKind::NotPossible);
}

#[test]
fn keys_are_imported_with_their_chain() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    for kind in ["P-256", "P-384", "P-521", "RSA3072"] {
        let ca = OutsideCa::new(None, &json!({"own_key": kind}));
        let bundle = [ca.get("key.pem"), ca.get("chain.pem")].concat();
        let encrypted = [ca.get("chain.pem"), ca.get("key.enc.pem")].concat();
        for request in [
            ImportAuthority::new(bundle),
            ImportAuthority::new(encrypted).password("open sesame"),
            ImportAuthority::new(ca.get("bundle.p12")).password("open sesame"),
            ImportAuthority::new(ca.get("key.pem")).chain(ca.get("chain.der")),
            ImportAuthority::new(ca.get("key.enc.pem")).chain(ca.get("chain.p7b")).password("open sesame"),
        ] {
            let (store, id) = in_memory(&hands);
            assert!(!format!("{request:?}").contains("sesame"));
            store.create_authority(&plan()).unwrap();
            let authority = store.import_authority(request).unwrap();
            assert_eq!(authority.renewal(), AuthorityRenewal::FromOutside { before: authority.not_after() });
            believed(&attest(&store, id).unwrap(), &authority, BEGIN.parse().unwrap());
            assert_eq!(store.past_authorities().unwrap().len(), 1);
            assert_eq!(store.len().unwrap(), 1, "it is none of the user's keys");
            assert!(store.verify_integrity().unwrap().is_ok());
        }
    }
}

#[test]
fn keys_that_nobody_would_believe_are_refused() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (store, _) = in_memory(&hands);
    let refused = |request| refusal(store.import_authority(request));
    let ca = OutsideCa::new(None, &json!({"own_key": "P-256"}));
    let other = OutsideCa::new(None, &json!({"own_key": "P-256"}));
    assert_snapshot!(refused(ImportAuthority::new(ca.get("key.pem"))), @"InvalidInput: data: it has no certificates, an authority needs its chain up to the root");
    assert_snapshot!(refused(ImportAuthority::new(ca.get("chain.pem"))), @"InvalidInput: data: it has no private key, RSA or EC");
    assert_snapshot!(refused(ImportAuthority::new(ca.get("key.pem")).chain(other.get("chain.pem"))), @"InvalidInput: certificate: none of the certificates is for the key that they came with");
    assert_snapshot!(refused(ImportAuthority::new(ca.get("bundle.p12"))), @"InvalidInput: data: PKCS#12 is encrypted, a password is needed");
    assert_snapshot!(refused(ImportAuthority::new(ca.get("bundle.p12")).password("wrong")), @"InvalidInput: data: the password is wrong, or what it protects is damaged");
    assert_snapshot!(refused(ImportAuthority::new(vec![7; 32]).chain(ca.get("chain.pem"))), @"InvalidInput: data: input is 32 bytes that are no text and begin like no key or certificate in DER; accepted are PEM, DER, base64 of DER and JWK");
    assert_snapshot!(refused(ImportAuthority::new(ca.get("key.pem")).chain("no chain")), @"InvalidInput: certificate: input is 8 bytes of text without PEM boundaries, no JSON and no base64 of DER; accepted are PEM, DER, base64 of DER and JWK");
    let weak = OutsideCa::new(None, &json!({"own_key": "RSA2048"}));
    assert_snapshot!(refused(ImportAuthority::new(weak.get("key.pem")).chain(weak.get("chain.pem"))), @"InvalidInput: data: nobody would believe this authority: key-strength: chain[0] has an RSA key of 2048 bits, allowed are RSA from 3072 and EC from 256 bits");
    let no_root = OutsideCa::new(None, &json!({"own_key": "P-256", "without_root": true}));
    assert_snapshot!(refused(ImportAuthority::new(no_root.get("key.pem")).chain(no_root.get("chain.pem"))), @"InvalidInput: data: the chain is not whole: none of its certificates signed number 2, counted from the authority's own as 1; the root is needed too");
    assert_eq!(store.authority().unwrap(), None);
}

/// An authority from outside gives way to one that lies in the store, and the other way round.
#[test]
fn authorities_of_all_kinds_follow_each_other() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    let mut made = Vec::new();
    let mut statements = Vec::new();
    let mut note = |authority: Authority| {
        let attestation = attest(&store, id).unwrap();
        believed(&attestation, &authority, BEGIN.parse().unwrap());
        assert!(store.verify_integrity().unwrap().is_ok());
        statements.push(attestation);
        made.push(authority);
    };
    note(store.replace_authority(&plan()).unwrap());
    let request = store.authority_request(&plan()).unwrap();
    note(store.install_authority(&OutsideCa::new(Some(&request), &json!({})).get("chain.pem")).unwrap());
    let ca = OutsideCa::new(None, &json!({"own_key": "P-256"}));
    note(store.import_authority(ImportAuthority::new(ca.get("bundle.p12")).password("open sesame")).unwrap());
    // The request of a moment ago outlives the authorities that come and go.
    let request = store.authority_request(&plan()).unwrap();
    note(store.replace_authority(&plan()).unwrap());
    assert_eq!(store.create_authority(&plan()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    note(store.renew_authority().unwrap());
    note(store.install_authority(&OutsideCa::new(Some(&request), &json!({})).get("chain.pem")).unwrap());
    let past = store.past_authorities().unwrap();
    assert_eq!(past.len(), 5);
    assert!(past.iter().zip(&made).all(|(past, made)| past.chain().eq(made.chain())));
    for (statement, authority) in statements.iter().zip(&made) {
        assert!(store.authority_of(statement.statement_der()).unwrap().unwrap().chain().eq(authority.chain()));
    }
    // One that was not made here is nobody's.
    let (other, foreign) = in_memory(&hands);
    other.create_authority(&plan()).unwrap();
    assert_eq!(store.authority_of(attest(&other, foreign).unwrap().statement_der()).unwrap(), None);
}

/// The same key certified twice: a statement belongs to the certificate of its time.
#[test]
fn a_key_that_was_certified_twice() {
    if !has_cryptography() {
        return;
    }
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let ca = OutsideCa::new(None, &json!({"own_key": "P-256", "days": 30}));
    let again = |begin: &str| {
        let python = format!(
            "from cryptography import x509\nfrom cryptography.hazmat.primitives import hashes, serialization\n\
             import datetime\nkey = serialization.load_pem_private_key(open('key.pem', 'rb').read(), None)\n\
             begin = datetime.datetime.fromisoformat('{begin}')\n\
             leaf = x509.load_pem_x509_certificates(open('chain.pem', 'rb').read())[0]\n\
             root = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, 'root')])\n\
             from cryptography.hazmat.primitives.asymmetric import ec\nimport os\n\
             if not os.path.exists('root.pem'):\n\
             \x20 own = ec.generate_private_key(ec.SECP256R1())\n\
             \x20 b = x509.CertificateBuilder(root, root, own.public_key(), 5, datetime.datetime(2026,1,1), datetime.datetime(2036,1,1))\n\
             \x20 use = x509.KeyUsage(True, False, False, False, False, True, True, False, False)\n\
             \x20 ski = x509.SubjectKeyIdentifier.from_public_key(own.public_key())\n\
             \x20 b = b.add_extension(use, True).add_extension(x509.BasicConstraints(True, None), True).add_extension(ski, False)\n\
             \x20 open('root.pem', 'wb').write(b.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))\n\
             \x20 open('root.key', 'wb').write(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))\n\
             own = serialization.load_pem_private_key(open('root.key', 'rb').read(), None)\n\
             b = x509.CertificateBuilder(root, leaf.subject, key.public_key(), x509.random_serial_number(), begin, begin + datetime.timedelta(days=30))\n\
             for e in leaf.extensions:\n\
             \x20 aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())\n\
             \x20 b = b.add_extension(aki if e.oid == aki.oid else e.value, e.critical)\n\
             pem = b.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)\n\
             open('bundle.pem', 'wb').write(open('key.pem', 'rb').read() + pem + open('root.pem', 'rb').read())\n"
        );
        ca.0.python(&python).unwrap();
        ca.get("bundle.pem")
    };
    let mut found = Vec::new();
    for begin in ["2026-11-22T06:00:00", "2026-12-20T06:00:00", "2027-01-15T06:00:00"] {
        hands.set(format!("{begin}Z").parse().unwrap());
        hands.turn(5);
        let authority = store.import_authority(ImportAuthority::new(again(begin))).unwrap();
        found.push((attest(&store, id).unwrap(), authority));
    }
    for (attestation, authority) in found {
        let of = store.authority_of(attestation.statement_der()).unwrap().unwrap();
        assert!(of.chain().eq(authority.chain()));
        let key = |der| Certificate::read(der).spki;
        assert_eq!(of.chain().map(key).next(), authority.chain().map(key).next());
    }
}

/// An RSA key on request.
#[test]
#[ignore = "makes an RSA key of 3072 bits"]
fn rsa_keys_are_requested_too() {
    let hands = Hands::at(BEGIN);
    let (store, id) = in_memory(&hands);
    let request = store.authority_request(&plan().strength(AuthorityStrength::Rsa)).unwrap();
    let ca = OutsideCa::new(Some(&request), &json!({"cas": ["RSA4096"]}));
    let authority = store.install_authority(&ca.get("chain.pem")).unwrap();
    believed(&attest(&store, id).unwrap(), &authority, BEGIN.parse().unwrap());
}
