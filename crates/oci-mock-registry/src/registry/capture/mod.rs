//! Capture and replay: what an upstream registry answered, written into a folder, and answered again from there.
//!
//! A captured folder holds an OCI layout for each repository, and the log, `exchanges.jsonl`: one JSON object a line, the first
//! says the format, each of the others is an exchange. Credentials and hosts are replaced by placeholders.

#[cfg(feature = "capture")]
mod as_fixture;
mod captured_answer;
#[cfg(feature = "capture")]
mod collect;
mod header_text;
mod key;
mod likeness;
mod log;
#[cfg(feature = "capture")]
mod options;
#[cfg(feature = "capture")]
mod passing;
mod placeholder;
#[cfg(feature = "capture")]
mod proxy;
#[cfg(feature = "capture")]
mod recorder;
mod replay;
#[cfg(feature = "capture")]
mod rewrite;
#[cfg(feature = "capture")]
mod secrets;
#[cfg(feature = "capture")]
mod upstream;

#[cfg(feature = "capture")]
pub use as_fixture::{CapturedDifference, CapturedFixture};
pub(crate) use captured_answer::Replayed;
pub use log::is_captured;
#[cfg(feature = "capture")]
pub use options::{Capture, CaptureBlobs, CaptureError, CaptureSummary, SMALL_BLOB};
#[cfg(feature = "capture")]
pub(crate) use passing::PassedBody;
#[cfg(feature = "capture")]
pub(crate) use proxy::{Passed, Proxy};
pub(crate) use replay::{Position, Replay};
#[cfg(feature = "capture")]
pub use upstream::{Upstream, UpstreamBody, UpstreamError, UpstreamFailure, upstream_body};

/// Below this path of a capturing or replaying registry are the other hosts that its upstream names, by number.
const ELSEWHERE: &str = "/elsewhere/";
