//! The registry without a network: a request in, an answer out.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use http::{HeaderName, HeaderValue, request::Parts};

#[cfg(feature = "wiremock")]
use super::route::Route;
use super::{
    answer::Delivery,
    auth::Tokens,
    clock::Clock,
    exchange::Exchange,
    fault::Faults,
    finding::Finding,
    folder::{self, FolderError},
    hold::check_repository,
    journal::{Entry, Journal, Listener},
    origin::Origin,
    settings::{Behaviour, Settings},
    shelf::Shelf,
    store::{Store, Uploads},
};
use crate::{
    fixture::{
        BuildError, ContradictoryQuirks, Fault, Image, ImageCatalogue, Images, NoOpenPgp, RegistryFixture, Salt,
        SignatureWay,
    },
    variable::{Part, Variable, elsewhere, template},
};
use oci_types::Digest;

/// How many journal entries are kept unless another limit is set.
pub const JOURNAL_LIMIT: usize = 10_000;

/// A registry without a network. All of its methods can be called at any time from any thread.
#[derive(Debug)]
pub struct Core {
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
    /// What loaded folders do not hold.
    notes: Mutex<Vec<String>>,
}

/// A fixture names something that is not there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FixtureError {
    /// An image is named that has not been built.
    #[error("there is no image `{0}` among those of this registry")]
    Image(String),
    /// An image cannot be built.
    #[error(transparent)]
    Recipe(#[from] BuildError),
    /// A repository has a name that no client can ask for.
    #[error(
        "`{0}` cannot be the name of a repository: expected lower-case letters, digits and single separators (`.`, `_`, \
         `__`, `-`) between them, in parts that `/` separates, such as `lib/app`"
    )]
    RepositoryName(String),
    /// A tag has a name that no client can ask for.
    #[error(
        "`{0}` cannot be a tag: expected at most 128 letters, digits, `_`, `.` and `-`, and no `.` or `-` at the start, \
         such as `v1.0`"
    )]
    TagName(String),
    /// A text asks for a content that the image does not have.
    #[error("`{{{{{0}}}}}` names nothing that image has")]
    Content(String),
    /// Two quirks contradict each other.
    #[error(transparent)]
    Quirks(#[from] ContradictoryQuirks),
    /// A folder cannot be served.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A signature is to sign an image that no repository holds.
    #[error("no repository holds image `{0}`, which is to be signed (hint: put it into `repositories` or `untagged`)")]
    HeldNowhere(String),
    /// A signature is to sign an image that its repository does not hold.
    #[error("repository `{repository}` does not hold image `{image}`, which is to be signed there")]
    NotHeld {
        /// The image.
        image: String,
        /// The repository.
        repository: String,
    },
    /// A signature takes OpenPGP.
    #[error(transparent)]
    OpenPgp(#[from] NoOpenPgp),
    /// A fault sets a header that HTTP cannot carry.
    #[error("fault `{fault}` cannot set the header `{name}` to {value:?}: HTTP cannot carry it")]
    Header {
        /// The fault's name.
        fault: String,
        /// The name of the header.
        name: String,
        /// Its value, variables filled in.
        value: String,
    },
    /// A pattern is invalid once its variables have values.
    #[error(transparent)]
    Pattern(#[from] crate::fixture::ParsePatternError),
}

impl Core {
    /// A registry that holds what `fixture` says. `host` is the name (with port) by which clients reach it, `secure`
    /// whether they do so over TLS: both go into the URLs that the registry hands out.
    ///
    /// # Errors
    /// When the fixture names an image that is not among `images`.
    pub fn new(fixture: &RegistryFixture, images: Images, host: String, secure: bool) -> Result<Self, FixtureError> {
        Self::with_recipes(fixture, images, ImageCatalogue::default(), Salt::default(), host, secure)
    }

    /// The same, with recipes for images that are asked for later, and the salt with which they are built.
    pub(super) fn with_recipes(
        fixture: &RegistryFixture,
        images: Images,
        catalogue: ImageCatalogue,
        salt: Salt,
        host: String,
        secure: bool,
    ) -> Result<Self, FixtureError> {
        let (clock, origin) = (Clock::default(), Origin::new(host, secure, fixture.behind_proxy));
        let tokens = Arc::new(Tokens::new(clock.clone()));
        let behaviour = Behaviour {
            quirks: fixture.quirks,
            auth: fixture.auth.clone(),
            tags: fixture.tags.clone(),
            read_only: fixture.read_only,
        };
        let settings = Settings::new(behaviour, origin.clone(), tokens.clone())?;
        let core = Self {
            store: RwLock::default(),
            uploads: Uploads::default(),
            shelf: Mutex::new(Shelf::new(images, catalogue, salt)),
            origin,
            faults: Faults::new(clock.clone()),
            clock,
            tokens,
            settings: RwLock::new(Arc::new(settings)),
            pulls: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            journal: Journal::new(JOURNAL_LIMIT),
            has_signatures: AtomicBool::new(false),
            notes: Mutex::default(),
        };
        for (repository, tags) in &fixture.repositories {
            core.add_repository(repository)?;
            for (tag, image) in tags {
                core.tag_image(repository, tag, image)?;
            }
        }
        for (repository, images) in &fixture.untagged {
            for image in images {
                core.add_image(repository, image)?;
            }
        }
        for (repository, folder) in &fixture.folders {
            check_repository(repository)?;
            let missing = folder::load(core.store_mut().repository_mut(repository), folder)?;
            core.note(missing);
        }
        for signature in &fixture.signatures {
            core.sign(signature)?;
        }
        if let Some(folder) = &fixture.lookaside {
            folder::load_lookaside(&mut core.store_mut().signatures, folder)?;
            core.announce_signatures();
        }
        for fault in &fixture.faults {
            core.arm(fault.clone())?;
        }
        Ok(core)
    }

    /// Tells `listener` of every request as it is answered.
    pub(super) fn on_request(&mut self, listener: Listener) {
        self.journal.listen(listener);
    }

    /// Adds the images of every folder and archive below `root`, each as the repository that its path names: what
    /// [`save`](Self::save) writes, and OCI layouts, `docker save`s and skopeo `dir:`s of other tools, unpacked or as `.tar`.
    /// `root` may be one of these itself. Signatures beside them, as in a lookaside folder, are found in every way.
    ///
    /// # Errors
    /// When nothing below `root` is such a folder, or one cannot be read.
    pub fn load(&self, root: &Path) -> Result<(), FolderError> {
        let missing = folder::load_all(&mut self.store_mut(), root)?;
        self.note(missing);
        self.announce_signatures();
        Ok(())
    }

    /// Adds the images of a folder or an archive to a repository.
    ///
    /// # Errors
    /// When no client can ask for a repository of this name, or the folder cannot be read.
    pub fn load_into(&self, repository: &str, path: &Path) -> Result<(), FixtureError> {
        check_repository(repository)?;
        let missing = folder::load(self.store_mut().repository_mut(repository), path)?;
        self.note(missing);
        Ok(())
    }

    /// What the images of loaded folders name and the folders do not hold, a line each.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, notes: Vec<String>) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).extend(notes);
    }

    /// Writes all repositories as OCI layouts, each into the folder of its name below `root`, and the signatures of their
    /// images beside them, so that `root` is a lookaside folder, too.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, root: &Path) -> Result<(), FolderError> {
        folder::save(&self.store(), root)
    }

    /// Adds a fault behind those that are armed. Returns its number, by which it can be [disarmed](Self::disarm).
    ///
    /// # Errors
    /// When the fault names an image that this registry does not know.
    pub fn arm(&self, mut fault: Fault) -> Result<u64, FixtureError> {
        let name = fault.name().to_owned();
        fault.when = self.fill(fault.when.text())?.parse()?;
        fault.name = Some(name);
        for text in [&mut fault.redirect, &mut fault.body] {
            *text = text.as_deref().map(|text| self.fill(text)).transpose()?;
        }
        for value in fault.headers.values_mut().flatten() {
            *value = self.fill(value)?;
        }
        let location = fault.redirect.as_deref().map(|location| ("Location", location));
        let set = fault.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)));
        for (name, value) in set.chain(location) {
            if HeaderName::try_from(name).is_err() || HeaderValue::from_str(value).is_err() {
                let (name, value) = (name.to_owned(), value.to_owned());
                return Err(FixtureError::Header { fault: fault.name().to_owned(), name, value });
            }
        }
        let swapped = fault.image.as_deref().map(|name| self.image(name)).transpose()?;
        let swapped = swapped.map(|image| image.manifest.clone());
        Ok(self.faults.arm(fault, swapped))
    }

    /// The latest tokens that the token endpoint gave, the oldest first: for the redaction of logs.
    #[must_use]
    pub fn issued_tokens(&self) -> Vec<String> {
        self.tokens.issued()
    }

    /// The journal from entry `first` on, as far as it is kept.
    #[must_use]
    pub fn journal(&self, first: u64) -> Vec<Entry> {
        self.journal.since(first)
    }

    /// The names of the faults that should fire and have not yet.
    #[must_use]
    pub fn unfired_faults(&self) -> Vec<String> {
        self.faults.unfired()
    }

    /// The names of the faults that should never fire and have.
    #[must_use]
    pub fn misfired_faults(&self) -> Vec<String> {
        self.faults.misfired()
    }

    /// Unmet expectations: faults that should have fired and have not, or the reverse, and unexpected
    /// requests, of which the first hundred are remembered. A test can say
    /// `assert_eq!(registry.findings(), [])` at its end.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let unfired = self.unfired_faults().into_iter().map(Finding::Unfired);
        let misfired = self.misfired_faults().into_iter().map(Finding::Misfired);
        let unexpected = self.journal.unexpected().into_iter().map(|entry| Finding::Unexpected(Box::new(entry)));
        let malformed = Some(self.malformed.load(Ordering::Relaxed)).filter(|count| *count > 0);
        unfired.chain(misfired).chain(unexpected).chain(malformed.map(Finding::Malformed)).collect()
    }

    /// Notes that a connection said something that is no HTTP.
    pub(super) fn note_malformed(&self) {
        self.malformed.fetch_add(1, Ordering::Relaxed);
    }

    /// A repository and a tag that can be pulled, such as `lib/app:v1`; none while nothing is tagged.
    #[must_use]
    pub fn first_tag(&self) -> Option<String> {
        let store = self.store();
        let tags =
            store.repositories().iter().find_map(|(name, repository)| Some((name, repository.tags.iter().next()?)));
        tags.map(|(name, (tag, _))| format!("{name}:{tag}"))
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

    /// Says from now on that there are signatures to be found through OpenShift's extension, if there are.
    pub(super) fn announce_signatures(&self) {
        let any = self.store().signatures.any(SignatureWay::Extension);
        self.has_signatures.fetch_or(any, Ordering::Relaxed);
    }

    /// Whether answers announce OpenShift's extension for signatures.
    pub(super) fn announces_signatures(&self, settings: &Settings) -> bool {
        settings.policies.response.signature_extension || self.has_signatures.load(Ordering::Relaxed)
    }

    /// Whether a path is one that registries have, or that this one has beside them: where tokens are given, say.
    #[cfg(feature = "wiremock")]
    pub(super) fn has_path(&self, path: &str) -> bool {
        path == "/v2" || path.starts_with("/v2/") || self.settings().route(path) != Route::Unknown
    }

    /// Begins to answer a request: its body is handed to the [`Exchange`] piece by piece.
    pub fn begin<'a>(&'a self, request: &'a Parts) -> Exchange<'a> {
        Exchange::begin(self, request)
    }

    /// Answers a request whose body is at hand.
    pub fn respond(&self, request: &Parts, body: &[u8]) -> Delivery {
        let mut exchange = self.begin(request);
        exchange.receive(body);
        exchange.finish()
    }

    /// `text` with its variables replaced.
    pub(super) fn fill(&self, text: &str) -> Result<String, FixtureError> {
        template::replace(text, |name| match name.parse() {
            Ok(Variable::Registry) => Ok(Some(self.host().to_owned())),
            Ok(Variable::Elsewhere) => Ok(Some(elsewhere(self.host()))),
            Ok(Variable::Digest { image, part, .. }) => {
                let digest = self.digest(&image, part)?;
                let digest = digest.ok_or_else(|| FixtureError::Content(name.to_owned()))?;
                Ok(Some(digest.to_string()))
            }
            Ok(_) | Err(_) => Ok(None),
        })
    }

    fn digest(&self, image: &str, part: Part) -> Result<Option<Digest>, FixtureError> {
        let image = self.image(image)?;
        Ok(match part {
            Part::Manifest => Some(image.digest.clone()),
            Part::Config => image.config.as_ref().map(|config| config.digest.clone()),
            Part::Layer(position) => image.layers.get(position).map(|layer| layer.digest.clone()),
        })
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
