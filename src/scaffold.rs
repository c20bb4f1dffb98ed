//! A repository from nothing: the files of `gen init`, and one careful edit of a file that people keep. Everything here is
//! pure: what is given, to text.

mod flux;
mod recipients;
mod repository;
mod sops_config;

pub use flux::{Sync, pointer};
pub use recipients::{ByHand, add_recipient};
pub use repository::{Delivery, NewEnvironment, base, environment, git_attributes, git_ignore, project};
pub use sops_config::{SOPS_CONFIG, is_sops_config, sops_config};

use crate::yaml::emit;

/// A text as a plain or quoted YAML scalar, as any reader understands it: an environment may be called `on`.
#[must_use]
pub fn scalar(text: &str) -> String {
    emit(&text.into()).trim_end().to_owned()
}
