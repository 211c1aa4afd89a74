//! Real clients against the mock registry: skopeo, the oci-client crate, and the conformance suite of the OCI distribution
//! specification.
//!
//! Where skopeo or the suite is not at hand its tests are shown as ignored, and a line says so.

#![allow(clippy::unwrap_used)]

mod oci_client;
mod oci_conformance;
mod skopeo;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    rustls::crypto::ring::default_provider().install_default().expect("nobody else chooses a provider");
    let installed = skopeo::is_installed();
    if !installed {
        eprintln!("skipped: skopeo is not installed, so its tests are ignored (apt-get install -y skopeo)");
    }
    let mut trials: Vec<Trial> =
        skopeo::trials().into_iter().map(|trial| trial.with_ignored_flag(!installed)).collect();
    trials.extend(oci_client::trials());
    let suite = oci_conformance::program().is_some();
    if !suite {
        eprintln!("skipped: ISI_OCI_CONFORMANCE does not say where the OCI conformance suite is, so it is ignored");
    }
    trials.extend(oci_conformance::trials().into_iter().map(|trial| trial.with_ignored_flag(!suite)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A runtime for one registry, beside which the test blocks.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
