//! Where mock registries listen, and how the implementation reaches them.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hands out an address for every mock registry of a run.
#[derive(Debug, Clone)]
pub struct Ports {
    host: Option<String>,
    pool: Option<Arc<Pool>>,
}

#[derive(Debug)]
struct Pool {
    free: Mutex<Vec<u16>>,
    permits: Arc<Semaphore>,
}

/// An address taken for one registry.
#[derive(Debug)]
pub struct RegistrySocket {
    /// The socket, listening already, so that no connection is refused.
    pub listener: TcpListener,
    /// Host and port, as the implementation reaches them.
    pub address: String,
    /// What gives the port back when dropped.
    pub lease: Option<Lease>,
}

/// A port of a range; it goes back when dropped.
#[derive(Debug)]
pub struct Lease {
    port: u16,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.port);
    }
}

impl Ports {
    /// Free ports of the loopback interface, for an implementation on this machine.
    #[must_use]
    pub const fn loopback() -> Self {
        Self { host: None, pool: None }
    }

    /// All interfaces of this machine, which the implementation reaches as `host`; any free port, or one of `range`.
    #[must_use]
    pub fn of_host(host: String, range: Option<RangeInclusive<u16>>) -> Self {
        let pool = range.map(|range| {
            let free: Vec<u16> = range.rev().collect();
            let permits = Arc::new(Semaphore::new(free.len()));
            Arc::new(Pool { free: Mutex::new(free), permits })
        });
        Self { host: Some(host), pool }
    }

    /// Takes an address, waiting for one to come free where there is a range.
    ///
    /// # Errors
    /// When the port cannot be listened on.
    pub async fn take(&self) -> io::Result<RegistrySocket> {
        let lease = match &self.pool {
            None => None,
            Some(pool) => {
                let permit = pool.permits.clone().acquire_owned().await.map_err(io::Error::other)?;
                let port = pool.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let port =
                    port.ok_or_else(|| io::Error::other("there are fewer registry ports than permits for them"))?;
                Some(Lease { port, pool: pool.clone(), _permit: permit })
            }
        };
        let port = lease.as_ref().map_or(0, |lease| lease.port);
        let listener = match &self.host {
            None => TcpListener::bind((Ipv4Addr::LOCALHOST, port)),
            Some(_) => listen_everywhere(port),
        }
        .map_err(|error| io::Error::new(error.kind(), format!("registry port {port}: {error}")))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let address = match &self.host {
            None => format!("127.0.0.1:{port}"),
            Some(host) => format!("{host}:{port}"),
        };
        Ok(RegistrySocket { listener, address, lease })
    }
}

/// IPv6 sockets take IPv4 connections too; where there is no IPv6, IPv4 has to do.
fn listen_everywhere(port: u16) -> io::Result<TcpListener> {
    let any = |address: IpAddr| TcpListener::bind(SocketAddr::new(address, port));
    any(Ipv6Addr::UNSPECIFIED.into()).or_else(|_| any(Ipv4Addr::UNSPECIFIED.into()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_range_is_never_exceeded_and_its_ports_come_back() {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = probe.local_addr().unwrap().port();
        drop(probe);
        let ports = Ports::of_host("registry.example".to_owned(), Some(port..=port));
        let first = ports.take().await.unwrap();
        assert_eq!(first.address, format!("registry.example:{port}"));
        let second = ports.take();
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        assert_eq!(second.await.unwrap().address, format!("registry.example:{port}"));
    }
}
