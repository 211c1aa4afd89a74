//! The grammar of references.

use oci_types::Algorithm;

use super::{DigestReference, ParseReferenceError, Tag};

/// The parts of a text that matches the grammar.
pub(super) struct Parts<'a> {
    pub(super) path: &'a str,
    pub(super) tag: Option<Tag>,
    pub(super) digest: Option<DigestReference>,
}

/// Splits a text; `None` if it does not match the grammar.
pub(super) fn split(text: &str) -> Option<Parts<'_>> {
    let (rest, digest) = text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (rest, None),
    };
    let digest = match digest {
        Some(digest) => Some(DigestReference::parse(digest)?),
        None => None,
    };
    let tag = tag.map(Tag::new);
    let matches = is_path(path) && tag.as_ref().is_none_or(Tag::is_valid);
    matches.then_some(Parts { path, tag, digest })
}

fn is_path(path: &str) -> bool {
    match path.split_once('/') {
        None => is_component(path),
        Some((first, rest)) => (is_component(first) || is_host(first)) && rest.split('/').all(is_component),
    }
}

/// `[a-z0-9]+` joined by one of `.`, `_`, `__` or any number of dashes.
fn is_component(text: &str) -> bool {
    let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    text.starts_with(is_word)
        && text.ends_with(is_word)
        && text
            .split(is_word)
            .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.chars().all(|character| character == '-'))
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let is_label = |label: &str| {
        label.starts_with(|character: char| character.is_ascii_alphanumeric())
            && label.ends_with(|character: char| character.is_ascii_alphanumeric())
            && label.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
    };
    host.split('.').all(is_label)
        && port.is_none_or(|port| !port.is_empty() && port.chars().all(|digit| digit.is_ascii_digit()))
}

/// Refuses a digest whose length is not that of its algorithm, and unknown algorithms.
pub(super) fn check_digest(digest: &DigestReference) -> Result<(), ParseReferenceError> {
    let (algorithm, hex) = digest.as_str().split_once(':').ok_or(ParseReferenceError::Format)?;
    let algorithm = [Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512]
        .into_iter()
        .find(|known| known.name() == algorithm)
        .ok_or(ParseReferenceError::DigestAlgorithm)?;
    if hex.len() == algorithm.hex_length() { Ok(()) } else { Err(ParseReferenceError::DigestLength) }
}
