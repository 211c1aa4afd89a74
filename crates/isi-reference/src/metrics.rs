//! `/metrics`: what the server counts, in the text format of Prometheus and under the names of Kubernetes' API servers.

use std::{
    collections::BTreeMap,
    fmt::{self, Display, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    access::Access,
    api::Api,
    error::{ApiError, Resource, Result},
    http::{answer::Answer, request::Request},
    kinds::{Verb, table::served},
    route::Target,
};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The path of this page, as access names it.
const PATH: &str = "/metrics";

/// What a server has counted since it started.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: SystemTime,
    requests: Mutex<BTreeMap<RequestLabels, u64>>,
    watches: Mutex<BTreeMap<ResourceLabels, u64>>,
}

/// What requests are counted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RequestLabels {
    status: u16,
    is_dry_run: bool,
    verb: &'static str,
    of: ResourceLabels,
}

/// The resource that requests are about; empty for paths of no resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct ResourceLabels {
    group: &'static str,
    resource: &'static str,
    scope: &'static str,
    subresource: &'static str,
    version: &'static str,
}

impl ResourceLabels {
    fn of(target: &Target, verb: Verb) -> Self {
        let (resource, subresource) = target.kind.plural.split_once('/').unwrap_or((target.kind.plural, ""));
        let scope = if target.name.is_some() || verb == Verb::Create {
            "resource"
        } else if target.in_namespace {
            "namespace"
        } else {
            "cluster"
        };
        Self { group: target.kind.group, resource, scope, subresource, version: target.kind.version }
    }
}

impl Display for ResourceLabels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, resource, scope, subresource, version } = self;
        write!(
            formatter,
            "component=\"apiserver\",group=\"{group}\",resource=\"{resource}\",scope=\"{scope}\",\
             subresource=\"{subresource}\",version=\"{version}\""
        )
    }
}

/// A watch that is counted for as long as this lives.
#[derive(Debug)]
pub(crate) struct CountedWatch {
    api: Arc<Api>,
    labels: ResourceLabels,
}

impl CountedWatch {
    /// Counts a watch of what `target` names.
    pub(crate) fn begin(api: &Arc<Api>, target: &Target) -> Self {
        let labels = ResourceLabels::of(target, Verb::Watch);
        *lock(&api.metrics.watches).entry(labels.clone()).or_default() += 1;
        Self { api: Arc::clone(api), labels }
    }
}

impl Drop for CountedWatch {
    fn drop(&mut self) {
        if let Some(count) = lock(&self.api.metrics.watches).get_mut(&self.labels) {
            *count = count.saturating_sub(1);
        }
    }
}

impl Metrics {
    /// The counters of a server that starts now.
    pub(crate) fn new() -> Self {
        Self { started: SystemTime::now(), requests: Mutex::default(), watches: Mutex::default() }
    }

    /// Counts a request for what `target` names, if it is a resource, that was answered with `status`.
    pub(crate) fn count(&self, request: &Request, target: Option<&Target>, status: u16) {
        let Some(target) = target else {
            return self.add(RequestLabels { status, is_dry_run: false, verb: "GET", of: ResourceLabels::default() });
        };
        let asked = target.asked(request);
        let is_apply = || {
            let content_type = request.header(http::header::CONTENT_TYPE).unwrap_or_default();
            content_type.starts_with("application/apply-patch")
        };
        let verb = match asked {
            Verb::Create => "POST",
            Verb::Delete | Verb::DeleteCollection => "DELETE",
            Verb::Get => "GET",
            Verb::List => "LIST",
            Verb::Patch if is_apply() => "APPLY",
            Verb::Patch => "PATCH",
            Verb::Update => "PUT",
            Verb::Watch => "WATCH",
        };
        let is_dry_run = request.parameter("dryRun") == Some("All");
        self.add(RequestLabels { status, is_dry_run, verb, of: ResourceLabels::of(target, asked) });
    }

    fn add(&self, labels: RequestLabels) {
        *lock(&self.requests).entry(labels).or_default() += 1;
    }

    /// The page, with how many objects there are of each resource.
    fn page(&self, objects: &[(String, usize)]) -> String {
        let mut page = String::new();
        heading(&mut page, "apiserver_request_total", "counter", "Requests that were answered.");
        for (RequestLabels { status, is_dry_run, verb, of }, count) in lock(&self.requests).iter() {
            let dry_run = if *is_dry_run { "All" } else { "" };
            let labels = format!("code=\"{status}\",{of},dry_run=\"{dry_run}\",verb=\"{verb}\"");
            line(&mut page, &format!("apiserver_request_total{{{labels}}}"), count);
        }
        heading(&mut page, "apiserver_longrunning_requests", "gauge", "Watches that are under way.");
        for (labels, count) in lock(&self.watches).iter() {
            line(&mut page, &format!("apiserver_longrunning_requests{{{labels},verb=\"WATCH\"}}"), count);
        }
        heading(&mut page, "apiserver_storage_objects", "gauge", "Objects that are stored.");
        for (resource, count) in objects {
            line(&mut page, &format!("apiserver_storage_objects{{resource=\"{resource}\"}}"), count);
        }
        let started = self.started.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        heading(&mut page, "process_start_time_seconds", "gauge", "When the server started, in seconds since 1970.");
        line(&mut page, "process_start_time_seconds", &started);
        page
    }
}

/// Answers with the counters: administrators only, as in every cluster.
pub(crate) fn answer(api: &Api, request: &Request) -> Result<Answer> {
    if !Access::allows_path(&request.user, "get", PATH) {
        let why = format!("User {:?} cannot get path {PATH:?}", request.user.name);
        return Err(ApiError::forbidden(Resource::core(""), "", &why));
    }
    let objects: Vec<(String, usize)> = {
        let state = api.store.lock();
        let stored = served(api.options.api_version).filter(|kind| kind.kind != "Project" && !kind.is_empty);
        let count = |key| state.stored(key, "").len();
        stored.filter_map(|kind| Some((kind.resource().to_string(), count(kind.stored?)))).collect()
    };
    Ok(Answer::document(CONTENT_TYPE, api.metrics.page(&objects).into_bytes()))
}

fn heading(page: &mut String, name: &str, kind: &str, about: &str) {
    // Writing to a text does not fail.
    let _ = write!(page, "# HELP {name} {about}\n# TYPE {name} {kind}\n");
}

fn line(page: &mut String, name: &str, value: &impl Display) {
    let _ = writeln!(page, "{name} {value}");
}

/// A panic while the lock was held cannot leave half a count.
fn lock<T>(counters: &Mutex<T>) -> MutexGuard<'_, T> {
    counters.lock().unwrap_or_else(PoisonError::into_inner)
}
