//! What key to make: an algorithm and a length that belong together.

use super::{Algorithm, Invalid, KeyType, Problem};

/// An algorithm and a key length that fits it.
///
/// ```
/// use keystead::{Algorithm, KeySpec};
///
/// let spec = KeySpec::new(Algorithm::Ps256, Some(3072))?;
/// assert_eq!(spec.bits(), 3072);
/// assert_eq!(KeySpec::new(Algorithm::Es384, None)?.bits(), 384);
/// assert!(KeySpec::new(Algorithm::Rs256, Some(1024)).is_err());
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeySpec {
    algorithm: Algorithm,
    bits: u32,
}

impl KeySpec {
    /// Checks that `bits` fits `algorithm`. For RSA it is required: 2048, 3072 or 4096. An EC or HMAC algorithm
    /// implies its length (the curve's size, the hash's length), so it may be left out and must not contradict.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other length.
    pub fn new(algorithm: Algorithm, bits: Option<u32>) -> Result<Self, crate::Error> {
        Ok(Self::parse(algorithm, bits.map(i64::from))?)
    }

    pub(crate) fn parse(algorithm: Algorithm, bits: Option<i64>) -> Result<Self, Invalid> {
        const RSA: [u32; 3] = [2048, 3072, 4096];
        let implied = match (algorithm.key_type(), algorithm.curve()) {
            (_, Some(curve)) => Some(curve.bits()),
            (KeyType::Hmac, _) => Some(algorithm.hash().bits()),
            _ => None,
        };
        let allowed = implied.as_slice();
        let allowed = if allowed.is_empty() { &RSA[..] } else { allowed };
        let words = allowed.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let Some(bits) = bits else {
            return implied.map(|bits| Self { algorithm, bits }).ok_or_else(|| {
                Invalid::new("length", Problem::Missing, format!("length is missing, {algorithm} needs one of {words}"))
            });
        };
        match u32::try_from(bits) {
            Ok(bits) if allowed.contains(&bits) => Ok(Self { algorithm, bits }),
            _ => Err(Invalid::new(
                "length",
                Problem::InvalidLength,
                format!("length is {bits} bits, {algorithm} allows {words}"),
            )),
        }
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(self) -> Algorithm {
        self.algorithm
    }

    /// The length in bits: the modulus, the field or the secret.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_fit_their_algorithm() {
        for algorithm in Algorithm::ALL {
            let fits: Vec<u32> =
                (0..=8192).filter(|&bits| KeySpec::parse(algorithm, Some(bits.into())).is_ok()).collect();
            match algorithm.key_type() {
                KeyType::Rsa => assert_eq!(fits, [2048, 3072, 4096]),
                _ => assert_eq!(fits, [KeySpec::parse(algorithm, None).unwrap().bits()]),
            }
        }
        let wrong = |algorithm, bits| KeySpec::parse(algorithm, bits).unwrap_err().to_string();
        insta::assert_snapshot!(wrong(Algorithm::Rs256, None), @"length is missing, RS256 needs one of 2048, 3072, 4096");
        insta::assert_snapshot!(wrong(Algorithm::Es512, Some(512)), @"length is 512 bits, ES512 allows 521");
        insta::assert_snapshot!(wrong(Algorithm::Rs256, Some(-1)), @"length is -1 bits, RS256 allows 2048, 3072, 4096");
        insta::assert_snapshot!(wrong(Algorithm::Hs256, Some(1 << 40)), @"length is 1099511627776 bits, HS256 allows 256");
    }
}
