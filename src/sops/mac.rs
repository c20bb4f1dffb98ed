//! The MAC: one hash over all values in file order, without anything between them.

use sha2::{Digest as _, Sha512};

/// What a MAC over sealed values alone starts with, so that it is never one over all: the SHA-256 of `sops`.
const ONLY_ENCRYPTED: [u8; 32] = [
    0x8a, 0x3f, 0xd2, 0xad, 0x54, 0xce, 0x66, 0x52, 0x7b, 0x10, 0x34, 0xf3, 0xd1, 0x47, 0xbe, 0x0b, 0x0b, 0x97, 0x5b,
    0x3b, 0xf4, 0x4f, 0x72, 0xc6, 0xfd, 0xad, 0xec, 0x81, 0x76, 0xf2, 0x7d, 0x69,
];

/// A MAC in the making.
pub(super) struct Mac {
    hash: Sha512,
    only_encrypted: bool,
}

impl Mac {
    pub(super) fn new(only_encrypted: bool) -> Mac {
        let mut hash = Sha512::new();
        if only_encrypted {
            hash.update(ONLY_ENCRYPTED);
        }
        Mac { hash, only_encrypted }
    }

    /// Adds the plaintext of a leaf that the selector covers or does not.
    pub(super) fn add(&mut self, plaintext: &[u8], is_covered: bool) {
        if is_covered || !self.only_encrypted {
            self.hash.update(plaintext);
        }
    }

    /// The MAC in capital hexadecimal digits.
    pub(super) fn finish(self) -> String {
        self.hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
    }
}
