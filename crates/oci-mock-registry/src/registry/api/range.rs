//! Parts of a blob (RFC 9110, section 14).

use std::ops::Range;

/// What a `Range` header asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Everything: there is no range, or one in a form that may be ignored.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that the content does not have.
    Beyond,
}

/// What `header` asks for of content with `length` bytes.
pub(super) fn asked(header: Option<&str>, length: u64) -> Asked {
    let Some((first, last)) = header.and_then(single) else { return Asked::Whole };
    // A number that is too large to be one is beyond every content.
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    match (first, last) {
        ("", suffix) => match number(suffix) {
            Some(0) => Asked::Beyond,
            Some(_) if length == 0 => Asked::Beyond,
            Some(count) => Asked::Part(length.saturating_sub(count)..length),
            None => Asked::Whole,
        },
        (first, last) => match (number(first), if last.is_empty() { Some(u64::MAX) } else { number(last) }) {
            (Some(first), Some(last)) if first <= last && first < length => {
                Asked::Part(first..last.saturating_add(1).min(length))
            }
            // A range that ends before it begins is invalid. It may be ignored or rejected (RFC 9110, section 14.2); the official
            // conformance suite and Go's file server want it rejected.
            (Some(_), Some(_)) => Asked::Beyond,
            _ => Asked::Whole,
        },
    }
}

/// First and last byte of a header that asks for one range in bytes.
fn single(header: &str) -> Option<(&str, &str)> {
    let (unit, range) = header.trim().split_once('=')?;
    // Names of units are compared without case (RFC 9110, section 14.1).
    let (first, last) = range.split_once('-').filter(|_| unit.eq_ignore_ascii_case("bytes"))?;
    (!last.contains([',', '-'])).then_some((first.trim(), last.trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("bytes=0-9", Asked::Part(0..10))]
    #[case("Bytes=0-9", Asked::Part(0..10))]
    #[case("bytes=90-", Asked::Part(90..100))]
    #[case("bytes=90-1000", Asked::Part(90..100))]
    #[case("bytes=90-99999999999999999999999", Asked::Part(90..100))]
    #[case("bytes=99999999999999999999999-", Asked::Beyond)]
    #[case("bytes=-10", Asked::Part(90..100))]
    #[case("bytes=-1000", Asked::Part(0..100))]
    #[case("bytes=100-", Asked::Beyond)]
    #[case("bytes=5-4", Asked::Beyond)]
    #[case("bytes=-0", Asked::Beyond)]
    #[case("bytes=0-1,5-6", Asked::Whole)]
    #[case("bytes=a-b", Asked::Whole)]
    #[case("bytes=-", Asked::Whole)]
    #[case("lines=0-1", Asked::Whole)]
    fn reads_one_range_of_a_hundred_bytes(#[case] header: &str, #[case] expected: Asked) {
        assert_eq!(asked(Some(header), 100), expected);
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_lies_within(header in "bytes=[0-9]{0,20}-[0-9]{0,20}", length in 0_u64..1000) {
            if let Asked::Part(range) = asked(Some(&header), length) {
                prop_assert!(range.start < range.end && range.end <= length, "{:?} of {}", range, length);
            }
        }
    }
}
