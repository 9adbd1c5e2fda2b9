//! The fingerprint of CVE-2017-15361 ("ROCA"): RSA moduli that a chip family's library made too regular.
//!
//! That library made primes `p = k M + (65537^a mod M)`, `M` the product of the first primes: of 71 of them for moduli
//! of 992 to 1952 bits, of more for longer ones. So modulo each of these small primes the modulus `n = p q` is a power
//! of 65537, and Coppersmith's method then finds `p` (M. Nemec and others, "The Return of Coppersmith's Attack", CCS 2017).
//!
//! A modulus made otherwise is anything modulo `r`. It looks like a power of 65537 modulo all primes below by chance
//! once in 2^83; the published tool looks at 17 of them and errs once in 2^28.

/// The primes among the first 71 modulo which not everything is a power of 65537: the others would tell nothing.
const PRIMES: [u32; 40] = [
    11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157, 181, 191, 193, 197, 199, 227, 229, 233,
    239, 241, 257, 263, 269, 277, 281, 283, 293, 307, 317, 331, 337, 349, 353,
];

const GENERATOR: u32 = 65537;

/// Whether a big-endian modulus of at least 992 bits has the fingerprint.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    // Nine in ten ordinary moduli are through after the second prime.
    PRIMES.into_iter().all(|prime| is_power(remainder(modulus, prime), prime))
}

fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |rest, byte| ((rest << 8) | u32::from(*byte)) % prime)
}

fn is_power(rest: u32, prime: u32) -> bool {
    let mut power = 1;
    loop {
        if power == rest {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
        if power == 1 {
            return false;
        }
    }
}
