//! Everything that the server remembers, in memory.
//!
//! One lock guards it all: every operation is short, and no registry is contacted while it is held.

pub(crate) mod history;
pub(crate) mod image_ids;
mod namespaces;
pub(crate) mod seed;
pub(crate) mod stream;
pub(crate) mod tracking;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use history::{Change, History, Stored, TooOld};
pub(crate) use namespaces::{Namespaces, Phase};
use serde_json::Value;
use tokio::sync::watch;

use super::model::{image::Image, image_stream::ImageStream, meta::new_uid, time::Time};

/// Namespace and name of an object; the namespace of a cluster-wide one is empty.
pub(crate) type Key = (String, String);

/// The streams, as changes call the resource.
pub(crate) const STREAMS: &str = "imagestreams";
/// The images, as changes call the resource.
pub(crate) const IMAGES: &str = "images";
/// The namespaces, as changes call the resource.
pub(crate) const NAMESPACES: &str = "namespaces";

type Objects = BTreeMap<&'static str, BTreeMap<Key, Arc<Value>>>;

/// The store of one server.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<State>);

/// What is in a store.
#[derive(Debug, Default)]
pub(crate) struct State {
    version: u64,
    streams: BTreeMap<Key, Arc<ImageStream>>,
    images: BTreeMap<String, Arc<Image>>,
    /// When each image was stored.
    image_times: BTreeMap<String, Instant>,
    /// Objects that the server keeps as they are, by resource.
    objects: Objects,
    /// The objects as they were after each of the last changes, where the server follows them late.
    past: VecDeque<(Instant, Objects)>,
    lag: Duration,
    namespaces: Namespaces,
    history: History,
    /// The version of the last change, for those who wait for one.
    changed: watch::Sender<u64>,
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

    /// Makes the change known that made the newest version.
    fn record(&mut self, resource: &'static str, before: Option<Stored>, after: Option<Stored>) {
        let version = self.version;
        self.history.push(Change { version, resource, before, after });
        self.changed.send_replace(version);
    }

    /// The last changes.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// The version of the store, as it changes.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The number of the last change.
    pub(crate) fn version_number(&self) -> u64 {
        self.version
    }

    /// The objects of a resource in a namespace, or all of them when it is empty, in order.
    pub(crate) fn stored(&self, resource: &'static str, namespace: &str) -> Vec<Stored> {
        let is_in = |object: &Stored| namespace.is_empty() || object.namespace() == namespace;
        let mut objects: Vec<Stored> = match resource {
            STREAMS => self.streams.values().cloned().map(Stored::Stream).filter(is_in).collect(),
            IMAGES => self.images.values().cloned().map(Stored::Image).collect(),
            NAMESPACES => self.namespaces.list().into_iter().map(Arc::new).map(Stored::Object).collect(),
            _ => {
                let objects = self.objects.get(resource).into_iter().flat_map(BTreeMap::values);
                objects.cloned().map(Stored::Object).filter(is_in).collect()
            }
        };
        objects.sort_by(Stored::order);
        objects
    }

    /// The same objects as they were at an earlier version.
    pub(crate) fn stored_at(
        &self,
        resource: &'static str,
        namespace: &str,
        version: u64,
    ) -> Result<Vec<Stored>, TooOld> {
        if version == self.version {
            return Ok(self.stored(resource, namespace));
        }
        let key = |object: &Stored| (object.namespace().to_owned(), object.name().to_owned());
        let now = self.stored(resource, namespace).into_iter();
        let mut objects: BTreeMap<Key, Stored> = now.map(|object| (key(&object), object)).collect();
        let changes = self.history.since(version)?.filter(|change| change.resource == resource);
        for change in changes.rev() {
            if let Some(after) = &change.after {
                objects.remove(&key(after));
            }
            if let Some(before) = &change.before {
                objects.insert(key(before), before.clone());
            }
        }
        objects.retain(|(in_namespace, _), _| namespace.is_empty() || in_namespace == namespace);
        let mut objects: Vec<Stored> = objects.into_values().collect();
        objects.sort_by(Stored::order);
        Ok(objects)
    }

    /// An object of any resource.
    pub(crate) fn find(&self, resource: &'static str, namespace: &str, name: &str) -> Option<Stored> {
        let key = || (namespace.to_owned(), name.to_owned());
        match resource {
            STREAMS => self.streams.get(&key()).cloned().map(Stored::Stream),
            IMAGES => self.images.get(name).cloned().map(Stored::Image),
            NAMESPACES => self.namespaces.get(name).map(Arc::new).map(Stored::Object),
            _ => self.objects.get(resource)?.get(&key()).cloned().map(Stored::Object),
        }
    }

    /// Stores an object of any resource but namespaces, which have phases of their own.
    pub(crate) fn put(&mut self, resource: &'static str, object: Stored) -> Stored {
        match object {
            Stored::Stream(stream) => Stored::Stream(Arc::new(self.put_stream(Arc::unwrap_or_clone(stream)))),
            Stored::Image(image) => Stored::Image(Arc::new(self.put_image(Arc::unwrap_or_clone(image)))),
            Stored::Object(ref object_value) => {
                let key = (object.namespace().to_owned(), object.name().to_owned());
                Stored::Object(Arc::new(self.put_object(resource, key, Value::clone(object_value))))
            }
        }
    }

    /// Removes an object of any resource but namespaces, which have phases of their own.
    pub(crate) fn remove(&mut self, resource: &'static str, namespace: &str, name: &str) {
        match resource {
            STREAMS => drop(self.remove_stream(namespace, name)),
            IMAGES => drop(self.remove_image(name)),
            _ => drop(self.remove_object(resource, namespace, name)),
        }
    }

    /// A stream.
    pub(crate) fn stream(&self, namespace: &str, name: &str) -> Option<&ImageStream> {
        self.streams.get(&(namespace.to_owned(), name.to_owned())).map(Arc::as_ref)
    }

    /// The streams of a namespace, or all of them when it is empty.
    pub(crate) fn streams(&self, namespace: &str) -> impl Iterator<Item = &ImageStream> {
        let streams = self.streams.values().map(Arc::as_ref);
        streams.filter(move |stream| namespace.is_empty() || stream.metadata.namespace == namespace)
    }

    /// Stores a stream under a new version; what is stored already stays as it is.
    pub(crate) fn put_stream(&mut self, mut stream: ImageStream) -> ImageStream {
        let key = (stream.metadata.namespace.clone(), stream.metadata.name.clone());
        if self.streams.get(&key).is_some_and(|stored| **stored == stream) {
            return stream;
        }
        stream.metadata.resource_version = self.next_version();
        let stored = Arc::new(stream.clone());
        let before = self.streams.insert(key, Arc::clone(&stored));
        self.record(STREAMS, before.map(Stored::Stream), Some(Stored::Stream(stored)));
        stream
    }

    /// Removes a stream.
    pub(crate) fn remove_stream(&mut self, namespace: &str, name: &str) -> Option<Arc<ImageStream>> {
        let removed = self.streams.remove(&(namespace.to_owned(), name.to_owned()))?;
        self.next_version();
        self.record(STREAMS, Some(Stored::Stream(Arc::clone(&removed))), None);
        Some(removed)
    }

    /// An image.
    pub(crate) fn image(&self, name: &str) -> Option<&Image> {
        self.images.get(name).map(Arc::as_ref)
    }

    /// An image, if it was stored before `horizon`, or at any time.
    pub(crate) fn image_before(&self, name: &str, horizon: Option<Instant>) -> Option<&Image> {
        let is_seen = horizon.is_none_or(|horizon| self.image_times.get(name).is_none_or(|stored| *stored <= horizon));
        self.image(name).filter(|_| is_seen)
    }

    /// Stores an image under a new version.
    pub(crate) fn put_image(&mut self, mut image: Image) -> Image {
        image.metadata.resource_version = self.next_version();
        self.image_times.entry(image.metadata.name.clone()).or_insert_with(Instant::now);
        let stored = Arc::new(image.clone());
        let before = self.images.insert(image.metadata.name.clone(), Arc::clone(&stored));
        self.record(IMAGES, before.map(Stored::Image), Some(Stored::Image(stored)));
        image
    }

    /// Removes an image.
    pub(crate) fn remove_image(&mut self, name: &str) -> Option<Arc<Image>> {
        self.image_times.remove(name);
        let removed = self.images.remove(name)?;
        self.next_version();
        self.record(IMAGES, Some(Stored::Image(Arc::clone(&removed))), None);
        Some(removed)
    }

    /// An object of a resource.
    pub(crate) fn object(&self, resource: &'static str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects.get(resource)?.get(&(namespace.to_owned(), name.to_owned())).map(Arc::as_ref)
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
        let stored = Arc::new(object.clone());
        let before = self.objects.entry(resource).or_default().insert(key, Arc::clone(&stored));
        self.record(resource, before.map(Stored::Object), Some(Stored::Object(stored)));
        self.remember();
        object
    }

    /// Removes an object.
    pub(crate) fn remove_object(&mut self, resource: &'static str, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let removed = self.objects.get_mut(resource)?.remove(&(namespace.to_owned(), name.to_owned()))?;
        self.next_version();
        self.record(resource, Some(Stored::Object(Arc::clone(&removed))), None);
        self.remember();
        Some(removed)
    }

    /// The namespaces.
    pub(crate) fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// Sets whether namespaces exist that were never created, and creates `default`.
    pub(crate) fn start_namespaces(&mut self, lenient: bool) {
        self.namespaces.start(lenient);
        self.create_namespace("default", &Value::Null);
    }

    /// Makes a namespace; `None` if there is one already. One that was only assumed can be made.
    pub(crate) fn create_namespace(&mut self, name: &str, object: &Value) -> Option<Value> {
        let created = self.namespaces.create(name, object, self.version + 1)?;
        self.next_version();
        self.record(NAMESPACES, None, Some(Stored::Object(Arc::new(created.clone()))));
        Some(created)
    }

    /// Deletes a namespace, with everything in it once it is gone; how it is then. `None` if no such namespace exists.
    pub(crate) fn delete_namespace(&mut self, name: &str) -> Option<Phase> {
        let before = self.namespaces.get(name);
        let phase = self.namespaces.delete(name, self.version + 1)?;
        if phase == Phase::Missing {
            self.empty_namespace(name);
        }
        self.next_version();
        let after = self.namespaces.get(name).filter(|_| phase != Phase::Missing);
        let stored = |namespace: Value| Stored::Object(Arc::new(namespace));
        self.record(NAMESPACES, before.map(stored), after.map(stored));
        Some(phase)
    }

    fn empty_namespace(&mut self, namespace: &str) {
        let streams: Vec<String> = self.streams(namespace).map(|stream| stream.metadata.name.clone()).collect();
        for name in streams {
            self.remove_stream(namespace, &name);
        }
        let resources: Vec<&'static str> = self.objects.keys().copied().collect();
        for resource in resources {
            let objects = self.objects(resource, namespace).filter_map(|object| object["metadata"]["name"].as_str());
            let names: Vec<String> = objects.map(str::to_owned).collect();
            for name in names {
                self.remove_object(resource, namespace, &name);
            }
        }
    }
}

fn in_namespace_of<'a>(
    objects: &'a Objects,
    resource: &'static str,
    namespace: &str,
) -> impl Iterator<Item = &'a Value> {
    let all = objects.get(resource).into_iter().flatten();
    all.filter(move |((in_namespace, _), _)| namespace.is_empty() || in_namespace == namespace)
        .map(|(_, object)| object.as_ref())
}
