//! A mock OCI registry: conformant where it is not told otherwise, and wrong in every way it is told to be.
//!
//! [`RegistryState`] is the registry without a network, a request in and an answer out. [`Registry`] puts it on a TCP port:
//!
//! ```
//! use oci_mock_registry::registry::Registry;
//!
//! # #[tokio::main] async fn main() {
//! let registry = Registry::builder().tag("lib/app", "v1", "s2-basic").start().await.unwrap();
//! println!("skopeo inspect --tls-verify=false docker://{}/lib/app:v1", registry.address());
//! # }
//! ```
//!
//! # Signatures
//!
//! Cosign's signatures and attestations, and whatever else refers to an image, are images themselves: tags and untagged
//! images of a repository. [Signatures](crate::fixture::ImageSignature) in the sense of containers/image are kept beside the
//! images: OpenShift's extension serves them at `/extensions/v2/<name>/signatures/<digest>`, where clients put others, and
//! `/lookaside` is a lookaside folder for clients that are told of one, without credentials.
//!
//! # Limits
//!
//! | what | how much | beyond |
//! | --- | --- | --- |
//! | manifests, forms and signatures | 4 MiB ([`MANIFEST_LIMIT`]) | 413 `SIZE_INVALID` |
//! | uploads under way | 1,000 ([`UPLOAD_LIMIT`]) | the oldest is given up |
//! | journal | 10,000 entries ([`JOURNAL_LIMIT`]), texts of 2 KiB ([`JOURNAL_TEXT_LIMIT`]) | the oldest makes room; texts are cut |
//! | the head of a request | some 128 KiB ([`HEAD_LIMIT`]), 100 headers | 431 `SIZE_INVALID` |
//! | waiting for a head | 30 s | the connection is closed |
//! | signatures in a lookaside folder | 10,000 ([`LOOKASIDE_LIMIT`]) | the fixture is refused |
//! | content in memory | 1 MiB each ([`SPILL_THRESHOLD`]) | a temporary file |
//! | a layer made from a recipe | 64 MiB ([`LARGEST_LAYER`](crate::fixture::LARGEST_LAYER)) | the fixture is refused |
//! | repository names and tags | 255 and 128 characters | 400 `NAME_INVALID`, or 404 |
//!
//! It speaks HTTP/1.1, and HTTP/2 with clients that choose it in a TLS handshake (feature `http2`, unless
//! [`RegistryBuilder::http2`] takes it away). What a manifest names need not be there when it is pushed.

mod answer;
mod api;
mod auth;
mod builder;
mod capture;
mod clock;
mod context;
mod error;
mod exchange;
mod fault;
mod finding;
mod fixture_error;
mod folder;
mod forwarded;
mod from_fixture;
mod header;
mod hold;
mod journal;
mod lookaside;
mod origin;
mod persistence;
mod query;
mod quirks;
mod route;
mod runtime;
mod schedule;
mod server;
mod settings;
mod shelf;
mod sign;
mod snapshot;
mod state;
mod store;
#[cfg(feature = "tls")]
mod tls;
mod variables;
#[cfg(feature = "wiremock")]
mod wiremock;

pub use answer::{Answer, Delivery, End, Manner};
pub use builder::{Registry, RegistryBuilder, StartError};
pub use capture::is_captured;
#[cfg(feature = "capture")]
pub use capture::{
    Capture, CaptureBlobs, CaptureError, CaptureSummary, CapturedDifference, CapturedFixture, SMALL_BLOB, Upstream,
    UpstreamBody, UpstreamError, UpstreamFailure, upstream_body,
};
pub use error::ErrorCode;
pub use exchange::Exchange;
pub use fault::FaultState;
pub use finding::Finding;
pub use fixture_error::FixtureError;
pub use folder::{FolderError, LOOKASIDE_LIMIT, is_archive};
pub use hold::{ContentError, Held, HeldRepository, HeldTag};
pub use journal::{Entry, JOURNAL_TEXT_LIMIT, JournalFilter, WaitError};
pub use persistence::LONGEST_REPLAYED_DELAY;
#[cfg(feature = "control")]
pub(crate) use query::pairs as query_pairs;
pub use route::EndpointKind;
pub use server::{HEAD_LIMIT, who_listens_on};
pub use settings::Behaviour;
pub use snapshot::Snapshot;
pub use state::{JOURNAL_LIMIT, RegistryState};
#[cfg(feature = "control")]
pub(crate) use store::Writer;
pub use store::{Content, MANIFEST_LIMIT, SPILL_THRESHOLD, StoredFile, UPLOAD_LIMIT};
#[cfg(feature = "tls")]
pub use tls::{Authority, AuthorityError, Identity, TlsError};
#[cfg(feature = "wiremock")]
pub use wiremock::RegistryResponder;
