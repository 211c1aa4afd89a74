//! `users/~`: the user who asks, as `oc whoami` shows it.

use serde_json::json;

use super::{name, view};
use crate::{
    api::Api,
    error::{ApiError, Result},
    http::{answer::Answer, negotiate::negotiate, request::Request},
    route::Target,
    version::ApiVersion,
};

/// Answers a request for a user; only the user of the request is known.
pub(crate) fn get(api: &Api, request: &Request, target: &Target) -> Result<Answer> {
    let form = negotiate(api, request, target.kind)?;
    if name(target) != "~" {
        return Err(ApiError::not_found(target.kind.resource(), name(target)));
    }
    let user = &request.user;
    let mut groups = user.groups.clone();
    groups.sort();
    groups.dedup();
    let mut metadata = json!({ "name": user.name });
    if !user.uid.is_empty() {
        metadata["uid"] = user.uid.clone().into();
    }
    if !api.behaviour.unset_creation_time_absent {
        metadata["creationTimestamp"] = serde_json::Value::Null;
    }
    let mut found = json!({
        "kind": target.kind.kind, "apiVersion": target.kind.api_version(), "metadata": metadata, "groups": groups,
    });
    if api.options.api_version < ApiVersion::V4_12 {
        found["identities"] = serde_json::Value::Null;
    }
    view::object(api, request, target.kind, 200, &found, form)
}
