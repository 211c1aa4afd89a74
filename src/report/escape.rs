//! Characters that no report may show raw: they change what a terminal or a page shows, or XML does not have them.

use std::fmt::Write;

/// Replaces control characters (other than line feed and tab), characters that reorder or hide text, and those that XML 1.0
/// does not have, by what they are: `\u{202e}`.
pub(super) fn escape(text: &mut String) {
    // Nearly every text is plain.
    let is_plain = |byte: u8| matches!(byte, b'\n' | b'\t' | b' '..=b'~');
    if text.bytes().all(is_plain) || !text.contains(is_harmful) {
        return;
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_harmful(character) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    *text = escaped;
}

/// Whether a character is escaped. A carriage return at the end of a line is no exception: alone it would overwrite the line.
pub(super) fn is_harmful(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        _ => {
            character.is_control()
                || matches!(character,
                    '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                    | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("plain\ttext\nof two lines, wörter, 🦀", "plain\ttext\nof two lines, wörter, 🦀")]
    #[case("evil\u{202e}txt", "evil\\u{202e}txt")]
    #[case("\u{1b}[31mred\u{7}", "\\u{1b}[31mred\\u{7}")]
    #[case("c1\u{9b}31m \u{85}", "c1\\u{9b}31m \\u{85}")]
    #[case("over\rwritten", "over\\u{d}written")]
    #[case("\u{fffe}\u{ffff}\u{feff}", "\\u{fffe}\\u{ffff}\\u{feff}")]
    fn what_would_change_the_text_around_it_is_written_out(#[case] text: &str, #[case] expected: &str) {
        let mut text = text.to_owned();
        escape(&mut text);
        assert_eq!(text, expected);
    }
}
