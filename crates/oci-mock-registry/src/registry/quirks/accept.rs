//! What a client accepts (RFC 9110, section 12.5.1), as registries read it: types by name, qualities ignored.

use http::{header::ACCEPT, request::Parts};

use oci_types::media_type::MANIFESTS;

/// The types that a client names, without their parameters.
fn types(request: &Parts) -> impl Iterator<Item = &str> {
    let values = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).filter_map(|accepted| accepted.split(';').next()).map(str::trim)
}

/// Whether the client names this type; `*/*` names none.
pub(super) fn names(request: &Parts, media_type: &str) -> bool {
    types(request).any(|accepted| accepted.eq_ignore_ascii_case(media_type))
}

/// Whether the client accepts manifests and nothing else.
pub(super) fn only_manifests(request: &Parts) -> bool {
    let mut types = types(request).peekable();
    types.peek().is_some() && types.all(|accepted| MANIFESTS.contains(&accepted))
}
