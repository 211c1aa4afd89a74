//! In which form an answer is wanted.

use http::{Method, header::ACCEPT};

use super::request::Request;
use crate::{
    error::{ApiError, Result},
    protobuf,
    route::{Route, Target, route},
};

/// The media types of objects, as messages list them.
pub(crate) const MEDIA_TYPES: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Those of watches.
const STREAM_TYPES: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

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
    /// Its metadata.
    Metadata,
    /// All resources of all groups in one document.
    Discovery,
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) view: View,
}

impl Form {
    /// The form of an error when the client accepts none.
    pub(crate) const UNNEGOTIATED: Self = Self { format: Format::PrettyJson, view: View::Object };
}

/// A media type that a client accepts.
#[derive(Debug, Clone, PartialEq)]
struct Clause<'a> {
    media_type: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f64,
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let parameters: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let quality = parameters.iter().find(|(name, _)| *name == "q").and_then(|(_, value)| value.parse().ok());
        Self { media_type, parameters, quality: quality.unwrap_or(1.0) }
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Whether a handler writes exactly this type; the router knows no other pattern than `*/*`.
    fn is_routed(&self) -> bool {
        self.media_type == "*/*" || MEDIA_TYPES.split(", ").any(|known| known == self.media_type)
    }

    /// How many parts of the type are left open.
    fn wildcards(&self) -> usize {
        self.media_type.split('/').filter(|part| *part == "*").count()
    }

    fn form(&self, request: &Request, has_protobuf: bool, views: &[View]) -> Option<Form> {
        let format = match self.media_type {
            "application/json" | "*/*" | "application/*" => json(request),
            "application/yaml" => Format::Yaml,
            protobuf::MEDIA_TYPE if has_protobuf => Format::Protobuf,
            _ => return None,
        };
        let view = match (self.parameter("as"), self.parameter("v")) {
            (None, _) => View::Object,
            // A table holds cells of any type, which protobuf cannot express.
            (Some("Table"), None | Some("v1")) if format != Format::Protobuf => View::Table,
            (Some("PartialObjectMetadata" | "PartialObjectMetadataList"), _) => View::Metadata,
            (Some("APIGroupDiscoveryList"), Some("v2")) => View::Discovery,
            _ => return None,
        };
        (view == View::Object || views.contains(&view)).then_some(Form { format, view })
    }
}

/// The best form of those that `request` accepts, of a resource that can be written in every media type. `views` says which
/// views there are of the resource.
pub(crate) fn negotiate(request: &Request, views: &[View]) -> Result<Form> {
    negotiate_among(request, true, views)
}

/// As [`negotiate`], of a resource that has protobuf or has not: custom resources have none.
pub(crate) fn negotiate_among(request: &Request, has_protobuf: bool, views: &[View]) -> Result<Form> {
    let accept: Vec<&str> = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(",");
    if accept.trim().is_empty() {
        return Ok(Form { format: json(request), view: View::Object });
    }
    let mut clauses: Vec<Clause<'_>> = accept.split(',').map(Clause::parse).collect();
    // The router refuses types that no handler writes; views of those types are refused behind it.
    if !clauses.iter().any(Clause::is_routed) {
        return Err(ApiError::not_routed(&routed_types(request)));
    }
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(a.wildcards().cmp(&b.wildcards())));
    let form = clauses.iter().find_map(|clause| clause.form(request, has_protobuf, views));
    form.ok_or_else(|| ApiError::not_acceptable(MEDIA_TYPES))
}

/// The media types that the handler of a path writes, for the router: those of watches too where there are lists.
fn routed_types(request: &Request) -> String {
    match route(&request.path) {
        Ok(Route::Objects(Target { kind, name: None, .. }))
            if request.method == Method::GET && kind.verbs.contains(&"list") =>
        {
            format!("{MEDIA_TYPES}, {STREAM_TYPES}")
        }
        _ => MEDIA_TYPES.to_owned(),
    }
}

/// The form of the events of a watch. Clients may say that they want a stream, and need not.
pub(crate) fn negotiate_watch(request: &Request, has_protobuf: bool, views: &[View]) -> Result<Form> {
    let form = negotiate_among(request, has_protobuf, views)?;
    if form.format == Format::Yaml { Err(ApiError::not_acceptable(STREAM_TYPES)) } else { Ok(form) }
}

/// JSON, indented if the client asks for it or looks like a person at a terminal.
fn json(request: &Request) -> Format {
    let pretty = match request.parameter("pretty") {
        Some(value) => !matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE"),
        None => ["curl", "Wget", "Mozilla/5.0"].iter().any(|program| request.user_agent().starts_with(program)),
    };
    if pretty { Format::PrettyJson } else { Format::Json }
}
