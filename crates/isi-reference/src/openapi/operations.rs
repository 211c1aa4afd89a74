//! The paths and what each takes: those of the image API as published, all others as the table of resources has them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    definitions::{META, reference},
    published::Published,
};
use crate::{
    http::form::MEDIA_TYPES,
    kinds::{Kind, Verb, table::KINDS},
    model::IMAGE_GROUP,
};

/// The media types of patches.
const PATCHES: [&str; 4] = [
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    "application/apply-patch+yaml",
];

/// Query parameters of a list, with their types.
const LIST: [(&str, &str); 10] = [
    ("allowWatchBookmarks", "boolean"),
    ("continue", "string"),
    ("fieldSelector", "string"),
    ("labelSelector", "string"),
    ("limit", "integer"),
    ("resourceVersion", "string"),
    ("resourceVersionMatch", "string"),
    ("sendInitialEvents", "boolean"),
    ("timeoutSeconds", "integer"),
    ("watch", "boolean"),
];

/// Every path with its operations.
pub(super) fn paths(published: &Published) -> Map<String, Value> {
    let mut methods = BTreeMap::new();
    for (path, of_path) in &published.paths {
        methods.insert(path.clone(), of_path.clone());
    }
    for kind in KINDS.iter().filter(|kind| kind.group != IMAGE_GROUP) {
        for (path, of_path) in served(kind) {
            methods.insert(path, of_path.into_iter().map(str::to_owned).collect());
        }
    }
    let item = |(path, methods): (&String, &Vec<String>)| {
        if path.ends_with('/') {
            return Some((path.clone(), discovery(path)));
        }
        let resource = PathResource::of(path)?;
        let mut item = Map::new();
        for method in methods {
            item.insert(method.clone(), operation(&resource, method, published));
        }
        let parameters: Vec<Value> = resource.path_parameters().collect();
        if !parameters.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(parameters));
        }
        Some((path.clone(), Value::Object(item)))
    };
    methods.iter().filter_map(item).collect()
}

/// The path of a group's version, which lists its resources.
fn discovery(path: &str) -> Value {
    let words: String = path.split(['/', '.']).skip(2).map(capitalized).collect();
    let resources = reference(&format!("{META}.APIResourceList"));
    json!({ "get": {
        "operationId": format!("get{words}APIResources"),
        "consumes": MEDIA_TYPES.split(", ").collect::<Vec<_>>(),
        "produces": MEDIA_TYPES.split(", ").collect::<Vec<_>>(),
        "responses": {
            "200": { "description": "OK", "schema": resources }, "401": { "description": "Unauthorized" },
        },
    } })
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
    first.to_uppercase() + rest
}

/// The paths of a resource, with the methods that it takes.
fn served(kind: &Kind) -> Vec<(String, Vec<&'static str>)> {
    let prefix = if kind.group.is_empty() { "/api/v1".to_owned() } else { format!("/apis/{}", kind.api_version()) };
    let methods = |table: &[(Verb, &'static str)]| -> Vec<&'static str> {
        table.iter().filter(|(verb, _)| kind.has(*verb)).map(|(_, method)| *method).collect()
    };
    let collection = methods(&[(Verb::DeleteCollection, "delete"), (Verb::List, "get"), (Verb::Create, "post")]);
    let object =
        methods(&[(Verb::Delete, "delete"), (Verb::Get, "get"), (Verb::Patch, "patch"), (Verb::Update, "put")]);
    let place = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
    let mut paths = vec![
        (format!("{prefix}{place}/{}", kind.plural), collection),
        (format!("{prefix}{place}/{}/{{name}}", kind.plural), object),
    ];
    if kind.namespaced && kind.has(Verb::List) {
        paths.push((format!("{prefix}/{}", kind.plural), vec!["get"]));
    }
    paths.retain(|(_, methods)| !methods.is_empty());
    paths
}

/// What a path names.
struct PathResource<'a> {
    kind: &'static Kind,
    namespaced: bool,
    named: bool,
    /// The part of the object that the path names.
    part: &'a str,
}

impl<'a> PathResource<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let (group, version, rest) = match parts.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespaced, rest) = match rest {
            ["namespaces", "{namespace}", rest @ ..] if !rest.is_empty() => (true, rest),
            rest => (false, rest),
        };
        let (plural, named, part) = match rest {
            [plural] => (*plural, false, ""),
            [plural, _] => (*plural, true, ""),
            [plural, _, part] => (*plural, true, *part),
            _ => return None,
        };
        let find = |plural: &str| {
            KINDS.iter().find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
        };
        let kind = find(&format!("{plural}/{part}")).or_else(|| find(plural))?;
        Some(Self { kind, namespaced, named, part })
    }

    fn path_parameters(&self) -> impl Iterator<Item = Value> + use<> {
        let names = [(self.named, "name"), (self.namespaced, "namespace")];
        let parameter = |name| json!({ "name": name, "in": "path", "required": true, "type": "string" });
        names.into_iter().filter(|(is_there, _)| *is_there).map(move |(_, name)| parameter(name))
    }

    /// The name of an operation, unique in the document, as `createImageOpenshiftIoV1NamespacedImageStream`.
    fn operation_id(&self, action: &str) -> String {
        let camel = |text: &str| -> String { text.split(['.', '-']).map(capitalized).collect() };
        let group = if self.kind.group.is_empty() { "core" } else { self.kind.group };
        let namespaced = if self.namespaced { "Namespaced" } else { "" };
        let all = if self.kind.namespaced && !self.namespaced && action == "list" { "ForAllNamespaces" } else { "" };
        format!(
            "{action}{}{}{namespaced}{}{}{all}",
            camel(group),
            camel(self.kind.version),
            self.kind.plural.split('/').next().map(|_| self.kind.kind).unwrap_or_default(),
            camel(self.part)
        )
    }
}

fn operation(resource: &PathResource<'_>, method: &str, published: &Published) -> Value {
    let kind = resource.kind;
    let action = match (method, resource.named) {
        ("get", true) => "get",
        ("get", false) => "list",
        ("delete", false) => "deletecollection",
        (method, _) => method,
    };
    let word = match action {
        "get" => "read",
        "post" => "create",
        "put" => "replace",
        other => other,
    };
    let mut parameters = vec![query("pretty", "string")];
    let written = published.import_parameters.iter().filter(|(name, place)| *place == "query" && *name != "pretty");
    let written = written.map(|(name, _)| query(name, "string"));
    let object = definition_of(kind, kind.kind);
    match action {
        "list" => parameters.extend(LIST.map(|(name, of)| query(name, of))),
        "post" | "put" => {
            parameters.extend(written);
            parameters.push(body(&object));
        }
        "patch" => {
            parameters.extend(written);
            parameters.push(query("force", "boolean"));
            parameters.push(body(&reference(&format!("{META}.Patch"))));
        }
        "delete" | "deletecollection" => {
            parameters.push(query("dryRun", "string"));
            parameters.push(query("gracePeriodSeconds", "integer"));
            parameters.push(query("propagationPolicy", "string"));
        }
        _ => {}
    }
    let answer = match action {
        // A list of requests says whether the caller may make one.
        "list" if kind.kind == "ProjectRequest" => reference(&format!("{META}.Status")),
        "list" => definition_of(kind, &format!("{}List", kind.kind)),
        "delete" | "deletecollection" => reference(&format!("{META}.Status")),
        _ => object,
    };
    let response = |text: &str| json!({ "description": text, "schema": answer });
    let mut responses = json!({ "200": response("OK"), "401": { "description": "Unauthorized" } });
    if action == "post" {
        responses["201"] = response("Created");
        responses["202"] = response("Accepted");
    }
    json!({
        "operationId": resource.operation_id(word),
        "consumes": if action == "patch" { json!(PATCHES) } else { json!(["*/*"]) },
        "produces": MEDIA_TYPES.split(", ").collect::<Vec<_>>(),
        "parameters": parameters,
        "responses": responses,
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": { "group": kind.group, "version": kind.version, "kind": kind.kind },
    })
}

/// A reference to the definition of a kind of objects.
fn definition_of(kind: &Kind, name: &str) -> Value {
    let package = match kind.group {
        "" => "io.k8s.api.core.v1".to_owned(),
        "authentication.k8s.io" | "authorization.k8s.io" => {
            format!("io.k8s.api.{}.v1", kind.group.split('.').next().unwrap_or_default())
        }
        group if kind.is_custom() => {
            let reversed: Vec<&str> = group.rsplit('.').collect();
            format!("{}.{}", reversed.join("."), kind.version)
        }
        group => format!("com.github.openshift.api.{}.v1", group.split('.').next().unwrap_or_default()),
    };
    reference(&format!("{package}.{name}"))
}

fn query(name: &str, of: &str) -> Value {
    json!({ "name": name, "in": "query", "type": of })
}

fn body(schema: &Value) -> Value {
    json!({ "name": "body", "in": "body", "required": true, "schema": schema })
}
