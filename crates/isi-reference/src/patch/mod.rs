//! The four kinds of patches, and whose the fields of an object are.
//!
//! Everything here works on JSON and on a [`Shape`](crate::json::Shape) that says which lists are maps by a key, so that it
//! holds for every resource.

mod field_set;
mod json;
mod last_applied;
mod manage;
mod merge;
mod shown;
mod strategic;
mod strategic_list;
mod typed;

use std::fmt;

use serde_json::Value;

use self::shown::shown;
pub(crate) use manage::{ManagedEntry, Write, apply, track};

use crate::{
    behaviour::Behaviour,
    error::{ApiError, Result},
    field::FieldError,
    http::{body::parse_yaml, options::FieldValidation, request::Request},
    json::{self as json_text, Document, Node, Shape},
    quote::quote,
};

/// A kind of patch, by its media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchType {
    /// RFC 6902.
    Json,
    /// RFC 7396.
    Merge,
    /// A merge patch that merges lists by their keys.
    Strategic,
    /// Server-side apply.
    Apply,
}

impl PatchType {
    /// The kind of the patch in `request`. `has_strategic`: whether the resource takes strategic merge patches, which custom
    /// resources do not. `has_apply`: whether the server knows server-side apply.
    ///
    /// # Errors
    ///
    /// 415 for any other media type.
    pub(crate) fn of(request: &Request, has_strategic: bool, has_apply: bool) -> Result<Self> {
        let content_type = request.header(http::header::CONTENT_TYPE).unwrap_or_default();
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" if has_strategic => Ok(Self::Strategic),
            "application/apply-patch+yaml" if has_apply => Ok(Self::Apply),
            _ => Err(ApiError::not_routed_type()),
        }
    }
}

/// An object with a patch applied, before it is read as what it should be.
#[derive(Debug)]
pub(crate) struct Patched {
    pub(crate) object: Value,
    /// What is odd about the patch itself: duplicate and unknown fields.
    pub(crate) surplus: Vec<String>,
    /// The value that errors about the result show.
    shown: String,
}

impl Patched {
    /// The patched object cannot be read.
    pub(crate) fn refusal(&self, why: &str, behaviour: &Behaviour) -> ApiError {
        refusal(&self.shown, why, behaviour)
    }

    /// The patched object as the server wrote it.
    pub(crate) fn document(&self) -> Document<'_> {
        Document::sent(self.shown.as_bytes(), Node::from(&self.object))
    }
}

/// Applies a JSON, merge or strategic merge patch to `object`. Where fields are not validated, a patch is not read before it is
/// applied, and the library that applies it says what is wrong.
///
/// # Errors
///
/// 400, 413, 422 or 500 as Kubernetes' API server answers for each kind of patch.
pub(crate) fn patch(
    kind: PatchType,
    body: &[u8],
    object: &Value,
    shape: &'static Shape,
    validation: FieldValidation,
    behaviour: &Behaviour,
) -> Result<Patched> {
    let is_read = validation != FieldValidation::Ignore;
    let mut patched = object.clone();
    match kind {
        PatchType::Json => {
            let prefix = if is_read { DECODING } else { "" };
            let node = json_text::parse(body).map_err(|error| ApiError::bad_request(format!("{prefix}{error}")))?;
            let surplus = json::apply(&node, &mut patched, is_read, behaviour)?;
            let shown = shown(&patched, &json::reached(&node), shape);
            Ok(Patched { object: patched, surplus, shown })
        }
        PatchType::Merge => {
            let node = match json_text::parse(body) {
                Ok(node) => node,
                Err(error) if is_read => return Err(ApiError::bad_request(format!("{DECODING}{error}"))),
                Err(_) => return Err(no_merge_patch(behaviour)),
            };
            match &node {
                Node::Object(_) => {}
                Node::Array(_) if !is_read => {}
                Node::Null => return Err(no_merge_patch(behaviour)),
                _ if !is_read => return Err(no_merge_patch(behaviour)),
                other => return Err(wrong(DECODING, other.kind(), "map[string]interface {}")),
            }
            let changes = node.to_value();
            merge::apply(&mut patched, &changes);
            let shown = shown(&patched, &changes, shape);
            Ok(Patched { object: patched, surplus: duplicates(&node, ""), shown })
        }
        PatchType::Strategic | PatchType::Apply => {
            let parse = if behaviour.refuses_patches_early { json_text::parse } else { json_text::parse_first };
            let node = parse(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
            let node = match node {
                Node::Null => Node::Object(Vec::new()),
                Node::Object(_) => node,
                other => return Err(wrong("", other.kind(), "map[string]interface {}")),
            };
            let changes = node.to_value();
            let drops_directives = behaviour.drops_patch_directives;
            let shown = Go(&strategic::spent(&changes, &patched, shape, drops_directives)).to_string();
            // Types are looked at in what comes out.
            strategic::apply(&mut patched, &changes, shape, drops_directives)?;
            strategic::check(&changes, shape).map_err(|why| refusal(&shown, &why, behaviour))?;
            Ok(Patched { object: patched, surplus: duplicates(&node, ""), shown })
        }
    }
}

const DECODING: &str = "error decoding patch: ";

fn wrong(prefix: &str, found: &str, go: &str) -> ApiError {
    ApiError::bad_request(format!("{prefix}json: cannot unmarshal {found} into Go value of type {go}"))
}

/// 422: what a patch makes, or the patch itself, is not of its type. 500 on servers of old, which have no reason for that.
fn refusal(shown: &str, why: &str, behaviour: &Behaviour) -> ApiError {
    if !behaviour.has_invalid_patches {
        return ApiError::failed(why);
    }
    let error = FieldError::invalid_literal("patch", &quote(shown), why);
    ApiError::invalid("", "", "", &[error], behaviour.plain_null_in_field_errors)
}

/// The library that applies merge patches does not read this one.
fn no_merge_patch(behaviour: &Behaviour) -> ApiError {
    const WHY: &str = "Invalid JSON Patch";
    if behaviour.refuses_patches_early { ApiError::bad_request(WHY) } else { ApiError::failed(WHY) }
}

/// Keys that are written twice.
fn duplicates(node: &Node, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    match node {
        Node::Object(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                if entries[..index].iter().any(|(known, _)| known == key) {
                    found.push(format!("duplicate field \"{at}\""));
                }
                found.extend(duplicates(value, &at));
            }
        }
        Node::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                found.extend(duplicates(item, &format!("{path}[{index}]")));
            }
        }
        _ => {}
    }
    found
}

/// A value as Go prints it: `map[a:1 b:[x y]]`.
struct Go<'a>(&'a Value);

impl fmt::Display for Go<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => formatter.write_str("<nil>"),
            Value::String(text) => formatter.write_str(text),
            Value::Array(items) => {
                formatter.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(formatter, "{space}{}", Go(item))?;
                }
                formatter.write_str("]")
            }
            Value::Object(map) => {
                formatter.write_str("map[")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(formatter, "{space}{key}:{}", Go(value))?;
                }
                formatter.write_str("]")
            }
            other => write!(formatter, "{other}"),
        }
    }
}

/// Reads a configuration for server-side apply.
///
/// # Errors
///
/// 400 if it is no YAML, no object, or of another kind.
pub(crate) fn read_configuration(
    body: &[u8],
    api_version: &str,
    kind: &str,
    behaviour: &Behaviour,
) -> Result<(Value, Vec<String>)> {
    let decoding = |why: &str| ApiError::bad_request(format!("error decoding YAML: {why}"));
    let mut surplus = Vec::new();
    let value = match json_text::parse(body) {
        Ok(node) => {
            let key = |text: &String| text.rsplit(['.', '"']).nth(1).unwrap_or_default().to_owned();
            // JSON is YAML of one line to the server's parser, unless it is broken into several.
            surplus = duplicates(&node, "")
                .iter()
                .map(|text| format!("line 1: key {:?} already set in map", key(text)))
                .collect();
            node.to_value()
        }
        Err(_) => {
            let text = std::str::from_utf8(body).map_err(|error| decoding(&error.to_string()))?;
            if text.trim().is_empty() {
                Value::Null
            } else {
                let (value, duplicate) = parse_yaml(text)
                    .map_err(|error| decoding(&format!("error converting YAML to JSON: yaml: {error}")))?;
                surplus.extend(duplicate);
                value
            }
        }
    };
    let found = match &value {
        Value::Object(_) | Value::Null => |field: &str| value[field].as_str().unwrap_or_default().to_owned(),
        other => {
            let go = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
            let kind = Node::from(other).kind();
            return Err(decoding(&format!("{go} {kind} into Go value of type map[string]interface {{}}")));
        }
    };
    let (found_version, found_kind) = (found("apiVersion"), found("kind"));
    if !behaviour.checks_applied_kind {
        if found_version != api_version {
            let why = format!("Specified patch version: {found_version}, expected: {api_version}");
            return Err(ApiError::bad_request(format!("Incorrect version specified in apply patch. {why}")));
        }
        if found_kind != kind {
            let why = format!("no corresponding type for {found_version}, Kind={found_kind}");
            return Err(untyped(&value, (api_version, &found_kind), &why, behaviour));
        }
    }
    if found_version != api_version || found_kind != kind {
        let group_version = if found_version.contains('/') { found_version } else { format!("/{found_version}") };
        return Err(ApiError::bad_request(format!("invalid object type: {group_version}, Kind={found_kind}")));
    }
    if value["metadata"].get("managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    Ok((value, surplus))
}

/// 500: a configuration is not of its type.
fn untyped(configuration: &Value, (api_version, kind): (&str, &str), why: &str, behaviour: &Behaviour) -> ApiError {
    let text = |path: &str| configuration["metadata"][path].as_str().unwrap_or_default().to_owned();
    let object = if behaviour.names_applied_object {
        format!(" ({}/{}; {api_version}, Kind={kind})", text("namespace"), text("name"))
    } else {
        String::new()
    };
    ApiError::failed(format!("failed to create typed patch object{object}: {why}"))
}

/// 400: a configuration has keys that are written twice.
pub(crate) fn strict_yaml(surplus: &[String]) -> ApiError {
    let lines: Vec<String> = surplus.iter().map(|line| format!("\n  {line}")).collect();
    let why = format!("error converting YAML to JSON: yaml: unmarshal errors:{}", lines.concat());
    ApiError::bad_request(format!("error strict decoding YAML: {why}"))
}
