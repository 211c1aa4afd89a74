//! What scenarios were made of, and what was never drawn.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::Value;

use super::{Generator, Scenario, Word, fields, scenario::action, vocabulary as words};

/// Kinds of objects that scenarios write.
const KINDS: [&str; 4] = ["ImageStreamImport", "ImageStream", "ImageStreamTag", "ImageTag"];
/// How many words that were never drawn are named.
const NAMED: usize = 3;

/// How often each word of the vocabulary was drawn.
#[derive(Debug, Default, Serialize)]
pub struct Coverage {
    /// Scenarios.
    pub scenarios: usize,
    /// Steps of scenarios.
    pub steps: usize,
    /// By kind of word, then by word.
    pub drawn: BTreeMap<&'static str, BTreeMap<String, usize>>,
}

impl Coverage {
    /// Nothing yet of what `generator` can draw.
    #[must_use]
    pub fn of(generator: &Generator) -> Self {
        let version = generator.limits().version;
        let fields = KINDS.into_iter().flat_map(|kind| fields::of_request(version, kind));
        let mut drawn: BTreeMap<&'static str, BTreeMap<String, usize>> = BTreeMap::new();
        let mut add = |kind: &'static str, word: String| {
            drawn.entry(kind).or_default().entry(word).or_default();
        };
        for field in fields {
            field.values.iter().for_each(|value| add("values", field.word(value)));
            add("fields", field.name);
        }
        let texts = |texts: &[&str]| texts.iter().copied().map(Value::from).collect::<Vec<_>>();
        let lists = [
            ("images", texts(&words::images().iter().map(String::as_str).collect::<Vec<_>>())),
            ("quirks", texts(&words::quirks())),
            ("faults", words::faults()),
            ("tag-listings", words::tag_listings()),
            ("tls", texts(words::TLS)),
            ("import-modes", texts(words::IMPORT_MODES)),
            ("reference-policies", texts(words::REFERENCE_POLICIES)),
        ];
        for (kind, values) in lists {
            values.iter().for_each(|value| add(kind, Word::new(kind, value).text));
        }
        Self { scenarios: 0, steps: 0, drawn }
    }

    /// Counts what a scenario is made of.
    pub fn count(&mut self, scenario: &Scenario) {
        self.scenarios += 1;
        self.steps += scenario.steps.len();
        for word in &scenario.words {
            self.add(word.kind, word.text.clone());
            if let Some((field, _)) = word.text.split_once(' ') {
                self.add("fields", field.to_owned());
            }
        }
        for tags in scenario.registry["repositories"].as_object().into_iter().flat_map(|tags| tags.values()) {
            tags.as_object().into_iter().flat_map(|tags| tags.values()).for_each(|image| self.word("images", image));
        }
        list(&scenario.registry["quirks"]).for_each(|quirk| self.word("quirks", quirk));
        list(&scenario.registry["faults"]).for_each(|fault| self.word("faults", fault));
        self.word("tls", &scenario.registry["tls"]);
        self.word("tag-listings", &scenario.registry["tags"]);
        let actions: Vec<&str> = scenario.steps.iter().map(action).collect();
        actions.windows(2).for_each(|pair| self.add("sequences", pair.join(" then ")));
        scenario.steps.iter().for_each(|step| self.step(step));
    }

    fn step(&mut self, step: &Value) {
        self.add("actions", action(step).to_owned());
        list(&step["registry"]["faults"]).for_each(|fault| self.word("faults", fault));
        let tagged = step["registry"]["tag"].as_object();
        tagged.into_iter().flat_map(|tags| tags.values()).for_each(|image| self.word("images", image));
        for asked in step.as_object().into_iter().flat_map(|step| step.values()) {
            for (kind, key) in [("queries", "query"), ("headers", "headers")] {
                for (name, value) in asked[key].as_object().into_iter().flatten() {
                    self.add(kind, format!("{name}={}", value.as_str().unwrap_or_default()));
                }
            }
        }
        let import = &step["import"];
        for entry in list(&import["images"]).chain(import.get("repository")) {
            self.word("import-modes", &entry["importMode"]);
            self.word("reference-policies", &entry["referencePolicy"]);
        }
    }

    fn word(&mut self, kind: &'static str, value: &Value) {
        if !value.is_null() {
            self.add(kind, Word::new(kind, value).text);
        }
    }

    fn add(&mut self, kind: &'static str, word: String) {
        *self.drawn.entry(kind).or_default().entry(word).or_default() += 1;
    }

    /// The words of each kind: how many were drawn, how many there are, and those that never were.
    pub fn kinds(&self) -> impl Iterator<Item = (&'static str, usize, usize, Vec<&str>)> {
        self.drawn.iter().map(|(kind, words)| {
            let missed: Vec<&str> =
                words.iter().filter(|(_, count)| **count == 0).map(|(word, _)| word.as_str()).collect();
            (*kind, words.len() - missed.len(), words.len(), missed)
        })
    }

    /// Writes one line a kind of word, and what was never drawn.
    ///
    /// # Errors
    /// When `out` cannot be written to.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for (kind, drawn, all, missed) in self.kinds() {
            write!(out, "{kind:>18}  {drawn} of {all} drawn")?;
            match missed.as_slice() {
                [] => writeln!(out)?,
                [first, rest @ ..] if rest.len() >= NAMED => {
                    writeln!(out, "; never {first} and {} more", rest.len())?;
                }
                missed => writeln!(out, "; never {}", missed.join(", "))?,
            }
        }
        Ok(())
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_can_be_drawn_is_drawn_in_the_end() {
        let generator = Generator::default();
        let mut coverage = Coverage::of(&generator);
        let all: usize = coverage.kinds().map(|(_, _, all, _)| all).sum();
        for seed in 0..30_000 {
            coverage.count(&generator.draw(seed).current());
        }
        assert!(all > 1000, "{all}");
        for (kind, _, all, missed) in coverage.kinds() {
            // Of the many values inside a `status`, which servers do not read, some are still to come.
            let allowed = if kind == "values" { all / 4 } else { 0 };
            assert!(missed.len() <= allowed, "{kind}: {} of {all}: {missed:?}", missed.len());
        }
    }

    #[test]
    fn what_was_never_drawn_is_named() {
        let coverage = Coverage::of(&Generator::default());
        let mut out = Vec::new();
        assert!(coverage.write(&mut out).is_ok());
        let text = String::from_utf8_lossy(&out).into_owned();
        assert!(text.contains("tls  0 of 3 drawn; never plain-http, self-signed, too-old"), "{text}");
    }
}
