//! A request as a suite asks for it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::kept;
use crate::document::{self, Source};

/// A request to the implementation.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path: absolute with a leading `/`, else below the namespace of the image API. A query may stand in it.
    pub path: String,
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Header fields that replace the usual ones.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Body,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None.
    Empty,
    /// A JSON value, written compactly.
    Json(Value),
    /// Text as it stands.
    Text(String),
}

impl Request {
    /// A request without query, headers and body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), headers: BTreeMap::new(), body: Body::Empty }
    }

    /// The request in words, as goldens and reports have it: `POST imagestreamimports?dryRun=All`.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} {}", self.method, self.path_and_query())
    }

    /// The resource of the image API that the path names, `imagestreams` say; its first word where it names another one.
    #[must_use]
    pub fn resource(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        let below =
            path.rsplit_once("/namespaces/").and_then(|(_, rest)| rest.split_once('/')).map_or(path, |(_, rest)| rest);
        below.split('/').next().unwrap_or_default()
    }

    /// The object that the body holds, if it is JSON, or text that stands for an object.
    #[must_use]
    pub fn object(&self) -> Option<Cow<'_, Value>> {
        match &self.body {
            Body::Json(value) => Some(Cow::Borrowed(value)),
            Body::Text(text) => {
                document::parse(&Source::new("body", text.as_str())).ok().map(|node| Cow::Owned(node.to_json()))
            }
            Body::Empty => None,
        }
    }

    /// Whether the request asks for a stream of events.
    #[must_use]
    pub fn is_watch(&self) -> bool {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let is_asked = query.split('&').any(|pair| pair.starts_with("watch="))
            || self.query.iter().any(|(name, _)| name == "watch");
        self.method == Method::GET && (is_asked || path.contains("/v1/watch/"))
    }

    /// The names of kept values that the request has a place for.
    #[must_use]
    pub fn kept_names(&self) -> BTreeSet<&str> {
        let body = match &self.body {
            Body::Empty => Vec::new(),
            Body::Text(text) => vec![text.as_str()],
            Body::Json(value) => texts(value),
        };
        let query = self.query.iter().map(|(_, value)| value.as_str());
        let all = std::iter::once(self.path.as_str()).chain(query).chain(self.headers.values().map(String::as_str));
        all.chain(body).flat_map(kept::names).collect()
    }

    /// The same request with values in the places for kept ones.
    #[must_use]
    pub fn with_kept(&self, values: &BTreeMap<String, String>) -> Self {
        let filled = |text: &str| kept::filled(text, values);
        let mut request = self.clone();
        request.path = filled(&self.path);
        request.query.iter_mut().for_each(|(_, value)| *value = filled(value));
        request.headers.values_mut().for_each(|value| *value = filled(value));
        match &mut request.body {
            Body::Empty => {}
            Body::Text(text) => *text = filled(text),
            Body::Json(value) => fill(value, &filled),
        }
        request
    }

    /// Whether the request writes a tag of a stream's spec, or a repository that backs a stream, which an import controller
    /// imports by itself.
    #[must_use]
    pub fn writes_spec_tags(&self) -> bool {
        if !matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
            return false;
        }
        let is_imported = |tag: &Value| tag["from"]["kind"] == "DockerImage" && tag["reference"] != true;
        let Some(object) = self.object() else { return false };
        match self.resource() {
            "imagestreams" => {
                object["spec"]["tags"].as_array().is_some_and(|tags| tags.iter().any(is_imported))
                    || object["spec"]["dockerImageRepository"].as_str().is_some_and(|text| !text.is_empty())
            }
            "imagestreamtags" => is_imported(&object["tag"]),
            _ => false,
        }
    }

    /// Path and query below `namespace`, percent-encoded where a URL needs it.
    #[must_use]
    pub fn uri(&self, namespace: &str) -> String {
        let path_and_query = self.path_and_query();
        if path_and_query.starts_with('/') {
            path_and_query
        } else {
            format!("/apis/image.openshift.io/v1/namespaces/{namespace}/{path_and_query}")
        }
    }

    fn path_and_query(&self) -> String {
        let encoded = |text: &str| utf8_percent_encode(text, QUERY).to_string();
        let query: Vec<String> =
            self.query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let separator = match query.as_slice() {
            [] => "",
            _ if self.path.contains('?') => "&",
            _ => "?",
        };
        format!("{}{separator}{}", utf8_percent_encode(&self.path, PATH), query.join("&"))
    }
}

/// Every text in a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text.as_str()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => fields.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

fn fill(value: &mut Value, filled: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = filled(text),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, filled)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill(field, filled)),
        _ => {}
    }
}

/// What cannot stand in a path as a suite writes it, which may be encoded already and have a query of its own.
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'}');
/// What cannot stand in the name or value of a query parameter.
const QUERY: &AsciiSet = &PATH.add(b'%').add(b'&').add(b'+').add(b'#').add(b'=').add(b'?');

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_path_is_below_the_namespace_and_the_query_is_encoded() {
        let request = Request {
            query: vec![("fieldManager".to_owned(), "a b&c".to_owned())],
            ..Request::new(Method::POST, "imagestreamimports")
        };
        let uri = "/apis/image.openshift.io/v1/namespaces/demo/imagestreamimports?fieldManager=a%20b%26c";
        assert_eq!(request.uri("demo"), uri);
        assert_eq!(Request::new(Method::GET, "/version").uri("demo"), "/version");
    }
}
