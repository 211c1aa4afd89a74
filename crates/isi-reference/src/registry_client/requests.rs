//! The requests for manifests and blobs.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE},
};

use super::{
    FetchError, Manifest, ManifestName, RepositoryConnection,
    connection::RequestTarget,
    content_encoding,
    error_response::ErrorResponse,
    manifest::{self, ContentKind},
};
use crate::{fetch_strategy::FetchStrategy, image_reference::DigestReference};

type Result<T> = std::result::Result<T, FetchError>;

impl RepositoryConnection<'_> {
    /// Fetches a manifest. One that was asked for by digest is checked against it.
    pub(crate) async fn manifest(&mut self, name: &ManifestName) -> Result<Manifest> {
        let behaviour = self.context.behaviour;
        // Newer servers have parsed the whole reference before.
        let checks_tag = behaviour.fetch_strategy == FetchStrategy::RepositoryFirst;
        if checks_tag && name.tag().is_some_and(|tag| !tag.is_valid()) {
            return Err(FetchError::TagFormat);
        }
        let mut headers = HeaderMap::new();
        for media_type in manifest::accepted(&behaviour) {
            headers.append(ACCEPT, HeaderValue::from_static(media_type));
        }
        let target = RequestTarget::Path(format!("manifests/{}", name.as_str()));
        let response = self.send_with_retries(Method::GET, &target, headers).await?;
        if response.status == StatusCode::NOT_MODIFIED {
            return Err(FetchError::NotModified);
        }
        let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let manifest = Manifest::parse(content_type, &response.body?, &behaviour)?;
        if let Some(digest) = name.digest() {
            manifest.verify(digest)?;
        }
        Ok(manifest)
    }

    /// Fetches a blob and checks it against its digest, without retries.
    pub(crate) async fn blob(&mut self, digest: &str) -> Result<Bytes> {
        let digest = DigestReference::parse(digest).ok_or(FetchError::DigestFormat)?;
        let mut headers = HeaderMap::new();
        let encodings = if self.context.behaviour.checks_manifest_shape { "gzip, deflate" } else { "identity" };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encodings));
        let response = self.send(Method::GET, &RequestTarget::Path(format!("blobs/{digest}")), headers).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Err(FetchError::UnknownBlob);
        }
        if !response.is_success() {
            return Err(ErrorResponse::of(&response).error);
        }
        let content = content_encoding::decode(&response.headers, response.body?)?;
        manifest::verify(ContentKind::Blob, &digest, &content)?;
        Ok(content)
    }

    /// Asks for the size of a blob.
    pub(crate) async fn blob_size(&mut self, digest: &str) -> Result<i64> {
        let response =
            self.send(Method::HEAD, &RequestTarget::Path(format!("blobs/{digest}")), HeaderMap::new()).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Err(FetchError::UnknownBlob);
        }
        if !response.is_success() {
            return Err(ErrorResponse::of(&response).error);
        }
        let length = response.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let length = length.and_then(|length| length.parse().ok());
        length.ok_or_else(|| FetchError::NoContentLength { path: format!("/v2/{}/blobs/{digest}", self.path) })
    }
}
