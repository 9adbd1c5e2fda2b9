//! Secrets that are known, in the shapes in which memory may hold them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use keystead::{Entropy, EntropyError, SecretBytes};
use zeroize::Zeroizing;

use super::scan::{MASK, Watch};

/// What one process tells another, everything under the mask.
#[derive(Default)]
pub(crate) struct Letter(String);

impl Letter {
    /// Something that the other process works with.
    pub(crate) fn bring(&mut self, name: &str, bytes: &[u8]) {
        self.line("bring", name, bytes);
    }

    /// Something that the other process looks for, in this shape alone.
    pub(crate) fn seek_as(&mut self, name: &str, bytes: &[u8]) {
        self.line("seek", name, bytes);
    }

    /// Something that the other process looks for: as it is, in the order in which a processor holds numbers, and as text.
    pub(crate) fn seek(&mut self, name: &str, bytes: &[u8]) {
        self.seek_as(&format!("{name}, as it is"), bytes);
        self.seek_as(&format!("{name}, limbs"), &bytes.iter().rev().copied().collect::<Vec<_>>());
        self.seek_as(&format!("{name}, hex"), hex(bytes).as_bytes());
        self.seek_as(&format!("{name}, HEX"), hex(bytes).to_uppercase().as_bytes());
        self.seek_as(&format!("{name}, base64url"), Base64UrlUnpadded::encode_string(bytes).as_bytes());
        self.seek_as(&format!("{name}, base64"), Base64Unpadded::encode_string(bytes).as_bytes());
    }

    /// The part of a key's DER that is secret, and how it reads in the base64 of the whole.
    pub(crate) fn seek_within(&mut self, name: &str, der: &[u8], secret: &[u8]) {
        let at = der.windows(secret.len()).position(|window| window == secret).unwrap();
        let skip = (3 - at % 3) % 3;
        self.seek_as(&format!("{name}, PEM"), Base64Unpadded::encode_string(&secret[skip..]).as_bytes());
    }

    pub(crate) fn send(&self, path: &Path) {
        std::fs::write(path, &self.0).unwrap();
    }

    fn line(&mut self, kind: &str, name: &str, bytes: &[u8]) {
        let masked: Vec<u8> = bytes.iter().map(|byte| byte ^ MASK).collect();
        writeln!(self.0, "{kind}\t{name}\t{}", hex(&masked)).unwrap();
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// A [`Letter`] as it came. Nothing in it is plain.
pub(crate) struct Received(Vec<(String, String, Vec<u8>)>);

impl Received {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().map(|line| {
            let [kind, name, masked] = line.split('\t').collect::<Vec<_>>().try_into().unwrap();
            (kind.to_owned(), name.to_owned(), unhex(masked))
        });
        Self(lines.collect())
    }

    pub(crate) fn watch(&self) -> Watch {
        let sought = self.0.iter().filter(|(kind, ..)| kind == "seek");
        Watch::new(sought.map(|(_, name, masked)| (name.as_str(), masked.as_slice())))
    }

    fn masked(&self, wanted: &str) -> &[u8] {
        let brought = self.0.iter().find(|(kind, name, _)| kind == "bring" && name == wanted);
        &brought.unwrap_or_else(|| panic!("nobody brought {wanted}")).2
    }

    /// A plain copy, on the heap and in one piece.
    pub(crate) fn secret(&self, name: &str) -> SecretBytes {
        let masked = self.masked(name);
        let mut plain = vec![0; masked.len()];
        unmask(masked, &mut plain);
        plain.into()
    }

    /// A plain copy for what takes 32 bytes.
    pub(crate) fn key(&self, name: &str) -> Box<Zeroizing<[u8; 32]>> {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        unmask(self.masked(name), &mut **key);
        key
    }

    /// Random bytes that somebody else knows.
    pub(crate) fn planted(&self, name: &str) -> Planted {
        Planted::new(self.masked(name).to_vec())
    }
}

fn unmask(masked: &[u8], plain: &mut [u8]) {
    plain.iter_mut().zip(masked).for_each(|(plain, masked)| *plain = masked ^ MASK);
}

/// A source of random bytes that are known beforehand, kept under the mask.
#[derive(Clone, Debug)]
pub(crate) struct Planted(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    masked: Vec<u8>,
    used: usize,
    draws: Vec<(usize, usize)>,
}

impl Planted {
    pub(crate) fn new(masked: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { masked, used: 0, draws: Vec::new() })))
    }

    /// The n-th draw of so many bytes, plain.
    pub(crate) fn draw(&self, len: usize, n: usize) -> Vec<u8> {
        let state = self.0.lock().unwrap();
        let (at, _) = state.draws.iter().filter(|(_, drawn)| *drawn == len).nth(n).unwrap();
        state.masked[*at..at + len].iter().map(|byte| byte ^ MASK).collect()
    }
}

impl Entropy for Planted {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        let mut state = self.0.lock().unwrap();
        let at = state.used;
        state.draws.push((at, out.len()));
        state.used += out.len();
        unmask(&state.masked[at..at + out.len()], out);
        Ok(())
    }
}

/// `value * 2^shift mod modulus`, all big-endian: how Montgomery's arithmetic holds a number.
pub(crate) fn montgomery(value: &[u8], modulus: &[u8], shift: usize) -> Vec<u8> {
    let mut number = vec![0; modulus.len() + 1];
    let (from, to) = (number.len() - value.len(), number.len());
    number[from..to].copy_from_slice(value);
    let modulus: Vec<u8> = [&[0], modulus].concat();
    for _ in 0..shift {
        let mut carry = 0;
        for byte in number.iter_mut().rev() {
            let doubled = (u16::from(*byte) << 1) | carry;
            (*byte, carry) = (doubled as u8, doubled >> 8);
        }
        if number >= modulus {
            let mut borrow = 0;
            for (byte, less) in number.iter_mut().zip(&modulus).rev() {
                let difference = i16::from(*byte) - i16::from(*less) - borrow;
                (*byte, borrow) = (difference as u8, i16::from(difference < 0));
            }
        }
    }
    number.split_off(1)
}
