//! Listing repositories (`GET /v2/_catalog`, as Docker's registry has it; no part of the OCI specification).

use std::ops::Bound::{Excluded, Unbounded};

use http::{StatusCode, header::LINK};
use serde_json::json;

use crate::registry::{answer::Answer, error::ErrorCode, query, store::Store};

/// A page of the repositories' names, sorted.
pub(crate) fn list(store: &Store, query: Option<&str>) -> Answer {
    let Ok(size) = query::page_size(query) else { return ErrorCode::PaginationNumberInvalid.answer() };
    let size = size.unwrap_or(usize::MAX);
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
        answer.header(LINK, &format!("</v2/_catalog?n={size}&last={last}>; rel=\"next\""));
    }
    answer
}
