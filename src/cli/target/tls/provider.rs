//! The crypto provider of connections to the implementation: ring, and signatures with P-521 keys.

use std::sync::{Arc, LazyLock};

use rustls::{
    SignatureScheme,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring},
};
use rustls_pki_types::SignatureVerificationAlgorithm;

use super::p521::{P521_SHA256, P521_SHA384, P521_SHA512};

type Algorithm = &'static dyn SignatureVerificationAlgorithm;

/// ring's provider, which also verifies signatures of P-521 keys.
#[must_use]
pub(in crate::cli::target) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
        let ring = ring::default_provider();
        let signature_verification_algorithms = with_p521(&ring.signature_verification_algorithms);
        Arc::new(CryptoProvider { signature_verification_algorithms, ..ring })
    });
    PROVIDER.clone()
}

/// In TLS 1.2 a scheme names the hash alone, so that a P-521 key can sign under the schemes of other curves.
fn with_p521(known: &WebPkiSupportedAlgorithms) -> WebPkiSupportedAlgorithms {
    let mut all: Vec<Algorithm> = known.all.to_vec();
    all.extend([&P521_SHA256 as Algorithm, &P521_SHA384, &P521_SHA512]);
    let mut mapping: Vec<(SignatureScheme, &'static [Algorithm])> = known
        .mapping
        .iter()
        .map(|(scheme, algorithms)| match scheme {
            SignatureScheme::ECDSA_NISTP256_SHA256 => (*scheme, and(algorithms, &P521_SHA256)),
            SignatureScheme::ECDSA_NISTP384_SHA384 => (*scheme, and(algorithms, &P521_SHA384)),
            _ => (*scheme, *algorithms),
        })
        .collect();
    mapping.push((SignatureScheme::ECDSA_NISTP521_SHA512, and(&[], &P521_SHA512)));
    // rustls wants these for the life of the process; they are made once.
    WebPkiSupportedAlgorithms { all: all.leak(), mapping: mapping.leak() }
}

fn and(algorithms: &[Algorithm], more: Algorithm) -> &'static [Algorithm] {
    algorithms.iter().copied().chain([more]).collect::<Vec<_>>().leak()
}
