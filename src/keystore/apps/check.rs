//! Checking the apps of a store.

use super::super::Keystore;
use super::quoted;
use crate::model::{AppRow, FailureRecord};
use crate::storage::Moment;

impl Keystore {
    /// Every problem with the apps, in words.
    pub(in crate::keystore) fn problems_of_apps(&self, moment: &Moment<'_>) -> Vec<String> {
        let mut problems = match moment.apps() {
            Ok(apps) => apps.iter().filter_map(|(row, failures)| self.problem_of_app(row, failures.as_ref())).collect(),
            Err(error) => vec![format!("the apps cannot be read: {error}")],
        };
        let setting = moment.app_setting().map_err(crate::Error::from);
        if let Err(error) = setting.and_then(|setting| self.checked_setting(setting)) {
            problems.push(format!("what holds for every app: {error}"));
        }
        problems
    }

    fn problem_of_app(&self, row: &AppRow, failures: Option<&FailureRecord>) -> Option<String> {
        let check = || {
            self.0.vault.check(&row.record)?;
            if let Some(failures) = failures {
                self.0.vault.check(failures)?;
            }
            self.unseal_credential(&row.record.current, &row.sealed)?;
            if let (Some((previous, _)), Some(sealed)) = (&row.record.previous, &row.sealed_previous) {
                self.unseal_credential(previous, sealed)?;
            }
            Ok::<_, crate::Error>(())
        };
        let problem = check().err()?;
        Some(format!("app {} ({}): {problem}", row.record.id, quoted(&row.record.name)))
    }
}
