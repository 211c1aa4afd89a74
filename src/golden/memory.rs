//! What numbered placeholders stood for.

use std::collections::BTreeMap;

/// Volatile values seen so far in a case, so that equal numbers are equal values, and other numbers other values.
#[derive(Debug, Default)]
pub struct Memory {
    /// By placeholder, as in `uid 1`.
    values: BTreeMap<String, String>,
}

impl Memory {
    /// Remembers that `placeholder` was `value`. Says no if it was something else before, or if another number of the
    /// same word had this value.
    pub(super) fn agree(&mut self, placeholder: &str, value: &str) -> bool {
        match self.values.get(placeholder) {
            Some(known) => known == value,
            None if self.placeholder_of(word(placeholder), value).is_some() => false,
            None => {
                self.values.insert(placeholder.to_owned(), value.to_owned());
                true
            }
        }
    }

    /// The number that stands for `value` among the placeholders of `word`; the next free one if it is new.
    pub(super) fn number(&mut self, word: &str, value: &str) -> usize {
        if let Some(placeholder) = self.placeholder_of(word, value)
            && let Some(number) = placeholder[word.len()..].trim_start().parse().ok()
        {
            return number;
        }
        let next = self.values.keys().filter(|placeholder| self::word(placeholder) == word).count() + 1;
        self.values.insert(format!("{word} {next}"), value.to_owned());
        next
    }

    fn placeholder_of(&self, word: &str, value: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(placeholder, known)| self::word(placeholder) == word && *known == value)
            .map(|(placeholder, _)| placeholder.as_str())
    }
}

fn word(placeholder: &str) -> &str {
    placeholder.split(' ').next().unwrap_or(placeholder)
}
