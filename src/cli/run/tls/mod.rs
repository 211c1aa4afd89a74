//! TLS towards the implementation: what is trusted, and which algorithms are understood.

mod any_certificate;
mod authorities;
mod certificate;
mod fixed_name;
mod p521;
mod pinned;
mod provider;

pub(super) use self::{
    authorities::Authorities, certificate::ClientCertificate, fixed_name::FixedName, provider::provider,
};
