//! The wire format: varints, tags, and fields with a length.

use super::DecodeError;

/// The wire type of numbers.
pub(super) const VARINT: u64 = 0;
/// The wire type of texts, bytes and messages.
pub(super) const LENGTH: u64 = 2;
/// The wire types of 8 and 4 bytes.
const FIXED64: u64 = 1;
const FIXED32: u64 = 5;

/// Appends a number in groups of seven bits.
pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

/// Appends a field that is a number.
pub(crate) fn put_number(out: &mut Vec<u8>, field: u32, number: u64) {
    put_varint(out, u64::from(field) << 3 | VARINT);
    put_varint(out, number);
}

/// Appends a field that has a length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_varint(out, u64::from(field) << 3 | LENGTH);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// The fields of a message, one after the other.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// The name of the message in errors.
    message: &'static str,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A value of four or eight bytes, which no message here has.
    Fixed(u64),
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8], message: &'static str) -> Self {
        Self { rest: bytes, message }
    }

    /// The next field: its number and its value; `None` at the end.
    ///
    /// # Errors
    /// When the bytes are no message.
    pub(super) fn next(&mut self) -> Result<Option<(u64, WireValue<'a>)>, DecodeError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let (number, wire_type) = (tag >> 3, tag & 7);
        if number == 0 || i32::try_from(number).is_err() {
            return Err(DecodeError::IllegalTag { message: self.message, number, wire_type });
        }
        let value = match wire_type {
            VARINT => WireValue::Number(self.varint()?),
            LENGTH => {
                let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::InvalidLength)?;
                WireValue::Bytes(self.take(length)?)
            }
            FIXED64 => self.take(8).map(|_| WireValue::Fixed(wire_type))?,
            FIXED32 => self.take(4).map(|_| WireValue::Fixed(wire_type))?,
            _ => return Err(DecodeError::IllegalWireType(wire_type)),
        };
        Ok(Some((number, value)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::UnexpectedEnd)?;
        self.rest = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.take(1)?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(DecodeError::Overflow)
    }
}

impl WireValue<'_> {
    /// The number of the wire type.
    pub(super) const fn wire_type(self) -> u64 {
        match self {
            Self::Number(_) => VARINT,
            Self::Bytes(_) => LENGTH,
            Self::Fixed(wire_type) => wire_type,
        }
    }
}
