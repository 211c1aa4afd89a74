//! A captured folder as a registry fixture: images, credentials, quirks and faults, so far as a fixture can express what was
//! captured.
//!
//! A registry with the fixture is asked every captured request. Where it answers in another way, a quirk or a fault is added;
//! what differs even then is listed.

mod auth;
mod rules;
mod seen;
mod trial;
mod write;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::log::{self, CapturedBody, CapturedExchange, CapturedRequest};
use crate::{
    fixture::{Quirk, Quirks, RegistryFixture, TagListing},
    registry::{
        fixture_error::FixtureError,
        folder::{Loading, folder_of},
        query,
    },
};
use trial::Trial;

/// A captured folder as a fixture, and what the fixture does in another way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CapturedFixture {
    /// The fixture. The paths of its folders begin with that of the captured folder.
    pub fixture: RegistryFixture,
    /// How many exchanges were captured.
    pub exchanges: usize,
    /// The exchanges that the fixture does not answer as they were captured.
    pub differences: Vec<CapturedDifference>,
    folder: PathBuf,
}

/// A captured exchange that a fixture does not answer as it was captured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapturedDifference {
    /// The number of the exchange in `exchanges.jsonl`.
    pub exchange: u64,
    /// Method and path of the request.
    pub request: String,
    /// What differs.
    pub difference: String,
}

impl fmt::Display for CapturedDifference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "exchange {}, {}: {}", self.exchange, self.request, self.difference)
    }
}

impl CapturedFixture {
    /// Reads a captured folder.
    ///
    /// # Errors
    /// When the folder is no captured one, or cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Self, FixtureError> {
        let exchanges = log::read(folder)?;
        let mut loading = Loading::new(None);
        loading.captured(folder)?;
        let repositories = loading.store.repositories().keys();
        let mut fixture = RegistryFixture {
            folders: repositories.map(|name| (name.clone(), folder.join(folder_of(name)))).collect(),
            auth: auth::of(&exchanges),
            ..RegistryFixture::default()
        };
        if let Some(tags) = tags_of(&exchanges) {
            fixture.tags = tags;
        }
        fixture.quirks = quirks_of(&fixture, &exchanges)?;
        fixture.faults = Trial::new(&fixture, &exchanges)?.faults();
        let differences = Trial::new(&fixture, &exchanges)?.differences();
        Ok(Self { fixture, exchanges: exchanges.len(), differences, folder: folder.to_owned() })
    }
}

/// How tags are listed, where those of one repository were listed: a fixture has one list for all repositories.
fn tags_of(exchanges: &[CapturedExchange]) -> Option<TagListing> {
    let (mut tags, mut page_size, mut path) = (Vec::new(), None, None);
    for exchange in exchanges {
        let CapturedRequest { path: listed, query, .. } = &exchange.request;
        let Some(page) = listed_tags(exchange) else { continue };
        if path.is_some_and(|path| path != listed) {
            return None;
        }
        path = Some(listed);
        let is_sized = query::value(query.as_deref(), "n").is_some();
        let has_next = exchange.response.as_ref()?.headers.iter().any(|(name, _)| name == "link");
        if has_next && !is_sized {
            page_size = Some(page.len());
        }
        let new: Vec<_> = page.into_iter().filter(|tag| !tags.contains(tag)).collect();
        tags.extend(new);
    }
    path.map(|_| TagListing { page_size, order: Some(tags), as_null: false })
}

/// The tags in an answer that lists some.
fn listed_tags(exchange: &CapturedExchange) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct Page {
        tags: Vec<String>,
    }
    let response = exchange.response.as_ref().filter(|response| response.status == 200)?;
    let CapturedBody::Text(text) = &response.body else { return None };
    let page: Page = serde_json::from_str(text).ok()?;
    exchange.request.path.ends_with("/tags/list").then_some(page.tags)
}

/// The quirks with which more exchanges are answered as they were captured, each taken because it mends the most.
fn quirks_of(fixture: &RegistryFixture, exchanges: &[CapturedExchange]) -> Result<Quirks, FixtureError> {
    let trial = Trial::new(fixture, exchanges)?;
    let mut quirks = fixture.quirks;
    let mut differing = trial.count_differing(quirks).unwrap_or(exchanges.len());
    while differing > 0 {
        let with = |quirk: &Quirk| quirks.iter().chain([*quirk]).collect::<Quirks>();
        let candidates = Quirk::ALL.iter().filter(|quirk| !quirks.has(**quirk)).map(with);
        let counted = candidates.filter_map(|quirks| Some((trial.count_differing(quirks)?, quirks)));
        match counted.min_by_key(|(count, _)| *count) {
            Some((count, better)) if count < differing => (differing, quirks) = (count, better),
            _ => break,
        }
    }
    Ok(quirks)
}
