//! One authority, several users: threads, processes, some of them killed, copies and changed passphrases.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use std::{fs, thread};

use keystead::{AuthorityPlan, BackupOptions, ErrorKind, KeyId, Keystore, Unlock};

use super::statement::{Certificate, judged};
use super::support::{beside, child, finish, options, raw, words_of};
use super::{BEGIN, DAY, Hands, attest, folder, timed, with_key};

/// What a child does, by its role: `attest BEGIN+DAYS ID`, `renew`, `replace until killed`.
pub(crate) fn obey(role: &str, path: &Path) {
    let words: Vec<_> = role.split(' ').collect();
    let hands = Hands::at(BEGIN);
    match words[..] {
        ["attest", days, id] => {
            hands.turn(days.parse::<i64>().unwrap() * DAY);
            let store = Keystore::open(path, &raw(), timed(&hands)).unwrap();
            for _ in 0..5 {
                let attestation = attest(&store, id.parse().unwrap()).unwrap();
                judged(&attestation);
                let serial = Certificate::read(attestation.authority_chain().next().unwrap()).serial;
                println!("SAYS {serial:?}");
            }
        }
        ["without", "room", id] => {
            hands.turn(25 * DAY);
            let store = Keystore::open(path, &raw(), timed(&hands)).unwrap();
            for _ in 0..3 {
                let attestation = attest(&store, id.parse().unwrap()).unwrap();
                judged(&attestation);
                println!("SAYS {}", attestation.renew_authority_before().unwrap());
            }
            println!("SAYS {:?}", store.renew_authority().unwrap_err().kind());
            hands.turn(10 * DAY);
            println!("SAYS {:?}", attest(&store, id.parse().unwrap()).unwrap_err().kind());
        }
        ["renew"] => {
            let store = Keystore::open(path, &raw(), timed(&hands)).unwrap();
            for n in 0..30 {
                let authority =
                    if n % 5 == 4 { store.replace_authority(&AuthorityPlan::new()) } else { store.renew_authority() };
                println!("SAYS {}", authority.unwrap().not_after());
            }
        }
        ["replace", "until", "killed"] => {
            let store = Keystore::open(path, &raw(), timed(&hands)).unwrap();
            for n in 0.. {
                let authority =
                    if n % 3 == 2 { store.renew_authority() } else { store.replace_authority(&AuthorityPlan::new()) };
                println!("SAYS {:?}", Certificate::read(authority.unwrap().chain().next().unwrap()).serial);
            }
        }
        _ => panic!("{role}"),
    }
}

#[test]
fn threads_attest_while_the_authority_changes() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    let other = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
    let (done, issuers) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for n in 0..8 {
            let (store, done, issuers) = (if n % 2 == 0 { &store } else { &other }, &done, &issuers);
            scope.spawn(move || {
                let mut last = Vec::new();
                while !done.load(Ordering::Acquire) {
                    let attestation = attest(store, id).unwrap();
                    let issuer = judged(&attestation).issuer;
                    let chain = attestation.authority_chain().next().unwrap();
                    assert_eq!(issuer, Certificate::read(chain).subject);
                    if last != chain {
                        last = chain.to_vec();
                        issuers.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for n in 0..40 {
            let changer = if n % 3 == 0 { &other } else { &store };
            let changed = match n % 4 {
                0 => changer.replace_authority(&AuthorityPlan::new()),
                _ => changer.renew_authority(),
            };
            changed.unwrap();
        }
        done.store(true, Ordering::Release);
    });
    // It was watched.
    assert!(issuers.into_inner() > 40);
    assert_eq!(store.past_authorities().unwrap().len(), 40);
    assert!(store.verify_integrity().unwrap().is_ok());
}

#[test]
fn another_process_changes_the_authority() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    let mut changing = child("renew", &path).spawn().unwrap();
    let mut issuers = BTreeSet::new();
    loop {
        let over = changing.try_wait().unwrap().is_some();
        let attestation = attest(&store, id).unwrap();
        judged(&attestation);
        issuers.insert(attestation.authority_chain().next().unwrap().to_vec());
        if over {
            break;
        }
    }
    assert_eq!(finish(changing).len(), 30);
    assert!(issuers.len() > 5, "{} were seen", issuers.len());
    assert_eq!(store.past_authorities().unwrap().len(), 30);
    let last = attest(&store, id).unwrap();
    assert!(store.authority().unwrap().unwrap().chain().eq(last.authority_chain()));
    assert!(store.verify_integrity().unwrap().is_ok());
}

/// Four find it at its end, or over it, at once: one makes the next, all sign with it.
#[test]
fn processes_that_renew_at_once_end_with_one() {
    for days in [25, 40] {
        let hands = Hands::at(BEGIN);
        let (_folder, path) = folder();
        let (store, id) = with_key(&path, timed(&hands));
        store.create_authority(&AuthorityPlan::new()).unwrap();
        let role = format!("attest {days} {id}");
        let children: Vec<_> = (0..4).map(|_| child(&role, &path).spawn().unwrap()).collect();
        let told: Vec<Vec<String>> = children.into_iter().map(finish).collect();
        let new: BTreeSet<&String> = told.iter().map(|serials| serials.last().unwrap()).collect();
        assert_eq!(new.len(), 1, "{told:?}");
        assert_eq!(store.past_authorities().unwrap().len(), 1);
    }
}

/// No file may grow: the current authority goes on as long as it lasts.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_nothing_before_its_time() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    let authority = store.create_authority(&AuthorityPlan::new()).unwrap();
    // Open here, the index in shared memory is there, and what is read needs no room.
    let blocks = fs::metadata(beside(&path, "-wal")).unwrap().len() / 512;
    let role = format!("without room {id}");
    let unlimited = child(&role, &path);
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f \"$0\" && exec \"$@\"", &blocks.to_string()]);
    limited.arg(unlimited.get_program()).args(unlimited.get_args());
    limited.envs(unlimited.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdout(Stdio::piped()).stderr(Stdio::piped());
    let told = finish(limited.spawn().unwrap());
    let before = authority.not_after().to_string();
    assert_eq!(told, [&before, &before, &before, "Io", "Io"]);
    assert_eq!(store.past_authorities().unwrap().len(), 0);
    assert!(store.verify_integrity().unwrap().is_ok());
}

#[cfg(unix)]
#[test]
fn a_killed_process_leaves_a_whole_authority() {
    let hands = Hands::at(BEGIN);
    let (_folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    drop(store);
    let mut acknowledged = 0;
    for round in 0..8 {
        let mut changing = child("replace until killed", &path).spawn().unwrap();
        thread::sleep(Duration::from_millis(20 + 17 * round));
        changing.kill().unwrap();
        let told = words_of(&changing.wait_with_output().unwrap().stdout);
        acknowledged += told.len();
        let store = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
        let attestation = attest(&store, id).unwrap();
        judged(&attestation);
        // The last one that was acknowledged is in force, or one that came after it.
        let in_force = format!("{:?}", Certificate::read(attestation.authority_chain().next().unwrap()).serial);
        let past = store.past_authorities().unwrap();
        let serial = |der| format!("{:?}", Certificate::read(der).serial);
        let known: Vec<_> = past.iter().flat_map(|past| past.chain().next().map(serial)).chain([in_force]).collect();
        assert!(told.iter().all(|serial| known.contains(serial)));
        assert!(past.len() >= acknowledged);
        assert_eq!(store.verify_integrity().unwrap().problems(), [""; 0]);
    }
    assert!(acknowledged > 10, "it was killed too early each time: {acknowledged}");
}

#[test]
fn copies_and_changed_passphrases_keep_the_authority() {
    let hands = Hands::at(BEGIN);
    let (folder, path) = folder();
    let (store, id) = with_key(&path, timed(&hands));
    store.create_authority(&AuthorityPlan::new()).unwrap();
    let past = attest(&store, id).unwrap();
    store.renew_authority().unwrap();
    let request = store.authority_request(&AuthorityPlan::new()).unwrap();
    let whole = |store: &Keystore, id: KeyId| {
        assert!(store.verify_integrity().unwrap().is_ok());
        assert!(store.authority_of(past.statement_der()).unwrap().is_some());
        assert_eq!(store.authority_request(&AuthorityPlan::new()).unwrap(), request);
        let attestation = attest(store, id).unwrap();
        judged(&attestation);
        attestation.authority_chain().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let chain = whole(&store, id);

    let copy = folder.path().join("copy");
    store.backup(&copy, &BackupOptions::new(&Unlock::raw_key([3; 32]))).unwrap();
    let opened = Keystore::open(&copy, &Unlock::raw_key([3; 32]), timed(&hands)).unwrap();
    assert_eq!(whole(&opened, id), chain);
    // From here on they part.
    opened.renew_authority().unwrap();
    assert_ne!(whole(&opened, id), chain);
    assert_eq!(whole(&store, id), chain);

    let other = Keystore::open(&path, &raw(), timed(&hands)).unwrap();
    attest(&other, id).unwrap();
    store.rekey(&Unlock::raw_key([4; 32])).unwrap();
    assert_eq!(whole(&store, id), chain);
    assert_eq!(attest(&other, id).unwrap_err().kind(), ErrorKind::Rekeyed);
    drop((store, other));
    let again = Keystore::open(&path, &Unlock::raw_key([4; 32]), timed(&hands)).unwrap();
    assert_eq!(whole(&again, id), chain);
    drop(again);

    // Where nothing can be written, what is there serves.
    let fixed = folder.path().join("fixed");
    fs::create_dir(&fixed).unwrap();
    fs::copy(&path, fixed.join("store")).unwrap();
    let reader = Keystore::open_read_only(fixed.join("store"), &Unlock::raw_key([4; 32]), timed(&hands)).unwrap();
    assert_eq!(whole(&reader, id), chain);
    assert_eq!(reader.create_authority(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(reader.replace_authority(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::ReadOnly);
    let (empty, _) = with_key(&folder.path().join("empty"), options());
    drop(empty);
    let empty = Keystore::open_read_only(folder.path().join("empty"), &raw(), options()).unwrap();
    assert_eq!(empty.ensure_authority(&AuthorityPlan::new()).unwrap_err().kind(), ErrorKind::ReadOnly);
}
