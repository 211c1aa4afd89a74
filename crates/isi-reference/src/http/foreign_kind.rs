//! Objects that say that they are of another kind or version than the one that is expected.

use crate::{
    behaviour::{Behaviour, ImageApi, JsonDecoder},
    json::{
        Document, Struct, TypeError,
        group_kinds::{UNVERSIONED, is_core},
        shapes,
    },
    model::IMAGE_API,
};

/// Lists of the image API, which are understood in the legacy group as well, but for the newest of them.
const LISTS: [&str; 5] = ["ImageList", "ImageStreamList", "ImageStreamTagList", "ImageTagList", "SecretList"];
/// Kinds of Kubernetes' own that every group has.
const META_KINDS: [&str; 7] =
    ["WatchEvent", "ListOptions", "GetOptions", "DeleteOptions", "CreateOptions", "UpdateOptions", "PatchOptions"];

/// The kind and the version that an object says that it is of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ForeignKind<'a> {
    pub(crate) kind: &'a str,
    pub(crate) version: &'a str,
    structure: Option<&'static Struct>,
}

impl<'a> ForeignKind<'a> {
    /// What `kind` in `version` is to a server that behaves like this.
    pub(crate) fn new(kind: &'a str, version: &'a str, behaviour: &Behaviour) -> Self {
        Self { kind, version, structure: shapes::structure_of(kind, behaviour) }
    }

    /// Whether it is an object of the image API in the legacy group.
    pub(crate) fn is_legacy(&self) -> bool {
        self.version == "v1" && self.structure.is_some()
    }

    /// Decodes an object as what it says that it is: servers do it before they compare that with what is expected.
    pub(crate) fn check(&self, object: &Document, decoder: JsonDecoder) -> Result<(), TypeError> {
        let status = (self.kind == "Status").then_some(&shapes::STATUS);
        let known = || self.structure.filter(|_| matches!(self.version, "v1" | IMAGE_API));
        match status.or_else(known) {
            Some(structure) => object.decode(structure, decoder).map(drop),
            None => Ok(()),
        }
    }

    /// Whether a server crashes that should make `expected` of it: where it converts by fields, a tag is a text and an object.
    pub(crate) fn crashes(&self, expected: &str, behaviour: &Behaviour) -> bool {
        behaviour.converts_by_fields && self.kind == "ImageStreamMapping" && expected == "ImageStreamTag"
    }

    /// What Go's scheme says of it where `expected` is expected.
    pub(crate) fn error(&self, expected: &str, behaviour: &Behaviour) -> String {
        let Self { kind, version, structure } = *self;
        let is_of_old = kind == "ExportOptions" && behaviour.converts_by_fields;
        let is_shared = META_KINDS.contains(&kind) || is_of_old || structure.is_some();
        let is_list = LISTS.contains(&kind) && (kind != "ImageTagList" || behaviour.image_api != ImageApi::Early);
        let is_understood = match version {
            _ if UNVERSIONED.contains(&kind) => true,
            IMAGE_API => is_shared || kind == "ImageStreamLayers" || is_list,
            "v1" => {
                let is_core = is_core(kind) && !behaviour.converts_by_fields;
                is_shared || is_core || is_list && kind != "ImageTagList"
            }
            _ => false,
        };
        if is_understood && behaviour.converts_by_fields {
            return self.missing_field(expected);
        }
        if is_understood {
            return format!("converting (v1.{kind}) to (image.{expected}): unknown conversion");
        }
        let source = behaviour.scheme_source;
        format!("no kind {kind:?} is registered for version {version:?} in scheme {source:?}")
    }

    /// What servers of old say, which convert field by field: which one is missing first.
    fn missing_field(&self, expected: &str) -> String {
        let kind = self.kind;
        let nested = |from: &str, to: &str, field: &str| {
            let (from, to) = (format!("(v1.{kind}).v1.{from}"), format!("(image.{expected}).image.{to}"));
            format!("converting {from} to {to}: {field} not present in src")
        };
        let is_object = kind == "ImageStreamLayers" || self.structure.is_some();
        let field = match (kind, expected) {
            ("WatchEvent", _) => "TypeMeta",
            _ if !is_object => "ObjectMeta",
            ("ImageStream", "ImageStreamImport") => {
                return nested("ImageStreamSpec", "ImageStreamImportSpec", "Import");
            }
            ("ImageStreamImport", "ImageStream") => {
                return nested("ImageStreamImportSpec", "ImageStreamSpec", "LookupPolicy");
            }
            (_, "ImageStreamTag") => "Tag",
            (_, "ImageStreamMapping") => "DockerImageRepository",
            (_, "Image") => "DockerImageReference",
            (_, "ImageSignature") => "Type",
            _ => "Spec",
        };
        format!("converting (v1.{kind}) to (image.{expected}): {field} not present in src")
    }
}
