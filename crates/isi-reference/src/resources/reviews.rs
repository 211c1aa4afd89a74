//! Reviews: who asks, and what that user may do. They are answered, never stored.
//!
//! `kubectl auth can-i` posts a `SelfSubjectAccessReview`, `can-i --list` a `SelfSubjectRulesReview`, `auth whoami` a
//! `SelfSubjectReview`.

use serde_json::{Map, Value, json};

use super::view;
use crate::{
    access::{Access, Grant},
    api::Api,
    error::{ApiError, Result},
    field::FieldError,
    http::{
        answer::Answer,
        body,
        negotiate::negotiate,
        options::{FieldValidation, WriteOptions},
        request::Request,
    },
    json::{Case, Node, Shape, Struct, decode, shapes::reviews},
    model::time::Time,
    patch::{self, Write},
    route::Target,
    user::User,
};

/// Answers a review.
pub(crate) fn create(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    body::syntax(request)?;
    let options = WriteOptions::read(request, "CreateOptions", &api.behaviour)?;
    let shape = match target.kind.kind {
        "SelfSubjectAccessReview" => &reviews::ACCESS,
        "SelfSubjectRulesReview" => &reviews::RULES,
        _ => &reviews::WHO,
    };
    let mut review = read(request, target, shape, &options)?;
    check_metadata(api, target, &review)?;
    if api.behaviour.managed_fields && target.kind.kind != "SelfSubjectReview" {
        let api_version = target.kind.api_version();
        let write = Write {
            manager: &options.manager,
            api_version: &api_version,
            kind: target.kind.kind,
            shape: &Shape::Any,
            subresource: "",
        };
        let empty = json!({ "metadata": {}, "spec": {} });
        let entries = patch::track(&empty, &review, &[], true, &write);
        review["metadata"] = if entries.is_empty() { json!({}) } else { json!({ "managedFields": entries }) };
    }
    if !api.behaviour.unset_creation_time_absent {
        review["metadata"]["creationTimestamp"] = Value::Null;
    }
    let user = &request.user;
    let review = match target.kind.kind {
        "SelfSubjectAccessReview" => {
            check_access(api, target, &review["spec"])?;
            review["status"] = json!({ "allowed": is_allowed(api, user, &review["spec"]) });
            review
        }
        "SelfSubjectRulesReview" => {
            if review["spec"]["namespace"].as_str().unwrap_or_default().is_empty() {
                return Err(ApiError::bad_request("no namespace on request"));
            }
            review["status"] = rules(api, user);
            review
        }
        _ => json!({
            "kind": target.kind.kind, "apiVersion": target.kind.api_version(),
            "metadata": { "creationTimestamp": Time::now().to_string() },
            "status": { "userInfo": info(user) },
        }),
    };
    view::object(api, request, target.kind, 201, &review, form)
}

/// The review of a body.
fn read(request: &Request, target: &Target, shape: &'static Struct, options: &WriteOptions) -> Result<Value> {
    let (kind, api_version) = (target.kind.kind, target.kind.api_version());
    let refuse = |why: &str| {
        let version = target.kind.version;
        ApiError::bad_request(format!("{kind} in version {version:?} cannot be handled as a {kind}: {why}"))
    };
    let node = body::read_document(request)?.node;
    let named = |field, default: &str| match node.get(field).and_then(Node::as_text) {
        None | Some("") => default.to_owned(),
        Some(text) => text.to_owned(),
    };
    let found = (named("apiVersion", &api_version), named("kind", kind));
    if found != (api_version.clone(), kind.to_owned()) {
        let message = format!("no kind {:?} is registered for version {:?}", found.1, found.0);
        return Err(refuse(&message));
    }
    let decoded = decode(&node, shape, Case::Sensitive).map_err(|error| refuse(&error.to_string()))?;
    if options.field_validation == FieldValidation::Strict && !decoded.surplus.is_empty() {
        return Err(refuse(&format!("strict decoding error: {}", decoded.surplus.join(", "))));
    }
    options.warn(request, decoded.surplus);
    let mut review = json!({ "kind": kind, "apiVersion": api_version, "metadata": {}, "spec": {} });
    let mut fields = decoded.value;
    for field in ["metadata", "spec"] {
        if fields[field].is_object() {
            review[field] = fields[field].take();
        }
    }
    Ok(review)
}

/// Reviews have no name: nothing is stored under it.
fn check_metadata(api: &Api, target: &Target, review: &Value) -> Result<()> {
    let is_set = |value: &Value| {
        !matches!(value, Value::Null) && *value != json!("") && *value != json!({}) && *value != json!([])
    };
    let given = review["metadata"].as_object().into_iter().flatten();
    let metadata: Map<_, _> = given
        .filter(|(name, value)| *name != "managedFields" && is_set(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if metadata.is_empty() || target.kind.kind != "SelfSubjectAccessReview" {
        return Ok(());
    }
    let error = FieldError::invalid_literal("metadata", &Value::Object(metadata), "must be empty");
    let modern = api.behaviour.plain_null_in_field_errors;
    Err(ApiError::invalid(target.kind.group, target.kind.kind, "", &[error], modern))
}

fn check_access(api: &Api, target: &Target, spec: &Value) -> Result<()> {
    let modern = api.behaviour.plain_null_in_field_errors;
    let (resource, path) = (&spec["resourceAttributes"], &spec["nonResourceAttributes"]);
    let error = match (resource.is_object(), path.is_object()) {
        (true, true) => {
            let text = |field: &str| path[field].as_str().unwrap_or_default();
            let value = if modern {
                format!("{{\"Path\":{:?},\"Verb\":{:?}}}", text("path"), text("verb"))
            } else {
                format!("authorization.NonResourceAttributes{{Path:{:?}, Verb:{:?}}}", text("path"), text("verb"))
            };
            let why = "cannot be specified in combination with resourceAttributes";
            FieldError::invalid_literal("spec.nonResourceAttributes", &value, why)
        }
        (false, false) => {
            let why = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
            FieldError::invalid_null("spec.resourceAttributes", why)
        }
        _ => return Ok(()),
    };
    Err(ApiError::invalid(target.kind.group, target.kind.kind, "", &[error], modern))
}

fn is_allowed(api: &Api, user: &User, spec: &Value) -> bool {
    let text = |attributes: &'static str, field: &str| spec[attributes][field].as_str().unwrap_or_default();
    if spec["nonResourceAttributes"].is_object() {
        let of = "nonResourceAttributes";
        return Access::allows_path(user, text(of, "verb"), text(of, "path"));
    }
    let of = "resourceAttributes";
    let resource = match text(of, "subresource") {
        "" => text(of, "resource").to_owned(),
        part => format!("{}/{part}", text(of, "resource")),
    };
    api.access.allows(user, text(of, "verb"), text(of, "group"), &resource)
}

fn rules(api: &Api, user: &User) -> Value {
    let kinds = api.kinds().map(|kind| (kind.group, kind.plural, kind.verbs()));
    let grants = api.access.grants(user, kinds);
    let rule =
        |grant: &Grant| json!({ "verbs": grant.verbs, "apiGroups": [grant.group], "resources": [grant.resource] });
    let (verbs, paths) = &grants.paths;
    let mut status = json!({
        "resourceRules": grants.resources.iter().map(rule).collect::<Vec<_>>(),
        "nonResourceRules": [{ "verbs": verbs, "nonResourceURLs": paths }],
        "incomplete": grants.incomplete,
    });
    if grants.incomplete {
        status["evaluationError"] =
            "rules that deny are not listed, only what they leave of this server's resources".into();
    }
    status
}

fn info(user: &User) -> Value {
    let mut info = json!({ "username": user.name, "groups": user.groups });
    if !user.uid.is_empty() {
        info["uid"] = user.uid.clone().into();
    }
    if !user.extra.is_empty() {
        info["extra"] = json!(user.extra);
    }
    info
}
