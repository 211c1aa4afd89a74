//! How often, and how far apart, an implementation asks the registry for something.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::fixture::Time;

/// How many requests are made, and how much time lies between them at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestCount {
    at_least: u64,
    at_most: Option<u64>,
    apart: Option<Duration>,
}

/// The long form.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
struct RequestCountFields {
    /// Exactly so many requests.
    count: Option<u64>,
    /// At least so many; one unless given.
    at_least: Option<u64>,
    /// At most so many.
    at_most: Option<u64>,
    /// The least time from one of them to the next: the pause before a retry, say.
    apart: Option<Time>,
}

impl RequestCount {
    /// What is wrong with requests that were answered after these times, if anything is.
    #[must_use]
    pub fn problem(&self, times: &[Duration]) -> Option<String> {
        let found = times.len() as u64;
        if found < self.at_least || self.at_most.is_some_and(|most| found > most) {
            return Some(format!("expected {self}, found {found}"));
        }
        let apart = self.apart?;
        let gap = |pair: &[Duration]| pair[1].saturating_sub(pair[0]);
        let short = times.windows(2).map(gap).find(|gap| *gap < apart)?;
        Some(format!("expected {self}, found two that are {short:.1?} apart"))
    }
}

impl fmt::Display for RequestCount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_least, self.at_most) {
            (least, Some(most)) if least == most => write!(formatter, "{least} requests")?,
            (0, Some(most)) => write!(formatter, "at most {most} requests")?,
            (least, Some(most)) => write!(formatter, "{least} to {most} requests")?,
            (least, None) => write!(formatter, "at least {least} requests")?,
        }
        match self.apart {
            Some(apart) => write!(formatter, ", at least {apart:?} apart"),
            None => Ok(()),
        }
    }
}

impl TryFrom<RequestCountFields> for RequestCount {
    type Error = String;

    fn try_from(fields: RequestCountFields) -> Result<Self, String> {
        let apart = fields.apart.map(|Time(length)| length);
        let (at_least, at_most) = match (fields.count, fields.at_least, fields.at_most) {
            (Some(count), None, None) => (count, Some(count)),
            (Some(_), ..) => return Err("`count` stands beside neither `atLeast` nor `atMost`".to_owned()),
            (None, at_least, at_most) => (at_least.unwrap_or(u64::from(at_most.is_none())), at_most),
        };
        if let Some(at_most) = at_most.filter(|at_most| *at_most < at_least) {
            return Err(format!("`atMost` is {at_most}, below `atLeast`, which is {at_least}"));
        }
        if apart.is_some() && at_most.is_some_and(|most| most < 2) {
            return Err("`apart` needs at least two requests".to_owned());
        }
        Ok(Self { at_least, at_most, apart })
    }
}

impl<'de> Deserialize<'de> for RequestCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;

        impl<'de> Visitor<'de> for CountVisitor {
            type Value = RequestCount;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a number of requests, or a mapping with `count`, `atLeast`, `atMost` or `apart`")
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<RequestCount, E> {
                Ok(RequestCount { at_least: count, at_most: Some(count), apart: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<RequestCount, A::Error> {
                let fields = RequestCountFields::deserialize(MapAccessDeserializer::new(access))?;
                fields.try_into().map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(CountVisitor)
    }
}

impl JsonSchema for RequestCount {
    fn schema_name() -> Cow<'static, str> {
        "RequestCount".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of requests, or a mapping.",
            "anyOf": [{ "type": "integer", "minimum": 0 }, generator.subschema_for::<RequestCountFields>()],
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case::exactly(json!(2), &[0, 1], None)]
    #[case::too_few(json!(2), &[0], Some("expected 2 requests, found 1"))]
    #[case::too_many(json!({"count": 1}), &[0, 1], Some("expected 1 requests, found 2"))]
    #[case::none(json!(0), &[], None)]
    #[case::bounds(json!({"atLeast": 1, "atMost": 3}), &[0, 1, 2, 3], Some("expected 1 to 3 requests, found 4"))]
    #[case::at_most(json!({"atMost": 3}), &[], None)]
    #[case::apart(json!({"apart": "500ms"}), &[0, 600], None)]
    #[case::too_close(
        json!({"apart": "500ms"}),
        &[0, 600, 700],
        Some("expected at least 1 requests, at least 500ms apart, found two that are 100.0ms apart")
    )]
    fn requests_are_counted_and_their_distance_measured(
        #[case] written: Value,
        #[case] milliseconds: &[u64],
        #[case] expected: Option<&str>,
    ) {
        let times: Vec<Duration> = milliseconds.iter().copied().map(Duration::from_millis).collect();
        let count: RequestCount = serde_json::from_value(written).unwrap();
        assert_eq!(count.problem(&times).as_deref(), expected);
    }

    #[rstest]
    #[case(json!({"count": 1, "atMost": 2}), "`count` stands beside neither")]
    #[case(json!({"atLeast": 3, "atMost": 2}), "`atMost` is 2, below `atLeast`, which is 3")]
    #[case(json!({"count": 1, "apart": "1s"}), "`apart` needs at least two requests")]
    #[case(json!("three"), "expected a number of requests")]
    fn what_makes_no_sense_is_refused(#[case] written: Value, #[case] message: &str) {
        let error = serde_json::from_value::<RequestCount>(written).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
