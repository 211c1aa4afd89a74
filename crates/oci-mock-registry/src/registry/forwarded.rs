//! What a proxy says about the request that it passes on: `Forwarded` (RFC 7239), or `X-Forwarded-Proto` and
//! `X-Forwarded-Host`, which count where `Forwarded` is absent, as in distribution.

use std::borrow::Cow;

use http::{
    HeaderMap,
    header::{FORWARDED, HeaderName},
    uri::Authority,
};

const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// Scheme and host by which a client reached the first proxy, as far as they are given and valid.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded<'a> {
    pub(crate) scheme: Option<&'static str>,
    pub(crate) host: Option<Cow<'a, str>>,
}

impl<'a> Forwarded<'a> {
    /// Reads the headers. Each proxy adds an element behind those of the proxies before it, so the first one is the client's.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let first = |name: HeaderName| {
            let value = headers.get(name)?.to_str().ok()?;
            elements(value, ',').next()
        };
        let Some(element) = first(FORWARDED) else {
            return Self {
                scheme: first(PROTO).and_then(scheme),
                host: first(HOST).map(Cow::Borrowed).filter(|host| is_host(host)),
            };
        };
        let parameter = |name: &str| {
            let mut pairs = elements(element, ';').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| unquoted(value.trim()))
        };
        Self {
            scheme: parameter("proto").and_then(|proto| scheme(&proto)),
            host: parameter("host").filter(|host| is_host(host)),
        }
    }
}

/// The parts of a value between separators that stand outside quotation marks.
fn elements(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    value
        .split(move |character| {
            let separates = character == separator && !quoted;
            quoted ^= character == '"' && !escaped;
            escaped = quoted && character == '\\' && !escaped;
            separates
        })
        .map(str::trim)
}

/// The text of a token or a quoted string (RFC 9110, section 5.6.4).
fn unquoted(value: &str) -> Cow<'_, str> {
    let Some(inside) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return value.into() };
    if !inside.contains('\\') {
        return inside.into();
    }
    let mut characters = inside.chars();
    let mut text = String::with_capacity(inside.len());
    while let Some(character) = characters.next() {
        text.extend(if character == '\\' { characters.next() } else { Some(character) });
    }
    text.into()
}

fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// Whether the text is a host with or without a port, so that it can stand in a URL.
fn is_host(text: &str) -> bool {
    !text.contains('@') && text.parse::<Authority>().is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use http::HeaderValue;
    use rstest::rstest;

    use super::*;

    // The examples of RFC 7239, section 4, and what it allows besides.
    #[rstest]
    #[case("for=192.0.2.60;proto=http;by=203.0.113.43", Some("http"), None)]
    #[case("For=\"[2001:db8:cafe::17]:4711\"", None, None)]
    #[case("for=192.0.2.43, for=198.51.100.17;proto=https;host=later.example", None, None)]
    #[case("Proto=HTTPS;Host=\"registry.example:8443\"", Some("https"), Some("registry.example:8443"))]
    #[case("for=\"a,b;c\\\"d\" ; host=registry.example", None, Some("registry.example"))]
    #[case("host=\"registry\\.example\"", None, Some("registry.example"))]
    #[case("proto=ftp;host=\"user@evil.example\"", None, None)]
    #[case("proto=https;host=\"a b\"", Some("https"), None)]
    fn forwarded_is_read_as_rfc_7239_says(
        #[case] value: &str,
        #[case] scheme: Option<&str>,
        #[case] host: Option<&str>,
    ) {
        let headers = HeaderMap::from_iter([
            (FORWARDED, HeaderValue::try_from(value).unwrap()),
            (PROTO, HeaderValue::from_static("http")),
            (HOST, HeaderValue::from_static("ignored.example")),
        ]);
        let found = Forwarded::of(&headers);
        assert_eq!((found.scheme, found.host.as_deref()), (scheme, host));
    }

    #[test]
    fn the_first_proxy_counts() {
        let headers = HeaderMap::from_iter([
            (PROTO, HeaderValue::from_static("https, http")),
            (HOST, HeaderValue::from_static("registry.example, inner.example")),
        ]);
        let expected = Forwarded { scheme: Some("https"), host: Some("registry.example".into()) };
        assert_eq!(Forwarded::of(&headers), expected);
    }
}
