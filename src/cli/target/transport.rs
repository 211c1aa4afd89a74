//! Connections to the implementation, the same for every user of a run.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use http::HeaderValue;
use reqwest::{
    Proxy, Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use rustls::{ClientConfig, client::danger::ServerCertVerifier};
use rustls_pki_types::ServerName;

use super::tls::{Authorities, ClientCertificate, FixedName, provider};
use crate::{cli::exit::CommandError, runner::ServerAlias};

/// How long it may take to open a connection to the implementation.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The variables that name a proxy for all hosts or for those with TLS.
const PROXY_VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// What a URL of an implementation has to look like.
const EXPECTED_URL: &str = "expected `https://HOST:PORT` or `http://HOST:PORT`";

/// How the implementation is reached.
pub(in crate::cli) struct Transport {
    url: Url,
    verifier: Arc<dyn ServerCertVerifier>,
    proxy: Option<Proxy>,
    alias: Option<Url>,
}

impl Transport {
    /// Connections to `url` that trust `authorities`.
    ///
    /// # Errors
    /// When the URL is not one of an implementation, or an authority is malformed.
    pub(in crate::cli) fn new(url: &str, authorities: &Authorities) -> Result<Self, CommandError> {
        let verifier = authorities.verifier().map_err(CommandError::usage)?;
        Ok(Self { url: parse(url)?, verifier, proxy: None, alias: None })
    }

    /// Connects through the proxy at `url`.
    ///
    /// # Errors
    /// When the URL is not one of a proxy.
    pub(super) fn through(mut self, url: &str) -> Result<Self, CommandError> {
        // The URL may have a password in it: it is never repeated.
        let invalid = || {
            CommandError::usage(
                "invalid proxy URL: expected `http://HOST:PORT`, `https://HOST:PORT` or `socks5://HOST:PORT`",
            )
        };
        let parsed = Url::parse(url.trim()).map_err(|_| invalid())?;
        if !matches!(parsed.scheme(), "http" | "https" | "socks5" | "socks5h") || !parsed.has_host() {
            return Err(invalid());
        }
        self.proxy = Some(Proxy::all(parsed).map_err(|_| invalid())?);
        Ok(self)
    }

    /// Expects certificates for `name` in place of the host of the URL, and asks for it (SNI) in the handshake.
    ///
    /// # Errors
    /// When the name is not one of a host.
    pub(super) fn named(mut self, name: &str) -> Result<Self, CommandError> {
        let invalid =
            || CommandError::usage(format!("invalid `tls-server-name` `{name}`: expected a host name or an address"));
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| invalid())?;
        if self.url.scheme() != "https" {
            return Ok(self);
        }
        match server_name {
            // reqwest asks for the host of the URL: the URL gets the name, and the resolver the address.
            ServerName::DnsName(_) if !self.may_be_proxied() => {
                let mut alias = self.url.clone();
                alias.set_host(Some(name)).map_err(|_| invalid())?;
                self.alias = Some(alias);
            }
            _ => self.verifier = Arc::new(FixedName::new(self.verifier.clone(), server_name)),
        }
        Ok(self)
    }

    /// The base URL, without a slash at the end.
    pub(in crate::cli) fn base(&self) -> String {
        without_slash(&self.url)
    }

    /// The URL and the `Host` header of requests, where the certificate is for another name.
    pub(super) fn alias(&self) -> Option<ServerAlias> {
        let url = without_slash(self.alias.as_ref()?);
        let host = self.url.host_str()?;
        let host = self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(ServerAlias { url, host: HeaderValue::try_from(host).ok()? })
    }

    /// A new HTTP client, which presents `certificate`, follows no redirects and adds nothing of its own.
    ///
    /// # Errors
    /// When the certificate cannot be used.
    pub(in crate::cli) fn client(
        &self,
        certificate: Option<&ClientCertificate>,
    ) -> Result<reqwest::Client, CommandError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("isi-conformance/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(self.tls(certificate)?);
        match &self.proxy {
            Some(proxy) => builder = builder.proxy(proxy.clone()),
            None if is_loopback(&self.url) => builder = builder.no_proxy(),
            None => {}
        }
        if self.alias.is_some() {
            let host = self.url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            builder = builder.dns_resolver(Arc::new(AddressOf { host })).no_proxy();
        }
        builder.build().map_err(CommandError::harness)
    }

    fn tls(&self, certificate: Option<&ClientCertificate>) -> Result<ClientConfig, CommandError> {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(CommandError::harness)?
            .dangerous()
            .with_custom_certificate_verifier(self.verifier.clone());
        match certificate {
            None => Ok(builder.with_no_client_auth()),
            Some(ClientCertificate { chain, key }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(|error| unusable(&error))
            }
        }
    }

    fn may_be_proxied(&self) -> bool {
        let set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        self.proxy.is_some() || (!is_loopback(&self.url) && PROXY_VARIABLES.iter().any(set))
    }
}

/// Why a client certificate cannot be used.
fn unusable(error: &rustls::Error) -> CommandError {
    match error {
        rustls::Error::InconsistentKeys(_) => {
            CommandError::usage("the client certificate and the client key do not belong together")
        }
        _ => CommandError::usage("the client key is of a kind that is not supported")
            .hint("RSA, ECDSA with P-256 or P-384, and Ed25519 are supported"),
    }
}

fn parse(text: &str) -> Result<Url, CommandError> {
    let text = text.trim();
    let shown = without_secrets(text);
    let invalid = |why: &str| CommandError::usage(format!("invalid URL of an implementation `{shown}`: {why}"));
    let parsed = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        // `api.example:6443` parses as the scheme `api.example`.
        Ok(_) if text.contains("://") => return Err(invalid("the scheme is not supported").hint(EXPECTED_URL)),
        Err(error) if text.contains("://") => return Err(invalid(&error.to_string()).hint(EXPECTED_URL)),
        _ => return Err(invalid("there is no scheme").hint(format!("did you mean `https://{shown}`?"))),
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(invalid("it has credentials").hint("`--token` or `--kubeconfig` says who asks"));
    }
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(invalid("it has a query or a fragment").hint(EXPECTED_URL));
    }
    Ok(parsed)
}

/// The URL without what stands before an `@` or after a `?`.
fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.split_once("://") {
        Some((scheme, rest)) => match rest.split_once('@') {
            Some((_, rest)) => format!("{scheme}://…@{rest}"),
            None => text.to_owned(),
        },
        None => text.to_owned(),
    }
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Whether the host is this machine, which no proxy of the environment reaches.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_local = |name: &str| name == "localhost" || name.ends_with(".localhost");
    host.parse::<IpAddr>()
        .map_or_else(|_| is_local(host.trim_end_matches('.')), |address| address.to_canonical().is_loopback())
}

/// Resolves every name to the addresses of one host.
struct AddressOf {
    host: String,
}

impl Resolve for AddressOf {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.host.clone();
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::as_is("https://api.example:6443", "https://api.example:6443")]
    #[case::slash("https://api.example:6443/", "https://api.example:6443")]
    #[case::blanks(" https://api.example:6443\n", "https://api.example:6443")]
    #[case::path("https://proxy.example/k8s/clusters/one/", "https://proxy.example/k8s/clusters/one")]
    #[case::default_port("https://api.example:443", "https://api.example")]
    #[case::upper_case("HTTPS://API.example", "https://api.example")]
    #[case::ipv6("http://[::1]:8080", "http://[::1]:8080")]
    fn a_url_loses_what_it_does_not_need(#[case] text: &str, #[case] base: &str) {
        let authorities = Authorities::Only(Vec::new());
        assert_eq!(Transport::new(text, &authorities).map(|transport| transport.base()).ok().unwrap(), base);
    }

    #[rstest]
    #[case::no_scheme("api.example:6443")]
    #[case::no_scheme_no_port("api.example")]
    #[case::scheme("ftp://api.example")]
    #[case::no_host("https://")]
    #[case::port("https://api.example:99999")]
    #[case::credentials("https://robot:secret@api.example")]
    #[case::query("https://api.example/?token=secret")]
    #[case::empty("")]
    fn a_url_of_something_else_is_refused(#[case] text: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains("hint: "), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[rstest]
    #[case("http://127.0.0.1:1", true)]
    #[case("http://127.8.8.8", true)]
    #[case("http://localhost:1", true)]
    #[case("http://LOCALHOST.:1", true)]
    #[case("http://api.localhost:1", true)]
    #[case("http://[::1]:1", true)]
    #[case("http://[::ffff:127.0.0.1]:1", true)]
    #[case("http://128.0.0.1", false)]
    #[case("http://localhost.example", false)]
    fn this_machine_is_reached_without_a_proxy(#[case] url: &str, #[case] expected: bool) {
        assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected);
    }
}
