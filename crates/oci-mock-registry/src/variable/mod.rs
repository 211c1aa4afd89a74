//! Values that only a run knows, and the names by which suites and goldens speak of them.
//!
//! A suite writes `{{digest s2-basic}}`, a golden `[digest s2-basic]`: both mean the digest that the image fixture
//! `s2-basic` has in this run. [`Variable`] is the name, [`Bindings`] are the values, [`template`] finds names in a text.

mod bindings;
mod loopback;
mod name;
pub mod template;

pub use bindings::{Bindings, ImageValues, Unbound};
pub use loopback::elsewhere;
pub use name::{ParseVariableError, Part, RegistryName, Variable};
