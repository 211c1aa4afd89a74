//! OpenAPI version 3: a document for each group and version, made from the one of version 2.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The documents, by path below `/openapi/v3/`.
pub(super) fn documents(v2: &Value) -> BTreeMap<String, Value> {
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (path, item) in v2["paths"].as_object().into_iter().flatten() {
        if let Some(group) = group_of(path) {
            paths.entry(group).or_default().insert(path.clone(), path_item(item));
        }
    }
    let document = |(group, paths): (String, Map<String, Value>)| {
        let schemas = schemas(v2, &group, &paths);
        let document = json!({
            "openapi": "3.0.0", "info": v2["info"], "paths": paths, "components": { "schemas": schemas },
        });
        (group, document)
    };
    paths.into_iter().map(document).collect()
}

/// `api/v1` or `apis/GROUP/VERSION`.
fn group_of(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["api", version, ..] => Some(format!("api/{version}")),
        ["apis", group, version, ..] => Some(format!("apis/{group}/{version}")),
        _ => None,
    }
}

fn path_item(item: &Value) -> Value {
    let convert = |(key, value): (&String, &Value)| {
        let value = match key.as_str() {
            "parameters" => Value::Array(value.as_array().into_iter().flatten().map(parameter).collect()),
            _ => operation(value),
        };
        (key.clone(), value)
    };
    Value::Object(item.as_object().into_iter().flatten().map(convert).collect())
}

fn operation(v2: &Value) -> Value {
    let mut operation = v2.clone();
    let Some(fields) = operation.as_object_mut() else { return operation };
    let media_types = |key: &str| -> Vec<String> {
        let types = v2[key].as_array().into_iter().flatten();
        types.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let content = |types: Vec<String>, schema: &Value| -> Map<String, Value> {
        types.into_iter().map(|media_type| (media_type, json!({ "schema": converted(schema) }))).collect()
    };
    fields.remove("consumes");
    fields.remove("produces");
    let parameters = v2["parameters"].as_array().into_iter().flatten();
    let (bodies, others): (Vec<&Value>, Vec<&Value>) = parameters.partition(|parameter| parameter["in"] == "body");
    fields.insert("parameters".to_owned(), others.into_iter().map(parameter).collect());
    if let Some(body) = bodies.first() {
        let content = content(media_types("consumes"), &body["schema"]);
        fields.insert("requestBody".to_owned(), json!({ "required": true, "content": content }));
    }
    let response = |(status, response): (&String, &Value)| {
        let mut converted = json!({ "description": response["description"] });
        if !response["schema"].is_null() {
            converted["content"] = Value::Object(content(media_types("produces"), &response["schema"]));
        }
        (status.clone(), converted)
    };
    let responses: Map<String, Value> = v2["responses"].as_object().into_iter().flatten().map(response).collect();
    fields.insert("responses".to_owned(), Value::Object(responses));
    operation
}

fn parameter(v2: &Value) -> Value {
    let mut parameter = json!({ "name": v2["name"], "in": v2["in"], "schema": { "type": v2["type"] } });
    if v2["required"] == true {
        parameter["required"] = true.into();
    }
    parameter
}

/// The schemas of a group: those of its kinds, and all that they refer to.
fn schemas(v2: &Value, group: &str, paths: &Map<String, Value>) -> Map<String, Value> {
    let definitions = v2["definitions"].as_object();
    let group = group.trim_start_matches("apis/").trim_start_matches("api/");
    let is_of_group = |definition: &Value| {
        definition["x-kubernetes-group-version-kind"].as_array().into_iter().flatten().any(|kind| {
            let (group_name, version) = (kind["group"].as_str(), kind["version"].as_str());
            let own = [group_name, version].into_iter().flatten().filter(|part| !part.is_empty());
            own.collect::<Vec<_>>().join("/") == group
        })
    };
    let of_group = definitions.into_iter().flatten().filter(|(_, definition)| is_of_group(definition));
    let mut left: Vec<String> = of_group.map(|(name, _)| name.clone()).collect();
    for item in paths.values() {
        references(item, &mut left);
    }
    let mut found = Map::new();
    while let Some(name) = left.pop() {
        if let Some(definition) = definitions.and_then(|all| all.get(&name)).filter(|_| !found.contains_key(&name)) {
            let definition = converted(definition);
            references(&definition, &mut left);
            found.insert(name, definition);
        }
    }
    found
}

/// The names of the schemas that `value` refers to.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
                found.extend(name.rsplit('/').next().map(str::to_owned));
            }
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// A schema whose references are those of version 3, where nothing may stand beside one.
fn converted(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) if fields.contains_key("$ref") && fields.len() > 1 => {
            let (reference, others): (Map<_, _>, Map<_, _>) =
                fields.clone().into_iter().partition(|(key, _)| key == "$ref");
            let mut schema = converted(&Value::Object(others));
            schema["allOf"] = json!([converted(&Value::Object(reference))]);
            schema
        }
        Value::Object(fields) => {
            let convert = |(key, value): (&String, &Value)| match value.as_str().filter(|_| key == "$ref") {
                Some(text) => (key.clone(), text.replace("#/definitions/", "#/components/schemas/").into()),
                None => (key.clone(), converted(value)),
            };
            Value::Object(fields.iter().map(convert).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(converted).collect()),
        other => other.clone(),
    }
}
