//! OpenAPI documents: what the server publishes of its resources, for clients that validate objects and explain fields.
//!
//! The image API's part is the published schema of the API version. The other resources are described by the tables of
//! their messages and by the table of resources.

mod annotations;
mod definitions;
mod gnostic;
mod operations;
mod published;
mod v3;

use std::{collections::BTreeMap, sync::OnceLock};

use oci_types::Digest;
use serde_json::{Value, json};

use self::published::Published;
pub use self::published::published_schema;
use crate::version::ApiVersion;

/// The media types that version 2 in protobuf is asked for by; the older one holds an `@`.
const PROTOBUF: [&str; 2] = [
    "application/com.github.proto-openapi.spec.v2.v1.0+protobuf",
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
];

/// A document as it is sent.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Page {
    fn json(document: &Value) -> Self {
        Self { content_type: "application/json", body: document.to_string().into_bytes() }
    }

    /// What identifies the content in the addresses of the index.
    fn hash(&self) -> String {
        Digest::sha256(&self.body).hex().to_uppercase()
    }
}

/// Every document of an API version.
#[derive(Debug)]
pub(crate) struct Documents {
    v2: Page,
    v2_protobuf: Page,
    /// Where the documents of version 3 are; `None` for servers that publish none.
    v3_index: Option<Page>,
    /// By path below `/openapi/v3/`.
    v3: BTreeMap<String, Page>,
}

impl Documents {
    /// The documents of `version`, made at the first call.
    pub(crate) fn of(version: ApiVersion) -> &'static Self {
        static DOCUMENTS: [OnceLock<Documents>; ApiVersion::ALL.len()] =
            [const { OnceLock::new() }; ApiVersion::ALL.len()];
        let position = ApiVersion::ALL.iter().position(|known| *known == version).unwrap_or_default();
        DOCUMENTS[position].get_or_init(|| Self::new(version))
    }

    fn new(version: ApiVersion) -> Self {
        let published = Published::of(version);
        let document = json!({
            "swagger": "2.0",
            "info": { "title": "Kubernetes", "version": format!("v1.{}.0", version.kubernetes_minor()) },
            "paths": operations::paths(&published),
            "definitions": definitions::definitions(&published),
        });
        // openshift-apiserver publishes version 3 since 4.13, with Kubernetes 1.24.
        let v3 = if version >= ApiVersion::V4_18 { v3::documents(&document) } else { BTreeMap::new() };
        let v3: BTreeMap<_, _> = v3.iter().map(|(path, document)| (path.clone(), Page::json(document))).collect();
        let address = |(path, page): (&String, &Page)| {
            (path.clone(), json!({ "serverRelativeURL": format!("/openapi/v3/{path}?hash={}", page.hash()) }))
        };
        let index: serde_json::Map<_, _> = v3.iter().map(address).collect();
        Self {
            v2: Page::json(&document),
            v2_protobuf: Page { content_type: PROTOBUF[0], body: gnostic::document(&document) },
            v3_index: (!v3.is_empty()).then(|| Page::json(&json!({ "paths": index }))),
            v3,
        }
    }

    /// The document at a path below `/openapi/`, in the form that an `Accept` header asks for; `None` for a path without a document.
    pub(crate) fn find(&self, path: &[String], accept: &str) -> Option<&Page> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["v2"] => Some(if asks_for_protobuf(accept) { &self.v2_protobuf } else { &self.v2 }),
            ["v3"] => self.v3_index.as_ref(),
            ["v3", rest @ ..] => self.v3.get(&rest.join("/")),
            _ => None,
        }
    }
}

/// Whether protobuf comes first among the media types that can be written.
fn asks_for_protobuf(accept: &str) -> bool {
    let types = accept.split(',').map(|clause| clause.split(';').next().unwrap_or_default().trim());
    let mut known =
        types.filter(|media_type| PROTOBUF.contains(media_type) || matches!(*media_type, "application/json" | "*/*"));
    known.next().is_some_and(|media_type| PROTOBUF.contains(&media_type))
}

#[cfg(test)]
mod tests;
