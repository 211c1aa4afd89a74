//! JSON merge patches (RFC 7396).

use serde_json::Value;

/// Applies `patch`, of which `null` removes.
pub(super) fn apply(target: &mut Value, patch: &Value) {
    json_patch::merge(target, patch);
}
