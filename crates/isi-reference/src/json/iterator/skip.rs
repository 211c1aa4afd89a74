//! Values that are read past.

use super::{Cursor, SkippedNumbers};

/// The largest number that a digit is appended to in a quick look.
const SAFE: u64 = u64::MAX / 10 - 1;
/// How many digits behind the point are read in a quick look.
const QUICK_DECIMALS: usize = 6;

/// A byte of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberByte {
    Digit(u8),
    Point,
    /// What may stand behind a number.
    End,
    Other,
}

impl NumberByte {
    fn of(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' => Self::Digit(byte - b'0'),
            b'.' => Self::Point,
            b',' | b']' | b'}' | b' ' | b'\t' | b'\n' => Self::End,
            _ => Self::Other,
        }
    }
}

/// What a look at a number found that is not read for its value.
enum Look {
    /// It is over.
    Over,
    /// It has to be read as what it is.
    Unclear,
}

impl Cursor<'_> {
    /// Reads past a value.
    pub(super) fn skip(&mut self) {
        match self.next_token() {
            b'"' => self.skip_string(),
            b'n' => self.rest_of_null(),
            b't' => self.rest_of_word("skipThreeBytes", &"true"[1..]),
            b'f' => self.rest_of_word("skipFourBytes", &"false"[1..]),
            b'0' => {
                self.put_back();
                self.float();
            }
            b'-' | b'1'..=b'9' => self.skip_number(),
            b'[' => self.skip_array(),
            b'{' => self.skip_object(),
            other => self.report("Skip", format!("do not know how to skip: {other}")),
        }
    }

    /// Reads past a value, and returns its text.
    pub(super) fn skipped_text(&mut self) -> Vec<u8> {
        let start = self.head;
        self.skip();
        self.text[start..self.head].to_vec()
    }

    fn skip_string(&mut self) {
        let rest = &self.text[self.head..];
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
        match end.map(|end| (end, rest[end])) {
            Some((end, b'"')) => self.head += end + 1,
            Some((_, control)) if control != b'\\' => {
                self.report("trySkipString", format!("invalid control character found: {control}"));
            }
            _ => {
                self.put_back();
                self.string();
            }
        }
    }

    fn skip_number(&mut self) {
        if let Look::Unclear = self.look_at_number() {
            self.put_back();
            if self.is_wrong() && self.skipped == SkippedNumbers::Wide {
                return;
            }
            self.float();
        }
    }

    fn look_at_number(&mut self) -> Look {
        let mut has_point = false;
        let rest = &self.text[self.head..];
        for (at, byte) in rest.iter().enumerate() {
            match NumberByte::of(*byte) {
                NumberByte::Digit(_) => {}
                NumberByte::Point if has_point => {
                    self.report("validateNumber", "more than one dot found in number");
                    return Look::Over;
                }
                NumberByte::Point => match rest.get(at + 1) {
                    None => return Look::Unclear,
                    Some(byte) if byte.is_ascii_digit() => has_point = true,
                    Some(_) => {
                        self.report("validateNumber", "missing digit after dot");
                        return Look::Over;
                    }
                },
                NumberByte::End if at > 0 => {
                    self.head += at;
                    return Look::Over;
                }
                NumberByte::Other if *byte == b'\r' && at > 0 => {
                    self.head += at;
                    return Look::Over;
                }
                NumberByte::End | NumberByte::Other => return Look::Unclear,
            }
        }
        Look::Unclear
    }

    fn skip_array(&mut self) {
        self.put_back();
        match self.next_token() {
            b'[' => {}
            b'n' => return self.rest_of_null(),
            other => return self.report_byte("ReadArrayCB", "expect [ or n, but found ", other),
        }
        if self.next_token() == b']' {
            return;
        }
        self.put_back();
        loop {
            self.skip();
            match self.next_token() {
                b',' => {}
                b']' => return,
                other => return self.report_byte("ReadArrayCB", "expect ] in the end, but found ", other),
            }
        }
    }

    fn skip_object(&mut self) {
        self.put_back();
        match self.next_token() {
            b'{' => {}
            b'n' => return self.rest_of_null(),
            other => return self.report_byte("ReadObjectCB", "expect { or n, but found ", other),
        }
        match self.next_token() {
            b'"' => self.put_back(),
            b'}' => return,
            other => return self.report_byte("ReadObjectCB", "expect \" after }, but found ", other),
        }
        loop {
            self.string();
            self.colon("ReadObject");
            self.skip();
            match self.next_token() {
                b',' => {}
                b'}' => return,
                _ => return self.report("ReadObjectCB", "object not ended with }"),
            }
        }
    }

    /// Reads the colon behind the name of a field.
    pub(super) fn colon(&mut self, operation: &str) {
        let found = self.next_token();
        if found != b':' {
            self.report_byte(operation, "expect : after object field, but found ", found);
        }
    }

    /// Reads a number of 32 bits, for nothing but what is wrong with it.
    fn float(&mut self) {
        if self.next_token() != b'-' {
            self.put_back();
        }
        let Look::Unclear = self.look_at_float() else { return };
        let start = self.head;
        let is_part = |byte: &u8| matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let length = self.text[start..].iter().take_while(|byte| is_part(byte)).count();
        if start + length == self.text.len() {
            self.end();
        } else {
            self.head = start + length;
        }
        if self.is_wrong() {
            return;
        }
        let text = String::from_utf8_lossy(&self.text[start..start + length]).into_owned();
        let problem = match text.as_bytes() {
            [] => return self.report("readNumberAsString", "invalid number"),
            [b'-', ..] => Some("-- is not valid"),
            bytes => match bytes.iter().position(|byte| *byte == b'.') {
                Some(at) if at + 1 == bytes.len() => Some("dot can not be last character"),
                Some(at) if !bytes[at + 1].is_ascii_digit() => Some("missing digit after dot"),
                _ => None,
            },
        };
        if let Some(problem) = problem {
            return self.report("readFloat32SlowPath", problem);
        }
        match text.parse::<f32>() {
            Ok(number) if number.is_finite() || self.skipped == SkippedNumbers::Wide => {}
            Ok(_) => self.fail(format!("strconv.ParseFloat: parsing {text:?}: value out of range")),
            Err(_) => self.fail(format!("strconv.ParseFloat: parsing {text:?}: invalid syntax")),
        }
    }

    fn look_at_float(&mut self) -> Look {
        let rest = &self.text[self.head..];
        let bytes = || rest.iter().map(|byte| NumberByte::of(*byte)).enumerate();
        let mut number = match bytes().next() {
            Some((_, NumberByte::Digit(first))) => u64::from(first),
            Some((_, NumberByte::End)) => {
                self.report("readFloat32", "empty number");
                return Look::Over;
            }
            Some((_, NumberByte::Point)) => {
                self.report("readFloat32", "leading dot is invalid");
                return Look::Over;
            }
            Some((_, NumberByte::Other)) | None => return Look::Unclear,
        };
        if number == 0 && rest.get(1).is_some_and(u8::is_ascii_digit) {
            self.report("readFloat32", "leading zero is invalid");
            return Look::Over;
        }
        let mut point = None;
        for (at, byte) in bytes().skip(1) {
            match (byte, point) {
                (NumberByte::Digit(_), _) if number > SAFE => return Look::Unclear,
                (NumberByte::Digit(digit), _) => number = number.wrapping_mul(10).wrapping_add(u64::from(digit)),
                (NumberByte::Point, None) => point = Some(at),
                (NumberByte::End, None) => {
                    self.head += at;
                    return Look::Over;
                }
                (NumberByte::End, Some(point)) if (1..=QUICK_DECIMALS).contains(&(at - point - 1)) => {
                    self.head += at;
                    return Look::Over;
                }
                _ => return Look::Unclear,
            }
        }
        Look::Unclear
    }
}
