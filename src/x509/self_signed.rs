//! Self-signed certificates.

use der::Encode;
use jiff::Timestamp;
use spki::AlgorithmIdentifierOwned;

use super::extension::{self, KeyUsage};
use super::issued::Issued;
use super::{X509Error, name, time};

/// What a self-signed certificate says.
#[derive(Debug)]
pub(crate) struct SelfSigned<'a> {
    /// Big-endian and unsigned; not all zero.
    pub(crate) serial: [u8; 16],
    /// Of subject and issuer alike.
    pub(crate) common_name: &'a str,
    /// The public key in DER.
    pub(crate) spki: &'a [u8],
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// Whether it is a CA's: then it says so, critical.
    pub(crate) ca: bool,
    pub(crate) key_usage: KeyUsage,
}

/// Writes an X.509 version 3 certificate. `sign` gets the TBSCertificate and gives the signature, of this algorithm, as X.509
/// holds it: for ECDSA the DER of RFC 3279, section 2.2.3.
pub(crate) fn self_signed<E: Into<X509Error>>(
    request: &SelfSigned<'_>,
    signature_algorithm: &AlgorithmIdentifierOwned,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, X509Error> {
    let name = name::write_common_name(request.common_name)?;
    let key_id = extension::key_identifier(request.spki)?;
    let constraints = if request.ca { extension::write_basic_constraints(true)? } else { Vec::new() };
    let extensions =
        [constraints, extension::write_subject_key_identifier(&key_id)?, request.key_usage.write()?].concat();
    let algorithm = signature_algorithm.to_der().map_err(X509Error::Unwritable)?;
    let certificate = Issued {
        serial: &request.serial,
        signature_algorithm: &algorithm,
        issuer: &name,
        not_before: &time::write(request.not_before)?,
        not_after: &time::write(request.not_after)?,
        subject: &name,
        spki: request.spki,
        extensions: &extensions,
    };
    certificate.sign(sign)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use der::asn1::ObjectIdentifier;
    use proptest::prelude::*;

    use super::super::{CertificateFacts, cut_to_second, parse, years_after};
    use super::*;
    use crate::codec::pem;
    use crate::crypto;
    use crate::crypto::{CryptoError, SigningKey, SystemEntropy};
    use crate::model::{Algorithm, KeySpec};

    const SERIAL: [u8; 16] = *b"\xC1\x4B\x50\xE5\x86\x8B\x4D\xBE\x9F\x3C\x02\x8C\xD0\x51\x5B\x11";

    fn certificate(algorithm: Algorithm, bits: Option<u32>, change: impl FnOnce(&mut SelfSigned<'_>)) -> Vec<u8> {
        let spec = KeySpec::parse(algorithm, bits.map(i64::from)).unwrap();
        let key = SigningKey::generate(spec, &SystemEntropy).unwrap();
        let now: Timestamp = "2026-11-21T20:35:00Z".parse().unwrap();
        let mut request = SelfSigned {
            serial: SERIAL,
            common_name: "acme.com",
            spki: &key.public_key_der().unwrap().unwrap(),
            not_before: now,
            not_after: years_after(now, 10).unwrap(),
            ca: false,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
        };
        change(&mut request);
        let algorithm = crypto::algorithm_identifier(algorithm).unwrap();
        let sign = |tbs: &[u8]| Ok::<_, CryptoError>(key.try_sign(tbs, &SystemEntropy)?.to_der());
        self_signed(&request, &algorithm, sign).unwrap()
    }

    /// openssl's verdict on certificate and signature, and then what it shows.
    struct Judge(tempfile::TempDir);

    impl Judge {
        fn accepts(der: &[u8]) -> Self {
            let judge = Self(tempfile::tempdir().unwrap());
            let text = pem("CERTIFICATE", der).unwrap();
            std::fs::write(judge.0.path().join("self"), text).unwrap();
            let verdict = judge.run("verify -x509_strict -check_ss_sig -no_check_time -CAfile self self");
            assert_eq!(verdict, "self: OK\n");
            judge
        }

        fn shows(&self, what: &str) -> String {
            self.run(&format!("x509 -in self -noout -nameopt RFC2253,utf8,-esc_msb {what}"))
        }

        fn run(&self, command: &str) -> String {
            let output = Command::new("openssl").args(command.split(' ')).current_dir(&self.0).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(output.status.success(), "{command}: {text}{}", String::from_utf8_lossy(&output.stderr));
            text
        }
    }

    #[test]
    fn openssl_reads_what_was_written() {
        let text = Judge::accepts(&certificate(Algorithm::Es256, None, |_| ())).shows("-text");
        // Without the bytes of key, key identifier and signature.
        let (head, tail) = text.split_at(text.find("Subject Public Key Info").unwrap());
        let bytes = |line: &&str| !line.chars().all(|c| c.is_ascii_hexdigit() || c == ':' || c == ' ');
        let tail: Vec<_> = tail.lines().filter(bytes).map(str::trim_end).collect();
        insta::assert_snapshot!(head.to_owned() + &tail.join("\n"), @r"
        Certificate:
            Data:
                Version: 3 (0x2)
                Serial Number:
                    c1:4b:50:e5:86:8b:4d:be:9f:3c:02:8c:d0:51:5b:11
                Signature Algorithm: ecdsa-with-SHA256
                Issuer: CN=acme.com
                Validity
                    Not Before: Nov 21 20:35:00 2026 GMT
                    Not After : Nov 21 20:35:00 2036 GMT
                Subject: CN=acme.com
                Subject Public Key Info:
                    Public Key Algorithm: id-ecPublicKey
                        Public-Key: (256 bit)
                        pub:
                        ASN1 OID: prime256v1
                        NIST CURVE: P-256
                X509v3 extensions:
                    X509v3 Subject Key Identifier:
                    X509v3 Key Usage: critical
                        Digital Signature
            Signature Algorithm: ecdsa-with-SHA256
            Signature Value:
        ");
    }

    #[test]
    fn openssl_verifies_every_kind_of_key() {
        for (algorithm, bits) in [
            (Algorithm::Es256, None),
            (Algorithm::Es384, None),
            (Algorithm::Es512, None),
            (Algorithm::Rs256, Some(2048)),
            (Algorithm::Ps384, Some(2048)),
        ] {
            let der = certificate(algorithm, bits, |_| ());
            let judge = Judge::accepts(&der);
            let shown = parse(&der).unwrap();
            assert_eq!(
                judge.shows("-fingerprint -sha256").trim_end(),
                format!("sha256 Fingerprint={}", shown.sha256_fingerprint().to_colon_hex())
            );
            // OCSP names a key by the same digest as method 1 of RFC 5280.
            let ocsp = judge.shows("-ocspid");
            let (_, key_id) = ocsp.trim_end().split_once("Public key OCSP hash: ").unwrap();
            let extension = judge.shows("-ext subjectKeyIdentifier").replace(':', "");
            assert!(extension.contains(key_id), "{extension} {key_id}");
        }
    }

    #[test]
    fn serial_numbers_are_unsigned() {
        for (serial, shown) in [
            (
                *b"\x78\x0E\x1D\x5B\xEE\x3B\x43\xB2\xAE\xC8\xDB\x99\xB9\x9A\xDC\x4E",
                "78:0E:1D:5B:EE:3B:43:B2:AE:C8:DB:99:B9:9A:DC:4E",
            ),
            (SERIAL, "00:C1:4B:50:E5:86:8B:4D:BE:9F:3C:02:8C:D0:51:5B:11"),
            (*b"\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\0\x01", "00:80:00:01"),
            (*b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01", "01"),
        ] {
            let der = certificate(Algorithm::Es256, None, |request| request.serial = serial);
            assert_eq!(parse(&der).unwrap().serial_number(), shown);
            let plain = shown.replace(':', "");
            let plain = plain.strip_prefix("00").unwrap_or(&plain);
            assert_eq!(Judge::accepts(&der).shows("-serial").trim_end(), format!("serial={plain}"));
        }
    }

    #[test]
    fn names_and_times_of_all_kinds_are_read_by_openssl() {
        let (from, to) = ("2044-02-29T23:59:59.9Z".parse().unwrap(), "2054-02-28T23:59:59Z".parse().unwrap());
        let der = certificate(Algorithm::Es256, None, |request| {
            request.common_name = "Bücher & Söhne, Köln";
            (request.not_before, request.not_after) = (from, to);
        });
        insta::assert_snapshot!(Judge::accepts(&der).shows("-subject -issuer -dates"), @r"
        subject=CN=Bücher & Söhne\, Köln
        issuer=CN=Bücher & Söhne\, Köln
        notBefore=Feb 29 23:59:59 2044 GMT
        notAfter=Feb 28 23:59:59 2054 GMT
        ");
        let shown = parse(&der).unwrap();
        assert_eq!(shown.subject(), r"CN=Bücher & Söhne\, Köln");
        assert_eq!((shown.valid_from(), shown.valid_to()), (cut_to_second(from), to));
    }

    static ALGORITHM: AlgorithmIdentifierOwned =
        AlgorithmIdentifierOwned { oid: ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2"), parameters: None };

    fn request(spki: &[u8]) -> SelfSigned<'_> {
        SelfSigned {
            serial: SERIAL,
            common_name: "acme.com",
            spki,
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            ca: false,
            key_usage: KeyUsage::DIGITAL_SIGNATURE,
        }
    }

    #[test]
    fn errors_come_through() {
        let sign = |_: &[u8]| Ok::<_, CryptoError>(vec![0]);
        insta::assert_snapshot!(self_signed(&request(&[0x30, 1]), &ALGORITHM, sign).unwrap_err().to_string(), @"certificate could not be written: ASN.1 DER message is incomplete: expected 3, actual 2 at DER byte 2");
        let mut trailing = SPKI.to_vec();
        trailing.push(0);
        insta::assert_snapshot!(self_signed(&request(&trailing), &ALGORITHM, sign).unwrap_err().to_string(), @"certificate could not be written: trailing data at end of DER message: decoded 17 bytes, 1 bytes remaining at DER byte 17");
        let refuse = |_: &[u8]| Err(CryptoError::BadSignature);
        assert!(matches!(
            self_signed(&request(SPKI), &ALGORITHM, refuse),
            Err(X509Error::Crypto(CryptoError::BadSignature))
        ));
    }

    /// `SEQUENCE { SEQUENCE { OBJECT IDENTIFIER id-ecPublicKey }, BIT STRING of 8 bits }`.
    const SPKI: &[u8] = &[0x30, 15, 0x30, 9, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 3, 2, 0, 4];

    proptest! {
        #[test]
        fn what_was_written_is_read(
            serial: [u8; 16],
            name in r"[a-zA-Z0-9 '()+,./:=?*@_ßλ🔑-]{1,64}",
            times in prop::array::uniform2(-2_000_000_000i64..253_000_000_000),
        ) {
            let [not_before, not_after] = times.map(|second| Timestamp::from_second(second).unwrap());
            let request = SelfSigned { serial, common_name: &name, not_before, not_after, ..request(SPKI) };
            let der = self_signed(&request, &ALGORITHM, |tbs| {
                assert_eq!(tbs.first(), Some(&0x30));
                Ok::<_, X509Error>(tbs.to_vec())
            })
            .unwrap();
            let shown = parse(&der).unwrap();
            prop_assert_eq!(shown.version(), 3);
            prop_assert_eq!(shown.issuer(), shown.subject());
            prop_assert_eq!((shown.valid_from(), shown.valid_to()), (not_before, not_after));
            prop_assert_eq!(shown.public_key_der(), SPKI);
            prop_assert_eq!(CertificateFacts::read(&der).unwrap().issuer_common_name, Some(name));
            let number: Vec<_> = shown.serial_number().split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
            let padded: Vec<_> = std::iter::repeat_n(0, 17 - number.len()).chain(number).collect();
            prop_assert_eq!(&padded[1..], &serial);
        }
    }
}
