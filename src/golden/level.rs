//! How binding a difference is, by the place where it stands.

use crate::{
    json_path::{JsonPath, Segment},
    verdict::Level,
};

/// Names of fields whose content the published reference leaves to the server, with everything below them.
///
/// - `message`: texts for people, in a Status, its causes and the conditions of a tag;
/// - `details`: "extended data" of a Status, which may be defined by each reason;
/// - `annotations`: "unstructured" by their description;
/// - `dockerImageMetadata`: a raw extension, described by no schema.
const LEFT_TO_THE_SERVER: [&str; 4] = ["message", "details", "annotations", "dockerImageMetadata"];

/// The level of a difference at `path` of a body.
///
/// `null_or_absent` says that one side is `null` and the other is not there, which the API's conventions call the same.
pub(super) fn of_body(path: &JsonPath, null_or_absent: bool) -> Level {
    let left_to_the_server = path
        .segments()
        .iter()
        .any(|segment| matches!(segment, Segment::Key(name) if LEFT_TO_THE_SERVER.contains(&name.as_str())));
    if left_to_the_server || null_or_absent { Level::Compatible } else { Level::Required }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(JsonPath::root().key("status").key("images").index(0).key("tag"), Level::Required)]
    #[case(JsonPath::root().key("status").key("images").index(0).key("status").key("reason"), Level::Required)]
    #[case(JsonPath::root().key("message"), Level::Compatible)]
    #[case(JsonPath::root().key("details").key("causes").index(0).key("field"), Level::Compatible)]
    #[case(JsonPath::root().key("metadata").key("annotations").key("a"), Level::Compatible)]
    fn the_place_decides(#[case] path: JsonPath, #[case] level: Level) {
        assert_eq!(of_body(&path, false), level);
    }

    #[test]
    fn null_and_absent_are_the_same_to_a_conforming_client() {
        assert_eq!(of_body(&JsonPath::root().key("kind"), true), Level::Compatible);
    }
}
