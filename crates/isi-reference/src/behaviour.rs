//! What differs between API versions, as named switches in one place.
//!
//! Everything else in the reference asks a switch, never a version. Sources: the release branches of
//! `openshift-apiserver` and answers recorded from builds of them.

use crate::{
    fetch_strategy::FetchStrategy,
    image_reference::{ImageReference, ParseReferenceError, Tag},
    version::ApiVersion,
};

/// Which fields the types of the image API have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ImageApi {
    /// Until 4.2: metadata has initializers and the name of a cluster.
    Early,
    /// Until 4.11: metadata has the name of a cluster.
    Legacy,
    /// With import modes and manifests of images.
    Modern,
}

/// What reads the JSON of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonDecoder {
    /// json-iterator, which reads the numbers of unknown fields as 32 bits.
    EarlyIterator,
    /// json-iterator since its version 1.1.7.
    Iterator,
    /// A decoder with the words of Go's own (Kubernetes 1.22).
    Standard,
}

/// The behaviour of one API version.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is one documented difference between versions")]
pub(crate) struct Behaviour {
    /// Which fields the types of the image API have.
    pub(crate) image_api: ImageApi,
    /// What reads the JSON of objects, and says what is wrong with it.
    pub(crate) json_decoder: JsonDecoder,
    /// Import modes exist: `importMode` is read, checked and defaulted, and `PreserveOriginal` keeps manifest lists (4.12).
    pub(crate) import_modes: bool,
    /// The import mode is part of what makes two fetches the same; before, the first entry's result served both (4.15).
    pub(crate) import_mode_in_fetch_key: bool,
    /// A manifest list with a broken part fails alone; before, the rest of its repository was given up (4.16).
    pub(crate) broken_list_fails_alone: bool,
    /// `metadata.uid` of a request names the stream that must exist; later it is wiped first (until 4.11).
    pub(crate) uid_is_precondition: bool,
    /// `fieldValidation` is honoured and warns by default (4.12; before it was read and ignored).
    pub(crate) field_validation: bool,
    /// `generateName` without a name is an internal error instead of an invalid name (4.14).
    pub(crate) generate_name_fails: bool,
    /// A time that was never set is left out of `metadata`; before it was written as `null` (Kubernetes 1.34).
    pub(crate) unset_creation_time_absent: bool,
    /// Field errors print a missing value as `null`; before as `"null"` (Kubernetes 1.34).
    pub(crate) plain_null_in_field_errors: bool,
    /// Errors of owners say which of their fields is empty twice (until Kubernetes 1.33).
    pub(crate) names_empty_owner_fields: bool,
    /// An owner that is named twice is named once, with a warning (Kubernetes 1.20).
    pub(crate) merges_equal_owners: bool,
    /// How the longest allowed length of a field is told, with `{}` for the number.
    pub(crate) too_long: &'static str,
    /// An image without layers has no `dockerImageLayers`; before the key was always there (4.12).
    pub(crate) empty_layers_absent: bool,
    /// Objects carry `metadata.selfLink` (until Kubernetes 1.19).
    pub(crate) self_links: bool,
    /// Tables and metadata alone are written in `meta.k8s.io/v1`, not only in `v1beta1` (Kubernetes 1.15).
    pub(crate) meta_v1: bool,
    /// Discovery says in which version objects are stored (Kubernetes 1.15).
    pub(crate) storage_version_hashes: bool,
    /// Lists say how many objects follow a page (Kubernetes 1.15).
    pub(crate) remaining_items: bool,
    /// `dryRun` of writes of tags is honoured; before, they were stored (4.13).
    pub(crate) dry_run_of_tags: bool,
    /// `resourceVersionMatch` of a list and of a watch is read (Kubernetes 1.19).
    pub(crate) version_matches: bool,
    /// Reads of one object look at `resourceVersion`; before, it was ignored there, and a list without a way to match was of
    /// exactly that version (Kubernetes 1.19).
    pub(crate) reads_not_older: bool,
    /// Whether the cache that lists are read from answers an invalid `resourceVersion` with 500, and not with 400.
    pub(crate) fails_at_wrong_versions: bool,
    /// `sendInitialEvents` of a watch is read (Kubernetes 1.27).
    pub(crate) initial_events: bool,
    /// Objects carry `metadata.managedFields` (Kubernetes 1.18, server-side apply).
    pub(crate) managed_fields: bool,
    /// Entries of `managedFields` say which subresource they are about (Kubernetes 1.22).
    pub(crate) managed_subresources: bool,
    /// `apiVersion` inside `dockerImageMetadata` (`1.0` until 4.5).
    pub(crate) docker_metadata_version: &'static str,
    /// Fetch errors start with the reference they are about (4.3).
    pub(crate) reference_in_errors: bool,
    /// In which order a repository is asked for what is wanted of it (4.3).
    pub(crate) fetch_strategy: FetchStrategy,
    /// A name without a path is a registry when it looks like a host; before it was a repository of Docker Hub (4.3).
    bare_host_is_registry: bool,
    /// A digest cannot be imported on a schedule (until 4.2).
    pub(crate) refuses_scheduled_digests: bool,
    /// Bodies have at most 3 MiB (Kubernetes 1.16).
    pub(crate) body_limit: bool,
    /// Rules of names are called by the RFC's number; before by the name of the standard (Kubernetes 1.20).
    pub(crate) rfc_wording: bool,
    /// Credentials are those of the URL that they are sent to; later those of the image (4.3).
    pub(crate) credentials_by_url: bool,
    /// Types are converted into each other field by field where nothing else is known (until Kubernetes 1.17).
    pub(crate) converts_by_fields: bool,
    /// OCI image manifests are accepted and imported (4.7).
    pub(crate) oci_manifests: bool,
    /// A part of a manifest list is checked against its own digest; before against the list's (4.4).
    pub(crate) list_by_digest: bool,
    /// Without an entry for the preferred platform, linux/amd64 is tried before the first entry (4.3).
    pub(crate) prefers_amd64: bool,
    /// `images.config.openshift.io/cluster` is read: blocked and insecure registries (4.6).
    pub(crate) registry_sources: bool,
    /// A blocked registry is not refused when it has mirrors (4.16).
    pub(crate) mirrors_unblock: bool,
    /// `ImageContentSourcePolicy` mirrors digests (4.3).
    pub(crate) content_source_policies: bool,
    /// `ImageDigestMirrorSet` and `ImageTagMirrorSet` mirror (4.14).
    pub(crate) mirror_sets: bool,
    /// An index with a manifest's fields is refused, and the other way round (distribution v3, 4.14).
    pub(crate) checks_manifest_shape: bool,
    /// A condition with another message is another condition (4.3).
    pub(crate) condition_compares_message: bool,
    /// `imagestreamimages` finds the parts of manifest lists too (4.13).
    pub(crate) stream_images_of_lists: bool,
    /// All layers of an image have the size of its last one in `imagestreams/NAME/layers` (built with Go before 1.22).
    pub(crate) shared_layer_size: bool,
    /// Limits are not enforced on an update that adds nothing (4.20).
    pub(crate) limits_only_growth: bool,
    /// Errors of expired certificates say the time (Go 1.15).
    pub(crate) dates_in_certificate_errors: bool,
    /// Built with Go 1.20 or newer, which words certificate and time errors differently.
    pub(crate) modern_go: bool,
    /// Columns of tables describe fields by their JSON names; before by their Go names (4.22).
    pub(crate) json_names_in_columns: bool,
    /// The description of names links to the concepts; before to the user guide (Kubernetes 1.27).
    pub(crate) links_to_concepts: bool,
    /// Resources have a singular name in discovery (Kubernetes 1.27).
    pub(crate) singular_names: bool,
    /// Whether a replaced object is of the namespace of its path is checked before its name is (Kubernetes 1.24).
    pub(crate) checks_namespace_first: bool,
    /// The router lists the media types that it writes when it refuses the accepted ones (go-restful 3).
    pub(crate) lists_routed_types: bool,
    /// The source line that the message about an unknown kind of options of a deletion names.
    pub(crate) options_scheme_source: &'static str,
    /// The source line that the message about an unknown version names.
    pub(crate) scheme_source: &'static str,
    /// A configuration to apply must be of the kind of the object; before, only its version was compared (4.13).
    pub(crate) checks_applied_kind: bool,
    /// The error of a configuration that is not of its type names the object (4.9).
    pub(crate) names_applied_object: bool,
    /// A strategic merge patch takes up what is new without the directives in it (Kubernetes 1.30).
    pub(crate) drops_patch_directives: bool,
    /// A patch that cannot be read is the client's mistake in any case, up to its last byte, and a JSON patch may be about the
    /// whole document (Kubernetes 1.22).
    pub(crate) refuses_patches_early: bool,
    /// What the library of JSON patches calls an operation.
    pub(crate) patch_operation: &'static str,
    /// A patched object that cannot be read is an invalid patch; before, an error without a reason (Kubernetes 1.16).
    pub(crate) has_invalid_patches: bool,
    /// `timeout` of a request is read before anything else, and refused where it is no duration (Kubernetes 1.20).
    pub(crate) checks_timeout: bool,
    /// Seconds a request may take when it does not say so itself.
    pub(crate) default_timeout: u64,
}

impl Behaviour {
    /// The behaviour of `version`.
    pub(crate) fn of(version: ApiVersion) -> Self {
        let from = |first: ApiVersion| version >= first;
        Self {
            image_api: match version {
                ApiVersion::V3_11 | ApiVersion::V4_2 => ImageApi::Early,
                ApiVersion::V4_8 | ApiVersion::V4_10 => ImageApi::Legacy,
                _ => ImageApi::Modern,
            },
            json_decoder: match version {
                ApiVersion::V3_11 | ApiVersion::V4_2 => JsonDecoder::EarlyIterator,
                ApiVersion::V4_8 => JsonDecoder::Iterator,
                _ => JsonDecoder::Standard,
            },
            import_modes: from(ApiVersion::V4_12),
            import_mode_in_fetch_key: from(ApiVersion::V4_18),
            broken_list_fails_alone: from(ApiVersion::V4_18),
            uid_is_precondition: !from(ApiVersion::V4_12),
            field_validation: from(ApiVersion::V4_12),
            generate_name_fails: from(ApiVersion::V4_18),
            unset_creation_time_absent: from(ApiVersion::V4_22),
            plain_null_in_field_errors: from(ApiVersion::V4_22),
            names_empty_owner_fields: !from(ApiVersion::V4_22),
            merges_equal_owners: from(ApiVersion::V4_8),
            too_long: match version {
                ApiVersion::V3_11 | ApiVersion::V4_2 => "must have at most {} characters",
                ApiVersion::V4_22 => "may not be more than {} bytes",
                _ => "must have at most {} bytes",
            },
            empty_layers_absent: from(ApiVersion::V4_12),
            self_links: !from(ApiVersion::V4_8),
            meta_v1: from(ApiVersion::V4_8),
            storage_version_hashes: from(ApiVersion::V4_8),
            remaining_items: from(ApiVersion::V4_8),
            dry_run_of_tags: from(ApiVersion::V4_18),
            version_matches: from(ApiVersion::V4_8),
            reads_not_older: from(ApiVersion::V4_8),
            fails_at_wrong_versions: from(ApiVersion::V4_8) && !from(ApiVersion::V4_22),
            initial_events: from(ApiVersion::V4_18),
            managed_fields: from(ApiVersion::V4_8),
            managed_subresources: from(ApiVersion::V4_10),
            docker_metadata_version: if from(ApiVersion::V4_8) { "image.openshift.io/1.0" } else { "1.0" },
            reference_in_errors: from(ApiVersion::V4_8),
            fetch_strategy: if from(ApiVersion::V4_8) {
                FetchStrategy::PerImage
            } else {
                FetchStrategy::RepositoryFirst
            },
            dates_in_certificate_errors: from(ApiVersion::V4_8),
            bare_host_is_registry: from(ApiVersion::V4_8),
            refuses_scheduled_digests: !from(ApiVersion::V4_8),
            body_limit: from(ApiVersion::V4_8),
            rfc_wording: from(ApiVersion::V4_8),
            credentials_by_url: !from(ApiVersion::V4_8),
            converts_by_fields: !from(ApiVersion::V4_8),
            oci_manifests: from(ApiVersion::V4_8),
            list_by_digest: from(ApiVersion::V4_8),
            prefers_amd64: from(ApiVersion::V4_8),
            registry_sources: from(ApiVersion::V4_8),
            mirrors_unblock: from(ApiVersion::V4_18),
            content_source_policies: from(ApiVersion::V4_8),
            mirror_sets: from(ApiVersion::V4_18),
            checks_manifest_shape: from(ApiVersion::V4_18),
            condition_compares_message: from(ApiVersion::V4_8),
            stream_images_of_lists: from(ApiVersion::V4_18),
            shared_layer_size: !from(ApiVersion::V4_18),
            limits_only_growth: from(ApiVersion::V4_22),
            modern_go: from(ApiVersion::V4_18),
            json_names_in_columns: from(ApiVersion::V4_22),
            links_to_concepts: from(ApiVersion::V4_18),
            singular_names: from(ApiVersion::V4_18),
            checks_namespace_first: from(ApiVersion::V4_12),
            lists_routed_types: from(ApiVersion::V4_12),
            options_scheme_source: if from(ApiVersion::V4_8) {
                "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"
            } else {
                "k8s.io/apimachinery/pkg/apis/meta/internalversion/register.go:31"
            },
            scheme_source: match version {
                ApiVersion::V3_11 | ApiVersion::V4_2 => "k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:29",
                ApiVersion::V4_22 => "pkg/runtime/scheme.go:110",
                _ => "pkg/runtime/scheme.go:100",
            },
            checks_applied_kind: from(ApiVersion::V4_18),
            names_applied_object: from(ApiVersion::V4_10),
            drops_patch_directives: from(ApiVersion::V4_18),
            refuses_patches_early: from(ApiVersion::V4_10),
            patch_operation: if from(ApiVersion::V4_8) { "jsonpatch.Operation" } else { "jsonpatch.operation" },
            has_invalid_patches: from(ApiVersion::V4_8),
            checks_timeout: from(ApiVersion::V4_8),
            default_timeout: if from(ApiVersion::V4_8) { 34 } else { 30 },
        }
    }

    /// Reads an image reference as this version reads it.
    pub(crate) fn parse_reference(&self, text: &str) -> Result<ImageReference, ParseReferenceError> {
        let reference: ImageReference = text.parse()?;
        let (None, Some(registry), false) = (&reference.name, &reference.registry, self.bare_host_is_registry) else {
            return Ok(reference);
        };
        let (name, tag) = registry.split_once(':').unwrap_or((registry, ""));
        Ok(ImageReference { name: Some(name.to_owned()), tag: Tag::written(tag), ..ImageReference::default() })
    }
}
