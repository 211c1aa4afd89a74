//! Listing repositories (`GET /v2/_catalog`, as Docker's registry has it; no part of the OCI specification).

use std::ops::Bound::{Excluded, Unbounded};

use http::{StatusCode, header::LINK};
use serde_json::json;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    fixture::Policies,
    registry::{answer::Answer, error::ErrorCode, query, store::Store},
};

/// What Go's `url.Values` encodes.
const QUERY_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How many repositories distribution lists where it is not said, and how many at most.
const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// A page of the repositories' names, sorted.
pub(crate) fn list(store: &Store, query: Option<&str>, policies: &Policies) -> Answer {
    let is_lenient = policies.response.catalog_size_lenient;
    let in_hundreds = policies.response.catalog_in_hundreds;
    let size = match query::page_size(query) {
        Ok(size) => size,
        Err(_) if is_lenient => None,
        Err(_) if in_hundreds && query::value(query, "n").is_some_and(|size| size.is_empty()) => None,
        Err(_) if in_hundreds => {
            let detail = json!({ "n": query::value(query, "n") });
            return ErrorCode::PaginationNumberInvalid.detailed(detail);
        }
        Err(_) => return ErrorCode::PaginationNumberInvalid.answer(),
    };
    if in_hundreds && size.is_some_and(|size| size > LARGEST_PAGE) {
        return ErrorCode::PaginationNumberInvalid.detailed(json!({ "n": size }));
    }
    let size = size.unwrap_or(if in_hundreds { USUAL_PAGE } else { usize::MAX });
    let start = query::value(query, "last").map_or(Unbounded, Excluded);
    let behind: Vec<&String> = store
        .repositories()
        .range::<String, _>((start, Unbounded))
        .map(|(name, _)| name)
        .take(size.saturating_add(1))
        .collect();
    let page = &behind[..behind.len().min(size)];
    let mut answer = Answer::with_body(StatusCode::OK, json!({ "repositories": page }).to_string());
    answer.content_type("application/json");
    if let (Some(last), true) = (page.last(), behind.len() > size) {
        let link = if in_hundreds {
            let last = utf8_percent_encode(last, QUERY_VALUE);
            format!("</v2/_catalog?last={last}&n={size}>; rel=\"next\"")
        } else {
            format!("</v2/_catalog?n={size}&last={last}>; rel=\"next\"")
        };
        answer.header(LINK, &link);
    }
    answer
}
