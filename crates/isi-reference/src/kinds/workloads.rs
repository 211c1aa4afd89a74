//! Resources of a cluster that are served as empty lists, for clients that look at what uses images: `oc adm prune images` asks
//! for everything that runs, `kubectl describe` for events, `oc describe project` for quotas.

use super::{Handler, Kind, Verb};
use crate::version::ApiVersion;

/// What can be done with resources without objects.
const READ_ONLY: &[(Verb, Handler)] =
    &[(Verb::Get, Handler::GetObject), (Verb::List, Handler::ListObjects), (Verb::Watch, Handler::Watch)];

const fn workload(
    (group, plural): (&'static str, &'static str),
    (singular, kind): (&'static str, &'static str),
    short_names: &'static [&'static str],
) -> Kind {
    Kind {
        group,
        version: "v1",
        plural,
        singular,
        kind,
        namespaced: true,
        short_names,
        categories: &[],
        since: ApiVersion::V3_11,
        methods: READ_ONLY,
        stored: Some(plural),
        is_empty: true,
        storage_version_hash: "",
        columns: None,
    }
}

pub(super) static WORKLOADS: &[Kind] = &[
    workload(("", "events"), ("event", "Event"), &["ev"]),
    workload(("", "persistentvolumeclaims"), ("persistentvolumeclaim", "PersistentVolumeClaim"), &["pvc"]),
    workload(("", "pods"), ("pod", "Pod"), &["po"]),
    workload(("", "replicationcontrollers"), ("replicationcontroller", "ReplicationController"), &["rc"]),
    workload(("", "resourcequotas"), ("resourcequota", "ResourceQuota"), &["quota"]),
    workload(("", "services"), ("service", "Service"), &["svc"]),
    workload(("apps", "daemonsets"), ("daemonset", "DaemonSet"), &["ds"]),
    workload(("apps", "deployments"), ("deployment", "Deployment"), &["deploy"]),
    workload(("apps", "replicasets"), ("replicaset", "ReplicaSet"), &["rs"]),
    workload(("apps", "statefulsets"), ("statefulset", "StatefulSet"), &["sts"]),
    workload(
        ("autoscaling", "horizontalpodautoscalers"),
        ("horizontalpodautoscaler", "HorizontalPodAutoscaler"),
        &["hpa"],
    ),
    Kind { since: ApiVersion::V4_8, ..workload(("batch", "cronjobs"), ("cronjob", "CronJob"), &["cj"]) },
    workload(("batch", "jobs"), ("job", "Job"), &[]),
    workload(("apps.openshift.io", "deploymentconfigs"), ("deploymentconfig", "DeploymentConfig"), &["dc"]),
    workload(("build.openshift.io", "buildconfigs"), ("buildconfig", "BuildConfig"), &["bc"]),
    workload(("build.openshift.io", "builds"), ("build", "Build"), &[]),
    workload(("route.openshift.io", "routes"), ("route", "Route"), &[]),
];
