//! The streams of a run, and the images that only they have.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::removal::{CleaningReport, Mode};
use crate::runner::{
    names::RunId,
    object::{DELETIONS, ObjectError, Objects, name, outlived_deletion},
    target::Target,
};

const API: &str = "/apis/image.openshift.io/v1";

/// Removes the streams of a run in a namespace, and the images that it imported into them: those that are as young as
/// their stream and in no other stream of the cluster.
pub(in crate::runner) async fn remove_streams(
    target: &Target,
    run: &RunId,
    namespace: &str,
    mode: Mode,
    report: &mut CleaningReport,
) {
    let user = Objects::of_user(target);
    let collection = format!("{API}/namespaces/{namespace}/imagestreams");
    let streams: Vec<Value> =
        report.list(user, &collection).await.into_iter().filter(|stream| run.owns(name(stream))).collect();
    if streams.is_empty() {
        return;
    }
    let images = own_images(Objects::of_admin(target), run, &streams).await;
    let mut deleted = BTreeSet::new();
    for stream in &streams {
        // The image API of old versions takes no preconditions.
        let path = format!("{collection}/{}", name(stream));
        let removed = match mode {
            Mode::Remove => user.delete(&path, DELETIONS).await,
            Mode::Preview => Ok(true),
        };
        match removed {
            Ok(true) => {
                report.did(mode, "removed", &path);
                deleted.insert(name(stream));
            }
            Ok(false) => {}
            Err(error) => report.left.push(error.to_string()),
        }
    }
    if mode == Mode::Remove {
        let found = report.list(user, &collection).await;
        let found = found.iter().filter(|stream| deleted.contains(name(stream)));
        report
            .left
            .extend(found.filter_map(|stream| outlived_deletion(&format!("{collection}/{}", name(stream)), stream)));
    }
    for image in images {
        let path = format!("{API}/images/{image}");
        let removed = match mode {
            Mode::Remove => Objects::of_admin(target).delete(&path, DELETIONS).await,
            Mode::Preview => Ok(true),
        };
        match removed {
            Ok(true) => report.did(mode, "removed", &path),
            // Images that no user may delete are pruned by the cluster.
            Ok(false) | Err(ObjectError::Refused { status: 403, .. }) => {}
            Err(error) => report.left.push(error.to_string()),
        }
    }
}

/// The images of the streams that the run made. None where the streams of the whole cluster cannot be seen: an image may
/// be in one of them, and the cluster prunes images that are in none.
async fn own_images(objects: Objects<'_>, run: &RunId, streams: &[Value]) -> Vec<String> {
    let mut candidates: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for stream in streams {
        let Some(created) = created(stream) else { continue };
        for digest in digests(stream) {
            let oldest = candidates.entry(digest).or_insert(created);
            *oldest = created.min(*oldest);
        }
    }
    if candidates.is_empty() {
        return Vec::new();
    }
    let Ok(all) = objects.list(&format!("{API}/imagestreams")).await else { return Vec::new() };
    let others: BTreeSet<&str> = all.iter().filter(|stream| !run.owns(name(stream))).flat_map(digests).collect();
    let mut own = Vec::new();
    for (digest, begun) in candidates {
        if others.contains(digest) {
            continue;
        }
        if let Ok(Some(image)) = objects.get(&format!("{API}/images/{digest}")).await
            && created(&image).is_some_and(|created| created >= begun)
        {
            own.push(digest.to_owned());
        }
    }
    own
}

fn created(object: &Value) -> Option<Timestamp> {
    object["metadata"]["creationTimestamp"].as_str()?.parse().ok()
}

/// The images that a stream refers to.
fn digests(stream: &Value) -> impl Iterator<Item = &str> {
    let tags = stream["status"]["tags"].as_array().map(Vec::as_slice).unwrap_or_default();
    tags.iter()
        .flat_map(move |tag| tag["items"].as_array().map(Vec::as_slice).unwrap_or_default())
        .filter_map(|item| item["image"].as_str())
}
