//! Lists: which objects, how many, and the rest later.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    error::{ApiError, Result},
    http::request::Request,
    model::ListMeta,
    selector::{FieldSelector, LabelSelector},
};

/// What a list is to hold.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    fields: FieldSelector,
    labels: LabelSelector,
    limit: Option<usize>,
    after: Option<Continuation>,
}

/// Where a list goes on.
#[derive(Debug)]
struct Continuation {
    /// The version of the store when its first page was made.
    version: u64,
    /// The key of the last object that was sent.
    key: String,
}

impl Selection {
    /// The selection of a request.
    pub(crate) fn read(request: &Request) -> Result<Self> {
        let fields = request.parameter("fieldSelector").unwrap_or_default();
        let labels = request.parameter("labelSelector").unwrap_or_default();
        let limit = match request.parameter("limit").filter(|limit| !limit.is_empty()) {
            Some(text) => read_limit(text)?,
            None => None,
        };
        let after = match request.parameter("continue").filter(|token| !token.is_empty()) {
            Some(token) => Some(decode(token)?),
            None => None,
        };
        Ok(Self { fields: FieldSelector::parse(fields)?, labels: LabelSelector::parse(labels)?, limit, after })
    }

    /// The selection of a watch, which has no pages.
    pub(crate) fn read_for_watch(request: &Request) -> Result<Self> {
        let fields = FieldSelector::parse(request.parameter("fieldSelector").unwrap_or_default())?;
        let labels = LabelSelector::parse(request.parameter("labelSelector").unwrap_or_default())?;
        Ok(Self { fields, labels, ..Self::default() })
    }

    /// Whether an object belongs to the list.
    pub(crate) fn matches(&self, namespace: &str, name: &str, labels: &BTreeMap<String, String>) -> bool {
        self.fields.matches(namespace, name) && self.labels.matches(labels)
    }

    /// The version of the list that is continued.
    pub(crate) fn continued_version(&self) -> Option<u64> {
        self.after.as_ref().map(|after| after.version)
    }

    /// Whether a part of the list is wanted.
    pub(crate) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// One page of `items`, which are in order; `key` says what an item is ordered by.
    pub(crate) fn page<T>(&self, items: Vec<T>, key: impl Fn(&T) -> String, version: u64) -> (Vec<T>, ListMeta) {
        let after = self.after.as_ref().map(|after| after.key.as_str()).unwrap_or_default();
        let mut items: Vec<T> =
            items.into_iter().filter(|item| after.is_empty() || key(item).as_str() > after).collect();
        let mut meta = ListMeta { resource_version: version.to_string(), ..ListMeta::default() };
        if let Some(limit) = self.limit.filter(|limit| *limit < items.len()) {
            let rest = items.split_off(limit);
            meta.remaining_item_count = Some(rest.len());
            meta.next = items.last().map(|last| encode(version, &key(last))).unwrap_or_default();
        }
        (items, meta)
    }
}

/// Zero and less stand for no limit.
fn read_limit(text: &str) -> Result<Option<usize>> {
    let limit: i64 = text
        .parse()
        .map_err(|_| ApiError::bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax")))?;
    Ok(usize::try_from(limit).ok().filter(|limit| *limit > 0))
}

fn encode(version: u64, key: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{version} {key}"))
}

fn decode(token: &str) -> Result<Continuation> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let continuation = bytes
        .as_deref()
        .and_then(|text| text.split_once(' '))
        .and_then(|(version, key)| Some(Continuation { version: version.parse().ok()?, key: key.to_owned() }));
    continuation.ok_or_else(|| ApiError::bad_request("continue key is not valid: illegal base64 data"))
}
