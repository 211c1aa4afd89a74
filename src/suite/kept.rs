//! Values that a case keeps of one answer for later requests: a suite writes `{{kept version}}` where one goes, and a golden
//! shows `[kept version]` in its place.

use std::collections::BTreeMap;

/// The word before the name in a suite and in a golden.
pub(super) const KEYWORD: &str = "kept ";
/// What a place begins with.
const OPENING: &str = "[kept ";

/// The place for the value that is kept as `name`.
pub(super) fn place(name: &str) -> String {
    format!("{OPENING}{name}]")
}

/// The names of the kept values that `text` has a place for.
pub(super) fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(OPENING).skip(1).filter_map(|rest| rest.split_once(']')).map(|(name, _)| name)
}

/// The text with values in the places for kept ones.
pub(super) fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&place(name), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_and_filled() {
        let text = format!("{}&b={}", place("one"), place("two"));
        assert_eq!(names(&text).collect::<Vec<_>>(), ["one", "two"]);
        let values = [("one", "1"), ("two", "2")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(filled(&text, &values), "1&b=2");
        assert_eq!(names("[stream]").count(), 0);
    }
}
