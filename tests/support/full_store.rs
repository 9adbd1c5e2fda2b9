//! A store with something in every table, and the things that are done to it from then on.

use std::path::Path;
use std::time::Duration;

use base64ct::{Base64, Encoding};
use keystead::authn::Presented;
use keystead::{
    Algorithm, AppCredential, AppName, AppPlan, AuthorityPlan, CredentialPlan, KeyId, KeyName, KeySpec, Keystore,
    ResetSecret, RingName, RingPlan, SecretSize, UserLabel,
};

use crate::support::{es256, options, raw, request};

/// For how long an old secret is taken beside the new one.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The tables whose rows are added up, apart from `anchor`.
pub(crate) const TABLES: [&str; 10] =
    ["store", "key", "key_use", "authority", "ring", "ring_key", "app", "app_previous", "app_failure", "app_setting"];

pub(crate) struct Full {
    pub(crate) store: Keystore,
    pub(crate) keys: Vec<KeyId>,
    apps: Vec<AppCredential>,
}

impl Full {
    pub(crate) fn create(path: &Path) -> Self {
        let store = Keystore::create(path, &raw(), options()).unwrap();
        let algorithms = [Algorithm::Es256, Algorithm::Hs512, Algorithm::Es384, Algorithm::Es256, Algorithm::Es256];
        let keys: Vec<_> = (0..)
            .zip(algorithms)
            .map(|(n, algorithm)| store.generate(request(format!("key {n}"), algorithm)).unwrap().id())
            .collect();
        store.mark_in_use(keys[0], &user("the first user")).unwrap();
        store.mark_in_use(keys[1], &user("another user")).unwrap();
        store.create_authority(&AuthorityPlan::new()).unwrap();
        for name in ["tokens", "cookies"] {
            let spec = KeySpec::new(Algorithm::Es256, None).unwrap();
            store.create_ring(&RingPlan::new(RingName::new(name).unwrap(), spec)).unwrap();
        }
        let plan = |name| AppPlan::new(name, CredentialPlan::random_secret(SecretSize::DEFAULT));
        let apps = ["billing", "mail"].map(|name| AppName::new(name).unwrap());
        let apps: Vec<_> = apps.into_iter().map(|name| store.create_app(plan(name)).unwrap()).collect();
        store.reset_secret(apps[0].app().id(), ResetSecret::new().migration_period(DAY)).unwrap();
        store.set_fips_mode(true).unwrap();
        let full = Self { store, keys, apps };
        (0..3).for_each(|_| full.guess(1));
        full.delete_last();
        full
    }

    /// Changes rows in every table but `anchor`.
    pub(crate) fn change(&self) {
        let store = &self.store;
        store.rename(self.keys[0], KeyName::new("renamed").unwrap()).unwrap();
        store.delete(self.keys[3]).unwrap();
        store.generate(es256("added")).unwrap();
        self.delete_last();
        store.unmark_in_use(self.keys[1], &user("another user")).unwrap();
        store.mark_in_use(self.keys[0], &user("a third user")).unwrap();
        store.replace_authority(&AuthorityPlan::new()).unwrap();
        store.ring(&RingName::new("tokens").unwrap()).unwrap().rotate().unwrap();
        self.guess(1);
        store.reset_secret(self.apps[0].app().id(), ResetSecret::new().migration_period(DAY)).unwrap();
        store.set_fips_mode(false).unwrap();
    }

    /// A wrong secret, counted.
    pub(crate) fn guess(&self, app: usize) {
        let id = self.apps[app].app().id();
        let header = format!("Basic {}", Base64::encode_string(format!("{id}:this is another secret").as_bytes()));
        let outcome = self.store.authenticate(&Presented::new().authorization(&header)).unwrap();
        assert!(!matches!(outcome, keystead::authn::Outcome::Authenticated(_)));
    }

    /// What leaves a trace in the table `store` alone.
    fn delete_last(&self) {
        let last = self.store.generate(request("short-lived", Algorithm::Hs256)).unwrap();
        self.store.delete(last.id()).unwrap();
    }
}

fn user(label: &str) -> UserLabel {
    UserLabel::new(label).unwrap()
}
