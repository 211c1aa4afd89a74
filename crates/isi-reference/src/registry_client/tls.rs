//! TLS to registries: with the certificates that are trusted, or with any.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, PeerIncompatible, RootCertStore,
    SignatureScheme, WantsVerifier, client::danger, crypto::CryptoProvider,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::transport_error::{CertificateFailure, TlsFailure};
use crate::behaviour::Behaviour;

/// Checks certificates by what the machine trusts, and by `extra_roots`.
pub(super) fn verified(extra_roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    // Certificates of the machine that cannot be read are left out; that is no reason not to start.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for root in extra_roots {
        roots.add(root)?;
    }
    Ok(config(&provider())?.with_root_certificates(roots).with_no_client_auth())
}

/// Accepts every certificate, for registries that were declared insecure.
pub(super) fn unverified() -> Result<ClientConfig, rustls::Error> {
    let provider = provider();
    let any = AnyCertificate(Arc::clone(&provider));
    Ok(config(&provider)?.dangerous().with_custom_certificate_verifier(Arc::new(any)).with_no_client_auth())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn config(provider: &Arc<CryptoProvider>) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::clone(provider)).with_safe_default_protocol_versions()
}

/// What Go calls a failure of the handshake with `host`.
pub(super) fn failure(host: &str, error: &rustls::Error, behaviour: &Behaviour) -> TlsFailure {
    let certificate = match error {
        rustls::Error::InvalidMessage(_) => return TlsFailure::NoHandshake,
        rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13) => {
            return TlsFailure::OldVersion;
        }
        rustls::Error::InvalidCertificate(certificate) => certificate_failure(host, certificate, behaviour),
        other => return TlsFailure::Remote(other.to_string()),
    };
    if behaviour.modern_go {
        TlsFailure::VerifiedCertificate(certificate)
    } else {
        TlsFailure::Certificate(certificate)
    }
}

fn certificate_failure(host: &str, error: &CertificateError, behaviour: &Behaviour) -> CertificateFailure {
    match error {
        CertificateError::ExpiredContext { time, not_after } if behaviour.dates_in_certificate_errors => {
            CertificateFailure::ExpiredSince { now: rfc3339(*time), not_after: rfc3339(*not_after) }
        }
        CertificateError::NotValidYetContext { time, not_before } if behaviour.dates_in_certificate_errors => {
            CertificateFailure::NotYetValid { now: rfc3339(*time), not_before: rfc3339(*not_before) }
        }
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => CertificateFailure::Expired,
        CertificateError::NotValidForNameContext { expected, presented } => other_names(host, expected, presented),
        CertificateError::NotValidForName => CertificateFailure::NoNames(host.to_owned()),
        _ => CertificateFailure::UnknownAuthority,
    }
}

/// The failure of a certificate for other names. rustls presents them as `DnsName("a.example")` and `IpAddress(10.0.0.1)`.
fn other_names(host: &str, expected: &ServerName<'_>, presented: &[String]) -> CertificateFailure {
    let is_address = matches!(expected, ServerName::IpAddress(_));
    let kind = if is_address { "IpAddress(" } else { "DnsName(" };
    let names: Vec<&str> = presented
        .iter()
        .filter_map(|name| name.strip_prefix(kind)?.strip_suffix(')'))
        .map(|name| name.trim_matches('"'))
        .collect();
    match (names.as_slice(), is_address) {
        ([], true) => CertificateFailure::NoAddresses(host.to_owned()),
        ([], false) => CertificateFailure::NoNames(host.to_owned()),
        (names, _) => CertificateFailure::OtherNames { names: names.join(", "), host: host.to_owned() },
    }
}

/// A time in seconds, as Go writes it in errors.
fn rfc3339(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |timestamp| timestamp.to_string())
}

#[derive(Debug, Clone)]
struct AnyCertificate(Arc<CryptoProvider>);

impl danger::ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<danger::ServerCertVerified, rustls::Error> {
        Ok(danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
