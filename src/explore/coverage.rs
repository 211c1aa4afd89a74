//! What scenarios were made of, and what was never drawn.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::Value;

use super::{Scenario, vocabulary as words};

/// How often each word of the vocabulary was drawn.
#[derive(Debug, Serialize)]
pub struct Coverage {
    /// Scenarios.
    pub scenarios: usize,
    /// Steps of scenarios.
    pub steps: usize,
    /// By kind of word, then by word.
    pub drawn: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

impl Default for Coverage {
    fn default() -> Self {
        let values = |values: Vec<Value>| values.iter().map(Value::to_string).collect::<Vec<_>>();
        let texts = |texts: &[&str]| texts.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        let words = [
            ("images", words::images()),
            ("quirks", texts(&words::quirks())),
            ("faults", values(words::faults())),
            ("references", texts(words::REFERENCES)),
            ("repositories", texts(words::REPOSITORIES)),
            ("tags", texts(words::TAGS)),
            ("import-modes", texts(words::IMPORT_MODES)),
            ("reference-policies", texts(words::REFERENCE_POLICIES)),
            ("paths", texts(words::PATHS)),
            ("metadata", values(words::metadata())),
            ("specs", values(words::specs())),
            ("objects", values(words::objects())),
            ("sequences", Vec::new()),
        ];
        let drawn =
            words.into_iter().map(|(kind, words)| (kind, words.into_iter().map(|word| (word, 0)).collect())).collect();
        Self { scenarios: 0, steps: 0, drawn }
    }
}

impl Coverage {
    /// Counts what a scenario is made of.
    pub fn count(&mut self, scenario: &Scenario) {
        self.scenarios += 1;
        self.steps += scenario.steps.len();
        for tags in scenario.registry["repositories"].as_object().into_iter().flat_map(|tags| tags.values()) {
            tags.as_object().into_iter().flat_map(|tags| tags.values()).for_each(|image| self.word("images", image));
        }
        list(&scenario.registry["quirks"]).for_each(|quirk| self.word("quirks", quirk));
        list(&scenario.registry["faults"]).for_each(|fault| self.word("faults", fault));
        let actions: Vec<&str> = scenario.steps.iter().filter_map(action).collect();
        for pair in actions.windows(2) {
            *self.drawn.entry("sequences").or_default().entry(pair.join(" then ")).or_default() += 1;
        }
        for step in &scenario.steps {
            self.word("paths", &step["get"]);
            list(&step["registry"]["faults"]).for_each(|fault| self.word("faults", fault));
            step["registry"]["tag"].as_object().into_iter().flat_map(|tags| tags.values()).for_each(|image| {
                self.word("images", image);
            });
            let import = &step["import"];
            [("metadata", "metadata"), ("specs", "spec"), ("objects", "merge")].into_iter().for_each(
                |(kind, field)| {
                    self.word(kind, &import[field]);
                },
            );
            self.word("repositories", &import["repository"]["from"]);
            list(&import["images"]).for_each(|entry| self.word("references", &entry["from"]));
            for entry in list(&import["images"]).chain(import.get("repository")) {
                self.word("tags", &entry["to"]);
                self.word("import-modes", &entry["importMode"]);
                self.word("reference-policies", &entry["referencePolicy"]);
            }
        }
    }

    fn word(&mut self, kind: &'static str, word: &Value) {
        if word.is_null() {
            return;
        }
        let word = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
        *self.drawn.entry(kind).or_default().entry(word).or_default() += 1;
    }

    /// Writes one line a kind of word, and what was never drawn.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for (kind, words) in &self.drawn {
            let missed: Vec<&str> =
                words.iter().filter(|(_, count)| **count == 0).map(|(word, _)| word.as_str()).collect();
            write!(out, "{kind:>18} {} of {} drawn", words.len() - missed.len(), words.len())?;
            match missed.as_slice() {
                [] => writeln!(out)?,
                [first, rest @ ..] if rest.len() > 3 => writeln!(out, "; never {first} and {} more", rest.len())?,
                missed => writeln!(out, "; never {}", missed.join(", "))?,
            }
        }
        Ok(())
    }
}

/// What a step does: its first key.
fn action(step: &Value) -> Option<&str> {
    step.as_object()?.keys().next().map(String::as_str)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
