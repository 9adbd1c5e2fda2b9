//! Applications behind a trusted CA that ask for revocation lists: lists that openssl made, each wrong in one way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first failure"
)]

#[path = "support/client_door.rs"]
mod client_door;
#[path = "support/client_pki.rs"]
mod client_pki;

use client_door::{Door, subject};
use client_pki::{CA, CLIENT, List, Make, Pki};
use insta::assert_snapshot;
use keystead::AppId;

/// A root, a CA below it and a client's certificate.
struct Scene {
    pki: Pki,
    root: Vec<u8>,
    ca: Vec<u8>,
    client: Vec<u8>,
    door: Door,
    app: AppId,
    /// A good list of the root.
    above: Vec<u8>,
}

impl Scene {
    fn new() -> Self {
        Self::with(CLIENT)
    }

    fn with(client: &str) -> Self {
        Self::of(CA, client)
    }

    fn of(ca: &str, client: &str) -> Self {
        let pki = Pki::new();
        let root = pki.issue("root", None, CA);
        let ca = pki.issue("ca", Some("root"), ca);
        let client = pki.issue("client", Some("ca"), client);
        pki.issue("stranger", Some("ca"), CLIENT);
        // The same name, and another key.
        pki.make(&Make::new("other", Some("root"), CA).subject("/CN=ca"));
        let door = Door::new(pki.now.as_second() + 3600);
        let app = door.trusted_ca(vec![subject(&client)], &[&root], Some(true));
        let above = pki.list(&List::new("root").extensions(PLAIN));
        Self { pki, root, ca, client, door, app, above }
    }

    fn list(&self, list: &List<'_>) -> Vec<u8> {
        self.pki.list(list)
    }

    /// What is told with these lists of the CA.
    fn told(&self, lists: &[&[u8]]) -> String {
        self.door.told(self.app, &[&self.client, &self.ca], &[&[&self.above[..]], lists].concat())
    }

    /// What is told with one list of the CA of these extensions, the client on it or not.
    fn scoped(&self, extensions: &str) -> [String; 2] {
        let list = List::new("ca").extensions(extensions).revokes(&self.pki, "stranger");
        [list.clone(), list.revokes(&self.pki, "client")].map(|list| self.told(&[&self.list(&list)]))
    }
}

const PLAIN: &str = "authorityKeyIdentifier=keyid\n";
const UNCLEAR: &str = "revocation_unknown: whether certificate 0 was revoked is not known: no list of its issuer is about all such certificates and all reasons, or can be understood";
const REVOKED: &str = "revoked: certificate 0 was revoked";

#[test]
fn all_but_the_anchor_must_be_known_not_to_be_revoked() {
    let scene = Scene::new();
    let plain = List::new("ca").extensions(PLAIN);
    let good = scene.list(&plain);
    assert_eq!(scene.told(&[&good]), "in");
    assert_eq!(scene.told(&[&scene.list(&plain.clone().revokes(&scene.pki, "stranger"))]), "in");
    assert_eq!(scene.told(&[&scene.list(&plain.clone().revokes(&scene.pki, "client"))]), REVOKED);
    // Of version 1, as openssl makes them where nobody asks for extensions.
    assert_eq!(scene.told(&[&scene.list(&List::new("ca"))]), "in");
    assert_eq!(scene.told(&[&scene.list(&List::new("ca").revokes(&scene.pki, "client"))]), REVOKED);
    let chain: [&[u8]; 2] = [&scene.client, &scene.ca];
    let told = |lists: &[&[u8]]| scene.door.told(scene.app, &chain, lists);
    assert_snapshot!(told(&[]), @"revocation_unknown: whether certificate 0 was revoked is not known: none of the 0 lists is its issuer's");
    assert_snapshot!(told(&[&good]), @"revocation_unknown: whether certificate 1 was revoked is not known: none of the 1 lists is its issuer's");
    assert_snapshot!(told(&[&scene.above]), @"revocation_unknown: whether certificate 0 was revoked is not known: none of the 1 lists is its issuer's");
    assert_snapshot!(told(&[&scene.above, b"no list"]), @"revocation_unknown: whether certificate 0 was revoked is not known: none of the 2 lists is its issuer's, 1 cannot be read");
    let above = scene.list(&List::new("root").revokes(&scene.pki, "ca"));
    assert_snapshot!(told(&[&good, &above]), @"revoked: certificate 1 was revoked");
    // What cannot be read is in nobody's way.
    assert_eq!(scene.told(&[b"", b"no list", &good[..20], &good, &[0x30; 9]]), "in");
    // Nobody asked for lists: then nobody looks at them.
    let revoked = scene.list(&List::new("ca").revokes(&scene.pki, "client"));
    for check in [None, Some(false)] {
        let app = scene.door.trusted_ca(vec![subject(&scene.client)], &[&scene.root], check);
        assert_eq!(scene.door.told(app, &chain, &[&revoked]), "in");
    }
}

#[test]
fn lists_are_in_force_and_of_the_right_key() {
    let scene = Scene::new();
    let told = |list: List<'_>| scene.told(&[&scene.list(&list)]);
    let ended = |told: String| told.split(" at 20").next().unwrap().to_owned();
    assert_snapshot!(ended(told(List::new("ca").hours(-9, 0))), @"revocation_unknown: whether certificate 0 was revoked is not known: no list of its issuer is in force");
    assert_snapshot!(ended(told(List::new("ca").hours(3, 9))), @"revocation_unknown: whether certificate 0 was revoked is not known: no list of its issuer is in force");
    // It ends when the next one should be there.
    let list = scene.list(&List::new("ca").hours(-9, 20));
    let end = scene.pki.now.as_second() + 20 * 3600;
    let word = |at| scene.door.at(at).word(scene.app, &[&scene.client, &scene.ca], &[&scene.above, &list]);
    assert_eq!([word(end - 1), word(end)], ["in", "revocation_unknown"]);
    scene.door.at(scene.pki.now.as_second() + 3600);
    // A name alone makes no issuer.
    assert_snapshot!(told(List::new("other")), @"revocation_unknown: whether certificate 0 was revoked is not known: its issuer signed none of the lists of that name");
    assert_snapshot!(told(List::new("root")), @"revocation_unknown: whether certificate 0 was revoked is not known: none of the 2 lists is its issuer's");
    let mut bent = scene.list(&List::new("ca"));
    let at = bent.len() - 1;
    bent[at] ^= 1;
    assert_eq!(scene.told(&[&bent]), told(List::new("other")));
    // Nor does a key whose owner may not sign lists.
    let scene = Scene::of("basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\n", CLIENT);
    assert_snapshot!(scene.told(&[&scene.list(&List::new("ca"))]), @"revocation_unknown: whether certificate 0 was revoked is not known: its issuer signed none of the lists of that name");
    let root = scene.pki.issue("odd", None, "basicConstraints=CA:TRUE\nkeyUsage=keyCertSign\n");
    let client = scene.pki.issue("client", Some("odd"), CLIENT);
    let app = scene.door.trusted_ca(vec![subject(&client)], &[&root], Some(true));
    assert_eq!(scene.door.word(app, &[&client], &[&scene.list(&List::new("odd"))]), "revocation_unknown");
}

#[test]
fn the_newest_counts_in_whatever_order() {
    let scene = Scene::new();
    let old = List::new("ca").hours(-9, 9);
    let new = List::new("ca").hours(-3, 9);
    let in_both_orders = |lists: [&[u8]; 2]| {
        let told = scene.told(&lists);
        assert_eq!(scene.told(&[lists[1], lists[0]]), told);
        told
    };
    let (old_good, new_good) = (scene.list(&old), scene.list(&new));
    let old_bad = scene.list(&old.clone().revokes_for(&scene.pki, "client", "certificateHold"));
    let new_bad = scene.list(&new.clone().revokes(&scene.pki, "client"));
    assert_eq!(in_both_orders([&old_good, &new_bad]), REVOKED);
    assert_eq!(in_both_orders([&old_bad, &new_good]), "in");
    assert_eq!(in_both_orders([&old_bad, &new_bad]), REVOKED);
    // Made at one time, they count by their numbers.
    let numbered = |list: &List<'_>| scene.list(&list.clone().extensions(PLAIN));
    let (first, second) = (numbered(&new), numbered(&new.clone().revokes(&scene.pki, "client")));
    assert_eq!(in_both_orders([&first, &second]), REVOKED);
    let third = numbered(&new);
    assert_eq!(in_both_orders([&second, &third]), "in");
    // One that is over, or not yet in force, replaces none.
    let over = scene.list(&List::new("ca").hours(-2, 0));
    let to_come = scene.list(&List::new("ca").hours(5, 9));
    assert_eq!(in_both_orders([&over, &old_bad]), REVOKED);
    assert_eq!(in_both_orders([&to_come, &new_bad]), REVOKED);
    // One that is forged neither helps nor harms.
    let forged = scene.list(&List::new("other").hours(-1, 9));
    assert_eq!(in_both_orders([&forged, &old_bad]), REVOKED);
    assert_eq!(in_both_orders([&forged, &old_good]), "in");
    // A newer one that is not understood may say anything.
    let unclear = scene.list(&new.clone().extensions("1.2.3.4=critical,DER:0500\n"));
    assert_eq!(in_both_orders([&unclear, &old_good]), UNCLEAR);
}

#[test]
fn an_authority_with_two_keys_has_two_lists() {
    let scene = Scene::new();
    let renewed = scene.pki.make(&Make::new("renewed", Some("ca"), CA).subject("/CN=ca"));
    let client = scene.pki.issue("client", Some("renewed"), CLIENT);
    let by_first = |hours| List::new("ca").hours(hours, 9);
    let by_second = |hours| List::new("renewed").hours(hours, 9);
    let told = |lists: [&List<'_>; 2]| {
        let lists = lists.map(|list| scene.list(list));
        let chain: [&[u8]; 3] = [&client, &renewed, &scene.ca];
        scene.door.told(scene.app, &chain, &[&scene.above, &lists[0], &lists[1]])
    };
    assert_eq!(told([&by_first(-5), &by_second(-5)]), "in");
    // The first key signs for the second too (RFC 5280, section 6.3.3 (f)), not the other way round.
    assert_eq!(told([&by_first(-5), &by_first(-3)]), "in");
    assert_snapshot!(told([&by_second(-5), &by_second(-3)]), @"revocation_unknown: whether certificate 1 was revoked is not known: its issuer signed none of the lists of that name");
    // Neither makes the other's forgotten.
    assert_eq!(told([&by_first(-3), &by_second(-5).revokes(&scene.pki, "client")]), REVOKED);
    assert_eq!(told([&by_first(-5).revokes(&scene.pki, "client"), &by_second(-3)]), REVOKED);
}

#[test]
fn lists_of_part_tell_only_who_was_revoked() {
    let scene = Scene::new();
    let point = "issuingDistributionPoint=critical,@idp\n[idp]\n";
    for (extensions, told) in [
        (PLAIN.to_owned(), ["in", REVOKED]),
        ("1.2.3.4=DER:0500\n".to_owned(), ["in", REVOKED]),
        ("1.2.3.4=critical,DER:0500\n".to_owned(), [UNCLEAR, UNCLEAR]),
        ("2.5.29.27=critical,DER:020101\n".replace("deltaCRL=critical,DER:020101\n", ""), [UNCLEAR, REVOKED]),
        (format!("{point}indirectCRL=TRUE\n"), [UNCLEAR, REVOKED]),
        (format!("{point}onlysomereasons=keyCompromise,CACompromise\n"), [UNCLEAR, REVOKED]),
        (format!("{point}onlyuser=TRUE\n"), ["in", REVOKED]),
        (format!("{point}onlyCA=TRUE\n"), [UNCLEAR, UNCLEAR]),
        (format!("{point}onlyAA=TRUE\n"), [UNCLEAR, UNCLEAR]),
        // The certificate names no such point.
        (format!("{point}fullname=URI:http://a.example/1.crl\n"), [UNCLEAR, UNCLEAR]),
        ("2.5.29.28=critical,DER:0500\n".to_owned(), [UNCLEAR, UNCLEAR]),
        ("2.5.29.28=critical,DER:3003A60101\n".to_owned(), [UNCLEAR, UNCLEAR]),
        // The point of the issuer's own name, which holds for all that it issues.
        (format!("{point}fullname=dirName:dn\n[dn]\nCN=ca\n"), ["in", REVOKED]),
        (format!("{point}fullname=dirName:dn\n[dn]\nCN=root\n"), [UNCLEAR, UNCLEAR]),
    ] {
        assert_eq!(scene.scoped(&extensions), told, "{extensions}");
    }
    // The list of one point is not replaced by that of another.
    let whole = scene.list(&List::new("ca").extensions(PLAIN).hours(-1, 9));
    let users = format!("{point}onlyuser=TRUE\n");
    let part = scene.list(&List::new("ca").extensions(&users).hours(-5, 9).revokes(&scene.pki, "client"));
    assert_eq!([scene.told(&[&whole, &part]), scene.told(&[&part, &whole])], [REVOKED, REVOKED]);
}

#[test]
fn distribution_points_meet() {
    let mut scene =
        Scene::with(&format!("{CLIENT}crlDistributionPoints=URI:http://a.example/1.crl,URI:http://b.example/1.crl\n"));
    let point = "issuingDistributionPoint=critical,@idp\n[idp]\n";
    for (extensions, told) in [
        (PLAIN.to_owned(), ["in", REVOKED]),
        (format!("{point}fullname=URI:http://a.example/1.crl\n"), ["in", REVOKED]),
        (format!("{point}fullname=URI:http://b.example/1.crl\n"), ["in", REVOKED]),
        (format!("{point}fullname=URI:http://a.example/2.crl\n"), [UNCLEAR, UNCLEAR]),
        (format!("{point}fullname=URI:http://A.example/1.crl\n"), [UNCLEAR, UNCLEAR]),
        (format!("{point}fullname=DNS:a.example\n"), [UNCLEAR, UNCLEAR]),
    ] {
        assert_eq!(scene.scoped(&extensions), told, "{extensions}");
    }
    let section = |section: &str| format!("{CLIENT}crlDistributionPoints=point\n[point]\n{section}\n");
    let exact = format!("{point}fullname=URI:http://a.example/1.crl\n");
    let relative = format!("{point}relativename=rdn\n[rdn]\nOU=lists\n");
    let url = "fullname=URI:http://a.example/1.crl\n";
    for (points, extensions, told) in [
        (section(&format!("{url}reasons=keyCompromise")), &exact, [UNCLEAR, REVOKED]),
        (section(&format!("{url}CRLissuer=dirName:dn\n[dn]\nCN=other")), &exact, [UNCLEAR, UNCLEAR]),
        (section("relativename=rdn\n[rdn]\nOU=lists"), &relative, ["in", REVOKED]),
        (section("relativename=rdn\n[rdn]\nOU=Lists"), &relative, ["in", REVOKED]),
        (section("relativename=rdn\n[rdn]\nOU=other"), &relative, [UNCLEAR, UNCLEAR]),
        (section("fullname=dirName:dn\n[dn]\nCN=ca\n1.OU=lists"), &relative, ["in", REVOKED]),
        (format!("{CLIENT}crlDistributionPoints=DER:30020500\n"), &exact, [UNCLEAR, UNCLEAR]),
    ] {
        scene.client = scene.pki.issue("client", Some("ca"), &points);
        assert_eq!(scene.scoped(extensions), told, "{points} {extensions}");
    }
}

#[test]
fn lists_have_bounds() {
    let scene = Scene::new();
    let good = scene.list(&List::new("ca"));
    let told = |lists: &[&[u8]]| scene.door.told(scene.app, &[&scene.client, &scene.ca], lists);
    let mut lists = vec![&good[..]; 63];
    lists.push(&scene.above);
    assert_eq!(told(&lists), "in");
    lists.push(&good);
    assert!(told(&lists).starts_with("malformed: 65 revocation lists have "), "{}", told(&lists));
    let huge = vec![0x30; (1 << 24) + 1];
    assert_snapshot!(told(&[&huge]), @"malformed: 1 revocation lists have 16777217 bytes, allowed are at most 64 of 16777216 in all");
}
