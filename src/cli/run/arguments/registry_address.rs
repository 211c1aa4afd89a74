//! How the implementation reaches the mock registries.

use std::{net::IpAddr, ops::RangeInclusive, path::PathBuf};

use clap::Args;

use crate::cli::host::is_label;

/// How the implementation reaches the mock registries.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Registry")]
pub struct RegistryAddressArguments {
    /// The name or address of this machine, for an implementation that is elsewhere.
    #[arg(long, value_name = "NAME", env = "ISI_REGISTRY_HOST", value_parser = registry_host)]
    pub registry_host: Option<String>,
    /// The folder with the certificate authority of the mock registry (created if missing), which the
    /// implementation has been told to trust.
    #[arg(long, value_name = "FOLDER", env = "ISI_REGISTRY_AUTHORITY")]
    pub registry_authority: Option<PathBuf>,
    /// The ports that the implementation can reach, one for each case that runs.
    #[arg(long, value_name = "A-B", env = "ISI_REGISTRY_PORTS", value_parser = ports, requires = "registry_host")]
    pub registry_ports: Option<RangeInclusive<u16>>,
}

/// A host name or an address: what stands before the colon of a registry in a reference.
fn registry_host(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected the host name or the address of this machine";
    let text = text.trim();
    if let Some((scheme, rest)) = text.split_once("://") {
        return Err(format!(
            "{EXPECTED}, without `{scheme}://`: `{}`",
            rest.split(['/', ':']).next().unwrap_or_default()
        ));
    }
    let address = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match address.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => {
            return Err(format!("{EXPECTED} that the implementation reaches; `{address}` is one to listen at"));
        }
        Ok(IpAddr::V6(address)) => return Ok(format!("[{address}]")),
        Ok(IpAddr::V4(address)) => return Ok(address.to_string()),
        Err(_) => {}
    }
    match text.rsplit_once(':') {
        Some((host, port)) if port.parse::<u16>().is_ok() => {
            Err(format!("{EXPECTED}, without a port: `{host}`; `--registry-ports {port}-{port}` names the port"))
        }
        _ if text.strip_suffix('.').unwrap_or(text).split('.').all(is_label) && text.len() <= 253 => {
            Ok(text.to_owned())
        }
        _ => Err(EXPECTED.to_owned()),
    }
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let expected = || "expected two ports, the first not above the second: 30000-30009".to_owned();
    let (first, last) = text.split_once('-').ok_or_else(expected)?;
    let first: u16 = first.parse().map_err(|_| expected())?;
    let last: u16 = last.parse().map_err(|_| expected())?;
    if first == 0 || first > last { Err(expected()) } else { Ok(first..=last) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("runner.example", Ok("runner.example"))]
    #[case::short_name("build-host-7", Ok("build-host-7"))]
    #[case::blanks(" runner.example\n", Ok("runner.example"))]
    #[case::address("192.0.2.7", Ok("192.0.2.7"))]
    #[case::ipv6("2001:db8::7", Ok("[2001:db8::7]"))]
    #[case::ipv6_in_brackets("[2001:db8::7]", Ok("[2001:db8::7]"))]
    #[case::scheme("http://runner.example", Err("without `http://`: `runner.example`"))]
    #[case::port("127.0.0.1:5000", Err("without a port: `127.0.0.1`"))]
    #[case::ipv6_port("[::1]:5000", Err("without a port: `[::1]`"))]
    #[case::path("runner.example/registry", Err("expected the host name"))]
    #[case::anywhere("0.0.0.0", Err("one to listen at"))]
    #[case::underscore("my_host", Err("expected the host name"))]
    #[case::empty("", Err("expected the host name"))]
    fn a_registry_host_is_a_name_or_an_address(#[case] text: &str, #[case] expected: Result<&str, &str>) {
        match (registry_host(text), expected) {
            (Ok(host), Ok(expected)) => assert_eq!(host, expected),
            (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }
}
