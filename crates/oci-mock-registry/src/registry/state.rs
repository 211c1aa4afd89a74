//! What a registry holds and remembers: content, settings, faults, tokens, journal.

use std::sync::{
    Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    atomic::{AtomicBool, AtomicU64},
};

use http::request::Parts;

use super::{
    auth::Tokens,
    capture::Replay,
    clock::Clock,
    fault::Faults,
    fixture_error::FixtureError,
    journal::{Journal, Listener},
    origin::Origin,
    settings::Settings,
    shelf::Shelf,
    store::{Store, Uploads},
};
use crate::fixture::Image;

/// How many journal entries are kept unless another limit is set.
pub const JOURNAL_LIMIT: usize = 10_000;

/// A registry without a network: a request in, an answer out ([`respond`](Self::respond)). All of its methods can be called
/// at any time from any thread.
#[derive(Debug)]
pub struct RegistryState {
    store: RwLock<Store>,
    pub(super) uploads: Uploads,
    pub(super) shelf: Mutex<Shelf>,
    pub(super) origin: Origin,
    pub(super) clock: Clock,
    pub(super) tokens: Arc<Tokens>,
    settings: RwLock<Arc<Settings>>,
    /// How many manifests have been pulled, for the quirks that count them.
    pub(super) pulls: AtomicU64,
    /// How many connections said something that is no HTTP.
    pub(super) malformed: AtomicU64,
    pub(super) faults: Faults,
    pub(super) journal: Journal,
    /// Whether it was given signatures that are found through OpenShift's extension.
    pub(super) has_signatures: AtomicBool,
    /// What a captured folder answers.
    pub(super) replay: OnceLock<Replay>,
    /// What requests are passed to and recorded from.
    #[cfg(feature = "capture")]
    pub(super) proxy: Option<Arc<super::capture::Proxy>>,
    /// How many bytes an archive may unpack to; as its size says if absent.
    pub(super) archive_limit: Option<u64>,
    /// What loaded folders do not hold.
    pub(super) notes: Mutex<Vec<String>>,
}

impl RegistryState {
    /// A registry that holds nothing.
    pub(super) fn empty(settings: Settings, shelf: Shelf, origin: Origin, clock: Clock, tokens: Arc<Tokens>) -> Self {
        Self {
            store: RwLock::default(),
            uploads: Uploads::default(),
            shelf: Mutex::new(shelf),
            origin,
            faults: Faults::new(clock.clone()),
            clock,
            tokens,
            settings: RwLock::new(Arc::new(settings)),
            pulls: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            journal: Journal::new(JOURNAL_LIMIT),
            has_signatures: AtomicBool::new(false),
            replay: OnceLock::new(),
            #[cfg(feature = "capture")]
            proxy: None,
            archive_limit: None,
            notes: Mutex::default(),
        }
    }

    /// Tells `listener` of every request as it is answered.
    pub(super) fn on_request(&mut self, listener: Listener) {
        self.journal.listen(listener);
    }

    /// The base URL by which clients reach the registry, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        self.origin.url()
    }

    /// The base URL by which this client reaches the registry.
    pub(super) fn url_for(&self, request: &Parts) -> String {
        self.origin.url_for(request)
    }

    /// The base URL of the registry as another host than the one by which this client reaches it; none if it has but one.
    pub(super) fn url_elsewhere(&self, request: &Parts) -> Option<String> {
        Some(self.origin.url_elsewhere(request)).filter(|other| *other != self.url_for(request))
    }

    /// Host and port by which clients reach the registry.
    pub(super) fn host(&self) -> &str {
        self.origin.host()
    }

    /// The image with this name, built if need be.
    pub(super) fn image(&self, name: &str) -> Result<Arc<Image>, FixtureError> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner).image(name)
    }

    /// The settings that hold now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_settings(&self, settings: Arc<Settings>) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(super) fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn store_mut(&self) -> RwLockWriteGuard<'_, Store> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }
}
