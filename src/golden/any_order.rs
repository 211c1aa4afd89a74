//! Traffic whose order is random.

use super::{Memory, Pattern, Traffic};
use crate::variable::Bindings;

/// `actual` in the order of `expected`: each line takes the place of the one it matches, what matches nothing comes last.
/// Without something expected the lines are sorted, so that two proposals are the same.
#[must_use]
pub fn in_order_of(expected: Option<&Traffic>, actual: Traffic, bindings: &Bindings) -> Traffic {
    let ordered = |(repository, mut lines): (String, Vec<String>)| {
        lines.sort_unstable();
        let patterns = expected.and_then(|expected| expected.get(&repository)).map(Vec::as_slice).unwrap_or_default();
        let mut sorted = Vec::with_capacity(lines.len());
        for pattern in patterns {
            let matches = |line: &String| {
                Pattern::parse(pattern).matches(line, bindings, &mut Memory::default()).unwrap_or_default()
            };
            if let Some(index) = lines.iter().position(matches) {
                sorted.push(lines.remove(index));
            }
        }
        sorted.append(&mut lines);
        (repository, sorted)
    };
    actual.into_iter().map(ordered).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn traffic(lines: &[&str]) -> Traffic {
        [("/token".to_owned(), lines.iter().map(|line| (*line).to_owned()).collect())].into()
    }

    #[rstest]
    #[case::equal(&["GET b 200", "GET a 200"], &["GET a 200", "GET b 200"], &["GET b 200", "GET a 200"])]
    #[case::placeholder(&["GET b", "GET [stream]"], &["GET app", "GET b"], &["GET b", "GET app"])]
    #[case::missing(&["GET b", "GET a"], &["GET a"], &["GET a"])]
    #[case::more(&["GET b"], &["GET c", "GET b", "GET b"], &["GET b", "GET b", "GET c"])]
    fn lines_take_the_places_of_those_they_match(
        #[case] expected: &[&str],
        #[case] actual: &[&str],
        #[case] ordered: &[&str],
    ) {
        let bindings = Bindings { stream: "app".to_owned(), ..Bindings::default() };
        assert_eq!(in_order_of(Some(&traffic(expected)), traffic(actual), &bindings), traffic(ordered));
    }

    #[test]
    fn lines_of_which_nothing_is_expected_are_sorted() {
        assert_eq!(in_order_of(None, traffic(&["GET b", "GET a"]), &Bindings::default()), traffic(&["GET a", "GET b"]));
    }
}
