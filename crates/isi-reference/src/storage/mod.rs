//! Everything that the server remembers, in memory.
//!
//! One lock guards it all: every operation is short, and no registry is contacted while it is held.

mod namespaces;
pub(crate) mod stream;
pub(crate) mod tracking;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub(crate) use namespaces::{Namespaces, Phase};
use serde_json::Value;

use super::model::{image::Image, image_stream::ImageStream, meta::new_uid, time::Time};

/// Namespace and name of an object; the namespace of a cluster-wide one is empty.
pub(crate) type Key = (String, String);

type Objects = BTreeMap<&'static str, BTreeMap<Key, Value>>;

/// The store of one server.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<State>);

/// What is in a store.
#[derive(Debug, Default)]
pub(crate) struct State {
    version: u64,
    streams: BTreeMap<Key, ImageStream>,
    images: BTreeMap<String, Image>,
    /// When each image was stored.
    image_times: BTreeMap<String, Instant>,
    /// Objects that the server keeps as they are, by resource.
    objects: Objects,
    /// The objects as they were after each of the last changes, where the server follows them late.
    past: VecDeque<(Instant, Objects)>,
    lag: Duration,
    pub(crate) namespaces: Namespaces,
}

impl Store {
    /// An empty store, whose changed objects have an effect after `lag`.
    pub(crate) fn new(lag: Duration) -> Self {
        Self(Mutex::new(State { lag, ..State::default() }))
    }

    /// The state, for as long as the guard lives.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held cannot leave half a change: all changes are single inserts and removals.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn next_version(&mut self) -> String {
        self.version += 1;
        self.version.to_string()
    }

    /// The version of the last change.
    pub(crate) fn version(&self) -> String {
        self.version.to_string()
    }

    /// A stream.
    pub(crate) fn stream(&self, namespace: &str, name: &str) -> Option<&ImageStream> {
        self.streams.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The streams of a namespace, or all of them when it is empty.
    pub(crate) fn streams(&self, namespace: &str) -> impl Iterator<Item = &ImageStream> {
        self.streams.values().filter(move |stream| namespace.is_empty() || stream.metadata.namespace == namespace)
    }

    /// Stores a stream under a new version; what is stored already stays as it is.
    pub(crate) fn put_stream(&mut self, mut stream: ImageStream) -> ImageStream {
        let key = (stream.metadata.namespace.clone(), stream.metadata.name.clone());
        if self.streams.get(&key) == Some(&stream) {
            return stream;
        }
        stream.metadata.resource_version = self.next_version();
        self.streams.insert(key, stream.clone());
        stream
    }

    /// Removes a stream.
    pub(crate) fn remove_stream(&mut self, namespace: &str, name: &str) -> Option<ImageStream> {
        self.streams.remove(&(namespace.to_owned(), name.to_owned()))
    }

    /// An image.
    pub(crate) fn image(&self, name: &str) -> Option<&Image> {
        self.images.get(name)
    }

    /// An image, if it was stored before `horizon`, or at any time.
    pub(crate) fn image_before(&self, name: &str, horizon: Option<Instant>) -> Option<&Image> {
        let is_seen = horizon.is_none_or(|horizon| self.image_times.get(name).is_none_or(|stored| *stored <= horizon));
        self.image(name).filter(|_| is_seen)
    }

    /// All images.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Image> {
        self.images.values()
    }

    /// Stores an image under a new version.
    pub(crate) fn put_image(&mut self, mut image: Image) -> Image {
        image.metadata.resource_version = self.next_version();
        self.image_times.entry(image.metadata.name.clone()).or_insert_with(Instant::now);
        self.images.insert(image.metadata.name.clone(), image.clone());
        image
    }

    /// Removes an image.
    pub(crate) fn remove_image(&mut self, name: &str) -> Option<Image> {
        self.image_times.remove(name);
        self.images.remove(name)
    }

    /// An object of a resource.
    pub(crate) fn object(&self, resource: &'static str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(resource)?.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The objects of a resource in a namespace, or all of them when it is empty.
    pub(crate) fn objects(&self, resource: &'static str, namespace: &str) -> impl Iterator<Item = &Value> {
        in_namespace_of(&self.objects, resource, namespace)
    }

    /// The objects of a resource as the server knows them: as they were before the lag.
    pub(crate) fn followed(&self, resource: &'static str, namespace: &str) -> impl Iterator<Item = &Value> {
        let seen = Instant::now().checked_sub(self.lag);
        let known = self.past.iter().rev().find(|(changed, _)| seen.is_some_and(|seen| *changed <= seen));
        let objects = match known.or(self.past.front()) {
            Some((_, objects)) => objects,
            None => &self.objects,
        };
        in_namespace_of(objects, resource, namespace)
    }

    /// Keeps the objects as they are now for those who follow them late.
    fn remember(&mut self) {
        if self.lag.is_zero() {
            return;
        }
        let now = Instant::now();
        self.past.push_back((now, self.objects.clone()));
        // The newest state that is older than the lag is the one that is followed.
        while self.past.get(1).is_some_and(|(changed, _)| now.duration_since(*changed) > self.lag) {
            self.past.pop_front();
        }
    }

    /// Stores an object as it is, with identity, time and version of the store's.
    pub(crate) fn put_object(&mut self, resource: &'static str, key: Key, mut object: Value) -> Value {
        let old = self.objects.get(resource).and_then(|objects| objects.get(&key));
        let kept = |field: &str| old.and_then(|old| old["metadata"].get(field)).cloned();
        let uid = kept("uid").unwrap_or_else(|| new_uid().into());
        let created = kept("creationTimestamp").unwrap_or_else(|| Time::now().to_string().into());
        let version = self.next_version();
        let metadata = &mut object["metadata"];
        metadata["name"] = key.1.clone().into();
        if !key.0.is_empty() {
            metadata["namespace"] = key.0.clone().into();
        }
        metadata["uid"] = uid;
        metadata["creationTimestamp"] = created;
        metadata["resourceVersion"] = version.into();
        self.objects.entry(resource).or_default().insert(key, object.clone());
        self.remember();
        object
    }

    /// Removes an object.
    pub(crate) fn remove_object(&mut self, resource: &'static str, namespace: &str, name: &str) -> Option<Value> {
        let removed = self.objects.get_mut(resource)?.remove(&(namespace.to_owned(), name.to_owned()));
        self.remember();
        removed
    }

    /// Removes everything in a namespace.
    pub(crate) fn empty_namespace(&mut self, namespace: &str) {
        self.streams.retain(|(in_namespace, _), _| in_namespace != namespace);
        for objects in self.objects.values_mut() {
            objects.retain(|(in_namespace, _), _| in_namespace != namespace);
        }
        self.remember();
    }
}

fn in_namespace_of<'a>(
    objects: &'a Objects,
    resource: &'static str,
    namespace: &str,
) -> impl Iterator<Item = &'a Value> {
    let all = objects.get(resource).into_iter().flatten();
    all.filter(move |((in_namespace, _), _)| namespace.is_empty() || in_namespace == namespace)
        .map(|(_, object)| object)
}
