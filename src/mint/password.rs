//! Passwords.

use zeroize::Zeroizing;

use super::{MintError, random};
use crate::plain::Plain;

/// How many characters a new password has: 190 bits. PostgreSQL's image takes 100 at most.
pub const PASSWORD_LENGTH: usize = 32;

/// The letters first, so that a prefix of this is what a password may begin with: no reader of YAML takes such a text for a number.
const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LETTERS: usize = 52;

/// A new password of letters and digits, the first a letter: the same text in a URL, a shell, a connection string and a file.
///
/// # Errors
/// When the system gives no random numbers.
pub fn password() -> Result<Plain, MintError> {
    let mut text = Vec::with_capacity(PASSWORD_LENGTH);
    let mut bytes = Zeroizing::new([0; 2 * PASSWORD_LENGTH]);
    while text.len() < PASSWORD_LENGTH {
        random(bytes.as_mut())?;
        for byte in bytes.iter() {
            let choices = if text.is_empty() { LETTERS } else { ALPHABET.len() };
            match fair(*byte, choices) {
                Some(index) if text.len() < PASSWORD_LENGTH => text.push(ALPHABET[index]),
                _ => {}
            }
        }
    }
    Ok(Plain::new(text))
}

/// One of `choices` numbers, each as likely as the others; `None` for the bytes that would favour the first ones.
fn fair(byte: u8, choices: usize) -> Option<usize> {
    let byte = usize::from(byte);
    (byte < 256 - 256 % choices).then_some(byte % choices)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ALPHABET, LETTERS, PASSWORD_LENGTH, fair, password};

    #[test]
    fn a_password_is_the_same_text_everywhere() {
        let mut seen = std::collections::BTreeSet::new();
        let mut characters = std::collections::BTreeSet::new();
        for _ in 0..200 {
            let made = password().unwrap();
            let text = made.expose_text().unwrap().to_owned();
            assert_eq!(text.len(), PASSWORD_LENGTH);
            assert!(text.starts_with(|c: char| c.is_ascii_alphabetic()));
            assert!(text.chars().all(|c| c.is_ascii_alphanumeric()));
            characters.extend(text.bytes());
            assert!(seen.insert(text));
        }
        // 6,400 characters: that one of 62 never comes happens once in 10^43 runs.
        assert_eq!(characters.len(), ALPHABET.len());
    }

    #[test]
    fn every_character_is_as_likely_as_the_others() {
        for choices in [LETTERS, ALPHABET.len()] {
            let mut counts = vec![0; choices];
            (0..=u8::MAX).filter_map(|byte| fair(byte, choices)).for_each(|index| counts[index] += 1);
            assert!(counts.iter().all(|count| *count == counts[0] && *count > 0), "{counts:?}");
        }
    }
}
