//! The namespace that a run works in.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    cluster::Holder,
    names::{RUN_LABEL, RunId},
    object::{DELETIONS, ObjectError, Objects, outlived_deletion},
    target::Target,
};

pub(super) const NAMESPACES: &str = "/api/v1/namespaces";
pub(super) const PROJECTS: &str = "/apis/project.openshift.io/v1/projects";
const PROJECT_REQUESTS: &str = "/apis/project.openshift.io/v1/projectrequests";
/// The annotation of a run's namespace that says who runs, as JSON.
const HOLDER_ANNOTATION: &str = "isi-conformance/holder";
/// The annotation that a project takes from the description of its request.
const DESCRIPTION_ANNOTATION: &str = "openshift.io/description";
/// What the description of a run's project begins with; who runs follows, as JSON.
const DESCRIPTION: &str = "made by isi-conformance, ";
/// How long a new project may take until its user has the right to work in it.
const PROJECT_PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before looking again. No event tells when rights have taken effect.
const PAUSE: Duration = Duration::from_millis(100);

/// The namespace that a run works in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Its name.
    pub name: String,
    origin: Origin,
}

/// Where a namespace comes from, which decides how it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It was there before the run.
    Existing,
    /// The run made it.
    Made,
    /// The run asked for a project.
    Requested,
}

/// Why there is no namespace to work in.
#[derive(Debug, thiserror::Error)]
pub enum NamespaceError {
    /// The target refuses to make one.
    #[error("cannot make a namespace for the run: {0}")]
    Refused(#[from] ObjectError),
    /// The target refuses to make one, and a project as well.
    #[error("cannot make a namespace for the run: {namespace}; nor a project: {project}")]
    Forbidden {
        /// Why no namespace.
        namespace: ObjectError,
        /// Why no project.
        project: ObjectError,
    },
    /// The target has made a project, and its user may not work in it.
    #[error("cannot work in project {name}, which was made for the run: {problem}")]
    Unusable {
        /// The name of the project.
        name: String,
        /// What is refused.
        problem: ObjectError,
    },
}

impl Namespace {
    /// A namespace that is there already.
    #[must_use]
    pub const fn existing(name: String) -> Self {
        Self { name, origin: Origin::Existing }
    }

    /// Makes a namespace for this run alone; where users may not make namespaces, asks for a project. A server that does
    /// not serve namespaces itself (openshift-apiserver without the rest of a cluster before it) is taken to know every
    /// one.
    ///
    /// # Errors
    /// When the target serves namespaces and refuses to make one.
    pub async fn make(target: &Target, run: &RunId) -> Result<Self, NamespaceError> {
        let name = run.namespace();
        let holder = Holder::this_process(run);
        let body = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {
                "name": name, "labels": { RUN_LABEL: run.as_str() },
                "annotations": { HOLDER_ANNOTATION: json!(holder).to_string() },
            },
        });
        match Objects::of_admin(target).create(NAMESPACES, body).await {
            Ok(_) => Ok(Self { name, origin: Origin::Made }),
            Err(error) => match error.status() {
                Some(404 | 405) => Ok(Self::existing(name)),
                Some(403) => Self::request(target, name, &holder, error).await,
                _ => Err(error.into()),
            },
        }
    }

    /// Asks for a project, as users do who may not make namespaces.
    async fn request(
        target: &Target,
        name: String,
        holder: &Holder,
        namespace: ObjectError,
    ) -> Result<Self, NamespaceError> {
        let body = json!({
            "apiVersion": "project.openshift.io/v1", "kind": "ProjectRequest", "metadata": { "name": name },
            "displayName": format!("isi-conformance run {}", holder.run),
            "description": format!("{DESCRIPTION}{}", json!(holder)),
        });
        let objects = Objects::of_user(target);
        if let Err(project) = objects.create(PROJECT_REQUESTS, body).await {
            return Err(NamespaceError::Forbidden { namespace, project });
        }
        let made = Self { name, origin: Origin::Requested };
        let streams = format!("/apis/image.openshift.io/v1/namespaces/{}/imagestreams", made.name);
        let begun = tokio::time::Instant::now();
        loop {
            match objects.list(&streams).await {
                Err(problem) if problem.status() == Some(403) && begun.elapsed() < PROJECT_PATIENCE => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(problem) if problem.status() == Some(403) => {
                    let name = made.name.clone();
                    let _ = made.clean_up(target).await;
                    return Err(NamespaceError::Unusable { name, problem });
                }
                _ => return Ok(made),
            }
        }
    }

    /// Where the namespace is, if the run made it.
    #[must_use]
    pub fn made(&self) -> Option<String> {
        match self.origin {
            Origin::Existing => None,
            Origin::Made => Some(format!("{NAMESPACES}/{}", self.name)),
            Origin::Requested => Some(format!("{PROJECTS}/{}", self.name)),
        }
    }

    /// Deletes the namespace if this run made it; says what is left behind otherwise.
    pub async fn clean_up(&self, target: &Target) -> Option<String> {
        let path = self.made()?;
        let objects = match self.origin {
            Origin::Requested => Objects::of_user(target),
            Origin::Existing | Origin::Made => Objects::of_admin(target),
        };
        match objects.delete(&path, DELETIONS).await {
            Err(error) => Some(error.to_string()),
            // Projects are read from a cache, which can be behind.
            Ok(_) if self.origin == Origin::Requested => None,
            Ok(_) => objects.get(&path).await.ok().flatten().and_then(|found| outlived_deletion(&path, &found)),
        }
    }
}

/// The run that made a namespace or project, if a run did, and who that is, if it says so.
pub(super) fn made_by(object: &Value) -> Option<(RunId, Option<Holder>)> {
    let run = RunId::of_namespace(super::object::name(object))?;
    let annotation = |name: &str| object["metadata"]["annotations"][name].as_str();
    let description = annotation(DESCRIPTION_ANNOTATION).and_then(|text| text.strip_prefix(DESCRIPTION));
    let is_labelled = object["metadata"]["labels"][RUN_LABEL] == run.as_str();
    let holder = annotation(HOLDER_ANNOTATION).or(description).and_then(|text| serde_json::from_str(text).ok());
    (is_labelled || description.is_some()).then_some((run, holder))
}
