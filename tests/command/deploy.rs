//! The manifests for a cluster: they are valid, the rights are those that a run needs, and the jobs do what they say.

mod access;
mod manifests;

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use isi_conformance::reference::{self, Options};
use serde_json::{Value, json};

use self::{
    access::{Access, Gate},
    manifests::{documents, of_kind, root},
};
use super::{isi_conformance, text};

/// A server that lets the service account do what the roles allow, and nothing else.
async fn cluster() -> (reference::Reference, Gate) {
    let deny = ["alice:create:image.openshift.io:images", "alice:create:image.openshift.io:imagestreammapping"];
    let deny = deny.map(|rule| rule.parse().unwrap()).to_vec();
    let server = reference::start(Options { deny, ..Options::default() }).await.unwrap();
    let gate = Gate::start(server.url(), Access::of(&documents("access.yaml"))).await;
    (server, gate)
}

/// The settings that the pods have in their environment.
fn settings() -> BTreeMap<String, String> {
    let settings = documents("settings.yaml");
    let map = settings.iter().find(|document| document["metadata"]["name"] == "isi-conformance-settings").unwrap();
    serde_json::from_value(map["data"].clone()).unwrap()
}

/// Writes the files of the pods: the kubeconfig has the token and the address that they would have.
fn write_files(folder: &Path, url: &str) {
    let settings = documents("settings.yaml");
    let map = settings.iter().find(|document| document["metadata"]["name"] == "isi-conformance-files").unwrap();
    let token = folder.join("token");
    fs::write(&token, "user-alice").unwrap();
    let account = "/var/run/secrets/kubernetes.io/serviceaccount";
    let text = map["data"]["kubeconfig"].as_str().unwrap();
    assert!(text.contains("server: https://kubernetes.default.svc\n"), "{text}");
    // The server of the test has no certificate.
    let lines = text.lines().filter(|line| !line.contains("certificate-authority: "));
    let text = lines
        .map(|line| format!("{line}\n"))
        .collect::<String>()
        .replace("https://kubernetes.default.svc", url)
        .replace(&format!("{account}/token"), token.to_str().unwrap());
    fs::write(folder.join("kubeconfig"), text).unwrap();
    fs::write(folder.join("deviations.yaml"), map["data"]["deviations.yaml"].as_str().unwrap()).unwrap();
}

/// The command line of a job's container as a pod of this index has it, in a folder of this machine.
fn arguments(file: &str, index: usize, folder: &Path, url: &str) -> Vec<String> {
    let job = &documents(file)[0];
    let arguments = job["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    let settings = settings();
    write_files(folder, url);
    arguments
        .iter()
        .map(|argument| argument.as_str().unwrap())
        // The ports of a pod are its own; here they would be those of other tests, too.
        .filter(|argument| !argument.starts_with("--registry-ports="))
        .map(|argument| {
            argument
                .replace("$(POD_IP)", "127.0.0.1")
                .replace("$(JOB_COMPLETION_INDEX)", &index.to_string())
                .replace("$(ISI_API_VERSION)", &settings["ISI_API_VERSION"])
                .replace("/etc/isi-conformance", &folder.display().to_string())
                .replace("/results", &folder.join("results").display().to_string())
        })
        .collect()
}

fn start(arguments: &[String], index: usize) -> Child {
    let mut command: Command = test_support::command(env!("CARGO_BIN_EXE_isi-conformance"));
    command.args(arguments).envs(settings()).env("JOB_COMPLETION_INDEX", index.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_allow_what_a_run_needs_and_nothing_else() {
    let (_server, gate) = cluster().await;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    let mut arguments = arguments("job.yaml", 0, folder.path(), &gate.url);
    arguments.retain(|argument| !argument.starts_with("--shard=") && argument != "--exit-zero");
    let output = start(&arguments, 0).wait_with_output().unwrap();
    let (printed, told) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{printed}{told}\nrefused: {:#?}", gate.refused());
    assert!(!told.contains("left behind"), "{told}");
    assert_eq!(gate.unused(), [""; 0], "rights that no run needs");
    let report: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("results/shard-0.json")).unwrap()).unwrap();
    assert!(report["summary"]["cases"]["pass"].as_u64().unwrap() > 1000, "{}", report["summary"]);
}

/// Verdicts by case.
fn verdicts(report: &Value) -> Vec<(String, String)> {
    let case = |case: &Value| {
        let name = format!("{}::{}", case["suite"].as_str().unwrap(), case["case"].as_str().unwrap());
        (name, case["verdict"].as_str().unwrap().to_owned())
    };
    report["cases"].as_array().unwrap().iter().map(case).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pods_of_the_job_and_the_merge_have_the_verdicts_of_one_run() {
    const SUITES: [&str; 3] = ["dry-run", "auth", "stream"];
    let (_server, gate) = cluster().await;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("results")).unwrap();
    let job = &documents("job.yaml")[0];
    let count = usize::try_from(job["spec"]["completions"].as_u64().unwrap()).unwrap();
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let pod = |index: usize| {
        let mut arguments = arguments("job.yaml", index, folder.path(), &gate.url);
        assert!(arguments.contains(&format!("--shard=job/{count}")), "{arguments:?}");
        arguments.extend(SUITES.map(str::to_owned));
        start(&arguments, index)
    };
    let pods: Vec<Child> = (0..count).map(pod).collect();
    for pod in pods {
        let output = pod.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    }
    let merge = arguments("merge.yaml", 0, folder.path(), &gate.url);
    let merged = isi_conformance(&merge.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((merged.status.code(), text(&merged.stderr).as_str()), (Some(0), ""));
    // What the log of the pod has is the report and nothing else.
    let merged: Value = serde_json::from_slice(&merged.stdout).unwrap();
    let mut whole = arguments("job.yaml", 0, folder.path(), &gate.url);
    whole.retain(|argument| !argument.starts_with("--shard="));
    whole.extend(SUITES.map(str::to_owned));
    let output = start(&whole, 0).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let whole: Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("results/shard-0.json")).unwrap()).unwrap();
    assert_eq!(verdicts(&merged), verdicts(&whole));
    assert_eq!(merged["summary"]["cases"], whole["summary"]["cases"]);
}

#[test]
fn names_and_references_fit_together() {
    let all: Vec<Value> = ["namespace.yaml", "access.yaml", "settings.yaml", "volume.yaml", "job.yaml", "merge.yaml"]
        .into_iter()
        .flat_map(documents)
        .collect();
    let name = |document: &Value| document["metadata"]["name"].clone();
    let namespace = name(of_kind(&all, "Namespace")[0]);
    for document in &all {
        let is_of_cluster =
            ["Namespace", "ClusterRole", "ClusterRoleBinding"].iter().any(|kind| document["kind"] == **kind);
        let expected = if is_of_cluster { Value::Null } else { namespace.clone() };
        assert_eq!(document["metadata"]["namespace"], expected, "{document}");
    }
    let named = |kind: &str| of_kind(&all, kind).iter().map(|document| name(document)).collect::<Vec<Value>>();
    for binding in of_kind(&all, "RoleBinding").into_iter().chain(of_kind(&all, "ClusterRoleBinding")) {
        let role = &binding["roleRef"];
        assert!(named(role["kind"].as_str().unwrap()).contains(&role["name"]), "{binding}");
        assert!(named("ServiceAccount").contains(&binding["subjects"][0]["name"]), "{binding}");
    }
    for job in of_kind(&all, "Job") {
        let pod = &job["spec"]["template"]["spec"];
        assert!(named("ServiceAccount").contains(&pod["serviceAccountName"]), "{job}");
        for volume in pod["volumes"].as_array().unwrap() {
            let (maps, claims) = (named("ConfigMap"), named("PersistentVolumeClaim"));
            let is_known = maps.contains(&volume["configMap"]["name"])
                || claims.contains(&volume["persistentVolumeClaim"]["claimName"]);
            assert!(is_known, "{volume}");
        }
        for source in pod["containers"][0]["envFrom"].as_array().into_iter().flatten() {
            assert!(named("ConfigMap").contains(&source["configMapRef"]["name"]), "{source}");
        }
    }
}

#[test]
fn kubectl_builds_the_manifests_and_knows_every_field_of_the_jobs() {
    if !test_support::needs_kubectl() {
        return;
    }
    let kubectl = |arguments: &[&str]| {
        let output =
            Command::new("kubectl").args(arguments).current_dir(root()).env("KUBECONFIG", "/dev/null").output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let built = kubectl(&["kustomize", "deploy"]);
    assert_eq!(built.lines().filter(|line| line.starts_with("kind: ")).count(), 10, "{built}");
    for file in ["job.yaml", "merge.yaml"] {
        // It reads the file as the types of its version have it, and writes what it has read.
        let path = format!("deploy/{file}");
        let read = kubectl(&["set", "image", "--local", "-f", &path, "isi-conformance=other", "-o", "json"]);
        let read: Value = serde_json::from_str(&read).unwrap();
        let mut written = documents(file)[0].clone();
        written["spec"]["template"]["spec"]["containers"][0]["image"] = json!("other");
        assert_eq!(manifests::lost(&written, &read), [""; 0], "fields that kubectl does not know");
    }
}
