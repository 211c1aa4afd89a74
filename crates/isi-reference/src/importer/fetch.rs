//! Fetching images: from the mirrors of a registry and from itself, with everything that belongs to them.

use std::collections::HashSet;

use bytes::Bytes;

use super::{
    failure::ImportFailure,
    image::{self, ImageError},
    import_run::{Completion, Import},
    platform::Platform,
};
use crate::{
    behaviour::Behaviour,
    error::ApiError,
    fetch_strategy::FetchStrategy,
    field::FieldError,
    image_reference::{DigestReference, ImageReference},
    model::{image::Image, status::Status},
    options::ImportMode,
    registry_client::{FetchError, Manifest, ManifestList, ManifestName, Session, TransportSecurity},
};

type Result<T> = std::result::Result<T, ImportFailure>;

/// Fetches the images of one import.
#[derive(Debug)]
pub(crate) struct ImageFetcher<'a> {
    pub(crate) import: &'a Import<'a>,
    pub(crate) session: Session<'a>,
    last_list: LastList,
    completion: Completion,
}

/// The last manifest list that was kept with all its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastList {
    Whole,
    /// A part could not be imported.
    Broken,
}

/// An image to fetch.
#[derive(Debug, Clone)]
pub(crate) struct WantedImage {
    /// With either a tag or a digest.
    pub(crate) reference: ImageReference,
    pub(crate) security: TransportSecurity,
    pub(crate) platform: Platform,
    /// Whether a manifest list is kept, with all its parts.
    pub(crate) mode: ImportMode,
}

/// An image that was fetched.
#[derive(Debug, Clone)]
pub(crate) struct FetchedImage {
    pub(crate) image: Image,
    /// The parts of a manifest list.
    pub(crate) parts: Vec<Image>,
}

impl<'a> ImageFetcher<'a> {
    /// A fetcher that has asked nothing yet.
    pub(crate) fn new(import: &'a Import<'a>) -> Self {
        let session = Session::new(import.context, import.keyring);
        Self { import, session, last_list: LastList::Whole, completion: Completion::Complete }
    }

    /// The behaviour of the server.
    pub(crate) fn behaviour(&self) -> &'a Behaviour {
        &self.import.context.behaviour
    }

    /// Whether everything was tried so far.
    pub(crate) fn completion(&self) -> Completion {
        self.completion
    }

    /// Whether the last manifest list had a part that could not be imported.
    pub(crate) fn last_list_was_broken(&self) -> bool {
        self.last_list == LastList::Broken
    }

    /// Notes that something was given up before it was tried.
    pub(crate) fn give_up(&mut self) {
        self.completion = Completion::GivenUp;
    }

    /// A reference as clients write it. The legacy name `*` names no image, and no repository either.
    pub(crate) fn parse(&self, name: &str) -> std::result::Result<ImageReference, Status> {
        if name == "*" {
            return Ok(ImageReference { name: Some(name.to_owned()), ..ImageReference::default() });
        }
        self.behaviour().parse_reference(name).map_err(|error| {
            let error = FieldError::invalid("from.name", name, format!("invalid name: {error}"));
            ApiError::invalid("", "", "", &[error], true).into_status()
        })
    }

    /// Fetches one image with its parts.
    pub(crate) async fn fetch(&mut self, wanted: &WantedImage) -> Result<FetchedImage> {
        self.last_list = LastList::Whole;
        let (manifest, source) = self.manifest(&wanted.reference, wanted.security).await?;
        let asked = wanted.reference.digest.clone();
        let image = self.image(manifest, asked, wanted, &source).await?;
        let parts = self.parts(&image, wanted).await;
        self.last_list = if parts.is_ok() { LastList::Whole } else { LastList::Broken };
        Ok(FetchedImage { image, parts: parts? })
    }

    /// The parts of a manifest list, each fetched by itself.
    async fn parts(&mut self, list: &Image, wanted: &WantedImage) -> Result<Vec<Image>> {
        let mut parts = Vec::new();
        for part in &list.docker_image_manifests {
            let digest = DigestReference::parse(&part.digest).ok_or(ImportFailure::PartReference)?;
            let wanted = WantedImage {
                reference: wanted.reference.with_digest(digest.clone()),
                platform: Platform::default(),
                mode: ImportMode::Legacy,
                security: wanted.security,
            };
            let (manifest, source) = self.manifest(&wanted.reference, wanted.security).await?;
            let mut image = self.image(manifest, Some(digest), &wanted, &source).await?;
            image.docker_image_reference = wanted.reference.exact();
            parts.push(image);
        }
        Ok(parts)
    }

    /// A manifest and the repository that had it: each mirror is tried before the registry itself.
    async fn manifest(
        &mut self,
        reference: &ImageReference,
        security: TransportSecurity,
    ) -> Result<(Manifest, ImageReference)> {
        let mut failures = Vec::new();
        for source in self.import.registries.sources(reference) {
            match self.manifest_from(&source, security).await {
                Ok(manifest) => return Ok((manifest, source)),
                Err(failure) => failures.push(failure),
            }
        }
        Err(if failures.len() == 1 { failures.remove(0) } else { ImportFailure::AllSources(failures) })
    }

    async fn manifest_from(&mut self, source: &ImageReference, security: TransportSecurity) -> Result<Manifest> {
        let behaviour = self.behaviour();
        let failed = |error| ImportFailure::of_image(source, error, behaviour);
        let connection = self
            .session
            .connect(source, security)
            .map_err(|error| ImportFailure::Connect { image: Some(source.normalized()), error })?;
        let name = ManifestName::of(source);
        connection.manifest(&name).await.map_err(failed)
    }

    /// The image of a manifest; one of a list when lists are not kept. `asked` is the digest that it is checked against.
    async fn image(
        &mut self,
        manifest: Manifest,
        asked: Option<DigestReference>,
        wanted: &WantedImage,
        source: &ImageReference,
    ) -> Result<Image> {
        let behaviour = self.behaviour();
        let (manifest, asked) = match manifest {
            Manifest::List(list) if wanted.mode == ImportMode::PreserveOriginal => {
                return Ok(image::of_list(&list, asked.as_ref(), behaviour)?);
            }
            Manifest::List(list) => self.entry(&list, asked, wanted, source).await?,
            other => (other, asked),
        };
        let mut image = match &manifest {
            Manifest::Schema1(manifest) => image::of_schema1(manifest, asked.as_ref(), behaviour)?,
            Manifest::Image(manifest) => {
                let config = self.blob(&manifest.config_digest, wanted, source).await?;
                image::of_manifest(manifest, &config, asked.as_ref(), behaviour)?
            }
            Manifest::List(_) => return Err(ImageError::NestedList.into()),
        };
        if image.docker_image_metadata.size == 0 {
            self.ask_for_sizes(&mut image, wanted, source).await?;
        }
        Ok(image)
    }

    /// The entry of a list for the wanted platform, and the digest that it is checked against.
    async fn entry(
        &mut self,
        list: &ManifestList,
        asked: Option<DigestReference>,
        wanted: &WantedImage,
        source: &ImageReference,
    ) -> Result<(Manifest, Option<DigestReference>)> {
        let behaviour = self.behaviour();
        let failed = |error| ImportFailure::of_image(&wanted.reference, error, behaviour);
        let Some(entry) = wanted.platform.select(&list.manifests, behaviour) else {
            let names_list = behaviour.fetch_strategy == FetchStrategy::RepositoryFirst;
            return Err(failed(FetchError::EmptyList { list: names_list.then(|| wanted.reference.exact()) }));
        };
        let connection = self.session.connect(source, wanted.security)?;
        let digest = DigestReference::parse(&entry.digest).ok_or_else(|| failed(FetchError::DigestFormat))?;
        let name = ManifestName::Digest(digest.clone());
        let manifest = connection.manifest(&name).await.map_err(failed)?;
        Ok((manifest, if behaviour.list_by_digest { Some(digest) } else { asked }))
    }

    async fn blob(&mut self, digest: &str, wanted: &WantedImage, source: &ImageReference) -> Result<Bytes> {
        let behaviour = self.behaviour();
        let connection = self.session.connect(source, wanted.security)?;
        connection.blob(digest).await.map_err(|error| ImportFailure::of_image(&wanted.reference, error, behaviour))
    }

    /// Asks the registry for the sizes of layers, which old manifests do not say.
    async fn ask_for_sizes(&mut self, image: &mut Image, wanted: &WantedImage, source: &ImageReference) -> Result<()> {
        let import = self.import;
        let connection = self.session.connect(source, wanted.security)?;
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
                    let size = size.map_err(|error| ImportFailure::Fetch { image: None, error: Box::new(error) })?;
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
