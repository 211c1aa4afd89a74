//! Which form of an answer a client accepts best.

use http::header::ACCEPT;

use super::{
    form::{Form, Format, MEDIA_TYPES, MetaVersion, View},
    request::Request,
};
use crate::{
    api::Api,
    error::{ApiError, Result},
    kinds::Kind,
    protobuf,
};

/// The media types of watches.
const STREAM_TYPES: &str = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

/// What a handler can answer with.
#[derive(Debug, Clone, Copy)]
struct Offer {
    protobuf: bool,
    table: bool,
    metadata: bool,
    discovery: bool,
    /// Whether views can be written in `meta.k8s.io/v1`.
    meta_v1: bool,
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

    fn form(&self, request: &Request, offer: Offer) -> Option<Form> {
        let format = match self.media_type {
            "application/json" | "*/*" | "application/*" => json(request),
            "application/yaml" => Format::Yaml,
            protobuf::MEDIA_TYPE if offer.protobuf => Format::Protobuf,
            _ => return None,
        };
        let (view, group, version) = (self.parameter("as"), self.parameter("g"), self.parameter("v"));
        let view = match (view, group, version) {
            (None, None, None) => return Some(Form { format, ..Form::default() }),
            (Some("APIGroupDiscoveryList"), _, Some("v2")) if offer.discovery => View::Discovery,
            // A table holds cells of any type, which protobuf cannot express.
            (Some("Table"), Some("meta.k8s.io"), _) if offer.table && format != Format::Protobuf => View::Table,
            (Some("PartialObjectMetadata"), Some("meta.k8s.io"), _) if offer.metadata => View::Metadata,
            (Some("PartialObjectMetadataList"), Some("meta.k8s.io"), _) if offer.metadata => View::MetadataList,
            _ => return None,
        };
        let meta = match version {
            Some("v1") if offer.meta_v1 => MetaVersion::V1,
            Some("v1beta1") => MetaVersion::V1Beta1,
            _ if view == View::Discovery => MetaVersion::V1,
            _ => return None,
        };
        Some(Form { format, view, meta })
    }
}

/// The best form of those that `request` accepts of a resource.
///
/// # Errors
/// 406 where it accepts none.
pub(crate) fn negotiate(api: &Api, request: &Request, kind: &Kind) -> Result<Form> {
    choose(request, offer_of(api, kind), routed(api, MEDIA_TYPES))
}

/// The form of the events of a watch. Clients may say that they want a stream, and need not.
pub(crate) fn negotiate_watch(api: &Api, request: &Request, kind: &Kind) -> Result<Form> {
    let form = negotiate_list(api, request, kind)?;
    if form.format == Format::Yaml { Err(ApiError::not_acceptable(STREAM_TYPES)) } else { Ok(form) }
}

/// The form of a list, which the handler of watches answers too.
pub(crate) fn negotiate_list(api: &Api, request: &Request, kind: &Kind) -> Result<Form> {
    choose(request, offer_of(api, kind), routed(api, &format!("{MEDIA_TYPES}, {STREAM_TYPES}")))
}

/// The form of what describes the server.
pub(crate) fn negotiate_discovery(api: &Api, request: &Request) -> Result<Form> {
    let offer = Offer { protobuf: true, table: false, metadata: false, discovery: true, meta_v1: true };
    choose(request, offer, routed(api, MEDIA_TYPES))
}

/// The media types that a handler writes, on servers that name them.
fn routed<'a>(api: &Api, media_types: &'a str) -> Option<&'a str> {
    Some(media_types).filter(|_| api.behaviour.lists_routed_types)
}

/// The form of an error: as one of any object would be.
pub(crate) fn negotiate_error(request: &Request) -> Form {
    let offer = Offer { protobuf: true, table: true, metadata: true, discovery: true, meta_v1: true };
    choose(request, offer, None).map_or(Form::UNNEGOTIATED, Form::plain)
}

fn offer_of(api: &Api, kind: &Kind) -> Offer {
    Offer {
        // Custom resources have no messages, and those of resources without objects are not known.
        protobuf: !kind.is_custom() && !kind.is_empty,
        table: kind.columns.is_some(),
        metadata: true,
        discovery: false,
        meta_v1: api.behaviour.meta_v1,
    }
}

/// The best form of `offer` that `request` accepts. `routed`: the media types that a refusal names.
fn choose(request: &Request, offer: Offer, routed: Option<&str>) -> Result<Form> {
    let accept: Vec<&str> = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(",");
    if accept.trim().is_empty() {
        return Ok(Form { format: json(request), ..Form::default() });
    }
    let mut clauses: Vec<Clause<'_>> = accept.split(',').map(Clause::parse).collect();
    // The router refuses types that no handler writes; views of those types are refused behind it.
    if !clauses.iter().any(Clause::is_routed) {
        return Err(ApiError::not_routed(routed));
    }
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(a.wildcards().cmp(&b.wildcards())));
    let form = clauses.iter().find_map(|clause| clause.form(request, offer));
    form.ok_or_else(|| ApiError::not_acceptable(MEDIA_TYPES))
}

/// JSON, indented if the client asks for it or looks like a person at a terminal.
fn json(request: &Request) -> Format {
    let pretty = match request.parameter("pretty") {
        Some(value) => !matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE"),
        None => ["curl", "Wget", "Mozilla/5.0"].iter().any(|program| request.user_agent().starts_with(program)),
    };
    if pretty { Format::PrettyJson } else { Format::Json }
}
