//! A sealed file, and one that was opened.

use std::{sync::Arc, time::SystemTime};

use super::cipher::{Cipher, DataKey, random};
use super::envelope::{Block, Envelope};
use super::open::{Contents, OpenError, contents, data_key};
use super::stash::Stash;
use super::{Identity, Selector, close, mask};
use crate::{
    diagnostic::{Finding, Location},
    plain::Plain,
    yaml::{
        FileId, Source,
        typed::{self, Entry, Item, Stream, Tree},
    },
};

/// A sealed file, read without any key.
#[derive(Clone)]
pub struct Sealed(Arc<File>);

struct File {
    text: String,
    stream: Stream,
    block: Block,
    envelope: Envelope,
}

impl Sealed {
    /// Reads a file.
    ///
    /// # Errors
    /// What keeps it from being a sealed file, with places: YAML errors, merge conflicts, no `sops` block (`not-sealed`), a
    /// block that is broken (`broken-envelope`, `no-recipients`), a selector that does not compile, several selectors, recipients
    /// of a kind that is not supported where there is no other (`unsupported-recipient`, by name), a file of a newer format
    /// (`newer-format`).
    pub fn parse(source: Source<'_>) -> Result<Sealed, Vec<Finding>> {
        let mut stream = typed::read(source)?;
        let block = Block::take(&mut stream, source.name)?;
        let envelope = block.envelope(source.name)?;
        if envelope.selector.is_too_costly(stream.documents.iter().map(matched_bytes).sum()) {
            let message = "the selector is too large for a file with so many or so long keys";
            let finding = Finding::error("broken-envelope", Location::file(source.name), message);
            return Err(vec![
                finding.help("check that the file is what it should be: this takes minutes in sops, too"),
            ]);
        }
        let text = String::from_utf8_lossy(source.bytes).into_owned();
        Ok(Sealed(Arc::new(File { text, stream, block, envelope })))
    }

    /// What the `sops` block says.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0.envelope
    }

    /// The documents without their `sops` blocks, sealed values as `ENC[...]`.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.0.stream
    }

    /// The whole file as `sops -d` would print it, with every sealed value replaced by `mask`, and every value that should be
    /// sealed but is not. Needs no key.
    #[must_use]
    pub fn masked(&self, mask: &str) -> String {
        let mut stream = self.0.stream.clone();
        mask::mask(&mut stream, &self.0.envelope.selector, mask);
        String::from_utf8_lossy(typed::write(&stream).expose()).into_owned()
    }

    /// Opens the file and checks its MAC.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, identities: &[Identity]) -> Result<Opened, OpenError> {
        self.open_with(&data_key(&self.0.block, &self.0.envelope, identities)?)
    }

    fn open_with(&self, key: &DataKey) -> Result<Opened, OpenError> {
        let File { stream, block, envelope, .. } = &*self.0;
        let Contents { stream, cipher, stash } = contents(stream, block, envelope, key)?;
        let (block, envelope) = (block.clone(), envelope.clone());
        Ok(Opened { sealed: self.clone(), stream, block, envelope, cipher, stash, wrapped_anew: false })
    }
}

/// A file whose values are readable.
pub struct Opened {
    sealed: Sealed,
    stream: Stream,
    block: Block,
    envelope: Envelope,
    cipher: Cipher,
    stash: Stash,
    wrapped_anew: bool,
}

impl Opened {
    /// The documents, decrypted.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The documents, to be changed.
    pub fn stream_mut(&mut self) -> &mut Stream {
        &mut self.stream
    }

    /// What the `sops` block says.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The whole file as `sops -d` prints it; a sealed comment behind a value stays there, which sops puts above it.
    #[must_use]
    pub fn plain(&self) -> Plain {
        typed::write(&self.stream)
    }

    /// Wraps the same data key for these recipients instead (as `sops updatekeys`): values, MAC and time stay. Other key services'
    /// entries are kept.
    ///
    /// # Errors
    /// A recipient that is none, or a file with key groups.
    pub fn rewrap(&mut self, recipients: &[&str]) -> Result<(), String> {
        self.wrap(recipients, None)
    }

    /// Takes a new data key, wrapped for these recipients (as `sops rotate`), so that whoever is no recipient any more cannot read
    /// what is sealed from now on.
    ///
    /// # Errors
    /// A recipient that is none, a file with key groups, or other key services: gen cannot wrap a new key for them.
    pub fn renew_key(&mut self, recipients: &[&str]) -> Result<(), String> {
        if !self.envelope.other_services.is_empty() {
            let services = self.envelope.other_services.join("`, `");
            return Err(format!(
                "the data key is held by `{services}` too, for which gen cannot wrap a new one: use `sops rotate`"
            ));
        }
        let mut key = DataKey::default();
        random(key.as_mut_slice())?;
        self.wrap(recipients, Some(key))
    }

    fn wrap(&mut self, recipients: &[&str], new: Option<DataKey>) -> Result<(), String> {
        if self.envelope.is_split() {
            return Err(
                "the data key is split among key groups, which gen opens but does not write: use `sops`".to_owned()
            );
        }
        self.block.rewrap(recipients, new.as_ref().unwrap_or(self.cipher.key()))?;
        self.envelope.groups = self
            .block
            .holders()
            .into_iter()
            .map(|group| group.into_iter().map(|holder| holder.recipient).collect())
            .collect();
        if let Some(key) = new {
            self.cipher = Cipher::new(&key);
            self.stash = Stash::default();
        }
        self.wrapped_anew = true;
        Ok(())
    }

    /// The file's new text. What did not change keeps its ciphertext. Where neither values nor key changed, MAC and time stay too;
    /// where nothing was changed at all, every byte does.
    ///
    /// # Errors
    /// Why the documents cannot be sealed: a sentence.
    pub fn close(self, now: SystemTime) -> Result<String, String> {
        let Opened { sealed, mut stream, mut block, envelope, cipher, stash, wrapped_anew } = self;
        let closed = close::values(&mut stream, &envelope.selector, envelope.mac_only_encrypted, &cipher, stash)?;
        if !close::same(&stream, &sealed.0.stream) {
            close::stamp(&mut block, &cipher, &closed.mac, now)?;
        } else if !wrapped_anew {
            return Ok(sealed.0.text.clone());
        }
        finish(stream, &block, &cipher)
    }
}

/// Seals documents for recipients under a new data key.
///
/// # Errors
/// Why they cannot be sealed, a sentence: no recipient, a recipient that is none, a selector that seals nothing or that reads
/// comments, a top-level key `sops`, a value that sops cannot hold.
pub fn seal(mut stream: Stream, recipients: &[&str], selector: &Selector, now: SystemTime) -> Result<String, String> {
    if selector.reads_comments() {
        return Err(format!(
            "gen does not seal with `{}`: a comment that moves would unseal values",
            selector.kind().key()
        ));
    }
    let mut key = DataKey::default();
    random(key.as_mut_slice())?;
    let cipher = Cipher::new(&key);
    let closed = close::values(&mut stream, selector, false, &cipher, Stash::default())?;
    if closed.values == 0 {
        return Err(format!(
            "`{}: {}` covers no value: nothing would be sealed",
            selector.kind().key(),
            selector.pattern()
        ));
    }
    let mut block = Block::new(recipients, &key, selector)?;
    close::stamp(&mut block, &cipher, &closed.mac, now)?;
    finish(stream, &block, &cipher)
}

/// How many bytes a selector is matched with: all keys and comments.
fn matched_bytes(tree: &Tree) -> usize {
    match tree {
        Tree::Leaf(_) => 0,
        Tree::Map(entries) => entries.iter().fold(0, |sum, entry| match entry {
            Entry::Pair { key, value, .. } => sum + key.len() + matched_bytes(value),
            Entry::Comment(comment) => sum + comment.text.len(),
        }),
        Tree::List(items) => items.iter().fold(0, |sum, item| match item {
            Item::Value(value, _) => sum + matched_bytes(value),
            Item::Comment(comment) => sum + comment.text.len(),
        }),
    }
}

/// The text of a sealed file, once it was seen to open: whatever cannot be read back is never written.
fn finish(mut stream: Stream, block: &Block, cipher: &Cipher) -> Result<String, String> {
    block.put(&mut stream);
    let text = typed::write(&stream);
    let source = Source { id: FileId(0), name: "", bytes: text.expose() };
    let opens = Sealed::parse(source).is_ok_and(|sealed| sealed.open_with(cipher.key()).is_ok());
    match text.expose_text() {
        Some(text) if opens => Ok(text.to_owned()),
        _ => Err("the documents hold something that cannot be written so that it reads back the same".to_owned()),
    }
}
