//! What a crowd of clients costs the reference: a list of 10,000 streams, a change's way to 1,000 watchers, an import, and memory.
//! `cargo bench --bench reference`, or `cargo bench --profile release --bench reference` for the program as it is installed.
//!
//! A real server beside it is measured where one is named, which needs an administrator's token and leaves the streams of a
//! namespace behind:
//!
//! ISI_BENCH_SERVER=https://127.0.0.1:6443 ISI_BENCH_TOKEN=… ISI_BENCH_PIDS=123,456 cargo bench --bench reference
//!
//! Quote ratios: the machine's speed is in every number. `ISI_BENCH_PIDS` are the processes whose memory counts.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use isi_conformance::registry::Registry;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const STREAMS: usize = 10_000;
const WATCHERS: usize = 1_000;
/// How many clients, with connections of their own, the watchers are of.
const CLIENTS: usize = 20;
/// How many requests are sent at a time.
const JOBS: usize = 16;
const REPETITIONS: usize = 10;
const GROUP: &str = "apis/image.openshift.io/v1";
/// How long one change may take to all watchers.
const PATIENCE: Duration = Duration::from_secs(60);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await?;
        let image = format!("{}/lib/app:v1", registry.host());
        let (_child, reference) = Server::reference()?;
        let measured = reference.measure(&image).await?;
        let beside = match Server::named() {
            Some(server) => Some(server.measure(&image).await?),
            None => None,
        };
        println!("{:<44} {:>12} {:>12} {:>7}", "", "reference", "server", "ratio");
        for (index, (what, unit, value)) in measured.iter().enumerate() {
            let other = beside.as_ref().map(|figures| figures[index].2);
            let (other, ratio) = other
                .map_or_else(Default::default, |other| (format!("{other:.2} {unit}"), format!("{:.2}", value / other)));
            println!("{what:<44} {:>12} {other:>12} {ratio:>7}", format!("{value:.2} {unit}"));
        }
        Ok(())
    })
}

/// What was measured, its unit, and the figure.
type Figure = (String, &'static str, f64);

/// A server that is measured.
struct Server {
    url: String,
    token: String,
    /// The processes whose memory counts.
    processes: Vec<u32>,
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// The reference, as a process of its own. It speaks TLS, as other servers do.
    fn reference() -> Result<(Process, Self), Failure> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_isi-conformance"))
            .args(["reference", "--tls", "self-signed"])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut url)?;
        let processes = vec![child.id()];
        Ok((Process(child), Self { url: url.trim().to_owned(), token: "admin-token".to_owned(), processes }))
    }

    /// The server that the environment names.
    fn named() -> Option<Self> {
        let variable = |name: &str| std::env::var(name).unwrap_or_default();
        let url = Some(variable("ISI_BENCH_SERVER")).filter(|url| !url.is_empty())?;
        let processes = variable("ISI_BENCH_PIDS").split(',').filter_map(|pid| pid.parse().ok()).collect();
        Some(Self { url, token: variable("ISI_BENCH_TOKEN"), processes })
    }

    async fn measure(&self, image: &str) -> Result<Vec<Figure>, Failure> {
        let namespace = format!("bench-{}", std::process::id());
        let streams = format!("{}/{GROUP}/namespaces/{namespace}/imagestreams", self.url);
        let client = self.client()?;
        let namespaces = format!("{}/api/v1/namespaces", self.url);
        self.send(&client, Method::POST, &namespaces, &json!({ "metadata": { "name": namespace } })).await?;

        let begun = Instant::now();
        stream::iter(0..STREAMS)
            .map(|number| {
                let (client, streams) = (&client, &streams);
                async move { self.send(client, Method::POST, streams, &object(number)).await }
            })
            .buffer_unordered(JOBS)
            .try_collect::<Vec<_>>()
            .await?;
        let creation = begun.elapsed().as_secs_f64() * 1e6 / STREAMS as f64;
        let mut figures: Vec<Figure> =
            vec![(format!("creation, each of {STREAMS} ({JOBS} at a time)"), "us", creation)];
        figures.push((format!("memory with {STREAMS} streams"), "MB", self.memory()));

        let mut lists = Vec::new();
        let mut version = String::new();
        for _ in 0..REPETITIONS {
            let begun = Instant::now();
            let list = self.answer(&client, Method::GET, &streams, &Value::Null).await?;
            lists.push(begun.elapsed());
            let list: Value = serde_json::from_slice(&list)?;
            assert_eq!(list["items"].as_array().map_or(0, Vec::len), STREAMS, "{}", self.url);
            version = list["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
        }
        figures.push((format!("list of {STREAMS}"), "ms", median(lists)));

        let mut imports = Vec::new();
        let path = format!("{}/{GROUP}/namespaces/{namespace}/imagestreamimports", self.url);
        for number in 0..REPETITIONS {
            let begun = Instant::now();
            let import = self.send(&client, Method::POST, &path, &import(number, image)).await?;
            imports.push(begun.elapsed());
            assert_eq!(import["status"]["images"][0]["status"]["status"], "Success", "{import}");
        }
        figures.push(("import of an image into a new stream".to_owned(), "ms", median(imports)));

        let ways = self.watch(&streams, &version).await?;
        figures.push((format!("a change's way to {WATCHERS} watchers"), "ms", median(ways)));
        figures.push((format!("memory with {WATCHERS} watchers beside them"), "MB", self.memory()));
        // A server may take longer for this than it allows a request.
        let _ = self.send(&client, Method::DELETE, &streams, &Value::Null).await;
        Ok(figures)
    }

    /// How long changes take until every watcher has heard of them.
    async fn watch(&self, streams: &str, version: &str) -> Result<Vec<Duration>, Failure> {
        let (heard, mut hearing) = mpsc::unbounded_channel();
        let selector = "fieldSelector=metadata.name%3Dstream-00000";
        let url = format!("{streams}?watch=true&resourceVersion={version}&timeoutSeconds=600&{selector}");
        let mut watchers = Vec::new();
        for _ in 0..CLIENTS {
            let client = self.client()?;
            for _ in 0..WATCHERS / CLIENTS {
                let response = client.get(&url).bearer_auth(&self.token).send().await?.error_for_status()?;
                let heard = heard.clone();
                watchers.push(tokio::spawn(async move {
                    let mut body = response.bytes_stream();
                    while let Some(Ok(piece)) = body.next().await {
                        for _ in piece.iter().filter(|byte| **byte == b'\n') {
                            let _ = heard.send(());
                        }
                    }
                }));
            }
        }
        let client = self.client()?;
        let mut ways = Vec::new();
        for number in 0..REPETITIONS {
            let patch = json!({ "metadata": { "labels": { "change": number.to_string() } } });
            let begun = Instant::now();
            self.send(&client, Method::PATCH, &format!("{streams}/stream-00000"), &patch).await?;
            for count in 0..WATCHERS {
                let event = tokio::time::timeout(PATIENCE, hearing.recv()).await;
                assert!(matches!(event, Ok(Some(()))), "{}: {count} watchers heard of change {number}", self.url);
            }
            ways.push(begun.elapsed());
        }
        watchers.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(ways)
    }

    /// A client with connections of its own, which trusts any server.
    fn client(&self) -> Result<Client, Failure> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(Client::builder().tls_danger_accept_invalid_certs(true).no_proxy().build()?)
    }

    async fn send(&self, client: &Client, method: Method, url: &str, body: &Value) -> Result<Value, Failure> {
        Ok(serde_json::from_slice(&self.answer(client, method, url, body).await?)?)
    }

    /// The body of the answer, which is a success, or says that something is there already.
    async fn answer(&self, client: &Client, method: Method, url: &str, body: &Value) -> Result<Bytes, Failure> {
        let media_type = if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let mut request = client.request(method, url).bearer_auth(&self.token);
        if !body.is_null() {
            request = request.header("Content-Type", media_type).body(body.to_string());
        }
        let response = request.send().await?;
        let status = response.status();
        let answer = response.bytes().await?;
        if status.is_success() || status.as_u16() == 409 {
            return Ok(answer);
        }
        Err(format!("{url} answers {status}: {}", String::from_utf8_lossy(&answer)).into())
    }

    /// What the processes have in memory, together; not a number where it is not known.
    fn memory(&self) -> f64 {
        let sizes: Vec<f64> = self.processes.iter().filter_map(|process| resident(*process)).collect();
        if sizes.is_empty() { f64::NAN } else { sizes.iter().sum() }
    }
}

fn object(number: usize) -> Value {
    let from = json!({ "kind": "DockerImage", "name": format!("registry.example/lib/app:{number}") });
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
        "metadata": { "name": format!("stream-{number:05}"), "labels": { "app": "bench" } },
        "spec": { "tags": [{ "name": "v1", "from": from }] },
    })
}

fn import(number: usize, image: &str) -> Value {
    json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
        "metadata": { "name": format!("imported-{number}") },
        "spec": { "import": true, "images": [{
            "from": { "kind": "DockerImage", "name": image }, "to": { "name": "v1" },
            "importPolicy": { "insecure": true },
        }] },
    })
}

/// In milliseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

/// In megabytes.
fn resident(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|size| size / 1024.0)
}
