//! Which hosts a server knows.

use std::net::{Ipv4Addr, SocketAddr};

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
    /// The resolver of host names for an HTTP client.
    pub(super) fn resolver(&self) -> Resolver {
        Resolver(self.clone())
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Anywhere => true,
            Self::Hosts(hosts) => hosts.iter().any(|known| known == host),
        }
    }
}

/// A host name has no address.
#[derive(Debug, thiserror::Error)]
#[error("no such host")]
pub(super) struct UnknownHost;

/// Resolves the host names within reach.
#[derive(Debug)]
pub(super) struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed = self.0.allows(name.as_str());
        let is_local = self.0 != Reach::Anywhere && name.as_str() == "localhost";
        Box::pin(async move {
            if is_local {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
                return Ok(Box::new(std::iter::once(address)) as Addrs);
            }
            if !is_allowed {
                return Err(UnknownHost.into());
            }
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| UnknownHost)?;
            let addresses: Vec<SocketAddr> = found.collect();
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
        let resolver = Reach::Hosts(Vec::new()).resolver();
        assert_eq!(resolver.resolve(name.parse().unwrap()).await.is_ok(), expected);
    }
}
