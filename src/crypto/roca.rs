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

#[cfg(test)]
mod tests {
    use super::super::fixtures::{RSA_2048, hex};
    use super::super::{Entropy, SigningKey, SystemEntropy};
    use super::*;
    use crate::model::Algorithm;

    /// `mod03.txt` and `mod08.txt` of the package `roca-detect` 1.2.12 (MIT licence), moduli of 2048 and 1025 bits that
    /// its authors marked.
    const MARKED: [&str; 2] = [
        "9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b0058c9f\
        f2eb1fc89855029cf6aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a097c8929\
        c14740245ea355f8332d1aa36bb50c7dcb4505da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af2d3a16257eb2\
        b2adca6ba464e5974fa92550d31b1babf161e7692d00b86e3dd886ecab4abfbe1a8f8cc263ff4af55cdb45f4249a5193925f\
        5e983d762f0b6800943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf4114e5ecf50034a60a41252\
        3af9e6f4aa11",
        "01db349e1f58f5d41f65aa5b0ffa6ae0cea80de6c170b2b4abf9c358d79494ca59cab008f5ee92759b91d497e2131701047f\
        953935a163e91db5460c82566f4df0c05bca02a8576f7c4e916b274e2f307b56fc8a20ad452b1b54d3924726a3b2329da882\
        c7b8e102379dfe7a8c6b01d62e7ff0fd58e1e9822f6e32b5b0486561fb",
    ];

    #[test]
    fn marked_moduli_are_found() {
        for digits in MARKED {
            let mut modulus = hex(digits);
            assert!(has_fingerprint(&modulus));
            *modulus.last_mut().unwrap() ^= 2;
            assert!(!has_fingerprint(&modulus));
        }
    }

    #[test]
    fn ordinary_moduli_are_not_found() {
        let key = SigningKey::from_private(Algorithm::Rs256, &hex(RSA_2048)).unwrap();
        assert!(!has_fingerprint(&key.public_key_der().unwrap().unwrap()[33..289]));
        let mut modulus = [0; 256];
        for _ in 0..20_000 {
            SystemEntropy.fill(&mut modulus).unwrap();
            modulus[255] |= 1;
            assert!(!has_fingerprint(&modulus));
        }
    }

    #[test]
    fn only_telling_primes_are_asked() {
        // By chance a modulus passes with the product of the shares of powers of 65537 among what is not zero.
        let mut bits = 0.0;
        for prime in PRIMES {
            let powers = (1..prime).filter(|rest| is_power(*rest, prime)).count();
            assert!(powers < prime as usize - 1, "{prime}");
            bits += (f64::from(prime - 1) / powers as f64).log2();
        }
        assert!((83.0..84.0).contains(&bits), "{bits}");
    }
}
