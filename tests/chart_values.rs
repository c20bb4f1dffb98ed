//! A chart's values against its model: what is refused and how it is said, what is taken.
#![allow(clippy::unwrap_used)]

#[path = "chart_values/command.rs"]
mod command;
#[path = "chart_values/public.rs"]
mod public;
#[path = "chart_values/rows.rs"]
mod rows;
#[path = "chart_values/schema.rs"]
mod schema;
#[path = "chart_values/second.rs"]
mod second;
#[path = "chart_values/shapes.rs"]
mod shapes;
