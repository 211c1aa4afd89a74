//! The last changes of a store, in order: what those who watch are told.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use serde_json::Value;

use crate::model::{image::Image, image_stream::ImageStream, meta::ObjectMeta};

/// How many changes are kept. Who asks for older ones has to list again.
const LIMIT: usize = 1000;

/// An object of any resource.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Stream(Box<ImageStream>),
    Image(Box<Image>),
    /// An object that is kept as it is.
    Object(Value),
}

/// A change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The version of the store that it made.
    pub(crate) version: u64,
    /// The resource, as the store calls it.
    pub(crate) resource: &'static str,
    /// The object before; `None` if it was created.
    pub(crate) before: Option<Arc<Stored>>,
    /// The object after; `None` if it was deleted.
    pub(crate) after: Option<Arc<Stored>>,
}

/// A version of which the changes that followed are not all known any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOld {
    /// The oldest version that is known.
    pub(crate) oldest: u64,
}

/// The last changes of a store.
#[derive(Debug, Default)]
pub(crate) struct History {
    changes: VecDeque<Change>,
    /// The newest version whose change is not kept any more.
    forgotten: u64,
}

impl History {
    /// Adds a change, which is newer than all others.
    pub(crate) fn push(&mut self, change: Change) {
        if self.changes.len() == LIMIT
            && let Some(oldest) = self.changes.pop_front()
        {
            self.forgotten = oldest.version;
        }
        self.changes.push_back(change);
    }

    /// The changes after `version`, the oldest first.
    pub(crate) fn since(&self, version: u64) -> Result<impl DoubleEndedIterator<Item = &Change>, TooOld> {
        if version < self.forgotten {
            return Err(TooOld { oldest: self.forgotten });
        }
        let first = self.changes.partition_point(|change| change.version <= version);
        Ok(self.changes.range(first..))
    }
}

impl Stored {
    /// Its namespace; empty if it is in none.
    pub(crate) fn namespace(&self) -> &str {
        self.text("namespace", |meta| &meta.namespace)
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.text("name", |meta| &meta.name)
    }

    /// Its labels.
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        match self {
            Self::Stream(stream) => stream.metadata.labels.clone(),
            Self::Image(image) => image.metadata.labels.clone(),
            Self::Object(object) => serde_json::from_value(object["metadata"]["labels"].clone()).unwrap_or_default(),
        }
    }

    /// A stream.
    pub(crate) fn stream(stream: &ImageStream) -> Self {
        Self::Stream(Box::new(stream.clone()))
    }

    /// An image.
    pub(crate) fn image(image: &Image) -> Self {
        Self::Image(Box::new(image.clone()))
    }

    /// The stream that it is.
    pub(crate) fn into_stream(self) -> Option<ImageStream> {
        if let Self::Stream(stream) = self { Some(*stream) } else { None }
    }

    /// The image that it is.
    pub(crate) fn into_image(self) -> Option<Image> {
        if let Self::Image(image) = self { Some(*image) } else { None }
    }

    /// The object that is kept as it is.
    pub(crate) fn into_object(self) -> Option<Value> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The same object with another version.
    pub(crate) fn at(mut self, version: u64) -> Self {
        match &mut self {
            Self::Stream(stream) => stream.metadata.resource_version = version.to_string(),
            Self::Image(image) => image.metadata.resource_version = version.to_string(),
            Self::Object(object) => object["metadata"]["resourceVersion"] = version.to_string().into(),
        }
        self
    }

    fn text<'a>(&'a self, field: &str, of: impl Fn(&'a ObjectMeta) -> &'a String) -> &'a str {
        match self {
            Self::Stream(stream) => of(&stream.metadata),
            Self::Image(image) => of(&image.metadata),
            Self::Object(object) => object["metadata"][field].as_str().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(version: u64) -> Change {
        Change { version, resource: "secrets", before: None, after: None }
    }

    fn versions(history: &History, since: u64) -> Result<Vec<u64>, TooOld> {
        history.since(since).map(|changes| changes.map(|change| change.version).collect())
    }

    #[test]
    fn what_followed_a_version_is_told_in_order() {
        let mut history = History::default();
        [2, 3, 7].into_iter().for_each(|version| history.push(change(version)));
        assert_eq!(versions(&history, 0), Ok(vec![2, 3, 7]));
        assert_eq!(versions(&history, 4), Ok(vec![7]));
        assert_eq!(versions(&history, 9), Ok(Vec::new()));
    }

    #[test]
    fn the_oldest_changes_are_forgotten_and_that_is_told() {
        let mut history = History::default();
        (1..=1002).for_each(|version| history.push(change(version)));
        assert_eq!(versions(&history, 1), Err(TooOld { oldest: 2 }));
        assert_eq!(versions(&history, 2).map(|versions| versions.len()), Ok(1000));
    }
}
