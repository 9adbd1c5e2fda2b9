//! Keys and sources of randomness for the tests of this layer.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Entropy, EntropyError, SigningKey, SystemEntropy};
use crate::model::{Algorithm, KeySpec, KeyType};

/// Bytes from hexadecimal digits; white space is skipped.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    assert_eq!(digits.len() % 2, 0);
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// One key for each algorithm; all of RSA share [`RSA_2048`], the others are made once.
pub(super) fn every_key() -> &'static [SigningKey] {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let key = |algorithm: Algorithm| match algorithm.key_type() {
            KeyType::Rsa => SigningKey::from_private(algorithm, &hex(RSA_2048)).unwrap(),
            _ => SigningKey::generate(KeySpec::parse(algorithm, None).unwrap(), &SystemEntropy).unwrap(),
        };
        Algorithm::ALL.into_iter().map(key).collect()
    })
}

/// The system's bytes, counted.
#[derive(Debug, Default)]
pub(super) struct Counted(AtomicUsize);

impl Counted {
    pub(super) fn drawn(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Entropy for Counted {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fetch_add(out.len(), Ordering::Relaxed);
        SystemEntropy.fill(out)
    }
}

/// The system's bytes, until so many were drawn.
#[derive(Debug)]
pub(super) struct Broken {
    after: usize,
    counted: Counted,
}

impl Broken {
    pub(super) fn after(after: usize) -> Self {
        Self { after, counted: Counted::default() }
    }
}

impl Entropy for Broken {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.counted.fill(out)?;
        if self.counted.drawn() > self.after { Err(EntropyError::new()) } else { Ok(()) }
    }
}

/// The same byte for ever.
#[derive(Debug)]
pub(super) struct Stuck(pub(super) u8);

impl Entropy for Stuck {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        out.fill(self.0);
        Ok(())
    }
}

/// The key of RFC 7515, appendix A.2, as PKCS#8 written by the Python package `cryptography`.
pub(super) const RSA_2048: &str = "308204bd020100300d06092a864886f70d0101010500048204a7308204a30201000282010100a1f8160ae2e3c9b465ce8d2d\
    656263362b927dbe29e1f02477fc1625cc90a136e38bd93497c5b6ea63dd7711e67c7429f956b0fb8a8f089adc4b69893cc1\
    333f53edd019b87784252fec914fe4857769594bea4280d32c0f55bf62944f130396bc6e9bdf6ebdd2bda3678eeca0c668f7\
    01b38dbffb38c8342ce2fe6d27fade4a5a4874979dd4b9cf9adec4c75b05852c2c0f5ef8a5c1750392f944e8ed64c110c6b6\
    47609aa4783aeb9c6c9ad755313050638b83665c6f6f7a82a396702a1f641b82d3ebf2392219491fb686872c5716f50af835\
    8d9a8b9d17c340728f7f87d89a18d8fcab67ad84590c2ecf759339363c07034d6f606f9e21e05456cae5e9a1020301000102\
    82010012ae71a469cd0a2bc37e526c4500571f1d61751d64e949707b62590f9d0ba57c963c401e3fcf2f2cd3bdec88e503bf\
    c6439b0b28c82f7d3797671f5213eed8c15a25d8d5cea0025ee3ab2e8b7f79216fc63bea562753b40644c6a15127d9b29545\
    40a0bbe1a30556982d4e9fde5f6425f14d4b713441b55dc73b9b4aedcc92ace3927e37f57d0cfd5e7581fa512c8f4961a9eb\
    0b80f8a80746728a55ff46471f3425063b9d53642f5ede1e84d613081afa5c22d051285bd63b943b565d898a05685413e53c\
    3c6c6525ff1fe34e3ddc70f0d56450fda48ba12e104e9deb9fb81881e1c4bdf25d9247f450c865927968e77334f4414f75a7\
    50e139546e3a8a739d02818100e01cc410eb48a6655d54464d0aa4bb6da0b872b774a6a9d11ffe480778f0ddb7311a7e902e\
    f9c4b5f75476262ba8176cb35979f014372a1a2829e4136bd001d07c3f3f2e4f25d4c934f63c7109fba2e67628a0dc9a73c6\
    058e6def22dcd50950e711ddc16d5586f2a7fa75ea8494c18083e0b65742f8a0d5e73fb2d970f0194702818100b903c47e09\
    95b632f4532cb1f3c199145d5f3ae9c7dfeedc7a92a6b47e29c61b42a07aa95a64fc600999c5a7b01e01c08cb62ca756527b\
    bcc56078fb0baba5ed38de2d07990ff6300faeadeb6c039a97bf1e507e4e7040fa78db8257c8b112ed5e59c3cd092fe5d4e5\
    b51275d41281072a5e785ebaf3dae3709203133f5159d702818007029f577024ab9fcc1590c56429d6fb0ce5f820a8f375a8\
    66f9cb430093783bfcbb396e4529e6ef52374022dd86ba84d9ef58931beec5d05fa53fcf23b633f8538a9eed51e87b097830\
    a39f5d92937be6024b55db36f7e0c09dcbb72975387f615afbb6cb36bbabe7793c2b03ceab66dbb931baf50b55ec9af9311d\
    001d628d0281810087ff7afa62b547fee0961b2e9bcd5d6718d39d8ca73db6691f38998de78771762c5da68cc243a5383b16\
    6bb23dc570e84706ca801ef5f6bae6236a0aafa3770e8f54d1a8da1c5f8d2899f082331ddb0f5c8f3dfffa4c8d97102bdafe\
    082a118da6633988880e4b55599ce67af26ebfa5b2c14a9de7b2c4dd96abddd2d2224c7502818021877b0c73a1ad6bf19303\
    d0b11336b4e82b8db72b7efb50262a5df8395cc7256eb8cf6c40b7608d5936a32dba174126a527062ead8ca305fb7e177f40\
    9437c9dcb9718ed82018bcef0f7720a2c475f9db26da0e3cb516d084eb25178e828d5cabd49bb3161ac0181fa7f821e80e7a\
    d37936f9943054ad092921ee2c592e4375";
