//! What bytes mean: each step is one verb and a handful of numbers, which the verb reads as it likes.

use std::fmt;

macro_rules! verbs {
    ($($verb:ident $weight:literal),+ $(,)?) => {
        /// What can be done to a store, and to the world around it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Verb { $($verb),+ }

        /// Each as often as it is to come.
        const WEIGHTS: &[(Verb, u8)] = &[$((Verb::$verb, $weight)),+];
    };
}

verbs! {
    Generate 14, GenerateMany 3, Import 10, ImportMany 4, Rename 9, Delete 9, Mark 4, Unmark 3,
    ExportPublic 3, ExportSecret 7, Find 9, List 2, Search 16, Sign 10, TakeSigner 4, UseSigner 4,
    CreateRing 7, Rotate 9, RotateTo 2, Retire 3, Revoke 6, SetKeep 2, SetSchedule 2, ApplyDue 5, DeleteRing 2, RingSign 8,
    CreateApp 6, Authenticate 12, Guess 4, ResetSecret 5, ReplaceCredential 3, RenameApp 2, DeleteApp 2, ExportApp 3, SetFips 2,
    WipeExpired 1,
    Authority 3, Attest 5, Anchor 4, CheckAnchor 5,
    Rekey 3, Backup 3, Restore 1, Reopen 5, CloseAll 2, Crash 6, RunOut 4, Clock 9, Lock 3, Unlock 4, Integrity 2, Compare 5,
}

impl Verb {
    /// Whether a row is another one for sure when this has succeeded.
    pub(crate) fn changes_a_row(self) -> bool {
        use Verb::*;
        matches!(
            self,
            Generate | Import | Rename | Delete | CreateRing | Rotate | RotateTo | CreateApp | ResetSecret | DeleteApp
        )
    }

    /// Whether it is about a ring that is there.
    pub(crate) fn is_of_rings(self) -> bool {
        use Verb::*;
        matches!(self, Rotate | RotateTo | Retire | Revoke | SetKeep | SetSchedule | ApplyDue | DeleteRing | RingSign)
    }

    /// Whether it is about an app that is there.
    pub(crate) fn is_of_apps(self) -> bool {
        use Verb::*;
        matches!(self, Authenticate | Guess | ResetSecret | ReplaceCredential | RenameApp | DeleteApp | ExportApp)
    }

    pub(crate) fn may_change_a_row(self) -> bool {
        use Verb::*;
        let looks = matches!(self, ExportPublic | Find | List | Search | Sign | TakeSigner | UseSigner | CheckAnchor);
        let files = matches!(self, Rekey | Backup | Restore | Reopen | CloseAll | Crash | Integrity | Compare);
        !looks && !files
    }
}

pub(crate) struct Step {
    pub(crate) verb: Verb,
    pub(crate) bytes: [u8; 6],
}

impl Step {
    /// The first two bytes say the verb, so that all weights are kept.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let total: usize = WEIGHTS.iter().map(|(_, weight)| usize::from(*weight)).sum();
        let mut code = usize::from(u16::from_be_bytes([bytes[0], bytes[1]])) % total;
        let mut verb = Verb::Compare;
        for (one, weight) in WEIGHTS {
            let weight = usize::from(*weight);
            if code < weight {
                verb = *one;
                break;
            }
            code -= weight;
        }
        Self { verb, bytes: bytes[2..8].try_into().unwrap() }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.verb, self.bytes)
    }
}
