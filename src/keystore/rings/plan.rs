//! What ring to make.

use crate::model::{KeySpec, KeyUse, RingName, Schedule};

/// What ring to make. The setters return the plan, so that calls chain.
///
/// ```
/// use std::time::Duration;
///
/// use keystead::{Algorithm, KeySpec, RingName, RingPlan, Schedule};
///
/// const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// let plan = RingPlan::new(RingName::new("con_1")?, KeySpec::new(Algorithm::Ps256, Some(2048))?)
///     .common_name(RingName::new("acme-saml")?)
///     .schedule(Schedule::new(90 * DAY, 7 * DAY, 7 * DAY)?);
/// # let _ = plan;
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RingPlan {
    pub(super) name: RingName,
    pub(super) spec: KeySpec,
    pub(super) common_name: Option<RingName>,
    pub(super) key_use: KeyUse,
    pub(super) exportable: bool,
    pub(super) schedule: Option<Schedule>,
    pub(super) keep: u16,
}

impl RingPlan {
    /// How many retired and revoked keys stay when nothing else is said.
    pub const DEFAULT_KEEP: u16 = 4;

    /// A ring of this name whose keys are of this kind: for signing, not exportable, without a schedule.
    #[must_use]
    pub fn new(name: RingName, spec: KeySpec) -> Self {
        Self {
            name,
            spec,
            common_name: None,
            key_use: KeyUse::Signing,
            exportable: false,
            schedule: None,
            keep: Self::DEFAULT_KEEP,
        }
    }

    /// The common name of subject and issuer in the keys' certificates. The default is the ring's name.
    #[must_use]
    pub fn common_name(mut self, name: RingName) -> Self {
        self.common_name = Some(name);
        self
    }

    /// What the keys are for.
    #[must_use]
    pub fn key_use(mut self, key_use: KeyUse) -> Self {
        self.key_use = key_use;
        self
    }

    /// Whether the ring's private keys may ever leave the store. Cannot be changed later.
    #[must_use]
    pub fn exportable(mut self, exportable: bool) -> Self {
        self.exportable = exportable;
        self
    }

    /// When the keys follow each other. Without one, nothing is ever due.
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = Some(schedule);
        self
    }

    /// How many keys that are retired or revoked stay in the ring; one more, and the one that ended first is deleted for ever,
    /// unless somebody noted that they use it ([`Keystore::mark_in_use`](crate::Keystore::mark_in_use)).
    #[must_use]
    pub fn keep(mut self, ended: u16) -> Self {
        self.keep = ended;
        self
    }
}
