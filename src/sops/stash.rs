//! What was sealed, so that what does not change keeps its ciphertext.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest as _, Sha256};

use super::cipher::Kind;

/// Ciphertexts by what they hold and what they are bound to; equal ones in file order. Holds no plaintext.
#[derive(Default)]
pub(super) struct Stash(HashMap<[u8; 32], VecDeque<String>>);

impl Stash {
    /// Remembers a ciphertext.
    pub(super) fn keep(&mut self, bound_to: &str, kind: Kind, plaintext: &[u8], sealed: &[u8]) {
        let sealed = String::from_utf8_lossy(sealed).into_owned();
        self.0.entry(key(bound_to, kind, plaintext)).or_default().push_back(sealed);
    }

    /// The ciphertext of the same, each once.
    pub(super) fn take(&mut self, bound_to: &str, kind: Kind, plaintext: &[u8]) -> Option<String> {
        self.0.get_mut(&key(bound_to, kind, plaintext))?.pop_front()
    }
}

fn key(bound_to: &str, kind: Kind, plaintext: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([kind as u8]);
    hash.update((bound_to.len() as u64).to_le_bytes());
    hash.update(bound_to);
    hash.update(plaintext);
    hash.finalize().into()
}
