//! Real clients against the mock registry: skopeo, the oci-client crate, and the conformance suite of the OCI distribution
//! specification. And a real registry beside the profile that is named after it.
//!
//! Where skopeo or the suite is not at hand its tests are shown as ignored, and a line says so. Those that sign need gpg, too.

#![allow(clippy::unwrap_used)]

mod distribution;
mod oci_client;
mod oci_conformance;
#[cfg(feature = "openpgp")]
mod signatures;
mod skopeo;

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    let installed = is_installed("skopeo");
    if !installed {
        eprintln!("skipped: skopeo is not installed, so its tests are ignored (apt-get install -y skopeo)");
    }
    let mut trials: Vec<Trial> =
        skopeo::trials().into_iter().map(|trial| trial.with_ignored_flag(!installed)).collect();
    #[cfg(feature = "openpgp")]
    trials.extend(signatures::trials(installed));
    trials.extend(oci_client::trials());
    let product = is_installed(distribution::PROGRAM);
    if !product {
        eprintln!(
            "skipped: docker-registry is not installed, so its tests are ignored (apt-get install -y docker-registry)"
        );
    }
    trials.extend(distribution::trials().into_iter().map(|trial| trial.with_ignored_flag(!product)));
    let suite = oci_conformance::program().is_some();
    if !suite {
        eprintln!("skipped: ISI_OCI_CONFORMANCE does not say where the OCI conformance suite is, so it is ignored");
    }
    trials.extend(oci_conformance::trials().into_iter().map(|trial| trial.with_ignored_flag(!suite)));
    trials.push(oci_conformance::profile_scores_as_the_product().with_ignored_flag(!(suite && product)));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Whether there is a program of this name.
fn is_installed(program: &str) -> bool {
    let version = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// A runtime for one registry, beside which the test blocks.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
