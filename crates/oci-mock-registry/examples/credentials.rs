//! A test of a client that gets a token: HTTPS with a certificate that the client trusts, and a Bearer challenge.
//!
//! Run it with `cargo run --example credentials --features tls`.

use std::error::Error;

use oci_mock_registry::{
    fixture::{Auth, Tls},
    registry::{Authority, Registry},
};
use reqwest::{
    Certificate, Client,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    rustls::crypto::ring::default_provider().install_default().expect("no provider is installed yet");
    example().await
}

/// What the body of a test would be.
pub(crate) async fn example() -> Result<(), Box<dyn Error>> {
    let authority = Authority::generate()?;
    let registry = Registry::builder()
        .tag("lib/app", "v1", "s2-basic")
        .auth(Auth::bearer().user("robot", "secret"))
        .tls(Tls::Trusted)
        .authority(authority.clone())
        .start()
        .await?;

    // The code under test: here, a client that follows the challenge.
    let trusted = Certificate::from_pem(authority.pem().as_bytes())?;
    let client = Client::builder().tls_certs_only([trusted]).build()?;
    let url = format!("https://{}/v2/lib/app/manifests/v1", registry.host());
    let refused = client.get(&url).send().await?;
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()[WWW_AUTHENTICATE].to_str()?;
    let parameter = |name: &str| {
        let (_, value) = challenge.split_once(&format!("{name}=\""))?;
        value.split('"').next()
    };
    let realm = parameter("realm").ok_or("a challenge has a realm")?;
    let service = parameter("service").ok_or("a challenge has a service")?;
    let token_url = format!("{realm}?service={service}&scope=repository:lib/app:pull");
    let response = client.get(token_url).basic_auth("robot", Some("secret")).send().await?;
    let body: serde_json::Value = serde_json::from_slice(&response.bytes().await?)?;
    let token = body["token"].as_str().ok_or("a token")?;
    let manifest = client.get(&url).header(AUTHORIZATION, format!("Bearer {token}")).send().await?;
    assert_eq!(manifest.status(), 200);

    let statuses: Vec<_> = registry.state().journal(0).into_iter().map(|entry| (entry.path, entry.status)).collect();
    assert_eq!(
        statuses.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["/v2/lib/app/manifests/v1", "/token", "/v2/lib/app/manifests/v1"]
    );
    Ok(())
}
