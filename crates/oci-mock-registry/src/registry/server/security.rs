//! What a port speaks, and the streams that come of it.

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// The first byte of a TLS handshake record (RFC 8446, section 5.1); no HTTP request begins with it.
pub(super) const TLS_HANDSHAKE: u8 = 0x16;

/// What a port speaks.
#[derive(Clone)]
pub(crate) enum Security {
    /// Plain HTTP.
    Plain,
    /// TLS.
    #[cfg(feature = "tls")]
    Tls(tokio_rustls::TlsAcceptor),
    /// A TLS that is too old for every client.
    TooOld,
}

/// A stream of bytes over TCP.
pub(super) trait Wire: AsyncRead + AsyncWrite + Send + Unpin + 'static {
    /// The TCP connection underneath.
    fn tcp(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

#[cfg(feature = "tls")]
impl Wire for tokio_rustls::server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
