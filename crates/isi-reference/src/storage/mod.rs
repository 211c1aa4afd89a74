//! Everything that the server remembers, in memory.
//!
//! One lock guards it all: every operation is short, and no registry is contacted while it is held.

mod namespaces;
pub(crate) mod stream;
pub(crate) mod tracking;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

pub(crate) use namespaces::{Namespaces, Phase};
use serde_json::Value;

use super::model::{image::Image, image_stream::ImageStream, meta::new_uid, time::Time};

/// Namespace and name of an object; the namespace of a cluster-wide one is empty.
pub(crate) type Key = (String, String);

/// The store of one server.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<State>);

/// What is in a store.
#[derive(Debug, Default)]
pub(crate) struct State {
    version: u64,
    streams: BTreeMap<Key, ImageStream>,
    images: BTreeMap<String, Image>,
    /// Objects that the server keeps as they are, by resource.
    objects: BTreeMap<&'static str, BTreeMap<Key, Value>>,
    pub(crate) namespaces: Namespaces,
}

impl Store {
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

    /// All images.
    pub(crate) fn images(&self) -> impl Iterator<Item = &Image> {
        self.images.values()
    }

    /// Stores an image under a new version.
    pub(crate) fn put_image(&mut self, mut image: Image) -> Image {
        image.metadata.resource_version = self.next_version();
        self.images.insert(image.metadata.name.clone(), image.clone());
        image
    }

    /// Removes an image.
    pub(crate) fn remove_image(&mut self, name: &str) -> Option<Image> {
        self.images.remove(name)
    }

    /// An object of a resource.
    pub(crate) fn object(&self, resource: &'static str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(resource)?.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The objects of a resource in a namespace, or all of them when it is empty.
    pub(crate) fn objects(&self, resource: &'static str, namespace: &str) -> impl Iterator<Item = &Value> {
        let all = self.objects.get(resource).into_iter().flatten();
        all.filter(move |((in_namespace, _), _)| namespace.is_empty() || in_namespace == namespace)
            .map(|(_, object)| object)
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
        object
    }

    /// Removes an object.
    pub(crate) fn remove_object(&mut self, resource: &'static str, namespace: &str, name: &str) -> Option<Value> {
        self.objects.get_mut(resource)?.remove(&(namespace.to_owned(), name.to_owned()))
    }

    /// Removes everything in a namespace.
    pub(crate) fn empty_namespace(&mut self, namespace: &str) {
        self.streams.retain(|(in_namespace, _), _| in_namespace != namespace);
        for objects in self.objects.values_mut() {
            objects.retain(|(in_namespace, _), _| in_namespace != namespace);
        }
    }
}
