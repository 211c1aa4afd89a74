//! The forms of an answer: how an object is written, and what is made of it first.

/// The media types of objects, as messages list them.
pub(crate) const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// How bytes are made of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Json,
    /// Indented.
    PrettyJson,
    Yaml,
    /// Kubernetes' protobuf.
    Protobuf,
}

/// What is made of an object first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum View {
    /// Nothing: it is wanted as it is.
    #[default]
    Object,
    /// A table for people.
    Table,
    /// The metadata of one object.
    Metadata,
    /// The metadata of each object of a list.
    MetadataList,
    /// All resources of all groups in one document.
    Discovery,
}

/// The version of `meta.k8s.io` that a view is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MetaVersion {
    #[default]
    V1,
    V1Beta1,
}

impl MetaVersion {
    /// As objects carry it.
    pub(crate) fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) view: View,
    pub(crate) meta: MetaVersion,
}

impl Form {
    /// The form of an error when the client accepts none.
    pub(super) const UNNEGOTIATED: Self =
        Self { format: Format::PrettyJson, view: View::Object, meta: MetaVersion::V1 };

    /// The same form of what has no views.
    pub(crate) fn plain(self) -> Self {
        Self { view: View::Object, ..self }
    }
}
