//! Discovery: which resources there are, for clients that look before they ask.

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    api::Api,
    error::{ApiError, Result},
    http::{
        answer::Answer,
        form::{Form, Format, View},
        negotiate::negotiate_discovery,
        request::Request,
    },
    kinds::{Kind, table::served},
    paths::Route,
};

/// Answers a request for something that describes the server.
pub(crate) fn answer(api: &Api, request: &Request, route: &Route) -> Result<Answer> {
    if let Route::Paths { asked } = route {
        return Ok(paths(api, if *asked { 200 } else { 404 }));
    }
    if request.method != Method::GET {
        return Err(ApiError::method_not_allowed());
    }
    let form = negotiate_discovery(api, request)?;
    let found = match route {
        Route::Version => {
            let indented = Form { format: Format::PrettyJson, ..form.plain() };
            return Ok(Answer::object(200, &Version::of(api), indented));
        }
        Route::CoreVersions | Route::Groups if form.view == View::Discovery => {
            let core = matches!(route, Route::CoreVersions);
            let content_type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
            return Ok(Answer::object(200, &aggregated(api, core), form).with_content_type(content_type));
        }
        Route::CoreVersions => json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": "" }],
        }),
        Route::Groups => {
            let groups: Vec<Value> = groups(api).map(|name| group(api, name)).collect();
            json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
        }
        Route::Group(name) => {
            let name = groups(api).find(|known| known == name).ok_or_else(ApiError::no_such_path)?;
            let mut found = group(api, name);
            found["kind"] = "APIGroup".into();
            found["apiVersion"] = "v1".into();
            found
        }
        Route::Resources { group, version } => resources(api, group, version)?,
        Route::Paths { .. } | Route::Health | Route::Metrics | Route::OpenApi(_) | Route::Objects(_) => {
            return Err(ApiError::no_such_path());
        }
    };
    Ok(Answer::object(200, &found, form.plain()))
}

/// What the server is, as `/version` says it: in this order, and always indented.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    major: &'static str,
    minor: String,
    /// Clients parse it as a semantic version.
    git_version: String,
    git_commit: &'static str,
    git_tree_state: &'static str,
    build_date: &'static str,
    go_version: &'static str,
    compiler: &'static str,
    platform: &'static str,
}

impl Version {
    fn of(api: &Api) -> Self {
        let minor = api.options.api_version.kubernetes_minor();
        Self {
            major: "1",
            minor: minor.to_string(),
            git_version: format!("v1.{minor}.0-reference"),
            git_commit: "",
            git_tree_state: "clean",
            build_date: "1970-01-01T00:00:00Z",
            go_version: "",
            compiler: "rustc",
            platform: "linux/amd64",
        }
    }
}

/// The paths of the server: the answer at `/`, and at unknown paths.
fn paths(api: &Api, status: u16) -> Answer {
    let mut paths = vec!["/api".to_owned(), "/api/v1".to_owned(), "/apis".to_owned()];
    for name in groups(api) {
        let version = version_of(api, name).unwrap_or_default();
        paths.extend([format!("/apis/{name}"), format!("/apis/{name}/{version}")]);
    }
    paths.extend(
        ["/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3", "/readyz", "/version"].map(str::to_owned),
    );
    paths.sort_unstable();
    let form = Form { format: Format::PrettyJson, ..Form::default() };
    Answer::object(status, &json!({ "paths": paths }), form)
}

/// The named groups, each once.
fn groups(api: &Api) -> impl Iterator<Item = &'static str> {
    let mut seen = vec![""];
    served(api.options.api_version).map(|kind| kind.group).filter(move |group| {
        let is_new = !seen.contains(group);
        if is_new {
            seen.push(group);
        }
        is_new
    })
}

fn group(api: &Api, name: &str) -> Value {
    let version = version_of(api, name).unwrap_or_default();
    let version = json!({ "groupVersion": format!("{name}/{version}"), "version": version });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn version_of(api: &Api, group: &str) -> Option<&'static str> {
    served(api.options.api_version).find(|kind| kind.group == group).map(|kind| kind.version)
}

fn of<'a>(api: &Api, group: &'a str, version: &'a str) -> impl Iterator<Item = &'static Kind> + use<'a> {
    served(api.options.api_version).filter(move |kind| kind.group == group && kind.version == version)
}

fn resources(api: &Api, group: &str, version: &str) -> Result<Value> {
    let resources: Vec<Value> = of(api, group, version)
        .map(|kind| {
            let singular = if api.behaviour.singular_names { kind.singular } else { "" };
            let mut resource = json!({
                "name": kind.plural, "singularName": singular, "namespaced": kind.namespaced,
                "kind": kind.kind, "verbs": kind.verbs(),
            });
            add_names(kind, &mut resource);
            if api.behaviour.storage_version_hashes && !kind.storage_version_hash.is_empty() {
                resource["storageVersionHash"] = kind.storage_version_hash.into();
            }
            resource
        })
        .collect();
    if resources.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": resources,
    }))
}

/// All groups with all their resources.
fn aggregated(api: &Api, core: bool) -> Value {
    let wanted: Vec<&str> = if core { vec![""] } else { groups(api).collect() };
    let items: Vec<Value> = wanted
        .into_iter()
        .filter_map(|name| {
            let version = version_of(api, name)?;
            let resources: Vec<Value> = of(api, name, version)
                .filter(|kind| !kind.plural.contains('/'))
                .map(|kind| aggregated_resource(api, kind))
                .collect();
            let metadata = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
            let version = json!({ "version": version, "resources": resources, "freshness": "Current" });
            Some(json!({ "metadata": metadata, "versions": [version] }))
        })
        .collect();
    json!({ "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items })
}

fn aggregated_resource(api: &Api, kind: &Kind) -> Value {
    let response = |kind: &str| json!({ "group": "", "version": "", "kind": kind });
    let singular = if api.behaviour.singular_names { kind.singular } else { "" };
    let mut resource = json!({
        "resource": kind.plural, "responseKind": response(kind.kind), "singularResource": singular,
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" }, "verbs": kind.verbs(),
    });
    add_names(kind, &mut resource);
    let parts: Vec<Value> = of(api, kind.group, kind.version)
        .filter_map(|part| Some((part, part.plural.strip_prefix(kind.plural)?.strip_prefix('/')?)))
        .map(|(part, name)| json!({ "subresource": name, "responseKind": response(part.kind), "verbs": part.verbs() }))
        .collect();
    if !parts.is_empty() {
        resource["subresources"] = json!(parts);
    }
    resource
}

/// Adds the other names of a resource: short ones, and those of groups of resources.
fn add_names(kind: &Kind, resource: &mut Value) {
    for (field, names) in [("shortNames", kind.short_names), ("categories", kind.categories)] {
        if !names.is_empty() {
            resource[field] = json!(names);
        }
    }
}
