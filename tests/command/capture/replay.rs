//! What was captured is answered again from the folder.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rstest::rstest;
use test_support::{DockerRegistry, loopback_client, needs_program};

use super::{Served, ask, assert_without, copy, files, fixture, skopeo, text};

const ACCEPT: &str = "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

/// Distribution is captured as skopeo copies from it and as requests go through all that it answers; the same comes from the
/// folder, byte for byte.
#[rstest]
#[case::plain(false)]
#[case::basic(true)]
#[tokio::test(flavor = "multi_thread")]
async fn what_distribution_answers_is_answered_again(#[case] with_users: bool) {
    if !needs_program(DockerRegistry::PROGRAM) || !needs_program("skopeo") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let distribution = if with_users { DockerRegistry::start_with_users() } else { DockerRegistry::start() };
    let pair = format!("{}:{}", DockerRegistry::USER, DockerRegistry::PASSWORD);
    let credentials = with_users.then_some(pair.as_str());
    let source = fixture(folder.path(), "");
    for image in ["lib/app:v1", "lib/app:multi", "lib/app:oci"] {
        let (from, to) =
            (format!("docker://{}/{image}", source.host), format!("docker://{}/{image}", distribution.host()));
        let credentials: Vec<&str> = credentials.map(|pair| vec!["--dest-creds", pair]).unwrap_or_default();
        let arguments = ["copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false"];
        let output = skopeo(&[&arguments, credentials.as_slice(), &[&from, &to]].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    source.terminate();

    let basic = format!("Basic {}", STANDARD.encode(&pair));
    let mut with = vec![("accept", ACCEPT)];
    if with_users {
        with.push(("authorization", &basic));
    }
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let unknown_blob = format!("/v2/lib/app/blobs/{digest}");
    let script = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/lib/app/tags/list"),
        ("GET", "/v2/lib/app/tags/list?n=1"),
        ("HEAD", "/v2/lib/app/manifests/multi"),
        ("GET", "/v2/lib/app/manifests/multi"),
        ("GET", "/v2/lib/app/manifests/v1"),
        ("GET", "/v2/lib/app/manifests/nope"),
        ("GET", "/v2/lib/none/tags/list"),
        ("GET", &unknown_blob),
        ("GET", "/nothing"),
    ];
    let captured = path("captured");
    let proxy = Served::capturing(distribution.host(), &captured, &["--capture-blobs", "all"]);
    let mut answers = Vec::new();
    for (method, target) in script {
        let direct = ask(distribution.host(), method, target, &with).await;
        let passed = ask(&proxy.host, method, target, &with).await;
        assert_eq!(passed, direct, "{method} {target}");
        answers.push(direct);
    }
    let anonymous = ask(&proxy.host, "GET", "/v2/", &[]).await;
    assert_eq!(anonymous.status, if with_users { 401 } else { 200 });
    copy(&proxy.host, "lib/app:multi", credentials, &path("first"));
    copy(&proxy.host, "lib/app:oci", credentials, &path("first-oci"));
    let said = proxy.terminate();
    assert!(said.contains("of 1 repository"), "{said}");
    assert_without(&captured, &[DockerRegistry::PASSWORD, &STANDARD.encode(&pair), distribution.host()]);
    if with_users {
        assert_without(&captured, &[DockerRegistry::USER]);
    }

    let replay = Served::start(&[&captured.to_string_lossy()]);
    for ((method, target), expected) in script.into_iter().zip(answers) {
        assert_eq!(ask(&replay.host, method, target, &with).await, expected, "{method} {target}");
    }
    assert_eq!(ask(&replay.host, "GET", "/v2/", &[]).await, anonymous);
    copy(&replay.host, "lib/app:multi", credentials, &path("second"));
    copy(&replay.host, "lib/app:oci", credentials, &path("second-oci"));
    assert!(files(&path("first")) == files(&path("second")), "the copy is another one");
    assert!(files(&path("first-oci")) == files(&path("second-oci")), "the copy is another one");
    assert_eq!(replay.terminate(), "");
}

/// A user's password, a token, and what is made of them.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_redirects_and_failures_are_captured_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let upstream = fixture(
        folder.path(),
        "auth: { scheme: bearer, users: { robotnik: hunter2-very-secret } }\n\
         quirks: [redirects-blobs, realm-on-other-host]\n\
         tags: { pageSize: 2 }\n\
         faults:\n\
         - { when: GET manifests/busy, first: 1, status: 429, errors: [TOOMANYREQUESTS], headers: { Retry-After: \"7\" } }\n\
         - { when: GET manifests/lost, connection: reset }\n\
         - { when: GET manifests/oci, truncate: 10 }\n\
         - { when: GET manifests/oracle, status: 500, body: 'no hunter2-very-secret for robotnik at {{registry}}' }\n",
    );
    let captured = path("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &[]);
    let pair = "robotnik:hunter2-very-secret";
    let basic = format!("Basic {}", STANDARD.encode(pair));
    let challenge = ask(&proxy.host, "GET", "/v2/", &[]).await;
    let realm = challenge.headers.iter().find(|(name, _)| name == "www-authenticate").map(|(_, value)| value).unwrap();
    // It is the same registry by its other name, so that a client takes it for another host.
    assert!(realm.contains("/elsewhere/1/token") && !realm.contains(&upstream.host), "{realm}");
    let target = "/elsewhere/1/token?account=robotnik&service=fixture&scope=repository%3Alib%2Fapp%3Apull";
    let given = ask(&proxy.host, "GET", target, &[("authorization", &basic)]).await;
    let given: serde_json::Value = serde_json::from_slice(&given.body).unwrap();
    let token = given["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let script = |host: String, bearer: String| async move {
        let with = [("authorization", bearer.as_str())];
        let mut seen = Vec::new();
        for target in ["manifests/busy", "manifests/busy", "manifests/oracle", "tags/list"] {
            seen.push(ask(&host, "GET", &format!("/v2/lib/app/{target}"), &with).await);
        }
        for target in ["manifests/lost", "manifests/oci"] {
            let request =
                loopback_client().get(format!("http://{host}/v2/lib/app/{target}")).header("authorization", &bearer);
            let failed = match request.send().await {
                Err(error) => error.is_request(),
                Ok(response) => response.bytes().await.is_err(),
            };
            assert!(failed, "{target} arrives");
        }
        seen
    };
    let live = script(proxy.host.clone(), bearer).await;
    let statuses: Vec<u16> = live.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [429, 404, 500, 200]);
    assert!(live[0].headers.contains(&("retry-after".to_owned(), "7".to_owned())), "{live:?}");
    assert!(live[3].headers.iter().any(|(name, _)| name == "link"), "{live:?}");
    let with_skopeo = needs_program("skopeo");
    if with_skopeo {
        copy(&proxy.host, "lib/app:multi", Some(pair), &path("first"));
    }
    let said = proxy.terminate();
    assert!(said.contains("the upstream registry has not finished 2 of them"), "{said}");
    upstream.terminate();

    let log = fs::read_to_string(captured.join("exchanges.jsonl")).unwrap();
    assert!(log.contains("no redacted for redacted at {{host}}") && log.contains("account=redacted"), "{log}");
    assert_without(&captured, &["hunter2", "robotnik", &token, &STANDARD.encode(pair)]);

    let replay = Served::start(&[&captured.to_string_lossy()]);
    let again = script(replay.host.clone(), "Bearer another".to_owned()).await;
    assert_eq!(again[..2], live[..2]);
    assert_eq!(text(&again[2].body), format!("no redacted for redacted at {}", replay.host));
    assert_eq!(again[3], live[3]);
    if with_skopeo {
        copy(&replay.host, "lib/app:multi", Some("someone:else"), &path("second"));
        assert!(files(&path("first")) == files(&path("second")), "the copy is another one");
    }
    assert_eq!(replay.terminate(), "");
}

/// Blobs pass whatever their size, and are kept as far as they are to be.
#[rstest]
#[case::none("none", false, false)]
#[case::small("small", true, false)]
#[case::all("all", true, true)]
#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_kept_as_far_as_they_are_to_be(#[case] which: &str, #[case] small: bool, #[case] large: bool) {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Served::start(&[]);
    let captured = folder.path().join("captured");
    let proxy = Served::capturing(&upstream.host, &captured, &["--capture-blobs", which]);
    let blobs = [vec![7; 1024 * 1024], vec![8; 3 * 1024 * 1024]];
    let digests = blobs.clone().map(|blob| oci_mock_registry::oci::Digest::sha256(&blob).to_string());
    for (blob, digest) in blobs.iter().zip(&digests) {
        // Pushing goes through the proxy, too.
        let url = format!("http://{}/v2/lib/app/blobs/uploads/?digest={digest}", proxy.host);
        let pushed = loopback_client().post(url).body(blob.clone()).send().await.unwrap();
        assert_eq!(pushed.status().as_u16(), 201);
        let passed = ask(&proxy.host, "GET", &format!("/v2/lib/app/blobs/{digest}"), &[]).await;
        assert!(passed.status == 200 && passed.body == *blob, "{}", passed.status);
    }
    let said = proxy.terminate();
    let left_out = [small, large].into_iter().filter(|kept| !kept).count();
    let told = match left_out {
        1 => "the body of 1 answer is left out".to_owned(),
        count => format!("the bodies of {count} answers are left out"),
    };
    assert_eq!(said.contains(&told), left_out > 0, "{said}");
    upstream.terminate();

    let replay = Served::start(&[&captured.to_string_lossy()]);
    for ((blob, digest), kept) in blobs.iter().zip(&digests).zip([small, large]) {
        let target = format!("/v2/lib/app/blobs/{digest}");
        let head = ask(&replay.host, "HEAD", &target, &[]).await;
        assert_eq!(head.status, 200);
        assert!(head.headers.contains(&("content-length".to_owned(), blob.len().to_string())), "{head:?}");
        let answer = ask(&replay.host, "GET", &target, &[]).await;
        assert_eq!((answer.status, answer.body == *blob), if kept { (200, true) } else { (404, false) });
        assert!(kept || text(&answer.body).contains("`--capture-blobs all` keeps it"), "{}", text(&answer.body));
    }
    let findings = replay.terminate();
    assert_eq!(findings.matches("not captured: request").count(), left_out, "{findings}");
}

/// Waits until the log of a captured folder has so many exchanges: they are written behind the answers.
async fn logged(folder: &Path, count: usize) -> String {
    let read = async {
        loop {
            let log = fs::read_to_string(folder.join("exchanges.jsonl")).unwrap();
            if log.lines().count() > count {
                return log;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap()
}

/// A client that goes away in the middle, an upstream registry that does, and the capturing process itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_captured_outlives_all_who_go_away() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = fixture(folder.path(), "");
    let captured = folder.path().join("captured");
    let mut proxy = Served::capturing(&upstream.host, &captured, &["--capture-blobs", "all"]);
    let blob = vec![8; 8 * 1024 * 1024];
    let digest = oci_mock_registry::oci::Digest::sha256(&blob);
    let url = format!("http://{}/v2/lib/app/blobs/uploads/?digest={digest}", upstream.host);
    assert_eq!(loopback_client().post(url).body(blob.clone()).send().await.unwrap().status().as_u16(), 201);

    let target = format!("/v2/lib/app/blobs/{digest}");
    let mut client = TcpStream::connect(&proxy.host).unwrap();
    write!(client, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", proxy.host).unwrap();
    client.read_exact(&mut [0; 100]).unwrap();
    drop(client);
    logged(&captured, 1).await;
    let manifest = ask(&proxy.host, "GET", "/v2/lib/app/manifests/v1", &[]).await;
    logged(&captured, 2).await;
    upstream.terminate();
    let lost = loopback_client().get(format!("http://{}/v2/", proxy.host)).send().await;
    assert!(lost.is_err(), "{lost:?}");
    let log = logged(&captured, 3).await;
    assert!(log.contains(r#""end":"reset""#), "{log}");
    proxy.child.kill().unwrap();
    proxy.child.wait().unwrap();

    let replay = Served::start(&[&captured.to_string_lossy()]);
    let answer = ask(&replay.host, "GET", &target, &[]).await;
    assert!(answer.status == 200 && answer.body == blob, "{}", answer.status);
    assert_eq!(ask(&replay.host, "GET", "/v2/lib/app/manifests/v1", &[]).await, manifest);
    let lost = loopback_client().get(format!("http://{}/v2/", replay.host)).send().await;
    assert!(lost.is_err(), "{lost:?}");
    assert_eq!(replay.terminate(), "");
}

/// The layout of a process that is killed has the tags of what was pulled before.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_has_captured_has_its_tags() {
    let folder = tempfile::tempdir().unwrap();
    let (captured, upstream) = (folder.path().join("captured"), fixture(folder.path(), ""));
    let mut proxy = Served::capturing(&upstream.host, &captured, &[]);
    assert_eq!(ask(&proxy.host, "GET", "/v2/lib/app/manifests/v1", &[("accept", ACCEPT)]).await.status, 200);
    let index = captured.join("lib/app/index.json");
    let waits = (0..200).map(|_| std::thread::sleep(Duration::from_millis(50)));
    let written = waits.into_iter().find_map(|()| fs::read_to_string(&index).ok().filter(|text| text.contains("v1")));
    assert!(written.is_some(), "{:?}", fs::read_to_string(&index));
    proxy.child.kill().unwrap();
    proxy.child.wait().unwrap();
    upstream.terminate();

    let served = Served::start(&[&captured.join("lib/app").to_string_lossy()]);
    assert_eq!(ask(&served.host, "GET", "/v2/app/manifests/v1", &[("accept", ACCEPT)]).await.status, 200);
    served.terminate();
}
