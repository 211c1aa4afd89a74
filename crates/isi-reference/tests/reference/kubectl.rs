//! kubectl itself against the reference. Where it is not installed or too old, the tests pass and say so.

use std::process::Stdio;

use isi_reference::{Authority, Options, ServerCertificate};
use rstest::rstest;
use serde_json::Value;
use tokio::{io::AsyncWriteExt, process::Command};

/// The oldest minor version of kubectl that knows what the tests ask of it: `auth whoami`.
const OLDEST: u32 = 28;

/// A reference that kubectl reaches: over HTTPS, as it sends no token otherwise.
struct Cluster {
    _running: isi_reference::Reference,
    folder: tempfile::TempDir,
}

/// What kubectl printed, and whether it succeeded.
struct Printed {
    success: bool,
    out: String,
    err: String,
}

impl Cluster {
    /// Starts a reference; `None` where kubectl is not installed.
    async fn start(deny: &[&str]) -> Option<Self> {
        let installed = Command::new("kubectl").args(["version", "--client", "--output", "json"]).output().await;
        let version: Option<Value> = installed.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok());
        let minor = version.and_then(|version| version["clientVersion"]["minor"].as_str()?.parse().ok());
        if minor.unwrap_or(0) < OLDEST {
            eprintln!("skipped: kubectl is not installed, or older than 1.{OLDEST}");
            return None;
        }
        let options = Options {
            tls: Some(ServerCertificate::SignedBy(Authority::generate().unwrap())),
            deny: deny.iter().map(|rule| rule.parse().unwrap()).collect(),
            ..Options::default()
        };
        let running = isi_reference::start(options).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        running.kubeconfig().write(&folder.path().join("config")).unwrap();
        Some(Self { _running: running, folder })
    }

    async fn kubectl(&self, line: &str, input: &str) -> Printed {
        let mut child = Command::new("kubectl")
            .args(line.split(' '))
            .env("KUBECONFIG", self.folder.path().join("config"))
            .env("KUBECACHEDIR", self.folder.path().join("cache"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Printed { success: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}

#[rstest]
#[case::may("auth can-i create imagestreamimports", "yes\n")]
#[case::may_not("--context developer auth can-i create images.image.openshift.io", "no\n")]
#[case::rules("auth can-i --list", "*.*")]
#[case::who("--context developer auth whoami", "developer")]
#[case::as_somebody("--as bob --as-group builders auth whoami", "[builders system:authenticated]")]
#[tokio::test]
async fn access_is_reviewed(#[case] line: &str, #[case] expected: &str) {
    let Some(cluster) = Cluster::start(&["developer:create:image.openshift.io:images"]).await else { return };
    let printed = cluster.kubectl(line, "").await;
    assert!(printed.out.contains(expected), "{}{}", printed.out, printed.err);
}

#[tokio::test]
async fn acting_as_somebody_is_for_administrators() {
    let Some(cluster) = Cluster::start(&[]).await else { return };
    let printed = cluster.kubectl("--context developer --as bob get --raw /api/v1/namespaces", "").await;
    let expected = "users \"bob\" is forbidden: User \"developer\" cannot impersonate resource \"users\" in API group \"\" at \
                    the cluster scope";
    assert!(!printed.success && printed.err.contains(expected), "{}", printed.err);
}
