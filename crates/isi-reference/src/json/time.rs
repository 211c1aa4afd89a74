//! Times as Go reads them: RFC 3339, with its complaints.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use super::Node;

/// The layout that Go compares with.
const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// Reads a value that is read as a time by itself; `None` for `null`.
///
/// # Errors
/// What Go says of it.
pub(crate) fn read_time(node: &Node) -> Result<Option<Timestamp>, String> {
    match node {
        Node::Null => Ok(None),
        Node::Text(text) => parse_time(text).map(Some),
        other => Err(format!("json: cannot unmarshal {} into Go value of type string", other.kind())),
    }
}

/// Reads a time, to the second.
///
/// # Errors
/// What Go says of it.
pub(crate) fn parse_time(text: &str) -> Result<Timestamp, String> {
    let mut rest = Rest { whole: text.as_bytes(), bytes: text.as_bytes() };
    let year = rest.year()?;
    rest.literal(b'-')?;
    let month = rest.number("01", true)?;
    rest.check_range("month", (1..=12).contains(&month))?;
    rest.literal(b'-')?;
    let day = rest.number("02", true)?;
    rest.literal(b'T')?;
    let hour = rest.number("15", false)?;
    rest.check_range("hour", hour < 24)?;
    rest.literal(b':')?;
    let minute = rest.number("04", true)?;
    rest.check_range("minute", minute < 60)?;
    rest.literal(b':')?;
    let second = rest.number("05", true)?;
    rest.check_range("second", second < 60)?;
    rest.fraction();
    let east_of_utc = rest.zone()?;
    if !rest.bytes.is_empty() {
        return Err(rest.refusal(&format!("extra text: {}", quoted(rest.bytes))));
    }
    let date = DateTime::new(year, month, day, hour, minute, second, 0).ok();
    let time = date.and_then(|date| date.to_zoned(TimeZone::UTC).ok()).map(|date| date.timestamp());
    time.and_then(|time| time.checked_sub(east_of_utc).ok()).ok_or_else(|| rest.refusal("day out of range"))
}

/// What is left of a text.
struct Rest<'a> {
    whole: &'a [u8],
    bytes: &'a [u8],
}

impl Rest<'_> {
    fn year(&mut self) -> Result<i16, String> {
        const ELEMENT: &str = "2006";
        let (digits, rest) = self.bytes.split_at_checked(4).ok_or_else(|| self.mismatch(ELEMENT))?;
        let year = digits.iter().try_fold(0, |year, byte| Some(year * 10 + i16::from(digit(*byte)?)));
        let year = year.ok_or_else(|| self.mismatch(ELEMENT))?;
        self.bytes = rest;
        Ok(year)
    }

    /// Reads a number of two digits, or of one where that is enough. `element`: its place in the layout.
    fn number(&mut self, element: &str, is_long: bool) -> Result<i8, String> {
        let at = |index: usize| self.bytes.get(index).copied().and_then(digit);
        let (number, length) = match (at(0), at(1)) {
            (Some(tens), Some(ones)) => (tens * 10 + ones, 2),
            (Some(ones), None) if !is_long => (ones, 1),
            _ => return Err(self.mismatch(element)),
        };
        self.bytes = &self.bytes[length..];
        Ok(number)
    }

    fn literal(&mut self, byte: u8) -> Result<(), String> {
        match self.bytes.split_first() {
            Some((first, rest)) if *first == byte => {
                self.bytes = rest;
                Ok(())
            }
            _ => Err(self.mismatch(&char::from(byte).to_string())),
        }
    }

    fn fraction(&mut self) {
        if let [b'.' | b',', digits @ ..] = self.bytes
            && digits.first().is_some_and(u8::is_ascii_digit)
        {
            let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
            self.bytes = &digits[end..];
        }
    }

    fn zone(&mut self) -> Result<SignedDuration, String> {
        if let [b'Z', rest @ ..] = self.bytes {
            self.bytes = rest;
            return Ok(SignedDuration::ZERO);
        }
        let number = |tens: u8, ones: u8| Some(i64::from(digit(tens)? * 10 + digit(ones)?));
        let [sign @ (b'+' | b'-'), hours @ .., b':', minutes, more] = self.bytes.get(..6).unwrap_or_default() else {
            return Err(self.mismatch("Z07:00"));
        };
        let read = match hours {
            [tens, ones] => number(*tens, *ones).zip(number(*minutes, *more)),
            _ => None,
        };
        let (hours, minutes) = read.ok_or_else(|| self.mismatch("Z07:00"))?;
        let offset = SignedDuration::from_mins(hours * 60 + minutes);
        self.bytes = &self.bytes[6..];
        Ok(if *sign == b'-' { -offset } else { offset })
    }

    fn check_range(&self, what: &str, is_in_range: bool) -> Result<(), String> {
        if is_in_range { Ok(()) } else { Err(self.refusal(&format!("{what} out of range"))) }
    }

    fn refusal(&self, why: &str) -> String {
        format!("parsing time {}: {why}", quoted(self.whole))
    }

    fn mismatch(&self, element: &str) -> String {
        let (whole, rest) = (quoted(self.whole), quoted(self.bytes));
        format!("parsing time {whole} as \"{LAYOUT}\": cannot parse {rest} as \"{element}\"")
    }
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| (byte - b'0').cast_signed())
}

/// A text in quotes, as Go's package of times writes it: everything that is not ASCII as its bytes.
fn quoted(bytes: &[u8]) -> String {
    let mut text = "\"".to_owned();
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            0..b' ' | 0x80.. => text.push_str(&format!("\\x{byte:02x}")),
            byte => text.push(char::from(*byte)),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z")]
    #[case(
        "2024-01-02T3:04:05.123,Z",
        "parsing time \"2024-01-02T3:04:05.123,Z\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \",Z\" as \"Z07:00\""
    )]
    #[case("2024-01-02T3:04:05,123Z", "2024-01-02T03:04:05Z")]
    #[case("2024-01-02T03:04:05+01:30", "2024-01-02T01:34:05Z")]
    #[case("", "parsing time \"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\"")]
    #[case("2024-01-02", "parsing time \"2024-01-02\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\"")]
    #[case("2024-13-02T03:04:05Z", "parsing time \"2024-13-02T03:04:05Z\": month out of range")]
    #[case("2024-02-30T03:04:05Z", "parsing time \"2024-02-30T03:04:05Z\": day out of range")]
    #[case("2024-01-02T03:04:05Zx", "parsing time \"2024-01-02T03:04:05Zx\": extra text: \"x\"")]
    #[case(
        "é\n",
        "parsing time \"\\xc3\\xa9\\x0a\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\\xc3\\xa9\\x0a\" as \"2006\""
    )]
    fn reads_times_as_go_does(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse_time(text).map_or_else(|error| error, |time| time.to_string()), expected);
    }
}
