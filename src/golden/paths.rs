//! The paths of goldens inside a store.

use crate::version::ApiVersion;

/// The file with the whole golden of a case.
pub(super) fn base_path(suite: &str, case: &str) -> String {
    format!("{suite}/{case}.snap")
}

/// The file with what `version` and older ones answer differently.
pub(super) fn layer_path(suite: &str, case: &str, version: ApiVersion) -> String {
    format!("{suite}/{case}@until-{version}.snap")
}

/// The case and, where it is one of differences, the version that the path of a golden is for: `CASE` or
/// `CASE@until-VERSION`. `None` for any other path.
#[must_use]
pub fn case_of(path: &str) -> Option<(&str, &str, Option<ApiVersion>)> {
    let (suite, file) = path.strip_suffix(".snap")?.rsplit_once('/')?;
    match file.split_once('@') {
        None => Some((suite, file, None)),
        Some((case, version)) => Some((suite, case, Some(version.strip_prefix("until-")?.parse().ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("demo/case.snap", Some(("demo", "case", None)))]
    #[case("demo/case@until-4.18.snap", Some(("demo", "case", Some(ApiVersion::V4_18))))]
    #[case("demo/case@4.18.snap", None)]
    #[case("case.snap", None)]
    fn a_path_names_case_and_version(#[case] path: &str, #[case] expected: Option<(&str, &str, Option<ApiVersion>)>) {
        assert_eq!(case_of(path), expected);
    }
}
