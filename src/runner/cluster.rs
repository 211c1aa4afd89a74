//! Cluster configuration that a case puts in place, and that is as before when the case is over.

use std::{collections::BTreeMap, sync::Mutex};

use http::Method;
use serde_json::{Value, json};

use super::target::{Answered, NoAnswer, Prepared, Target};
use crate::suite::{Body, Request, User};

/// What a case changed in the cluster, and how it was before.
#[derive(Debug, Default)]
pub(super) struct ClusterChanges {
    /// Object path and what stood there, in the order of the changes.
    before: Mutex<Vec<(String, Option<Value>)>>,
}

impl ClusterChanges {
    /// Puts configuration in place: a collection's path and the objects that are to be there, or an object's own path
    /// and `null`, which takes the object away.
    ///
    /// # Errors
    /// When an object cannot be changed.
    pub(super) async fn apply(&self, target: &Target, configuration: &BTreeMap<String, Value>) -> Result<(), String> {
        for (path, content) in configuration {
            match content {
                Value::Null => self.set(target, path, None).await?,
                Value::Array(objects) => {
                    for object in objects {
                        let name = object["metadata"]["name"].as_str().unwrap_or_default();
                        self.set(target, &format!("{path}/{name}"), Some(described(path, object))).await?;
                    }
                }
                _ => return Err(format!("{path}: expected a list of objects, or `null`")),
            }
        }
        Ok(())
    }

    /// Makes everything as it was, last change first, and says what could not be.
    pub(super) async fn take_back(&self, target: &Target) -> Vec<String> {
        let before = std::mem::take(&mut *self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let mut left = Vec::new();
        for (path, object) in before.into_iter().rev() {
            if let Err(problem) = put(target, &path, object).await {
                left.push(problem);
            }
        }
        left
    }

    async fn set(&self, target: &Target, path: &str, object: Option<Value>) -> Result<(), String> {
        let before = read(target, path).await?;
        self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((path.to_owned(), before));
        put(target, path, object).await
    }
}

/// The object at `path` as it is to be, whatever is there now.
async fn put(target: &Target, path: &str, object: Option<Value>) -> Result<(), String> {
    let current = read(target, path).await?;
    let (collection, _) = path.rsplit_once('/').unwrap_or_default();
    let request = match (object, current) {
        (None, None) => return Ok(()),
        (None, Some(_)) => Request::new(Method::DELETE, path),
        (Some(mut object), Some(current)) => {
            object["metadata"]["resourceVersion"] = current["metadata"]["resourceVersion"].clone();
            Request { body: Body::Json(object), ..Request::new(Method::PUT, path) }
        }
        (Some(mut object), None) => {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.retain(|key, _| !matches!(key.as_str(), "resourceVersion" | "uid" | "creationTimestamp"));
            }
            Request { body: Body::Json(object), ..Request::new(Method::POST, collection) }
        }
    };
    let answered = send(target, &request).await.map_err(|error| format!("{path}: {error}"))?;
    if answered.status < 300 { Ok(()) } else { Err(format!("{} answers {}", request.describe(), answered.status)) }
}

async fn read(target: &Target, path: &str) -> Result<Option<Value>, String> {
    let answered = send(target, &Request::new(Method::GET, path)).await.map_err(|error| format!("{path}: {error}"))?;
    match answered.status {
        200 => serde_json::from_slice(&answered.body).map(Some).map_err(|error| format!("{path}: {error}")),
        404 => Ok(None),
        status => Err(format!("GET {path} answers {status}")),
    }
}

async fn send(target: &Target, request: &Request) -> Result<Answered, NoAnswer> {
    target.ask(&Prepared::new(request, "")?, User::Admin).await
}

/// The object with the kind and version that its collection says.
fn described(collection: &str, object: &Value) -> Value {
    let words: Vec<&str> = collection.trim_matches('/').split('/').collect();
    let api_version = match words.as_slice() {
        ["apis", group, version, ..] => format!("{group}/{version}"),
        _ => "v1".to_owned(),
    };
    let kind = match words.last().copied().unwrap_or_default() {
        "images" => "Image",
        "imagedigestmirrorsets" => "ImageDigestMirrorSet",
        "imagetagmirrorsets" => "ImageTagMirrorSet",
        "imagecontentsourcepolicies" => "ImageContentSourcePolicy",
        "limitranges" => "LimitRange",
        "namespaces" => "Namespace",
        "secrets" => "Secret",
        _ => "",
    };
    let mut described = json!({ "apiVersion": api_version, "kind": kind });
    if let (Some(described), Some(object)) = (described.as_object_mut(), object.as_object()) {
        described.extend(object.clone());
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_of_the_kind_that_its_collection_says() {
        let object = described("/apis/config.openshift.io/v1/imagetagmirrorsets", &json!({ "spec": {} }));
        let expected = json!({ "apiVersion": "config.openshift.io/v1", "kind": "ImageTagMirrorSet", "spec": {} });
        assert_eq!(object, expected);
        assert_eq!(described("/api/v1/namespaces/a/limitranges", &json!({}))["apiVersion"], "v1");
    }
}
