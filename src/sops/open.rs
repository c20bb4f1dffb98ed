//! Opening: the data key, the values, the MAC.

use zeroize::Zeroizing;

use super::cipher::{Broken, Cipher, DataKey};
use super::envelope::{Block, Envelope, Holder};
use super::mac::Mac;
use super::recipient::{Unwrapped, unwrap};
use super::stash::Stash;
use super::walk::{Place, Visitor, walk};
use super::{Identity, cipher, moment, shamir, value};
use crate::yaml::typed::{Comment, Item, Leaf, Stream};

/// Why a file cannot be opened. No variant holds a value.
#[derive(Debug)]
pub enum OpenError {
    /// No identity fits any recipient (or too few groups can be opened).
    NoIdentity,
    /// A recipient's `enc` block is damaged: the recipient, and what is wrong.
    DamagedKey(String, String),
    /// A sealed value was changed, moved to another path or cut: its path, dotted.
    DamagedValue(String),
    /// A value that the selector covers is not sealed: its path, dotted.
    PlainValue(String),
    /// The MAC is missing or does not fit.
    MacMismatch,
    /// A value or the file is of a kind that is not supported: a sentence.
    Unsupported(String),
}

/// What came out of a file.
pub(super) struct Contents {
    pub(super) stream: Stream,
    pub(super) cipher: Cipher,
    pub(super) stash: Stash,
}

/// Finds the data key with identities.
pub(super) fn data_key(block: &Block, envelope: &Envelope, identities: &[Identity]) -> Result<DataKey, OpenError> {
    let mut shares = Vec::new();
    let mut damaged = None;
    for group in block.holders() {
        match share(&group, identities) {
            Ok(share) => shares.extend(share),
            Err(damage) => damaged = damaged.or(Some(damage)),
        }
        if shares.len() == envelope.threshold {
            break;
        }
    }
    if shares.len() < envelope.threshold {
        return Err(damaged.unwrap_or(OpenError::NoIdentity));
    }
    let whole = if envelope.is_split() { shamir::combine(&shares) } else { shares.pop() };
    let mut key = DataKey::default();
    match whole {
        Some(whole) if whole.len() == key.len() => key.copy_from_slice(&whole),
        _ => {
            let recipient = envelope.recipients().first().copied().unwrap_or_default().to_owned();
            return Err(OpenError::DamagedKey(recipient, "what its `enc` block holds is no data key".to_owned()));
        }
    }
    Ok(key)
}

/// What one group holds, where an identity fits one of its recipients: damage of another recipient's block does not matter then.
fn share(group: &[Holder], identities: &[Identity]) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    let is_ours = |holder: &Holder| identities.iter().any(|identity| identity.is_called(&holder.recipient));
    let (ours, others): (Vec<&Holder>, Vec<&Holder>) = group.iter().partition(|holder| is_ours(holder));
    let mut damaged = None;
    // The names are not authenticated: if those with ours do not open, another may.
    for (is_ours, holder) in
        ours.into_iter().map(|holder| (true, holder)).chain(others.into_iter().map(|holder| (false, holder)))
    {
        let why = match unwrap(&holder.enc, identities) {
            Unwrapped::Key(key) => return Ok(Some(key)),
            Unwrapped::NotForUs if is_ours => "its `enc` block was made for somebody else",
            Unwrapped::Damaged(why) if is_ours => why,
            Unwrapped::NotForUs | Unwrapped::Damaged(_) => continue,
        };
        damaged = damaged.or(Some(OpenError::DamagedKey(holder.recipient.clone(), why.to_owned())));
    }
    damaged.map_or(Ok(None), Err)
}

/// Opens the values and checks the MAC.
pub(super) fn contents(
    sealed: &Stream,
    block: &Block,
    envelope: &Envelope,
    key: &DataKey,
) -> Result<Contents, OpenError> {
    let mut stream = sealed.clone();
    let cipher = Cipher::new(key);
    let mut opener = Opener { cipher: &cipher, mac: Mac::new(envelope.mac_only_encrypted), stash: Stash::default() };
    walk(&mut stream, &envelope.selector, &mut opener)?;
    let Opener { mac, stash, .. } = opener;
    check(block, envelope, &cipher, &mac.finish())?;
    Ok(Contents { stream, cipher, stash })
}

fn check(block: &Block, envelope: &Envelope, cipher: &Cipher, mac: &str) -> Result<(), OpenError> {
    let sealed = block.mac().ok_or(OpenError::MacMismatch)?;
    let bound_to = moment::to_seconds(&envelope.last_modified).ok_or(OpenError::MacMismatch)?;
    match cipher.open(sealed, bound_to.as_bytes()) {
        Ok((cipher::Kind::Str, written)) if written.expose() == mac.as_bytes() => Ok(()),
        _ => Err(OpenError::MacMismatch),
    }
}

struct Opener<'c> {
    cipher: &'c Cipher,
    mac: Mac,
    stash: Stash,
}

impl Visitor for Opener<'_> {
    type Error = OpenError;

    fn leaf(&mut self, leaf: &mut Leaf, place: &Place<'_>, in_list: bool) -> Result<Option<Comment>, OpenError> {
        if place.is_covered {
            let Leaf::Text(text) = leaf else { return Err(OpenError::PlainValue(place.dotted())) };
            // Nothing is sealed as nothing.
            if text.is_empty() {
                return Ok(None);
            }
            let (kind, plain) =
                self.cipher.open(text.expose(), place.bound_to.as_bytes()).map_err(|why| match why {
                    Broken::Plain => OpenError::PlainValue(place.dotted()),
                    Broken::Damaged => OpenError::DamagedValue(place.dotted()),
                    Broken::Unsupported(what) => OpenError::Unsupported(format!("{}: {what}", place.dotted())),
                })?;
            if kind == cipher::Kind::Comment && in_list {
                self.stash.keep(place.bound_to, kind, plain.expose(), text.expose());
                return Ok(Some(Comment { text: plain, inline: false }));
            }
            let opened = value::leaf(kind, plain).ok_or_else(|| OpenError::DamagedValue(place.dotted()))?;
            if let Some((kind, bytes)) = value::bytes(&opened) {
                self.stash.keep(place.bound_to, kind, &bytes, text.expose());
            }
            *leaf = opened;
        }
        if let Some((_, bytes)) = value::bytes(leaf) {
            self.mac.add(&bytes, place.is_covered);
        }
        Ok(None)
    }

    fn comment(&mut self, comment: &mut Comment, place: &Place<'_>) -> Result<(), OpenError> {
        // A comment that was never sealed, or that is for somebody else, stays as it is, as in sops.
        if place.is_covered
            && let Ok((kind, plain)) = self.cipher.open(comment.text.expose(), place.bound_to.as_bytes())
        {
            self.stash.keep(place.bound_to, kind, plain.expose(), comment.text.expose());
            comment.text = plain;
        }
        Ok(())
    }

    fn listed_comment(&mut self, mut comment: Comment, place: &Place<'_>) -> Result<Option<Item>, OpenError> {
        self.comment(&mut comment, place)?;
        Ok(Some(Item::Comment(comment)))
    }
}
