//! The operators, by what they are about.

mod edge;
mod form;
mod input;
mod pod;
mod secret;
mod transition;
mod wiring;

use super::Operator;

/// Every operator.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    let lists = [
        edge::OPERATORS,
        secret::OPERATORS,
        pod::OPERATORS,
        wiring::OPERATORS,
        form::OPERATORS,
        input::OPERATORS,
        transition::OPERATORS,
    ];
    lists.into_iter().flatten()
}
