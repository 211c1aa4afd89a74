//! In which form an answer is wanted.

use http::header::ACCEPT;

use super::request::Request;
use crate::error::{ApiError, Result};

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

/// Whether there is a handler that writes this media type, views left aside.
fn is_written(media_type: &str) -> bool {
    media_type == "*/*" || MEDIA_TYPES.split(", ").any(|known| known == media_type)
}

/// The first acceptable form of those that `request` lists. `views` says which views there are of the resource.
pub(crate) fn negotiate(request: &Request, views: &[View]) -> Result<Form> {
    let accept: Vec<&str> = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let accept = accept.join(",");
    if accept.trim().is_empty() {
        return Ok(Form { format: json(request), view: View::Object });
    }
    accept.split(',').find_map(|clause| read_clause(clause, request, views)).ok_or_else(|| {
        // The router refuses types that no handler writes; views of those types are refused behind it.
        let is_routed = accept.split(',').any(|clause| is_written(clause.split(';').next().unwrap_or_default().trim()));
        if is_routed { ApiError::not_acceptable(MEDIA_TYPES) } else { ApiError::not_routed(MEDIA_TYPES) }
    })
}

fn read_clause(clause: &str, request: &Request, views: &[View]) -> Option<Form> {
    let mut parts = clause.split(';').map(str::trim);
    let format = match parts.next()? {
        "application/json" | "*/*" | "application/*" => json(request),
        "application/yaml" => Format::Yaml,
        _ => return None,
    };
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let parameter = |name: &str| parameters.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let view = match parameter("as") {
        None => View::Object,
        Some("Table") if parameter("v").is_none_or(|version| version == "v1") => View::Table,
        Some("PartialObjectMetadata" | "PartialObjectMetadataList") => View::Metadata,
        Some("APIGroupDiscoveryList") if parameter("v") == Some("v2") => View::Discovery,
        Some(_) => return None,
    };
    (view == View::Object || views.contains(&view)).then_some(Form { format, view })
}

/// JSON, indented if the client asks for it or looks like a person at a terminal.
fn json(request: &Request) -> Format {
    let pretty = match request.parameter("pretty") {
        Some(value) => !matches!(value, "0" | "f" | "F" | "false" | "False" | "FALSE"),
        None => ["curl", "Wget", "Mozilla/5.0"].iter().any(|program| request.user_agent().starts_with(program)),
    };
    if pretty { Format::PrettyJson } else { Format::Json }
}
