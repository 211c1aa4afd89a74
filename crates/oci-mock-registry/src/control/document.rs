//! The OpenAPI document, made from the table of operations.

use http::StatusCode;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    call::{Call, Reply},
    error::ErrorBody,
    operation::{Operation, Outcome, Takes, schema},
    routes::{OPERATIONS, TOO_LARGE},
};

/// The OpenAPI 3.1 document of the control interface. It is also served at `/openapi.json`.
#[must_use]
pub fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let described = describe(operation, &mut generator);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method.as_str().to_ascii_lowercase()] = described;
    }
    let schemas = generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Control of a mock OCI registry",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What running registries hold, how they behave, and what they were asked. Parts of a path are \
                            percent-encoded: the repository `lib/app` is written `lib%2Fapp`. Bodies may be YAML, too \
                            (`Content-Type: application/yaml`).",
        },
        "security": [{}, { "token": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "description": "Needed unless the address is a loopback one." },
            },
        },
    })
}

pub(super) fn get(_: &mut Call) -> Outcome {
    Reply::ok(&document())
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> = operation
        .path_parameters()
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    for parameter in operation.query {
        let schema = (parameter.schema)(generator);
        parameters
            .push(json!({ "name": parameter.name, "in": "query", "description": parameter.about, "schema": schema }));
    }
    let success = match operation.gives {
        Some(schema) => {
            json!({ "description": "Success.", "content": { "application/json": { "schema": schema(generator) } } })
        }
        None => json!({ "description": "Success, without a body." }),
    };
    let error = schema::<ErrorBody>(generator);
    let failed = |about: &str| json!({ "description": about, "content": { "application/json": { "schema": error } } });
    let mut responses = Map::new();
    responses.insert(operation.status.as_str().to_owned(), success);
    let mut fail = |status: StatusCode, about: &str| responses.insert(status.as_str().to_owned(), failed(about));
    fail(
        StatusCode::BAD_REQUEST,
        "The request is malformed; the error says what is wrong, where, and what is allowed.",
    );
    fail(StatusCode::UNAUTHORIZED, "The token is missing or wrong.");
    fail(StatusCode::FORBIDDEN, "A web page asked, or a host name that is not this machine's.");
    if operation.path_parameters().next().is_some() {
        fail(StatusCode::NOT_FOUND, "What the path names is not there.");
    }
    if matches!(operation.takes, Takes::Json(_)) {
        let (status, about) = TOO_LARGE;
        fail(status, about);
    }
    for (status, about) in operation.fails {
        fail(*status, about);
    }
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.about,
        "parameters": parameters,
        "responses": responses,
    });
    let body = match operation.takes {
        Takes::Nothing => None,
        Takes::Json(schema) => {
            let schema = schema(generator);
            Some(json!({ "application/json": { "schema": schema }, "application/yaml": { "schema": schema } }))
        }
        Takes::Bytes => Some(json!({ "*/*": {} })),
    };
    if let Some(content) = body {
        described["requestBody"] = json!({ "required": true, "content": content });
    }
    described
}
