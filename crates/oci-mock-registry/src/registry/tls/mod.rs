//! Certificates made on the spot, right and wrong, and the TLS configuration to serve them with.

mod authority;
mod config;

pub use authority::{Authority, AuthorityError, Identity};
pub use config::TlsError;
pub(crate) use config::acceptor;
