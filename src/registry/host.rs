//! The two names of the loopback, by which one registry plays two hosts.

/// The same URL with the other name of the loopback: `localhost` for `127.0.0.1` and the reverse. Clients take it for
/// another host and leave their credentials behind. A registry with a name of its own has no other.
pub(crate) fn other_name(url: &str) -> String {
    if url.contains("//127.0.0.1") {
        url.replacen("//127.0.0.1", "//localhost", 1)
    } else {
        url.replacen("//localhost", "//127.0.0.1", 1)
    }
}
