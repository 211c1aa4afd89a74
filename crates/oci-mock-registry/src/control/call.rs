//! A request to the control interface as an operation sees it, and its answer.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::{Serialize, de::DeserializeOwned};
use spanned_yaml::Source;

use super::{
    error::ControlError,
    members::{Member, Members},
    operation::Outcome,
};
use crate::registry::{MANIFEST_LIMIT, RegistryState, Writer};

/// A request whose path and body fit an operation.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) members: Arc<Members>,
    /// What the parts of the path in braces stand for.
    pub(super) path: Vec<(&'static str, String)>,
    /// The parameters of the query.
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Writer,
}

/// An answer that is a success.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Option<Bytes>,
}

impl Reply {
    pub(super) const fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: None }
    }

    pub(super) fn ok(value: &impl Serialize) -> Outcome {
        Self::json(StatusCode::OK, value)
    }

    pub(super) fn created(value: &impl Serialize) -> Outcome {
        Self::json(StatusCode::CREATED, value)
    }

    fn json(status: StatusCode, value: &impl Serialize) -> Outcome {
        let body = serde_json::to_vec(value)
            .map_err(|error| ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
        Ok(Self { status, body: Some(body.into()) })
    }

    /// 204 if something was there, else 404.
    pub(super) fn removed(was_there: bool, kind: &str, name: &str, known: impl IntoIterator<Item = String>) -> Outcome {
        if was_there { Ok(Self::nothing()) } else { Err(ControlError::unknown(kind, name, known)) }
    }
}

impl Call {
    /// A part of the path.
    pub(super) fn part(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter of the query in another form than text.
    pub(super) fn parsed<T>(
        &self,
        name: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ControlError> {
        let Some(text) = self.parameter(name) else { return Ok(None) };
        let error = || ControlError::parameter(name, format!("invalid `{name}` `{text}`: expected {expected}"));
        parse(text).map(Some).ok_or_else(error)
    }

    /// The registry that the path names.
    pub(super) fn member(&self) -> Result<Arc<Member>, ControlError> {
        let name = self.part("registry");
        self.members.get(name).ok_or_else(|| ControlError::unknown("registry", name, self.members.names()))
    }

    /// The registry that the path names, without a network.
    pub(super) fn state(&self) -> Result<Arc<RegistryState>, ControlError> {
        self.member().map(|member| member.state.clone())
    }

    /// The body as bytes, of which there may be as many as a manifest has.
    pub(super) fn take_bytes(&mut self) -> Result<Bytes, ControlError> {
        let body = std::mem::take(&mut self.body);
        if body.len() > MANIFEST_LIMIT as u64 {
            let message = format!("the body has more than {MANIFEST_LIMIT} bytes");
            return Err(ControlError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        let failure = |error: std::io::Error| ControlError::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        let (content, _) = body.finish(oci_types::Algorithm::Sha256).map_err(failure)?;
        content.bytes().map_err(failure)
    }

    /// The body as a value: JSON, or the same as YAML.
    pub(super) fn take_json<T: DeserializeOwned>(&mut self) -> Result<T, ControlError> {
        let bytes = self.take_bytes()?;
        let text = std::str::from_utf8(&bytes).map_err(|error| ControlError::body(format!("no UTF-8: {error}")))?;
        // Some programs write a mark of the byte order at the start of a file.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let content_type = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_yaml = content_type.contains("yaml");
        let source = if is_yaml { Source::new("body", text) } else { json_source(text)? };
        let node = spanned_yaml::parse(&source)?;
        Ok(spanned_yaml::decode(&source, &node)?)
    }
}

/// JSON as a text that can be read as YAML, with every value at its place. YAML knows no escapes of surrogates: a text with one
/// of them is written anew.
fn json_source(text: &str) -> Result<Source, ControlError> {
    if text.trim().is_empty() {
        return Err(ControlError::body("the body is empty: expected JSON"));
    }
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| {
        let error = ControlError::syntax(&error);
        // Most YAML does not begin as JSON does.
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        if is_json { error } else { error.hint("YAML needs `Content-Type: application/yaml`".to_owned()) }
    })?;
    let has_surrogates = ["\\ud", "\\uD"].iter().any(|escape| text.contains(escape));
    // A tab in JSON stands between values.
    let text = if has_surrogates { value.to_string() } else { text.replace('\t', " ") };
    Ok(Source::new("body", text))
}
