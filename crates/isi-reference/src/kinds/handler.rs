//! What answers requests: the names by which the [table of resources](super::table) has it; the functions are where requests are
//! dispatched.

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handler {
    CreateImage,
    CreateImageTag,
    CreateMapping,
    CreateNamespace,
    CreateObject,
    CreateSignature,
    CreateStream,
    CreateTag,
    DeleteNamespace,
    DeleteProject,
    DeleteSignature,
    DeleteTag,
    GetImage,
    GetImageTag,
    GetLayers,
    GetNamespace,
    GetObject,
    GetProject,
    GetStream,
    GetStreamImage,
    GetTag,
    GetUser,
    ListImageTags,
    ListImages,
    ListNamespaces,
    ListObjects,
    ListPullSecrets,
    ListStreams,
    ListTags,
    MayRequestProject,
    PatchImage,
    PatchImageTag,
    PatchObject,
    PatchStream,
    PatchTag,
    ReplaceImage,
    ReplaceImageTag,
    ReplaceObject,
    ReplaceStream,
    ReplaceTag,
    RequestProject,
    Review,
    /// Deletes one object of any kind that is stored.
    DeleteStored,
    /// Deletes the selected objects of a collection.
    DeleteCollection,
    /// Imports images, which asks registries first.
    Import,
    /// Watches, which goes on.
    Watch,
}
