//! The oci-client crate, the Rust client of most tools.

use libtest_mimic::{Failed, Trial};
use oci_client::{
    Client, Reference,
    client::{ClientConfig, ClientProtocol, Config, ImageLayer},
    secrets::RegistryAuth,
};
use oci_mock_registry::{
    fixture::Auth,
    oci::{Digest, media_type::OCI_MANIFEST},
    registry::Registry,
};

use crate::runtime;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("oci_client::pulls_with_every_kind_of_credentials", || runtime().block_on(pulls())),
        Trial::test("oci_client::pushes_and_pulls_back", || runtime().block_on(pushes())),
        Trial::test("oci_client::follows_pages_of_tags", || runtime().block_on(lists())),
    ]
}

fn client() -> Client {
    Client::new(ClientConfig { protocol: ClientProtocol::Http, ..ClientConfig::default() })
}

fn image(registry: &Registry, name: &str) -> Result<Reference, Failed> {
    Ok(format!("{}/{name}", registry.host()).parse()?)
}

async fn pulls() -> Result<(), Failed> {
    let robot = RegistryAuth::Basic("robot".to_owned(), "secret".to_owned());
    let cases = [
        (None, RegistryAuth::Anonymous),
        (Some(Auth::basic().user("robot", "secret")), robot.clone()),
        (Some(Auth::bearer().user("robot", "secret")), robot),
        (Some(Auth::bearer().anonymous()), RegistryAuth::Anonymous),
    ];
    for (auth, credentials) in cases {
        let builder = Registry::builder().tag("lib/app", "v1", "oci-basic");
        let builder = match auth {
            Some(auth) => builder.auth(auth),
            None => builder,
        };
        let registry = builder.start().await?;
        let pulled = client().pull(&image(&registry, "lib/app:v1")?, &credentials, vec![OCI_LAYER]).await?;
        assert_eq!(pulled.layers.len(), 2);
    }
    Ok(())
}

const OCI_LAYER: &str = oci_mock_registry::oci::media_type::OCI_LAYER;

async fn pushes() -> Result<(), Failed> {
    let registry = Registry::builder().start().await?;
    let image = image(&registry, "lib/app:v1")?;
    let layer = ImageLayer::oci_v1(b"layer".to_vec(), None);
    let config = Config::oci_v1(b"{}".to_vec(), None);
    client().push(&image, std::slice::from_ref(&layer), config, &RegistryAuth::Anonymous, None).await?;
    let pulled = client().pull(&image, &RegistryAuth::Anonymous, vec![&layer.media_type]).await?;
    assert_eq!(pulled.layers[0].data, layer.data);
    let (manifest, digest) = client().pull_manifest_raw(&image, &RegistryAuth::Anonymous, &[OCI_MANIFEST]).await?;
    assert_eq!(digest, Digest::sha256(&manifest).to_string());
    Ok(())
}

async fn lists() -> Result<(), Failed> {
    let mut builder = Registry::builder();
    for number in 0..5 {
        builder = builder.tag("lib/app", format!("v{number}"), "s2-nolayers");
    }
    let registry = builder.start().await?;
    let image = image(&registry, "lib/app")?;
    let (client, mut tags) = (client(), Vec::<String>::new());
    loop {
        let page = client.list_tags(&image, &RegistryAuth::Anonymous, Some(2), tags.last().map(String::as_str)).await?;
        if page.tags.is_empty() {
            break;
        }
        tags.extend(page.tags);
    }
    assert_eq!(tags, ["v0", "v1", "v2", "v3", "v4"]);
    Ok(())
}
