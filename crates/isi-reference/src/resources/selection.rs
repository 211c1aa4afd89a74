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
    after: Option<String>,
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

    /// Whether an object belongs to the list.
    pub(crate) fn matches(&self, namespace: &str, name: &str, labels: &BTreeMap<String, String>) -> bool {
        self.fields.matches(namespace, name) && self.labels.matches(labels)
    }

    /// One page of `items`, which are in order; `key` says what an item is ordered by.
    pub(crate) fn page<T>(&self, items: Vec<T>, key: impl Fn(&T) -> String, version: String) -> (Vec<T>, ListMeta) {
        let after = self.after.as_deref().unwrap_or_default();
        let mut items: Vec<T> =
            items.into_iter().filter(|item| after.is_empty() || key(item).as_str() > after).collect();
        let mut meta = ListMeta { resource_version: version, ..ListMeta::default() };
        if let Some(limit) = self.limit.filter(|limit| *limit < items.len()) {
            let rest = items.split_off(limit);
            meta.remaining_item_count = Some(rest.len());
            meta.next = items.last().map(|last| URL_SAFE_NO_PAD.encode(key(last))).unwrap_or_default();
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

fn decode(token: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| ApiError::bad_request("continue key is not valid: illegal base64 data"))
}
