//! Signatures, strictness and refusals, judged by the vectors of RFC 7515, RFC 7520 and RFC 6979.

use super::fixtures::{Broken, Counted, RSA_2048, Stuck, every_key, hex};
use super::*;
use crate::model::{KeySpec, KeyType, Scheme};

struct Jws {
    source: &'static str,
    algorithm: Algorithm,
    /// PKCS#8, or the secret.
    private: &'static str,
    input: &'static str,
    signature: &'static str,
}

#[test]
fn jose_vectors_agree() {
    for Jws { source, algorithm, private, input, signature } in JWS {
        let (private, signature) = (hex(private), hex(signature));
        let key = SigningKey::from_private(algorithm, &private).unwrap();
        assert_eq!(key.to_private().unwrap().expose_secret(), private, "{source}: the encoding changed");
        let public = key.verifying_key().unwrap();
        public.verify(input.as_bytes(), &signature).unwrap();
        public.verify(&input.as_bytes()[1..], &signature).unwrap_err();
        let ours = key.try_sign(input.as_bytes(), &SystemEntropy).unwrap();
        // The RFCs drew ECDSA's k and the salt of PSS at random.
        if matches!(algorithm.scheme(), Scheme::Hmac | Scheme::RsaPkcs1v15) {
            assert_eq!(ours.as_bytes(), signature, "{source}");
        }
        public.verify(input.as_bytes(), ours.as_bytes()).unwrap();
    }
}

/// RFC 6979, appendices A.2.5 to A.2.7: each curve with the hash that JOSE pairs it with.
#[test]
fn ecdsa_is_deterministic() {
    for (algorithm, scalar, message, expected) in RFC_6979 {
        let key = SigningKey::from_private(algorithm, &bare_pkcs8(algorithm, &hex(scalar))).unwrap();
        let signature = key.try_sign(message.as_bytes(), &Broken::after(0)).unwrap();
        assert_eq!(signature.as_bytes(), hex(expected), "{algorithm} {message}");
        key.verifying_key().unwrap().verify(message.as_bytes(), signature.as_bytes()).unwrap();
    }
}

/// PKCS#8 without the public key: the shortest that may come in.
fn bare_pkcs8(algorithm: Algorithm, scalar: &[u8]) -> Vec<u8> {
    let curve = match algorithm {
        Algorithm::Es256 => "06082a8648ce3d030107",
        Algorithm::Es384 => "06052b81040022",
        _ => "06052b81040023",
    };
    let tlv = |tag: u8, value: &[u8]| [&[tag, u8::try_from(value.len()).unwrap()], value].concat();
    let identifier = tlv(0x30, &[hex("06072a8648ce3d0201"), hex(curve)].concat());
    let inner = tlv(0x30, &[hex("020101"), tlv(0x04, scalar)].concat());
    tlv(0x30, &[hex("020100"), identifier, tlv(0x04, &inner)].concat())
}

#[test]
fn every_key_leads_back_and_knows_its_kind() {
    for key in every_key() {
        let algorithm = key.algorithm();
        let private = key.to_private().unwrap();
        for other in Algorithm::ALL {
            let loaded = SigningKey::from_private(other, private.expose_secret());
            let fits = (other.key_type(), other.curve()) == (algorithm.key_type(), algorithm.curve());
            match loaded {
                Ok(loaded) if fits => {
                    assert_eq!((loaded.algorithm(), loaded.bits()), (other, key.bits()));
                    assert!(loaded.to_private().unwrap().ct_eq(private.expose_secret()));
                    assert_eq!(loaded.public_key_der().unwrap(), key.public_key_der().unwrap());
                }
                Ok(_) => assert_eq!(other.key_type(), KeyType::Hmac, "any bytes are an HMAC secret"),
                Err(CryptoError::WrongAlgorithm { .. }) => assert!(!fits),
                Err(error) => assert_eq!(algorithm.key_type(), KeyType::Hmac, "{other}: {error}"),
            }
            let spki = key.public_key_der().unwrap();
            match spki.map(|spki| VerifyingKey::from_spki(other, &spki)) {
                None => assert_eq!(algorithm.key_type(), KeyType::Hmac),
                Some(Err(error)) => assert!(!fits && matches!(error, CryptoError::WrongAlgorithm { .. }), "{error}"),
                Some(Ok(public)) => assert!(fits && public.algorithm() == other),
            }
        }
    }
}

#[test]
fn debug_is_redacted() {
    let shown: Vec<_> = every_key()
        .iter()
        .filter(|key| key.algorithm().hash() == crate::model::Hash::Sha256)
        .map(|key| format!("{key:?} {:?}", key.verifying_key().unwrap()))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    SigningKey(ES256, 256 bits) VerifyingKey(ES256)
    SigningKey(HS256, 256 bits) VerifyingKey(HS256)
    SigningKey(PS256, 2048 bits) VerifyingKey(PS256)
    SigningKey(RS256, 2048 bits) VerifyingKey(RS256)
    ");
}

#[test]
fn any_other_signature_is_refused() {
    let message = b"pay 10 to alice";
    for key in every_key() {
        let algorithm = key.algorithm();
        let public = key.verifying_key().unwrap();
        let signature = key.try_sign(message, &SystemEntropy).unwrap();
        assert_eq!(signature.algorithm(), algorithm);
        let good = signature.as_bytes();
        public.verify(message, good).unwrap();
        public.verify(b"pay 99 to alice", good).unwrap_err();
        for at in 0..good.len() {
            let mut wrong = good.to_vec();
            wrong[at] ^= 1;
            assert!(matches!(public.verify(message, &wrong), Err(CryptoError::BadSignature)), "{algorithm} {at}");
        }
        for wrong in [&[], &good[1..], &good[..good.len() - 1], &[good, &[0]].concat(), &[&[0], good].concat()] {
            public.verify(message, wrong).unwrap_err();
        }
        if algorithm.key_type() == KeyType::Ec {
            public.verify(message, &signature.to_der()).unwrap_err();
            public.verify(message, &vec![0; good.len()]).unwrap_err();
        }
    }
}

/// Not one bit of these encodings is free, but for the CRT values of RSA, which are computed anew.
#[test]
fn any_other_encoding_is_refused() {
    for key in every_key().iter().filter(|key| key.algorithm().key_type() == KeyType::Ec) {
        let algorithm = key.algorithm();
        let private = key.to_private().unwrap();
        let public = key.public_key_der().unwrap().unwrap();
        each_flip(private.expose_secret(), |wrong, at| {
            assert!(SigningKey::from_private(algorithm, wrong).is_err(), "{algorithm} {at}");
        });
        each_flip(&public, |wrong, at| assert!(VerifyingKey::from_spki(algorithm, wrong).is_err(), "{algorithm} {at}"));
    }
    let key = every_key().iter().find(|key| key.algorithm() == Algorithm::Rs256).unwrap();
    let public = key.public_key_der().unwrap().unwrap();
    each_flip(&public, |wrong, at| {
        // Another odd modulus, or another odd exponent, is another key.
        let free = (32..289).contains(&(at / 8)) || (at / 8) >= public.len() - 3;
        assert!(free || VerifyingKey::from_spki(Algorithm::Rs256, wrong).is_err(), "{at}");
    });
    let private = hex(RSA_2048);
    each_flip(&private, |wrong, at| {
        if let Ok(loaded) = SigningKey::from_private(Algorithm::Rs256, wrong) {
            assert_eq!(loaded.to_private().unwrap().expose_secret(), private, "{at}");
        }
    });
}

/// Every bit turned, every end cut, one byte too many.
fn each_flip(good: &[u8], mut check: impl FnMut(&[u8], usize)) {
    for at in 0..good.len() * 8 {
        let mut wrong = good.to_vec();
        wrong[at / 8] ^= 1 << (at % 8);
        check(&wrong, at);
    }
    (0..good.len()).for_each(|len| check(&good[..len], 0));
    check(&[good, &[0]].concat(), 0);
}

#[test]
fn points_may_be_compressed() {
    for key in every_key().iter().filter(|key| key.algorithm().key_type() == KeyType::Ec) {
        let algorithm = key.algorithm();
        let spki = key.public_key_der().unwrap().unwrap();
        let field = algorithm.curve().unwrap().field_len();
        let (head, point) = spki.split_at(spki.len() - 2 * field - 1);
        let info = spki::SubjectPublicKeyInfoRef::try_from(&*spki).unwrap();
        let encode = |point: &[u8]| {
            let subject_public_key = der::asn1::BitStringRef::from_bytes(point).unwrap();
            der::Encode::to_der(&spki::SubjectPublicKeyInfo { algorithm: info.algorithm, subject_public_key }).unwrap()
        };
        assert_eq!(encode(point), *spki, "{head:?}");
        let parity = point[2 * field] & 1;
        let compressed = encode(&[&[2 + parity], &point[1..=field]].concat());
        let signature = key.try_sign(b"message", &SystemEntropy).unwrap();
        let public = VerifyingKey::from_spki(algorithm, &compressed).unwrap();
        public.verify(b"message", signature.as_bytes()).unwrap();
        let hybrid = encode(&[&[6 + parity], &point[1..]].concat());
        for wrong in [hybrid, encode(&[0]), encode(&[]), encode(&point[..=field])] {
            VerifyingKey::from_spki(algorithm, &wrong).unwrap_err();
        }
    }
}

#[test]
fn secrets_of_any_length_but_none() {
    for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
        for len in [1, 31, 32, 64, 127, 128, 129, 4096] {
            let key = SigningKey::from_private(algorithm, &vec![7; len]).unwrap();
            assert_eq!(key.bits() as usize, len * 8);
            assert_eq!(key.to_private().unwrap().expose_secret(), vec![7; len]);
        }
        SigningKey::from_private(algorithm, &[]).unwrap_err();
        VerifyingKey::from_secret(algorithm, &[]).unwrap_err();
    }
    VerifyingKey::from_secret(Algorithm::Rs256, &[1; 32]).unwrap_err();
}

/// The private operation is blinded on every path: each signature takes a factor below the modulus, and PSS a salt.
#[test]
fn rsa_draws_its_blinding() {
    for key in every_key() {
        let (algorithm, counted) = (key.algorithm(), Counted::default());
        key.try_sign(b"message", &counted).unwrap();
        let salt = if algorithm.scheme() == Scheme::RsaPss { algorithm.hash().output_len() } else { 0 };
        match algorithm.key_type() {
            KeyType::Rsa => {
                assert!(counted.drawn() >= 256 + salt && (counted.drawn() - salt).is_multiple_of(256), "{algorithm}");
                for after in [0, salt, 255] {
                    let error = key.try_sign(b"message", &Broken::after(after)).unwrap_err();
                    assert!(matches!(error, CryptoError::Entropy(_)), "{algorithm}: {error}");
                }
                // A factor of zero has no inverse and one of 0xff.. is too large: an error, not an endless search.
                for stuck in [0, 0xff] {
                    assert!(matches!(key.try_sign(b"message", &Stuck(stuck)), Err(CryptoError::Entropy(_))));
                }
            }
            _ => assert_eq!(counted.drawn(), 0, "{algorithm}"),
        }
    }
}

#[test]
fn no_key_is_made_without_entropy() {
    for algorithm in Algorithm::ALL {
        let bits = (algorithm.key_type() == KeyType::Rsa).then_some(2048);
        let spec = KeySpec::parse(algorithm, bits).unwrap();
        // All the RSA algorithms share one way of making keys, and a failing search is slow.
        if bits.is_some() && algorithm != Algorithm::Rs256 {
            continue;
        }
        for broken in [Broken::after(0), Broken::after(16)] {
            assert!(matches!(SigningKey::generate(spec, &broken), Err(CryptoError::Entropy(_))), "{algorithm}");
        }
        if algorithm.key_type() != KeyType::Hmac {
            assert!(matches!(SigningKey::generate(spec, &Stuck(0)), Err(CryptoError::Entropy(_))), "{algorithm}");
        }
    }
    // Any scalar but zero is one that chance may give, and P-521 needs its spare bits cleared.
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        let spec = KeySpec::parse(algorithm, None).unwrap();
        SigningKey::generate(spec, &Stuck(1)).unwrap();
        assert!(matches!(SigningKey::generate(spec, &Stuck(0xff)), Err(CryptoError::Entropy(_))), "{algorithm}");
    }
}

const RFC_6979: [(Algorithm, &str, &str, &str); 5] = [
    (
        Algorithm::Es256,
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
        "sample",
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716\
         f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
    ),
    (
        Algorithm::Es256,
        "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
        "test",
        "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367\
         019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
    ),
    (
        Algorithm::Es384,
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
        "sample",
        "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46\
         99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8",
    ),
    (
        Algorithm::Es384,
        "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5",
        "test",
        "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3ca3cf023db\
         ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e06a739f040649a667bf3b828246baa5a5",
    ),
    (
        Algorithm::Es512,
        "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16fcc1466f6d8\
         fbec67db89ec0c08b0e996b83538",
        "sample",
        "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4\
         e8455cc91f9b15bf05ec36e377fa\
         00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8\
         ccb1dccc43997f1ee0e44da4a67a",
    ),
];

/// Copied from the RFCs by way of the tests of jwcrypto 1.6.1; keys turned into PKCS#8 by the Python package
/// `cryptography`.
const JWS: [Jws; 7] = [
    Jws {
        source: "RFC 7515 A.1",
        algorithm: Algorithm::Hs256,
        private: "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef968ab4c377623d223d2e\
                  2172052e4f08c0cd9af567d080a3",
        input: "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9\
                leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        signature: "7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79",
    },
    Jws {
        source: "RFC 7515 A.2",
        algorithm: Algorithm::Rs256,
        private: RSA_2048,
        input: "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
                yb290Ijp0cnVlfQ",
        signature: "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd73a2663e5166687b000b\
                    87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d09402beedd5d9d97007108db28160d5f8040ca744\
                    5762b81fbe7ff9d92e0ae76f24f25b33bbe6f44ae61eb1040acb20044d3ef9128ed40130795bd4bd3b41eecad066ab651981\
                    fde48df77f372dc38b9fafdd3befb18b5da3cc3c2eb02f9e3a41d612caad15911273a05f23b9e838faaf849d698429ef5a1e\
                    88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b2c25566b55ac1a748a070dfc8a32a4695\
                    43d019eefb47",
    },
    Jws {
        source: "RFC 7515 A.3",
        algorithm: Algorithm::Es256,
        private: "308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b02010104208e9b109e719098bf980487df1f5d\
                  77e9cb29606ebed2263b5f57c213df84f4b2a144034200047fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf\
                  6e3c7bd15445c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
        input: "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19\
                yb290Ijp0cnVlfQ",
        signature: "0ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea665c50a07d38c3c70e5d8f12daf084a5480a665\
                    90c5f293509a8f3f7f8a83a354d5",
    },
    Jws {
        source: "RFC 7515 A.4",
        algorithm: Algorithm::Es512,
        private: "3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442018e696fb034505881dd110b483eb8\
                  7d32ce495fe36b3745edf2d8cae4f0f2539f4615a0e98eab52b3c0c5eac4ce075185a8e7bb47deac1d1de77bccf66135e63d\
                  82a18189038186000401e929050f124fc6bc55c7d5393365df9def4ab0c22cb25798f934eb04e3c6bae3701a57a7910e9d81\
                  bf363159e8ebcb155d6349f4bdb6ccf8a94c5c59c7aac101a40034a6440e376750d2371fd1bdc2c8f3b71d2f4ee5ea3432c8\
                  15cca31560fe5d9387ec774b55838630e5cbbf5a8cbe0a91dd0064c6999a1f6e6e67faddede4c8c8f6",
        input: "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
        signature: "01dc0c81e7abc2d1e887e975f7697ad21a7dc001d915525b2df0ff531322ef47309d93986912356ca3d644e73e99966ac2a4\
                    f6488f8a183281df85ced1ac3fed776d006f06692c0529d0803d98285c3d980496423c45f7c4aa51c1c74e3bc2a9107c098f\
                    2a8e8330ceee22af53cbdc9f036b9b161b496f444415ee90e5e894bcde3bf267",
    },
    Jws {
        source: "RFC 7520 4.2",
        algorithm: Algorithm::Ps384,
        private: "308204bd020100300d06092a864886f70d0101010500048204a7308204a302010002820101009f810fb4038273d02591e407\
                  3f31d2b6001b82cedb4d92f050165d47cfcab8a3c41cb778ac7553793f8ef975768d1a2374d8712564c3bcd77b9ea4345448\
                  99407cff0099920a931a24c4414852ab29bdb0a95c0653f36c60e60bf90b6258dda56f37047ba5c2d1d029af9c9d40bac7aa\
                  41c78a0dd1068add699e808fea011ea1441d8a4f7bb4e97be39f55f1ddd44e9c4ba335159703d4d34b603e65147a4f23d6d3\
                  c0996c75edee846a82d190ae10783c961cf0387aed2106d2d0555b6fd937fad5535387e0ff72ffbe78941402b0b822ea2a74\
                  b6058c1dabf9b34a76cb63b87faa2c6847b8e2837fff91186e6b1c14911cf989a89092a81ce601ddacd3f9cf020301000102\
                  8201006d6502f41f84151228f24a467e1d19bb218fbcc34abd858db41fe29221fd936d1e4fe3b5abf23bf1e8999295f15d0d\
                  144c4b362ec3514bef2e25bbd0f80d62ae4c0c48c90ad49dd74c681dae10a4bbd81195d63bb0d03f00a64687e43aeb5ff8da\
                  b20d2d109ef16fa7677e2e8bfa8e7e42e72bd4160c3aa9688b00f9b33059648316ed8c5016309074cc1332d81aa39ed389e8\
                  a9eab5844c414c704e05d90c5e2b85854ab5054ea5f83a84896c6a83cdac5edda1f8b3274f7d38e80398268462a33ef9b525\
                  107c60ac8564c19cfe6e0e3775f242a1cafd3b9617d225dacf74ce4f972976d61b057f82ff9870aea056aeee076c3df1cfc7\
                  18d539c3a906b433c102818100dd297183f0f04d725c6fad3de51a17ca0402019e519c0bd9967a35ca11ed9d47b1fdfa7b01\
                  9ffd9d168eec75fff9215f1907aeb5aa364c38c301653856ea64f2bc3d251d00cd9d0dd9fbee2009abfd60ac986a5e36a427\
                  7afd53ec8c84b2787c50cb7e9f909a7e1922933844b2b9a7747e8bc4eaef44996c3e9e99bfc6d4ab4902818100b8a136761f\
                  9c4dfe84445e24e1efe3cbbf067cf61421a532a12489b81ce9dc2b9b937382aacea0ad3f1b47f72ed039b5319c169ad76a0f\
                  223de47ad47aadcc3f5e6f30c38df251d3799bb69662afc2a5bb6a757953384cd6267bcf8c8c92e530156a01bf263cf7c117\
                  bd10fe85da91c47952a80675f76cc1de9545274b3ba45702818007c3d5bd792f26b8f62fe19843bbf7cbdafa2b0e60f526a1\
                  5c1c2c594ce9d7d4d596023e615f39ab53486f5af142d0fe22c5d7477f936a77afb913d1b7938139d88c190a7ca5bb76ea09\
                  6361f294fc4f719fe4542c7cf4f9e77d13d8172ca0f85469e0a73f8f7d0feadbda64e71587a09a74d3d41fd47bc2862c515f\
                  9f5e862902818008b0e60c676e87295cf68eebf38ac45159fba7343a3c5f3763e881671e4d4fe4e99ce64a175a44ac031578\
                  acc5125e350e51c7aaa04b48cd16d6c3856f04f16166439bab08ea88398936f0406202de09c929b8bfee4fef260187c07c60\
                  3da5f63e7bcffb3c84903111b9ffabcb873f675d42abd02a0b6c9e2fa91d293d5c605f02818100dcf8aabd740dd33c0c784f\
                  ac06f6608b6f3d5cff57090177556a8fccc2a7220429eff4ee828ebe35904a090b0c7f71da1060634d526cfe370af3e4d15e\
                  f68a7beed931a423f157c175892cb1bbb434a0c386327e1ad8ac79a0d55adedd707d1c7f0c601541e9421ec5a02ae3149ea1\
                  e99129305eb19ae8ece2a3293f3f1a688e",
        input: "eyJhbGciOiJQUzM4NCIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ\
                1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24\
                ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
        signature: "72edb6781aa46032a02254e9cc35c6bda15fcfa586a33edf50371f4f49243b2e369a2021daac81ce4d7112c9e4d88a4debeb\
                    4f89de95ae494792ab06a83a8709d3fa3bc4d30797430c8b65955a3aff538b3e971b52b8625123316db5d4bddbd65f383e50\
                    3f1b8a245e40595fcf6f3319656c76234051ff199f23c4815167e38d9974daa254946606aad84577bc3ff8a343ba7c55dcf4\
                    4d3af151e4f7966f1df6c867af695f253f089948ef000d977b3d8c969f1c044e5ac03cd3d2a2349faba23f568237fdbf8cb0\
                    1e41396a447b5f6bae1041252614002354a3db0728bbc61a34b9339c6c7e75d1ae8662625401f9968f067aa03e227caa3c0d\
                    833e5fbd846b",
    },
    Jws {
        source: "RFC 7520 4.3",
        algorithm: Algorithm::Es512,
        private: "3081ee020100301006072a8648ce3d020106052b810400230481d63081d3020101044200085138ddabf5ca975f5860f91a08\
                  e91d6d5f9a76ad4018766a476680b55cd339e8ab6c72b5facdb2a2a50ac25bd086647dd3e2e6e99e84ca2c3609fdf177feb2\
                  6da1818903818600040072992cb3ac08ecf3e5c63dedec0d51a8c1f79ef2f82f94f3c737bf5de7986671eac625fe8257bbd0\
                  394644caaa3aaf8f27a4585fbbcad0f2457620085e5c8f42ad01dca6947bce88bc5790485ac97427342bc35f887d86d65a08\
                  9377e247e60baa55e4e8501e2ada5724ac51d6909008033ebc10ac999b9d7f5cc2519f3fe1ea1d9475",
        input: "eyJhbGciOiJFUzUxMiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9.SXTigJlzIGEgZGFuZ2Vyb3VzIGJ\
                1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHlvdSBkb24\
                ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4",
        signature: "004fd1fd86420a18e7e3bf758d2402add3d908d62a1d7093647d3e2591983656808cfda4a9a96e5082149c2f6abdbbbd3e5a\
                    27eca453ce8344b93e156b67262f5789010cb79ad3c1bbfbbfb030f26239c0303c573e7ed7ad3d25c3e92f003f3dd2397c7b\
                    6a6e41e9ecfc810a0691c0065b1b10f5fab0563c39c183aa846e0689aef71436",
    },
    Jws {
        source: "RFC 7520 4.4",
        algorithm: Algorithm::Hs256,
        private: "849b57219dae48de646d07dbb533566e976686457c1491be3a76dcea6c427188",
        input: "eyJhbGciOiJIUzI1NiIsImtpZCI6IjAxOGMwYWU1LTRkOWItNDcxYi1iZmQ2LWVlZjMxNGJjNzAzNyJ9.SXTigJlzIGEgZGFuZ2V\
                yb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlmIHl\
                vdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB\
                0by4",
        signature: "b3487a29387391f0410642eca56d61f3856c259153b0f3ea30303b83531dee9d",
    },
];
