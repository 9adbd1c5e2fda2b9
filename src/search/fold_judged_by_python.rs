//! Folding judged by Python's `unicodedata` and `str.casefold`: every character that it knows, and texts made to be hard.

use std::path::Path;
use std::process::Command;

use super::fold;

fn text(hex: &str) -> String {
    let points = hex.as_bytes().chunks(8).map(|digits| str::from_utf8(digits).unwrap());
    points.map(|digits| char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap()).collect()
}

#[test]
fn python_folds_the_same() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/fold.py");
    let output = Command::new("python3").arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut count = 0;
    for line in str::from_utf8(&output.stdout).unwrap().lines() {
        let (given, folded) = line.split_once(' ').unwrap();
        let (given, folded) = (text(given), text(folded));
        assert_eq!(fold(&given), folded, "{}", given.escape_unicode());
        count += 1;
    }
    assert!(count > 400_000, "{count} texts");
}
