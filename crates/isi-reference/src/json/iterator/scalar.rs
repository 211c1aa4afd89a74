//! Strings, numbers and truth.

use super::Cursor;

/// A type of whole numbers.
#[derive(Debug)]
pub(super) struct Integer {
    /// What reads it.
    operation: &'static str,
    /// The largest number.
    max: u64,
    /// Whether there are numbers below zero.
    signed: bool,
    bits: &'static Bits,
}

/// How many bits digits are gathered in.
#[derive(Debug)]
struct Bits {
    operation: &'static str,
    max: u64,
}

pub(super) static INT64: Integer =
    Integer { operation: "ReadInt64", max: i64::MAX.unsigned_abs(), signed: true, bits: &BITS_64 };
pub(super) static INT32: Integer = Integer { operation: "ReadInt32", max: 0x7fff_ffff, signed: true, bits: &BITS_32 };
pub(super) static UINT8: Integer = Integer { operation: "ReadUint8", max: 0xff, signed: false, bits: &BITS_32 };

static BITS_64: Bits = Bits { operation: "readUint64", max: u64::MAX };
static BITS_32: Bits = Bits { operation: "readUint32", max: 0xffff_ffff };

impl Bits {
    /// A number with another digit. What has too many bits is noticed where it makes the number smaller, as by the decoder.
    fn append(&self, number: u64, digit: u8) -> Option<u64> {
        let longer = number.wrapping_mul(10).wrapping_add(u64::from(digit)) & self.max;
        (number < self.max / 10 || longer >= number).then_some(longer)
    }
}

/// The byte that is shown in the place of one that is no digit.
const NO_DIGIT: u8 = 0xff;
/// How many bytes have to follow for a number to be read in one go, and how many of its digits are.
const QUICK: (usize, usize) = (10, 7);

fn digit(byte: u8) -> Option<u8> {
    byte.is_ascii_digit().then(|| byte - b'0')
}

impl Cursor<'_> {
    /// Reads `null` if it is there.
    pub(super) fn null(&mut self) -> bool {
        if self.next_token() == b'n' {
            self.rest_of_null();
            return true;
        }
        self.put_back();
        false
    }

    /// What follows the first letter of `null`.
    pub(super) fn rest_of_null(&mut self) {
        self.rest_of_word("skipThreeBytes", "ull");
    }

    pub(super) fn rest_of_word(&mut self, operation: &str, rest: &str) {
        for expected in rest.bytes() {
            if self.next_byte() != expected {
                return self.report(operation, format!("expect {rest}"));
            }
        }
    }

    pub(super) fn truth(&mut self) -> bool {
        match self.next_token() {
            b't' => {
                self.rest_of_word("skipThreeBytes", &"true"[1..]);
                true
            }
            b'f' => {
                self.rest_of_word("skipFourBytes", &"false"[1..]);
                false
            }
            other => {
                self.report_byte("ReadBool", "expect t or f, but found ", other);
                false
            }
        }
    }

    /// Reads a string, or `null` as an empty one.
    pub(super) fn string(&mut self) -> Vec<u8> {
        match self.next_token() {
            b'"' => self.rest_of_string(),
            b'n' => {
                self.rest_of_null();
                Vec::new()
            }
            other => {
                self.report_byte("ReadString", "expects \" or n, but found ", other);
                Vec::new()
            }
        }
    }

    fn rest_of_string(&mut self) -> Vec<u8> {
        let rest = &self.text[self.head..];
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' '));
        match end.map(|end| (end, rest[end])) {
            Some((end, b'"')) => {
                self.head += end + 1;
                rest[..end].to_vec()
            }
            Some((_, control)) if control != b'\\' => {
                self.report("ReadString", format!("invalid control character found: {control}"));
                Vec::new()
            }
            _ => self.escaped_string(),
        }
    }

    /// Reads the rest of a string that has escapes in it.
    pub(super) fn escaped_string(&mut self) -> Vec<u8> {
        let mut read = Vec::new();
        while self.stop.is_none() {
            match self.next_byte() {
                b'"' => return read,
                b'\\' => {
                    let escape = self.next_byte();
                    self.escape(escape, &mut read);
                }
                byte => read.push(byte),
            }
        }
        self.report("readStringSlowPath", "unexpected end of input");
        Vec::new()
    }

    fn escape(&mut self, escape: u8, read: &mut Vec<u8>) {
        let byte = match escape {
            b'u' => return self.unicode(read),
            same @ (b'"' | b'\\' | b'/') => same,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            _ => return self.report("readEscapedChar", "invalid escape char after \\"),
        };
        read.push(byte);
    }

    fn unicode(&mut self, read: &mut Vec<u8>) {
        let mut push = |code: u32| {
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            read.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        };
        let first = self.hexadecimal();
        if !(0xd800..0xe000).contains(&first) {
            return push(first);
        }
        if self.next_byte() != b'\\' {
            self.put_back();
            return push(first);
        }
        let escape = self.next_byte();
        if escape != b'u' {
            push(first);
            return self.escape(escape, read);
        }
        let second = self.hexadecimal();
        if (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second) {
            push(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        } else {
            push(first);
            push(second);
        }
    }

    fn hexadecimal(&mut self) -> u32 {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.next_byte();
            let Some(digit) = char::from(byte).to_digit(16) else {
                self.report_byte("readU4", "expects 0~9 or a~f, but found ", byte);
                break;
            };
            code = code * 16 + digit;
        }
        code
    }

    /// Reads a whole number.
    pub(super) fn integer(&mut self, of: &Integer) -> i64 {
        let mut first = self.next_token();
        let is_negative = of.signed && first == b'-';
        if is_negative {
            first = self.next_byte();
        }
        let number = self.digits(first, of.bits);
        if number > of.max + u64::from(is_negative) {
            self.report(of.operation, format!("overflow: {number}"));
            return 0;
        }
        if is_negative { number.wrapping_neg().cast_signed() } else { number.cast_signed() }
    }

    /// Reads the digits of a number, of which `first` was read.
    fn digits(&mut self, first: u8, bits: &Bits) -> u64 {
        let Some(first) = digit(first) else {
            self.report_byte(bits.operation, "unexpected character: ", NO_DIGIT);
            return 0;
        };
        let mut number = u64::from(first);
        let mut at = self.head;
        // An overflow is told where the decoder began to look for one: behind the digits that it reads in one go.
        let begin = if self.text.len() - self.head > QUICK.0 { self.head + QUICK.1 } else { self.head };
        while let Some(next) = self.text.get(at).copied().and_then(digit).filter(|_| first != 0) {
            if at == begin {
                self.head = at;
            }
            let Some(longer) = bits.append(number, next) else {
                self.report(bits.operation, "overflow");
                return 0;
            };
            (number, at) = (longer, at + 1);
        }
        self.end_of_number(at);
        number
    }

    fn end_of_number(&mut self, at: usize) {
        if at == self.text.len() {
            self.end();
        } else {
            self.head = at;
        }
        self.check_integer();
    }

    fn check_integer(&mut self) {
        if self.text.get(self.head) == Some(&b'.') {
            self.report("assertInteger", "can not decode float as int");
        }
    }
}
