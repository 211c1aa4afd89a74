//! The registry on a wiremock server.

use oci_mock_registry::{
    fixture::{Auth, ConnectionFault, Fault},
    registry::{Registry, RegistryResponder},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

use crate::support::{exchange, get};

#[tokio::test]
async fn is_mounted_beside_other_mocks() {
    let server = MockServer::start().await;
    Mock::given(path("/health")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let fault = Fault::when("manifests/broken").connection(ConnectionFault::Reset);
    let builder = Registry::builder().tag("lib/app", "v1", "s2-basic").fault(fault);
    let registry = RegistryResponder::mount(&server, builder).await.unwrap();

    let status = async |path: &str| {
        let answer = exchange(*server.address(), &get(path)).await.unwrap();
        String::from_utf8_lossy(&answer[9..12]).into_owned()
    };
    assert_eq!(status("/v2/lib/app/manifests/v1").await, "200");
    assert_eq!(status("/v2/lib/none/tags/list?n=1").await, "404");
    assert_eq!(status("/lookaside/lib/app@sha256=0/signature-1").await, "404");
    assert_eq!(status("/health").await, "204");
    assert_eq!(status("/v2/lib/app/manifests/broken").await, "500");
    let asked: Vec<String> = registry.journal(0).into_iter().map(|entry| entry.path).collect();
    let expected = [
        "/v2/lib/app/manifests/v1",
        "/v2/lib/none/tags/list",
        "/lookaside/lib/app@sha256=0/signature-1",
        "/v2/lib/app/manifests/broken",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn tokens_are_given_where_the_registry_gives_them() {
    let server = MockServer::start().await;
    let builder = Registry::builder().auth(Auth::bearer().anonymous()).quirk("harbor").unwrap();
    RegistryResponder::mount(&server, builder).await.unwrap();
    let token = get("/service/token?scope=repository:lib/app:pull");
    let answer = exchange(*server.address(), &token).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}
