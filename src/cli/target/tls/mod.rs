//! TLS towards the implementation: what is trusted, and which algorithms are understood.

mod any_certificate;
mod authorities;
mod certificate;
mod fixed_name;
mod p521;
mod pinned;
mod provider;

pub(in crate::cli) use self::authorities::Authorities;
pub(super) use self::{certificate::ClientCertificate, fixed_name::FixedName, provider::provider};
