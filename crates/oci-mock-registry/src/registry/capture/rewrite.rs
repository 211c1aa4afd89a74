//! The hosts of an upstream registry: its own, and those that its answers name. Clients reach all of them through the
//! capturing registry, and logs name none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{
    ELSEWHERE, key,
    placeholder::{ELSEWHERE_URL, HOST, URL},
    secrets::replace_word,
};

/// Scheme and host, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    scheme: String,
    authority: String,
}

/// The host that a path of the capturing registry leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Upstream,
    /// Another host, by its place.
    Elsewhere(usize),
}

/// A host that the upstream registry has named.
#[derive(Debug)]
struct NamedHost {
    base: Base,
    /// Whether it gives tokens, and needs the credentials of clients.
    gives_tokens: bool,
}

#[derive(Debug)]
pub(super) struct Hosts {
    upstream: Base,
    named: Mutex<Vec<NamedHost>>,
}

impl Base {
    /// Reads the start of an absolute URL of HTTP; a user and a password are left out.
    pub(super) fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next()?;
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
        let default_port = match scheme.as_str() {
            "http" => ":80",
            "https" => ":443",
            _ => return None,
        };
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority).to_owned();
        (!authority.is_empty()).then_some(Self { scheme, authority })
    }

    pub(super) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.authority)
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }
}

/// Characters that end the host of a URL in the value of a header.
fn ends_host(character: char) -> bool {
    character.is_whitespace() || matches!(character, '/' | '?' | '#' | '"' | '\'' | ',' | ';' | '<' | '>' | '\\')
}

/// Where the next absolute URL of HTTP begins.
fn next_url(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    [lower.find("http://"), lower.find("https://")].into_iter().flatten().min()
}

impl Hosts {
    pub(super) fn new(upstream: Base) -> Self {
        Self { upstream, named: Mutex::default() }
    }

    fn named(&self) -> MutexGuard<'_, Vec<NamedHost>> {
        self.named.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn upstream(&self) -> &Base {
        &self.upstream
    }

    /// The host that a path leads to, and the path there; none if no host has the number.
    pub(super) fn target<'a>(&self, path: &'a str) -> Option<(Target, Base, &'a str)> {
        let Some(rest) = path.strip_prefix(ELSEWHERE) else {
            return Some((Target::Upstream, self.upstream.clone(), path));
        };
        let (number, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let place = number.parse::<usize>().ok()?.checked_sub(1)?;
        let base = self.named().get(place)?.base.clone();
        Some((Target::Elsewhere(place), base, if path.is_empty() { "/" } else { path }))
    }

    /// Whether the host takes the credentials of clients.
    pub(super) fn gives_tokens(&self, target: Target) -> bool {
        match target {
            Target::Upstream => true,
            Target::Elsewhere(place) => self.named().get(place).is_some_and(|named| named.gives_tokens),
        }
    }

    /// The placeholder of a host. One that was not named yet gets the next number.
    fn placeholder(&self, base: Base, gives_tokens: bool) -> String {
        if base == self.upstream {
            return URL.to_owned();
        }
        let mut named = self.named();
        let known = named.iter().position(|known| known.base == base);
        let place = known.unwrap_or(named.len());
        match named.get_mut(place) {
            Some(known) => known.gives_tokens |= gives_tokens,
            None => named.push(NamedHost { base, gives_tokens }),
        }
        format!("{ELSEWHERE_URL}{ELSEWHERE}{}", place + 1)
    }

    /// The value of a header that names URLs, with placeholders in place of hosts. A challenge names token servers.
    pub(super) fn in_header(&self, value: &str, from: Target, is_challenge: bool) -> String {
        // A URL without a scheme has that of the host that answers (RFC 3986, section 4.2).
        let with_scheme = value.starts_with("//").then(|| format!("{}:{value}", self.scheme_of(from)));
        let value = with_scheme.as_deref().unwrap_or(value);
        let replaced = self.with_placeholders(value, |base| Some(self.placeholder(base, is_challenge)));
        match from {
            // A path is one of the host that answers.
            Target::Elsewhere(place) if replaced.starts_with('/') => {
                format!("{ELSEWHERE_URL}{ELSEWHERE}{}{replaced}", place + 1)
            }
            _ => self.without_host(&replaced),
        }
    }

    fn scheme_of(&self, target: Target) -> String {
        match target {
            Target::Upstream => self.upstream.scheme.clone(),
            Target::Elsewhere(place) => {
                self.named().get(place).map_or_else(|| self.upstream.scheme.clone(), |named| named.base.scheme.clone())
            }
        }
    }

    /// A text that speaks of the upstream registry, with placeholders in place of its host.
    pub(super) fn in_text(&self, text: &str) -> String {
        let own = |base: Base| (base == self.upstream).then(|| URL.to_owned());
        self.without_host(&self.with_placeholders(text, own))
    }

    fn with_placeholders(&self, text: &str, placeholder: impl Fn(Base) -> Option<String>) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = next_url(rest) {
            let (before, url) = rest.split_at(start);
            let host = url.find("://").map_or(url.len(), |scheme| scheme + 3);
            let end = url[host..].find(ends_host).map_or(url.len(), |end| host + end);
            replaced.push_str(before);
            match Base::of(&url[..end]).and_then(&placeholder) {
                Some(placeholder) => replaced.push_str(&placeholder),
                None => replaced.push_str(&url[..end]),
            }
            rest = &url[end..];
        }
        replaced + rest
    }

    /// A text without the name of the host. A name of one word is left where no URL has it: it may be any word.
    fn without_host(&self, text: &str) -> String {
        let authority = &self.upstream.authority;
        if !authority.contains(['.', ':']) || !text.contains(authority) {
            return text.to_owned();
        }
        replace_word(text, authority, HOST)
    }
}

/// A URL in the value of a header, without the credentials of its query.
pub(super) fn without_signature(value: &str, host: &str) -> String {
    let Some((start, rest)) = value.split_once('?') else { return value.to_owned() };
    let end = rest.find(['>', '"', '#', ' ']).unwrap_or(rest.len());
    let path = start.find(ELSEWHERE_URL).map_or(start, |place| &start[place + ELSEWHERE_URL.len()..]);
    let query = key::without_secrets(path, &rest[..end], host);
    format!("{start}?{query}{}", &rest[end..])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn hosts() -> Hosts {
        Hosts::new(Base::of("https://Registry.example:443/").unwrap())
    }

    #[rstest]
    #[case("/v2/a/blobs/uploads/1", "/v2/a/blobs/uploads/1")]
    #[case("https://registry.example/v2/a?n=1", "{{url}}/v2/a?n=1")]
    #[case("</v2/_catalog?n=1>; rel=\"next\"", "</v2/_catalog?n=1>; rel=\"next\"")]
    #[case("<https://registry.example/v2/_catalog?n=1>; rel=\"next\"", "<{{url}}/v2/_catalog?n=1>; rel=\"next\"")]
    #[case("https://store.example/b?Signature=1", "{{elsewhere}}/elsewhere/1/b?Signature=1")]
    #[case(
        "Bearer realm=\"https://auth.example/token\",service=\"registry.example\"",
        "Bearer realm=\"{{elsewhere}}/elsewhere/1/token\",service=\"{{host}}\""
    )]
    #[case("http://user:secret@store.example:80/", "{{elsewhere}}/elsewhere/1/")]
    #[case("//store.example/b", "{{elsewhere}}/elsewhere/1/b")]
    #[case("//registry.example/v2/a", "{{url}}/v2/a")]
    fn hosts_become_placeholders(#[case] value: &str, #[case] expected: &str) {
        assert_eq!(hosts().in_header(value, Target::Upstream, false), expected);
    }

    #[test]
    fn another_host_keeps_its_number() {
        let hosts = hosts();
        for url in ["https://a.example/1", "http://a.example/1", "https://a.example/2"] {
            hosts.in_header(url, Target::Upstream, false);
        }
        let (target, base, path) = hosts.target("/elsewhere/2/b/c").unwrap();
        assert_eq!((target, base.url().as_str(), path), (Target::Elsewhere(1), "http://a.example", "/b/c"));
        assert_eq!(hosts.in_header("/next", target, false), "{{elsewhere}}/elsewhere/2/next");
        assert!(hosts.target("/elsewhere/3/b").is_none() && hosts.target("/elsewhere/0/b").is_none());
    }

    #[rstest]
    #[case(
        "{{elsewhere}}/elsewhere/1/b?X-Amz-Signature=1&n=2",
        "{{elsewhere}}/elsewhere/1/b?X-Amz-Signature=redacted&n=2"
    )]
    #[case("</v2/a/tags/list?n=1&last=b>; rel=\"next\"", "</v2/a/tags/list?n=1&last=b>; rel=\"next\"")]
    fn signatures_are_not_part_of_what_is_kept(#[case] value: &str, #[case] expected: &str) {
        assert_eq!(without_signature(value, "a:1"), expected);
    }

    #[test]
    fn a_host_is_found_in_texts() {
        let text = "no access to registry.example, not even https://registry.example/v2/ of my.registry.example";
        let expected = "no access to {{host}}, not even {{url}}/v2/ of my.registry.example";
        assert_eq!(hosts().in_text(text), expected);
    }
}
