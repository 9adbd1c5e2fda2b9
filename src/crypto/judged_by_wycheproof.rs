//! Verification judged by the Wycheproof vectors: every `valid` one accepted, every `invalid` one refused.
//!
//! `acceptable` ones are few: RSASSA-PKCS1-v1_5 whose digest info lacks its NULL. They are refused here.

use wycheproof::{TestResult, ecdsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;

#[derive(Default)]
struct Tally {
    valid: usize,
    invalid: usize,
    acceptable: usize,
}

impl Tally {
    fn judge(&mut self, name: &str, id: usize, expected: TestResult, ours: Result<(), CryptoError>) {
        let (count, should) = match expected {
            TestResult::Valid => (&mut self.valid, true),
            TestResult::Invalid => (&mut self.invalid, false),
            TestResult::Acceptable => (&mut self.acceptable, false),
        };
        *count += 1;
        assert_eq!(ours.is_ok(), should, "{name} {id}: expected {expected:?}");
    }
}

#[test]
fn ecdsa_p1363() {
    use ecdsa::TestName::{EcdsaSecp256r1Sha256P1363, EcdsaSecp384r1Sha384P1363, EcdsaSecp521r1Sha512P1363};
    let mut tally = Tally::default();
    for (algorithm, name) in [
        (Algorithm::Es256, EcdsaSecp256r1Sha256P1363),
        (Algorithm::Es384, EcdsaSecp384r1Sha384P1363),
        (Algorithm::Es512, EcdsaSecp521r1Sha512P1363),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_spki(algorithm, &group.der).unwrap();
            for test in group.tests {
                tally.judge(algorithm.name(), test.tc_id, test.result, key.verify(&test.msg, &test.sig));
            }
        }
    }
    insta::assert_snapshot!(tally, @"597 valid, 263 invalid, 0 acceptable");
}

#[test]
fn rsa_pkcs1v15() {
    use rsa_pkcs1_verify::TestName as Name;
    let mut tally = Tally::default();
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
            let key = VerifyingKey::from_spki(algorithm, &group.der).unwrap();
            for test in group.tests {
                let ours = key.verify(&test.msg, &test.sig);
                tally.judge(&format!("{name:?}"), test.tc_id, test.result, ours);
            }
        }
    }
    insta::assert_snapshot!(tally, @"68 valid, 2253 invalid, 9 acceptable");
}

#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName as Name;
    let mut tally = Tally::default();
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
            let key = VerifyingKey::from_spki(algorithm, &group.der).unwrap();
            for test in group.tests {
                let ours = key.verify(&test.msg, &test.sig);
                tally.judge(&format!("{name:?}"), test.tc_id, test.result, ours);
            }
        }
    }
    insta::assert_snapshot!(tally, @"511 valid, 274 invalid, 0 acceptable");
}

/// PSS with another salt length than the hash's is not what RFC 7518 section 3.5 means.
#[test]
fn rsa_pss_with_another_salt_is_refused() {
    use rsa_pss_verify::TestName as Name;
    for (algorithm, name) in [
        (Algorithm::Ps256, Name::RsaPss2048Sha256Mgf1SaltLen0),
        (Algorithm::Ps512, Name::RsaPss4096Sha512Mgf1SaltLen32),
    ] {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_spki(algorithm, &group.der).unwrap();
            for test in group.tests.iter().filter(|test| test.result == TestResult::Valid) {
                key.verify(&test.msg, &test.sig).unwrap_err();
            }
        }
    }
}

#[test]
fn hmac() {
    let mut tally = Tally::default();
    for (algorithm, name) in [
        (Algorithm::Hs256, mac::TestName::HmacSha256),
        (Algorithm::Hs384, mac::TestName::HmacSha384),
        (Algorithm::Hs512, mac::TestName::HmacSha512),
    ] {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            let whole = group.tag_size == algorithm.hash().bits() as usize;
            for test in group.tests {
                let key = VerifyingKey::from_secret(algorithm, &test.key).unwrap();
                let ours = key.verify(&test.msg, &test.tag);
                // A truncated tag is wrong, however well it was truncated.
                let expected = if whole { test.result } else { TestResult::Invalid };
                tally.judge(algorithm.name(), test.tc_id, expected, ours);
            }
        }
    }
    insta::assert_snapshot!(tally, @"99 valid, 423 invalid, 0 acceptable");
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} valid, {} invalid, {} acceptable", self.valid, self.invalid, self.acceptable)
    }
}
