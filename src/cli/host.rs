//! Hosts on command lines.

use std::net::Ipv6Addr;

use http::uri::Authority;

/// A host name or an address, with or without a port, as it stands in `Host` headers.
///
/// # Errors
/// When the text is something else, such as a URL.
pub(super) fn host_and_port(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected a host name or an address, with or without a port";
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split('/').next().unwrap_or_default();
        return Err(format!(
            "{EXPECTED}, and without `{scheme}://`: `{host}`; behind a proxy with TLS, `--behind-proxy` takes the scheme \
             that clients use"
        ));
    }
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(format!("[{address}]"));
    }
    let is_host = |authority: &Authority| {
        let host = authority.host();
        let port = text.strip_prefix(host).map(|rest| rest.strip_prefix(':').map(str::parse::<u16>));
        !host.is_empty() && matches!(port, Some(None | Some(Ok(_)))) && (text == host || authority.port_u16().is_some())
    };
    match text.parse::<Authority>() {
        Ok(authority) if is_host(&authority) => Ok(text.to_owned()),
        _ => Err(EXPECTED.to_owned()),
    }
}

/// What a label of a host name can have, as Docker's references do.
pub(super) fn is_label(label: &str) -> bool {
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("reg.example.com", Ok("reg.example.com"))]
    #[case::port("reg.example.com:5000", Ok("reg.example.com:5000"))]
    #[case::address("192.0.2.7:5000", Ok("192.0.2.7:5000"))]
    #[case::ipv6("2001:db8::7", Ok("[2001:db8::7]"))]
    #[case::ipv6_with_port("[2001:db8::7]:5000", Ok("[2001:db8::7]:5000"))]
    #[case::blanks(" reg.example.com\n", Ok("reg.example.com"))]
    #[case::scheme("https://reg.example.com:5000/v2", Err("without `https://`: `reg.example.com:5000`"))]
    #[case::path("reg.example.com/team", Err("expected a host name"))]
    #[case::user("robot@reg.example.com", Err("expected a host name"))]
    #[case::no_port("reg.example.com:https", Err("expected a host name"))]
    #[case::large_port("reg.example.com:99999", Err("expected a host name"))]
    #[case::port_alone(":5000", Err("expected a host name"))]
    #[case::empty("", Err("expected a host name"))]
    fn a_host_has_no_scheme_and_no_path(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        match (host_and_port(text), expected) {
            (Ok(host), Ok(expected)) => assert_eq!(host, expected),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }
}
