//! Compiles SQLCipher's own amalgamation, with its crypto provider left to `src/storage/sqlcipher/provider.rs`, without its
//! shutdown at exit, and with an error when the commit of a change of key fails.

// A build script that cannot go on has no better way to say so.
#![allow(clippy::panic)]

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The struct that our provider fills, as `sqlcipher.c` must declare it. A change there must not pass unseen.
const PROVIDER_STRUCT: &str = "struct sqlcipher_provider {
  int (*init)(void);
  void (*shutdown)(void);
  const char* (*get_provider_name)(void *ctx);
  int (*add_random)(void *ctx, const void *buffer, int length);
  int (*random)(void *ctx, void *buffer, int length);
  int (*hmac)(void *ctx, int algorithm,
              const unsigned char *hmac_key, int key_sz,
              const unsigned char *in, int in_sz,
              const unsigned char *in2, int in2_sz,
              unsigned char *out);
  int (*kdf)(void *ctx, int algorithm,
              const unsigned char *pass, int pass_sz,
              const unsigned char* salt, int salt_sz,
              int workfactor,
              int key_sz, unsigned char *key);
  int (*cipher)(void *ctx, int mode,
              const unsigned char *key, int key_sz,
              const unsigned char *iv,
              const unsigned char *in, int in_sz,
              unsigned char *out);
  const char* (*get_cipher)(void *ctx);
  int (*get_key_sz)(void *ctx);
  int (*get_iv_sz)(void *ctx);
  int (*get_block_sz)(void *ctx);
  int (*get_hmac_sz)(void *ctx, int algorithm);
  int (*ctx_init)(void **ctx);
  int (*ctx_free)(void **ctx);
  int (*fips_status)(void *ctx);
  const char* (*get_provider_version)(void *ctx);
  sqlcipher_provider *next;
};";

/// What SQLCipher does when the process ends, in two places: it frees the heap with its keys under threads that still write,
/// which then commit pages that do not authenticate. It must happen in neither; the memory goes with the process.
const AT_EXIT: &str = "\", __func__);
  sqlcipher_extra_shutdown();
}";

/// How a change of the page key ends: with success, also when its commit failed.
const REKEY_END: &str = "        sqlite3BtreeCommit(pDb->pBt);
        sqlcipher_codec_key_copy(ctx, CIPHER_WRITE_CTX);";
const REKEY_END_TOLD: &str = "        rc = sqlite3BtreeCommit(pDb->pBt);
        if(rc == SQLITE_OK) sqlcipher_codec_key_copy(ctx, CIPHER_WRITE_CTX);";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let source = patched_source();
    let mut build = cc::Build::new();
    build.file(&source).include(sqlcipher_src::source_dir()).warnings(false);
    for (name, value) in [
        // The codec, with our provider and without a log of its own: a library prints nothing.
        ("SQLITE_HAS_CODEC", None),
        ("SQLCIPHER_CRYPTO_CUSTOM", Some("keystead_sqlcipher_setup")),
        ("SQLCIPHER_OMIT_DEFAULT_LOGGING", None),
        // The third place where it would do what `AT_EXIT` does, on Windows.
        ("SQLCIPHER_OMIT_DLLMAIN", None),
        ("SQLITE_EXTRA_INIT", Some("sqlcipher_extra_init")),
        ("SQLITE_EXTRA_SHUTDOWN", Some("sqlcipher_extra_shutdown")),
        ("SQLITE_TEMP_STORE", Some("2")),
        ("HAVE_STDINT_H", Some("1")),
        // What libsqlite3-sys sets for its bundled build, since an application may share this SQLite with us.
        ("SQLITE_CORE", None),
        ("SQLITE_DEFAULT_FOREIGN_KEYS", Some("1")),
        ("SQLITE_ENABLE_API_ARMOR", None),
        ("SQLITE_ENABLE_COLUMN_METADATA", None),
        ("SQLITE_ENABLE_DBSTAT_VTAB", None),
        ("SQLITE_ENABLE_FTS3", None),
        ("SQLITE_ENABLE_FTS3_PARENTHESIS", None),
        ("SQLITE_ENABLE_FTS5", None),
        ("SQLITE_ENABLE_LOAD_EXTENSION", Some("1")),
        ("SQLITE_ENABLE_PREUPDATE_HOOK", None),
        ("SQLITE_ENABLE_RTREE", None),
        ("SQLITE_ENABLE_SESSION", None),
        ("SQLITE_ENABLE_STAT4", None),
        ("SQLITE_ENABLE_UNLOCK_NOTIFY", None),
        ("SQLITE_SOUNDEX", None),
        ("SQLITE_THREADSAFE", Some("1")),
        ("SQLITE_USE_URI", None),
        ("HAVE_USLEEP", Some("1")),
        ("HAVE_ISNAN", None),
        // Else SQLite calls fsync, which also writes the time of the last change.
        ("HAVE_FDATASYNC", Some("1")),
        ("_POSIX_THREAD_SAFE_FUNCTIONS", None),
    ] {
        build.define(name, value);
    }
    if env::var_os("CARGO_CFG_WINDOWS").is_none() {
        build.define("HAVE_LOCALTIME_R", None);
    }
    // SQLite is compiled for speed in every profile: the tests spend their time in it.
    build.opt_level(3);
    // Names and lines are enough for a backtrace; all there is to say would take 9 MB in each executable.
    if env::var("DEBUG").is_ok_and(|debug| debug != "false") {
        build.flag_if_supported("-g1");
    }
    build.compile("keystead_sqlcipher");
}

/// Checks the source and writes it to the build's folder, without what happens at exit, and with what a change of key came to.
fn patched_source() -> PathBuf {
    let source = sqlcipher_src::source_dir().join(sqlcipher_src::SOURCE_FILE);
    let text = fs::read(&source).unwrap_or_else(|error| panic!("cannot read {}: {error}", source.display()));
    let text = String::from_utf8_lossy(&text).replace("\r\n", "\n");
    let version = sqlcipher_src::SQLCIPHER_VERSION;
    assert!(
        text.contains(PROVIDER_STRUCT),
        "sqlcipher.c {version} declares struct sqlcipher_provider otherwise than src/storage/sqlcipher/provider.rs does: mend both"
    );
    let places = text.matches(AT_EXIT).count();
    assert_eq!(
        places, 2,
        "sqlcipher.c {version} shuts itself down at exit in other places than was known: mend build.rs"
    );
    let folder = env::var_os("OUT_DIR").unwrap_or_else(|| panic!("cargo gives no folder to build in"));
    let patched = Path::new(&folder).join("sqlcipher.c");
    let ends = text.matches(REKEY_END).count();
    assert_eq!(ends, 1, "sqlcipher.c {version} ends a change of key otherwise than was known: mend build.rs");
    let text = text.replace(AT_EXIT, "\", __func__);\n}").replace(REKEY_END, REKEY_END_TOLD);
    fs::write(&patched, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", patched.display()));
    patched
}
