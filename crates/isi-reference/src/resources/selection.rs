//! Lists: which objects, how many, and the rest later.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    error::{ApiError, Result},
    http::request::Request,
    model::ListMeta,
};

/// What a list is to hold.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    fields: Vec<(String, bool, String)>,
    labels: Vec<(String, Match)>,
    limit: Option<usize>,
    after: Option<String>,
}

#[derive(Debug)]
enum Match {
    Exists(bool),
    Equals(bool, String),
    In(bool, Vec<String>),
}

impl Selection {
    /// The selection of a request.
    pub(crate) fn read(request: &Request) -> Result<Self> {
        let fields = request.parameter("fieldSelector").unwrap_or_default();
        let labels = request.parameter("labelSelector").unwrap_or_default();
        let limit = request.parameter("limit").and_then(|limit| limit.parse::<usize>().ok()).filter(|limit| *limit > 0);
        let after = match request.parameter("continue").filter(|token| !token.is_empty()) {
            Some(token) => Some(decode(token)?),
            None => None,
        };
        Ok(Self {
            fields: split(fields).map(|term| read_field(&term)).collect::<Result<_>>()?,
            labels: split(labels).map(|term| read_label(&term)).collect(),
            limit,
            after,
        })
    }

    /// Whether an object belongs to the list.
    pub(crate) fn matches(&self, namespace: &str, name: &str, labels: &BTreeMap<String, String>) -> bool {
        let fields = self.fields.iter().all(|(field, wanted, value)| {
            let found = if field == "metadata.namespace" { namespace } else { name };
            (found == value) == *wanted
        });
        fields
            && self.labels.iter().all(|(key, rule)| match rule {
                Match::Exists(wanted) => labels.contains_key(key) == *wanted,
                Match::Equals(wanted, value) => (labels.get(key) == Some(value)) == *wanted,
                Match::In(wanted, values) => labels.get(key).is_some_and(|value| values.contains(value)) == *wanted,
            })
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

fn decode(token: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    bytes.ok_or_else(|| ApiError::bad_request("continue key is not valid: illegal base64 data"))
}

/// The terms of a selector: commas within parentheses do not separate.
fn split(selector: &str) -> impl Iterator<Item = String> {
    let mut terms = vec![String::new()];
    let mut depth = 0;
    for character in selector.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                terms.push(String::new());
                continue;
            }
            _ => {}
        }
        terms.last_mut().into_iter().for_each(|term| term.push(character));
    }
    terms.into_iter().map(|term| term.trim().to_owned()).filter(|term| !term.is_empty())
}

fn read_field(term: &str) -> Result<(String, bool, String)> {
    let (field, wanted, value) = comparison(term)
        .ok_or_else(|| ApiError::bad_request(format!("invalid selector: {term:?}; can't understand {term:?}")))?;
    if matches!(field, "metadata.name" | "metadata.namespace") {
        return Ok((field.to_owned(), wanted, value.to_owned()));
    }
    Err(ApiError::bad_request(format!("field label not supported: {field}")))
}

fn comparison(term: &str) -> Option<(&str, bool, &str)> {
    if let Some((key, value)) = term.split_once("!=") {
        return Some((key.trim(), false, value.trim()));
    }
    let (key, value) = term.split_once("==").or_else(|| term.split_once('='))?;
    Some((key.trim(), true, value.trim()))
}

fn read_label(term: &str) -> (String, Match) {
    if let Some((key, wanted, value)) = comparison(term) {
        return (key.to_owned(), Match::Equals(wanted, value.to_owned()));
    }
    for (word, wanted) in [(" notin ", false), (" in ", true)] {
        if let Some((key, values)) = term.split_once(word) {
            let values = values.trim().trim_matches(['(', ')']).split(',').map(|value| value.trim().to_owned());
            return (key.trim().to_owned(), Match::In(wanted, values.collect()));
        }
    }
    match term.strip_prefix('!') {
        Some(key) => (key.trim().to_owned(), Match::Exists(false)),
        None => (term.to_owned(), Match::Exists(true)),
    }
}
