//! Finds out the [traits](Traits) of a target: a few imports from a registry of the probe's own, before the first case.
//!
//! What the probe cannot tell stays unknown, and is never a reason to fail: the cases judge the target.

use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};

use super::{
    cleanup::Ledger,
    late_requests::LateRequests,
    mock::MockRegistry,
    session::Session,
    target::{Prepared, Target},
};
use crate::{
    fixture::{self, Images, RegistryFixture, Salt},
    suite::{Body, Request, User},
    traits::{AllowList, ImportController, ImportMode, IntegratedRegistry, Replicas, RepositoryLimit, Traits},
    version::ApiVersion,
};

const LIST: &str = "list-multi";
const IMAGE: &str = "s2-basic";
/// A schema 1 image that does not say how large its layers are, so that the server asks the registry.
const WITHOUT_SIZES: &str = "s1-nosize";
/// A registry that no allow list has. Nothing listens there, and an address needs no name server, which can be slow to say
/// that it does not know a name.
const ELSEWHERE: &str = "127.0.0.2:1";
/// How long an import controller may take to notice a tag.
const CONTROLLER_PATIENCE: Duration = Duration::from_secs(2);
/// How long the whole probe may take.
const PATIENCE: Duration = Duration::from_secs(45);
const PAUSE: Duration = Duration::from_millis(20);
/// So many imports show the caches of up to five processes that take turns.
const IMPORTS_PER_CACHE_PROBE: usize = 6;
/// The first version whose default import mode can be configured.
const CONFIGURABLE_IMPORT_MODE: ApiVersion = ApiVersion::V4_18;

/// The traits that cost requests of their own, and only some cases depend on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Whether a controller imports spec tags.
    pub import_controller: bool,
    /// Whether several processes answer.
    pub replicas: bool,
    /// The largest number of tags that a case imports of one repository.
    pub repository_tags: usize,
}

/// Asks the target of a session for its traits, and takes back what that made. What is not found out in time is left to the
/// cases.
///
/// # Errors
/// When no mock registry can be started.
pub async fn find_out(session: &Session, wanted: Wanted) -> Result<Traits, String> {
    let salt = Salt::new(&format!("{} traits", session.run.as_str()));
    let images = fixture::builtin().build([LIST, IMAGE, WITHOUT_SIZES], &salt).map_err(|error| error.to_string())?;
    let place = session.ports.take().await.map_err(|error| error.to_string())?;
    let many = (0..wanted.repository_tags).map(|number| (format!("t{number:03}"), IMAGE.to_owned())).collect();
    let repositories = [
        ("probe/app".to_owned(), [("v1".to_owned(), LIST.to_owned())].into()),
        ("probe/sizes".to_owned(), [("v1".to_owned(), WITHOUT_SIZES.to_owned())].into()),
        ("probe/many".to_owned(), many),
    ];
    let fixture = RegistryFixture { repositories: repositories.into(), ..RegistryFixture::default() };
    let registry = place.address.clone();
    let ledger = session.cleanup.begin(&session.run);
    let mut probe = TraitProbe {
        mock: MockRegistry::start(place, fixture, images.clone(), None)?,
        ledger: &ledger,
        late: &session.cleanup.late,
        stream: format!("traits-{}", session.run.as_str()),
        target: &session.target,
        namespace: &session.namespace,
        registry,
        images,
    };
    let mut traits = Traits::default();
    let patience = session.target.patience.min(PATIENCE);
    // What was found out by the end of it holds; the rest stays unknown.
    let is_whole = tokio::time::timeout(patience, probe.find_out(session.version, wanted, &mut traits)).await.is_ok();
    if ledger.clean_up(&session.target, &session.namespace).await.is_empty() && is_whole {
        session.cleanup.forget(&ledger);
    }
    Ok(traits)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ImportKind {
    Stored,
    Preview,
}

struct TraitProbe<'a> {
    mock: MockRegistry,
    ledger: &'a Ledger,
    late: &'a LateRequests,
    stream: String,
    target: &'a Target,
    namespace: &'a str,
    registry: String,
    images: Images,
}

impl TraitProbe<'_> {
    async fn find_out(&mut self, version: ApiVersion, wanted: Wanted, traits: &mut Traits) {
        let Some(answer) = self.import(ImportKind::Stored, "probe/app").await else { return };
        traits.integrated_registry = integrated_registry(&answer, self.namespace, &self.stream);
        if version >= CONFIGURABLE_IMPORT_MODE {
            traits.import_mode = self.import_mode(&answer);
        }
        if wanted.replicas {
            traits.replicas = self.replicas().await;
        }
        if wanted.import_controller {
            traits.import_controller = self.import_controller().await;
        }
        traits.allow_list = self.allow_list().await;
        // Last, because servers import the tags of a repository at a limited rate, two a second say.
        if wanted.repository_tags > 0 {
            traits.repository_limit = self.repository_limit(wanted.repository_tags).await;
        }
    }

    /// Imports `repository:v1`; nothing if the target does not answer an import.
    async fn import(&self, kind: ImportKind, repository: &str) -> Option<Value> {
        let from = format!("{}/{repository}:v1", self.registry);
        let (status, answer) = self.post_import(kind, json!({ "images": [entry(&from)] })).await?;
        (status < 300).then_some(answer)
    }

    async fn post_import(&self, kind: ImportKind, mut spec: Value) -> Option<(u16, Value)> {
        spec["import"] = (kind == ImportKind::Stored).into();
        let body = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStreamImport",
            "metadata": { "name": self.stream, "namespace": self.namespace },
            "spec": spec,
        });
        self.post("imagestreamimports", body).await
    }

    async fn post(&self, path: &str, body: Value) -> Option<(u16, Value)> {
        let request = Request { body: Body::Json(body), ..Request::new(Method::POST, path) };
        self.ledger.note(&request);
        let prepared = Prepared::new(&request, self.namespace).ok()?;
        let sent = self.late.send(self.target, &prepared, User::User);
        let answered = tokio::time::timeout(self.target.patience, sent).await.ok()?.ok()?;
        for image in self.images.iter() {
            let digest = image.digest.to_string();
            if String::from_utf8_lossy(&answered.body).contains(&digest) {
                self.ledger.note_image(&digest);
            }
        }
        Some((answered.status, serde_json::from_slice(&answered.body).ok()?))
    }

    /// A list that was imported as itself shows the mode, whatever the answer calls it.
    fn import_mode(&self, answer: &Value) -> ImportMode {
        let name = answer["status"]["images"][0]["image"]["metadata"]["name"].as_str();
        let list = self.images.get(LIST).map(|image| image.digest.to_string());
        if name.is_some() && name == list.as_deref() { ImportMode::PreserveOriginal } else { ImportMode::Legacy }
    }

    /// A registry that is not on the list is refused for the whole request, also to a user who may create images if the
    /// import is to be stored in a tag that is new. One that is only out of reach fails alone.
    async fn allow_list(&self) -> AllowList {
        let spec = json!({ "images": [entry(&format!("{ELSEWHERE}/lib/app:elsewhere"))] });
        match self.post_import(ImportKind::Stored, spec).await {
            Some((422, answer)) if answer["details"]["causes"][0]["reason"] == "FieldValueForbidden" => {
                AllowList::Listed
            }
            _ => AllowList::Everything,
        }
    }

    async fn repository_limit(&self, offered: usize) -> RepositoryLimit {
        let spec = json!({ "repository": entry(&format!("{}/probe/many", self.registry)) });
        let Some((201, answer)) = self.post_import(ImportKind::Preview, spec).await else {
            return RepositoryLimit::Unknown;
        };
        match answer["status"]["repository"]["images"].as_array().map_or(0, Vec::len) {
            0 => RepositoryLimit::Unknown,
            imported if imported < offered => RepositoryLimit::Tags(imported),
            imported => RepositoryLimit::MoreThan(imported - 1),
        }
    }

    /// A process asks for the sizes of layers once. Where some of several imports ask again and others do not, processes
    /// take turns; where all of them do, nothing is remembered at all.
    async fn replicas(&mut self) -> Replicas {
        self.mock.asked();
        let (mut asking, mut knowing) = (0, 0);
        for _ in 0..IMPORTS_PER_CACHE_PROBE {
            if self.import(ImportKind::Preview, "probe/sizes").await.is_none() {
                return Replicas::One;
            }
            if self.mock.asked().lines.iter().any(|line| line.starts_with("HEAD ")) {
                asking += 1;
            } else {
                knowing += 1;
            }
        }
        if asking > 1 && knowing > 0 { Replicas::Several } else { Replicas::One }
    }

    /// Creates a stream with a tag and waits for the registry to be asked for it.
    async fn import_controller(&mut self) -> ImportController {
        let from = format!("{}/probe/app:v1", self.registry);
        let tag = json!({
            "name": "v1",
            "from": { "kind": "DockerImage", "name": from },
            "importPolicy": { "insecure": true },
        });
        let stream = json!({
            "apiVersion": "image.openshift.io/v1",
            "kind": "ImageStream",
            "metadata": { "name": format!("controller-{}", self.stream) },
            "spec": { "tags": [tag] },
        });
        self.mock.asked();
        if !matches!(self.post("imagestreams", stream).await, Some((201, _))) {
            return ImportController::Absent;
        }
        let begun = Instant::now();
        while begun.elapsed() < CONTROLLER_PATIENCE {
            if !self.mock.asked().lines.is_empty() {
                return ImportController::Present;
            }
            tokio::time::sleep(PAUSE).await;
        }
        ImportController::Absent
    }
}

fn entry(from: &str) -> Value {
    json!({ "from": { "kind": "DockerImage", "name": from }, "importPolicy": { "insecure": true } })
}

/// The hosts before namespace and name. A text that is made in another way tells nothing.
fn integrated_registry(answer: &Value, namespace: &str, stream: &str) -> IntegratedRegistry {
    let status = &answer["status"]["import"]["status"];
    let suffix = format!("/{namespace}/{stream}");
    let host = |field: &str| {
        let text = status[field].as_str()?;
        if text.is_empty() {
            return Some(String::new());
        }
        text.strip_suffix(&suffix).filter(|host| !host.is_empty() && !host.contains('/')).map(str::to_owned)
    };
    match (host("dockerImageRepository"), host("publicDockerImageRepository")) {
        (Some(internal), Some(public)) if !internal.is_empty() && !public.is_empty() => {
            IntegratedRegistry::Public { internal, public }
        }
        (Some(internal), Some(public)) if internal.is_empty() && !public.is_empty() => {
            IntegratedRegistry::PublicOnly { public }
        }
        (Some(internal), None) if internal.is_empty() => IntegratedRegistry::None,
        (Some(host), _) if !host.is_empty() => IntegratedRegistry::Internal { host },
        _ => IntegratedRegistry::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::none(json!({ "dockerImageRepository": "" }), IntegratedRegistry::None)]
    #[case::internal(json!({ "dockerImageRepository": "a:5000/ns/app" }), IntegratedRegistry::Internal { host: "a:5000".to_owned() })]
    #[case::public(
        json!({ "dockerImageRepository": "a:5000/ns/app", "publicDockerImageRepository": "b/ns/app" }),
        IntegratedRegistry::Public { internal: "a:5000".to_owned(), public: "b".to_owned() }
    )]
    #[case::of_another_stream(json!({ "dockerImageRepository": "a:5000/ns/other" }), IntegratedRegistry::Unknown)]
    #[case::absent(json!({}), IntegratedRegistry::Unknown)]
    #[case::public_alone(json!({ "dockerImageRepository": "", "publicDockerImageRepository": "b/ns/app" }), IntegratedRegistry::PublicOnly { public: "b".to_owned() })]
    fn the_registry_is_read_off_a_stream(#[case] status: Value, #[case] expected: IntegratedRegistry) {
        let answer = json!({ "status": { "import": { "status": status } } });
        assert_eq!(integrated_registry(&answer, "ns", "app"), expected);
    }
}
