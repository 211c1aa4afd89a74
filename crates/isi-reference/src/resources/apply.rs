//! Writing what was imported: images, and the stream that they are tags of.

use std::collections::HashMap;

use super::{imports::IMPORTS, write};
use crate::{
    api::Api,
    error::{ApiError, Result},
    image_reference::{ImageReference, Tag},
    model::{
        image::Image,
        image_stream::{
            ImageStream, REPOSITORY_CHECK, TagCondition, TagEvent, TagHistory, TagImportPolicy, TagReference,
            TagReferencePolicy,
        },
        import::{ImageImportStatus, ImageStreamImport},
        meta::ObjectReference,
        time::Time,
    },
    storage::{stream::Writer as By, tracking},
    validation,
};

/// The tag that an imported image goes to.
struct Destination<'a> {
    tag: &'a str,
    from: String,
    import_policy: &'a TagImportPolicy,
    reference_policy: &'a TagReferencePolicy,
}

/// A stream while it takes what was imported.
struct StreamWriter<'a> {
    api: &'a Api,
    stream: ImageStream,
    generation: i64,
    now: Time,
    /// The images that this request has stored, by name.
    stored: HashMap<String, Image>,
}

/// Writes what was imported into `stream`, or into a new one.
pub(crate) fn apply(api: &Api, import: &mut ImageStreamImport, stream: Option<ImageStream>) -> Result<()> {
    let original = stream.clone();
    let stream = stream.unwrap_or_else(|| {
        let mut stream = ImageStream::default();
        stream.metadata.name.clone_from(&import.metadata.name);
        stream.metadata.namespace.clone_from(&import.metadata.namespace);
        stream
    });
    let generation = stream.metadata.generation + 1;
    let mut writer = StreamWriter { api, stream, generation, now: Time::now(), stored: HashMap::new() };
    writer.take_repository(import)?;
    writer.take_images(import)?;
    clear_manifests(import);
    import.status.import = Some(writer.write(original)?);
    Ok(())
}

/// Drops raw manifests and configs that were not asked for. Those of the parts of lists stay.
pub(crate) fn clear_manifests(import: &mut ImageStreamImport) {
    for (spec, status) in import.spec.images.iter().zip(&mut import.status.images) {
        if let Some(image) = status.image.as_mut().filter(|_| !spec.include_manifest) {
            image.clear_raw();
        }
    }
    let includes = import.spec.repository.as_ref().is_none_or(|repository| repository.include_manifest);
    let images = import.status.repository.iter_mut().flat_map(|repository| &mut repository.images);
    for image in images.filter_map(|status| status.image.as_mut()).filter(|_| !includes) {
        image.clear_raw();
    }
}

impl StreamWriter<'_> {
    fn take_repository(&mut self, import: &mut ImageStreamImport) -> Result<()> {
        let (Some(spec), Some(status)) = (&import.spec.repository, &mut import.status.repository) else {
            return Ok(());
        };
        for image in &mut status.images {
            if image.image.is_none() || !image.status.is_success() {
                let tag = image.tag.clone();
                self.fail(image, &tag);
                continue;
            }
            let Ok(from) = spec.from.name.parse::<ImageReference>() else { continue };
            let tag = image.tag.clone();
            let destination = Destination {
                tag: &tag,
                from: ImageReference { tag: Tag::written(&tag), ..from.as_repository() }.exact(),
                import_policy: &spec.import_policy,
                reference_policy: &spec.reference_policy,
            };
            self.succeed(image, &destination)?;
        }
        Ok(())
    }

    fn take_images(&mut self, import: &mut ImageStreamImport) -> Result<()> {
        for (spec, status) in import.spec.images.iter().zip(&mut import.status.images) {
            let Some(to) = &spec.to else { continue };
            let destination = Destination {
                tag: &to.name,
                from: spec.from.name.clone(),
                import_policy: &spec.import_policy,
                reference_policy: &spec.reference_policy,
            };
            if status.image.is_none() || !status.status.is_success() {
                self.fail(status, &to.name);
                if !self.stream.spec.tags.contains_key(&to.name) {
                    self.want(&destination);
                }
            } else {
                self.succeed(status, &destination)?;
            }
        }
        Ok(())
    }

    /// Records that the import of a tag failed, unless that is known already.
    fn fail(&mut self, status: &ImageImportStatus, tag: &str) {
        let message = match status.status.message.as_str() {
            "" => "unknown error prevented import",
            message => message,
        };
        let condition = TagCondition::import_failed(status.status.reason, message, self.generation, self.now);
        let compares_message = self.api.behaviour.condition_compares_message;
        let is_same = |known: &TagCondition| {
            known.kind == condition.kind
                && known.status == condition.status
                && known.reason == condition.reason
                && (known.message == condition.message || !compares_message)
        };
        let history = self.history(tag);
        if history.conditions.iter().any(is_same) {
            return;
        }
        history.conditions = vec![condition];
        if let Some(spec) = self.stream.spec.tags.get_mut(tag) {
            spec.generation = Some(0);
        }
    }

    /// Records that a tag was imported, and stores its images.
    fn succeed(&mut self, status: &mut ImageImportStatus, destination: &Destination<'_>) -> Result<()> {
        let Some(image) = &status.image else { return Ok(()) };
        let event = TagEvent {
            created: Some(self.now),
            docker_image_reference: image.docker_image_reference.clone(),
            image: image.metadata.name.clone(),
            generation: self.generation,
        };
        if self.is_changed(destination.tag, &event) {
            self.want(destination);
            tracking::record(&mut self.stream, destination.tag, event);
        }
        let spec = self.stream.spec.tags.entry(destination.tag.to_owned()).or_default();
        destination.tag.clone_into(&mut spec.name);
        spec.import_policy = destination.import_policy.clone();
        self.history(destination.tag).conditions.clear();
        for part in &mut status.manifests {
            *part = self.store(part)?;
        }
        status.image = status.image.take().map(|image| self.store(&image)).transpose()?;
        Ok(())
    }

    fn is_changed(&self, tag: &str, event: &TagEvent) -> bool {
        let generation = self.stream.spec.tags.get(tag).and_then(|spec| spec.generation);
        let (Some(newest), Some(generation)) = (self.stream.latest(tag), generation) else { return true };
        newest.docker_image_reference != event.docker_image_reference
            || newest.image != event.image
            || generation > newest.generation
    }

    /// Makes a tag come from where it was imported from. What it is pulled by stays.
    fn want(&mut self, destination: &Destination<'_>) {
        let spec = self
            .stream
            .spec
            .tags
            .entry(destination.tag.to_owned())
            .or_insert_with(|| TagReference { name: destination.tag.to_owned(), ..TagReference::default() });
        spec.from = Some(ObjectReference::docker_image(destination.from.clone()));
        spec.generation = Some(0);
        spec.import_policy = destination.import_policy.clone();
        if spec.reference_policy.kind.is_empty() {
            spec.reference_policy = destination.reference_policy.clone();
        }
    }

    fn history(&mut self, tag: &str) -> &mut TagHistory {
        let new = || TagHistory { tag: tag.to_owned(), ..TagHistory::default() };
        self.stream.status.tags.entry(tag.to_owned()).or_insert_with(new)
    }

    /// Stores an image, without its raw manifest. One that is stored already stays as it is; the answer shows the new one.
    fn store(&mut self, image: &Image) -> Result<Image> {
        if let Some(stored) = self.stored.get(&image.metadata.name) {
            return Ok(stored.clone());
        }
        let mut image = image.clone().without_raw();
        image.metadata.fill_system_fields();
        self.api.invalid("Image", &image.metadata.name, &validation::image::check(&image))?;
        let mut state = self.api.store.lock();
        if state.image(&image.metadata.name).is_none() {
            image = state.put_image(image);
        }
        drop(state);
        self.stored.insert(image.metadata.name.clone(), image.clone());
        Ok(image)
    }

    /// Writes the stream, if anything about it is new.
    fn write(mut self, original: Option<ImageStream>) -> Result<ImageStream> {
        let checked = self.now.to_string();
        let Some(original) = original else {
            self.stream.metadata.annotations.insert(REPOSITORY_CHECK.to_owned(), checked);
            return write::create(self.api, self.stream, By::Import, IMPORTS);
        };
        let was_checked = original.metadata.annotations.contains_key(REPOSITORY_CHECK);
        if was_checked && self.stream == original {
            return Ok(original);
        }
        self.stream.metadata.annotations.insert(REPOSITORY_CHECK.to_owned(), checked);
        let stream = self.stream.clone();
        let written = write::update(self.api, stream, &original.metadata.resource_version, By::Import, IMPORTS);
        match written {
            Err(write::Refusal { error, limit_exceeded: true }) => {
                self.record_limit(original, &error);
                Err(error)
            }
            Err(refusal) => Err(refusal.error),
            Ok(stream) => Ok(stream),
        }
    }

    /// Records on each new tag of the stream as it was that a limit kept it out.
    fn record_limit(&self, mut original: ImageStream, error: &ApiError) {
        let status = error.status();
        for tag in self.stream.status.tags.keys() {
            if !original.status.tags.contains_key(tag) {
                let condition = TagCondition::import_failed(status.reason, &status.message, self.generation, self.now);
                let history = TagHistory { tag: tag.clone(), items: Vec::new(), conditions: vec![condition] };
                original.status.tags.insert(tag.clone(), history);
            }
        }
        let version = original.metadata.resource_version.clone();
        let writer = By::Import;
        if let Err(refusal) = write::update(self.api, original, &version, writer, IMPORTS) {
            tracing::debug!(error = %refusal.error, "the limit was not recorded");
        }
    }
}
