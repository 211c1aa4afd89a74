//! The shapes of objects that the server only keeps.

use super::{
    super::{
        Shape::{self, Any, Bool, List, Map, Struct as Nested},
        Struct,
    },
    ANY, OBJECT_META, STRING, TEXT,
};

/// `Secret`.
pub(crate) static SECRET: Shape = Nested(&Struct {
    name: "Secret",
    go: "v1.Secret",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("immutable", Bool),
        ("data", Map(&TEXT, "map[string][]uint8")),
        ("stringData", Map(&TEXT, "map[string]string")),
        ("type", STRING),
    ],
});

/// `LimitRange`.
pub(crate) static LIMIT_RANGE: Shape = Nested(&Struct {
    name: "LimitRange",
    go: "v1.LimitRange",
    fields: &[("kind", STRING), ("apiVersion", STRING), ("metadata", Nested(&OBJECT_META)), ("spec", Nested(&LIMITS))],
});

static LIMITS: Struct = Struct {
    name: "LimitRangeSpec",
    go: "v1.LimitRangeSpec",
    fields: &[("limits", List(&ANY, "[]v1.LimitRangeItem"))],
};

/// A custom resource, of which only the outer parts are known here.
pub(crate) static CUSTOM: Shape = Nested(&Struct {
    name: "Unstructured",
    go: "unstructured.Unstructured",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("spec", Any),
        ("status", Any),
    ],
});
