//! Text in double quotes, as Go's `%q` writes it.

use std::fmt::Write;

/// `text` in double quotes, with escapes for what cannot be printed.
pub(crate) fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// Bytes in double quotes: those that are no UTF-8 stand as their numbers.
pub(crate) fn quote_bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        chunk.valid().chars().for_each(|character| push(character, &mut quoted));
        chunk.invalid().iter().for_each(|byte| push_number(*byte, &mut quoted));
    }
    quoted.push('"');
    quoted
}

fn push(character: char, quoted: &mut String) {
    match character {
        '"' => quoted.push_str("\\\""),
        '\\' => quoted.push_str("\\\\"),
        '\u{7}' => quoted.push_str("\\a"),
        '\u{8}' => quoted.push_str("\\b"),
        '\u{c}' => quoted.push_str("\\f"),
        '\n' => quoted.push_str("\\n"),
        '\r' => quoted.push_str("\\r"),
        '\t' => quoted.push_str("\\t"),
        '\u{b}' => quoted.push_str("\\v"),
        control if control.is_ascii_control() => push_number(control as u8, quoted),
        printable if is_printable(printable) => quoted.push(printable),
        // Writing to a string cannot fail.
        other => {
            let code = u32::from(other);
            let _ = if code < 0x1_0000 { write!(quoted, "\\u{code:04x}") } else { write!(quoted, "\\U{code:08x}") };
        }
    }
}

fn push_number(byte: u8, quoted: &mut String) {
    // Writing to a string cannot fail.
    let _ = write!(quoted, "\\x{byte:02x}");
}

/// Whether a character is written as it is: not a space other than the plain one, not a control or formatting character, and not
/// one that Unicode has not assigned.
fn is_printable(character: char) -> bool {
    // Behind a letter, so that marks that are put onto one count as printable.
    let text: String = ['a', character].iter().collect();
    character == '\'' || text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// What `strconv.Quote` of Go 1.24 makes of them.
    #[rstest]
    #[case::escapes("a\"b\\\n\u{7}\u{1}é'", r#""a\"b\\\n\a\x01é'""#)]
    #[case::spaces("\u{a0}\u{2028}\u{feff}\u{200b}", r#""\u00a0\u2028\ufeff\u200b""#)]
    #[case::control("\u{7f}\u{85}", r#""\x7f\u0085""#)]
    #[case::mark("e\u{301}\u{fffd}", "\"e\u{301}\u{fffd}\"")]
    #[case::beyond_the_first_plane("\u{1f600}\u{e0001}", "\"\u{1f600}\\U000e0001\"")]
    fn escapes_as_go_does(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(quote(text), expected);
    }

    #[test]
    fn bytes_that_are_no_text_stand_as_their_numbers() {
        assert_eq!(quote_bytes(b"e\x8drors\xe2\x82"), r#""e\x8drors\xe2\x82""#);
    }
}
