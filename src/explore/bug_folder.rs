//! A finding as a folder that `run` repeats anywhere.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{Finding, scenario::suite_header};
use crate::{
    golden::{Store, StoreError},
    version::ApiVersion,
};

/// The suite of such a folder.
const SUITE: &str = "found";

/// Writes `finding` as the folder `number` in `folder`: a suite, the golden that the reference answers, and a note. Returns
/// the path.
///
/// # Errors
/// When something cannot be written.
pub fn write_bug_folder(
    folder: &Path,
    number: usize,
    finding: &Finding,
    version: ApiVersion,
) -> Result<PathBuf, StoreError> {
    let seed = finding.seed;
    let name = format!("seed-{seed}");
    let root = folder.join(format!("cause-{number:03}-{name}"));
    let failed = |source: io::Error| StoreError::Io { path: root.display().to_string(), source };
    let mut suite = suite_header(SUITE, "Found by a random scenario.");
    // Writing to a string cannot fail.
    let _ = finding.scenario().write_case(&name, &finding.cause.to_string(), Some(version), &mut suite);
    fs::create_dir_all(root.join("suites")).map_err(failed)?;
    fs::write(root.join("suites").join(format!("{SUITE}.yaml")), suite).map_err(failed)?;
    for path in Store::folder(root.join("golden")).propose(SUITE, &name, (version, version), &finding.golden)? {
        fs::rename(&path, path.with_extension("")).map_err(failed)?;
    }
    fs::write(root.join("README.md"), note(finding, version)).map_err(failed)?;
    Ok(root)
}

fn note(finding: &Finding, version: ApiVersion) -> String {
    let Finding { cause, seed, scenarios, difference, .. } = finding;
    let difference = difference.as_ref().map(|text| format!("\n    {text}\n")).unwrap_or_default();
    format!(
        "# {cause}\n{difference}\n\
        The golden is what the embedded reference answers for API version {version}. First seen with seed {seed}; \
        {scenarios} of the scenarios of that exploration differ first in this.\n\n    \
        isi-conformance run PATH-OF-THIS-FOLDER --target URL --api-version {version}\n    \
        isi-conformance explore --replay {seed} --target URL --api-version {version}\n"
    )
}
