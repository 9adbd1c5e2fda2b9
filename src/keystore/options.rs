//! How a store is made and opened.

use std::sync::Arc;
use std::time::Duration;

use super::{Clock, SystemClock};
use crate::crypto::{Entropy, SystemEntropy};
use crate::model::{Anchor, Issuer, KdfCost};

/// How a store is made and opened. Each setter returns the options, so that calls chain.
///
/// ```
/// use std::time::Duration;
///
/// use keystead::{KdfCost, Options};
///
/// let options = Options::default().kdf_cost(KdfCost::new(256, 4)?).busy_timeout(Duration::from_secs(1));
/// # let _ = options;
/// # Ok::<(), keystead::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) kdf_cost: KdfCost,
    pub(super) busy_timeout: Duration,
    pub(super) default_issuer: Option<Issuer>,
    pub(super) cached_keys: usize,
    pub(super) anchor: Option<Anchor>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Options {
    /// What guessing a passphrase shall cost. Only read when a store is made: it then stays with the file. The
    /// default is 64 MiB and 3 passes.
    #[must_use]
    pub fn kdf_cost(mut self, cost: KdfCost) -> Self {
        self.kdf_cost = cost;
        self
    }

    /// How long to wait for another connection's lock before [`Busy`](crate::ErrorKind::Busy). The default is 5 s.
    #[must_use]
    pub fn busy_timeout(mut self, wait: Duration) -> Self {
        self.busy_timeout = wait;
        self
    }

    /// The issuer of certificates for which none is named. The default is `keystead`.
    #[must_use]
    pub fn default_issuer(mut self, issuer: Issuer) -> Self {
        self.default_issuer = Some(issuer);
        self
    }

    /// How many unsealed keys are kept for the next use. The default is 256; 0 keeps none.
    #[must_use]
    pub fn cached_keys(mut self, most: usize) -> Self {
        self.cached_keys = most;
        self
    }

    /// What the store must have been before: an older copy of the file, or another store, does not open then, with
    /// [`RolledBack`](crate::ErrorKind::RolledBack). Only read when a store is opened; none can be made with an anchor.
    #[must_use]
    pub fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = Some(anchor);
        self
    }

    /// Where the time comes from.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where random bytes come from. Anything but the system's generator is for tests.
    #[must_use]
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kdf_cost: KdfCost::default(),
            busy_timeout: Duration::from_secs(5),
            default_issuer: None,
            cached_keys: 256,
            anchor: None,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}
