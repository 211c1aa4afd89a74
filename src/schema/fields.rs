//! The fields of objects, by the definitions that have them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Schema,
    document::{Type, short_name},
};

/// Stands for the quoted key of a map.
const KEY: &str = "#";

impl Schema {
    /// The fields that an object of `kind` can have, at any depth, each once and by its definition: `TagReference.name`.
    ///
    /// With `written`, the object's own `status` is left out, since clients do not write it.
    #[must_use]
    pub fn fields_of(&self, kind: &str, written: bool) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some((name, definition)) = self.document().kind(kind) {
            let mut finder = Finder { schema: self, found: &mut found };
            for (field, property) in &definition.properties {
                if !(written && field == "status") {
                    finder.field(name, field, property);
                }
            }
        }
        found
    }

    /// The fields that `body`, an object of `kind`, does have. A `null` counts as absent.
    #[must_use]
    pub fn fields_in(&self, kind: &str, body: &Value) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some((name, definition)) = self.document().kind(kind) {
            self.collect(Some(name), definition, body, &mut found);
        }
        found
    }

    /// The fields on the way to a value of an object of `kind`: `status.images[0].tag`. None if it leads to no field.
    #[must_use]
    pub fn fields_along(&self, kind: &str, path: &str) -> BTreeSet<String> {
        let Some((name, definition)) = self.document().kind(kind) else { return BTreeSet::new() };
        // What is quoted is a key of a map.
        let unquoted: Vec<&str> = path.split(['"', '\'']).step_by(2).collect();
        let names = unquoted.join(KEY);
        let names = names.split(['.', '[', ']', '$', '*']);
        let names = names.filter(|name| !name.is_empty() && name.parse::<usize>().is_err());
        let mut found = BTreeSet::new();
        let (mut name, mut schema) = (Some(name), definition);
        for field in names {
            let inner = match (&schema.additional_properties, schema.properties.get(field)) {
                _ if schema.is_free_form(name) => break,
                (Some(values), _) => values,
                (None, Some(property)) => {
                    found.insert(format!("{}.{field}", short_name(name.unwrap_or_default())));
                    property
                }
                (None, None) => return BTreeSet::new(),
            };
            (name, schema) = self.document().resolve(inner);
            if let Some(items) = &schema.items {
                (name, schema) = self.document().resolve(items);
            }
        }
        found
    }

    fn collect(&self, name: Option<&str>, schema: &Type, value: &Value, found: &mut BTreeSet<String>) {
        let follow = |schema: &Type, value: &Value, found: &mut BTreeSet<String>| {
            let (name, schema) = self.document().resolve(schema);
            self.collect(name, schema, value, found);
        };
        match value {
            Value::Array(items) => {
                for (item, value) in schema.items.iter().flat_map(|item| items.iter().map(move |value| (item, value))) {
                    follow(item, value, found);
                }
            }
            Value::Object(fields) => {
                for (field, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    if let (Some(name), Some(property)) = (name, schema.properties.get(field)) {
                        found.insert(format!("{}.{field}", short_name(name)));
                        follow(property, value, found);
                    } else if let Some(values) = &schema.additional_properties {
                        follow(values, value, found);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

struct Finder<'a> {
    schema: &'a Schema,
    found: &'a mut BTreeSet<String>,
}

impl Finder<'_> {
    fn field(&mut self, definition: &str, field: &str, schema: &Type) {
        if self.found.insert(format!("{}.{field}", short_name(definition))) {
            self.inner(schema);
        }
    }

    fn inner(&mut self, schema: &Type) {
        let (name, schema) = self.schema.document().resolve(schema);
        for (field, property) in &schema.properties {
            self.field(name.unwrap_or_default(), field, property);
        }
        for inner in schema.items.iter().chain(&schema.additional_properties) {
            self.inner(inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::version::ApiVersion;

    #[test]
    fn what_an_object_has_is_among_what_its_kind_can_have() {
        let schema = Schema::for_version(ApiVersion::NEWEST);
        let stream = json!({ "kind": "ImageStream", "spec": { "tags": [{ "name": "v1", "annotations": null }] } });
        let found = schema.fields_in("ImageStream", &stream);
        let expected = ["ImageStream.kind", "ImageStream.spec", "ImageStreamSpec.tags", "TagReference.name"];
        assert_eq!(found, BTreeSet::from(expected.map(str::to_owned)));
        assert!(found.is_subset(&schema.fields_of("ImageStream", true)));
    }

    #[test]
    fn a_path_goes_through_the_fields_on_its_way() {
        let schema = Schema::for_version(ApiVersion::NEWEST);
        let expected = ["ImageStream.status", "ImageStreamStatus.tags", "NamedTagEventList.tag"];
        let found = schema.fields_along("ImageStream", "status.tags[0].tag");
        assert_eq!(found, BTreeSet::from(expected.map(str::to_owned)));
        assert_eq!(schema.fields_along("ImageStream", "status.tag"), BTreeSet::new());
        let layers = schema.fields_along("ImageStreamLayers", r#"images["sha256:0.1"].layers[0]"#);
        assert!(layers.contains("ImageBlobReferences.layers"));
    }

    #[test]
    fn clients_do_not_write_the_status() {
        let schema = Schema::for_version(ApiVersion::NEWEST);
        assert!(schema.fields_of("ImageStream", false).contains("ImageStreamStatus.tags"));
        assert!(!schema.fields_of("ImageStream", true).contains("ImageStreamStatus.tags"));
    }
}
