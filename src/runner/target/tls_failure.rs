//! Why a TLS handshake failed, in words.

use std::fmt;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
use rustls_pki_types::{ServerName, UnixTime};

use super::no_answer::Blame;

/// Why a TLS handshake failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TlsFailure {
    /// The server does not speak TLS.
    NotTls,
    /// No authority that is trusted signed the certificate.
    UntrustedAuthority,
    /// The certificate is one of an authority, where one of a server is needed.
    AuthorityAsServer,
    /// The certificate is for other names.
    WrongName {
        /// The name that was asked for.
        expected: String,
        /// The names of the certificate.
        presented: Vec<String>,
    },
    /// The certificate has expired.
    Expired {
        /// When, if it is known.
        not_after: Option<Timestamp>,
    },
    /// The certificate is not valid yet.
    NotValidYet {
        /// From when on it is, if that is known.
        not_before: Option<Timestamp>,
    },
    /// The certificate or its signature is of a kind that is not supported.
    Unsupported(String),
    /// The certificate is invalid in another way.
    InvalidCertificate(String),
    /// The server ended the handshake with an alert.
    Alert(String),
    /// The server broke the protocol.
    Protocol(String),
}

impl TlsFailure {
    /// Whose fault it is: what the harness does not trust or cannot do is no failure of the implementation.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Protocol(_) => Blame::Implementation,
            _ => Blame::Harness,
        }
    }
}

impl fmt::Display for TlsFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotTls => formatter.write_str("the server does not speak TLS at this port"),
            Self::UntrustedAuthority => {
                formatter.write_str("the certificate of the server is not signed by a trusted authority")
            }
            Self::AuthorityAsServer => {
                formatter.write_str("the certificate of the server is that of a certificate authority")
            }
            Self::WrongName { expected, presented } => {
                write!(formatter, "the certificate of the server is not valid for `{expected}`")?;
                match presented.as_slice() {
                    [] => formatter.write_str(": it names no host"),
                    names => write!(formatter, ", only for {}", names.join(", ")),
                }
            }
            Self::Expired { not_after } => {
                formatter.write_str("the certificate of the server has expired")?;
                not_after.map_or(Ok(()), |time| write!(formatter, ": it was valid until {time}"))
            }
            Self::NotValidYet { not_before } => {
                formatter.write_str("the certificate of the server is not valid yet")?;
                not_before.map_or(Ok(()), |time| write!(formatter, ": it is valid from {time} on"))
            }
            Self::Unsupported(what) => write!(formatter, "the certificate of the server is not supported: {what}"),
            Self::InvalidCertificate(what) => write!(formatter, "the certificate of the server is invalid: {what}"),
            Self::Alert(what) => write!(formatter, "the server ended the TLS handshake: {what}"),
            Self::Protocol(what) => write!(formatter, "the server breaks the TLS protocol: {what}"),
        }
    }
}

impl From<&Error> for TlsFailure {
    fn from(error: &Error) -> Self {
        match error {
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            Error::InvalidCertificate(certificate) => of_certificate(certificate),
            Error::AlertReceived(alert) => Self::Alert(alert_text(*alert)),
            Error::PeerIncompatible(reason) => Self::Unsupported(incompatible(reason)),
            other => Self::Protocol(other.to_string()),
        }
    }
}

fn of_certificate(error: &CertificateError) -> TlsFailure {
    match error {
        // An authority that was made again has the name of the one before, and another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => TlsFailure::UntrustedAuthority,
        CertificateError::Expired => TlsFailure::Expired { not_after: None },
        CertificateError::ExpiredContext { not_after, .. } => TlsFailure::Expired { not_after: time(*not_after) },
        CertificateError::NotValidYet => TlsFailure::NotValidYet { not_before: None },
        CertificateError::NotValidYetContext { not_before, .. } => {
            TlsFailure::NotValidYet { not_before: time(*not_before) }
        }
        CertificateError::NotValidForNameContext { expected, presented } => TlsFailure::WrongName {
            expected: name(expected),
            presented: presented.iter().map(|text| host(text)).collect(),
        },
        CertificateError::BadEncoding => TlsFailure::InvalidCertificate("it is not an X.509 certificate".to_owned()),
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            TlsFailure::Unsupported("its signature algorithm is unknown".to_owned())
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::CaUsedAsEndEntity) => TlsFailure::AuthorityAsServer,
            Some(webpki::Error::UnsupportedCertVersion) => TlsFailure::Unsupported("it is not of version 3".to_owned()),
            Some(error) => TlsFailure::InvalidCertificate(words(&error.to_string())),
            None => TlsFailure::InvalidCertificate(other.0.to_string()),
        },
        other => TlsFailure::InvalidCertificate(other.to_string()),
    }
}

fn time(time: UnixTime) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(time.as_secs()).ok()?).ok()
}

fn name(name: &ServerName<'_>) -> String {
    name.to_str().into_owned()
}

/// webpki writes the names of a certificate as Rust values: `DnsName("example")`, `IpAddress(127.0.0.1)`.
fn host(presented: &str) -> String {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(presented);
    inner.trim_matches('"').to_owned()
}

fn alert_text(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::HandshakeFailure => {
            "handshake failure (there is no cipher suite or signature algorithm that both support)".to_owned()
        }
        AlertDescription::ProtocolVersion => "it supports no TLS version from 1.2 on".to_owned(),
        AlertDescription::CertificateRequired => "it requires a client certificate".to_owned(),
        AlertDescription::BadCertificate
        | AlertDescription::UnknownCA
        | AlertDescription::CertificateUnknown
        | AlertDescription::CertificateExpired
        | AlertDescription::UnsupportedCertificate => {
            format!("it does not accept the client certificate ({})", words(&format!("{alert:?}")))
        }
        AlertDescription::UnrecognisedName => "it does not know the host name (SNI)".to_owned(),
        other => words(&format!("{other:?}")),
    }
}

fn incompatible(reason: &PeerIncompatible) -> String {
    format!("the server and the harness have nothing in common ({})", words(&format!("{reason:?}")))
}

/// `UnknownIssuer` becomes `unknown issuer`.
fn words(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !text.is_empty() && !text.ends_with([' ', '(']) {
            text.push(' ');
        }
        text.extend(character.to_lowercase());
    }
    text
}
