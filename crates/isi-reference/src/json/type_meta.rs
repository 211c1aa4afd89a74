//! `apiVersion` and `kind`, which Go reads before it decodes an object.

use super::{Node, TypeError};

/// Checks that the version and the kind of an object can be read, if it has any.
pub(crate) fn check(node: &Node) -> Result<(), TypeError> {
    let wrong =
        |text: String| TypeError(format!("couldn't get version/kind; json parse error: json: cannot unmarshal {text}"));
    let (Node::Object(_) | Node::Null) = node else {
        let go =
            r#"struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#;
        return Err(wrong(format!("{} into Go value of type {go}", node.kind())));
    };
    let version = node.get("apiVersion").and_then(Node::as_text).unwrap_or_default();
    for field in ["apiVersion", "kind"] {
        if let Some(value) = node.get(field).filter(|value| !matches!(value, Node::Null | Node::Text(_))) {
            return Err(wrong(format!("{} into Go struct field .{field} of type string", value.kind())));
        }
    }
    if version.matches('/').count() > 1 {
        return Err(TypeError(format!("unexpected GroupVersion string: {version}")));
    }
    Ok(())
}
