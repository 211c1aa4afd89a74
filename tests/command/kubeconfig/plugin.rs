//! Exec plugins.

#![cfg(unix)]

use std::{fs, os::unix::fs::PermissionsExt};

use rstest::rstest;

use super::{
    certificates::Certificates,
    command::{failed, list, run, succeeded},
    server::Server,
};

/// A script in the folder, and the user of a kubeconfig that runs it.
fn plugin(certificates: &Certificates, script: &str, more: &str) -> String {
    let path = certificates.write("plugin", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    format!(
        "{{ exec: {{ apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: ./plugin{more} }} }}"
    )
}

fn credential(version: &str, status: &str) -> String {
    format!(
        r#"echo '{{"apiVersion":"client.authentication.k8s.io/{version}","kind":"ExecCredential","status":{status}}}'"#
    )
}

#[rstest]
#[case::token(credential("v1", r#"{"token":"of-plugin"}"#), "")]
#[case::line_break(credential("v1", r#"{"token":"of-plugin\n"}"#), "")]
#[case::expiring(credential("v1", r#"{"token":"of-plugin","expirationTimestamp":"2100-01-01T00:00:00Z"}"#), "")]
#[case::variable(credential("v1", r#"{"token":"'$WHO'"}"#), ", env: [{ name: WHO, value: of-plugin }]")]
#[case::argument(credential("v1", r#"{"token":"'$1'"}"#), ", args: [of-plugin]")]
#[case::yaml("printf 'apiVersion: client.authentication.k8s.io/v1\\nkind: ExecCredential\\nstatus:\\n  token: of-plugin\\n'".to_owned(), "")]
#[case::what_it_is_told(
    format!(
        "case $KUBERNETES_EXEC_INFO in *'\"interactive\":false'*) ;; *) exit 6;; esac\n\
         case $KUBERNETES_EXEC_INFO in *'\"server\":\"https://127.0.0.1'*) ;; *) exit 7;; esac\n\
         case $KUBERNETES_EXEC_INFO in *certificate-authority-data*) ;; *) exit 8;; esac\n{}",
        credential("v1", r#"{"token":"of-plugin"}"#)
    ),
    ", provideClusterInfo: true"
)]
fn the_token_of_a_plugin_is_sent(#[case] script: String, #[case] more: &str) {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let user = plugin(&certificates, &script, more);
    succeeded(&list(&certificates.trusting(&server.url, &user), &[]));
    assert_eq!(server.requests()[0].authorization(), Some("Bearer of-plugin"));
}

#[test]
fn a_token_that_expires_is_replaced() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let counting = "echo x >> \"$(dirname \"$0\")/count\"; n=$(wc -l < \"$(dirname \"$0\")/count\" | tr -d ' ')\n";
    let script = counting.to_owned()
        + &credential("v1", r#"{"token":"token-'$n'","expirationTimestamp":"2020-01-01T00:00:00Z"}"#);
    let user = plugin(&certificates, &script, "");
    succeeded(&list(&certificates.trusting(&server.url, &user), &[]));
    let tokens: Vec<_> =
        server.requests().iter().filter_map(|request| request.authorization().map(str::to_owned)).collect();
    assert_eq!(tokens[..2], ["Bearer token-2", "Bearer token-3"]);
}

#[test]
fn a_token_that_the_server_refuses_is_replaced_once() {
    let certificates = Certificates::new();
    let server = Server::refusing(&certificates, "Bearer token-1");
    let counting = "echo x >> \"$(dirname \"$0\")/count\"; n=$(wc -l < \"$(dirname \"$0\")/count\" | tr -d ' ')\n";
    let script = counting.to_owned() + &credential("v1", r#"{"token":"token-'$n'"}"#);
    let user = plugin(&certificates, &script, "");
    succeeded(&list(&certificates.trusting(&server.url, &user), &[]));
    let tokens: Vec<_> =
        server.requests().iter().filter_map(|request| request.authorization().map(str::to_owned)).collect();
    assert_eq!(tokens[..3], ["Bearer token-1", "Bearer token-2", "Bearer token-2"]);
}

#[test]
fn the_client_certificate_of_a_plugin_is_presented_for_its_user_alone() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let escaped = |name: &str| fs::read_to_string(certificates.path(name)).unwrap().replace('\n', "\\n");
    let status = format!(
        r#"{{"clientCertificateData":"{}","clientKeyData":"{}"}}"#,
        escaped("client.pem"),
        escaped("client-key.pem")
    );
    let script = format!(
        "cat <<'END'\n{{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{status}}}\nEND"
    );
    let user = plugin(&certificates, &script, "").replace("k8s.io/v1,", "k8s.io/v1beta1,");
    succeeded(&run(&certificates, &certificates.trusting(&server.url, &user), &["--restricted-token", "r"]));
    assert!(server.request("/here/user").certificate);
    assert!(!server.request("/here/restricted").certificate);
}

#[rstest]
#[case::fails(
    "echo '{\"status\":{\"token\":\"half-a-secret\"'; echo 'session has ended' >&2; exit 3",
    "exec plugin `./plugin` failed with exit code 3: session has ended"
)]
#[case::killed("kill -9 $$", "exec plugin `./plugin` failed by a signal")]
#[case::not_json("echo half-a-secret", "exec plugin `./plugin`: its standard output is not an ExecCredential in JSON")]
#[case::other_version(
    "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1beta1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"half-a-secret\"}}'",
    "expected the apiVersion `client.authentication.k8s.io/v1`, found `client.authentication.k8s.io/v1beta1`"
)]
#[case::nothing(
    "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{}}'",
    "it gave neither a token nor a client certificate"
)]
#[case::slow("exec sleep 60", "exec plugin `./plugin` did not end within 2s")]
fn a_plugin_that_gives_nothing_is_told_without_its_standard_output(#[case] script: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let kubeconfig = certificates.trusting("https://127.0.0.1:1", &plugin(&certificates, script, ""));
    let error = failed(&list(&kubeconfig, &["--timeout", "2"]), 3, &certificates);
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("half-a-secret"), "{error}");
}

#[rstest]
#[case::with_a_hint(", installHint: 'get it from the portal'", "no such command\n\nhint: get it from the portal\n")]
#[case::without(" ", "no such command\n\nhint: install it, or put its folder into PATH\n")]
fn a_plugin_that_is_missing_is_told_with_how_to_install_it(#[case] more: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let user = format!("{{ exec: {{ apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin{more} }} }}");
    let error = failed(&list(&certificates.trusting("https://127.0.0.1:1", &user), &[]), 3, &certificates);
    assert_eq!(error, format!("error: exec plugin `no-such-plugin` cannot be started: {expected}"));
}

#[rstest]
#[case::no_command("{ exec: { apiVersion: client.authentication.k8s.io/v1 } }", "has no `command`")]
#[case::no_version("{ exec: { command: a } }", "has no `apiVersion`")]
#[case::old_version(
    "{ exec: { command: a, apiVersion: client.authentication.k8s.io/v1alpha1 } }",
    "`client.authentication.k8s.io/v1alpha1`, which is not supported"
)]
fn a_plugin_that_is_described_in_part_is_wrong_usage(#[case] user: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let error = failed(&list(&certificates.trusting("https://127.0.0.1:1", user), &[]), 2, &certificates);
    assert!(error.contains(expected), "{error}");
}
