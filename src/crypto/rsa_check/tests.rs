//! RSA keys whose numbers do not fit.

use ::rsa::traits::PublicKeyParts;
use crypto_primes::hazmat::MillerRabin;
use der::Encode;
use der::asn1::Any;
use p256::elliptic_curve::bigint::{ConcatenatingMul, Integer, Resize};

use super::super::fixtures::{RSA_2048, hex};
use super::super::{SigningKey, SystemEntropy};
use super::*;
use crate::model::{Algorithm, KeySpec};

/// The numbers of an `RSAPrivateKey`, in their order.
#[derive(Clone)]
struct Numbers([BoxedUint; 8]);

const N: usize = 0;
const E: usize = 1;
const D: usize = 2;
const P: usize = 3;
const Q: usize = 4;
const DP: usize = 5;
const DQ: usize = 6;
const QINV: usize = 7;

impl Numbers {
    /// A key whose numbers fit each other, whatever the factors are.
    fn new(p: &BoxedUint, q: &BoxedUint, e: u64) -> Self {
        let one = BoxedUint::one();
        let (p1, q1) = (p.wrapping_sub(&one), q.wrapping_sub(&one));
        let phi = p1.concatenating_mul(&q1).to_nz().unwrap();
        let n = p.concatenating_mul(q);
        let e = BoxedUint::from(e).resize_unchecked(n.bits_precision());
        let d = e.invert_mod(&phi).unwrap();
        let (dp, dq) = (d.rem(&p1.to_nz().unwrap()), d.rem(&q1.to_nz().unwrap()));
        let same = p == q;
        let qinv = if same { one } else { q.rem(&p.to_nz().unwrap()).invert_mod(&p.to_nz().unwrap()).unwrap() };
        Self([n, e, d, p.clone(), q.clone(), dp, dq, qinv])
    }

    fn good() -> Self {
        let key = fixture();
        let [p, q] = key.primes() else { panic!("two primes") };
        Self::new(p, q, 65537)
    }

    fn with(mut self, at: usize, change: impl FnOnce(&BoxedUint) -> BoxedUint) -> Self {
        self.0[at] = change(&self.0[at]);
        self
    }

    fn der(&self) -> Vec<u8> {
        let numbers = self.0.iter().map(|number| integer(&number.to_be_bytes())).collect::<Vec<_>>().concat();
        sequence(&[&[2, 1, 0], &numbers])
    }

    fn import(&self) -> Result<RsaPrivateKey, CryptoError> {
        let key = import(&self.der(), None)?;
        test_primes(&key).map(|()| key)
    }
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    UintRef::new(bytes).unwrap().to_der().unwrap()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    Any::new(der::Tag::Sequence, parts.concat()).unwrap().to_der().unwrap()
}

fn fixture() -> RsaPrivateKey {
    use pkcs8::DecodePrivateKey;
    RsaPrivateKey::from_pkcs8_der(&hex(RSA_2048)).unwrap()
}

fn plus(add: u64) -> impl FnOnce(&BoxedUint) -> BoxedUint {
    move |number| number.wrapping_add(BoxedUint::from(add).resize_unchecked(number.bits_precision()))
}

fn wrong<T: std::fmt::Debug>(result: Result<T, CryptoError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn good_keys_are_taken_as_they_are() {
    let key = Numbers::good().import().unwrap();
    assert_eq!((key.n(), key.primes()), (fixture().n(), fixture().primes()));
    let numbers = Numbers::good();
    let Numbers([_, _, _, p, q, ..]) = &numbers;
    // The factors the other way round, and the largest exponent that fits this key.
    assert_eq!(Numbers::new(q, p, 65537).import().unwrap().n(), key.n());
    Numbers::new(p, q, MOST_EXPONENT).import().unwrap();
    for bits in [2048u32, 3072, 4096] {
        let spec = KeySpec::parse(Algorithm::Rs256, Some(bits.into())).unwrap();
        let key = SigningKey::generate(spec, &SystemEntropy).unwrap().to_private().unwrap();
        let info = pkcs8::PrivateKeyInfoRef::from_der(key.expose_secret()).unwrap();
        assert_eq!(super::super::rsa::bits(&import(info.private_key.as_bytes(), None).unwrap()), bits);
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let good = Numbers::good;
    for (at, expected) in [
        (N, "malformed key: RSA private key has parts that do not belong together"),
        (E, "malformed key: RSA private key has parts that do not belong together"),
        (D, "malformed key: RSA private key has parts that do not belong together"),
        (P, "malformed key: RSA private key has parts that do not belong together"),
        (Q, "malformed key: RSA private key has parts that do not belong together"),
        (DP, "malformed key: RSA private key has wrong CRT values"),
        (DQ, "malformed key: RSA private key has wrong CRT values"),
        (QINV, "malformed key: RSA private key has wrong CRT values"),
    ] {
        assert_eq!(wrong(good().with(at, plus(2)).import()), expected, "number {at}");
        wrong(good().with(at, |_| BoxedUint::zero()).import());
        wrong(good().with(at, |_| BoxedUint::one()).import());
        wrong(good().with(at, |number| number.concatenating_mul(number)).import());
    }
    let Numbers([n, ..]) = good();
    insta::assert_snapshot!(wrong(good().with(D, |d| d.wrapping_add(&n)).import()), @"malformed key: RSA private key has parts that do not belong together");
    insta::assert_snapshot!(wrong(good().with(N, plus(1)).import()), @"malformed key: RSA modulus is even");
    let der = good().der();
    insta::assert_snapshot!(wrong(import(&der[..der.len() - 1], None)), @"malformed key: RSA private key is not an RSAPrivateKey in DER");
    insta::assert_snapshot!(wrong(import(&vec![0x30; 5000], None)), @"RSA private key has 5000 bytes, allowed are 4096");
}

#[test]
fn the_public_key_beside_it_must_be_its_own() {
    let Numbers([n, e, ..]) = Numbers::good();
    let beside = |n: &BoxedUint, e: &BoxedUint| {
        import(&Numbers::good().der(), Some(&sequence(&[&integer(&n.to_be_bytes()), &integer(&e.to_be_bytes())])))
    };
    beside(&n, &e).unwrap();
    insta::assert_snapshot!(wrong(beside(&plus(2)(&n), &e)), @"malformed key: RSA private and public key do not belong together");
    insta::assert_snapshot!(wrong(beside(&n, &plus(2)(&e))), @"malformed key: RSA private and public key do not belong together");
    insta::assert_snapshot!(wrong(import(&Numbers::good().der(), Some(&[0x30, 0]))), @"malformed key: RSA public key is not an RSAPublicKey in DER");
}

#[test]
fn lengths_and_exponents_have_bounds() {
    let Numbers([n, _, _, p, q, ..]) = Numbers::good();
    let with_e = |e: u64| Numbers::good().with(E, |_| BoxedUint::from(e)).import();
    insta::assert_snapshot!(wrong(with_e(3)), @"RSA exponent is 3, allowed are odd numbers from 65537 to 8589934591");
    insta::assert_snapshot!(wrong(with_e(65538)), @"RSA exponent is 65538, allowed are odd numbers from 65537 to 8589934591");
    insta::assert_snapshot!(wrong(with_e(MOST_EXPONENT + 2)), @"RSA exponent is 8589934593, allowed are odd numbers from 65537 to 8589934591");
    insta::assert_snapshot!(wrong(Numbers::good().with(E, |_| n.clone()).import()), @"RSA exponent has 2048 bits, allowed are odd numbers from 65537 to 8589934591");
    let short = p.overflowing_shr_vartime(1).unwrap();
    insta::assert_snapshot!(wrong(Numbers::good().with(N, |_| q.concatenating_mul(&short)).import()), @"RSA modulus has 2047 bits, allowed are 2048 to 4096");
    insta::assert_snapshot!(wrong(Numbers::good().with(P, |p| p.concatenating_mul(p)).import()), @"RSA primes have 2048 and 1024 bits, allowed are 1024 at most");
    let long = n.concatenating_mul(&n).concatenating_mul(BoxedUint::from(3u8));
    insta::assert_snapshot!(wrong(Numbers::good().with(N, |_| long).import()), @"RSA modulus has 4097 bits, allowed are 2048 to 4096");
}

#[test]
fn a_third_prime_is_unsupported() {
    let numbers = Numbers::good();
    let plain = numbers.0.iter().map(|number| integer(&number.to_be_bytes())).collect::<Vec<_>>().concat();
    let third = sequence(&[&[2, 1, 3], &[2, 1, 3], &[2, 1, 3]]);
    let multi = sequence(&[&[2, 1, 1], &plain, &sequence(&[&third])]);
    insta::assert_snapshot!(wrong(import(&multi, None)), @"RSA private key has 3 primes, allowed are 2");
}

#[test]
fn primes_too_close_are_refused() {
    let Numbers([_, _, _, p, ..]) = Numbers::good();
    insta::assert_snapshot!(wrong(Numbers::new(&p, &p, 65537).import()), @"RSA primes are equal or too close together");
    let mut close = plus(2)(&p);
    while !is_prime(Flavor::Any, &close) || close.rem(&BoxedUint::from(65537u32).to_nz().unwrap()).is_one().into() {
        close = plus(2)(&close);
    }
    insta::assert_snapshot!(wrong(Numbers::new(&p, &close, 65537).import()), @"RSA primes are equal or too close together");
}

/// A product of two primes, the second twice the first less one, that passes the strong test of Miller and Rabin to
/// base 2: found by trying primes at random. The `rsa` crate takes it for a prime.
const PSEUDOPRIME: &str = "d782a06dace72881540c625fe9eafca93a55126f8ae5d072298cfa1be11a9d4486f08d15bddfab9f389689a213557034fc56\
        f39b19cedddb2c4e7919e510443276553301933a2ea284f20d8646ddb027a915c93582fe770e601a5d2c3b611e7fec0c5a74\
        2d5de49cf7c4693ed8a1cf281117baef0809a7fa5aa6fb0f5c856c11";

#[test]
fn factors_that_are_not_prime_are_refused() {
    let Numbers([_, _, _, p, q, ..]) = Numbers::good();
    let forged = BoxedUint::from_be_slice_vartime(&hex(PSEUDOPRIME));
    assert!(MillerRabin::new(forged.to_odd().unwrap()).test_base_two().is_probably_prime());
    for (p, q) in [(&forged, &q), (&p, &forged)] {
        let numbers = Numbers::new(p, q, 65537);
        let parts = PrivateKeyDer::<UintRef<'_>>::from_der(&numbers.der()).map(RsaPrivateKey::try_from);
        assert!(matches!(parts, Ok(Ok(_))), "the crate takes it");
        assert_eq!(wrong(numbers.import()), "RSA private key has a factor that is not prime");
    }
}

#[test]
fn public_keys_have_bounds_of_their_own() {
    let Numbers([n, ..]) = Numbers::good();
    let public = |n: &BoxedUint, e: u64| {
        import_public(&sequence(&[&integer(&n.to_be_bytes()), &integer(&e.to_be_bytes())])).map(|(_, bits)| bits)
    };
    assert_eq!(public(&n, 3).unwrap(), 2048);
    assert_eq!(public(&n, MOST_EXPONENT).unwrap(), 2048);
    let short = n.overflowing_shr_vartime(1024).unwrap();
    let odd = if short.is_odd().into() { short } else { plus(1)(&short) };
    assert_eq!(public(&odd, 3).unwrap(), 1024);
    insta::assert_snapshot!(wrong(public(&odd.overflowing_shr_vartime(1).unwrap(), 3)), @"RSA modulus has 1023 bits, allowed are 1024 to 4096");
    insta::assert_snapshot!(wrong(public(&n, 1)), @"RSA exponent is 1, allowed are odd numbers from 3 to 8589934591");
    insta::assert_snapshot!(wrong(public(&n, 4)), @"RSA exponent is 4, allowed are odd numbers from 3 to 8589934591");
    insta::assert_snapshot!(wrong(public(&plus(1)(&n), 3)), @"malformed key: RSA modulus is even");
}
