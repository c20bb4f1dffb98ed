//! `gen` compiles `environments/*.yaml` into a `gitops/` tree and checks it. Data flows one way: load, resolve, plan,
//! render, check, sync. The floors that these modules stand on are listed in `tests/floors.rs` and explained in CONTRIBUTING.md.

pub mod chart;
pub mod component;
pub mod diagnostic;
pub mod environment;
pub mod manifest;
pub mod part;
pub mod path;
pub mod plan;
pub mod render;
pub mod scalar;
<<<<<<< HEAD
pub mod schema;
pub mod sops;
pub mod template;
pub mod tree;
=======
pub mod sops;
pub mod template;
>>>>>>> 83da62f537e9f9aa6a4d079d7189e71dd1c68dbb
pub mod yaml;
