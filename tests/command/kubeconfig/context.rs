//! Files and contexts: which cluster and which user are meant.

use std::path::Path;

use rstest::rstest;

use super::{
    certificates::Certificates,
    command::{failed, list, succeeded},
    server::Server,
};

#[test]
fn several_files_are_merged_and_paths_are_relative_to_their_own() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    std::fs::create_dir(certificates.path("users")).unwrap();
    certificates.write("users/token", "of-file\n");
    let cluster = format!(
        "clusters: [{{ name: c, cluster: {{ server: \"{}\", certificate-authority: ca.pem }} }}]\n",
        server.url
    );
    let one = certificates.write("one", &cluster);
    let two = certificates.write(
        "users/two",
        "current-context: x\ncontexts: [{ name: x, context: { cluster: c, user: u } }]\n\
         users: [{ name: u, user: { tokenFile: token } }]\nclusters: [{ name: c, cluster: { server: \"http://elsewhere\" } }]\n",
    );
    let paths = std::env::join_paths([one, certificates.path("none"), two]).unwrap();
    succeeded(&list(Path::new(&paths), &[]));
    assert_eq!(server.requests()[0].authorization(), Some("Bearer of-file"));
}

#[test]
fn a_context_is_taken_by_name_and_an_unknown_one_is_told_with_those_that_are_there() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let kubeconfig = certificates.write(
        "kubeconfig",
        &format!(
            "contexts: [{{ name: staging, context: {{ cluster: c, user: a }} }}, {{ name: production, context: {{ cluster: c, user: b }} }}]\n\
             clusters: [{{ name: c, cluster: {{ server: \"{}\", certificate-authority: ca.pem }} }}]\n\
             users: [{{ name: a, user: {{ token: of-a }} }}, {{ name: b, user: {{ token: of-b }} }}]\n",
            server.url
        ),
    );
    succeeded(&list(&kubeconfig, &["--context", "production"]));
    assert_eq!(server.requests()[0].authorization(), Some("Bearer of-b"));
    let error = failed(&list(&kubeconfig, &["--context", "prodution"]), 2, &certificates);
    insta::assert_snapshot!("unknown-context", error);
    let error = failed(&list(&kubeconfig, &[]), 2, &certificates);
    insta::assert_snapshot!("no-current-context", error);
}

#[rstest]
#[case::no_such_file("none", "none: no such file")]
#[case::folder("", "expected a file, found a folder")]
#[case::no_file_of_several("none:none-either", "none of the kubeconfig files exists")]
fn a_file_that_is_not_there_is_wrong_usage(#[case] name: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let paths: Vec<_> = name.split(':').map(|name| certificates.path(name)).collect();
    let output = list(Path::new(&std::env::join_paths(paths).unwrap()), &[]);
    let error = failed(&output, 2, &certificates);
    assert!(error.contains(expected), "{error}");
}

#[rstest]
#[case::empty("", "there is no context in the file")]
#[case::not_one("clusters: 3\n", "kubeconfig:1:11:")]
#[case::no_cluster(
    "current-context: x\ncontexts: [{ name: x, context: { user: u } }]\n",
    "context `x` names no cluster"
)]
#[case::other_cluster(
    "current-context: x\ncontexts: [{ name: x, context: { cluster: c } }]\n",
    "names the cluster `c`, which is not in the file"
)]
#[case::other_user(
    "current-context: x\ncontexts: [{ name: x, context: { cluster: c, user: u } }]\nclusters: [{ name: c, cluster: { server: 'https://a' } }]\n",
    "names the user `u`, which is not in the file"
)]
#[case::no_server(
    "current-context: x\ncontexts: [{ name: x, context: { cluster: c } }]\nclusters: [{ name: c }]\n",
    "cluster `c` has no `server`"
)]
fn a_file_that_cannot_be_used_says_what_is_missing(#[case] content: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let error = failed(&list(&certificates.write("kubeconfig", content), &[]), 2, &certificates);
    assert!(error.contains(expected), "{error}");
}

#[rstest]
#[case::both(
    "{ server: 'https://127.0.0.1:1', insecure-skip-tls-verify: true, certificate-authority: ca.pem }",
    "expected one of them"
)]
#[case::no_authority("{ server: 'https://127.0.0.1:1', certificate-authority: none.pem }", "none.pem: no such file")]
#[case::proxy("{ server: 'https://127.0.0.1:1', proxy-url: 'ftp://robot:secret@proxy' }", "invalid proxy URL")]
#[case::name("{ server: 'https://127.0.0.1:1', tls-server-name: 'a b' }", "invalid `tls-server-name` `a b`")]
fn a_cluster_that_cannot_be_used_is_refused_by_the_field(#[case] cluster: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let error = failed(&list(&certificates.kubeconfig(cluster, "{}"), &[]), 2, &certificates);
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn requests_go_through_the_proxy_of_the_cluster() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let proxy = listener.local_addr().unwrap();
    let (said, heard) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 1024];
        let length = stream.read(&mut buffer).unwrap();
        said.send(String::from_utf8_lossy(&buffer[..length]).into_owned()).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let cluster =
        format!("{{ server: \"{}\", certificate-authority: ca.pem, proxy-url: \"http://{proxy}\" }}", server.url);
    let error = failed(&list(&certificates.kubeconfig(&cluster, "{ token: a }"), &[]), 3, &certificates);
    let connect = format!("CONNECT {} HTTP/1.1", server.url.trim_start_matches("https://"));
    assert!(heard.recv().unwrap().starts_with(&connect));
    assert!(error.contains("the proxy does not connect"), "{error}");
    assert_eq!(server.requests().len(), 0);
}
