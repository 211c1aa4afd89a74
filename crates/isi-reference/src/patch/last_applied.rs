//! The annotation of client-side apply, which `kubectl apply --server-side` takes over: what it says is the client's own, and it
//! is kept up to date.

use serde_json::Value;

use super::{
    field_set::FieldSet,
    typed::{compare, fields_of, violations},
};
use crate::json::Shape;

/// The manager whose applies take the annotation over.
const KUBECTL: &str = "kubectl";
const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The fields of `object` that were applied by the client and are still as they were then, if `manager` takes them over.
pub(super) fn unchanged(object: &Value, manager: &str, shape: &'static Shape) -> Option<FieldSet> {
    let applied = object["metadata"]["annotations"][ANNOTATION].as_str().filter(|_| manager == KUBECTL)?;
    let applied: Value = serde_json::from_str(applied).ok()?;
    if !violations(&applied, shape).is_empty() {
        return None;
    }
    let comparison = compare(&applied, object, shape);
    Some(fields_of(&applied, shape).difference(&comparison.set).difference(&comparison.removed))
}

/// Writes the configuration that `manager` has applied into the annotation of `object`, if it has one.
pub(super) fn renew(object: &mut Value, manager: &str, configuration: &Value) {
    let annotation =
        object.pointer_mut("/metadata/annotations").and_then(|annotations| annotations.get_mut(ANNOTATION));
    let Some(annotation) = annotation.filter(|text| manager == KUBECTL && **text != "") else { return };
    let mut configuration = configuration.clone();
    if let Some(annotations) = configuration.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION);
    }
    // As an encoder of Kubernetes writes it, with the end of the line.
    *annotation = format!("{configuration}\n").into();
}
