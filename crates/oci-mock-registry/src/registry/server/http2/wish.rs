//! What streams want of their connection.

use tokio::sync::oneshot;

use crate::registry::server::ending::Ending;

/// What a stream wants of its connection.
#[derive(Debug)]
pub(super) enum Wish {
    /// To be told once everything that it has sent is with the operating system.
    Flush(oneshot::Sender<()>),
    /// That no further requests are taken, and the connection ends with the last stream.
    Finish,
    /// That the connection ends now.
    End(Ending),
}
