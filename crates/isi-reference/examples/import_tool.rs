//! A test of a tool like `oc import-image`: the tool is run against a reference, and the test looks at what it asked for and at
//! what became of the stream.
//!
//! Run it with `cargo run --example import_tool`.

use std::{error::Error, time::Duration};

use isi_reference::Reference;
use oci_mock_registry::registry::Registry;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    // reqwest is built without a provider of cryptography here; with its default features this line is not needed.
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// The tool under test: imports `image` as the tag `tag` of a stream, and returns the digest that the tag stands for.
async fn import_image(server: &str, token: &str, stream: &str, tag: &str, image: &str) -> Result<String> {
    let client = Client::new();
    let namespace = format!("{server}/apis/image.openshift.io/v1/namespaces/team");
    // Like `oc import-image`, the tool looks whether there is a stream, and names its version.
    let known = client.get(format!("{namespace}/imagestreams/{stream}")).bearer_auth(token).send().await?;
    let mut metadata = json!({ "name": stream });
    if known.status() == StatusCode::OK {
        let known: Value = serde_json::from_slice(&known.bytes().await?)?;
        metadata["resourceVersion"] = known["metadata"]["resourceVersion"].clone();
    }
    let import = json!({
        "kind": "ImageStreamImport",
        "apiVersion": "image.openshift.io/v1",
        "metadata": metadata,
        "spec": { "import": true, "images": [{
            "from": { "kind": "DockerImage", "name": image },
            "to": { "name": tag },
            "importPolicy": { "insecure": true },
        }] },
    });
    let request = client.post(format!("{namespace}/imagestreamimports")).bearer_auth(token);
    let request = request.header("content-type", "application/json").body(import.to_string());
    let answer: Value = serde_json::from_slice(&request.send().await?.bytes().await?)?;
    let status = &answer["status"]["images"][0]["status"];
    if status["status"] != "Success" {
        return Err(status["message"].as_str().unwrap_or("no status").into());
    }
    Ok(answer["status"]["images"][0]["image"]["metadata"]["name"].as_str().unwrap_or_default().to_owned())
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<()> {
    let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await?;
    let reference = Reference::builder().user("alice", "sesame", &[]).start().await?;
    let (url, image) = (reference.url(), format!("{}/lib/app:v1", registry.host()));

    // It imports an image, and looks for the stream before it does.
    let digest = import_image(url, "sesame", "app", "latest", &image).await?;
    assert!(digest.starts_with("sha256:"), "{digest}");
    let asked: Vec<(Method, u16)> =
        reference.requests(|_| true).iter().map(|request| (request.method.clone(), request.status)).collect();
    assert_eq!(asked, [(Method::GET, 404), (Method::POST, 201)]);
    assert!(reference.requests(|request| request.user.as_deref() == Some("alice")).len() == 2);

    // An image that the registry does not have is an error with the server's words.
    let missing = format!("{}/lib/app:v2", registry.host());
    let error = import_image(url, "sesame", "app", "latest", &missing).await.expect_err("there is no such tag");
    assert_eq!(error.to_string(), format!("dockerimage.image.openshift.io \"{missing}\" not found"));

    // A tool that runs beside the test is waited for.
    let imports = reference.wait_for(2, Duration::from_secs(10), |request| request.method == Method::POST).await?;
    assert!(imports.iter().all(|request| request.path.ends_with("/imagestreamimports")));

    assert!(reference.shutdown(Duration::from_secs(5)).await, "every request was answered");
    Ok(())
}
