//! Pages of a list: how many entries one has, and how the next is asked for.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::json;

use crate::{
    fixture::{
        Policies,
        policy::{BadPageSize, Cursor, PageLimit, UnknownLast},
    },
    registry::{
        answer::{Answer, Refusal},
        error::{ErrorCode, error},
        query,
        store::Tags,
    },
};

/// The page size that a list of tags is asked for (`n`), if any.
pub(super) fn page_size(policies: &Policies, query: Option<&str>) -> Result<Option<usize>, Refusal> {
    let size = match query::page_size(query) {
        Err(_) => return bad_page_size(policies),
        Ok(Some(0)) if policies.tags.zero_is_all => None,
        Ok(size) => size,
    };
    match (policies.limits.page.get(), size) {
        (Some(PageLimit::Unsupported(limit)), Some(size)) if size > limit => Err(invalid_parameter(
            "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal \
             to 1000'",
        )),
        (Some(PageLimit::Invalid(limit)), Some(size)) if size > limit => {
            Err(ErrorCode::PaginationNumberInvalid.detailed(json!({ "n": size })).into())
        }
        _ => Ok(size),
    }
}

/// What an `n` that is no number means.
fn bad_page_size(policies: &Policies) -> Result<Option<usize>, Refusal> {
    match policies.tags.bad_page_size.get() {
        Some(BadPageSize::Ignored) => Ok(None),
        Some(BadPageSize::BadRequest) => {
            Err(error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the value of `n` is no number").into())
        }
        Some(BadPageSize::Empty) => Err(Answer::empty(StatusCode::BAD_REQUEST).into()),
        None => Err(ErrorCode::PaginationNumberInvalid.answer().into()),
    }
}

fn invalid_parameter(message: &str) -> Refusal {
    ErrorCode::Unsupported.saying(message).into()
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    /// Behind this tag; a cursor that only the registry reads says how large the page is, too.
    Behind(String, Option<usize>),
    /// Behind so many tags.
    At(usize),
}

impl Start {
    pub(super) const fn size(&self) -> Option<usize> {
        match self {
            Self::Behind(_, size) => *size,
            Self::At(_) => None,
        }
    }
}

impl Cursor {
    pub(super) fn of(policies: &Policies) -> Self {
        policies.tags.cursor.get().unwrap_or(Self::Tag)
    }

    /// Where the page begins that a request asks for with `last`.
    pub(super) fn read(self, policies: &Policies, tags: &Tags, last: String) -> Result<Start, Refusal> {
        if policies.tags.unknown_last.is(UnknownLast::NotFound) && tags.get(&last).is_none() {
            return Err(Answer::empty(StatusCode::NOT_FOUND).into());
        }
        let read = match self {
            Self::Tag => None,
            Self::Opaque => {
                let decoded = BASE64_URL_SAFE_NO_PAD.decode(&last).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.and_then(|text| {
                    let (size, tag) = text.strip_prefix(Self::MARK)?.split_once(' ')?;
                    Some(Start::Behind(tag.to_owned(), Some(size.parse().ok()?)))
                })
            }
            Self::Number => last.parse().ok().map(Start::At),
        };
        match read {
            Some(start) => Ok(start),
            None if policies.tags.unknown_last.is(UnknownLast::Unsupported) => {
                Err(invalid_parameter("Invalid parameter at 'NextToken' failed to satisfy constraint: 'Invalid token'"))
            }
            None => Ok(Start::Behind(last, None)),
        }
    }

    /// What tells an opaque cursor from a tag that happens to be written like one.
    const MARK: &'static str = "cursor of a list of tags, ";

    /// The query that asks for the page behind `last`, up to which there are so many tags.
    pub(super) fn query(self, policies: &Policies, size: usize, last: &str, count: usize) -> String {
        let last = match self {
            Self::Tag => last.to_owned(),
            Self::Opaque => {
                return format!("last={}", BASE64_URL_SAFE_NO_PAD.encode(format!("{}{size} {last}", Self::MARK)));
            }
            Self::Number => count.to_string(),
        };
        if policies.tags.link_last_first { format!("last={last}&n={size}") } else { format!("n={size}&last={last}") }
    }
}
