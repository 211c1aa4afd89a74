//! Files that propose goldens, and taking them.

use std::path::PathBuf;

use super::{
    Golden, Store, StoreError,
    layer::{self, Differences},
    paths::{base_path, layer_path},
    store::down_to,
    version_rule::VersionRules,
};
use crate::version::ApiVersion;

impl Store {
    /// Writes what makes `golden` the one of `version` beside the files that are there, for `cargo insta review`: the whole
    /// golden if `version` is `newest`, the newest one that the case holds for, else its differences. The file of the next
    /// older version is proposed, too, where its differences have to change so that its own golden stays the same. Returns
    /// what was written. No golden is overwritten.
    ///
    /// # Errors
    /// When the store is read-only, a file cannot be written, or those that are there cannot be read.
    pub fn propose(
        &self,
        suite: &str,
        case: &str,
        (version, newest): (ApiVersion, ApiVersion),
        golden: &Golden,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let proposed = layer::to_value(golden);
        let mut written = Vec::new();
        let mut write = |path: String, text: String| {
            written.push(self.0.propose(&path, &text)?);
            Ok::<_, StoreError>(())
        };
        let base = base_path(suite, case);
        if version >= newest || self.0.read(&base)?.is_none() {
            write(base, layer::render(suite, case, golden))?;
        } else {
            let above = down_to(version).filter(|candidate| *candidate > version);
            let above = self.resolve(suite, case, above, |_| None)?.map(|found| found.golden).unwrap_or_default();
            let mut above = layer::to_value(&above);
            VersionRules::builtin().apply(version, &mut above);
            let differences = Differences::between(&above, &proposed);
            let path = layer_path(suite, case, version);
            if !differences.is_empty() || self.0.read(&path)?.is_some() {
                write(path, layer::render(suite, case, &differences))?;
            }
        }
        let older = ApiVersion::ALL.into_iter().rev().filter(|older| *older < version);
        let mut below = proposed;
        for older in older {
            VersionRules::builtin().apply(older, &mut below);
            let path = layer_path(suite, case, older);
            if self.0.read(&path)?.is_some() {
                let kept = self.find(suite, case, older)?.map(|found| found.golden).unwrap_or_default();
                let differences = Differences::between(&below, &layer::to_value(&kept));
                write(path, layer::render(suite, case, &differences))?;
                break;
            }
        }
        Ok(written)
    }

    /// Takes proposals that [`propose`](Self::propose) wrote: each replaces the golden that it stands beside. One that says
    /// that an older version differs in nothing removes its file.
    ///
    /// # Errors
    /// When a file cannot be read, replaced or removed.
    pub fn accept(proposals: &[PathBuf]) -> Result<(), StoreError> {
        for proposal in proposals {
            let failed = |source| StoreError::Io { path: proposal.display().to_string(), source };
            let golden = proposal.with_extension("");
            let text = std::fs::read_to_string(proposal).map_err(failed)?;
            if layer::parse::<Differences>(&text).is_ok_and(|differences| differences.is_empty()) {
                std::fs::remove_file(proposal).map_err(failed)?;
                if golden.exists() {
                    std::fs::remove_file(&golden).map_err(failed)?;
                }
            } else {
                std::fs::rename(proposal, &golden).map_err(failed)?;
            }
        }
        Ok(())
    }
}
