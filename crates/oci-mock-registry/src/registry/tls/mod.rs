//! Certificates made on the spot, right and wrong, and the TLS configuration to serve them with.

mod config;

pub use test_authority::{Authority, AuthorityError, Identity};

#[cfg(feature = "http2")]
pub(crate) use config::HTTP_2;
pub use config::TlsError;
pub(crate) use config::{Offer, acceptor};
