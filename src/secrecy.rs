//! What is a secret: by where it stands, by its name, by what a text says. One side hides what may be one (`likeness`, `place`, `mask`,
//! `redact`) and rather hides too much; the other (`name`, `leak`) says that one stands in plain text, and should be right.

mod leak;
mod likeness;
mod mask;
mod name;
mod place;
mod redact;

pub use leak::{Leak, is_address_with_password, is_own_text, leak};
pub use mask::masked;
pub use name::{names_address, names_password, names_secret, names_token};
pub use place::{Place, embedded};
pub use redact::{MASK, gives_away, redact};
