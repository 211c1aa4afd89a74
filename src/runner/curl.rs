//! A shell command that repeats a request.

use super::target::{Credential, Prepared, Target, UNKNOWN_TOKEN};
use crate::{shell::quoted, suite::User};

/// The command that repeats `request`, to be shown: a long body is cut. Tokens are read from the environment, never written
/// out.
#[must_use]
pub(super) fn curl(target: &Target, request: &Prepared, user: User) -> String {
    command(target, request, user, &shortened(&request.body))
}

/// The command that repeats `request`, with its whole body. Tokens are read from the environment.
#[must_use]
pub(super) fn whole_curl(target: &Target, request: &Prepared, user: User) -> String {
    command(target, request, user, &request.body)
}

fn command(target: &Target, request: &Prepared, user: User, body: &str) -> String {
    let mut words = vec!["curl".to_owned(), "-sS".to_owned()];
    if request.method != http::Method::GET {
        words.push(format!("-X {}", request.method));
    }
    words.extend(credentials(target, user));
    for (name, value) in &request.headers {
        words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
    }
    if !body.is_empty() {
        words.push(format!("--data-binary {}", quoted(body)));
    }
    words.push(quoted(&format!("{}{}", target.url, request.uri)));
    words.join(" ")
}

/// The options that say who asks; secrets are read from the environment.
fn credentials(target: &Target, user: User) -> Vec<String> {
    let identity = target.users.get(user);
    let token = match user {
        User::Admin if target.users.admin.is_some() => "$ISI_ADMIN_TOKEN",
        User::Restricted if target.users.restricted.is_some() => "$ISI_RESTRICTED_TOKEN",
        User::User | User::Admin | User::Restricted | User::Anonymous => "$ISI_TOKEN",
        User::Unknown => UNKNOWN_TOKEN,
    };
    let mut words = match &identity.credential {
        Credential::None => Vec::new(),
        Credential::ClientCertificate => {
            vec!["--cert \"$ISI_CLIENT_CERTIFICATE\"".to_owned(), "--key \"$ISI_CLIENT_KEY\"".to_owned()]
        }
        Credential::Basic { username, .. } => vec![format!("-u {}:\"$ISI_PASSWORD\"", quoted(username))],
        Credential::Bearer(_) | Credential::Source(_) => vec![format!("-H \"Authorization: Bearer {token}\"")],
    };
    for (name, value) in &identity.impersonation {
        words.push(format!("-H {}", quoted(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))));
    }
    words
}

/// Longer bodies are cut: a body of megabytes is of no use on a terminal.
fn shortened(body: &str) -> String {
    const LONGEST: usize = 4096;
    match body.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &body[..end], body.len()),
        None => body.to_owned(),
    }
}
