//! The last changes of a store, in order: what those who watch are told.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
    io::{self, Write},
    iter,
    sync::Arc,
};

use serde_json::Value;

use crate::{
    model::{image::Image, image_stream::ImageStream, meta::ObjectMeta, time::Time},
    selector::SelectableFields,
};

/// How many changes are kept. Who asks for older ones has to list again.
const LIMIT: usize = 1000;
/// How many bytes the changed objects may take, as JSON. The newest change is kept whatever it takes.
const BYTES_LIMIT: usize = 64 << 20;

/// An object of any resource, shared by everything that shows it.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Stream(Arc<ImageStream>),
    Image(Arc<Image>),
    /// An object that is kept as it is.
    Object(Arc<Value>),
}

/// A change of one object.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The version of the store that it made.
    pub(crate) version: u64,
    /// The resource, as the store calls it.
    pub(crate) resource: &'static str,
    /// The object before; `None` if it was created.
    pub(crate) before: Option<Stored>,
    /// The object after; `None` if it was deleted.
    pub(crate) after: Option<Stored>,
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
    /// The changes, each with the size of its object.
    changes: VecDeque<(Change, usize)>,
    /// The sizes of all.
    bytes: usize,
    /// The newest version whose change is not kept any more.
    forgotten: u64,
}

impl History {
    /// Adds a change, which is newer than all others.
    pub(crate) fn push(&mut self, change: Change) {
        // The object before a change is that after an earlier one, or one that is gone.
        let bytes = change.after.as_ref().or(change.before.as_ref()).map_or(0, Stored::size);
        self.bytes += bytes;
        self.changes.push_back((change, bytes));
        while self.changes.len() > LIMIT || self.bytes > BYTES_LIMIT && self.changes.len() > 1 {
            let Some((oldest, bytes)) = self.changes.pop_front() else { break };
            self.forgotten = oldest.version;
            self.bytes -= bytes;
        }
    }

    /// The changes after `version`, the oldest first.
    pub(crate) fn since(&self, version: u64) -> Result<impl DoubleEndedIterator<Item = &Change>, TooOld> {
        if version < self.forgotten {
            return Err(TooOld { oldest: self.forgotten });
        }
        let first = self.changes.partition_point(|(change, _)| change.version <= version);
        Ok(self.changes.range(first..).map(|(change, _)| change))
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

    /// Its UID.
    pub(crate) fn uid(&self) -> &str {
        self.text("uid", |meta| &meta.uid)
    }

    /// The version of its last change.
    pub(crate) fn version(&self) -> &str {
        self.text("resourceVersion", |meta| &meta.resource_version)
    }

    /// Its finalizers.
    pub(crate) fn finalizers(&self) -> Vec<String> {
        match self {
            Self::Stream(stream) => stream.metadata.finalizers.clone(),
            Self::Image(image) => image.metadata.finalizers.clone(),
            Self::Object(object) => {
                let finalizers = object["metadata"]["finalizers"].as_array().into_iter().flatten();
                finalizers.filter_map(Value::as_str).map(str::to_owned).collect()
            }
        }
    }

    /// The same object, to go once these finalizers are gone.
    pub(crate) fn marked_for_deletion(mut self, finalizers: Vec<String>, time: Time) -> Self {
        let mark = |meta: &mut ObjectMeta, finalizers| {
            meta.finalizers = finalizers;
            if meta.deletion_timestamp.is_none() {
                meta.deletion_timestamp = Some(time);
                meta.deletion_grace_period_seconds = Some(0);
                meta.generation += 1;
            }
        };
        match &mut self {
            Self::Stream(stream) => mark(&mut Arc::make_mut(stream).metadata, finalizers),
            Self::Image(image) => mark(&mut Arc::make_mut(image).metadata, finalizers),
            Self::Object(object) => {
                let metadata = &mut Arc::make_mut(object)["metadata"];
                metadata["finalizers"] = finalizers.into();
                if metadata["deletionTimestamp"].is_null() {
                    metadata["deletionTimestamp"] = time.to_string().into();
                    metadata["deletionGracePeriodSeconds"] = 0.into();
                }
            }
        }
        self
    }

    /// Its labels.
    pub(crate) fn labels(&self) -> Cow<'_, BTreeMap<String, String>> {
        match self {
            Self::Stream(stream) => Cow::Borrowed(&stream.metadata.labels),
            Self::Image(image) => Cow::Borrowed(&image.metadata.labels),
            Self::Object(object) => {
                let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
                let labels = labels.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()));
                Cow::Owned(labels.collect())
            }
        }
    }

    /// The fields that it can be selected by.
    pub(crate) fn selectable_fields(&self) -> SelectableFields<'_> {
        let (spec_repository, status_repository) = match self {
            Self::Stream(stream) => (&*stream.spec.docker_image_repository, &*stream.status.docker_image_repository),
            Self::Image(_) | Self::Object(_) => ("", ""),
        };
        SelectableFields { namespace: self.namespace(), name: self.name(), spec_repository, status_repository }
    }

    /// Its key in a list of this namespace, or of all of them when it is empty.
    pub(crate) fn key_in(&self, namespace: &str) -> String {
        match self.namespace() {
            own if own.is_empty() || !namespace.is_empty() => self.name().to_owned(),
            own => format!("{own}/{}", self.name()),
        }
    }

    /// The order of lists: by the keys of a server's storage, so that `a-b/x` comes before `a/x`.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        fn key(object: &Stored) -> impl Iterator<Item = u8> {
            object.namespace().bytes().chain(iter::once(b'/')).chain(object.name().bytes())
        }
        key(self).cmp(key(other))
    }

    /// How many bytes it takes as JSON.
    fn size(&self) -> usize {
        let mut counter = Counter(0);
        let written = match self {
            Self::Stream(stream) => serde_json::to_writer(&mut counter, stream.as_ref()),
            Self::Image(image) => serde_json::to_writer(&mut counter, image.as_ref()),
            Self::Object(object) => serde_json::to_writer(&mut counter, object.as_ref()),
        };
        if written.is_ok() { counter.0 } else { 0 }
    }

    /// The stream that it is.
    pub(crate) fn into_stream(self) -> Option<ImageStream> {
        if let Self::Stream(stream) = self { Some(Arc::unwrap_or_clone(stream)) } else { None }
    }

    /// The image that it is.
    pub(crate) fn into_image(self) -> Option<Image> {
        if let Self::Image(image) = self { Some(Arc::unwrap_or_clone(image)) } else { None }
    }

    /// The object that is kept as it is.
    pub(crate) fn into_object(self) -> Option<Value> {
        if let Self::Object(object) = self { Some(Arc::unwrap_or_clone(object)) } else { None }
    }

    /// The same object with another version.
    pub(crate) fn at(mut self, version: u64) -> Self {
        match &mut self {
            Self::Stream(stream) => Arc::make_mut(stream).metadata.resource_version = version.to_string(),
            Self::Image(image) => Arc::make_mut(image).metadata.resource_version = version.to_string(),
            Self::Object(object) => Arc::make_mut(object)["metadata"]["resourceVersion"] = version.to_string().into(),
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

/// Counts what is written.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
    #[test]
    fn large_objects_are_forgotten_sooner() {
        let mut history = History::default();
        for version in 1..=100 {
            let object = json!({ "data": "x".repeat(1 << 20) });
            history.push(Change { after: Some(Stored::Object(Arc::new(object))), ..change(version) });
        }
        let kept = u64::try_from(history.changes.len()).unwrap_or_default();
        assert!((60..64).contains(&kept), "{kept}");
        assert_eq!(versions(&history, 1), Err(TooOld { oldest: 100 - kept }));
    }

    #[test]
    fn objects_are_in_the_order_of_their_keys() {
        let object = |namespace: &str, name: &str| {
            Stored::Object(Arc::new(json!({ "metadata": { "name": name, "namespace": namespace } })))
        };
        let mut objects = [object("a", "x"), object("a-b", "y"), object("a", "w"), object("a.b", "v")];
        objects.sort_by(Stored::order);
        let keys: Vec<String> = objects.iter().map(|object| object.key_in("")).collect();
        assert_eq!(keys, ["a-b/y", "a.b/v", "a/w", "a/x"]);
        assert_eq!(objects[0].key_in("a-b"), "y");
    }
}
