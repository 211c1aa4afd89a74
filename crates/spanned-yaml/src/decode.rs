//! From a tree with places to types, with errors that point at the node that does not fit.

use std::fmt;

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::{Diagnostic, Key, Node, Source, Span, Value, nearest};

/// Turns `node` into a `T`.
///
/// # Errors
/// When the tree does not fit the type: the diagnostic points at the innermost node that does not, and suggests the
/// nearest known name where a name is unknown.
pub fn decode<T: DeserializeOwned>(source: &Source, node: &Node) -> Result<T, Diagnostic> {
    T::deserialize(Decoder { node }).map_err(|error| error.into_diagnostic(source, node.span))
}

/// An error on its way out of the tree: the first node it passes gives it its place.
#[derive(Debug)]
struct DecodeError {
    message: String,
    span: Option<Span>,
    hint: Option<String>,
}

impl DecodeError {
    /// Gives the error a place, unless it has a more precise one already.
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }

    fn unknown(kind: &str, found: &str, known: &'static [&'static str]) -> Self {
        let hint = nearest(found, known.iter().copied()).map(|name| format!("did you mean `{name}`?"));
        let message = format!("unknown {kind} `{found}`, expected {}", one_of(known));
        Self { message, span: None, hint }
    }

    fn into_diagnostic(self, source: &Source, otherwise: Span) -> Diagnostic {
        let diagnostic = Diagnostic::new(source, self.span.unwrap_or(otherwise), self.message);
        match self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "nothing here".to_owned(),
        [name] => format!("`{name}`"),
        names => format!("one of `{}`", names.join("`, `")),
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), span: None, hint: None }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match unexpected {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            Unexpected::Str(text) => format!("the text `{text}`"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(number) => format!("the number `{number}`"),
            Unexpected::Signed(number) => format!("the number `{number}`"),
            Unexpected::Float(number) => format!("the number `{number}`"),
            other => other.to_string(),
        };
        let wanted = expected.to_string();
        // The names of Rust's types say nothing to a person who writes YAML.
        let wanted = match wanted.as_str() {
            "a string" | "a borrowed string" => "a text",
            "a sequence" => "a list",
            "a map" => "a mapping",
            text if text.starts_with("struct ") => "a mapping",
            "u8" => "a whole number from 0 to 255",
            "u16" => "a whole number from 0 to 65535",
            "u32" => "a whole number from 0 to 4294967295",
            "u64" | "usize" => "a whole number from 0 on",
            "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
            "f32" | "f64" => "a number",
            text => text,
        };
        let is_unquoted = matches!(
            unexpected,
            Unexpected::Bool(_) | Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_)
        );
        let hint = (wanted == "a text" && is_unquoted).then(|| "quote it, so that it is a text".to_owned());
        Self { hint, ..Self::custom(format!("expected {wanted}, found {found}")) }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("field", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("name", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("field `{field}` is missing"))
    }
}

struct Decoder<'a> {
    node: &'a Node,
}

impl<'a> Decoder<'a> {
    fn any<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_str(text),
            Value::Sequence(items) => visitor.visit_seq(Items { items: items.iter() }),
            Value::Mapping(entries) => visitor.visit_map(Entries { entries: entries.iter(), current: None }),
        }
    }

    fn tagged(&self, known: &[&str]) -> Result<(&'a str, Span, Option<&'a Node>), DecodeError> {
        let names = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        match &self.node.value {
            Value::String(text) => Ok((text, self.node.span, None)),
            Value::Mapping(entries) => match entries.as_slice() {
                [(key, node)] => Ok((&key.name, key.span, Some(node))),
                _ => Err(de::Error::custom(format!("expected exactly one key, one of {}", names()))),
            },
            _ => Err(de::Error::custom(format!("expected one of {}, found {}", names(), self.node.kind()))),
        }
    }
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.any(visitor).map_err(|error| error.at(self.node.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    /// A list of the values of all fields is no mapping, though serde would take it for one.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if matches!(self.node.value, Value::Sequence(_)) {
            let error: DecodeError = de::Error::invalid_type(Unexpected::Seq, &format!("struct {name}").as_str());
            return Err(error.at(self.node.span));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let span = self.node.span;
        let (name, name_span, content) = self.tagged(known).map_err(|error| error.at(span))?;
        visitor.visit_enum(Variant { name, span: name_span, content }).map_err(|error| error.at(span))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        self.items.next().map(|node| seed.deserialize(Decoder { node })).transpose()
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, (Key, Node)>,
    current: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, node)) = self.entries.next() else { return Ok(None) };
        self.current = Some(node);
        let name: de::value::StrDeserializer<'_, DecodeError> = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.at(key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let node = self.current.take().ok_or_else(|| de::Error::custom("a value was asked for before its key"))?;
        seed.deserialize(Decoder { node }).map_err(|error| error.at(node.span))
    }
}

struct Variant<'a> {
    name: &'a str,
    span: Span,
    content: Option<&'a Node>,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a> {
    type Error = DecodeError;
    type Variant = Content<'a>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content<'a>), DecodeError> {
        let name: de::value::StrDeserializer<'_, DecodeError> = self.name.into_deserializer();
        let value = seed.deserialize(name).map_err(|error| error.at(self.span))?;
        Ok((value, Content { name: self.name.to_owned(), span: self.span, node: self.content }))
    }
}

struct Content<'a> {
    name: String,
    span: Span,
    node: Option<&'a Node>,
}

impl<'a> Content<'a> {
    fn required(&self) -> Result<Decoder<'a>, DecodeError> {
        self.node
            .map(|node| Decoder { node })
            .ok_or_else(|| <DecodeError as de::Error>::custom(format!("`{}` needs a value", self.name)).at(self.span))
    }
}

impl<'de> VariantAccess<'de> for Content<'_> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.node {
            None | Some(Node { value: Value::Null, .. }) => Ok(()),
            Some(node) => {
                Err(<DecodeError as de::Error>::custom(format!("`{}` takes no value", self.name)).at(node.span))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.required()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.required()?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, DecodeError> {
        self.required()?.deserialize_any(visitor)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde::Deserialize;

    use super::{super::parse, *};

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Demo {
        name: String,
        #[serde(default)]
        sizes: Vec<u32>,
        transport: Option<Transport>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Transport {
        Plain,
        SelfSigned { days: u32 },
    }

    fn demo(text: &str) -> Result<Demo, Diagnostic> {
        let source = Source::new("demo.yaml", text);
        decode(&source, &parse(&source)?)
    }

    #[test]
    fn types_come_out_of_a_tree() {
        let expected =
            Demo { name: "a".to_owned(), sizes: vec![1, 2], transport: Some(Transport::SelfSigned { days: 3 }) };
        assert_eq!(demo("{name: a, sizes: [1, 2], transport: {self-signed: {days: 3}}}").unwrap(), expected);
        assert_eq!(demo("{name: a, transport: plain}").unwrap().transport, Some(Transport::Plain));
    }

    #[test]
    fn an_unknown_field_is_shown_with_the_nearest_known_one() {
        insta::assert_snapshot!(demo("name: a\nsizs: [1]\n").unwrap_err(), @r"
        error: unknown field `sizs`, expected one of `name`, `sizes`, `transport`
         --> demo.yaml:2:1
          |
        2 | sizs: [1]
          | ^^^^

        hint: did you mean `sizes`?
        ");
    }

    #[test]
    fn a_wrong_type_is_shown_where_it_stands() {
        insta::assert_snapshot!(demo("name: a\nsizes:\n  - 1\n  - many\n").unwrap_err(), @r"
        error: expected a whole number from 0 to 4294967295, found the text `many`
         --> demo.yaml:4:5
          |
        4 |   - many
          |     ^^^^
        ");
    }

    #[test]
    fn a_list_is_no_mapping() {
        insta::assert_snapshot!(demo("[a, [1], plain]\n").unwrap_err(), @r"
        error: expected a mapping, found a list
         --> demo.yaml:1:1
          |
        1 | [a, [1], plain]
          | ^
        ");
    }

    #[test]
    fn a_missing_field_is_shown_at_its_mapping() {
        insta::assert_snapshot!(demo("transport:\n  self-signed: {}\nname: a\n").unwrap_err(), @r"
        error: field `days` is missing
         --> demo.yaml:2:16
          |
        2 |   self-signed: {}
          |                ^
        ");
    }

    #[test]
    fn an_unknown_name_is_shown_with_the_known_ones() {
        insta::assert_snapshot!(demo("name: a\ntransport: plane\n").unwrap_err(), @r"
        error: unknown name `plane`, expected one of `plain`, `self-signed`
         --> demo.yaml:2:12
          |
        2 | transport: plane
          |            ^^^^^

        hint: did you mean `plain`?
        ");
    }
}
