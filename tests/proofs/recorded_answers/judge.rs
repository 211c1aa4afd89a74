//! The judgement of an answer: golden and schema, as the runner applies them.

use isi_conformance::{
    golden::{self, Answer, Memory},
    schema::Schema,
};

use super::{
    change::Change,
    recorded::{Recorded, RecordedCase},
};

/// What is held against the recorded answers of a case: nothing, if all is well.
pub(crate) fn complaints(case: &RecordedCase) -> Vec<String> {
    let mut memory = Memory::default();
    let mut complaints = Vec::new();
    for (number, recorded) in case.exchanges.iter().enumerate() {
        for found in differences(case, recorded, &recorded.answer, &mut memory) {
            complaints.push(format!("{} at {}, exchange {}: {found}", case.name, case.version, number + 1));
        }
    }
    complaints
}

/// Whether the changed exchange is found wrong, or one that follows: values recur there.
pub(crate) fn notices(case: &RecordedCase, change: &Change) -> bool {
    let mut memory = Memory::default();
    for recorded in &case.exchanges[..change.exchange] {
        differences(case, recorded, &recorded.answer, &mut memory);
    }
    let changed = &case.exchanges[change.exchange];
    !differences(case, changed, &change.apply(changed), &mut memory).is_empty()
        || case.exchanges[change.exchange + 1..]
            .iter()
            .any(|next| !differences(case, next, &next.answer, &mut memory).is_empty())
}

/// Where an answer is not as its golden and its schema want it.
fn differences(case: &RecordedCase, recorded: &Recorded, answer: &Answer, memory: &mut Memory) -> Vec<String> {
    let found = golden::compare(&recorded.golden, answer, &case.bindings, memory).unwrap();
    let mut differences: Vec<_> = found.answer.into_iter().chain(found.traffic).collect();
    // Zero values are absent in protobuf, also where a schema requires the field.
    let has_schema = answer.body.is_object() && !case.name.starts_with("encoding::");
    if let Some(judgement) = has_schema.then(|| Schema::for_version(case.version).judge(&answer.body)).flatten() {
        differences.extend(judgement.violations.into_iter().chain(judgement.unknown_fields));
    }
    differences.iter().map(|it| format!("{}: expected {}, found {}", it.path, it.expected, it.actual)).collect()
}
