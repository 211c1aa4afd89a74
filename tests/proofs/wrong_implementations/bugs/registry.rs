//! Mistakes in what is asked of the registry.

use http::Method;

use crate::wrong_implementations::bug::{Answer, Bug, RegistryRequest, Request};

/// These mistakes.
pub(crate) fn bugs() -> Vec<Bug> {
    const CASE: &[&str] = &["single-image::content-s2-basic"];
    vec![
        Bug::new("asks for every manifest twice", CASE)
            .registry(|request, _| asked(request, &Method::GET, |tag| format!("manifests/{tag}"))),
        Bug::new("looks with HEAD besides", CASE)
            .registry(|request, _| asked(request, &Method::HEAD, |tag| format!("manifests/{tag}"))),
        Bug::new("lists the tags for a single image", CASE)
            .registry(|request, _| asked(request, &Method::GET, |_| "tags/list".to_owned())),
        Bug::new("pulls the layers", CASE).registry(|request, answer| {
            let layer = layer(answer);
            asked(request, &Method::GET, |_| format!("blobs/{layer}"))
        }),
        Bug::new("looks for referrers", CASE).registry(|request, answer| {
            let layer = layer(answer);
            asked(request, &Method::GET, |_| format!("referrers/{layer}"))
        }),
        Bug::new("shows credentials to a registry that asks for none", CASE).registry(|request, _| {
            let requests = asked(request, &Method::GET, |tag| format!("manifests/{tag}"));
            requests.into_iter().map(|request| RegistryRequest { credentials: true, ..request }).collect()
        }),
    ]
}

/// A request for each image of an import.
fn asked(request: &Request, method: &Method, path: impl Fn(&str) -> String) -> Vec<RegistryRequest> {
    if !request.is_import() {
        return Vec::new();
    }
    let names = request.images().iter().filter_map(|image| image["from"]["name"].as_str());
    names.filter_map(|name| RegistryRequest::new(method.clone(), name, &path)).collect()
}

/// The digest of the first layer of the first image.
fn layer(answer: &Answer) -> String {
    let layer = answer.body.pointer("/status/images/0/image/dockerImageLayers/0/name");
    layer.and_then(|name| name.as_str()).unwrap_or_default().to_owned()
}
