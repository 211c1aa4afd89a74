//! Addresses to listen on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Reads an address to listen on.
///
/// # Errors
/// When the text is no IP address with a port.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    const EXPECTED: &str = "expected an IP address and a port, such as `127.0.0.1:5000`, or port 0 for a free one";
    text.parse().map_err(|_| match near(text) {
        Some(near) => format!("{EXPECTED}; did you mean `{near}`?"),
        None => EXPECTED.to_owned(),
    })
}

/// What other programs take for an address: a port alone, an address alone, and the name of this machine.
fn near(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 0));
    }
    let port = text.strip_prefix("localhost").unwrap_or(text);
    let port = port.strip_prefix(':').unwrap_or(port);
    port.parse().ok().map(|port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port))
}

/// What to do where `address`, which `option` says, cannot be listened on.
#[must_use]
pub(super) fn hint(address: SocketAddr, option: &str) -> String {
    match crate::registry::who_listens_on(address) {
        Some(process) => format!("the port is held by {process}; choose another with `{option}`"),
        None => format!("choose another address with `{option}`, or a free port with `{option} 127.0.0.1:0`"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:5000", "; did you mean `127.0.0.1:5000`?")]
    #[case(":5000", "; did you mean `127.0.0.1:5000`?")]
    #[case("5000", "; did you mean `127.0.0.1:5000`?")]
    #[case("0.0.0.0", "; did you mean `0.0.0.0:0`?")]
    #[case("::1", "; did you mean `[::1]:0`?")]
    #[case("127.0.0.1:99999", "or port 0 for a free one")]
    #[case("registry.example:5000", "or port 0 for a free one")]
    fn what_is_no_address_is_told_with_what_is(#[case] text: &str, #[case] end: &str) {
        let error = address(text).unwrap_err();
        assert!(error.starts_with("expected an IP address and a port") && error.ends_with(end), "{error}");
    }
}
