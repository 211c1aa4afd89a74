//! Maps that the API writes as lists: each value carries its own key.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that knows the name it is filed under.
pub(crate) trait Named {
    /// The name.
    fn name(&self) -> &str;
}

/// Writes the values in the order of their names.
pub(crate) fn serialize<T: Serialize, S: Serializer>(
    map: &BTreeMap<String, T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(map.values())
}

/// Reads a list; the last value of a name wins.
pub(crate) fn deserialize<'de, T, D>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    T: Named + Deserialize<'de>,
    D: Deserializer<'de>,
{
    let values = Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(values.into_iter().map(|value| (value.name().to_owned(), value)).collect())
}
