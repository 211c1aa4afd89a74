//! `POST imagestreamimports`.

use super::{
    OwnersFound, admit, apply, check_generated_name, check_namespace, merge_equal_owners,
    tag_spec::set_policy_defaults, view,
};
use crate::{
    api::Api,
    error::{ApiError, Resource, Result},
    field::FieldError,
    http::{answer::Answer, body, negotiate::negotiate, options::WriteOptions, request::Request},
    image_reference::ImageReference,
    importer::{Completion, Import, Passwords},
    json::shapes::versioned::IMPORT,
    model::{
        IMAGE_API, Typed,
        image_stream::ImageStream,
        import::{ImageStreamImport, TagName},
        status::Status,
    },
    patch::{self, ManagedEntry, Write},
    policy::{allow_list::Transport, registries::Registries},
    registry_client::{Keyring, KeyringError},
    replica::Replica,
    route::Target,
    validation,
};

/// The resource as errors of the stream behind an import name it.
pub(crate) const IMPORTS: Resource = Resource::image("imagestreamimports");

/// Imports what a request names.
pub(crate) async fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    request.body()?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let shape = IMPORT.structure(&api.behaviour);
    let mut import = body::read::<ImageStreamImport>(request, "ImageStreamImport", shape, &options, &api.behaviour)?;
    check_namespace(&mut import.metadata.namespace, target)?;
    merge_equal_owners(api, request, &mut import.metadata, OwnersFound::Sent);
    if !api.behaviour.uid_is_precondition {
        import.metadata.wipe_system_fields();
    }
    set_defaults(api, &mut import);
    track(api, &mut import, &options)?;
    admit(&api.store.lock(), target, &import.metadata.name)?;

    let asked = import.metadata.clone();
    check_generated_name(api, &asked)?;
    import.metadata.fill_system_fields();
    api.invalid("ImageStreamImport", &asked.name, &validation::import::check(&import, &api.behaviour))?;
    check_allowed(api, request, &import)?;

    let stream = find_stream(api, target, &asked.name, &asked.resource_version, &asked.uid)?;
    run(api, request.replica, stream.as_ref(), &mut import).await?;
    if import.spec.import {
        apply::apply(api, &mut import, stream)?;
    } else {
        apply::clear_manifests(&mut import);
    }
    import.metadata.self_link = api.self_link(target, &import.metadata.name);
    view::object(api, request, target.kind, 201, &Typed::image_api("ImageStreamImport", import), form)
}

/// Records whose the fields are that differ from an empty import.
fn track(api: &Api, import: &mut ImageStreamImport, options: &WriteOptions) -> Result<()> {
    let given = ManagedEntry::take_sent(&mut import.metadata.managed_fields);
    let Some(given) = given.filter(|_| api.behaviour.managed_fields) else { return Ok(()) };
    let value = |import: &ImageStreamImport| {
        serde_json::to_value(import).map_err(|error| ApiError::internal(&error.to_string()))
    };
    let shape = IMPORT.shape(&api.behaviour);
    let kind = "ImageStreamImport";
    let write = Write { manager: &options.manager, api_version: IMAGE_API, kind, shape, subresource: "" };
    let entries = patch::track(&value(&ImageStreamImport::default())?, &value(import)?, &given, true, &write);
    import.metadata.managed_fields = entries;
    Ok(())
}

fn set_defaults(api: &Api, import: &mut ImageStreamImport) {
    for image in &mut import.spec.images {
        set_policy_defaults(api, &mut image.import_policy, &mut image.reference_policy);
        if image.to.is_none()
            && let Ok(reference) = api.behaviour.parse_reference(&image.from.name)
            && let Some(tag) = reference.tag
        {
            image.to = Some(TagName { name: tag.to_string() });
        }
    }
    if let Some(repository) = &mut import.spec.repository {
        set_policy_defaults(api, &mut repository.import_policy, &mut repository.reference_policy);
    }
}

/// Users who may not make images themselves may import only from registries that are allowed.
fn check_allowed(api: &Api, request: &Request, import: &ImageStreamImport) -> Result<()> {
    let Some(allowed) = &api.allow_list else { return Ok(()) };
    // The singular is what the server asks about, although no resource has that name.
    let may = |resource| api.access.allows(&request.user, "create", crate::model::IMAGE_GROUP, resource);
    if may("images") || may("imagestreammapping") {
        return Ok(());
    }
    let mut errors = Vec::new();
    let mut check = |field: String, name: &str, insecure: bool| {
        let reference: ImageReference = name.parse().unwrap_or_default();
        let (host, port) = reference.registry_host_and_port(insecure);
        let registry = format!("{host}:{port}");
        let asked = ImageReference { registry: Some(registry.clone()), ..ImageReference::default() };
        if let Err(refusal) = allowed.check(&asked, Transport::Secure) {
            let detail = format!("importing images from registry {registry:?} is forbidden: {refusal}");
            errors.push(FieldError::forbidden(field, detail));
        }
    };
    if let Some(repository) = import.spec.repository.as_ref().filter(|repository| repository.from.is_docker_image()) {
        let field = "spec.repository.from.name".to_owned();
        check(field, &repository.from.name, repository.import_policy.insecure);
    }
    for (index, image) in import.spec.images.iter().enumerate() {
        check(format!("spec.images[{index}].from.name"), &image.from.name, image.import_policy.insecure);
    }
    api.invalid("ImageStreamImport", &import.metadata.name, &errors)
}

/// The stream that the import goes to, if there is one and it is the one that the client thinks it is.
fn find_stream(
    api: &Api,
    target: &Target,
    name: &str,
    resource_version: &str,
    uid: &str,
) -> Result<Option<ImageStream>> {
    let stream = api.store.lock().stream(&target.namespace, name).cloned();
    let resource = Resource::image("imagestream");
    match &stream {
        None if !resource_version.is_empty() || !uid.is_empty() => return Err(ApiError::not_found(IMPORTS, name)),
        Some(stream) => {
            let found = &stream.metadata.resource_version;
            if !resource_version.is_empty() && resource_version != found {
                let why = format!("the image stream was updated from {resource_version:?} to {found:?}");
                return Err(ApiError::conflict(resource, name, &why));
            }
            if !uid.is_empty() && uid != stream.metadata.uid {
                return Err(ApiError::not_found(resource, name));
            }
        }
        None => {}
    }
    Ok(stream)
}

/// Fetches everything; if a registry does not know the user of the pull secret, once more without secrets.
pub(crate) async fn run(
    api: &Api,
    replica: Replica,
    stream: Option<&ImageStream>,
    import: &mut ImageStreamImport,
) -> Result<()> {
    let (registries, keyring) = {
        let state = api.store.lock();
        let registries = super::objects::registries(&state, &api.behaviour)?;
        (registries, Keyring::read(state.objects("secrets", &import.metadata.namespace)))
    };
    let passwords = fetch(api, replica, &registries, &keyring, stream, import).await?;
    let first: Vec<Status> = import.status.images.iter().map(|image| image.status.clone()).collect();
    if passwords == Passwords::Refused {
        fetch(api, replica, &registries, &Ok(Keyring::default()), stream, import).await?;
    }
    for (image, first) in import.status.images.iter_mut().zip(first) {
        if image.status.reason == "Unauthorized" {
            image.status = first;
        }
    }
    Ok(())
}

async fn fetch(
    api: &Api,
    replica: Replica,
    registries: &Registries,
    keyring: &std::result::Result<Keyring, KeyringError>,
    stream: Option<&ImageStream>,
    import: &mut ImageStreamImport,
) -> Result<Passwords> {
    let none = std::collections::BTreeMap::new();
    let importer = Import {
        context: &api.registry_client,
        layer_sizes: api.layer_sizes(replica),
        registries,
        keyring,
        tags: stream.map_or(&none, |stream| &stream.spec.tags),
        tag_limit: api.options.max_images_per_repository,
    };
    let outcome = importer.run(import).await;
    if outcome.completion == Completion::Complete || api.behaviour.broken_list_fails_alone {
        Ok(outcome.passwords)
    } else {
        Err(ApiError::panic())
    }
}
