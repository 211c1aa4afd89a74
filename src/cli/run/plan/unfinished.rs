//! What a run has made so far, for when it cannot be ended in order.

use std::sync::Arc;

use crate::runner::Session;

/// What a run has made on a server that lives on, as far as it is not taken back yet.
#[derive(Debug)]
pub struct Unfinished {
    /// Each with the path of the namespace that the run made there.
    pub(super) places: Vec<(Arc<Session>, Option<String>)>,
}

impl Unfinished {
    /// What is left behind if the run ends now.
    #[must_use]
    pub fn left_behind(&self) -> Vec<String> {
        self.places
            .iter()
            .flat_map(|(session, namespace)| {
                let made = session.cleanup.made().into_iter();
                session.configuration.unrestored().into_iter().chain(made).chain(namespace.clone())
            })
            .collect()
    }

    /// How it is taken back afterwards; nothing to say where every server ends with the run.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let commands = self.places.iter().map(|(session, namespace)| {
            let Session { target, run, .. } = &**session;
            let given = if namespace.is_none() { format!(" --namespace {}", session.namespace) } else { String::new() };
            format!("`isi-conformance clean --target {} --run {run}{given}`", target.url)
        });
        let commands: Vec<String> = commands.collect();
        (!commands.is_empty()).then(|| format!("{} takes it back", commands.join(" and ")))
    }
}
