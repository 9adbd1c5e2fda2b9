//! Each credential has one form.

use super::*;

fn name() -> DirectoryName {
    DirectoryName::parse(vec![("2.5.4.3".into(), [0x0C, 1, b'a'].into()), ("2.5.4.10".into(), [5, 0].into())]).unwrap()
}

fn jwt(keys: SigningKeys, policy: Option<&str>) -> CredentialPart {
    let issuers = ["https://b", "https://a"].map(Box::from).into();
    CredentialPart::SignedJwt(SignedJwt::parse(issuers, keys, policy.map(Box::from)).unwrap())
}

fn trusted(subject: TrustAnchorSubject, anchors: TrustAnchors, check: Option<bool>) -> CredentialPart {
    CredentialPart::TrustedCa(TrustedCa::parse(subject, anchors, check).unwrap())
}

/// One of each form of each kind.
fn parts() -> Vec<CredentialPart> {
    let secret = AppSecret::parse("0123456789abcdef".into()).unwrap();
    let stored = [("a".into(), [1].into()), ("b".into(), [2, 3].into())].into();
    let fetched = FetchedKeys::parse("https://a.example/k".into(), Duration::from_secs(3600)).unwrap();
    let dns = Subject::parse_dns_name("a.example".into()).unwrap();
    let many = vec![
        dns.clone(),
        Subject::IpAddress([10, 0, 0, 1].into()),
        Subject::IpAddress([7; 16].into()),
        Subject::DirectoryName(name()),
    ];
    let policy = AccessReasonPolicy::new([AccessReason::Unspecified, AccessReason::NotExpected], true);
    let groups = [(Uuid::from_bytes([1; 16]), GroupPermission::ALL.iter().copied().collect())];
    vec![
        CredentialPart::Secret(secret),
        CredentialPart::Secret(AppSecret::from_digest([1; 32], [2; 32])),
        CredentialPart::Certificate([0x30, 0].into()),
        trusted(TrustAnchorSubject::Subject(name()), TrustAnchors::One([1].into()), None),
        trusted(TrustAnchorSubject::SubjectGeneral(dns), TrustAnchors::Many(vec![[1].into()]), Some(false)),
        trusted(TrustAnchorSubject::Subjects(many), TrustAnchors::Many(vec![[1].into(), [2].into()]), Some(true)),
        CredentialPart::GoogleServiceAccount(GoogleServiceAccount::parse(None, None).unwrap()),
        CredentialPart::GoogleServiceAccount(GoogleServiceAccount::parse(Some(policy), Some(groups.into())).unwrap()),
        jwt(SigningKeys::Stored(StoredKeys::parse(stored).unwrap()), None),
        jwt(SigningKeys::Fetched(fetched), Some("package a")),
        CredentialPart::Ldap(Uuid::from_bytes([9; 16])),
        CredentialPart::AwsIam,
        CredentialPart::AwsXks(AwsXks::parse("A".repeat(20), "a".repeat(43).into()).unwrap()),
        CredentialPart::GoogleWorkspaceCse,
    ]
}

/// Every credential, alone and, where that is allowed, together with each other.
fn credentials() -> Vec<Credential> {
    let count = parts().len();
    let alone = parts().into_iter().map(|part| vec![part]);
    let pairs = (0..count * count).map(|n| [n / count, n % count].map(|at| parts().swap_remove(at)).into());
    let all: Vec<_> = alone.chain(pairs).filter_map(|parts| Credential::from_parts(parts).ok()).collect();
    // Alone; a certificate or one of three trusted CAs with one of two secrets, two JWTs, LDAP and IAM, in both orders.
    assert_eq!(all.len(), count + 2 * 4 * 6);
    all
}

#[test]
fn every_credential_comes_back() {
    let mut seen = std::collections::BTreeSet::new();
    for credential in credentials() {
        let bytes = credential.to_bytes();
        let read = Credential::from_bytes(bytes.expose_secret()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{credential:?}"));
        assert_eq!(read.to_bytes().expose_secret(), bytes.expose_secret());
        assert!(seen.insert(bytes.expose_secret().to_vec()), "{credential:?}");
    }
}

/// What was cut, lengthened or changed is not read, or is another credential that is written just so.
#[test]
fn nothing_else_is_read() {
    for credential in credentials() {
        let bytes = credential.to_bytes().expose_secret().to_vec();
        for len in 0..bytes.len() {
            assert!(Credential::from_bytes(&bytes[..len]).is_none(), "{credential:?} cut at {len}");
        }
        assert!(Credential::from_bytes(&[&bytes[..], &[0]].concat()).is_none());
        for bit in 0..8 * bytes.len() {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Some(read) = Credential::from_bytes(&changed) {
                assert_eq!(read.to_bytes().expose_secret(), changed, "{credential:?} at bit {bit}");
            }
        }
    }
}

/// Lists in another order and counts that lie.
#[test]
fn one_credential_has_one_form() {
    let fetched = FetchedKeys::parse("https://a.example/k".into(), Duration::ZERO).unwrap();
    let bytes = Credential::from_parts(vec![jwt(SigningKeys::Fetched(fetched), None)]).unwrap().to_bytes();
    let text = bytes.expose_secret();
    let (a, b) = (b"https://a".as_slice(), b"https://b".as_slice());
    let at = |issuer: &[u8]| text.windows(issuer.len()).position(|window| window == issuer).unwrap();
    let (first, second) = (at(a), at(b));
    let mut swapped = text.to_vec();
    swapped[first..first + a.len()].copy_from_slice(b);
    swapped[second..second + b.len()].copy_from_slice(a);
    assert!(Credential::from_bytes(&swapped).is_none());
    for count in [0, 3, u32::MAX] {
        let mut lying = text.to_vec();
        lying[6..10].copy_from_slice(&count.to_be_bytes());
        assert!(Credential::from_bytes(&lying).is_none(), "{count} issuers");
    }
}
