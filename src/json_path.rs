//! Where a value stands inside a JSON document.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::Value;

/// The way from the root of a JSON document to one of its values, written as a JSONPath (RFC 9535) of names and indexes.
///
/// ```
/// use isi_conformance::json_path::JsonPath;
///
/// let path = JsonPath::root().key("status").key("tags").index(0).key("openshift.io/image");
/// assert_eq!(path.to_string(), r#"$.status.tags[0]["openshift.io/image"]"#);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JsonPath {
    segments: Vec<Segment>,
}

/// One step of a [`JsonPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Into the member of an object with this name.
    Key(String),
    /// Into the element of an array at this position, counted from zero.
    Index(usize),
}

impl JsonPath {
    /// The document itself: `$`.
    #[must_use]
    pub const fn root() -> Self {
        Self { segments: Vec::new() }
    }

    /// The member `name` of the object at this path.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.child(Segment::Key(name.to_owned()))
    }

    /// The element at `position` of the array at this path.
    #[must_use]
    pub fn index(&self, position: usize) -> Self {
        self.child(Segment::Index(position))
    }

    /// The value that `path` leads to from the value at this path.
    #[must_use]
    pub fn join(&self, path: &Self) -> Self {
        self.segments.iter().chain(&path.segments).cloned().collect()
    }

    /// Whether `path` is this path or leads further from it.
    #[must_use]
    pub fn contains(&self, path: &Self) -> bool {
        path.segments.starts_with(&self.segments)
    }

    /// The steps from the root, outermost first.
    #[must_use]
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether the last step is into the member `name` of an object.
    #[must_use]
    pub fn ends_with_key(&self, name: &str) -> bool {
        matches!(self.segments.last(), Some(Segment::Key(last)) if last == name)
    }

    /// The value at this path in `document`, if there is one.
    #[must_use]
    pub fn find<'document>(&self, document: &'document Value) -> Option<&'document Value> {
        self.segments.iter().try_fold(document, |value, segment| match segment {
            Segment::Key(name) => value.get(name),
            Segment::Index(position) => value.get(position),
        })
    }

    fn child(&self, segment: Segment) -> Self {
        let mut segments = Vec::with_capacity(self.segments.len() + 1);
        segments.extend_from_slice(&self.segments);
        segments.push(segment);
        Self { segments }
    }
}

impl FromIterator<Segment> for JsonPath {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self { segments: segments.into_iter().collect() }
    }
}

impl std::str::FromStr for JsonPath {
    type Err = ();

    /// Reads names and indexes, as [`JsonPath`] writes them; the leading `$.` may be left out.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut rest = text.strip_prefix('$').unwrap_or(text);
        let mut path = Self::root();
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix('[') {
                let mut values = serde_json::Deserializer::from_str(quoted).into_iter::<Value>();
                path = match values.next() {
                    Some(Ok(Value::String(name))) => path.key(&name),
                    Some(Ok(Value::Number(index))) => {
                        path.index(index.as_u64().and_then(|index| index.try_into().ok()).ok_or(())?)
                    }
                    _ => return Err(()),
                };
                rest = quoted[values.byte_offset()..].strip_prefix(']').ok_or(())?;
            } else {
                let name = rest.strip_prefix('.').unwrap_or(rest);
                let end = name.find(['.', '[']).unwrap_or(name.len());
                if end == 0 {
                    return Err(());
                }
                path = path.key(&name[..end]);
                rest = &name[end..];
            }
        }
        Ok(path)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("$")?;
        self.segments.iter().try_for_each(|segment| match segment {
            Segment::Index(position) => write!(formatter, "[{position}]"),
            Segment::Key(name) if is_identifier(name) => write!(formatter, ".{name}"),
            Segment::Key(name) => write!(formatter, "[{}]", Value::from(name.as_str())),
        })
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|()| D::Error::custom(format!("`{text}` is no path of names and indexes")))
    }
}

impl JsonSchema for JsonPath {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "JsonPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\$", "description": "A JSONPath (RFC 9535) of names and indexes." })
    }
}

/// Whether RFC 9535 lets `name` stand after a dot, here kept to ASCII.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(JsonPath::root(), "$")]
    #[case(JsonPath::root().key("a").index(12).key("_b2"), "$.a[12]._b2")]
    #[case(JsonPath::root().key("2nd").key(""), r#"$["2nd"][""]"#)]
    #[case(JsonPath::root().key(r#"say "hi""#), r#"$["say \"hi\""]"#)]
    fn is_written_as_a_json_path_and_read_again(#[case] path: JsonPath, #[case] expected: &str) {
        assert_eq!(path.to_string(), expected);
        assert_eq!(expected.parse(), Ok(path));
    }

    #[rstest]
    #[case("status.images[0].tag", "$.status.images[0].tag")]
    #[case("$['single']", "")]
    #[case("$..uid", "")]
    #[case("$.tags[?@.name]", "")]
    fn reads_names_and_indexes_only(#[case] text: &str, #[case] expected: &str) {
        let read = text.parse::<JsonPath>().map(|path| path.to_string()).unwrap_or_default();
        assert_eq!(read, expected);
    }

    #[test]
    fn finds_the_value_it_names_and_nothing_else() {
        let document = json!({ "tags": [{ "name": "v1" }] });
        let tag = JsonPath::root().key("tags").index(0);
        assert_eq!(tag.key("name").find(&document).unwrap(), "v1");
        assert_eq!(tag.index(0).find(&document), None);
    }
}
