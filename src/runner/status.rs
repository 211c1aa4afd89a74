//! The judgement about a status code: what is published, and what openshift-apiserver answers.
//!
//! | expected | `required` | `compatible` | published as |
//! |---|---|---|---|
//! | 200 or 201 for an import | 200, 201 or 202 | the code itself | `isi.endpoint.create` |
//! | 200 for a read | 200 | the code itself | `imagestream.endpoint.read`, `isimage.endpoint.read`, … |
//! | success of another request | any 2xx | the code itself | `imagestream.endpoint.create`, … |
//! | 401 | 401 | | `isi.endpoint.unauthorized` |
//! | 400 with `fieldValidation=Strict` | 400 | | `isi.query.fieldValidation.strict` |
//! | another error | any error, 4xx or 5xx | the code itself | the requirement that the request breaks |

use std::ops::RangeInclusive;

use http::Method;

use crate::{
    suite::Request,
    verdict::{CheckKind, CheckResult, Level},
};

/// What the published reference says about the status code of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Published {
    /// One of these.
    OneOf(&'static [u16]),
    /// Any of this class.
    Class(RangeInclusive<u16>, &'static str),
}

impl Published {
    fn of(request: &Request, expected: u16) -> Self {
        let path = request.path.split('?').next().unwrap_or_default();
        let is_import = request.method == Method::POST && path.trim_end_matches('/').ends_with("/imagestreamimports")
            || path == "imagestreamimports";
        match expected {
            401 => Self::OneOf(&[401]),
            400 if asks_strictly(request) => Self::OneOf(&[400]),
            400.. => Self::Class(400..=599, "an error"),
            _ if is_import => Self::OneOf(&[200, 201, 202]),
            _ if request.method == Method::GET => Self::OneOf(&[200]),
            _ => Self::Class(200..=299, "a success"),
        }
    }

    fn permits(&self, status: u16) -> bool {
        match self {
            Self::OneOf(statuses) => statuses.contains(&status),
            Self::Class(class, _) => class.contains(&status),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::OneOf([status]) => format!("status {status}"),
            Self::OneOf(statuses) => {
                let words: Vec<String> = statuses.iter().map(u16::to_string).collect();
                let (last, before) = words.split_last().map_or(("", &[][..]), |(last, before)| (last.as_str(), before));
                format!("status {} or {last}", before.join(", "))
            }
            Self::Class(class, words) => format!("{words}, status {} to {}", class.start(), class.end()),
        }
    }
}

fn asks_strictly(request: &Request) -> bool {
    let in_path = request
        .path
        .split_once('?')
        .is_some_and(|(_, query)| query.split('&').any(|one| one == "fieldValidation=Strict"));
    in_path || request.query.iter().any(|(name, value)| name == "fieldValidation" && value == "Strict")
}

/// Judges the status code `actual`: one check for what is published, and one for the code that openshift-apiserver answers
/// with, if the published ones leave a choice. A case of level `compatible` has the latter only.
#[must_use]
pub(super) fn judge(request: &Request, expected: u16, actual: u16, cap: Level) -> Vec<CheckResult> {
    let published = Published::of(request, expected);
    let check = |level, holds, words: &dyn Fn() -> String| {
        if holds {
            CheckResult::pass(CheckKind::Status, level)
        } else {
            CheckResult {
                message: Some(format!("expected {}, found {actual}", words())),
                ..CheckResult::fail_status(level, expected, actual)
            }
        }
    };
    let exact = check(Level::Compatible, actual == expected, &|| format!("status {expected}"));
    match cap {
        Level::Compatible => vec![exact],
        Level::Required => {
            let holds = published.permits(actual);
            let required = check(Level::Required, holds, &|| published.words());
            // What breaks the published reference needs no second complaint.
            let leaves_a_choice = !matches!(published, Published::OneOf([only]) if *only == expected);
            if holds && leaves_a_choice { vec![required, exact] } else { vec![required] }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::verdict::Verdict;

    #[rstest]
    #[case::created(Method::POST, "imagestreamimports", 201, 201, "required pass, compatible pass")]
    #[case::ok(Method::POST, "imagestreamimports", 201, 200, "required pass, compatible fail")]
    #[case::accepted(Method::POST, "imagestreamimports?dryRun=All", 201, 202, "required pass, compatible fail")]
    #[case::no_success(Method::POST, "imagestreamimports", 201, 404, "required fail")]
    #[case::not_published(Method::POST, "imagestreamimports", 201, 204, "required fail")]
    #[case::read(Method::GET, "imagestreams/a", 200, 200, "required pass")]
    #[case::not_read(Method::GET, "imagestreams/a", 200, 404, "required fail")]
    #[case::unauthorized(Method::POST, "imagestreamimports", 401, 403, "required fail")]
    #[case::forbidden(Method::POST, "imagestreamimports", 403, 401, "required pass, compatible fail")]
    #[case::allowed(Method::POST, "imagestreamimports", 403, 201, "required fail")]
    #[case::invalid(Method::POST, "imagestreamimports", 422, 400, "required pass, compatible fail")]
    #[case::strict(Method::POST, "imagestreamimports?fieldValidation=Strict", 400, 422, "required fail")]
    #[case::strict_success(
        Method::POST,
        "imagestreamimports?fieldValidation=Strict",
        201,
        200,
        "required pass, compatible fail"
    )]
    #[case::deleted(Method::DELETE, "imagestreams/a", 200, 202, "required pass, compatible fail")]
    fn only_what_is_published_is_required(
        #[case] method: Method,
        #[case] path: &str,
        #[case] expected: u16,
        #[case] actual: u16,
        #[case] checks: &str,
    ) {
        let judged = judge(&Request::new(method, path), expected, actual, Level::Required);
        let words: Vec<String> = judged.iter().map(|check| format!("{} {}", check.level, check.verdict)).collect();
        assert_eq!(words.join(", "), checks);
    }

    #[rstest]
    #[case(201, Verdict::Pass)]
    #[case(200, Verdict::Fail)]
    fn a_compatible_case_has_one_check_of_its_level(#[case] actual: u16, #[case] verdict: Verdict) {
        let judged = judge(&Request::new(Method::POST, "imagestreamimports"), 201, actual, Level::Compatible);
        assert_eq!(
            judged.iter().map(|check| (check.level, check.verdict)).collect::<Vec<_>>(),
            [(Level::Compatible, verdict)]
        );
    }

    #[test]
    fn the_sentences_of_the_table_are_published() {
        let table = include_str!("status.rs").lines().filter(|line| line.starts_with("//! |"));
        let ids: Vec<&str> = table
            .flat_map(|line| line.split('`').skip(1).step_by(2))
            .filter(|text| text.contains(".e") || text.contains(".q"))
            .collect();
        assert!(ids.len() >= 6, "{ids:?}");
        for id in ids {
            assert!(crate::requirement::Index::builtin().get(id).is_some(), "no requirement `{id}`");
        }
    }

    #[test]
    fn the_codes_that_are_published_are_named() {
        let judged = judge(&Request::new(Method::POST, "imagestreamimports"), 201, 404, Level::Required);
        assert_eq!(judged[0].message.as_deref(), Some("expected status 200, 201 or 202, found 404"));
        let judged = judge(&Request::new(Method::POST, "imagestreamimports"), 422, 201, Level::Required);
        assert_eq!(judged[0].message.as_deref(), Some("expected an error, status 400 to 599, found 201"));
    }
}
