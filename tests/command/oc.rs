//! The real `oc` against the reference and a registry, by what `docs/clients.md` says that works.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{reference::Serving, text};

/// The path of `oc`.
const OC: &str = "ISI_OC";

/// What is asked, in order, and a text of the answer. `REGISTRY` is the registry, `IMAGE` the name of the image of `app:latest`,
/// `FILE` an image stream in a file; what begins with `!` fails.
const STEPS: &[(&str, &str)] = &[
    ("whoami", "system:admin"),
    ("version", "Server Version: 4.22.0"),
    ("api-resources --api-group=image.openshift.io", "imagestreamimports"),
    ("new-project demo --display-name=Demo", "Now using project \"demo\""),
    ("project", "Using project \"demo\""),
    ("projects", "* demo - Demo"),
    ("status", "In project Demo (demo)"),
    ("auth can-i create imagestreamimports", "yes"),
    ("whoami --as bob", "bob"),
    ("explain imagestream.spec.tags", "Where each tag comes from, and how it is imported."),
    ("create imagestream made --lookup-local", "imagestream.image.openshift.io/made created"),
    ("import-image app --from=REGISTRY/lib/app:v1 --confirm", "imagestream.image.openshift.io/app imported"),
    ("import-image app", "imagestream.image.openshift.io/app imported"),
    ("import-image app:v2 --from=REGISTRY/lib/app:v2 --confirm", "imagestream.image.openshift.io/app imported"),
    ("import-image all --from=REGISTRY/lib/app --all --confirm", "imagestream.image.openshift.io/all imported"),
    ("import-image multi --from=REGISTRY/lib/app:multi --import-mode=PreserveOriginal --confirm", "Manifests:"),
    ("import-image scheduled --from=REGISTRY/lib/app:v1 --scheduled --confirm", "updates automatically from registry"),
    (
        "import-image insecure --from=REGISTRY/lib/app:v1 --insecure --confirm",
        "will use insecure HTTPS or HTTP connections",
    ),
    ("import-image local --from=REGISTRY/lib/app:v1 --reference-policy=local --confirm", "prefer registry pullthrough"),
    (
        "import-image dry --from=REGISTRY/lib/app:v1 --dry-run --confirm",
        "imagestream.image.openshift.io/dry imported (dry run)",
    ),
    ("!import-image missing --from=REGISTRY/lib/app:none --confirm", "error: imported completed with errors"),
    ("!import-image unknown", "no image stream named \"unknown\" exists"),
    ("get is,istag -o name", "imagestreamtag.image.openshift.io/app:latest"),
    ("get is -o wide", "IMAGE REPOSITORY"),
    ("get istag app:latest -o yaml", "kind: ImageStreamTag"),
    ("get isimage app@IMAGE -o json", "\"kind\": \"ImageStreamImage\""),
    ("get image IMAGE -o name", "image.image.openshift.io/IMAGE"),
    ("get imagetag app:latest", "app:latest"),
    ("describe is/app", "Unique Images:"),
    ("describe istag/app:latest", "Docker Image:"),
    ("describe isimage app@IMAGE", "Docker Image:"),
    ("describe image IMAGE", "Image Size:"),
    ("tag app:latest app:stable", "Tag app:stable set to app@IMAGE."),
    ("tag --source=istag app:latest other:v1", "Tag other:v1 set to app@IMAGE."),
    ("tag --source=isimage app@IMAGE app:exact", "Tag app:exact set to app@IMAGE."),
    ("tag --alias app:latest app:alias", "Tag app:alias set up to track app:latest."),
    ("tag --source=docker REGISTRY/lib/app:v2 app:docker", "Tag app:docker set to REGISTRY/lib/app:v2."),
    ("tag REGISTRY/lib/app:v2 app:often --scheduled", "Tag app:often set to import REGISTRY/lib/app:v2 periodically."),
    (
        "tag REGISTRY/lib/app:v2 app:near --reference-policy=local --insecure",
        "Tag app:near set to REGISTRY/lib/app:v2.",
    ),
    ("tag app:stable -d", "Deleted tag demo/app:stable."),
    ("wait is/app --for=jsonpath={.status.tags[?(@.tag==\"docker\")].tag}=docker --timeout=30s", "condition met"),
    ("set image-lookup", "made"),
    ("set image-lookup app", "imagestream.image.openshift.io/app image lookup updated"),
    ("set image-lookup --list", "app"),
    ("set image-lookup app --enabled=false", "image lookup updated"),
    ("set image-lookup --all", "imagestream.image.openshift.io/other image lookup updated"),
    (
        "create imagestreamtag made:v1 --from-image=REGISTRY/lib/app:v1",
        "imagestreamtag.image.openshift.io/made:v1 created",
    ),
    (
        "create imagestreamtag made:v2 --from=app:latest --annotation=a=b",
        "imagestreamtag.image.openshift.io/made:v2 created",
    ),
    ("label is/app tier=web", "imagestream.image.openshift.io/app labeled"),
    ("annotate istag/app:latest note=this", "imagestreamtag.image.openshift.io/app:latest annotated"),
    ("patch is app --type=merge -p {\"metadata\":{\"labels\":{\"m\":\"1\"}}}", "app patched"),
    ("patch is app --type=json -p [{\"op\":\"add\",\"path\":\"/metadata/labels/j\",\"value\":\"1\"}]", "app patched"),
    (
        "patch is app --type=strategic -p {\"spec\":{\"tags\":[{\"name\":\"v2\",\"annotations\":{\"s\":\"1\"}}]}}",
        "app patched",
    ),
    ("apply -f FILE", "imagestream.image.openshift.io/applied created"),
    ("apply -f FILE", "imagestream.image.openshift.io/applied unchanged"),
    ("apply --server-side -f FILE", "imagestream.image.openshift.io/applied serverside-applied"),
    ("edit is/applied", "imagestream.image.openshift.io/applied edited"),
    ("image info REGISTRY/lib/app:v1 --insecure", "Digest:"),
    ("image mirror REGISTRY/lib/app:v1 REGISTRY/copied/app:v1 --insecure", "Mirroring completed"),
    (
        "create secret docker-registry pull --docker-server=REGISTRY --docker-username=u --docker-password=p",
        "secret/pull created",
    ),
    ("delete istag app:alias", "imagestreamtag.image.openshift.io \"app:alias\" deleted"),
    ("delete is --all", "imagestream.image.openshift.io \"app\" deleted"),
    ("delete project demo", "project.project.openshift.io \"demo\" deleted"),
    ("login --token=user-developer", "Logged into"),
    ("whoami", "developer"),
];

const STREAM: &str = "\
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: applied }
spec:
  lookupPolicy: { local: false }
  tags: [{ name: v1, from: { kind: DockerImage, name: registry.example/lib/app:v1 }, reference: true }]
";

#[test]
fn oc_does_what_it_does_with_a_cluster() {
    let Some(oc) = std::env::var_os(OC).filter(|path| !path.is_empty()).map(PathBuf::from) else {
        eprintln!("skipped: {OC} does not say where `oc` is");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut up = Serving::start(&["up", "--folder", folder.path().to_str().unwrap()]);
    up.line();
    let registry = up.line().rsplit("//").next().unwrap().to_owned();
    let file = folder.path().join("stream.yaml");
    fs::write(&file, STREAM).unwrap();
    let mut image = String::new();
    let mut failed = Vec::new();
    for (asked, expected) in STEPS {
        if asked.contains("IMAGE") && image.is_empty() {
            image = run(&oc, folder.path(), "get istag app:latest -o jsonpath={.image.metadata.name}").1;
        }
        let fill = |text: &str| {
            let text = text.replace("REGISTRY", &registry).replace("IMAGE", &image);
            text.replace("FILE", file.to_str().unwrap())
        };
        let is_refused = asked.starts_with('!');
        let (success, printed) = run(&oc, folder.path(), &fill(asked.trim_start_matches('!')));
        let works = success != is_refused && printed.contains(&fill(expected));
        println!("{:<5} oc {}", if works { "works" } else { "FAILS" }, asked.trim_start_matches('!'));
        if !works {
            failed.push(format!("oc {asked}: no `{}` in {printed}", fill(expected)));
        }
    }
    up.terminate();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs `oc` with the kubeconfig in `folder`: whether it succeeded, and what it printed.
fn run(oc: &Path, folder: &Path, line: &str) -> (bool, String) {
    let output = Command::new(oc)
        .args(line.split(' '))
        .env("KUBECONFIG", folder.join("kubeconfig"))
        .env("HOME", folder)
        .env("EDITOR", "sed -i s/local:.false/local:\\ true/")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}
