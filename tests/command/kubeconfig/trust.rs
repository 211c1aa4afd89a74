//! Whose certificates are trusted, and what is said of those that are not.

use rstest::rstest;

use super::{
    certificates::{Certificates, Pair},
    command::{failed, list, run, succeeded, text},
    server::Server,
};

#[test]
fn an_authority_that_only_the_kubeconfig_has_is_trusted_for_every_user() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    succeeded(&run(&certificates, &certificates.trusting(&server.url, "{ token: a }"), &[]));
    assert_eq!(server.request("/here/anonymous").authorization(), None);
}

#[test]
fn an_authority_of_the_command_line_is_trusted_beside_those_of_the_kubeconfig() {
    let certificates = Certificates::new();
    let other = Certificates::new();
    let server = Server::start(&certificates);
    let authority = certificates.path("ca.pem");
    let authority = authority.to_str().unwrap();
    for cluster in ["{ server: URL }", "{ server: URL, certificate-authority: OTHER }"] {
        let cluster = cluster.replace("URL", &server.url).replace("OTHER", other.path("ca.pem").to_str().unwrap());
        let kubeconfig = certificates.kubeconfig(&cluster, "{ token: a }");
        let error = failed(&list(&kubeconfig, &[]), 3, &certificates);
        assert!(error.contains("is not signed by a trusted authority"), "{error}");
        assert!(error.contains("hint: `--certificate-authority PEM`"), "{error}");
        succeeded(&run(&certificates, &kubeconfig, &["--certificate-authority", authority]));
    }
}

#[test]
fn authorities_are_taken_as_data_as_well() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let data = STANDARD.encode(certificates.authority());
    let cluster =
        format!("{{ server: \"{}\", certificate-authority-data: {data}, certificate-authority: none }}", server.url);
    succeeded(&list(&certificates.kubeconfig(&cluster, "{ token: a }"), &[]));
}

#[rstest]
#[case::flag("{ server: URL }", &["--insecure-skip-tls-verify"])]
#[case::flag_over_authority("{ server: URL, certificate-authority: ca.pem }", &["--insecure-skip-tls-verify"])]
#[case::field("{ server: URL, insecure-skip-tls-verify: true }", &[])]
fn any_certificate_is_any_certificate(
    #[case] cluster: &str,
    #[case] arguments: &[&str],
    #[values("version 1", "expired", "of another authority", "for another host")] kind: &str,
) {
    let certificates = Certificates::new();
    let pair = match kind {
        "version 1" => Pair {
            certificate: include_str!("version-1/certificate.pem").to_owned(),
            key: include_str!("version-1/key.pem").to_owned(),
        },
        "expired" => certificates.expired("127.0.0.1"),
        "of another authority" => Certificates::new().signed("127.0.0.1"),
        _ => certificates.signed("elsewhere.example"),
    };
    let server = Server::presenting(&certificates, &pair);
    let kubeconfig = certificates.kubeconfig(&cluster.replace("URL", &server.url), "{ token: a }");
    succeeded(&list(&kubeconfig, arguments));
}

#[test]
fn a_certificate_of_an_authority_is_trusted_if_it_is_the_very_one() {
    let certificates = Certificates::new();
    let pair = Pair::of_itself("127.0.0.1");
    let server = Server::presenting(&certificates, &pair);
    certificates.write("itself.pem", &pair.certificate);
    let cluster = |authority: &str| format!("{{ server: \"{}\", certificate-authority: {authority} }}", server.url);
    succeeded(&list(&certificates.kubeconfig(&cluster("itself.pem"), "{ token: a }"), &[]));
    let error = failed(&list(&certificates.kubeconfig(&cluster("ca.pem"), "{ token: a }"), &[]), 3, &certificates);
    assert!(!error.contains("CaUsed"), "{error}");
    // For another host it is not trusted either.
    let pair = Pair::of_itself("elsewhere.example");
    let server = Server::presenting(&certificates, &pair);
    certificates.write("itself.pem", &pair.certificate);
    let cluster = format!("{{ server: \"{}\", certificate-authority: itself.pem }}", server.url);
    let error = failed(&list(&certificates.kubeconfig(&cluster, "{ token: a }"), &[]), 3, &certificates);
    assert!(error.contains("is not valid for `127.0.0.1`, only for elsewhere.example"), "{error}");
}

#[test]
fn a_certificate_that_has_expired_is_told_with_its_time() {
    let certificates = Certificates::new();
    let server = Server::presenting(&certificates, &certificates.expired("127.0.0.1"));
    let error = failed(&list(&certificates.trusting(&server.url, "{ token: a }"), &[]), 3, &certificates);
    assert!(error.contains("has expired: it was valid until 2022-03-04T00:00:00Z"), "{error}");
}

#[test]
fn tls_server_name_is_asked_for_and_verified_and_the_host_header_stays() {
    let certificates = Certificates::new();
    let server = Server::presenting(&certificates, &certificates.signed("api.cluster.example"));
    let cluster = |more: &str| format!("{{ server: \"{}\", certificate-authority: ca.pem{more} }}", server.url);
    let error = failed(&list(&certificates.kubeconfig(&cluster(""), "{ token: a }"), &[]), 3, &certificates);
    assert!(error.contains("is not valid for `127.0.0.1`, only for api.cluster.example"), "{error}");
    assert!(error.contains("`tls-server-name` in a kubeconfig"), "{error}");
    let kubeconfig = certificates.kubeconfig(&cluster(", tls-server-name: api.cluster.example"), "{ token: a }");
    succeeded(&run(&certificates, &kubeconfig, &[]));
    for path in ["/here/user", "/here/anonymous"] {
        let request = server.request(path);
        assert_eq!(request.server_name.as_deref(), Some("api.cluster.example"));
        assert_eq!(request.values("host"), [server.url.trim_start_matches("https://")]);
    }
}

#[test]
fn a_file_without_a_certificate_is_wrong_usage() {
    let certificates = Certificates::new();
    let empty = certificates.write("empty.pem", "\n");
    let kubeconfig = certificates.kubeconfig("{ server: \"https://127.0.0.1:1\" }", "{}");
    let output = list(&kubeconfig, &["--certificate-authority", empty.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no certificate found"), "{}", text(&output.stderr));
}
