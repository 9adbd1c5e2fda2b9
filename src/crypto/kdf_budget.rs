//! How much work an input may ask for before its passwords are tried.

use super::CryptoError;

/// What is left for one input. Asked before any work: whoever writes a file would otherwise choose how long its reader
/// works, and with how much memory.
#[derive(Debug)]
pub(crate) struct KdfBudget {
    rounds: u64,
    scrypt_work: u64,
}

impl KdfBudget {
    /// Rounds of PBKDF2 and of the key derivation of PKCS#12, counted for every block of output. 10 million take seconds;
    /// what `openssl`, `keytool` and we write takes some 2 million at most.
    const ROUNDS: u64 = 10_000_000;
    /// `128 N r` bytes: what `openssl` allows itself.
    const SCRYPT_MEMORY: u64 = 32 << 20;
    /// `r p`, which takes memory too: 1 MiB.
    const SCRYPT_LANES: u64 = 8192;
    /// `N r p`: 16 times what `openssl` asks for, 3 times what we write, eight passes over the most memory. About a
    /// second.
    const SCRYPT_WORK: u64 = 1 << 21;

    pub(crate) const fn new() -> Self {
        Self { rounds: Self::ROUNDS, scrypt_work: Self::SCRYPT_WORK }
    }

    /// Takes `rounds` for each of `blocks`.
    pub(super) fn spend_rounds(&mut self, rounds: u64, blocks: usize) -> Result<(), CryptoError> {
        let asked = rounds.saturating_mul(blocks as u64);
        let left = self.rounds.checked_sub(asked).ok_or_else(|| {
            let (most, left) = (Self::ROUNDS, self.rounds);
            let allowed = format!("allowed are {most} for one input, {left} of them are left");
            CryptoError::Refused(format!("key derivation takes {asked} rounds, {allowed}"))
        })?;
        self.rounds = left;
        Ok(())
    }

    pub(super) fn spend_scrypt(&mut self, n: u64, r: u64, p: u64) -> Result<(), CryptoError> {
        let memory = n.saturating_mul(r).saturating_mul(128);
        if memory > Self::SCRYPT_MEMORY {
            let most = Self::SCRYPT_MEMORY;
            return Err(CryptoError::Refused(format!("scrypt takes {memory} bytes of memory, allowed are {most}")));
        }
        let lanes = r.saturating_mul(p);
        if lanes > Self::SCRYPT_LANES {
            let most = Self::SCRYPT_LANES;
            return Err(CryptoError::Refused(format!("scrypt has r p = {lanes}, allowed are {most}")));
        }
        let work = n.saturating_mul(lanes);
        let left = self.scrypt_work.checked_sub(work).ok_or_else(|| {
            let (most, left) = (Self::SCRYPT_WORK, self.scrypt_work);
            let allowed = format!("allowed are {most} for one input, {left} of them are left");
            CryptoError::Refused(format!("scrypt has N r p = {work}, {allowed}"))
        })?;
        self.scrypt_work = left;
        Ok(())
    }
}

impl Default for KdfBudget {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(result: Result<(), CryptoError>) -> String {
        let error = result.unwrap_err();
        assert!(matches!(error, CryptoError::Refused(_)));
        error.to_string()
    }

    #[test]
    fn rounds_add_up() {
        let mut budget = KdfBudget::new();
        budget.spend_rounds(4_000_000, 2).unwrap();
        insta::assert_snapshot!(refused(budget.spend_rounds(2_000_001, 1)), @"key derivation takes 2000001 rounds, allowed are 10000000 for one input, 2000000 of them are left");
        budget.spend_rounds(2_000_000, 1).unwrap();
        refused(budget.spend_rounds(1, 1));
        insta::assert_snapshot!(refused(KdfBudget::new().spend_rounds(u64::MAX, 2)), @"key derivation takes 18446744073709551615 rounds, allowed are 10000000 for one input, 10000000 of them are left");
    }

    #[test]
    fn scrypt_has_three_bounds() {
        let mut budget = KdfBudget::new();
        insta::assert_snapshot!(refused(budget.spend_scrypt(1 << 17, 8, 1)), @"scrypt takes 134217728 bytes of memory, allowed are 33554432");
        insta::assert_snapshot!(refused(budget.spend_scrypt(2, 1, 8193)), @"scrypt has r p = 8193, allowed are 8192");
        insta::assert_snapshot!(refused(budget.spend_scrypt(1 << 15, 8, 10)), @"scrypt has N r p = 2621440, allowed are 2097152 for one input, 2097152 of them are left");
        budget.spend_scrypt(1 << 15, 8, 8).unwrap();
        insta::assert_snapshot!(refused(budget.spend_scrypt(2, 1, 1)), @"scrypt has N r p = 2, allowed are 2097152 for one input, 0 of them are left");
        refused(KdfBudget::new().spend_scrypt(u64::MAX, u64::MAX, u64::MAX));
    }
}
