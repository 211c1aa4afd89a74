//! The tags of a repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use super::Manifest;
use oci_types::Digest;

/// Tags with what they name, sorted by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags {
    tagged: BTreeMap<String, Tagged>,
    /// How many tags have been made.
    made: u64,
    /// Names that are listed although what they named is gone.
    stale: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Tagged {
    manifest: Arc<Manifest>,
    /// How many tags were made before it.
    position: u64,
}

impl Tags {
    pub(crate) fn get(&self, tag: &str) -> Option<&Arc<Manifest>> {
        self.tagged.get(tag).map(|tagged| &tagged.manifest)
    }

    /// Makes a tag, or lets one that is there name something else.
    pub(crate) fn insert(&mut self, tag: String, manifest: Arc<Manifest>) {
        self.stale.remove(&tag);
        let position = self.made;
        let tagged = self.tagged.entry(tag).or_insert_with(|| {
            self.made += 1;
            Tagged { manifest: manifest.clone(), position }
        });
        tagged.manifest = manifest;
    }

    /// Removes a tag; whether it was there.
    pub(crate) fn remove(&mut self, tag: &str) -> bool {
        self.tagged.remove(tag).is_some()
    }

    /// Removes the tags of a manifest; with `keep_names` they stay listed.
    pub(crate) fn remove_all_of(&mut self, manifest: &Digest, keep_names: bool) {
        let is_gone = |(tag, tagged): (&String, &Tagged)| (tagged.manifest.digest == *manifest).then(|| tag.clone());
        for tag in self.tagged.iter().filter_map(is_gone).collect::<Vec<_>>() {
            self.tagged.remove(&tag);
            if keep_names {
                self.stale.insert(tag);
            }
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&String, &Arc<Manifest>)> {
        self.tagged.iter().map(|(tag, tagged)| (tag, &tagged.manifest))
    }

    /// Whether a list would be empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.tagged.is_empty() && self.stale.is_empty()
    }

    /// The names, sorted.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names_behind(None)
    }

    /// The sorted names behind `last`, found without looking at those before.
    pub(crate) fn names_behind(&self, last: Option<&str>) -> impl Iterator<Item = &str> {
        let range = (last.map_or(Unbounded, Excluded), Unbounded);
        let mut tagged = self.tagged.range::<str, _>(range).map(|(tag, _)| tag.as_str()).peekable();
        let mut stale = self.stale.range::<str, _>(range).map(String::as_str).peekable();
        std::iter::from_fn(move || match (tagged.peek(), stale.peek()) {
            (Some(tag), Some(name)) if name < tag => stale.next(),
            (None, Some(_)) => stale.next(),
            _ => tagged.next(),
        })
    }

    /// The names in the order in which the tags were made.
    pub(crate) fn oldest_first(&self) -> Vec<&str> {
        let mut tags: Vec<_> = self.tagged.iter().collect();
        tags.sort_by_key(|(_, tagged)| tagged.position);
        self.stale.iter().chain(tags.into_iter().map(|(tag, _)| tag)).map(String::as_str).collect()
    }
}
