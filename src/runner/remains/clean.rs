//! Cleaning up after runs that did not do so themselves.

use super::{
    namespaces::remove_namespaces,
    removal::{CleaningReport, Mode},
    runs::{self, FoundRun},
    streams::remove_streams,
};
use crate::runner::{
    cluster::{PutBack, is_of_run},
    names::RunId,
    object::{Objects, name},
    target::Target,
};

/// The collections of the cluster in which runs create objects.
const CLUSTER_COLLECTIONS: [&str; 3] = [
    "/apis/config.openshift.io/v1/imagedigestmirrorsets",
    "/apis/config.openshift.io/v1/imagetagmirrorsets",
    "/apis/operator.openshift.io/v1alpha1/imagecontentsourcepolicies",
];
/// The collections of a namespace in which runs create objects, besides streams.
const NAMESPACE_COLLECTIONS: [&str; 2] = ["limitranges", "secrets"];

/// What is to be cleaned up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaning {
    /// The run; every run that left something and is over if absent.
    pub run: Option<RunId>,
    /// A namespace, not made by the run, that it worked in.
    pub namespace: Option<String>,
    /// Whether anything is changed.
    pub mode: Mode,
}

/// Puts back what runs changed on a target and removes what they made.
pub async fn clean(target: &Target, cleaning: &Cleaning) -> CleaningReport {
    let mut report = CleaningReport::default();
    let objects = Objects::of_admin(target);
    let mut found = runs::find(objects, &mut report).await;
    match &cleaning.run {
        Some(run) => {
            let of_run = found.remove(run).unwrap_or_default();
            clean_run(target, run, of_run, cleaning, &mut report).await;
        }
        None => {
            for (run, of_run) in found {
                match spared(&of_run) {
                    Some(reason) => report.spared.push(reason),
                    None => clean_run(target, &run, of_run, cleaning, &mut report).await,
                }
            }
        }
    }
    report
}

/// Why a run is left alone that was not asked for by its id: it may still be going on.
fn spared(found: &FoundRun) -> Option<String> {
    let holder = found.holder.as_ref()?;
    if holder.is_alive() {
        Some(format!("{holder} is still going on"))
    } else if !holder.is_of_this_host() {
        Some(format!("{holder} may still be going on, on another machine"))
    } else {
        None
    }
}

async fn clean_run(target: &Target, run: &RunId, found: FoundRun, cleaning: &Cleaning, report: &mut CleaningReport) {
    let (mode, objects) = (cleaning.mode, Objects::of_admin(target));
    let mut all_back = true;
    for change in found.lock.iter().flat_map(|lock| lock.changes.iter().rev()) {
        let put_back = match mode {
            Mode::Remove => change.put_back(objects, run).await,
            Mode::Preview => change.preview(objects, run).await,
        };
        match put_back {
            Ok(PutBack::Nothing) => {}
            Ok(PutBack::Restored) => report.did(mode, "put back", &change.path),
            Ok(PutBack::Removed) => report.did(mode, "removed", &change.path),
            Err(error) => {
                all_back &= error.is_final();
                report.left.push(error.to_string());
            }
        }
    }
    for collection in CLUSTER_COLLECTIONS {
        remove_marked(objects, run, collection, mode, report).await;
    }
    let own = run.namespace();
    let made = found.namespaces.iter().map(|(_, object)| name(object));
    let namespaces = made.chain([own.as_str()]).chain(cleaning.namespace.as_deref());
    let mut done: Vec<&str> = Vec::new();
    for namespace in namespaces {
        if done.contains(&namespace) {
            continue;
        }
        done.push(namespace);
        remove_streams(target, run, namespace, mode, report).await;
        for collection in NAMESPACE_COLLECTIONS {
            let collection = format!("/api/v1/namespaces/{namespace}/{collection}");
            remove_marked(objects, run, &collection, mode, report).await;
        }
    }
    remove_namespaces(objects, run, mode, report).await;
    for (path, object) in &found.namespaces {
        report.remove(mode, objects, path, object).await;
    }
    if let Some(lock) = found.lock.filter(|_| all_back) {
        let released = match mode {
            Mode::Remove => lock.release(objects).await,
            Mode::Preview => Ok(()),
        };
        match released {
            Ok(()) => report.did(mode, "released", "the lock on the cluster's configuration"),
            Err(error) => report.left.push(error.to_string()),
        }
    }
}

/// Removes the objects of a collection that carry the mark of the run. Objects that are gone since, because putting back
/// removed them, are no concern.
async fn remove_marked(objects: Objects<'_>, run: &RunId, collection: &str, mode: Mode, report: &mut CleaningReport) {
    for object in report.list(objects, collection).await {
        let path = format!("{collection}/{}", name(&object));
        let is_done = report.done.iter().any(|line| line.ends_with(&format!(" {path}")));
        if is_of_run(&object, run) && !is_done {
            report.remove(mode, objects, &path, &object).await;
        }
    }
}
