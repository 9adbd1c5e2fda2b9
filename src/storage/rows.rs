//! A row of the table `key` and the record it stands for.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, named_params};

use super::error::{Result, StorageError};
use crate::model::{
    Algorithm, Certificates, Issuer, Key, KeyId, KeyName, KeyType, Kid, NewRow, Origin, Record, Stored, Written,
};

/// The columns of a record in the order in which `read` takes them; the seal is not among them.
pub(super) const COLUMNS: &str = "seq, id, name, type, algorithm, bits, kid, issuer, origin, exportable, has_private, \
     inserted_at, updated_at, expires_at, exported_at, revision, nonce, tag, public_key, certificate";

/// Reads a row selected by [`COLUMNS`]. A value that no version of this library writes is damage.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let (revision, revoked, key_use) = Record::read_revision(row.get(15)?);
    let key = Key {
        id: convert(row, 1, |bytes: [u8; 16]| KeyId::from_stored(&bytes))?,
        name: convert(row, 2, |text: String| KeyName::parse(text).ok())?,
        key_type: convert(row, 3, KeyType::from_code)?,
        algorithm: convert(row, 4, |code: Option<u8>| match code {
            None => Some(None),
            Some(code) => Algorithm::from_code(code).map(Some),
        })?,
        bits: row.get(5)?,
        kid: convert(row, 6, |text: String| Kid::parse(text).ok())?,
        issuer: convert(row, 7, |text: Option<String>| match text {
            None => Some(None),
            Some(text) => Issuer::parse(text).ok().map(Some),
        })?,
        origin: convert(row, 8, Origin::from_code)?,
        exportable: row.get(9)?,
        has_private: row.get(10)?,
        inserted_at: convert(row, 11, instant)?,
        updated_at: convert(row, 12, instant)?,
        expires_at: convert(row, 13, optional_instant)?,
        exported_at: convert(row, 14, optional_instant)?,
        revoked,
        key_use,
        public_key: row.get::<_, Option<Vec<u8>>>(18)?.map(Vec::into_boxed_slice),
        certificates: convert(row, 19, |bytes: Option<Vec<u8>>| match bytes {
            None => Some(None),
            Some(bytes) => Certificates::new(bytes).map(Some),
        })?,
    };
    let record = Record { key, revision, nonce: row.get(16)?, tag: row.get(17)? };
    Ok(Stored { seq: row.get(0)?, record })
}

/// Reads a row selected by [`COLUMNS`] and then `sealed`.
pub(super) fn read_sealed(row: &Row<'_>) -> rusqlite::Result<(Stored, Box<[u8]>)> {
    Ok((read(row)?, row.get::<_, Vec<u8>>(20)?.into_boxed_slice()))
}

pub(super) fn convert<S: rusqlite::types::FromSql, T>(
    row: &Row<'_>,
    column: usize,
    read: impl FnOnce(S) -> Option<T>,
) -> rusqlite::Result<T> {
    read(row.get(column)?).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Null, "a value that no version writes".into())
    })
}

pub(super) fn instant(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

pub(super) fn optional_instant(millis: Option<i64>) -> Option<Option<Timestamp>> {
    match millis {
        None => Some(None),
        Some(millis) => instant(millis).map(Some),
    }
}

/// Writes a new row and its digests.
pub(super) fn insert(transaction: &Connection, row: &NewRow) -> Result<Written> {
    let same_as = match row.material {
        Some(prefix) => same_material(transaction, prefix, &row.record.key)?,
        None => Vec::new(),
    };
    let Record { key, nonce, tag, .. } = &row.record;
    transaction
        .prepare_cached(
            "INSERT INTO key (seq, id, name, type, algorithm, bits, kid, issuer, origin, exportable, has_private, inserted_at, \
             updated_at, expires_at, exported_at, revision, nonce, tag, public_key, certificate, sealed) \
             VALUES ((SELECT max(last_seq, coalesce((SELECT max(seq) FROM key), 0)) + 1 FROM store), :id, :name, :type, :algorithm, :bits, :kid, :issuer, :origin, :exportable, :has_private, :inserted_at, \
             :updated_at, :expires_at, :exported_at, :revision, :nonce, :tag, :public_key, :certificate, :sealed)",
        )?
        .execute(named_params! {
            ":id": key.id.as_bytes(),
            ":name": key.name.as_str(),
            ":type": key.key_type.code(),
            ":algorithm": key.algorithm.map(Algorithm::code),
            ":bits": key.bits,
            ":kid": key.kid.as_str(),
            ":issuer": key.issuer.as_ref().map(Issuer::as_str),
            ":origin": key.origin.code(),
            ":exportable": key.exportable,
            ":has_private": key.has_private,
            ":inserted_at": key.inserted_at.as_millisecond(),
            ":updated_at": key.updated_at.as_millisecond(),
            ":expires_at": key.expires_at.map(Timestamp::as_millisecond),
            ":exported_at": key.exported_at.map(Timestamp::as_millisecond),
            ":revision": row.record.revision_code(),
            ":nonce": nonce,
            ":tag": tag,
            ":public_key": key.public_key.as_deref(),
            ":certificate": key.certificates.as_ref().map(Certificates::as_bytes),
            ":sealed": row.sealed.as_ref(),
        })?;
    let seq = transaction.last_insert_rowid();
    add_digests(transaction, seq, &row.digest_prefixes)?;
    Ok(Written { same_as })
}

/// Adds digests that find a row; those that are there stay.
pub(super) fn add_digests(transaction: &Connection, seq: i64, prefixes: &[i64]) -> Result<()> {
    let mut digest = transaction.prepare_cached("INSERT OR IGNORE INTO fingerprint (prefix, seq) VALUES (?1, ?2)")?;
    for prefix in prefixes {
        digest.execute((prefix, seq))?;
    }
    Ok(())
}

/// How many keys of the same material are named.
const MOST_SAME: u32 = 16;

/// The oldest keys that have this digest and the same public key; for secrets, which have none, the digest alone decides.
fn same_material(transaction: &Connection, prefix: i64, key: &Key) -> Result<Vec<KeyId>> {
    let mut statement = transaction.prepare_cached(
        "SELECT id FROM fingerprint CROSS JOIN key USING (seq) WHERE prefix = ?1 AND type = ?2 AND public_key IS ?3 \
         ORDER BY fingerprint.seq LIMIT ?4",
    )?;
    let found = statement
        .query_map((prefix, key.key_type.code(), key.public_key.as_deref(), MOST_SAME), |row| {
            convert(row, 0, |bytes: [u8; 16]| KeyId::from_stored(&bytes))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// Collects the rows of a query, each read or damage.
pub(super) fn collect(rows: impl Iterator<Item = rusqlite::Result<Stored>>) -> Result<Vec<Stored>> {
    rows.map(|row| row.map_err(StorageError::from)).collect()
}
