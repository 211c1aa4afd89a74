//! Writing streams: the rules that hold for every writer.

use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::options::WriteOptions,
    image_reference::ImageReference,
    model::{IMAGE_GROUP, image_stream::ImageStream},
    policy::{allow_list::AllowList, limits::StreamLimits},
    storage::{
        State,
        stream::{Writer, prepare_create, prepare_update},
    },
    validation::{self, meta},
};

/// Why a stream was not written.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) error: ApiError,
    /// Whether it would have taken more than it may.
    pub(crate) limit_exceeded: bool,
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        Self { error, limit_exceeded: false }
    }
}

/// Creates a stream. `resource` is what errors call it.
pub(crate) fn create(api: &Api, mut stream: ImageStream, writer: Writer, resource: Resource) -> Result<ImageStream> {
    let (namespace, name) = (stream.metadata.namespace.clone(), stream.metadata.name.clone());
    let mut state = api.store.lock();
    let repositories = api.repositories(&stream);
    prepare_create(&mut stream, writer, repositories);
    stream.metadata.fill_system_fields();
    check(api, &state, &mut stream, None, writer).map_err(|refusal| refusal.error)?;
    match state.stream(&namespace, &name) {
        Some(known) => Err(exists(known, resource)),
        None => Ok(state.put_stream(stream)),
    }
}

/// Replaces a stream that has not changed since `version`. `resource` is what errors call it.
pub(crate) fn update(
    api: &Api,
    mut stream: ImageStream,
    version: &str,
    writer: Writer,
    resource: Resource,
) -> std::result::Result<ImageStream, Refusal> {
    let mut state = api.store.lock();
    let old = unchanged(&state, &stream, version, resource)?;
    let repositories = api.repositories(&stream);
    prepare_update(&mut stream, &old, writer, repositories);
    check(api, &state, &mut stream, Some(&old), writer)?;
    Ok(state.put_stream(stream))
}

fn check(
    api: &Api,
    state: &State,
    stream: &mut ImageStream,
    old: Option<&ImageStream>,
    writer: Writer,
) -> std::result::Result<(), Refusal> {
    if let (Writer::Status, Some(old)) = (writer, old) {
        return check_status(api, state, stream, old);
    }
    let unfollowed = state.follow_tags(stream, old, writer);
    let limits = StreamLimits::of(state.followed("limitranges", &stream.metadata.namespace));
    let exceeded = limits.check(old, stream, api.behaviour.limits_only_growth).err();
    let mut errors = old
        .map(|old| meta::check_generic_replacement(&stream.metadata, &old.metadata, true, &api.behaviour))
        .unwrap_or_default();
    if !unfollowed.is_empty() {
        let modern = api.behaviour.plain_null_in_field_errors;
        let error = ApiError::invalid("", "imagestreams", &stream.metadata.name, &unfollowed, modern);
        errors.push(FieldError::internal("[]", error.to_string()));
    }
    if let Some(why) = &exceeded {
        let kind = Resource { group: IMAGE_GROUP, name: "ImageStream" };
        let forbidden = ApiError::forbidden(kind, &stream.metadata.name, why);
        errors.push(FieldError::internal("[]", forbidden.to_string()));
    }
    // What is wrong with the metadata of an update is found, and told, up to four times.
    let old_meta = old.map(|old| &old.metadata);
    errors.extend(old_meta.into_iter().flat_map(|old| meta::check_update(&stream.metadata, old, &api.behaviour)));
    let allowed = api.allow_list.clone().map(|allowed| with_old_repositories(allowed, old));
    errors.extend(validation::image_stream::check(stream, allowed.as_ref(), &api.behaviour));
    api.invalid("ImageStream", &stream.metadata.name, &errors)
        .map_err(|error| Refusal { error, limit_exceeded: exceeded.is_some() })
}

/// Checks a stream whose status was written: what it had already is not judged again.
fn check_status(api: &Api, state: &State, stream: &ImageStream, old: &ImageStream) -> std::result::Result<(), Refusal> {
    let limits = StreamLimits::of(state.followed("limitranges", &stream.metadata.namespace));
    let exceeded = limits.check(Some(old), stream, api.behaviour.limits_only_growth).err();
    let mut errors = meta::check_generic_replacement(&stream.metadata, &old.metadata, true, &api.behaviour);
    errors.extend(exceeded.as_ref().map(|why| FieldError::forbidden("imageStream", why.clone())));
    errors.extend(meta::check_update(&stream.metadata, &old.metadata, &api.behaviour));
    errors.extend(validation::image_stream::check_new_events(stream, old, api.allow_list.as_ref()));
    api.invalid("ImageStream", &stream.metadata.name, &errors)
        .map_err(|error| Refusal { error, limit_exceeded: exceeded.is_some() })
}

/// What a stream has already may stay, whatever is allowed now.
fn with_old_repositories(mut allowed: AllowList, old: Option<&ImageStream>) -> AllowList {
    let Some(old) = old else { return allowed };
    let spec = old.spec.tags.values().filter_map(|tag| tag.from.as_ref()).map(|from| &from.name);
    let status = old.status.tags.values().flat_map(|history| &history.items).map(|event| &event.docker_image_reference);
    for reference in spec.chain(status).filter_map(|name| name.parse::<ImageReference>().ok()) {
        allowed.allow_repository(&reference);
    }
    allowed
}

/// Creates a stream for a client, or only says what would have been created.
pub(crate) fn create_unless_dry(
    api: &Api,
    mut stream: ImageStream,
    options: &WriteOptions,
    resource: Resource,
) -> Result<ImageStream> {
    if !options.dry_run {
        return create(api, stream, Writer::Client, resource);
    }
    let (namespace, name) = (stream.metadata.namespace.clone(), stream.metadata.name.clone());
    let state = api.store.lock();
    let repositories = api.repositories(&stream);
    prepare_create(&mut stream, Writer::Client, repositories);
    stream.metadata.fill_system_fields();
    check(api, &state, &mut stream, None, Writer::Client).map_err(|refusal| refusal.error)?;
    match state.stream(&namespace, &name) {
        Some(known) => Err(exists(known, resource)),
        None => Ok(stream),
    }
}

/// Replaces a stream for a client, or returns what a dry run would have stored.
pub(crate) fn update_unless_dry(
    api: &Api,
    mut stream: ImageStream,
    version: &str,
    options: &WriteOptions,
    writer: Writer,
    resource: Resource,
) -> Result<ImageStream> {
    if !options.dry_run {
        return update(api, stream, version, writer, resource).map_err(|refusal| refusal.error);
    }
    let state = api.store.lock();
    let old = unchanged(&state, &stream, version, resource)?;
    let repositories = api.repositories(&stream);
    prepare_update(&mut stream, &old, writer, repositories);
    check(api, &state, &mut stream, Some(&old), writer).map_err(|refusal| refusal.error)?;
    Ok(stream)
}

/// 409: there is a stream of the name, if only until its finalizers let it go.
fn exists(known: &ImageStream, resource: Resource) -> ApiError {
    let error = ApiError::already_exists(resource, &known.metadata.name);
    if known.metadata.deletion_timestamp.is_some() { error.prefixed("object is being deleted: ") } else { error }
}

/// The stored form of `stream`, which must be at `version`.
fn unchanged(state: &State, stream: &ImageStream, version: &str, resource: Resource) -> Result<ImageStream> {
    let (namespace, name) = (&stream.metadata.namespace, &stream.metadata.name);
    let old = state.stream(namespace, name).cloned().ok_or_else(|| ApiError::not_found(resource, name))?;
    if old.metadata.resource_version != version {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        return Err(ApiError::conflict(resource, name, why));
    }
    Ok(old)
}
