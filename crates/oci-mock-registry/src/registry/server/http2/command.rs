//! Commands of streams to their connection.

use tokio::sync::oneshot;

use crate::registry::server::ending::Ending;

/// A command of a stream to its connection.
#[derive(Debug)]
pub(super) enum Command {
    /// Tell the stream once everything that it has sent is with the operating system.
    Flush(oneshot::Sender<()>),
    /// Take no further requests, and end with the last stream.
    Finish,
    /// End now.
    End(Ending),
}
