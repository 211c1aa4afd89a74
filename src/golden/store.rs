//! Reading goldens: which files make the one that holds for an API version.

use std::{io, path::PathBuf};

use super::{
    Golden,
    files::GoldenFiles,
    image_names::unknown_image,
    layer::{self, Differences, Malformed},
    paths::{base_path, layer_path},
    version_rule::VersionRules,
};
use crate::{fixture::ImageCatalogue, version::ApiVersion};

/// The goldens that belong to a folder of suites.
///
/// `SUITE/CASE.snap` is the whole golden of the newest API version that the case holds for. `SUITE/CASE@until-4.18.snap` has
/// what 4.18 and older versions answer differently from the next newer one, beside the
/// general differences of `golden/versions.yaml`.
#[derive(Debug, Clone)]
pub struct Store(pub(super) GoldenFiles);

/// The golden of a case at one API version.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedGolden {
    /// The path of the most specific file inside the store: `single-image/content-s2-basic@until-4.18.snap`.
    pub path: String,
    /// The paths of all files that it is made of, the whole golden first.
    pub files: Vec<String>,
    /// What it says.
    pub golden: Golden,
}

/// Why a golden could not be read or proposed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is there and cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file is not an insta snapshot with a golden in it.
    #[error("{path}:{line}:{column}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// The goldens are part of the binary.
    #[error("the built-in goldens cannot be changed; run inside a folder that has `suites` and `golden`")]
    ReadOnly,
}

impl Store {
    /// The goldens of a folder that the binary carries in itself.
    #[must_use]
    pub fn embedded(root: &'static include_dir::Dir<'static>) -> Self {
        Self(GoldenFiles::embedded(root))
    }

    /// The goldens in a folder, which need not be there.
    #[must_use]
    pub const fn folder(path: PathBuf) -> Self {
        Self(GoldenFiles::Folder(path))
    }

    /// The goldens of `suites` in this store, and those of `other_suites` in `other`.
    #[must_use]
    pub fn and(self, suites: Vec<String>, other: Self, other_suites: Vec<String>) -> Self {
        Self(self.0.and(suites, other.0, other_suites))
    }

    /// The golden of a case that holds for `version`, if there is one.
    ///
    /// # Errors
    /// When a file is there and cannot be read, is malformed, or does not fit the others.
    pub fn find(&self, suite: &str, case: &str, version: ApiVersion) -> Result<Option<ResolvedGolden>, StoreError> {
        self.resolve(suite, case, down_to(version), |_| None)
    }

    /// [`find`](Self::find), and makes sure that the golden names only images of the case.
    ///
    /// # Errors
    /// When a file is there and cannot be read, is malformed, or names an image that `images` lacks.
    pub fn checked(
        &self,
        suite: &str,
        case: &str,
        version: ApiVersion,
        images: &ImageCatalogue,
    ) -> Result<Option<ResolvedGolden>, StoreError> {
        self.resolve(suite, case, down_to(version), |text| unknown_image(text, images))
    }

    /// Whether there is a golden of the case for `version`. One that is part of the binary is looked into by no run before it
    /// is needed: a test of this crate does that.
    ///
    /// # Errors
    /// Those of [`checked`](Self::checked), for files that are not part of the binary.
    pub fn has(
        &self,
        suite: &str,
        case: &str,
        version: ApiVersion,
        images: &ImageCatalogue,
    ) -> Result<bool, StoreError> {
        if self.0.are_embedded(suite) {
            return Ok(self.0.read(&base_path(suite, case))?.is_some());
        }
        Ok(self.checked(suite, case, version, images)?.is_some())
    }

    /// The paths of all snapshots, sorted; to find those that no case uses.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn paths(&self) -> Result<Vec<String>, StoreError> {
        self.0.paths()
    }

    /// The whole golden, then what each of `versions`, newest first, says differently; `problem` finds what is wrong with
    /// the text of a file besides.
    pub(super) fn resolve(
        &self,
        suite: &str,
        case: &str,
        versions: impl Iterator<Item = ApiVersion>,
        problem: impl Fn(&str) -> Option<Malformed>,
    ) -> Result<Option<ResolvedGolden>, StoreError> {
        let read = |path: &str| -> Result<_, StoreError> {
            let text = self.0.read(path)?;
            match text.as_deref().and_then(&problem) {
                Some(malformed) => Err(self.malformed(path, malformed)),
                None => Ok(text),
            }
        };
        let base = base_path(suite, case);
        let Some(text) = read(&base)? else { return Ok(None) };
        let mut golden: Golden = layer::parse(&text).map_err(|malformed| self.malformed(&base, malformed))?;
        let mut files = vec![base];
        // The golden as JSON, once something in it differs.
        let mut differing = None;
        for version in versions {
            let path = layer_path(suite, case, version);
            let text = read(&path)?;
            let rules = VersionRules::builtin();
            if text.is_none() && !rules.has(version) {
                continue;
            }
            let value = differing.get_or_insert_with(|| layer::to_value(&golden));
            rules.apply(version, value);
            if let Some(text) = text {
                let differences: Differences =
                    layer::parse(&text).map_err(|malformed| self.malformed(&path, malformed))?;
                if differences.is_empty() {
                    return Err(self.misfit(&path, "there is no difference in it (hint: remove the file)".to_owned()));
                }
                differences.apply(value).map_err(|message| self.misfit(&path, message))?;
                files.push(path);
            }
        }
        let path = files.last().cloned().unwrap_or_default();
        if let Some(value) = differing {
            golden = serde_json::from_value(value).map_err(|error| self.misfit(&path, error.to_string()))?;
        }
        Ok(Some(ResolvedGolden { path, files, golden }))
    }

    fn malformed(&self, path: &str, malformed: Malformed) -> StoreError {
        let Malformed { line, column, message } = malformed;
        StoreError::Malformed { path: self.0.display(path), line, column, message }
    }

    fn misfit(&self, path: &str, message: String) -> StoreError {
        self.malformed(path, Malformed { line: 1, column: 1, message })
    }
}

/// The versions whose differences make the golden of `version`, newest first.
pub(super) fn down_to(version: ApiVersion) -> impl Iterator<Item = ApiVersion> {
    ApiVersion::ALL.into_iter().rev().filter(move |candidate| *candidate >= version)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::{super::GoldenStep, *};

    fn golden(answer: &str) -> Golden {
        let body = json!({ "answer": answer, "importPolicy": { "importMode": "Legacy" } });
        Golden { steps: vec![GoldenStep { request: "GET x".to_owned(), body, ..GoldenStep::default() }] }
    }

    /// A store with goldens of 4.22, and what `--update` made of other answers at these versions.
    fn store_with(answers: &[(ApiVersion, &str)]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::folder(folder.path().to_owned());
        for (version, answer) in answers {
            propose_and_accept(&store, *version, &golden(answer));
        }
        (folder, store)
    }

    fn propose_and_accept(store: &Store, version: ApiVersion, golden: &Golden) {
        for written in store.propose("demo", "case", (version, ApiVersion::NEWEST), golden).unwrap() {
            std::fs::rename(&written, written.with_extension("")).unwrap();
        }
    }

    fn answer_at(store: &Store, version: ApiVersion) -> serde_json::Value {
        store.find("demo", "case", version).unwrap().unwrap().golden.steps[0].body.clone()
    }

    const ANSWERS: [(ApiVersion, &str); 3] =
        [(ApiVersion::V4_22, "newest"), (ApiVersion::V4_18, "older"), (ApiVersion::V4_8, "oldest")];

    #[rstest]
    #[case(ApiVersion::V4_22, "newest", "case.snap")]
    #[case(ApiVersion::V4_18, "older", "case@until-4.18.snap")]
    #[case(ApiVersion::V4_12, "older", "case@until-4.18.snap")]
    #[case(ApiVersion::V4_8, "oldest", "case@until-4.8.snap")]
    #[case(ApiVersion::V4_2, "oldest", "case@until-4.8.snap")]
    fn differences_hold_for_their_version_and_older_ones(
        #[case] version: ApiVersion,
        #[case] answer: &str,
        #[case] path: &str,
    ) {
        let (_folder, store) = store_with(&ANSWERS);
        assert_eq!(answer_at(&store, version)["answer"], answer);
        assert_eq!(store.find("demo", "case", version).unwrap().unwrap().path, format!("demo/{path}"));
    }

    #[rstest]
    #[case(ApiVersion::V4_12, json!({ "importMode": "Legacy" }))]
    #[case(ApiVersion::V4_10, json!({}))]
    fn general_differences_need_no_file(#[case] version: ApiVersion, #[case] policy: serde_json::Value) {
        let (_folder, store) = store_with(&[(ApiVersion::V4_22, "newest")]);
        assert_eq!(answer_at(&store, version)["importPolicy"], policy);
    }

    #[test]
    fn a_change_leaves_the_goldens_of_versions_with_differences_of_their_own() {
        let (_folder, store) = store_with(&ANSWERS);
        let oldest = answer_at(&store, ApiVersion::V4_2);
        propose_and_accept(&store, ApiVersion::V4_18, &golden("changed"));
        assert_eq!(answer_at(&store, ApiVersion::V4_12)["answer"], "changed");
        assert_eq!(
            (answer_at(&store, ApiVersion::V4_22)["answer"].as_str(), answer_at(&store, ApiVersion::V4_2)),
            (Some("newest"), oldest)
        );
    }

    #[test]
    fn a_case_without_a_snapshot_has_none() {
        let (_folder, store) = store_with(&ANSWERS);
        assert_eq!(store.find("demo", "other", ApiVersion::NEWEST).unwrap(), None);
    }

    #[rstest]
    #[case("case.snap", "{}", "demo/case.snap:1:1: expected an insta snapshot")]
    #[case(
        "case@until-4.18.snap",
        "---\n\n---\n{\"differences\": []}",
        "demo/case@until-4.18.snap:1:1: there is no difference in it (hint: remove the file)"
    )]
    #[case("case@until-4.18.snap", "---\n\n---\n{}", "demo/case@until-4.18.snap:4:2: missing field `differences`")]
    #[case(
        "case@until-4.18.snap",
        "---\n\n---\n{\"differences\": [{\"op\": \"remove\", \"path\": \"/none\"}]}",
        "demo/case@until-4.18.snap:1:1: the differences do not fit the golden of the next newer version"
    )]
    fn a_malformed_file_is_told_with_its_place(#[case] name: &str, #[case] text: &str, #[case] expected: &str) {
        let (folder, store) = store_with(&ANSWERS);
        std::fs::write(folder.path().join("demo").join(name), text).unwrap();
        let error = store.find("demo", "case", ApiVersion::V4_18).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn an_unknown_image_is_told_with_its_place() {
        let (folder, store) = store_with(&ANSWERS);
        let text = "---\nsource: x\n---\n{\"steps\": [\n  {\"request\": \"GET [digest s2-bsic]\"}]}\n";
        std::fs::write(folder.path().join("demo/case.snap"), text).unwrap();
        let images = crate::fixture::builtin();
        let error = store.checked("demo", "case", ApiVersion::NEWEST, images).unwrap_err().to_string();
        assert!(error.ends_with("demo/case.snap:5:20: unknown image `s2-bsic`, did you mean `s2-basic`?"), "{error}");
    }

    #[test]
    fn a_proposal_stands_beside_the_snapshot_and_is_listed_nowhere() {
        let (folder, store) = store_with(&[(ApiVersion::V4_22, "newest")]);
        store.propose("demo", "case", (ApiVersion::V4_22, ApiVersion::V4_22), &Golden::default()).unwrap();
        assert!(folder.path().join("demo/case.snap.new").is_file());
        assert_eq!(store.paths().unwrap(), ["demo/case.snap"]);
    }
}
