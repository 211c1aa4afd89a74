//! Namespaces that appeared because a run named them.

use super::removal::{CleaningReport, Mode};
use crate::runner::{
    names::RunId,
    namespace::NAMESPACES,
    object::{Objects, name},
};

/// Removes the namespaces whose names begin with that of the run's own: some servers make a namespace when it is first
/// used.
pub(in crate::runner) async fn remove_namespaces(
    objects: Objects<'_>,
    run: &RunId,
    mode: Mode,
    report: &mut CleaningReport,
) {
    let prefix = format!("{}-", run.namespace());
    for namespace in report.list(objects, NAMESPACES).await {
        if name(&namespace).starts_with(&prefix) {
            report.remove(mode, objects, &format!("{NAMESPACES}/{}", name(&namespace)), &namespace).await;
        }
    }
}
