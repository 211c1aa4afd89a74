//! The parser, with the complaints of Go's scanner.

use super::Node;

/// Why a text is not JSON, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SyntaxError(String);

/// What is said of a text that ends too early.
const CUT: &str = "unexpected end of JSON input";
/// How deep values may be nested, as in Go.
const DEPTH_LIMIT: usize = 10_000;
/// How many values a text may have. Go has no such limit; but a few megabytes of `{},{},…` would take a gigabyte of memory.
const VALUE_LIMIT: usize = 1 << 20;

/// Parses one JSON value and nothing after it.
pub(crate) fn parse(text: &[u8]) -> Result<Node, SyntaxError> {
    let mut parser = Parser { rest: text, depth: 0, values: 0 };
    let node = parser.value("looking for beginning of value")?;
    parser.skip_space();
    match parser.rest.first() {
        None => Ok(node),
        Some(&byte) => Err(unexpected(byte, "after top-level value")),
    }
}

/// Parses the first JSON value of a text, whatever follows, as Go reads from a stream.
pub(crate) fn parse_first(text: &[u8]) -> Result<Node, SyntaxError> {
    let mut parser = Parser { rest: text, depth: 0, values: 0 };
    parser.skip_space();
    if parser.rest.is_empty() {
        return Err(SyntaxError("EOF".to_owned()));
    }
    let node = parser.value("looking for beginning of value");
    node.map_err(|error| if error.0 == CUT { SyntaxError("unexpected EOF".to_owned()) } else { error })
}

struct Parser<'a> {
    rest: &'a [u8],
    depth: usize,
    /// How many values were read.
    values: usize,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.rest.first() {
            self.rest = &self.rest[1..];
        }
    }

    fn next(&mut self) -> Result<u8, SyntaxError> {
        let (&byte, rest) = self.rest.split_first().ok_or_else(|| SyntaxError(CUT.to_owned()))?;
        self.rest = rest;
        Ok(byte)
    }

    fn next_token(&mut self) -> Result<u8, SyntaxError> {
        self.skip_space();
        self.next()
    }

    fn value(&mut self, context: &str) -> Result<Node, SyntaxError> {
        let byte = self.next_token()?;
        self.value_from(byte, context)
    }

    fn value_from(&mut self, byte: u8, context: &str) -> Result<Node, SyntaxError> {
        self.values += 1;
        if self.values > VALUE_LIMIT {
            return Err(SyntaxError(format!("more than {VALUE_LIMIT} values")));
        }
        match byte {
            b'{' => self.nested(Self::object),
            b'[' => self.nested(Self::array),
            b'"' => self.text().map(Node::Text),
            b't' => self.literal("true", Node::Bool(true)),
            b'f' => self.literal("false", Node::Bool(false)),
            b'n' => self.literal("null", Node::Null),
            b'-' | b'0'..=b'9' => self.number(byte),
            other => Err(unexpected(other, context)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Node, SyntaxError>) -> Result<Node, SyntaxError> {
        self.depth += 1;
        // The stack of this parser is the machine's: it stops long before Go does.
        if self.depth > DEPTH_LIMIT / 50 {
            return Err(SyntaxError("exceeded max depth".to_owned()));
        }
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn object(&mut self) -> Result<Node, SyntaxError> {
        let mut entries = Vec::new();
        let mut byte = self.next_token()?;
        if byte == b'}' {
            return Ok(Node::Object(entries));
        }
        loop {
            if byte != b'"' {
                return Err(unexpected(byte, "looking for beginning of object key string"));
            }
            let key = self.text()?;
            match self.next_token()? {
                b':' => {}
                other => return Err(unexpected(other, "after object key")),
            }
            entries.push((key, self.value("looking for beginning of value")?));
            match self.next_token()? {
                b',' => byte = self.next_token()?,
                b'}' => return Ok(Node::Object(entries)),
                other => return Err(unexpected(other, "after object key:value pair")),
            }
        }
    }

    fn array(&mut self) -> Result<Node, SyntaxError> {
        let mut items = Vec::new();
        let mut byte = self.next_token()?;
        if byte == b']' {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value_from(byte, "looking for beginning of value")?);
            match self.next_token()? {
                b',' => byte = self.next_token()?,
                b']' => return Ok(Node::Array(items)),
                other => return Err(unexpected(other, "after array element")),
            }
        }
    }

    fn literal(&mut self, word: &str, node: Node) -> Result<Node, SyntaxError> {
        for expected in word.bytes().skip(1) {
            let byte = self.next()?;
            if byte != expected {
                return Err(unexpected(byte, &format!("in literal {word} (expecting {})", quoted(expected))));
            }
        }
        Ok(node)
    }

    fn number(&mut self, first: u8) -> Result<Node, SyntaxError> {
        let mut digits = String::from(char::from(first));
        let lead = if first == b'-' { self.digit(&mut digits, "in numeric literal")? } else { first };
        if lead != b'0' {
            self.digits(&mut digits);
        }
        if self.rest.first() == Some(&b'.') {
            digits.push(char::from(self.next()?));
            self.digit(&mut digits, "after decimal point in numeric literal")?;
            self.digits(&mut digits);
        }
        if let Some(b'e' | b'E') = self.rest.first() {
            digits.push(char::from(self.next()?));
            if let Some(b'+' | b'-') = self.rest.first() {
                digits.push(char::from(self.next()?));
            }
            self.digit(&mut digits, "in exponent of numeric literal")?;
            self.digits(&mut digits);
        }
        Ok(Node::Number(digits))
    }

    fn digit(&mut self, digits: &mut String, context: &str) -> Result<u8, SyntaxError> {
        let byte = self.next()?;
        if !byte.is_ascii_digit() {
            return Err(unexpected(byte, context));
        }
        digits.push(char::from(byte));
        Ok(byte)
    }

    fn digits(&mut self, digits: &mut String) {
        while let Some(byte) = self.rest.first().filter(|byte| byte.is_ascii_digit()) {
            digits.push(char::from(*byte));
            self.rest = &self.rest[1..];
        }
    }

    fn text(&mut self) -> Result<String, SyntaxError> {
        let mut bytes = Vec::new();
        loop {
            match self.next()? {
                b'"' => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                b'\\' => self.escape(&mut bytes)?,
                control @ 0..=0x1f => return Err(unexpected(control, "in string literal")),
                byte => bytes.push(byte),
            }
        }
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Result<(), SyntaxError> {
        let byte = match self.next()? {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            same @ (b'"' | b'\\' | b'/') => same,
            b'u' => {
                let character = self.unicode()?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => return Err(unexpected(other, "in string escape code")),
        };
        bytes.push(byte);
        Ok(())
    }

    fn unicode(&mut self) -> Result<char, SyntaxError> {
        let high = self.hex()?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        // A low surrogate must follow; without one the high surrogate alone is no character.
        let before = self.rest;
        if let Some(rest) = self.rest.strip_prefix(b"\\u") {
            self.rest = rest;
            let low = self.hex()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.rest = before;
        }
        Ok(char::REPLACEMENT_CHARACTER)
    }

    fn hex(&mut self) -> Result<u32, SyntaxError> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.next()?;
            let digit =
                char::from(byte).to_digit(16).ok_or_else(|| unexpected(byte, "in \\u hexadecimal character escape"))?;
            code = code * 16 + digit;
        }
        Ok(code)
    }
}

fn unexpected(byte: u8, context: &str) -> SyntaxError {
    SyntaxError(format!("invalid character {} {context}", quoted(byte)))
}

fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\\' => r"'\\'".to_owned(),
        b'\n' => r"'\n'".to_owned(),
        b'\r' => r"'\r'".to_owned(),
        b'\t' => r"'\t'".to_owned(),
        0..=0x1f | 0x7f => format!("'\\x{byte:02x}'"),
        other => format!("'{}'", char::from(other)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", "unexpected end of JSON input")]
    #[case("{\"a\":", "unexpected end of JSON input")]
    #[case("<html>", "invalid character '<' looking for beginning of value")]
    #[case("this", "invalid character 'h' in literal true (expecting 'r')")]
    #[case("{a:1}", "invalid character 'a' looking for beginning of object key string")]
    #[case("{\"a\" 1}", "invalid character '1' after object key")]
    #[case("{\"a\":1 \"b\"", "invalid character '\"' after object key:value pair")]
    #[case("[1,]", "invalid character ']' looking for beginning of value")]
    #[case("[1 2]", "invalid character '2' after array element")]
    #[case("1 2", "invalid character '2' after top-level value")]
    #[case("\"a\nb\"", r"invalid character '\n' in string literal")]
    #[case(r#""\x""#, "invalid character 'x' in string escape code")]
    #[case("1.x", "invalid character 'x' after decimal point in numeric literal")]
    fn complains_in_gos_words(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text.as_bytes()).unwrap_err().to_string(), expected);
    }

    proptest::proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in proptest::collection::vec(("\\PC*", -1_000_000_i64..1_000_000), 0..8)) {
            let value = serde_json::json!({ "list": value, "nested": { "null": null, "yes": true } });
            proptest::prop_assert_eq!(parse(value.to_string().as_bytes()).unwrap().to_value(), value);
        }
    }
}
