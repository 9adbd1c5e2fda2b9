//! The object identifiers of attestation: our own and Fortanix's, as the content of their DER.

/// Our arc: `2.25.167357310102105099079929388927412430796`, the UUID 7de7d872-47ae-4d6b-a4b2-670ae55567cc by X.667.
macro_rules! keystead {
    ($($tail:literal),+) => {
        &[
            0x69, 0x81, 0xFB, 0xE7, 0xEC, 0x9C, 0xC8, 0xFA, 0xF2, 0xB5, 0xD7, 0xA4, 0xD9, 0x99, 0xE1, 0xAE, 0xAA, 0xD5, 0xCF,
            0x4C, $($tail),+
        ]
    };
}

/// Fortanix's arc: `1.3.6.1.4.1.49690`.
macro_rules! fortanix {
    ($($tail:literal),+) => { &[0x2B, 6, 1, 4, 1, 0x83, 0x84, 0x1A, $($tail),+] };
}

/// What each part of a statement and of its chain is called in one arc.
#[derive(Debug)]
pub(crate) struct Oids {
    /// The subject's attribute that holds the key's UUID as text.
    pub(crate) key_id: &'static [u8],
    /// The claim that the key was generated in the store.
    pub(crate) generated: &'static [u8],
    /// The claim that the key never left the store and never can.
    pub(crate) never_exportable: &'static [u8],
    /// The extended key usage of an authority that signs statements.
    pub(crate) authority_usage: &'static [u8],
    /// The policy under which the CA and the authority were issued.
    pub(crate) policy: &'static [u8],
    /// [`KeyFacts`](super::KeyFacts); only ours.
    pub(crate) facts: Option<&'static [u8]>,
    /// The caller's challenge, an OCTET STRING; only ours.
    pub(crate) challenge: Option<&'static [u8]>,
}

impl Oids {
    pub(crate) const KEYSTEAD: Self = Self {
        key_id: keystead!(1, 1),
        generated: keystead!(2, 1),
        never_exportable: keystead!(2, 2),
        authority_usage: keystead!(4, 1),
        policy: keystead!(5, 1),
        facts: Some(keystead!(3, 1)),
        challenge: Some(keystead!(3, 2)),
    };

    pub(crate) const FORTANIX: Self = Self {
        key_id: fortanix!(1, 2, 2),
        generated: fortanix!(2, 4, 1, 1),
        never_exportable: fortanix!(2, 4, 1, 2),
        authority_usage: fortanix!(8, 1),
        policy: fortanix!(6, 1, 2),
        facts: None,
        challenge: None,
    };
}
