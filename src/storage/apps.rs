//! Applications, their credentials under seal, and when their secrets were wrong.

mod app_rows;

use rusqlite::Connection;

use super::database::Database;
use super::error::Result;
use super::refused::Refused;
use crate::model::{AppId, AppRecord, AppRow, FailureRecord, LockoutSetting};

pub(super) use app_rows::{select_all, select_failures, select_setting, with_seals};

/// What there is to know of an app at one moment, apart from its seals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AppState {
    pub(crate) record: AppRecord,
    pub(crate) failures: Option<FailureRecord>,
    pub(crate) setting: Option<LockoutSetting>,
}

impl Database {
    /// Writes a new app.
    pub(crate) fn create_app(&self, row: &AppRow) -> Result<()> {
        self.write(|transaction| app_rows::insert(transaction, row))
    }

    /// One app at one moment.
    pub(crate) fn app(&self, id: AppId) -> Result<Option<AppState>> {
        self.read_at_one_moment(|connection| state(connection, id))
    }

    /// One app with its seals.
    pub(crate) fn sealed_app(&self, id: AppId) -> Result<Option<(AppState, AppRow)>> {
        self.read_at_one_moment(|connection| {
            let Some(state) = state(connection, id)? else { return Ok(None) };
            Ok(Some((state.clone(), app_rows::with_seals(connection, state.record)?)))
        })
    }

    /// Every app, in the order in which they were made.
    pub(crate) fn apps(&self) -> Result<Vec<AppRecord>> {
        self.read_at_one_moment(select_all)
    }

    /// What holds for every app.
    pub(crate) fn app_setting(&self) -> Result<Option<LockoutSetting>> {
        self.read(select_setting)
    }

    /// Writes what holds for every app.
    pub(crate) fn put_app_setting(&self, setting: &LockoutSetting) -> Result<()> {
        self.write(|transaction| app_rows::put_setting(transaction, setting))
    }

    /// Changes an app in one transaction. When `change` refuses, or anything fails, nothing was changed. `None` when there is no
    /// such app.
    pub(crate) fn change_app<T, E>(
        &self,
        id: AppId,
        change: impl FnOnce(&AppChange<'_>, AppState) -> std::result::Result<T, Refused<E>>,
    ) -> Result<std::result::Result<Option<T>, E>> {
        self.write_unless(|transaction| {
            let Some(state) = state(transaction, id)? else { return Ok(Ok(None)) };
            Refused::settle(change(&AppChange { transaction }, state))
        })
    }
}

fn state(connection: &Connection, id: AppId) -> Result<Option<AppState>> {
    let Some(record) = app_rows::select_one(connection, id)? else { return Ok(None) };
    let failures = select_failures(connection, id)?;
    let setting = select_setting(connection)?;
    Ok(Some(AppState { record, failures, setting }))
}

/// A transaction that changes an app.
pub(crate) struct AppChange<'a> {
    transaction: &'a Connection,
}

impl AppChange<'_> {
    /// The app with its seals.
    pub(crate) fn sealed(&self, record: AppRecord) -> Result<AppRow> {
        app_rows::with_seals(self.transaction, record)
    }

    /// Writes the app's name and its credentials; one that is no more there is deleted.
    pub(crate) fn put(&self, row: &AppRow) -> Result<()> {
        app_rows::update(self.transaction, row)
    }

    /// Writes when its secrets were wrong; nothing when there is no such moment.
    pub(crate) fn put_failures(&self, failures: &FailureRecord) -> Result<()> {
        app_rows::put_failures(self.transaction, failures)
    }

    /// Deletes the app with all that belongs to it.
    pub(crate) fn delete(&self, id: AppId) -> Result<()> {
        app_rows::delete(self.transaction, id)
    }
}
