//! Requests without a network, and a client that sees every byte.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Request;
use oci_mock_registry::{
    fixture::{Images, RegistryFixture, Salt, builtin},
    registry::{Answer, RegistryState},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A registry without a network from the text of a fixture.
pub(crate) fn registry(fixture: &str) -> RegistryState {
    let fixture: RegistryFixture = serde_saphyr::from_str(fixture).unwrap();
    let images = images(&fixture);
    RegistryState::new(&fixture, images, "registry.test:5000".to_owned(), false).unwrap()
}

/// The images of a fixture.
pub(crate) fn images(fixture: &RegistryFixture) -> Images {
    builtin().build(fixture.image_names(), &Salt::default()).unwrap()
}

/// The answer to a request such as `GET /v2/`.
pub(crate) fn ask(state: &RegistryState, request: &str) -> Answer {
    ask_with(state, request, &[])
}

/// The answer to a request with headers.
pub(crate) fn ask_with(state: &RegistryState, request: &str, headers: &[(&str, &str)]) -> Answer {
    send(state, request, headers, &[])
}

/// The answer to a request with headers and a body.
pub(crate) fn send(state: &RegistryState, request: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let (method, path) = request.split_once(' ').unwrap();
    let mut builder = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        builder = builder.header("host", "registry.test:5000");
    }
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    state.respond(&builder.body(()).unwrap().into_parts().0, body).answer
}

/// The body of an answer.
pub(crate) fn body(answer: &Answer) -> Bytes {
    answer.body.bytes().unwrap()
}

/// A header of an answer as text.
pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name).map(|value| value.to_str().unwrap())
}

/// The code of the first OCI error in an answer.
pub(crate) fn error_code(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&body(answer)).unwrap();
    body["errors"][0]["code"].as_str().unwrap().to_owned()
}

/// Everything that arrives after these bytes were sent on a new connection, until it ends.
pub(crate) async fn exchange(address: SocketAddr, sent: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(sent).await?;
    let mut received = Vec::new();
    stream.read_to_end(&mut received).await?;
    Ok(received)
}

/// The bytes of a GET request after which the connection ends.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: registry.test\r\nConnection: close\r\n\r\n").into_bytes()
}
