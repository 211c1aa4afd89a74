//! Why a request has no response, and whose fault that is.

use std::{error::Error, io, time::Duration};

use super::{client::LARGEST_ANSWER, tls_failure::TlsFailure};

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// The name of the host has no address.
    #[error("the host name cannot be resolved: {0}")]
    Dns(String),
    /// No network leads there.
    #[error("the network does not lead there: {0}")]
    Unreachable(String),
    /// A proxy does not let the connection through.
    #[error("the proxy does not connect: {0}")]
    Proxy(String),
    /// The process or the system has no file descriptor left.
    #[error("too many open files: the limit of this process is reached")]
    Descriptors,
    /// No connection is accepted at the address.
    #[error("connection refused")]
    Refused,
    /// A TLS handshake failed.
    #[error("{0}")]
    Tls(TlsFailure),
    /// The credentials cannot be read, or a plugin gives none.
    #[error("{0}")]
    Credentials(String),
    /// The request cannot be sent: a suite asks for something that HTTP cannot express.
    #[error("the request cannot be sent: {0}")]
    Request(String),
    /// No connection came about in time.
    #[error("no connection in time")]
    ConnectTimeout,
    /// No response in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The server reset the connection.
    #[error("the server reset the connection")]
    Reset,
    /// The server closed the connection before the response was complete.
    #[error("the server closed the connection before the response was complete: {0}")]
    Closed(String),
    /// The response is not valid HTTP.
    #[error("the response is not valid HTTP: {0}")]
    InvalidHttp(String),
    /// The response has no end in sight.
    #[error("the answer is longer than {} MiB", LARGEST_ANSWER >> 20)]
    TooLong,
    /// The server limits requests, and puts this one off again and again, or for too long.
    #[error("the server puts requests off: 429 to {tries} tries, the last with `Retry-After: {}`", .pause.as_secs())]
    Throttled {
        /// How often it was sent.
        tries: usize,
        /// How long the server wants it to wait.
        pause: Duration,
    },
    /// Any other failure of the connection.
    #[error("{0}")]
    Connection(String),
}

/// Whose fault it is that there is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The harness, or what lies between it and the implementation: the case ends as `error`.
    Harness,
    /// The implementation: the case fails.
    Implementation,
}

impl NoAnswer {
    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Dns(_)
            | Self::Unreachable(_)
            | Self::Proxy(_)
            | Self::Descriptors
            | Self::Credentials(_)
            | Self::Request(_)
            | Self::Throttled { .. } => Blame::Harness,
            Self::Tls(failure) => failure.blame(),
            Self::Refused
            | Self::ConnectTimeout
            | Self::Timeout(_)
            | Self::Reset
            | Self::Closed(_)
            | Self::InvalidHttp(_)
            | Self::TooLong
            | Self::Connection(_) => Blame::Implementation,
        }
    }
}

impl From<reqwest::Error> for NoAnswer {
    fn from(error: reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::Request(innermost(&error));
        }
        if error.is_connect() && error.is_timeout() {
            return Self::ConnectTimeout;
        }
        if error.is_dns() {
            return Self::Dns(innermost(&error));
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(known) = known(error) {
                return known;
            }
            cause = inner(error);
        }
        Self::Connection(innermost(&error))
    }
}

/// What one cause says by itself.
fn known(cause: &(dyn Error + 'static)) -> Option<NoAnswer> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(NoAnswer::Tls(TlsFailure::from(error)));
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return of_http(error);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return of_io(error);
    }
    of_proxy(cause)
}

/// The errors of tunnels have no public type.
fn of_proxy(cause: &(dyn Error + 'static)) -> Option<NoAnswer> {
    let text = cause.to_string();
    let is_tunnel = text.starts_with("tunnel error: ") || text.starts_with("SOCKS error: ");
    let problem = innermost(cause);
    let problem = problem.split_once("error: ").map_or(problem.as_str(), |(_, problem)| problem);
    is_tunnel.then(|| NoAnswer::Proxy(problem.to_owned()))
}

fn of_http(error: &hyper::Error) -> Option<NoAnswer> {
    if error.is_incomplete_message() {
        return Some(NoAnswer::Closed(innermost(error)));
    }
    // A parse error that has an I/O error or TLS below it is of those.
    error.is_parse().then(|| NoAnswer::InvalidHttp(innermost(error)))
}

fn of_io(error: &io::Error) -> Option<NoAnswer> {
    const NO_DESCRIPTOR: [i32; 2] = [23, 24];
    if cfg!(unix) && error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code)) {
        return Some(NoAnswer::Descriptors);
    }
    // What wraps another error says less than that one.
    if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>() || inner.is::<io::Error>()) {
        return None;
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some(NoAnswer::Refused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(NoAnswer::Reset)
        }
        io::ErrorKind::UnexpectedEof => Some(NoAnswer::Closed(error.to_string())),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable => {
            Some(NoAnswer::Unreachable(error.to_string()))
        }
        _ => None,
    }
}

/// The next cause. `source` of an I/O error leaves out the error that it wraps.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// The innermost cause says what happened; what stands around it repeats the URL.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = inner(cause) {
        cause = next;
    }
    cause.to_string()
}
