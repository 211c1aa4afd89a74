//! Who may do what: credentials, challenges and tokens.

mod access;
mod challenge;
mod credentials;
mod service;
mod token;

pub(crate) use access::Access;
pub(crate) use token::Tokens;

/// The name by which challenges and tokens call the registry (`service`, and the realm of Basic).
const SERVICE: &str = "fixture";
