//! From an answer to a golden: a proposal for review, never an expectation by itself.

use serde_json::{Map, Value};

use super::{Answer, GoldenStep, KnownValues, Memory, Pattern, Shape};
use crate::variable::Bindings;

/// What a golden of this answer would say.
///
/// Known values become their placeholders, volatile ones their shape. Where `previous` has a text that matches, that text
/// is kept, so that a reviewed placeholder survives an update.
#[must_use]
pub fn propose(
    request: &str,
    answer: &Answer,
    previous: Option<&GoldenStep>,
    bindings: &Bindings,
    known: &KnownValues,
    memory: &mut Memory,
) -> GoldenStep {
    let mut proposer = Proposer { known, bindings, memory, is_list: is_list(&answer.body), field: Vec::new() };
    let headers = answer
        .headers
        .iter()
        .filter(|(name, values)| match name.as_str() {
            "warning" => true,
            "content-type" => values.iter().all(|value| value != "application/json"),
            _ => false,
        })
        .map(|(name, values)| (name.clone(), values.iter().map(|value| proposer.text(value, None)).collect()))
        .collect();
    GoldenStep {
        request: request.to_owned(),
        headers,
        body: proposer.value(&answer.body, previous.map(|step| &step.body), ""),
        traffic: answer
            .traffic
            .iter()
            .map(|(repository, lines)| {
                (repository.clone(), lines.iter().map(|line| proposer.text(line, None)).collect())
            })
            .collect(),
    }
}

struct Proposer<'a> {
    known: &'a KnownValues,
    bindings: &'a Bindings,
    memory: &'a mut Memory,
    /// Whether the body is a list of objects.
    is_list: bool,
    /// The keys that lead to the current value.
    field: Vec<String>,
}

impl Proposer<'_> {
    fn value(&mut self, value: &Value, previous: Option<&Value>, key: &str) -> Value {
        match value {
            Value::String(text) => match key {
                "uid" => self.volatile("uid", Shape::Uid, text).into(),
                // A list has the version of its whole collection, which what others write changes, so that it is equal to
                // that of an object by chance (Kubernetes API concepts, "Resource versions").
                "resourceVersion" if self.is_list && self.field == ["metadata", "resourceVersion"] => {
                    format!("[{}]", Shape::ResourceVersion(None)).into()
                }
                "resourceVersion" => self.volatile("resourceVersion", Shape::ResourceVersion, text).into(),
                _ => self.text(text, previous.and_then(Value::as_str)).into(),
            },
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.value(item, previous.and_then(|previous| previous.get(index)), ""))
                .collect(),
            Value::Object(entries) => entries
                .iter()
                .filter(|(name, _)| *name != "managedFields" || key != "metadata")
                .map(|(key, value)| {
                    let name = self.text(key, None);
                    let previous = previous.and_then(|previous| previous.get(&name));
                    self.field.push(key.clone());
                    let proposed = self.value(value, previous, key);
                    self.field.pop();
                    (name, proposed)
                })
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn text(&mut self, text: &str, previous: Option<&str>) -> String {
        if let Some(previous) = previous
            && Pattern::parse(previous).matches(text, self.bindings, self.memory) == Ok(true)
        {
            return previous.to_owned();
        }
        if is_of_this_run(text) {
            return self.time(text);
        }
        self.known.mask(text)
    }

    /// A time of this run: numbered where the case waits, so that it can be told from others.
    fn time(&mut self, text: &str) -> String {
        let exact = Shape::Time(Some(0)).fits(text);
        match exact.then(|| self.memory.time_number(text, &self.field.join("."))).flatten() {
            Some(number) => format!("[time {number}]"),
            None => format!("[{}]", Shape::Time(None)),
        }
    }

    fn volatile(&mut self, word: &str, shape: impl Fn(Option<u32>) -> Shape, text: &str) -> String {
        if shape(None).fits(text) {
            format!("[{word} {}]", self.memory.number(word, text))
        } else {
            self.text(text, None)
        }
    }
}

fn is_list(body: &Value) -> bool {
    let kind = body.get("kind").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.ends_with("List")) && body.get("items").is_some()
}

/// Whether a text is a time that another run would have another of: one that is near to now. Those of fixtures are
/// long gone, and stand in goldens as they are.
pub(crate) fn is_of_this_run(text: &str) -> bool {
    const DAY: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
    let time = text.parse::<jiff::Timestamp>();
    time.is_ok_and(|time| time.duration_since(jiff::Timestamp::now()).abs() < DAY)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::{super::compare, *};

    #[test]
    fn a_proposal_matches_the_answer_it_was_made_of() {
        let bindings =
            Bindings { registry: "127.0.0.1:5000".to_owned(), stream: "app-x1".to_owned(), ..Bindings::default() };
        let now = jiff::Timestamp::now().to_string();
        let uid = "52a8b1b4-1f9b-4b5a-9d4a-1d2f3a4b5c6d";
        let answer = Answer {
            headers: [("content-type".to_owned(), vec!["application/json".to_owned()])].into(),
            body: json!({
                "metadata": {"name": "app-x1", "uid": uid, "resourceVersion": "7", "managedFields": []},
                "from": "127.0.0.1:5000/lib/app:v1", "created": now, "again": {"uid": uid},
                "dockerImageMetadata": {"Created": "2016-01-02T03:04:05Z"},
            }),
            ..Answer::default()
        };
        let golden = propose("GET x", &answer, None, &bindings, &KnownValues::of(&bindings), &mut Memory::default());
        assert_eq!(
            golden.body,
            json!({
                "metadata": {"name": "[stream]", "uid": "[uid 1]", "resourceVersion": "[resourceVersion 1]"},
                "from": "[registry]/lib/app:v1", "created": "[time]", "again": {"uid": "[uid 1]"},
                "dockerImageMetadata": {"Created": "2016-01-02T03:04:05Z"},
            })
        );
        let found = compare(&golden, &answer, &bindings, &mut Memory::default()).unwrap();
        assert_eq!(found.answer, []);
    }

    #[test]
    fn the_version_of_a_list_is_not_held_to_those_of_its_objects() {
        let item = json!({"metadata": {"resourceVersion": "7"}});
        let body = json!({"kind": "ImageStreamList", "metadata": {"resourceVersion": "7"}, "items": [item]});
        let answer = Answer { body, ..Answer::default() };
        let golden =
            propose("GET x", &answer, None, &Bindings::default(), &KnownValues::default(), &mut Memory::default());
        assert_eq!(golden.body["metadata"]["resourceVersion"], "[resourceVersion]");
        assert_eq!(golden.body["items"][0]["metadata"]["resourceVersion"], "[resourceVersion 1]");
    }

    #[test]
    fn times_are_numbered_where_the_case_waits() {
        let time = |seconds: i64| {
            jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + seconds).unwrap().to_string()
        };
        let (early, late) = (time(0), time(2));
        let mut memory = Memory::proposing(true);
        let mut proposed = |body: Value| {
            let answer = Answer { body, ..Answer::default() };
            let body = propose("GET x", &answer, None, &Bindings::default(), &KnownValues::default(), &mut memory).body;
            memory.pause();
            body
        };
        assert_eq!(
            proposed(json!({"metadata": {"creationTimestamp": early}, "items": [{"created": early}]})),
            json!({"metadata": {"creationTimestamp": "[time 2]"}, "items": [{"created": "[time 1]"}]})
        );
        assert_eq!(
            proposed(
                json!({"metadata": {"creationTimestamp": early}, "items": [{"created": late}, {"created": early}]})
            ),
            json!({"metadata": {"creationTimestamp": "[time 2]"}, "items": [{"created": "[time 3]"}, {"created": "[time 1]"}]})
        );
    }

    #[test]
    fn a_reviewed_placeholder_survives() {
        let previous = GoldenStep { body: json!({"message": "error: [text EOF]"}), ..GoldenStep::default() };
        let answer = Answer { body: json!({"message": "error: end of file"}), ..Answer::default() };
        let golden = propose(
            "GET x",
            &answer,
            Some(&previous),
            &Bindings::default(),
            &KnownValues::default(),
            &mut Memory::default(),
        );
        assert_eq!(golden.body, previous.body);
    }
}
