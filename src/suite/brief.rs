//! Values with a short form: a text instead of the mapping it stands for.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A `T`, written as a mapping or, in the usual cases, as a text that stands for one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Brief<T>(pub T);

impl<'de, T> Deserialize<'de> for Brief<T>
where
    T: Deserialize<'de> + FromStr<Err: fmt::Display>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrMapping<T>(PhantomData<T>);

        impl<'de, T> Visitor<'de> for TextOrMapping<T>
        where
            T: Deserialize<'de> + FromStr<Err: fmt::Display>,
        {
            type Value = T;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text or a mapping")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(access))
            }
        }

        deserializer.deserialize_any(TextOrMapping(PhantomData)).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for Brief<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Brief{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let long = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, long] })
    }
}

/// A field that a request can leave out: `true`, `false` or `omit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toggle {
    /// The field is sent with this value.
    Sent(bool),
    /// The field is not sent.
    Omitted,
}

impl Toggle {
    /// The value to send, if any.
    #[must_use]
    pub const fn value(self) -> Option<bool> {
        match self {
            Self::Sent(value) => Some(value),
            Self::Omitted => None,
        }
    }
}

impl<'de> Deserialize<'de> for Toggle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToggleVisitor;

        impl Visitor<'_> for ToggleVisitor {
            type Value = Toggle;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("`true`, `false` or `omit`")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Toggle, E> {
                Ok(Toggle::Sent(value))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Toggle, E> {
                match text {
                    "omit" => Ok(Toggle::Omitted),
                    other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
                }
            }
        }

        deserializer.deserialize_any(ToggleVisitor)
    }
}

impl JsonSchema for Toggle {
    fn schema_name() -> Cow<'static, str> {
        "Toggle".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "enum": [true, false, "omit"] })
    }
}
