//! Which hosts a server knows.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The hosts that registries may be on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Reach {
    /// All that the machine can look up.
    #[default]
    Anywhere,
    /// `localhost`, and these names as the machine looks them up. Every other name has no address, so that what a server
    /// answers does not depend on the network that it happens to be in.
    Hosts(Vec<String>),
}

impl Reach {
    /// What looks up names for an HTTP client; none for what the client does by itself.
    pub(super) fn resolver(&self) -> Option<Arc<dyn Resolve>> {
        match self {
            Self::Anywhere => None,
            Self::Hosts(hosts) => Some(Arc::new(Hosts(hosts.clone()))),
        }
    }
}

#[derive(Debug)]
struct Hosts(Vec<String>);

impl Resolve for Hosts {
    fn resolve(&self, name: Name) -> Resolving {
        let is_known = self.0.iter().any(|known| known == name.as_str());
        Box::pin(async move {
            if name.as_str() == "localhost" {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(address)) as Addrs);
            }
            if !is_known {
                return Err("no such host".into());
            }
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
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
    #[case("localhost", true)]
    #[case("registry-1.docker.io", false)]
    #[tokio::test]
    async fn only_hosts_that_are_named_have_an_address(#[case] name: &str, #[case] expected: bool) {
        let resolver = Reach::Hosts(Vec::new()).resolver().unwrap();
        assert_eq!(resolver.resolve(name.parse().unwrap()).await.is_ok(), expected);
    }
}
