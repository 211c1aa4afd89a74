//! Certificates made on the spot, right and wrong, and the TLS configuration to serve them with.

mod config;

pub use test_authority::{Authority, AuthorityError, Identity};

pub use config::TlsError;
pub(crate) use config::acceptor;
