//! Which endpoint a path names (distribution specification, section "Endpoints").

use std::borrow::Cow;

use http::Method;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use crate::fixture::policy::TokenPath;

/// An endpoint, with the variable parts of its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    /// `/v2/`
    Ping,
    /// `/v2/_catalog`
    Catalog,
    /// The token endpoint, `/token` unless a quirk has it elsewhere.
    Token,
    /// `/_storage/<name>/<digest>`: where blobs are redirected to.
    Storage(&'a str, &'a str),
    /// `/lookaside/<path>`: the folder with signatures.
    Lookaside(Cow<'a, str>),
    /// An endpoint of a repository whose name is well-formed.
    Repository(Cow<'a, str>, Endpoint<'a>),
    /// An endpoint of a repository whose name is malformed.
    InvalidName(Cow<'a, str>),
    /// Nothing of the specification.
    Unknown,
}

/// An endpoint of one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint<'a> {
    /// `manifests/<tag or digest>`
    Manifest(Cow<'a, str>),
    /// `blobs/<digest>`
    Blob(Cow<'a, str>),
    /// `tags/list`
    Tags,
    /// `blobs/uploads/`
    Uploads,
    /// `blobs/uploads/<id>`
    Upload(&'a str),
    /// `referrers/<digest>`
    Referrers(Cow<'a, str>),
    /// `/extensions/v2/<name>/signatures/<digest>`
    Signatures(Cow<'a, str>),
}

/// An endpoint of a registry, without the variable parts of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EndpointKind {
    /// `/v2/`
    Ping,
    /// `/v2/_catalog`
    Catalog,
    /// The token endpoint.
    Token,
    /// Where blobs are redirected to.
    Storage,
    /// The folder with signatures.
    Lookaside,
    /// `/v2/<name>/manifests/<reference>`
    Manifest,
    /// `/v2/<name>/blobs/<digest>`
    Blob,
    /// `/v2/<name>/tags/list`
    Tags,
    /// `/v2/<name>/blobs/uploads/`
    Uploads,
    /// `/v2/<name>/blobs/uploads/<id>`
    Upload,
    /// `/v2/<name>/referrers/<digest>`
    Referrers,
    /// `/extensions/v2/<name>/signatures/<digest>`
    Signatures,
}

impl<'a> Route<'a> {
    /// The endpoint that `path` names, where tokens are given at `tokens`. The name of a repository may hold slashes, so it
    /// is read from the end.
    pub(crate) fn of(path: &'a str, tokens: TokenPath) -> Self {
        match path {
            "/v2/" | "/v2" => return Self::Ping,
            "/v2/_catalog" => return Self::Catalog,
            path if tokens.is(path) => return Self::Token,
            _ => {}
        }
        let endpoint = if let Some(rest) = path.strip_prefix("/v2/") {
            Endpoint::split(rest)
        } else if let Some(rest) = path.strip_prefix("/extensions/v2/") {
            Endpoint::split_extension(rest)
        } else if let Some(rest) = path.strip_prefix("/lookaside/") {
            return percent_decode_str(rest).decode_utf8().map_or(Self::Unknown, Self::Lookaside);
        } else {
            let stored = path.strip_prefix("/_storage/").and_then(|rest| rest.rsplit_once('/'));
            return stored.map_or(Self::Unknown, |(name, digest)| Self::Storage(name, digest));
        };
        // Some clients write the slashes of a name as `%2F`, and servers that decode paths take them (distribution 2.8.2 does).
        let named = endpoint.and_then(|(name, endpoint)| Some((decoded(name)?, endpoint)));
        let Some((name, endpoint)) = named else { return Self::Unknown };
        if is_repository_name(&name) { Self::Repository(name, endpoint) } else { Self::InvalidName(name) }
    }

    /// The methods of the endpoint.
    pub(crate) const fn methods(&self) -> &'static [Method] {
        const READ: &[Method] = &[Method::GET, Method::HEAD];
        match self {
            Self::Token => &[Method::GET, Method::HEAD, Method::POST],
            Self::Ping | Self::Catalog | Self::Storage(..) | Self::Lookaside(_) => READ,
            Self::Repository(_, endpoint) => match endpoint {
                Endpoint::Manifest(_) => &[Method::GET, Method::HEAD, Method::PUT, Method::DELETE],
                Endpoint::Blob(_) => &[Method::GET, Method::HEAD, Method::DELETE],
                Endpoint::Tags | Endpoint::Referrers(_) => READ,
                Endpoint::Uploads => &[Method::POST],
                Endpoint::Upload(_) => &[Method::GET, Method::HEAD, Method::PATCH, Method::PUT, Method::DELETE],
                Endpoint::Signatures(_) => &[Method::GET, Method::HEAD, Method::PUT],
            },
            Self::InvalidName(_) | Self::Unknown => &[],
        }
    }

    /// Whether the endpoint answers this method other than with 405. A malformed name is answered
    /// whatever the method.
    pub(crate) fn takes(&self, method: &Method) -> bool {
        matches!(self, Self::InvalidName(_)) || self.methods().contains(method)
    }

    /// The endpoint without the variable parts of its path, if it is one.
    pub(crate) const fn kind(&self) -> Option<EndpointKind> {
        Some(match self {
            Self::Ping => EndpointKind::Ping,
            Self::Catalog => EndpointKind::Catalog,
            Self::Token => EndpointKind::Token,
            Self::Storage(..) => EndpointKind::Storage,
            Self::Lookaside(_) => EndpointKind::Lookaside,
            Self::Repository(_, endpoint) => match endpoint {
                Endpoint::Manifest(_) => EndpointKind::Manifest,
                Endpoint::Blob(_) => EndpointKind::Blob,
                Endpoint::Tags => EndpointKind::Tags,
                Endpoint::Uploads => EndpointKind::Uploads,
                Endpoint::Upload(_) => EndpointKind::Upload,
                Endpoint::Referrers(_) => EndpointKind::Referrers,
                Endpoint::Signatures(_) => EndpointKind::Signatures,
            },
            Self::InvalidName(_) | Self::Unknown => return None,
        })
    }

    /// The repository that the endpoint belongs to, if its name is well-formed.
    pub(crate) fn repository(&self) -> Option<&str> {
        match self {
            Self::Repository(name, _) => Some(name),
            _ => None,
        }
    }
}

impl<'a> Endpoint<'a> {
    fn split(path: &'a str) -> Option<(&'a str, Self)> {
        let (start, last) = path.rsplit_once('/')?;
        let (name, kind) = start.rsplit_once('/')?;
        let endpoint = match (kind, last) {
            ("manifests", reference) => Self::Manifest(decoded(reference)?),
            ("blobs", "uploads") => Self::Uploads,
            ("blobs", digest) => Self::Blob(decoded(digest)?),
            ("tags", "list") => Self::Tags,
            ("referrers", digest) => Self::Referrers(decoded(digest)?),
            ("uploads", id) => {
                let name = name.strip_suffix("/blobs")?;
                return Some((name, if id.is_empty() { Self::Uploads } else { Self::Upload(id) }));
            }
            _ => return None,
        };
        Some((name, endpoint))
    }

    fn split_extension(path: &'a str) -> Option<(&'a str, Self)> {
        let (start, digest) = path.rsplit_once('/')?;
        let digest = decoded(digest)?;
        Some((start.strip_suffix("/signatures")?, Self::Signatures(digest)))
    }
}

/// A part of a path without percent-encoding; none if that is no text.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    // Most parts are not encoded, and finding that out takes less than decoding them.
    if part.contains('%') { percent_decode_str(part).decode_utf8().ok() } else { Some(part.into()) }
}

/// Whether `name` has the form of a repository name (distribution specification, section "Pulling manifests"), at most
/// 255 characters long.
pub(crate) fn is_repository_name(name: &str) -> bool {
    let is_alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    // Words, and what stands between them: a separator, or the slash between two components.
    let mut rest = name.as_bytes();
    loop {
        let word = rest.iter().take_while(|byte| is_alphanumeric(**byte)).count();
        if word == 0 {
            return false;
        }
        rest = &rest[word..];
        let between = rest.iter().take_while(|byte| !is_alphanumeric(**byte)).count();
        match &rest[..between] {
            [] => return name.len() <= 255,
            b"/" | b"." | b"_" | b"__" => {}
            dashes if dashes.iter().all(|byte| *byte == b'-') => {}
            _ => return false,
        }
        rest = &rest[between..];
    }
}

/// Whether `tag` has the form of a tag: at most 128 characters, none that has a meaning in a reference.
pub(crate) fn is_tag(tag: &str) -> bool {
    tag.len() <= 128
        && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
        && tag.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("/v2/", Route::Ping)]
    #[case("/v2/app/tags/list", Route::Repository("app".into(), Endpoint::Tags))]
    #[case("/v2/a/b/c/manifests/v1", Route::Repository("a/b/c".into(), Endpoint::Manifest("v1".into())))]
    #[case("/v2/app/manifests/sha256%3Aabc", Route::Repository("app".into(), Endpoint::Manifest("sha256:abc".into())))]
    #[case("/v2/manifests/manifests/blobs", Route::Repository("manifests".into(), Endpoint::Manifest("blobs".into())))]
    #[case("/v2/App/blobs/sha256:abc", Route::InvalidName("App".into()))]
    #[case("/v2/../etc/tags/list", Route::InvalidName("../etc".into()))]
    #[case("/v2/app/blobs/uploads/", Route::Repository("app".into(), Endpoint::Uploads))]
    #[case("/v2/app/blobs/uploads", Route::Repository("app".into(), Endpoint::Uploads))]
    #[case("/v2/app/blobs/uploads/1-2", Route::Repository("app".into(), Endpoint::Upload("1-2")))]
    #[case("/v2/app/referrers/sha256:abc", Route::Repository("app".into(), Endpoint::Referrers("sha256:abc".into())))]
    #[case("/extensions/v2/a/b/signatures/sha256:abc", Route::Repository("a/b".into(), Endpoint::Signatures("sha256:abc".into())))]
    #[case("/lookaside/a/b@sha256=abc/signature-1", Route::Lookaside("a/b@sha256=abc/signature-1".into()))]
    #[case("/lookaside/a%40sha256%3Dabc/signature-1", Route::Lookaside("a@sha256=abc/signature-1".into()))]
    #[case("/v2/a%2Fb/tags/list", Route::Repository("a/b".into(), Endpoint::Tags))]
    #[case("/v2/a%2fb%2F../tags/list", Route::InvalidName("a/b/..".into()))]
    #[case("/v2/%ff/tags/list", Route::Unknown)]
    #[case("/v2/app/nothing/v1", Route::Unknown)]
    #[case("/favicon.ico", Route::Unknown)]
    fn names_the_endpoint(#[case] path: &str, #[case] expected: Route<'_>) {
        assert_eq!(Route::of(path, TokenPath::At("/token")), expected);
    }

    #[rstest]
    #[case("a", true)]
    #[case("a/b-c/d__e/f.g", true)]
    #[case("a---b", true)]
    #[case("a..b", false)]
    #[case("a___b", false)]
    #[case("-a", false)]
    #[case("a-", false)]
    #[case("a//b", false)]
    #[case("", false)]
    fn a_name_is_words_between_separators(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_repository_name(name), expected);
    }

    proptest! {
        #[test]
        fn any_path_has_a_route_and_only_well_formed_names_pass(path in "/v2/[ -~]{0,40}") {
            if let Route::Repository(name, _) = Route::of(&path, TokenPath::At("/token")) {
                prop_assert!(is_repository_name(&name) && !name.contains(".."));
            }
        }
    }
}
