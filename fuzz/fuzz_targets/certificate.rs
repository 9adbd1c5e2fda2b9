//! Certificates in DER: read with all they say, and handed out byte by byte as they came.
#![no_main]

use keystead::Structure;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|der: &[u8]| {
    for found in keystead_fuzz::read(der, None) {
        let chain: Vec<_> = found.certificate_chain().collect();
        assert_eq!(found.certificate_information().is_some(), !chain.is_empty());
        if let Some(information) = found.certificate_information() {
            assert!(!format!("{information:?}").is_empty());
        }
        if found.form().structure == Structure::Certificate && found.form().to_string() == "certificate-der" {
            assert_eq!(chain, [der]);
        }
    }
});
