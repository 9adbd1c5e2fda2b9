//! What it costs to turn a passphrase into a key: Argon2id's memory and passes, with a floor and a ceiling.

use super::{Invalid, Problem};

/// The cost of Argon2id (RFC 9106), one lane. The default is 64 MiB and 3 passes.
///
/// Memory is a power of two from 16 MiB to 1024 MiB, passes 2 to 10: below the floor a stolen file is guessed too
/// cheaply, above the ceiling a doctored file would keep whoever opens it busy for minutes.
///
/// ```
/// use keystead::KdfCost;
///
/// assert_eq!(KdfCost::default(), KdfCost::new(64, 3)?);
/// assert!(KdfCost::new(8, 3).is_err());
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KdfCost {
    memory_exponent: u8,
    passes: u8,
}

const MEMORY_EXPONENTS: std::ops::RangeInclusive<u8> = 4..=10;
const PASSES: std::ops::RangeInclusive<u8> = 2..=10;

impl KdfCost {
    /// The least cost allowed, 16 MiB and 2 passes: for tests, and for stores whose passphrase is random.
    pub const FLOOR: Self = Self { memory_exponent: 4, passes: 2 };

    /// `memory_mib` is 16, 32, 64, 128, 256, 512 or 1024; `passes` is 2 to 10.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for any other value.
    pub fn new(memory_mib: u32, passes: u32) -> Result<Self, crate::Error> {
        Ok(Self::parse(memory_mib, passes)?)
    }

    pub(crate) fn parse(memory_mib: u32, passes: u32) -> Result<Self, Invalid> {
        let wrong = |what: String| Invalid::new("cost", Problem::Invalid, what);
        let memory_exponent =
            MEMORY_EXPONENTS.into_iter().find(|exponent| 1u32 << exponent == memory_mib).ok_or_else(|| {
                wrong(format!("cost has {memory_mib} MiB of memory, allowed are powers of two from 16 to 1024"))
            })?;
        let passes = u8::try_from(passes)
            .ok()
            .filter(|passes| PASSES.contains(passes))
            .ok_or_else(|| wrong(format!("cost has {passes} passes, allowed are 2 to 10")))?;
        Ok(Self { memory_exponent, passes })
    }

    /// Memory in KiB, as Argon2 counts it.
    #[must_use]
    pub const fn memory_kib(self) -> u32 {
        1024 << self.memory_exponent
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn passes(self) -> u32 {
        self.passes as u32
    }

    /// The cost profile byte of the file's head: memory exponent in the high half, passes in the low.
    pub(crate) const fn to_profile(self) -> u8 {
        self.memory_exponent << 4 | self.passes
    }

    pub(crate) fn from_profile(byte: u8) -> Option<Self> {
        let cost = Self { memory_exponent: byte >> 4, passes: byte & 0x0f };
        (MEMORY_EXPONENTS.contains(&cost.memory_exponent) && PASSES.contains(&cost.passes)).then_some(cost)
    }
}

impl Default for KdfCost {
    fn default() -> Self {
        Self { memory_exponent: 6, passes: 3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_lead_back_and_others_are_refused() {
        let valid: Vec<u8> = (0..=u8::MAX).filter(|&byte| KdfCost::from_profile(byte).is_some()).collect();
        assert_eq!(valid.len(), 7 * 9);
        for byte in valid {
            let cost = KdfCost::from_profile(byte).unwrap();
            assert_eq!(cost.to_profile(), byte);
            assert_eq!(KdfCost::parse(cost.memory_kib() / 1024, cost.passes()).unwrap(), cost);
        }
        assert_eq!(KdfCost::default().to_profile(), 0x63);
        insta::assert_snapshot!(KdfCost::parse(1 << 31, 3).unwrap_err().to_string(), @"cost has 2147483648 MiB of memory, allowed are powers of two from 16 to 1024");
        insta::assert_snapshot!(KdfCost::parse(64, 1 << 31).unwrap_err().to_string(), @"cost has 2147483648 passes, allowed are 2 to 10");
    }
}
