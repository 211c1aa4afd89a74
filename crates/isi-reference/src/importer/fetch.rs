//! Fetching images: from the mirrors of a registry and from itself, with everything that belongs to them.

use std::collections::{HashMap, HashSet};

use super::{
    Import, Keyring,
    by_repository::Repository,
    connection::{Connection, is_digest},
    failure::{self, FetchError, ImportFailure},
    image,
    manifest::{Manifest, ManifestList},
    select::Platform,
};
use crate::{behaviour::Behaviour, error::ApiError, image_reference::ImageReference, model::image::Image};

type Result<T> = std::result::Result<T, ImportFailure>;

/// The conversations of one import: at most one with each repository.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    pub(crate) import: &'a Import<'a>,
    connections: HashMap<String, Connection<'a>>,
    /// Whether the last manifest list had a part that could not be imported.
    broken_list: bool,
    /// Whether something was given up that is neither a success nor a failure.
    pub(crate) unfinished: bool,
}

/// What to import, and how.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// With either a tag or a digest.
    pub(crate) reference: ImageReference,
    pub(crate) insecure: bool,
    pub(crate) platform: Platform,
    /// Whether a manifest list is wanted as a list, with all its parts.
    pub(crate) preserve_lists: bool,
}

/// An imported image.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    pub(crate) image: Image,
    /// The parts of a manifest list.
    pub(crate) manifests: Vec<Image>,
}

impl<'a> Session<'a> {
    /// A session without conversations.
    pub(crate) fn new(import: &'a Import<'a>) -> Self {
        Self { import, connections: HashMap::new(), broken_list: false, unfinished: false }
    }

    /// The behaviour of the server.
    pub(crate) fn behaviour(&self) -> &'a Behaviour {
        &self.import.surroundings.behaviour
    }

    /// The conversation with the repository of `reference`; the outer failure is that of the pull secrets.
    pub(crate) fn connect(
        &mut self,
        reference: &ImageReference,
        insecure: bool,
    ) -> std::result::Result<&mut Connection<'a>, String> {
        let full = reference.with_defaults();
        let key = full.as_repository().exact();
        let path = full.repository_path();
        if path.is_empty() {
            return Err("invalid reference format".to_owned());
        }
        let import = self.import;
        let eager = self.behaviour().eager_connection;
        // Old servers read the secrets only when a registry asks who they are.
        let no_secrets = Keyring::default();
        let keyring = match import.keyring {
            Err(_) if eager => &no_secrets,
            keyring => keyring.as_ref().map_err(Clone::clone)?,
        };
        let host = full.registry_host();
        let known = self.connections.values().find(|known| eager && known.is_to(&host));
        let ping = known.and_then(Connection::ping_result);
        Ok(self.connections.entry(key).or_insert_with(|| {
            let credentials = keyring.lookup(reference).cloned();
            Connection::new(import.surroundings, host, path, insecure, credentials).with_ping(ping)
        }))
    }

    /// Imports one image with its parts.
    pub(crate) async fn import(&mut self, wanted: &Wanted) -> Result<Imported> {
        self.broken_list = false;
        let (manifest, source) = self.manifest(&wanted.reference, wanted.insecure).await?;
        let asked = Some(wanted.reference.digest.as_str()).filter(|digest| !digest.is_empty());
        let image = self.image(manifest, asked, wanted, &source).await?;
        let parts = self.parts(&image, wanted).await;
        self.broken_list = parts.is_err();
        Ok(Imported { image, manifests: parts? })
    }

    /// Whether the last manifest list had a part that could not be imported.
    pub(crate) fn list_was_broken(&self) -> bool {
        self.broken_list
    }

    /// Takes note if a repository was given up.
    pub(crate) fn note_unfinished(&mut self, repository: &Repository) {
        let mut fetches = repository.digests.iter().chain(&repository.tags);
        self.unfinished |= fetches.any(|fetch| fetch.result.is_none());
    }

    /// The parts of a manifest list, each imported for itself.
    async fn parts(&mut self, list: &Image, wanted: &Wanted) -> Result<Vec<Image>> {
        let mut parts = Vec::new();
        for part in &list.docker_image_manifests {
            if !is_digest(&part.digest) {
                return Err(ImportFailure::Other("invalid reference format".to_owned()));
            }
            let wanted = Wanted {
                reference: wanted.reference.with_digest(&part.digest),
                platform: Platform::default(),
                preserve_lists: false,
                insecure: wanted.insecure,
            };
            let (manifest, source) = self.manifest(&wanted.reference, wanted.insecure).await?;
            let mut image = self.image(manifest, Some(&part.digest), &wanted, &source).await?;
            image.docker_image_reference = wanted.reference.exact();
            parts.push(image);
        }
        Ok(parts)
    }

    /// A manifest and the repository that had it: each mirror is tried before the registry itself.
    async fn manifest(&mut self, reference: &ImageReference, insecure: bool) -> Result<(Manifest, ImageReference)> {
        let mut failures = Vec::new();
        for source in self.import.registries.sources(reference) {
            match self.manifest_from(&source, insecure).await {
                Ok(manifest) => return Ok((manifest, source)),
                Err(failure) => failures.push(failure),
            }
        }
        if failures.len() == 1 {
            return Err(failures.remove(0));
        }
        let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
        Err(ImportFailure::Other(format!("[{}]", texts.join(", "))))
    }

    async fn manifest_from(&mut self, source: &ImageReference, insecure: bool) -> Result<Manifest> {
        let behaviour = self.behaviour();
        let connection = self
            .connect(source, insecure)
            .map_err(|error| ImportFailure::Other(format!("{}: {error}", source.normalized())))?;
        let which = if source.digest.is_empty() { &source.with_defaults().tag } else { &source.digest };
        connection.manifest(which).await.map_err(|error| failure::of_image(source, &error, behaviour))
    }

    /// The image of a manifest; one of a list when lists are not wanted as such.
    async fn image(
        &mut self,
        manifest: Manifest,
        asked: Option<&str>,
        wanted: &Wanted,
        source: &ImageReference,
    ) -> Result<Image> {
        let (manifest, asked) = match manifest {
            Manifest::List(list) if wanted.preserve_lists => {
                return image::of_list(&list, asked, self.behaviour()).map_err(ImportFailure::Other);
            }
            Manifest::List(list) => self.entry(&list, asked, wanted, source).await?,
            other => (other, asked.map(str::to_owned)),
        };
        let asked = asked.as_deref();
        let mut image = match &manifest {
            Manifest::Schema1(manifest) => image::of_schema1(manifest, asked, self.behaviour()),
            Manifest::Image(manifest) => {
                let config = self.blob(&manifest.config_digest, wanted, source).await?;
                image::of_manifest(manifest, &config, asked, self.behaviour())
            }
            Manifest::List(_) => {
                Err("unsupported image manifest type: *manifestlist.DeserializedManifestList".to_owned())
            }
        }
        .map_err(ImportFailure::Other)?;
        if image.docker_image_metadata.size == 0 {
            self.ask_for_sizes(&mut image, wanted, source).await?;
        }
        Ok(image)
    }

    /// The entry of a list for the wanted platform, and the digest that it is checked against.
    async fn entry(
        &mut self,
        list: &ManifestList,
        asked: Option<&str>,
        wanted: &Wanted,
        source: &ImageReference,
    ) -> Result<(Manifest, Option<String>)> {
        let behaviour = self.behaviour();
        let Some(entry) = wanted.platform.select(&list.manifests, behaviour.prefers_amd64) else {
            let why = if behaviour.eager_connection {
                format!("no manifests in manifest list {}", wanted.reference.exact())
            } else {
                "no manifests in manifest list".to_owned()
            };
            return Err(failure::of_image(&wanted.reference, &FetchError::Text(why), behaviour));
        };
        let connection = self.connect(source, wanted.insecure).map_err(ImportFailure::Other)?;
        let manifest = connection
            .manifest(&entry.digest)
            .await
            .map_err(|error| failure::of_image(&wanted.reference, &error, behaviour))?;
        let asked = if behaviour.list_by_digest { Some(entry.digest.clone()) } else { asked.map(str::to_owned) };
        Ok((manifest, asked))
    }

    async fn blob(&mut self, digest: &str, wanted: &Wanted, source: &ImageReference) -> Result<bytes::Bytes> {
        let behaviour = self.behaviour();
        let connection = self.connect(source, wanted.insecure).map_err(ImportFailure::Other)?;
        connection.blob(digest).await.map_err(|error| failure::of_image(&wanted.reference, &error, behaviour))
    }

    /// Asks the registry for the sizes of layers, which old manifests do not say.
    async fn ask_for_sizes(&mut self, image: &mut Image, wanted: &Wanted, source: &ImageReference) -> Result<()> {
        let import = self.import;
        let connection = self.connect(source, wanted.insecure).map_err(ImportFailure::Other)?;
        let mut seen = HashSet::new();
        let mut total = 0;
        for layer in image.docker_image_layers.as_mut_slice() {
            if !seen.insert(layer.name.clone()) {
                continue;
            }
            let size = match import.layer_sizes.get(&layer.name) {
                Some(size) => size,
                None => {
                    let size = connection.blob_size(&layer.name).await;
                    let size = size.map_err(|error| ImportFailure::Other(error.to_string()))?;
                    import.layer_sizes.insert(&layer.name, size);
                    size
                }
            };
            layer.size = size;
            total += size;
        }
        image.docker_image_metadata.size = total;
        Ok(())
    }
}

/// The failure of a registry that is not to be contacted.
pub(crate) fn blocked(reference: &ImageReference) -> ImportFailure {
    let nothing = crate::error::Resource::core("");
    ImportFailure::Known(ApiError::forbidden(nothing, "", &format!("registry {} blocked", reference.registry)))
}
