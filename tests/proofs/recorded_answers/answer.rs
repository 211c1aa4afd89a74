//! From a golden back to an answer that a server could have given.

use isi_conformance::{
    golden::{Answer, GoldenStep, Pattern, Piece, Shape, Traffic},
    variable::Bindings,
};
use serde_json::Value;

/// The answer that was recorded, with this run's values in place of the placeholders.
pub(crate) fn of_golden(golden: &GoldenStep, bindings: &Bindings) -> Answer {
    let texts = |texts: &[String]| texts.iter().map(|text| self::text(text, bindings)).collect::<Vec<_>>();
    let traffic: Traffic = golden.traffic.iter().map(|(place, lines)| (place.clone(), texts(lines))).collect();
    let mut answer = Answer { body: value(&golden.body, bindings), traffic, ..Answer::default() };
    answer.headers = golden.headers.iter().map(|(name, values)| (name.clone(), texts(values))).collect();
    answer.headers.entry("content-type".to_owned()).or_insert_with(|| vec!["application/json".to_owned()]);
    answer
}

fn value(golden: &Value, bindings: &Bindings) -> Value {
    match golden {
        Value::String(text) => self::text(text, bindings).into(),
        Value::Array(items) => items.iter().map(|item| value(item, bindings)).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(key, entry)| (text(key, bindings), value(entry, bindings))).collect()
        }
        other => other.clone(),
    }
}

/// The text of a golden with a plausible value for every placeholder.
pub(crate) fn text(golden: &str, bindings: &Bindings) -> String {
    filled(golden, bindings, plausible)
}

/// The same with another, just as plausible value for every shape; `None` where there is no shape.
pub(crate) fn another_text(golden: &str, bindings: &Bindings) -> Option<String> {
    let has_shape = shapes(golden).next().is_some();
    has_shape.then(|| filled(golden, bindings, another))
}

/// The shapes in a text of a golden, written without their numbers and texts: `[uid]`.
pub(crate) fn shapes(golden: &str) -> impl Iterator<Item = String> {
    let pieces = Pattern::parse(golden).pieces().to_vec();
    pieces.into_iter().filter_map(|piece| match piece {
        Piece::Shape(shape) => {
            let written = shape.to_string();
            Some(format!("[{}]", written.split(' ').next().unwrap_or(&written)))
        }
        Piece::Literal(_) | Piece::Variable(_) => None,
    })
}

fn filled(golden: &str, bindings: &Bindings, shape: impl Fn(&Shape) -> String) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.clone(),
        Piece::Variable(variable) => bindings.value(variable).unwrap(),
        Piece::Shape(found) => shape(found),
    };
    Pattern::parse(golden).pieces().iter().map(piece).collect()
}

/// Equal numbers become equal values, others other values.
fn plausible(shape: &Shape) -> String {
    match shape {
        Shape::Uid(number) => format!("11111111-0000-4000-8000-{:012}", number.unwrap_or(0)),
        Shape::ResourceVersion(number) => format!("{}", 1000 + number.unwrap_or(0)),
        Shape::Time(number) => format!("2026-01-02T03:04:{:02}Z", number.unwrap_or(0)),
        Shape::Port => "40123".to_owned(),
        Shape::IntegratedRegistry => "image-registry.example.svc:5000".to_owned(),
        Shape::Text(recorded) => recorded.clone(),
    }
}

fn another(shape: &Shape) -> String {
    match shape {
        Shape::Uid(_) => "22222222-0000-4000-8000-000000000000".to_owned(),
        Shape::ResourceVersion(_) => "2000".to_owned(),
        Shape::Time(_) => "2027-01-02T03:04:05Z".to_owned(),
        Shape::Port => "40124".to_owned(),
        Shape::IntegratedRegistry => "registry.other.example".to_owned(),
        Shape::Text(_) => "the same, in another runtime's words".to_owned(),
    }
}
