//! Which runs left something behind.

use std::collections::BTreeMap;

use super::removal::CleaningReport;
use crate::runner::{
    cluster::{Holder, Lock},
    names::RunId,
    namespace::{NAMESPACES, PROJECTS, made_by},
    object::{Objects, name},
};

/// A run that left something behind.
#[derive(Debug, Default)]
pub(super) struct FoundRun {
    /// Who it was, if it says so.
    pub(super) holder: Option<Holder>,
    /// The lock, if the run holds it.
    pub(super) lock: Option<Lock>,
    /// The paths of its namespaces and projects, with what was found there.
    pub(super) namespaces: Vec<(String, serde_json::Value)>,
}

/// The runs that a target shows, by the lock and by namespaces.
pub(super) async fn find(objects: Objects<'_>, report: &mut CleaningReport) -> BTreeMap<RunId, FoundRun> {
    let mut found: BTreeMap<RunId, FoundRun> = BTreeMap::new();
    match Lock::read(objects).await {
        Ok(Some(lock)) => match lock.holder.run.parse() {
            Ok(run) => {
                let of_run = found.entry(run).or_default();
                of_run.holder = Some(lock.holder.clone());
                of_run.lock = Some(lock);
            }
            Err(error) => report.left.push(format!("the lock on the cluster's configuration: {error}")),
        },
        Ok(None) => {}
        Err(error) if error.is_denied() => {}
        Err(error) => report.left.push(error.to_string()),
    }
    for collection in [NAMESPACES, PROJECTS] {
        for object in report.list(objects, collection).await {
            let Some((run, holder)) = made_by(&object) else { continue };
            // A project shows the namespace of the same name.
            let of_run = found.entry(run).or_default();
            if of_run.namespaces.iter().all(|(_, known)| name(known) != name(&object)) {
                of_run.namespaces.push((format!("{collection}/{}", name(&object)), object));
                of_run.holder = of_run.holder.take().or(holder);
            }
        }
    }
    found
}
