//! One run of every case against the embedded reference, for all tests that look at what comes of one.

use std::{fs, sync::LazyLock};

use super::{isi_conformance, text};

/// What a run of every case printed and reported.
pub(super) struct WholeRun {
    /// What a person reads.
    pub(super) stdout: String,
    /// The JSON report, as it was written.
    pub(super) report: String,
}

impl WholeRun {
    /// Runs every case for the first test that asks, and returns the same to all others of this process.
    ///
    /// # Panics
    /// When a case is not as expected.
    pub(super) fn shared() -> &'static Self {
        static WHOLE: LazyLock<WholeRun> = LazyLock::new(|| {
            let folder = tempfile::tempdir().unwrap();
            let report = folder.path().join("whole.json");
            let output = isi_conformance(&["run", "--report", &format!("json={}", report.display())]);
            let stdout = text(&output.stdout);
            assert_eq!(output.status.code(), Some(0), "{stdout}{}", text(&output.stderr));
            WholeRun { stdout, report: fs::read_to_string(report).unwrap() }
        });
        &WHOLE
    }
}
