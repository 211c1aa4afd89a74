//! `as`, `as-uid`, `as-groups` and `as-user-extra`: the header fields that ask a server to act as another user.

use std::fmt::Write;

use http::{HeaderName, HeaderValue};

use super::file::AuthInfo;
use crate::cli::exit::CommandError;

/// The header fields of the user's impersonation; none if there is no `as`.
///
/// # Errors
/// When `as` is missing beside the others, or a value cannot stand in a header.
pub(super) fn headers(user: &AuthInfo) -> Result<Vec<(HeaderName, HeaderValue)>, CommandError> {
    let text = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let uid = text(&user.impersonate_uid);
    let groups = user.impersonate_groups.clone().unwrap_or_default();
    let extra = user.impersonate_extra.clone().unwrap_or_default();
    let Some(name) = text(&user.impersonate) else {
        if uid.is_some() || !groups.is_empty() || !extra.is_empty() {
            return Err(CommandError::usage(
                "the kubeconfig has `as-uid`, `as-groups` or `as-user-extra` without `as`: there is no user to act as",
            ));
        }
        return Ok(Vec::new());
    };
    let mut fields = vec![("impersonate-user".to_owned(), name)];
    fields.extend(uid.map(|uid| ("impersonate-uid".to_owned(), uid)));
    fields.extend(groups.into_iter().map(|group| ("impersonate-group".to_owned(), group)));
    for (key, values) in extra {
        let name = format!("impersonate-extra-{}", escaped(&key));
        fields.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    fields.iter().map(|(name, value)| field(name, value)).collect()
}

fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), CommandError> {
    let invalid = || {
        CommandError::usage(format!(
            "the kubeconfig's impersonation has a value that cannot stand in a header: `{name}`"
        ))
    };
    Ok((
        HeaderName::try_from(name).map_err(|_| invalid())?,
        HeaderValue::from_bytes(value.as_bytes()).map_err(|_| invalid())?,
    ))
}

/// The key of an extra as client-go writes it: lower-case, with `%XX` for what a header name cannot have.
fn escaped(key: &str) -> String {
    let mut name = String::new();
    for byte in key.to_lowercase().bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&'*+-.^_`|~".contains(&byte) {
            name.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("scopes", "scopes")]
    #[case("Reason", "reason")]
    #[case("acme.com/project", "acme.com%2Fproject")]
    #[case("a%b", "a%25b")]
    fn a_key_is_escaped_as_client_go_does(#[case] key: &str, #[case] expected: &str) {
        assert_eq!(escaped(key), expected);
    }
}
