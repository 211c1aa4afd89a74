//! The two names of the loopback, by which one registry plays two hosts.

/// The same host (with port) by the other name of the loopback: `localhost` for `127.0.0.1` and the reverse. Clients take it
/// for another host and leave their credentials behind. A host with a name of its own has no other.
#[must_use]
pub fn elsewhere(host: &str) -> String {
    let names = [("127.0.0.1", "localhost"), ("localhost", "127.0.0.1")];
    let other = names.into_iter().find_map(|(name, other)| {
        let port = host.strip_prefix(name).filter(|port| port.is_empty() || port.starts_with(':'))?;
        Some(format!("{other}{port}"))
    });
    other.unwrap_or_else(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:5000", "localhost:5000")]
    #[case("localhost", "127.0.0.1")]
    #[case("registry.test:5000", "registry.test:5000")]
    #[case("localhost.example:5000", "localhost.example:5000")]
    fn the_loopback_has_two_names(#[case] host: &str, #[case] expected: &str) {
        assert_eq!(elsewhere(host), expected);
    }
}
