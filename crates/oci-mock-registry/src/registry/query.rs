//! Query strings and forms (`application/x-www-form-urlencoded`).

use std::num::ParseIntError;

use percent_encoding::percent_decode_str;

/// The pairs of a query or form, decoded. A pair that is no UTF-8 is left out.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode_str(&text).decode_utf8().map(|decoded| decoded.into_owned()).ok()
    };
    text.split('&').filter(|pair| !pair.is_empty()).filter_map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((decode(name)?, decode(value)?))
    })
}

/// The first value of a name in a query.
pub(crate) fn value(query: Option<&str>, name: &str) -> Option<String> {
    pairs(query.unwrap_or_default()).find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The page size that a list is asked for (`n`), if any.
pub(crate) fn page_size(query: Option<&str>) -> Result<Option<usize>, ParseIntError> {
    value(query, "n").map(|text| text.parse()).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_names_and_values() {
        let pairs: Vec<_> = pairs("scope=repository%3Alib%2Fapp%3Apull&service=a+b&flag&bad=%ff").collect();
        let expected = [("scope", "repository:lib/app:pull"), ("service", "a b"), ("flag", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
