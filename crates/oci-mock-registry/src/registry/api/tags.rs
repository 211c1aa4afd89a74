//! Listing tags (distribution specification, section "Listing Tags").

use std::borrow::Cow;

use http::{StatusCode, header::LINK};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Value, json};

use super::page::{Start, page_size};
use crate::{
    fixture::{
        Policies, TagListing,
        policy::{Cursor, PageLimit, TagOrder},
    },
    registry::{
        answer::Answer,
        query,
        store::{Manifest, Repository},
    },
};
use oci_types::Digest;

/// A page of the tags: at most `n` of them, behind the tag `last`; a `Link` header leads to the next page.
pub(crate) fn list(
    name: &str,
    repository: &Repository,
    listing: &TagListing,
    policies: &Policies,
    query: Option<&str>,
) -> Answer {
    let query = query.filter(|_| !policies.tags.page_size_ignored);
    let cursor = Cursor::of(policies);
    let last = query::value(query, "last").map(|last| cursor.read(policies, &repository.tags, last)).transpose();
    let (size, start) = match page_size(policies, query).and_then(|size| Ok((size, last?))) {
        Ok(asked) => asked,
        Err(refusal) => return *refusal,
    };
    let usual = policies.limits.usual_page.get();
    let limit = match policies.limits.page.get() {
        Some(PageLimit::Cut(limit)) => Some(limit),
        _ => None,
    };
    let size = size.or(start.as_ref().and_then(Start::size)).or(usual);
    let size = [size, listing.page_size, limit].into_iter().flatten().min().unwrap_or(usize::MAX);

    let TagPage { before, behind } = TagPage::behind(repository, listing, policies, start.as_ref(), size);
    let page = &behind[..behind.len().min(size)];
    let more = behind.len() > size || (behind.len() == size && policies.tags.link_on_full_page);
    let null = listing.as_null || (policies.tags.null_for_none && page.is_empty() && size > 0);
    let no_tags = if more { Vec::new() } else { what_is_no_tag(repository, policies) };
    let manifest = policies.tags.with_manifests.then(|| manifests(repository));
    let body = TagList {
        child: manifest.as_ref().map(|_| []),
        manifest,
        name,
        tags: (!null).then_some(ListedTags { page, no_tags }),
    };
    let body = serde_json::to_vec(&body).expect("texts and JSON values can be written as JSON");
    let mut answer = Answer::with_body(StatusCode::OK, body);
    answer.content_type("application/json");
    if let (Some(last), true) = (page.last(), more) {
        let shortened = name.split_once('/').filter(|_| policies.tags.link_without_first_part);
        let path = shortened.map_or(name, |(_, rest)| rest);
        let query = cursor.query(policies, size, last, before + page.len());
        answer.header(LINK, &format!("</v2/{path}/tags/list?{query}>; rel=\"next\""));
    }
    answer
}

/// A list of tags as it is sent. It is written from the names that are kept, without a copy of each.
#[derive(Serialize)]
struct TagList<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<[(); 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest: Option<Value>,
    name: &'a str,
    tags: Option<ListedTags<'a>>,
}

/// The tags of a page, and what some registries list behind the last of them.
struct ListedTags<'a> {
    page: &'a [&'a str],
    no_tags: Vec<Option<Cow<'a, str>>>,
}

impl Serialize for ListedTags<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.page.len() + self.no_tags.len()))?;
        self.page.iter().try_for_each(|tag| list.serialize_element(tag))?;
        self.no_tags.iter().try_for_each(|entry| list.serialize_element(entry))?;
        list.end()
    }
}

/// Tags from where a page begins.
struct TagPage<'a> {
    /// How many come before, if that was counted.
    before: usize,
    /// The names, one more than a page has, so that it shows whether there is another page.
    behind: Vec<&'a str>,
}

impl<'a> TagPage<'a> {
    fn behind(
        repository: &'a Repository,
        listing: &'a TagListing,
        policies: &Policies,
        start: Option<&Start>,
        size: usize,
    ) -> Self {
        let count = size.saturating_add(1);
        let tags = &repository.tags;
        let all: Vec<&str> = match (&listing.order, start) {
            (Some(order), _) => order.iter().map(String::as_str).collect(),
            (None, _) if policies.tags.order.is(TagOrder::Unsorted) => shuffled(repository),
            (None, _) if policies.tags.order.is(TagOrder::OldestFirst) => tags.oldest_first(),
            (None, Some(Start::At(_))) => tags.names().collect(),
            (None, Some(Start::Behind(last, _))) => {
                return Self { before: 0, behind: tags.names_behind(Some(last)).take(count).collect() };
            }
            (None, None) => return Self { before: 0, behind: tags.names().take(count).collect() },
        };
        let before = match start {
            None => 0,
            Some(Start::At(position)) => (*position).min(all.len()),
            // Everything, if it is not there.
            Some(Start::Behind(last, _)) => all.iter().position(|tag| tag == last).map_or(0, |position| position + 1),
        };
        Self { before, behind: all.into_iter().skip(before).take(count).collect() }
    }
}

/// The tags in an order that means nothing, but stays the same: by their hash.
fn shuffled(repository: &Repository) -> Vec<&str> {
    let mut tags: Vec<&str> = repository.tags.names().collect();
    tags.sort_by_cached_key(|tag| Digest::sha256(tag.as_bytes()));
    tags
}

/// Entries that some registries list and that are no tags.
fn what_is_no_tag<'a>(repository: &'a Repository, policies: &Policies) -> Vec<Option<Cow<'a, str>>> {
    let mut entries = Vec::new();
    if policies.tags.with_null {
        entries.push(None);
    }
    if policies.tags.with_digests {
        entries.extend(repository.tags.iter().take(1).map(|(_, manifest)| Some(manifest.digest.to_string().into())));
    }
    if policies.tags.with_bad_names {
        entries.push(Some("-latest".into()));
    }
    entries
}

/// The manifests as Google's registry lists them beside the tags: numbers are texts.
fn manifests(repository: &Repository) -> Value {
    const UPLOADED: &str = "1700000000000";
    let entry = |manifest: &Manifest| {
        let tags: Vec<&String> =
            repository.tags.iter().filter(|(_, tagged)| tagged.digest == manifest.digest).map(|(tag, _)| tag).collect();
        json!({
            "imageSizeBytes": manifest.bytes.len().to_string(),
            "layerId": "",
            "mediaType": manifest.media_type,
            "tag": tags,
            "timeCreatedMs": UPLOADED,
            "timeUploadedMs": UPLOADED,
        })
    };
    repository.manifests().map(|manifest| (manifest.digest.to_string(), entry(manifest))).collect()
}
