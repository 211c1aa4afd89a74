//! How often what is drawn: the one table of all weights.

use crate::suite::Feature;

/// A kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    /// An import of one image that is there.
    ImportPlain,
    /// An import of one to three images.
    ImportImages,
    /// An import of a repository.
    ImportRepository,
    /// An import of a repository and images.
    ImportBoth,
    /// A tag that moves, or breaks, between two imports of it.
    ImportTwice,
    /// A tag that follows another one, which is imported twice.
    Follow,
    /// An import into the stream that was read before, or into another one of that name.
    ImportRead,
    /// A body that is no import, or not written as clients write it.
    ImportText,
    ReadStream,
    ReadList,
    ReadTag,
    /// A list of the tags of the scenario's own stream.
    ReadTags,
    ReadImage,
    ReadLayers,
    ReadSecrets,
    ReadImageObject,
    /// `POST imagestreams`.
    Create,
    /// `PUT imagestreams/NAME`, after a read that tells the version.
    Replace,
    /// `PATCH imagestreams/NAME`, of three kinds.
    Patch,
    /// `PUT` and `PATCH imagestreams/NAME/status`.
    WriteStatus,
    /// The status of a stream that has an imported tag.
    WriteImported,
    /// Server-side apply.
    Apply,
    /// Server-side apply by two clients.
    ApplyTwice,
    DeleteStream,
    DeleteTag,
    /// A deletion of what was read before, or of another one of that name.
    DeleteRead,
    /// `POST`, `PUT` and `PATCH imagestreamtags`, and `imagetags`.
    WriteTag,
    /// A tag that is written as it was read before, or as another one of that name.
    WriteReadTag,
    /// A repository with more tags than servers import at once.
    ManyTags,
    /// A signature of an image.
    Sign,
    /// An image object that is changed or deleted, and what becomes of streams that have it.
    ChangeImage,
    /// A list that is read in parts.
    ReadPages,
    Watch,
    /// A pull secret.
    Secret,
    /// A change of what the registry holds, or of what goes wrong.
    Registry,
}

/// How often each kind of step is drawn, in proportion to the others, and what it needs of a target. The plainest comes first:
/// steps are shrunk towards it.
pub(super) const STEPS: &[(StepKind, u32, &[Feature])] = &[
    (StepKind::ImportPlain, 8, &[]),
    (StepKind::ImportImages, 24, &[]),
    (StepKind::ImportRepository, 8, &[]),
    (StepKind::ImportBoth, 4, &[]),
    (StepKind::ImportTwice, 5, &[Feature::Imports, Feature::Streams]),
    (StepKind::Follow, 2, &[Feature::Imports, Feature::Streams, Feature::StreamCreation, Feature::StreamTags]),
    (StepKind::ImportRead, 2, &[Feature::Imports, Feature::Streams, Feature::StreamDeletion]),
    (StepKind::ImportText, 3, &[]),
    (StepKind::ReadStream, 6, &[Feature::Streams]),
    (StepKind::ReadList, 6, &[Feature::Streams, Feature::StreamLists]),
    (StepKind::ReadTag, 4, &[Feature::StreamTags]),
    (StepKind::ReadTags, 1, &[Feature::StreamTags]),
    (StepKind::ReadImage, 5, &[Feature::StreamImages]),
    (StepKind::ReadLayers, 2, &[Feature::StreamLayers]),
    (StepKind::ReadSecrets, 1, &[Feature::StreamSecrets]),
    (StepKind::ReadImageObject, 1, &[Feature::Images, Feature::ClusterAdmin]),
    (StepKind::Create, 6, &[Feature::StreamCreation]),
    (StepKind::Replace, 4, &[Feature::Streams, Feature::StreamCreation, Feature::StreamUpdates]),
    (StepKind::Patch, 8, &[Feature::Streams, Feature::StreamUpdates]),
    (StepKind::WriteStatus, 2, &[Feature::Streams, Feature::StreamUpdates]),
    (StepKind::WriteImported, 2, &[Feature::Imports, Feature::Streams, Feature::StreamUpdates, Feature::ClusterAdmin]),
    (StepKind::Apply, 1, &[Feature::Streams, Feature::StreamUpdates, Feature::ServerSideApply]),
    (StepKind::ApplyTwice, 2, &[Feature::Streams, Feature::StreamUpdates, Feature::ServerSideApply]),
    (StepKind::DeleteStream, 2, &[Feature::Streams, Feature::StreamDeletion]),
    (StepKind::DeleteTag, 3, &[Feature::StreamTags]),
    (StepKind::DeleteRead, 2, &[Feature::Imports, Feature::Streams, Feature::StreamTags, Feature::StreamDeletion]),
    (StepKind::WriteTag, 8, &[Feature::StreamTags]),
    (StepKind::WriteReadTag, 2, &[Feature::Imports, Feature::Streams, Feature::StreamTags]),
    (
        StepKind::Sign,
        2,
        &[Feature::Imports, Feature::Streams, Feature::Images, Feature::Signatures, Feature::ClusterAdmin],
    ),
    (StepKind::ChangeImage, 2, &[Feature::Imports, Feature::Streams, Feature::Images, Feature::ClusterAdmin]),
    (StepKind::ReadPages, 1, &[Feature::Streams, Feature::StreamCreation, Feature::StreamLists]),
    (StepKind::Watch, 1, &[Feature::Streams, Feature::StreamCreation, Feature::StreamUpdates, Feature::Watches]),
    (StepKind::Secret, 1, &[Feature::PullSecrets]),
    (StepKind::Registry, 9, &[]),
    // Last, since a smaller scenario is looked for among the kinds before: servers import two tags a second of a repository.
    (StepKind::ManyTags, 1, &[Feature::Imports, Feature::Streams]),
];

/// The most steps that are drawn for a scenario.
pub(super) const MOST_STEPS: usize = 6;
/// The most requests of the steps of a scenario, beside one that makes its stream at the beginning; a sequence that is longer is
/// alone.
pub(super) const MOST_REQUESTS: usize = 6;
/// The most images of one import.
pub(super) const MOST_IMAGES: usize = 3;

/// How likely the stream is there before the steps that are drawn.
pub(super) const BEGUN: f64 = 0.5;
/// How likely a registry asks for credentials.
pub(super) const AUTH: f64 = 0.2;
/// How likely there is a pull secret for a registry that asks for credentials.
pub(super) const SECRET: f64 = 0.8;
/// Of pull secrets: the plain one, those that are right, and wrong ones.
pub(super) const SECRETS: [u32; 3] = [2, 3, 3];
/// How likely a registry has quirks.
pub(super) const QUIRKS: f64 = 0.15;
/// How likely a registry has a fault.
pub(super) const FAULTS: f64 = 0.18;
/// How likely a registry speaks TLS, which no implementation has been told to trust.
pub(super) const TLS: f64 = 0.04;
/// How likely a registry lists tags in its own way.
pub(super) const TAG_LISTING: f64 = 0.08;
/// How likely an optional field of an entry is written.
pub(super) const FIELD: f64 = 0.25;
/// How likely an import mode is written.
pub(super) const IMPORT_MODE: f64 = 0.5;
/// How likely an import stores nothing.
pub(super) const LOOKUP: f64 = 0.25;
/// How likely a request has fields of the schema with other values than the plain ones.
pub(super) const ODD_FIELDS: f64 = 0.3;
/// How likely a stream that is created has the label that lists are chosen by.
pub(super) const LABELS: f64 = 0.5;
/// How likely a stream that is created says that its registries need no certificate.
pub(super) const INSECURE: f64 = 0.1;
/// How likely a request has fields that no schema has.
pub(super) const UNKNOWN_FIELDS: f64 = 0.1;
/// How likely a request with such fields says what becomes of them.
pub(super) const VALIDATION: f64 = 0.6;
/// How likely a request has a query.
pub(super) const QUERY: f64 = 0.18;
/// Of queries of requests that write: a dry run, and any other.
pub(super) const DRY_RUN: [u32; 2] = [1, 3];
/// How likely a request has header fields of its own.
pub(super) const HEADERS: f64 = 0.06;
/// How likely a request is sent by another user than that of the run.
pub(super) const OTHER_USER: f64 = 0.03;
/// Of references: those that name an image that is there, those made of right and wrong parts, and those that are only wrong.
pub(super) const REFERENCES: [u32; 3] = [10, 5, 3];
/// How often an image is drawn that is built at once.
pub(super) const IMAGE: u32 = 150;
/// How often one that takes long to build is drawn, in proportion.
pub(super) const LARGE_IMAGE: u32 = 1;
/// How often one of the fields is drawn that decide what a request is about, in proportion to [`PARTS`].
pub(super) const DECIDING: u32 = 6;
/// The fields that decide what a request is about.
pub(super) const DECIDING_FIELDS: &[&str] = &[
    "ImageStreamImport.kind",
    "ImageStreamImportSpec.import",
    "ImageStreamSpec.dockerImageRepository",
    "LocalObjectReference.name",
    "ObjectMeta.labels",
    "ObjectMeta.name",
    "ObjectMeta.namespace",
    "ObjectMeta.resourceVersion",
    "ObjectMeta.uid",
    "ObjectReference.kind",
    "ObjectReference.name",
    "TagImportPolicy.importMode",
    "TagReference.name",
    "TagReferencePolicy.type",
];
/// How often the fields of each part of a request are drawn: of `spec`, of `metadata`, of the object itself, of `status`.
pub(super) const PARTS: [(&str, u32); 4] = [("spec", 6), ("metadata", 3), ("", 2), ("status", 1)];
