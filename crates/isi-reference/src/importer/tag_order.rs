//! The order in which the tags of a repository are imported.

use std::{cmp::Ordering, collections::BTreeSet};

use semver::Version;

use crate::image_reference::Tag;

/// How soon a tag is imported: `latest`, then minor versions, then full versions, then the rest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Latest,
    Minor,
    Full,
    Other,
}

/// Distinct tags in the order of their importance.
pub(crate) fn prioritize(tags: Vec<Tag>) -> Vec<Tag> {
    let distinct: BTreeSet<Tag> = tags.into_iter().collect();
    let mut tags: Vec<Tag> = distinct.into_iter().collect();
    tags.sort_by(|one, other| compare(one.as_str(), other.as_str()));
    tags
}

fn compare(one: &str, other: &str) -> Ordering {
    let ((class, version), (other_class, other_version)) = (classify(one), classify(other));
    class
        .cmp(&other_class)
        .then_with(|| match (version, other_version) {
            (Some(version), Some(other_version)) => other_version.cmp_precedence(&version),
            _ => Ordering::Equal,
        })
        .then_with(|| match class {
            Class::Minor | Class::Full => one.starts_with('v').cmp(&other.starts_with('v')),
            Class::Latest | Class::Other => one.cmp(other),
        })
}

fn classify(tag: &str) -> (Class, Option<Version>) {
    if tag == Tag::latest().as_str() {
        return (Class::Latest, None);
    }
    let short = tag.strip_prefix('v').unwrap_or(tag);
    if let Ok(version) = Version::parse(short) {
        return (Class::Full, Some(version));
    }
    match minor(short) {
        Some(version) => (Class::Minor, Some(version)),
        None => (Class::Other, None),
    }
}

/// `5.1` or `5.1-rc1`, as the version `5.1.0` or `5.1.0-rc1`.
fn minor(text: &str) -> Option<Version> {
    let (numbers, suffix) = text.split_once('-').map_or((text, None), |(numbers, suffix)| (numbers, Some(suffix)));
    let is_word = |text: &str| text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    let is_minor = numbers.split('.').count() == 2;
    if !is_minor || !suffix.is_none_or(|suffix| !suffix.is_empty() && is_word(suffix)) {
        return None;
    }
    let suffix = suffix.map(|suffix| format!("-{suffix}")).unwrap_or_default();
    Version::parse(&format!("{numbers}.0{suffix}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_latest_first_and_newer_versions_before_older_ones() {
        let tags = ["v1", "other", "v2", "3", "3.1", "abc", "latest", "2.0.0", "v2.0.0", "1.9", "2.0.0-rc1", "5.1-rc1"];
        let sorted = prioritize(tags.map(Tag::new).to_vec());
        let sorted: Vec<&str> = sorted.iter().map(Tag::as_str).collect();
        assert_eq!(
            sorted,
            ["latest", "5.1-rc1", "3.1", "1.9", "2.0.0", "v2.0.0", "2.0.0-rc1", "3", "abc", "other", "v1", "v2"]
        );
    }

    #[test]
    fn names_every_tag_once() {
        assert_eq!(prioritize(["latest", "latest", "a", "a"].map(Tag::new).to_vec()), ["latest", "a"].map(Tag::new));
    }
}
