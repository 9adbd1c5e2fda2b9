//! PEM as RFC 7468 writes it strictly: 64 columns, no headers.

use der::pem::encode;
use zeroize::Zeroizing;

use super::CodecError;
use crate::secret::SecretBytes;

/// What lines end in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LineEnding {
    Lf,
    Crlf,
}

/// Writes `der` between the boundaries of `label`. Lines end in LF, the last one too. Not for secrets: the text is not
/// wiped.
pub(crate) fn pem(label: &str, der: &[u8]) -> Result<String, CodecError> {
    pem_with(label, der, LineEnding::Lf)
}

/// The same with a choice of line ends.
pub(crate) fn pem_with(label: &str, der: &[u8], ending: LineEnding) -> Result<String, CodecError> {
    let ending = match ending {
        LineEnding::Lf => der::pem::LineEnding::LF,
        LineEnding::Crlf => der::pem::LineEnding::CRLF,
    };
    der::pem::encode_string(label, ending, der).map_err(CodecError::Pem)
}

/// Writes a secret `der` between the boundaries of `label`, in memory that is wiped. Lines end in LF.
pub(crate) fn secret_pem(label: &str, der: &[u8]) -> Result<SecretBytes, CodecError> {
    let ending = der::pem::LineEnding::LF;
    let len = der::pem::encapsulated_len(label, ending, der.len()).map_err(CodecError::Pem)?;
    let mut text = Zeroizing::new(vec![0; len]);
    let text = encode(label, ending, der, &mut text).map_err(CodecError::Pem)?;
    Ok(SecretBytes::copy_from(text.as_bytes()))
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
    fn secrets_and_line_ends_change_nothing_else() {
        for len in [0, 1, 2, 3, 47, 48, 49, 1000] {
            let der: Vec<u8> = (0..len).map(|at| at as u8).collect();
            let text = pem("PRIVATE KEY", &der).unwrap();
            assert_eq!(secret_pem("PRIVATE KEY", &der).unwrap().expose_secret(), text.as_bytes());
            assert_eq!(pem_with("PRIVATE KEY", &der, LineEnding::Crlf).unwrap(), text.replace('\n', "\r\n"));
        }
    }

    #[test]
    fn labels_are_checked() {
        insta::assert_snapshot!(
            pem("CERT\nIFICATE", &[]).unwrap_err().to_string(),
            @"PEM could not be written: PEM type label invalid"
        );
    }
}
