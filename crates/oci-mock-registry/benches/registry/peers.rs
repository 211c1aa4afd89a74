//! The servers that are compared: each in a process of its own, on one thread, so that its CPU time can be told.

use std::{
    convert::Infallible,
    fs,
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener as StdListener, TcpStream as StdStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oci_mock_registry::{
    fixture::{CertificateFiles, Tls},
    oci::media_type::OCI_MANIFEST,
    registry::Registry,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tempfile::NamedTempFile;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};
use tokio_rustls::TlsAcceptor;

use crate::{
    client::Connection,
    content::{self, SmallImage},
};

/// A running server. It is killed when it is dropped.
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Peer {
    /// The CPU time that the process has taken, as Linux counts it.
    pub(crate) fn cpu(&self) -> Duration {
        // `/proc/PID/stat` counts in hundredths of a second on every Linux (proc(5)).
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap_or_default();
        let behind_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let ticks = behind_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok());
        TICK * ticks.sum::<u32>()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A runtime for servers: its threads are not those of the client.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

/// One of the servers of this program, in another process of it.
pub(crate) fn own(kind: &str, arguments: &[&Path]) -> Peer {
    let program = std::env::current_exe().expect("this program is a file");
    let mut command = Command::new(program);
    command.arg("serve").arg(kind).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().expect("it starts again");
    let mut line = String::new();
    BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut line).expect("it says where it is");
    Peer { name: kind.to_owned(), address: line.trim().parse().expect("an address"), process }
}

/// Docker's registry, where it is installed, and the servers of `ISI_BENCH_PEERS`: `NAME=COMMAND`, separated by semicolons.
/// `{port}` stands for a free port.
pub(crate) fn others() -> Vec<Peer> {
    let named = std::env::var("ISI_BENCH_PEERS").unwrap_or_default();
    let named = named.split(';').map(str::trim).filter(|peer| !peer.is_empty()).map(|peer| {
        let (name, command) = peer.split_once('=').expect("ISI_BENCH_PEERS is NAME=COMMAND;NAME=COMMAND");
        other(name.trim(), |address| {
            let command = command.replace("{port}", &address.port().to_string());
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("exec {command}")]);
            shell
        })
    });
    distribution().into_iter().chain(named).collect()
}

/// Docker's registry with all content in memory and few logs, as the others have it; none if it is not installed.
fn distribution() -> Option<Peer> {
    const PROGRAM: &str = "docker-registry";
    Command::new(PROGRAM).arg("--version").output().ok()?;
    let config = NamedTempFile::new().expect("a temporary file");
    Some(other("distribution", |address| {
        let text = format!(
            "version: 0.1\nlog: {{ level: error, accesslog: {{ disabled: true }} }}\nstorage: {{ inmemory: {{}} }}\n\
             http: {{ addr: '{address}' }}\n"
        );
        fs::write(config.path(), text).expect("a temporary file");
        let mut command = Command::new(PROGRAM);
        command.arg("serve").arg(config.path());
        command
    }))
}

/// Starts a program on a free port, and waits until it listens.
fn other(name: &str, command: impl FnOnce(SocketAddr) -> Command) -> Peer {
    let address = StdListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let mut command = command(address);
    command.env("GOMAXPROCS", "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = command.spawn().expect("it starts");
    let peer = Peer { name: name.to_owned(), address, process };
    let began = Instant::now();
    while StdStream::connect(address).is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "`{name}` does not listen on {address}");
        thread::sleep(Duration::from_millis(20));
    }
    peer
}

/// Puts into a registry what is asked for.
pub(crate) fn fill(peer: &Peer) {
    let mut connection = Connection::to(peer.address);
    let image = SmallImage::new(0);
    connection.push("lib/app", "v1", &image);
    connection.push_blob("lib/app", &content::small_blob());
}

/// Serves until the process that started this one has gone.
#[expect(clippy::exit, reason = "the process is there for the server alone, which has no other end")]
pub(crate) fn serve(kind: &str, arguments: &[String]) {
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let files = match arguments {
            [certificate, key] => {
                Some(CertificateFiles { certificate: PathBuf::from(certificate), key: PathBuf::from(key) })
            }
            _ => None,
        };
        match kind {
            "this registry" => {
                let tls = files.map_or(Tls::None, Tls::Files);
                let registry = Registry::builder().tls(tls).start().await.expect("it starts");
                let image = SmallImage::new(0);
                let state = registry.state();
                for blob in [&image.config, &image.layer] {
                    state.add_blob("lib/app", blob).expect("it is small");
                }
                state.add_manifest("lib/app", "v1", Some(OCI_MANIFEST), image.manifest.into()).expect("it is one");
                println!("{}", registry.address());
                std::future::pending::<()>().await;
            }
            "bare hyper" => hyper(files).await,
            "bare wiremock" => wiremock().await,
            _ => panic!("no server is called `{kind}`"),
        }
    });
}

/// hyper, answering every request for a blob with the small one, and all others with the manifest.
async fn hyper(files: Option<CertificateFiles>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("it listens"));
    let (manifest, blob) = (Bytes::from(SmallImage::new(0).manifest), Bytes::from(content::small_blob()));
    let acceptor = files.map(|files| acceptor(&files));
    while let Ok((stream, _)) = listener.accept().await {
        let (manifest, blob) = (manifest.clone(), blob.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let body = if request.uri().path().contains("/blobs/") { blob.clone() } else { manifest.clone() };
            let mut response = Response::new(Full::new(body));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(OCI_MANIFEST));
            async { Ok::<_, Infallible>(response) }
        });
        stream.set_nodelay(true).expect("TCP");
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            match acceptor {
                None => http1::Builder::new().serve_connection(TokioIo::new(stream), service).await,
                Some(acceptor) => {
                    let stream = TokioIo::new(acceptor.accept(stream).await.expect("a handshake"));
                    http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
                }
            }
        });
    }
}

fn acceptor(files: &CertificateFiles) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(&files.certificate).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(&files.key).expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    config.alpn_protocols = vec![b"h2".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// wiremock, answering everything with the manifest; it has a thread of its own.
async fn wiremock() {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};
    let server = MockServer::builder().disable_request_recording().start().await;
    let response = ResponseTemplate::new(200).set_body_raw(SmallImage::new(0).manifest, OCI_MANIFEST);
    Mock::given(any()).respond_with(response).mount(&server).await;
    println!("{}", server.address());
    std::future::pending::<()>().await;
}
