//! Words of lines to try, quoted for a POSIX shell.

use std::path::Path;

/// A path as a word: in single quotes where a shell would read it as something else.
#[must_use]
pub(crate) fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-+@%:,=".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { quoted(&text) }
}

/// A text as a word, in single quotes: a shell reads it literally.
#[must_use]
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_would_split_or_expand_is_quoted() {
        assert_eq!(word(Path::new("/tmp/isi-1/kubeconfig")), "/tmp/isi-1/kubeconfig");
        assert_eq!(word(Path::new("it's here")), r"'it'\''s here'");
    }
}
