//! What `imagestreamtags` and `imagetags` share: a write of either changes a tag of a stream's spec, and makes the stream if it
//! is not there.

use super::{name, streams::STREAMS, tags::split, write};
use crate::{
    api::Api,
    error::{ApiError, Result},
    field::FieldError,
    http::options::WriteOptions,
    image_reference::ImageReference,
    model::{
        image_stream::{ImageStream, TagImportPolicy, TagReference, TagReferencePolicy},
        meta::ObjectMeta,
    },
    route::Target,
    storage::stream::Writer,
    validation::image_stream::check_tag,
};

/// Sets what a tag of a stream's spec is where a client does not say it.
pub(super) fn set_defaults(api: &Api, tag: &mut TagReference) {
    set_policy_defaults(api, &mut tag.import_policy, &mut tag.reference_policy);
}

/// Sets what the policies of a tag are, in a spec or in an import, where a client does not say it.
pub(super) fn set_policy_defaults(api: &Api, import: &mut TagImportPolicy, reference: &mut TagReferencePolicy) {
    if reference.kind.is_empty() {
        "Source".clone_into(&mut reference.kind);
    }
    if api.behaviour.import_modes {
        import.import_mode.set_default(api.options.default_import_mode);
    }
}

/// Stream and tag of the name of a new tag; without a tag it is the usual one.
pub(super) fn split_new(full: &str) -> Result<(&str, &str)> {
    match full.split_once(':') {
        Some((of, "")) => Ok((of, "latest")),
        Some(parts) => Ok(parts),
        None => Err(ApiError::failed(format!("{full:?} must be of the form <stream_name>:<tag>"))),
    }
}

/// A stream that a tag is a part of, before the tag is written.
#[derive(Debug)]
pub(super) struct StreamBefore {
    /// The stream, if it is there.
    pub(super) stored: Option<ImageStream>,
    namespace: String,
    name: String,
}

impl StreamBefore {
    /// The stream of this name in the namespace of a request.
    pub(super) fn named(api: &Api, target: &Target, name: &str) -> Self {
        let stored = api.store.lock().stream(&target.namespace, name).cloned();
        Self { stored, namespace: target.namespace.clone(), name: name.to_owned() }
    }

    /// The stream to change: as it is, or a new one with nothing in it.
    pub(super) fn to_change(&self) -> ImageStream {
        self.stored.clone().unwrap_or_else(|| {
            let (name, namespace) = (self.name.clone(), self.namespace.clone());
            let metadata = ObjectMeta { name, namespace, ..ObjectMeta::default() };
            ImageStream { metadata, ..ImageStream::default() }
        })
    }

    /// The stream as it is compared with a write: one that is not there has an identity of its own.
    pub(super) fn to_compare(&self) -> ImageStream {
        let mut stream = self.to_change();
        if self.stored.is_none() {
            stream.metadata.fill_system_fields();
        }
        stream
    }

    /// Refuses to write the tag that a request names if the stream is not at `version`. Without one it is written in any case.
    pub(super) fn check_version(&self, target: &Target, version: &str) -> Result<()> {
        let resource = target.kind.resource();
        match (version, &self.stored) {
            ("", _) => Ok(()),
            (_, None) => Err(ApiError::not_found(resource, name(target))),
            (version, Some(stream)) if version != stream.metadata.resource_version => {
                let newest = &stream.metadata.resource_version;
                let why = format!("another caller has updated the resource version to {newest}");
                Err(ApiError::conflict(resource, name(target), &why))
            }
            _ => Ok(()),
        }
    }

    /// Stores the stream with its changed spec.
    pub(super) fn store(&self, api: &Api, changed: ImageStream, options: &WriteOptions) -> Result<ImageStream> {
        let dry_run = options.dry_run && api.behaviour.dry_run_of_tags;
        let options = WriteOptions { dry_run, ..options.clone() };
        match &self.stored {
            None => write::create_unless_dry(api, changed, &options, STREAMS),
            Some(old) => {
                let version = &old.metadata.resource_version;
                write::update_unless_dry(api, changed, version, &options, Writer::Tag, STREAMS)
            }
        }
    }
}

/// The stream, and the name of the tag, that a request names. `kind` is what errors call it.
pub(super) fn named<'a>(api: &Api, target: &'a Target, kind: &str) -> Result<(StreamBefore, &'a str)> {
    let (of, tag) = split(name(target), kind)?;
    Ok((StreamBefore::named(api, target, of), tag))
}

/// Everything that is wrong with where a tag comes from. `old` is the tag before: the repository that it came from stays allowed.
pub(super) fn check_source(api: &Api, tag: &TagReference, path: &str, old: Option<&TagReference>) -> Vec<FieldError> {
    let mut allowed = api.allow_list.clone();
    let from = old.and_then(|tag| tag.from.as_ref()).filter(|from| from.kind == "DockerImage");
    if let Some(allowed) = &mut allowed
        && let Some(reference) = from.and_then(|from| from.name.parse::<ImageReference>().ok())
    {
        allowed.allow_repository(&reference);
    }
    let mut errors = Vec::new();
    check_tag(tag, path, allowed.as_ref(), &api.behaviour, &mut errors);
    errors
}
