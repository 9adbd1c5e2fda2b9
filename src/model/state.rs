//! What all rows of a store add up to, so that rows put back, taken away or added behind the store's back are noticed.

/// How many rows a table has, and the sum of their elements modulo 2^256. An element is a pseudorandom value of the whole
/// row: who does not know the key cannot find other rows of the same sum, and the order of the rows does not matter.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    rows: u64,
    /// The least significant word first.
    sum: [u64; 4],
}

impl Tally {
    const LEN: usize = 40;

    /// Counts a row in.
    pub(crate) fn add(&mut self, element: &[u8; 32]) {
        self.combine(&Self { rows: 1, sum: words(element) });
    }

    /// Counts a row out.
    pub(crate) fn take(&mut self, element: &[u8; 32]) {
        // -x is !x + 1.
        let negative = words(element).map(|word| !word);
        self.combine(&Self { rows: u64::MAX, sum: negative });
        self.combine(&Self { rows: 0, sum: [1, 0, 0, 0] });
    }

    /// Adds what a change made of its own tally, which began with nothing. Rows taken away are counted below zero there.
    pub(crate) fn combine(&mut self, change: &Self) {
        self.rows = self.rows.wrapping_add(change.rows);
        let mut carry = false;
        for (word, other) in self.sum.iter_mut().zip(change.sum) {
            let (sum, first) = word.overflowing_add(other);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*word, carry) = (sum, first || second);
        }
    }

    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }
}

/// The tallies of a store's tables after so many changes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// How many transactions changed a row since the store was made, or since it was brought to the format that counts them.
    pub(crate) epoch: u64,
    /// In the order of the tables that the file format gives.
    pub(crate) tallies: Vec<Tally>,
}

impl State {
    /// The tallies as bytes: for each the number of rows and the sum, both big-endian.
    pub(crate) fn encode_tallies(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.tallies.len() * Tally::LEN);
        for tally in &self.tallies {
            out.extend_from_slice(&tally.rows.to_be_bytes());
            tally.sum.iter().rev().for_each(|word| out.extend_from_slice(&word.to_be_bytes()));
        }
        out
    }

    pub(crate) fn decode(epoch: u64, tallies: &[u8]) -> Option<Self> {
        let (tallies, []) = tallies.as_chunks::<{ Tally::LEN }>() else { return None };
        let tally = |bytes: &[u8; Tally::LEN]| {
            let (rows, sum) = bytes.split_first_chunk::<8>()?;
            Some(Tally { rows: u64::from_be_bytes(*rows), sum: words(sum.try_into().ok()?) })
        };
        Some(Self { epoch, tallies: tallies.iter().map(tally).collect::<Option<_>>()? })
    }
}

/// A state as it lies in the file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BoundState {
    pub(crate) epoch: u64,
    /// Of epoch and tallies, under a key of the store: who does not know it learns nothing of them.
    pub(crate) digest: [u8; 32],
    /// The tallies, sealed.
    pub(crate) sealed: Box<[u8]>,
}

/// Who holds the key of states.
pub(crate) trait StateBinder: Send + Sync {
    /// What a row, as bytes that no other row has, adds to the tally of its table.
    fn element(&self, row: &[u8]) -> [u8; 32];
    /// `None` only where the primitives fail.
    fn bind(&self, state: &State) -> Option<BoundState>;
    /// `None` unless it is as this store bound it.
    fn open(&self, bound: &BoundState) -> Option<State>;
}

fn words(element: &[u8; 32]) -> [u64; 4] {
    let (words, _) = element.as_chunks::<8>();
    let mut words = words.iter().rev().map(|bytes| u64::from_be_bytes(*bytes));
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

#[cfg(test)]
impl std::fmt::Debug for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tally({} rows, {:x?})", self.rows, self.sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 32] = [0xFF; 32];
    const B: [u8; 32] = [0x91; 32];

    fn tally(added: &[&[u8; 32]], taken: &[&[u8; 32]]) -> Tally {
        let mut tally = Tally::default();
        added.iter().for_each(|element| tally.add(element));
        taken.iter().for_each(|element| tally.take(element));
        tally
    }

    #[test]
    fn sums_carry_through_all_words_and_wrap() {
        let one = std::array::from_fn(|n| u8::from(n == 31));
        assert_eq!(tally(&[&A, &one], &[]), Tally { rows: 2, sum: [0; 4] });
        assert_eq!(tally(&[&one], &[]).sum, [1, 0, 0, 0]);
        assert_eq!(tally(&[], &[&one]).sum, [u64::MAX; 4]);
    }

    #[test]
    fn what_was_added_can_be_taken_in_any_order() {
        assert!(tally(&[&A, &B], &[&B, &A]) == Tally::default());
        assert!(tally(&[&A, &B], &[&A]) == tally(&[&B], &[]));
        assert!(tally(&[&A, &A], &[]) != tally(&[&B, &A], &[]));
        let mut other = tally(&[], &[&A]);
        other.combine(&tally(&[&B, &A], &[]));
        assert!(other == tally(&[&B], &[]));
    }

    #[test]
    fn tallies_survive_their_bytes() {
        let state = State { epoch: 7, tallies: vec![tally(&[&A, &B], &[]), tally(&[&B], &[]), Tally::default()] };
        let bytes = state.encode_tallies();
        assert!(State::decode(7, &bytes).is_some_and(|read| read == state));
        assert!(State::decode(7, bytes.split_last().map_or(&[], |(_, rest)| rest)).is_none());
    }
}
