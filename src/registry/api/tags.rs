//! Listing tags (distribution specification, section "Listing Tags").

use std::{
    borrow::Cow,
    ops::Bound::{Excluded, Unbounded},
};

use http::{StatusCode, header::LINK};
use serde_json::json;

use crate::{
    fixture::{Quirk, Quirks, TagListing},
    oci::Digest,
    registry::{answer::Answer, error::ErrorCode, query, store::Repository},
};

/// A page of the tags: at most `n` of them, behind the tag `last`; a `Link` header leads to the next page.
pub(crate) fn list(
    name: &str,
    repository: &Repository,
    listing: &TagListing,
    quirks: &Quirks,
    query: Option<&str>,
) -> Answer {
    let query = query.filter(|_| !quirks.has(Quirk::PageSizeIgnored));
    let Ok(asked) = query::page_size(query) else { return ErrorCode::PaginationNumberInvalid.answer() };
    let largest = [(Quirk::PageSizeAtMost100, 100), (Quirk::PageSizeAtMost1000, 1000)]
        .into_iter()
        .find_map(|(quirk, size)| quirks.has(quirk).then_some(size));
    let size = [asked, listing.page_size, largest].into_iter().flatten().min().unwrap_or(usize::MAX);
    let last = query::value(query, "last");
    let behind: Cow<'_, [String]> = match &listing.order {
        Some(order) => Cow::Borrowed(behind_in(order, last.as_deref())),
        None if quirks.has(Quirk::TagsUnsorted) => behind_in(&shuffled(repository), last.as_deref()).to_vec().into(),
        None => sorted_behind(repository, last, size).into(),
    };
    let page = &behind[..behind.len().min(size)];
    let null = listing.as_null || (quirks.has(Quirk::NullForNoTags) && repository.tags.is_empty());
    let tags = if null { json!(null) } else { json!(page) };
    let mut answer = Answer::with_body(StatusCode::OK, json!({ "name": name, "tags": tags }).to_string());
    answer.content_type("application/json");
    if let (Some(last), true) = (page.last(), behind.len() > size) {
        answer.header(LINK, &format!("</v2/{name}/tags/list?n={size}&last={last}>; rel=\"next\""));
    }
    answer
}

/// The tags in an order that means nothing, but stays the same: by their hash.
fn shuffled(repository: &Repository) -> Vec<String> {
    let mut tags: Vec<String> = repository.tags.keys().cloned().collect();
    tags.sort_by_cached_key(|tag| Digest::sha256(tag.as_bytes()));
    tags
}

/// What comes behind `last` in a given order; everything if it is not there.
fn behind_in<'a>(order: &'a [String], last: Option<&str>) -> &'a [String] {
    let position = last.and_then(|last| order.iter().position(|tag| tag == last));
    position.map_or(order, |position| &order[position + 1..])
}

/// The sorted tags behind `last`, one more than a page has, so that it shows whether there is another page.
fn sorted_behind(repository: &Repository, last: Option<String>, size: usize) -> Vec<String> {
    let start = last.map_or(Unbounded, Excluded);
    repository.tags.range((start, Unbounded)).map(|(tag, _)| tag.clone()).take(size.saturating_add(1)).collect()
}
