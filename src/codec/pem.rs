//! PEM as RFC 7468 writes it strictly: 64 columns, no headers.

use super::CodecError;

/// Writes `der` between the boundaries of `label`. Lines end in LF, the last one too. Not for secrets: the text is not
/// wiped.
pub(crate) fn pem(label: &str, der: &[u8]) -> Result<String, CodecError> {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).map_err(CodecError::Pem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_64_columns() {
        insta::assert_snapshot!(pem("PUBLIC KEY", &[0xA5; 49]).unwrap(), @r"
        -----BEGIN PUBLIC KEY-----
        paWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl
        pQ==
        -----END PUBLIC KEY-----
        ");
        assert!(pem("CERTIFICATE", &[7; 100]).unwrap().ends_with("-----END CERTIFICATE-----\n"));
    }

    #[test]
    fn the_seeds_certificate_comes_out_as_it_went_in() {
        let seed = include_str!("../../tests/data/fusionauth-seed.pem");
        let (label, der) = der::pem::decode_vec(seed.as_bytes()).unwrap();
        assert_eq!(pem(label, &der).unwrap(), seed);
    }

    #[test]
    fn labels_are_checked() {
        insta::assert_snapshot!(
            pem("CERT\nIFICATE", &[]).unwrap_err().to_string(),
            @"PEM could not be written: PEM type label invalid"
        );
    }
}
