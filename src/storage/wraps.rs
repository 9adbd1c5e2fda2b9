//! The wraps of the root key.

use rusqlite::{Connection, params};

use super::error::Result;

/// Every wrap there is, newest first. Usually one.
pub(super) fn all(connection: &Connection) -> Result<Vec<[u8; 60]>> {
    let mut statement = connection.prepare("SELECT wrapped FROM root_wrap ORDER BY slot DESC")?;
    let wraps = statement.query_map([], |row| row.get(0))?;
    Ok(wraps.collect::<rusqlite::Result<_>>()?)
}

pub(super) fn add(connection: &Connection, wrap: &[u8; 60]) -> Result<()> {
    connection.execute("INSERT INTO root_wrap (wrapped) VALUES (?1)", params![wrap])?;
    Ok(())
}

pub(super) fn remove(connection: &Connection, wrap: &[u8; 60]) -> Result<()> {
    connection.execute("DELETE FROM root_wrap WHERE wrapped = ?1", params![wrap])?;
    Ok(())
}

/// Leaves `wrap` as the only one, adding it where it is missing.
pub(super) fn keep_only(connection: &mut Connection, wrap: &[u8; 60]) -> Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    transaction.execute("DELETE FROM root_wrap", [])?;
    add(&transaction, wrap)?;
    transaction.commit()?;
    Ok(())
}
