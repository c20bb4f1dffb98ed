//! Why a file cannot be opened, and what to do: one finding, which never holds a value.

use super::{Keyring, State, Tried};
use crate::{
    diagnostic::{Finding, Location},
    sops::{Envelope, OpenError},
};
use std::sync::PoisonError;

pub(super) fn finding(keyring: &Keyring, file: &str, envelope: &Envelope, error: &OpenError) -> Finding {
    let say = |rule, message: String| Finding::error(rule, Location::file(file), message);
    match error {
        OpenError::NoIdentity => no_identity(keyring, file, envelope),
        OpenError::DamagedKey(recipient, what) => {
            say("broken-envelope", format!("the key that is sealed for {recipient} is damaged: {what}"))
                .help(restore(file))
                .at("sops")
        }
        OpenError::DamagedValue(path) => {
            let message = "this sealed value was changed, moved from another place or cut off: its own seal is broken";
            say("tampered-secret", message.to_owned()).help(recover(file)).at(path)
        }
        OpenError::PlainValue(path) => {
            say("partially-encrypted", "this value stands in plain text where the file says that it is sealed".to_owned())
                .help(format!(
                    "change the value itself, whoever has the repository has read it; then take it out here and put the new one in with \
                     `gen secret edit {file}`"
                ))
                .at(path)
        }
        OpenError::MacMismatch => {
            let message = "the seal around all values (the MAC) does not fit: the file was changed by something that is not sops \
                           or gen, usually a merge, a formatter, or a bot such as Renovate";
            say("tampered-secret", message.to_owned()).help(recover(file)).at("sops.mac")
        }
        OpenError::Unsupported(what) => {
            say("unsupported-seal", what.clone()).help("open it with `sops`, or seal it anew for age recipients")
        }
    }
}

/// How to get back from a broken seal. `--ignore-mac` would seal what somebody else wrote.
fn recover(file: &str) -> String {
    format!(
        "see who changed what with `git log -p -- {file}`, bring the last good version back with \
         `git restore --source COMMIT -- {file}`, and do the edit again with `gen secret edit {file}`; never use --ignore-mac, it \
         makes the damage lasting"
    )
}

fn restore(file: &str) -> String {
    format!("bring the last good version back: `git log -- {file}`, then `git restore --source COMMIT -- {file}`")
}

fn no_identity(keyring: &Keyring, file: &str, envelope: &Envelope) -> Finding {
    let later = keyring.later.lock().unwrap_or_else(PoisonError::into_inner);
    let tried: Vec<&Tried> = keyring.tried.iter().chain(later.iter().map(|asked| &asked.tried)).collect();
    let mut held = Vec::new();
    let (mut empty, mut failed) = (Vec::new(), Vec::new());
    for Tried { place, state } in tried {
        match state {
            State::Held(public, others) => {
                let keys = public.iter().map(|key| (key.clone(), place.as_str()));
                held.extend(keys.chain((0..*others).map(|_| ("an SSH key".to_owned(), place.as_str()))));
            }
            State::Empty => empty.push(place.as_str()),
            State::Failed(why) => failed.push(format!("{place}: {why}")),
            State::Unasked => {}
        }
    }
    held.dedup();
    failed.dedup();
    let recipients = envelope.recipients().join(", ");
    let mut message = match held.is_empty() {
        true if !failed.is_empty() => {
            format!("no private key at hand can be read; the file is sealed for {recipients}")
        }
        true => format!("there is no private key at hand; the file is sealed for {recipients}"),
        false => {
            let held: Vec<String> = held.iter().map(|(key, place)| format!("{key} ({place})")).collect();
            format!("no private key at hand fits: they are of {}; the file is sealed for {recipients}", held.join(", "))
        }
    };
    if envelope.threshold > 1 {
        message = format!("{message}, of whose {} groups {} are needed", envelope.groups.len(), envelope.threshold);
    }
    if !failed.is_empty() {
        message = format!("{message}; not usable: {}", failed.join("; "));
    }
    let (rule, help) = match held.is_empty() {
        true => {
            let looked = match empty.is_empty() {
                true => String::new(),
                false => format!(" (nothing is in {})", empty.join(", ")),
            };
            let default = super::default_file();
            let default = default
                .map_or_else(|| "~/.config/sops/age/keys.txt".to_owned(), |file| file.display().to_string());
            let first = match failed.is_empty() {
                true => format!("put your key into {default}"),
                false => "correct what is not usable".to_owned(),
            };
            let help = format!(
                "{first}, or name its file in SOPS_AGE_KEY_FILE{looked}; if you have none, make one with \
                 `gen secret init ENV` and ask a holder for `gen secret rekey`"
            );
            ("no-identity", help)
        }
        false => (
            "wrong-identity",
            "use the key of one of these recipients, or have one of them add yours: its public key into `secrets.recipients` of \
             the environment, then `gen secret rekey`"
                .to_owned(),
        ),
    };
    Finding::error(rule, Location::file(file), message).help(help)
}
