//! A shell command that repeats a request.

use super::target::{Prepared, Target};
use crate::suite::User;

/// The command that repeats `request`; tokens are read from the environment, never written out.
#[must_use]
pub(super) fn curl(target: &Target, request: &Prepared, user: User) -> String {
    let mut words = vec!["curl".to_owned(), "-sS".to_owned()];
    if request.method != http::Method::GET {
        words.push(format!("-X {}", request.method));
    }
    let token = match user {
        User::User => Some("$ISI_TOKEN"),
        User::Admin => Some("$ISI_ADMIN_TOKEN"),
        User::Restricted => Some("$ISI_RESTRICTED_TOKEN"),
        User::Unknown => Some("nobody-known"),
        User::Anonymous => None,
    };
    if let Some(token) = token {
        words.push(format!("-H \"Authorization: Bearer {token}\""));
    }
    for (name, value) in &request.headers {
        words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
    }
    if !request.body.is_empty() {
        words.push(format!("--data-binary {}", quoted(&shortened(&request.body))));
    }
    words.push(quoted(&format!("{}{}", target.url, request.uri)));
    words.join(" ")
}

/// In single quotes, as a POSIX shell reads it literally.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A body of megabytes helps nobody on a terminal.
fn shortened(body: &str) -> String {
    const LONGEST: usize = 4096;
    match body.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes)", &body[..end], body.len()),
        None => body.to_owned(),
    }
}
