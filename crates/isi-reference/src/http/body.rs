//! From the body of a request to an object.

use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{
    foreign_kind::ForeignKind,
    form::MEDIA_TYPES,
    options::{FieldValidation, WriteOptions},
    request::Request,
};
use crate::{
    behaviour::{Behaviour, JsonDecoder},
    error::{ApiError, Result},
    json::{self, Document, Node, Struct},
    media_type::essence,
    model::IMAGE_API,
    protobuf::{self, Envelope},
};

/// How much of a body that cannot be read is shown.
const SHOWN: usize = 30;

/// What servers write before what is wrong with the JSON of an object.
pub(crate) const UNREADABLE_KIND: &str = "couldn't get version/kind; json parse error: ";

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    Json,
    Yaml,
    Protobuf,
}

/// How the body of `request` is written, if it is in a way that can be read.
pub(crate) fn syntax(request: &Request) -> Result<Syntax> {
    let content_type = request.header(CONTENT_TYPE).unwrap_or_default();
    if content_type.is_empty() {
        return Ok(Syntax::Json);
    }
    match essence(content_type).as_deref() {
        Ok("application/json") => Ok(Syntax::Json),
        Ok("application/yaml") => Ok(Syntax::Yaml),
        Ok(protobuf::MEDIA_TYPE) => Ok(Syntax::Protobuf),
        _ => Err(ApiError::unsupported_media_type(MEDIA_TYPES)),
    }
}

/// Reads an object of `kind` in the image API. The client is warned of what the object should not have.
pub(crate) fn read<T: DeserializeOwned>(
    request: &Request,
    kind: &str,
    target: &'static Struct,
    options: &WriteOptions,
    behaviour: &Behaviour,
) -> Result<T> {
    let body = request.body()?;
    let (document, duplicate) = match syntax(request) {
        Ok(Syntax::Protobuf) => (read_protobuf(body, IMAGE_API, kind)?, None),
        _ => parse(request, body).map_err(|error| unrecognized(kind, &error, body))?,
    };
    let mismatch = check_kind(&document, kind, body, behaviour)?;
    let node = &document.node;
    let (object, surplus) =
        fit(&document, target, behaviour.json_decoder).map_err(|error| unhandled(node, kind, &error))?;
    if options.field_validation == FieldValidation::Strict && !(surplus.is_empty() && duplicate.is_none()) {
        let duplicate = duplicate.map(|duplicate| format!("yaml: unmarshal errors:\n  {duplicate}"));
        let all: Vec<String> = duplicate.into_iter().chain(surplus).collect();
        return Err(unhandled(node, kind, &format!("strict decoding error: {}", all.join(", "))));
    }
    options.warn(request, duplicate.into_iter().chain(surplus).collect());
    mismatch.map_or(Ok(object), Err)
}

/// Reads any object, as it is.
pub(crate) fn read_any(request: &Request) -> Result<serde_json::Value> {
    read_document(request).map(|document| document.node.to_value())
}

/// Reads any object, as it is written.
pub(crate) fn read_document(request: &Request) -> Result<Document<'_>> {
    let body = request.body()?;
    if syntax(request) == Ok(Syntax::Protobuf) {
        return read_protobuf(body, "v1", "");
    }
    let parsed = parse(request, body).map(|(document, _)| document);
    parsed.map_err(|error| ApiError::bad_request(error.trim_start_matches(UNREADABLE_KIND)))
}

/// Reads an object that may leave open which kind it is: then it is of the kind and version of the path. An object of an
/// unknown kind is read without its fields.
fn read_protobuf(body: &[u8], version: &str, kind: &str) -> Result<Document<'static>> {
    let mut envelope = Envelope::open(body).map_err(|error| unrecognized(kind, &error.to_string(), body))?;
    let default = |text: &mut String, default: &str| {
        if text.is_empty() {
            default.clone_into(text);
        }
    };
    default(&mut envelope.api_version, version);
    default(&mut envelope.kind, kind);
    let typed = || json!({ "apiVersion": envelope.api_version, "kind": envelope.kind });
    match envelope.object() {
        Some(Ok(object)) => Ok(Document::of(&object)),
        Some(Err(error)) => Err(unhandled(&Node::from(&typed()), kind, &error.to_string())),
        None => Ok(Document::of(&typed())),
    }
}

/// Fits a document to a shape, and its value to a type.
pub(crate) fn fit<T: DeserializeOwned>(
    document: &Document<'_>,
    target: &'static Struct,
    decoder: JsonDecoder,
) -> std::result::Result<(T, Vec<String>), String> {
    let decoded = document.decode(target, decoder).map_err(|error| error.to_string())?;
    let object = serde_json::from_value(decoded.value).map_err(|error| error.to_string())?;
    Ok((object, decoded.surplus))
}

/// Parses a body; also returns what YAML says of the first key that is there twice, of which the last one counts.
fn parse<'a>(request: &Request, body: &'a [u8]) -> std::result::Result<(Document<'a>, Option<String>), String> {
    match syntax(request).unwrap_or(Syntax::Json) {
        Syntax::Json | Syntax::Protobuf => {
            let node = json::parse(body).map_err(|error| format!("{UNREADABLE_KIND}{error}"))?;
            Ok((Document::sent(body, node), None))
        }
        Syntax::Yaml => {
            let text = std::str::from_utf8(body).map_err(|error| format!("yaml: {error}"))?;
            let (value, duplicate) = parse_yaml(text).map_err(|error| format!("yaml: {error}"))?;
            Ok((Document::of(&value), duplicate))
        }
    }
}

/// Recorded from openshift-apiserver 4.22: `line 7: key "import" already set in map`.
pub(crate) fn parse_yaml(text: &str) -> std::result::Result<(serde_json::Value, Option<String>), serde_saphyr::Error> {
    let error = match first_document(text, serde_saphyr::options! {}) {
        Ok(value) => return Ok((value, None)),
        Err(error) => error,
    };
    let serde_saphyr::Error::DuplicateMappingKey { key: Some(key), location } = error.without_snippet() else {
        return Err(error);
    };
    let duplicate = format!("line {}: key {key:?} already set in map", location.line());
    let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    first_document(text, options).map(|value| (value, Some(duplicate)))
}

/// The first document of a text: servers read no further, whatever follows.
fn first_document(
    text: &str,
    options: serde_saphyr::Options,
) -> std::result::Result<serde_json::Value, serde_saphyr::Error> {
    let mut bytes = text.as_bytes();
    let first = serde_saphyr::read_with_options(&mut bytes, options.clone()).next();
    // What is empty is no document.
    first.unwrap_or_else(|| serde_saphyr::from_str_with_options(text, options))
}

/// Checks `apiVersion` and `kind`; what is missing is taken from the path. Returns what is wrong with the version of an object that
/// is read before that is told.
fn check_kind(document: &Document<'_>, kind: &str, body: &[u8], behaviour: &Behaviour) -> Result<Option<ApiError>> {
    let node = &document.node;
    json::type_meta::check(node).map_err(|error| unrecognized(kind, &error.to_string(), body))?;
    let text = |field| node.get(field).and_then(Node::as_text).filter(|text| !text.is_empty());
    let (version, found) = (text("apiVersion").unwrap_or(IMAGE_API), text("kind").unwrap_or(kind));
    if version == IMAGE_API && found == kind {
        return Ok(None);
    }
    let foreign = ForeignKind::new(found, version, behaviour);
    foreign.check(document, behaviour.json_decoder).map_err(|error| unhandled(node, kind, &error.to_string()))?;
    if foreign.crashes(kind, behaviour) {
        return Err(ApiError::panic());
    }
    if foreign.is_legacy() && found == kind {
        return Ok(Some(ApiError::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({IMAGE_API})"
        ))));
    }
    Err(unhandled(node, kind, &foreign.error(kind, behaviour)))
}

fn unrecognized(kind: &str, error: &str, body: &[u8]) -> ApiError {
    ApiError::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {error} ({})",
        summary(body)
    ))
}

fn unhandled(node: &Node, kind: &str, error: &str) -> ApiError {
    let text =
        |field, default| node.get(field).and_then(Node::as_text).filter(|text| !text.is_empty()).unwrap_or(default);
    let version = text("apiVersion", IMAGE_API);
    let version = version.rsplit('/').next().unwrap_or_default();
    let found = text("kind", kind);
    ApiError::bad_request(format!("{found} in version {version:?} cannot be handled as a {kind}: {error}"))
}

/// The beginning of a body: as text if it looks like JSON, else in hexadecimal digits.
fn summary(body: &[u8]) -> String {
    let shown = &body[..body.len().min(SHOWN)];
    let text = match body.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(shown).into_owned(),
        Some(_) => shown.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    if body.len() > SHOWN { format!("{text} ...") } else { text }
}
