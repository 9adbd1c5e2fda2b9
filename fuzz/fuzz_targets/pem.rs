//! Text with PEM in it: what is read stays the same key when the text is treated as mails and editors do.
#![no_main]

use keystead::{Armour, inspect};
use libfuzzer_sys::fuzz_target;

const MARK: &str = "\u{feff}";

fuzz_target!(|text: &str| {
    let found = keystead_fuzz::read(text.as_bytes(), None);
    let pem = !found.is_empty() && found.iter().all(|found| found.form().armour == Armour::Pem);
    if !pem || text.contains(['\r', '\u{feff}']) {
        return;
    }
    let forms = [
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        text.trim_end_matches('\n').to_owned(),
        format!("{MARK}{text}"),
        format!("Here it is:\n\n{text}"),
        format!("{text}\n-- \nthat was it\n"),
    ];
    for form in forms {
        let again = inspect(form.as_bytes(), None).unwrap_or_else(|error| panic!("{error}: {form:?}"));
        assert_eq!(again, found, "{form:?}");
    }
});
