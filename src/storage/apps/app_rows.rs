//! The rows of the tables `app`, `app_previous`, `app_failure` and `app_setting`.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use crate::model::{
    AppId, AppName, AppRecord, AppRow, CredentialRow, FailureRecord, LockoutSetting, kinds_code, kinds_from_code,
};
use crate::storage::error::{Result, StorageError};
use crate::storage::rows::{convert, instant};
use crate::storage::schema;

const QUERY: &str = "SELECT app.id, name, fips, hashed, created_at, updated_at, revision, tag, \
     app.credential, app.kinds, app.made_at, app.nonce, \
     valid_until, app_previous.credential, app_previous.kinds, app_previous.made_at, app_previous.nonce \
     FROM app LEFT JOIN app_previous ON app_previous.app = app.n";

/// One app, if there is one.
pub(super) fn select_one(connection: &Connection, id: AppId) -> Result<Option<AppRecord>> {
    // An older store that is open for reading alone has no apps.
    if schema::version(connection)? < schema::WITH_APPS {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached(&format!("{QUERY} WHERE app.id = ?1"))?;
    Ok(statement.query_row([id.as_bytes()], read).optional()?)
}

/// Every app, in the order in which they were made.
pub(in crate::storage) fn select_all(connection: &Connection) -> Result<Vec<AppRecord>> {
    if schema::version(connection)? < schema::WITH_APPS {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(&format!("{QUERY} ORDER BY app.n"))?;
    let found = statement.query_map([], read)?;
    found.map(|row| row.map_err(StorageError::from)).collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<AppRecord> {
    let id = convert(row, 0, |bytes: [u8; 16]| AppId::from_stored(&bytes))?;
    let credential = |first: usize| {
        Ok::<_, rusqlite::Error>(CredentialRow {
            id: row.get(first)?,
            app: id,
            kinds: convert(row, first + 1, kinds_from_code)?,
            made_at: convert(row, first + 2, instant)?,
            nonce: row.get(first + 3)?,
        })
    };
    let previous = match row.get::<_, Option<i64>>(12)? {
        None => None,
        Some(_) => Some((credential(13)?, convert(row, 12, instant)?)),
    };
    Ok(AppRecord {
        id,
        name: convert(row, 1, |text: String| AppName::parse(text).ok())?,
        fips: row.get(2)?,
        hashed: row.get(3)?,
        created_at: convert(row, 4, instant)?,
        updated_at: convert(row, 5, instant)?,
        revision: row.get(6)?,
        current: credential(8)?,
        previous,
        tag: row.get(7)?,
    })
}

/// The record with the seals that belong to it.
pub(in crate::storage) fn with_seals(connection: &Connection, record: AppRecord) -> Result<AppRow> {
    let mut statement = connection.prepare_cached(
        "SELECT app.sealed, app_previous.sealed FROM app LEFT JOIN app_previous ON app_previous.app = app.n WHERE app.id = ?1",
    )?;
    let seals = |row: &Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?));
    let (sealed, previous) = statement.query_row([record.id.as_bytes()], seals)?;
    Ok(AppRow { record, sealed: sealed.into(), sealed_previous: previous.map(Vec::into_boxed_slice) })
}

pub(super) fn insert(transaction: &Connection, row: &AppRow) -> Result<()> {
    let AppRow { record, sealed, .. } = row;
    transaction
        .prepare_cached(
            "INSERT INTO app (id, name, fips, hashed, created_at, updated_at, revision, tag, credential, kinds, made_at, nonce, \
             sealed) VALUES (:id, :name, :fips, :hashed, :created_at, :updated_at, :revision, :tag, :credential, :kinds, \
             :made_at, :nonce, :sealed)",
        )?
        .execute(named_params! {
            ":id": record.id.as_bytes(),
            ":name": record.name.as_str(),
            ":fips": record.fips,
            ":hashed": record.hashed,
            ":created_at": record.created_at.as_millisecond(),
            ":updated_at": record.updated_at.as_millisecond(),
            ":revision": record.revision,
            ":tag": record.tag,
            ":credential": record.current.id,
            ":kinds": kinds_code(&record.current.kinds),
            ":made_at": record.current.made_at.as_millisecond(),
            ":nonce": record.current.nonce,
            ":sealed": sealed.as_ref(),
        })?;
    put_previous(transaction, row)
}

pub(super) fn update(transaction: &Connection, row: &AppRow) -> Result<()> {
    let AppRow { record, sealed, .. } = row;
    transaction
        .prepare_cached(
            "UPDATE app SET name = :name, updated_at = :updated_at, revision = :revision, tag = :tag, credential = :credential, \
             kinds = :kinds, made_at = :made_at, nonce = :nonce, sealed = :sealed WHERE id = :id",
        )?
        .execute(named_params! {
            ":id": record.id.as_bytes(),
            ":name": record.name.as_str(),
            ":updated_at": record.updated_at.as_millisecond(),
            ":revision": record.revision,
            ":tag": record.tag,
            ":credential": record.current.id,
            ":kinds": kinds_code(&record.current.kinds),
            ":made_at": record.current.made_at.as_millisecond(),
            ":nonce": record.current.nonce,
            ":sealed": sealed.as_ref(),
        })?;
    put_previous(transaction, row)
}

fn put_previous(transaction: &Connection, row: &AppRow) -> Result<()> {
    let n = number(transaction, row.record.id)?;
    transaction.prepare_cached("DELETE FROM app_previous WHERE app = ?1")?.execute([n])?;
    let (Some((previous, until)), Some(sealed)) = (&row.record.previous, &row.sealed_previous) else { return Ok(()) };
    transaction
        .prepare_cached(
            "INSERT INTO app_previous (app, valid_until, credential, kinds, made_at, nonce, sealed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            n,
            until.as_millisecond(),
            previous.id,
            kinds_code(&previous.kinds),
            previous.made_at.as_millisecond(),
            previous.nonce,
            sealed.as_ref(),
        ])?;
    Ok(())
}

fn number(connection: &Connection, id: AppId) -> Result<i64> {
    Ok(connection.prepare_cached("SELECT n FROM app WHERE id = ?1")?.query_row([id.as_bytes()], |row| row.get(0))?)
}

pub(super) fn delete(transaction: &Connection, id: AppId) -> Result<()> {
    transaction.prepare_cached("DELETE FROM app WHERE id = ?1")?.execute([id.as_bytes()])?;
    Ok(())
}

/// When the secrets of an app were wrong.
pub(in crate::storage) fn select_failures(connection: &Connection, id: AppId) -> Result<Option<FailureRecord>> {
    let mut statement = connection.prepare_cached(
        "SELECT at, app_failure.tag FROM app_failure JOIN app ON app.n = app_failure.app WHERE id = ?1",
    )?;
    let found = statement.query_row([id.as_bytes()], |row| {
        let at = convert(row, 0, |bytes: Vec<u8>| instants(&bytes))?;
        Ok(FailureRecord { app: id, at, tag: row.get(1)? })
    });
    Ok(found.optional()?)
}

/// Milliseconds in 8 bytes each, the most significant first.
fn instants(bytes: &[u8]) -> Option<Vec<Timestamp>> {
    let (each, []) = bytes.as_chunks::<8>() else { return None };
    each.iter().map(|millis| instant(i64::from_be_bytes(*millis))).collect()
}

pub(super) fn put_failures(transaction: &Connection, failures: &FailureRecord) -> Result<()> {
    let n = number(transaction, failures.app)?;
    if failures.at.is_empty() {
        transaction.prepare_cached("DELETE FROM app_failure WHERE app = ?1")?.execute([n])?;
        return Ok(());
    }
    let at: Vec<u8> = failures.at.iter().flat_map(|at| at.as_millisecond().to_be_bytes()).collect();
    transaction
        .prepare_cached(
            "INSERT INTO app_failure (app, at, tag) VALUES (?1, ?2, ?3) \
             ON CONFLICT (app) DO UPDATE SET at = excluded.at, tag = excluded.tag",
        )?
        .execute(params![n, at, failures.tag])?;
    Ok(())
}

/// What holds for every app; nothing when nothing was ever set.
pub(in crate::storage) fn select_setting(connection: &Connection) -> Result<Option<LockoutSetting>> {
    if schema::version(connection)? < schema::WITH_APPS {
        return Ok(None);
    }
    let mut statement = connection.prepare_cached("SELECT fips, tag FROM app_setting")?;
    let read = |row: &Row<'_>| Ok(LockoutSetting { fips: row.get(0)?, tag: row.get(1)? });
    Ok(statement.query_row([], read).optional()?)
}

pub(super) fn put_setting(transaction: &Connection, setting: &LockoutSetting) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO app_setting (one, fips, tag) VALUES (1, ?1, ?2) \
             ON CONFLICT (one) DO UPDATE SET fips = excluded.fips, tag = excluded.tag",
        )?
        .execute(params![setting.fips, setting.tag])?;
    Ok(())
}
