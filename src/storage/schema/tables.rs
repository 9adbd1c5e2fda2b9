//! The statements that make a store's tables, indexes and triggers, by the version that brought them.

/// What version 1 had.
pub(super) const TABLES: &str = "
CREATE TABLE store (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  id           BLOB NOT NULL CHECK (length(id) = 16),
  created_at   INTEGER NOT NULL,
  last_seq     INTEGER NOT NULL
) STRICT;
CREATE TABLE root_wrap (
  slot         INTEGER PRIMARY KEY,
  wrapped      BLOB NOT NULL CHECK (length(wrapped) = 60)
) STRICT;
CREATE TABLE key (
  seq          INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  type         INTEGER NOT NULL,
  algorithm    INTEGER,
  bits         INTEGER NOT NULL,
  kid          TEXT NOT NULL,
  issuer       TEXT,
  origin       INTEGER NOT NULL,
  exportable   INTEGER NOT NULL,
  has_private  INTEGER NOT NULL,
  inserted_at  INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  exported_at  INTEGER,
  revision     INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  public_key   BLOB,
  certificate  BLOB,
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE fingerprint (
  prefix       INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  PRIMARY KEY (prefix, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_use (
  seq          INTEGER NOT NULL REFERENCES key (seq) ON DELETE RESTRICT,
  user         TEXT NOT NULL,
  PRIMARY KEY (seq, user)
) STRICT, WITHOUT ROWID;
";

/// What keys are searched by, apart from the long rest of their rows, and which keys changed of late: how another process
/// learns of it. What came with version 2.
pub(super) const SEARCH: &str = "
CREATE INDEX key_search ON key (seq, id, name, type, algorithm, has_private, issuer, inserted_at, updated_at, expires_at);
CREATE TABLE key_change (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL CHECK (length(id) = 16)
) STRICT;
CREATE TRIGGER key_changed AFTER UPDATE OF id, name, type, algorithm, has_private, issuer, inserted_at, updated_at, expires_at ON key
BEGIN
  INSERT INTO key_change (id) VALUES (old.id);
  DELETE FROM key_change WHERE n <= (SELECT max(n) FROM key_change) - 4096;
END;
CREATE TRIGGER key_deleted AFTER DELETE ON key
BEGIN
  INSERT INTO key_change (id) VALUES (old.id);
  DELETE FROM key_change WHERE n <= (SELECT max(n) FROM key_change) - 4096;
END;
";

/// The keys of the attestation authority, of which at most one in each role is in force. What came with version 3.
pub(super) const AUTHORITY: &str = "
CREATE TABLE authority (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  role         INTEGER NOT NULL,
  state        INTEGER NOT NULL,
  algorithm    INTEGER NOT NULL,
  origin       INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  public_key   BLOB NOT NULL,
  certificates BLOB,
  sealed       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX authority_in_force ON authority (role) WHERE state = 2;
";

/// Rings of keys, and the keys in them, of which at most one is the current one, one the next, one the previous. A ring
/// without a current or a next key cannot be committed. What came with version 4.
pub(super) const RINGS: &str = "
CREATE TABLE ring (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  common_name  TEXT NOT NULL,
  key_use      INTEGER NOT NULL,
  algorithm    INTEGER NOT NULL,
  bits         INTEGER NOT NULL,
  exportable   INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  every        INTEGER,
  publish      INTEGER,
  grace        INTEGER,
  keep         INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  current      INTEGER NOT NULL,
  next         INTEGER NOT NULL CHECK (next <> current),
  FOREIGN KEY (n, current) REFERENCES ring_key (ring, seq) DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (n, next) REFERENCES ring_key (ring, seq) DEFERRABLE INITIALLY DEFERRED
) STRICT;
CREATE TABLE ring_key (
  ring         INTEGER NOT NULL REFERENCES ring (n) DEFERRABLE INITIALLY DEFERRED,
  seq          INTEGER NOT NULL UNIQUE REFERENCES key (seq) ON DELETE RESTRICT,
  place        INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  current_since INTEGER,
  replaced_at  INTEGER,
  ended_at     INTEGER,
  PRIMARY KEY (ring, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ring_previous ON ring_key (ring) WHERE place = 1;
CREATE UNIQUE INDEX ring_current ON ring_key (ring) WHERE place = 2;
CREATE UNIQUE INDEX ring_next ON ring_key (ring) WHERE place = 3;
";

/// Applications, each with its credential and perhaps the one before it; when their secrets were wrong; and what holds for all of
/// them. What came with version 5.
pub(super) const APPS: &str = "
CREATE TABLE app (
  n            INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  name         TEXT NOT NULL UNIQUE,
  fips         INTEGER NOT NULL,
  hashed       INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  revision     INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32),
  credential   BLOB NOT NULL CHECK (length(credential) = 16),
  kinds        INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE app_previous (
  app          INTEGER PRIMARY KEY REFERENCES app (n) ON DELETE CASCADE,
  valid_until  INTEGER NOT NULL,
  credential   BLOB NOT NULL CHECK (length(credential) = 16),
  kinds        INTEGER NOT NULL,
  made_at      INTEGER NOT NULL,
  nonce        BLOB NOT NULL CHECK (length(nonce) = 12),
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE app_failure (
  app          INTEGER PRIMARY KEY REFERENCES app (n) ON DELETE CASCADE,
  at           BLOB NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32)
) STRICT;
CREATE TABLE app_setting (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  fips         INTEGER NOT NULL,
  tag          BLOB NOT NULL CHECK (length(tag) = 32)
) STRICT;
";

/// What all rows add up to, and the states that somebody holds an anchor of. What came with version 6.
pub(super) const STATE: &str = "
CREATE TABLE state (
  one          INTEGER PRIMARY KEY CHECK (one = 1),
  epoch        INTEGER NOT NULL,
  digest       BLOB NOT NULL CHECK (length(digest) = 32),
  sealed       BLOB NOT NULL
) STRICT;
CREATE TABLE anchor (
  epoch        INTEGER PRIMARY KEY,
  digest       BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
";
