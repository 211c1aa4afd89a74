//! Failures of HTTP to registries, in the words of Go's client.

use std::fmt;

use http::Method;
use reqwest::Url;

/// The verb with which Go's client starts its errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GoVerb {
    Get,
    Head,
}

impl From<&Method> for GoVerb {
    fn from(method: &Method) -> Self {
        if *method == Method::HEAD { Self::Head } else { Self::Get }
    }
}

impl fmt::Display for GoVerb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Get => "Get",
            Self::Head => "Head",
        })
    }
}

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("parse {url:?}: {source}")]
    Url { url: String, source: <Url as std::str::FromStr>::Err },
    #[error("{verb} \"{url}\": {cause}")]
    Request { verb: GoVerb, url: String, cause: TransportCause },
}

impl TransportError {
    /// Whether the connection ended without a byte of an answer.
    pub(crate) fn is_eof(&self) -> bool {
        matches!(self, Self::Request { cause: TransportCause::Eof, .. })
    }
}

/// What became of a request. Addresses are host and port.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum TransportCause {
    #[error("EOF")]
    Eof,
    #[error("net/http: HTTP/1.x transport connection broken: malformed HTTP response")]
    Malformed,
    #[error("dial tcp {0}: connect: connection refused")]
    Refused(String),
    /// Go says the address of its own side too, which is not known here.
    #[error("read tcp ->{0}: read: connection reset by peer")]
    Reset(String),
    #[error("dial tcp: lookup {0}: no such host")]
    NoSuchHost(String),
    #[error("dial tcp {0}: socket: too many open files")]
    TooManyOpenFiles(String),
    #[error("dial tcp {0}: i/o timeout")]
    DialTimedOut(String),
    #[error("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")]
    TimedOut,
    #[error("stopped after {0} redirects")]
    Redirects(usize),
    #[error(transparent)]
    Tls(TlsFailure),
    /// One that Go has no sentence for.
    #[error("{0}")]
    Other(String),
}

/// Why a TLS handshake failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum TlsFailure {
    #[error("tls: first record does not look like a TLS handshake")]
    NoHandshake,
    /// Go refuses TLS 1.1 and older. rustls does not tell which of them a server selected; this is 1.1.
    #[error("tls: server selected unsupported protocol version 302")]
    OldVersion,
    #[error("remote error: tls: {0}")]
    Remote(String),
    #[error("x509: {0}")]
    Certificate(CertificateFailure),
    /// As [`Certificate`](Self::Certificate), since Go 1.20.
    #[error("tls: failed to verify certificate: x509: {0}")]
    VerifiedCertificate(CertificateFailure),
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum CertificateFailure {
    /// Until Go 1.14.
    #[error("certificate has expired or is not yet valid")]
    Expired,
    /// Both times in RFC 3339.
    #[error("certificate has expired or is not yet valid: current time {now} is after {not_after}")]
    ExpiredSince { now: String, not_after: String },
    /// Both times in RFC 3339.
    #[error("certificate has expired or is not yet valid: current time {now} is before {not_before}")]
    NotYetValid { now: String, not_before: String },
    #[error("cannot validate certificate for {0} because it doesn't contain any IP SANs")]
    NoAddresses(String),
    #[error("certificate is valid for {names}, not {host}")]
    OtherNames { names: String, host: String },
    #[error("certificate is not valid for any names, but wanted to match {0}")]
    NoNames(String),
    #[error("certificate signed by unknown authority")]
    UnknownAuthority,
}
