//! What numbered placeholders stood for.

use std::collections::BTreeMap;

use super::Shape;

/// Volatile values seen so far in a case, so that equal numbers are equal values, and other numbers other values.
///
/// Times are exact to the second, so two of them can be equal by chance: other numbers are other times only where the case
/// has waited between the two.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// By placeholder, as in `uid 1`.
    values: BTreeMap<String, Remembered>,
    /// How often the case has waited.
    pauses: usize,
    /// Whether proposals number times.
    numbers_times: bool,
    /// The step whose response is looked at.
    step: String,
}

#[derive(Debug, Clone)]
struct Remembered {
    value: String,
    /// How often the case had waited before.
    pauses: usize,
    /// The field that the value was first seen in.
    field: String,
    /// The step whose response first had it.
    step: String,
}

impl Memory {
    /// A memory for proposals; `numbers_times` says that the case waits somewhere, so that times can be told apart.
    #[must_use]
    pub fn proposing(numbers_times: bool) -> Self {
        Self { numbers_times, ..Self::default() }
    }

    /// Notes that the case has waited for at least a second.
    pub const fn pause(&mut self) {
        self.pauses += 1;
    }

    /// Remembers that `shape` was `value`. Says no if it was something else before, or if another number of the same word
    /// had this value.
    pub(super) fn agree(&mut self, shape: &Shape, value: &str) -> bool {
        let placeholder = shape.to_string();
        if let Some(known) = self.values.get(&placeholder) {
            return known.value == value;
        }
        let taken = self.others(word(&placeholder), value).any(|(_, known)| self.tells_apart(shape, known));
        if !taken {
            self.insert(placeholder, value, "");
        }
        !taken
    }

    /// Says which step's response is looked at next.
    pub fn begin(&mut self, step: impl Into<String>) {
        self.step = step.into();
    }

    /// What `shape` stands for: its value, and the step whose response first had it. Where it has none yet although `value`
    /// was refused for it: the placeholder that stands for `value`.
    pub(super) fn meaning(&self, shape: &Shape, value: &str) -> Option<String> {
        let within = |known: &Remembered| match known.step.as_str() {
            "" => String::new(),
            step => format!(" in {step}"),
        };
        let placeholder = shape.to_string();
        if let Some(known) = self.values.get(&placeholder) {
            return Some(format!("[{placeholder}], which was {:?}{}", known.value, within(known)));
        }
        let (other, known) = self.others(word(&placeholder), value).next()?;
        Some(format!("[{placeholder}], a value other than {value:?}, which is [{other}]{}", within(known)))
    }

    /// The number that stands for `value` among the placeholders of `word`; the next free one if it is new.
    pub(super) fn number(&mut self, word: &str, value: &str) -> usize {
        if let Some(number) = self.others(word, value).find_map(|(placeholder, _)| number_of(placeholder)) {
            return number;
        }
        self.next_number(word, value, "")
    }

    /// The number that stands for a time in `field` (a path without indices), if times are numbered in this case.
    ///
    /// A time from before a pause is a copy of the one seen then. Of the others only those of one field are known to be
    /// the same: two fields may have been set within one second or not.
    pub(super) fn time_number(&mut self, time: &str, field: &str) -> Option<usize> {
        const WORD: &str = "time";
        if !self.numbers_times {
            return None;
        }
        let known = self
            .others(WORD, time)
            .filter(|(_, known)| known.pauses < self.pauses || known.field == field)
            .min_by_key(|(placeholder, known)| (last_key(&known.field) != last_key(field), number_of(placeholder)))
            .and_then(|(placeholder, _)| number_of(placeholder));
        Some(known.unwrap_or_else(|| self.next_number(WORD, time, field)))
    }

    fn next_number(&mut self, word: &str, value: &str, field: &str) -> usize {
        let next = self
            .values
            .keys()
            .filter(|placeholder| self::word(placeholder) == word)
            .filter_map(|placeholder| number_of(placeholder))
            .max()
            .unwrap_or(0)
            + 1;
        self.insert(format!("{word} {next}"), value, field);
        next
    }

    fn insert(&mut self, placeholder: String, value: &str, field: &str) {
        let remembered = Remembered {
            value: value.to_owned(),
            pauses: self.pauses,
            field: field.to_owned(),
            step: self.step.clone(),
        };
        self.values.insert(placeholder, remembered);
    }

    /// Whether a new number of this shape cannot have the value of a known one.
    fn tells_apart(&self, shape: &Shape, known: &Remembered) -> bool {
        !matches!(shape, Shape::Time(_)) || known.pauses < self.pauses
    }

    fn others<'a>(&'a self, word: &'a str, value: &'a str) -> impl Iterator<Item = (&'a str, &'a Remembered)> {
        self.values
            .iter()
            .filter(move |(placeholder, known)| self::word(placeholder) == word && known.value == value)
            .map(|(placeholder, known)| (placeholder.as_str(), known))
    }
}

fn word(placeholder: &str) -> &str {
    placeholder.split(' ').next().unwrap_or(placeholder)
}

fn number_of(placeholder: &str) -> Option<usize> {
    placeholder.split_once(' ')?.1.parse().ok()
}

fn last_key(field: &str) -> &str {
    field.rsplit('.').next().unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EARLY: &str = "2026-01-02T03:04:05Z";
    const LATE: &str = "2026-01-02T03:04:07Z";

    #[test]
    fn times_of_other_numbers_differ_only_across_a_pause() {
        let mut memory = Memory::default();
        assert!(memory.agree(&Shape::Time(Some(1)), EARLY));
        assert!(memory.agree(&Shape::Time(Some(2)), EARLY), "two fields may be set within one second");
        assert!(!memory.agree(&Shape::Time(Some(1)), LATE), "the same number, another time");
        memory.pause();
        assert!(!memory.agree(&Shape::Time(Some(3)), EARLY), "another number, a time from before the pause");
        assert!(memory.agree(&Shape::Time(Some(3)), LATE));
        assert!(memory.agree(&Shape::Time(Some(1)), EARLY));
    }

    #[test]
    fn a_proposal_numbers_what_is_the_same_field_or_a_copy_from_before_a_pause() {
        let mut memory = Memory::proposing(true);
        assert_eq!(memory.time_number(EARLY, "metadata.creationTimestamp"), Some(1));
        assert_eq!(memory.time_number(EARLY, "status.tags.items.created"), Some(2));
        assert_eq!(memory.time_number(EARLY, "metadata.creationTimestamp"), Some(1));
        memory.pause();
        assert_eq!(memory.time_number(EARLY, "image.metadata.creationTimestamp"), Some(1));
        assert_eq!(memory.time_number(EARLY, "status.import.status.tags.items.created"), Some(2));
        assert_eq!(memory.time_number(LATE, "status.import.status.tags.items.created"), Some(3));
        assert_eq!(Memory::proposing(false).time_number(EARLY, "x"), None);
    }
}
