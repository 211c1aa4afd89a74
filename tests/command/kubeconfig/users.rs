//! Who asks: every user over connections of its own, with its own credentials.

use rstest::rstest;

use super::{
    certificates::Certificates,
    command::{failed, list, run, succeeded},
    server::Server,
};

const CLIENT_CERTIFICATE: &str = "{ client-certificate: client.pem, client-key: client-key.pem }";

#[test]
fn the_client_certificate_of_a_kubeconfig_is_presented_for_its_user_alone() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let kubeconfig = certificates.trusting(&server.url, CLIENT_CERTIFICATE);
    let tokens = ["--admin-token", "of-admin", "--restricted-token", "of-restricted"];
    succeeded(&run(&certificates, &kubeconfig, &tokens));
    let seen = |path: &str| {
        let request = server.request(path);
        (request.certificate, request.authorization().map(str::to_owned))
    };
    assert_eq!(seen("/here/user"), (true, None));
    assert_eq!(seen("/here/admin"), (false, Some("Bearer of-admin".to_owned())));
    assert_eq!(seen("/here/restricted"), (false, Some("Bearer of-restricted".to_owned())));
    assert_eq!(seen("/here/unknown"), (false, Some("Bearer nobody-known".to_owned())));
    assert_eq!(seen("/here/anonymous"), (false, None));
}

#[test]
fn a_token_of_the_command_line_replaces_the_user_of_the_kubeconfig() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let user = "{ client-certificate: client.pem, client-key: client-key.pem, as: developer }";
    let kubeconfig = certificates.trusting(&server.url, user);
    succeeded(&run(&certificates, &kubeconfig, &["--token", "of-another"]));
    for request in server.requests() {
        assert!(!request.certificate, "{request:?}");
        assert_eq!(request.values("impersonate-user"), [""; 0], "{request:?}");
    }
    assert_eq!(server.request("/here/user").authorization(), Some("Bearer of-another"));
}

#[test]
fn impersonation_stands_in_every_request_of_the_user_and_in_no_other() {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    let user = "{ token: of-administrator, as: developer, as-uid: u-7, as-groups: [one, two], \
                as-user-extra: { Reason: [a, b], acme.com/project: [c] } }";
    let kubeconfig = certificates.trusting(&server.url, user);
    succeeded(&run(&certificates, &kubeconfig, &["--admin-token", "of-admin", "--restricted-token", "r"]));
    for request in server.requests() {
        if request.authorization() == Some("Bearer of-administrator") {
            assert_eq!(request.values("impersonate-user"), ["developer"], "{request:?}");
            assert_eq!(request.values("impersonate-uid"), ["u-7"]);
            assert_eq!(request.values("impersonate-group"), ["one", "two"]);
            assert_eq!(request.values("impersonate-extra-reason"), ["a", "b"]);
            assert_eq!(request.values("impersonate-extra-acme.com%2fproject"), ["c"]);
        } else {
            assert_eq!(request.values("impersonate-user"), [""; 0], "{request:?}");
        }
    }
    assert_eq!(server.request("/here/user").authorization(), Some("Bearer of-administrator"));
}

#[rstest]
#[case::token("{ token: abc }", "Bearer abc")]
#[case::token_with_a_line_break("{ token: \"abc\\n\" }", "Bearer abc")]
#[case::token_file("{ tokenFile: token }", "Bearer from-file")]
#[case::token_file_decides("{ token: abc, tokenFile: token }", "Bearer from-file")]
#[case::token_until_there_is_a_file("{ token: abc, tokenFile: none }", "Bearer abc")]
#[case::empty_token_file("{ token: abc, tokenFile: '' }", "Bearer abc")]
#[case::password("{ username: robot, password: 'a:b' }", "Basic cm9ib3Q6YTpi")]
#[case::no_password("{ username: robot }", "Basic cm9ib3Q6")]
#[case::token_before_a_plugin(
    "{ token: abc, exec: { apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin } }",
    "Bearer abc"
)]
fn credentials_are_taken_in_the_order_of_client_go(#[case] user: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    certificates.write("token", "  from-file\r\n\n");
    let server = Server::start(&certificates);
    succeeded(&list(&certificates.trusting(&server.url, user), &[]));
    assert_eq!(server.requests()[0].authorization(), Some(expected));
}

#[rstest]
#[case::flag("abc\n", "Bearer abc")]
#[case::blanks("  abc ", "Bearer abc")]
fn a_token_of_the_command_line_is_trimmed(#[case] token: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let server = Server::start(&certificates);
    succeeded(&list(&certificates.trusting(&server.url, "{}"), &["--token", token]));
    assert_eq!(server.requests()[0].authorization(), Some(expected));
}

#[rstest]
#[case::empty("", "the token is empty")]
#[case::two_words("secret words", "the token has characters that no token has")]
#[case::header("Bearer secret", "expected the token alone")]
fn a_token_that_cannot_be_one_is_refused_and_not_shown(#[case] token: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    let kubeconfig = certificates.trusting("https://127.0.0.1:1", "{}");
    let error = failed(&list(&kubeconfig, &["--token", token]), 2, &certificates);
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[rstest]
#[case::provider(
    "{ auth-provider: { name: oidc, config: { id-token: secret } } }",
    "`auth-provider` `oidc` is not supported"
)]
#[case::two_ways("{ token: secret, username: a, password: secret }", "a token and a name with a password")]
#[case::groups_alone("{ token: secret, as-groups: [a] }", "without `as`")]
#[case::certificate_alone("{ client-certificate: client.pem }", "`client-certificate` without `client-key`")]
#[case::key_alone("{ client-key: client-key.pem }", "`client-key` without `client-certificate`")]
#[case::no_file("{ tokenFile: none }", "`tokenFile` of the kubeconfig: none: no such file")]
#[case::empty_file("{ tokenFile: empty }", "the file is empty")]
#[case::no_certificate("{ client-certificate: empty, client-key: client-key.pem }", "no certificate found")]
#[case::no_key("{ client-certificate: client.pem, client-key: ca.pem }", "no private key found")]
#[case::of_two_pairs("{ client-certificate: ca.pem, client-key: client-key.pem }", "do not belong together")]
#[case::base64(
    "{ client-certificate-data: '*', client-key-data: '*' }",
    "`client-certificate-data` of the kubeconfig is not base64"
)]
fn a_user_that_cannot_be_used_is_refused_by_the_field(#[case] user: &str, #[case] expected: &str) {
    let certificates = Certificates::new();
    certificates.write("empty", "\n");
    let kubeconfig = certificates.trusting("https://127.0.0.1:1", user);
    let error = failed(&list(&kubeconfig, &[]), 2, &certificates);
    assert!(error.contains(expected), "{error}");
    assert!(!error.contains("secret"), "{error}");
}
