//! The part of an OpenAPI v2 document that a published schema holds: the image API's paths and objects, without prose.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document::Document;

/// The paths of the image API; those of old that begin with `watch` are left out.
const PATHS: &str = "/apis/image.openshift.io/";
const IMPORT: &str = "/apis/image.openshift.io/v1/namespaces/{namespace}/imagestreamimports";
/// The package of the image API's definitions.
const PACKAGE: &str = "com.github.openshift.api.image.v1.";
const KINDS: &str = "x-kubernetes-group-version-kind";
/// The keys of a type that say what it is; all others are prose, or about how it is merged.
const TYPE_KEYS: [&str; 4] = ["$ref", "type", "format", "required"];
const METHODS: [&str; 7] = ["delete", "get", "head", "options", "patch", "post", "put"];

/// Why a document is not taken for one of the image API.
#[derive(Debug, thiserror::Error)]
pub enum OpenApiError {
    /// It has no path of the import call.
    #[error("it has no path {IMPORT}")]
    NoImport,
    /// A definition is written in a way that no server of the API does it.
    #[error("{0}")]
    Definition(#[from] serde_json::Error),
}

impl Document {
    /// The part of an OpenAPI v2 document that `published` is about: the image API's paths, the import call, and the definitions
    /// that are published.
    ///
    /// # Errors
    /// When the document has no image API, or definitions of a form that this one cannot hold.
    pub fn of_openapi(document: &Value, published: &Self) -> Result<Self, OpenApiError> {
        let paths = document["paths"].as_object().cloned().unwrap_or_default();
        let import = paths.get(IMPORT).ok_or(OpenApiError::NoImport)?;
        let methods = |item: &Value| -> Vec<String> {
            METHODS.iter().filter(|method| item[**method].is_object()).map(|method| (*method).to_owned()).collect()
        };
        let of_images =
            paths.iter().filter(|(path, _)| path.starts_with(PATHS) && *path != PATHS && !path.contains("/watch/"));
        let of_images: BTreeMap<&String, Vec<String>> = of_images.map(|(path, item)| (path, methods(item))).collect();
        let parameters = [&import["parameters"], &import["post"]["parameters"]];
        let parameters = parameters.into_iter().filter_map(Value::as_array).flatten();
        let parameters: BTreeMap<String, Value> = parameters
            .map(|parameter| resolved(document, parameter))
            .filter_map(|parameter| Some((parameter["name"].as_str()?.to_owned(), parameter["in"].clone())))
            .collect();
        let responses: Vec<&String> = import["post"]["responses"].as_object().into_iter().flat_map(Map::keys).collect();
        let definitions = published.definitions.keys().filter_map(|name| {
            let definition = document["definitions"].get(name)?;
            Some((name.clone(), with_kinds(excerpt(definition), definition, name, published)))
        });
        let excerpt = json!({
            "definitions": definitions.collect::<Map<_, _>>(), "paths": of_images,
            "importParameters": parameters, "importResponses": responses,
        });
        Ok(serde_json::from_value(excerpt)?)
    }
}

/// A definition with the kinds that it is published as. Those of other APIs can be had in every group of a server, which differ
/// from server to server: of them only the published ones count.
fn with_kinds(mut excerpt: Value, definition: &Value, name: &str, published: &Document) -> Value {
    let known = published.definitions.get(name).map(|definition| definition.kinds.as_slice()).unwrap_or_default();
    let is_known = |kind: &&Value| {
        known.iter().any(|known| {
            kind["group"] == *known.group && kind["version"] == *known.version && kind["kind"] == *known.kind
        })
    };
    let kinds = definition[KINDS].as_array().into_iter().flatten();
    let kinds: Vec<&Value> = kinds.filter(|kind| name.starts_with(PACKAGE) || is_known(kind)).collect();
    if !kinds.is_empty() {
        excerpt[KINDS] = json!(kinds);
    }
    excerpt
}

/// A parameter, also where the document writes it elsewhere.
fn resolved<'a>(document: &'a Value, parameter: &'a Value) -> &'a Value {
    let name = parameter["$ref"].as_str().and_then(|text| text.strip_prefix("#/parameters/"));
    name.map_or(parameter, |name| &document["parameters"][name])
}

/// A type without prose.
fn excerpt(schema: &Value) -> Value {
    let mut found = Map::new();
    for key in TYPE_KEYS {
        if let Some(value) = schema.get(key) {
            found.insert(key.to_owned(), value.clone());
        }
    }
    if let Some(fields) = schema["properties"].as_object() {
        let fields: Map<String, Value> = fields.iter().map(|(name, field)| (name.clone(), excerpt(field))).collect();
        found.insert("properties".to_owned(), fields.into());
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            found.insert(key.to_owned(), excerpt(&schema[key]));
        }
    }
    Value::Object(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{schema::Schema, version::ApiVersion};

    fn published() -> &'static Document {
        Schema::for_version(ApiVersion::V4_22).document()
    }

    #[test]
    fn what_is_published_of_images_is_taken_out_of_a_document() {
        let text = json!({ "type": "string", "description": "prose" });
        let group = |group: &str| json!({ "group": group, "version": "v1", "kind": "Status" });
        let document = json!({
            "definitions": {
                "com.github.openshift.api.image.v1.ImageLayer": { "type": "object", "properties": { "name": text } },
                "io.k8s.apimachinery.pkg.apis.meta.v1.Status": { "type": "object", KINDS: [group(""), group("other")] },
                "Other": { "type": "object" },
            },
            "parameters": { "pretty-x": { "name": "pretty", "in": "query" } },
            "paths": {
                IMPORT: { "parameters": [{ "$ref": "#/parameters/pretty-x" }], "post": { "responses": { "201": {} } } },
                "/apis/image.openshift.io/v1/watch/images": { "get": {} },
                "/apis/other": { "get": {} },
            },
        });
        let excerpt = Document::of_openapi(&document, published()).unwrap();
        let layer = &excerpt.definitions["com.github.openshift.api.image.v1.ImageLayer"];
        assert!(layer.properties.contains_key("name"));
        let status = &excerpt.definitions["io.k8s.apimachinery.pkg.apis.meta.v1.Status"];
        assert_eq!((excerpt.definitions.len(), status.kinds.len()), (2, 1));
        assert_eq!(excerpt.paths.keys().collect::<Vec<_>>(), [IMPORT]);
        assert_eq!(excerpt.import_parameters["pretty"], "query");
        assert_eq!(excerpt.import_responses, ["201"]);
    }

    #[test]
    fn a_document_without_images_is_refused() {
        let error = Document::of_openapi(&json!({ "paths": {} }), published()).unwrap_err().to_string();
        assert!(error.contains("imagestreamimports"), "{error}");
    }
}
