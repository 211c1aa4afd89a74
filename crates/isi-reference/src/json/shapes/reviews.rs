//! The shapes of reviews.

use super::{
    super::{
        Shape::{self, Any, List, Struct as Nested},
        Struct,
    },
    OBJECT_META, STRING, TEXT,
};

/// `SelfSubjectAccessReview`.
pub(crate) static ACCESS: Struct = Struct {
    name: "SelfSubjectAccessReview",
    go: "v1.SelfSubjectAccessReview",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("spec", Nested(&ACCESS_SPEC)),
        ("status", Any),
    ],
};

static ACCESS_SPEC: Struct = Struct {
    name: "SelfSubjectAccessReviewSpec",
    go: "v1.SelfSubjectAccessReviewSpec",
    fields: &[("resourceAttributes", Nested(&RESOURCE)), ("nonResourceAttributes", Nested(&PATH))],
};

static RESOURCE: Struct = Struct {
    name: "ResourceAttributes",
    go: "v1.ResourceAttributes",
    fields: &[
        ("namespace", STRING),
        ("verb", STRING),
        ("group", STRING),
        ("version", STRING),
        ("resource", STRING),
        ("subresource", STRING),
        ("name", STRING),
        ("fieldSelector", Nested(&FIELD_SELECTOR)),
        ("labelSelector", Nested(&LABEL_SELECTOR)),
    ],
};

static PATH: Struct = Struct {
    name: "NonResourceAttributes",
    go: "v1.NonResourceAttributes",
    fields: &[("path", STRING), ("verb", STRING)],
};

static FIELD_SELECTOR: Struct = Struct {
    name: "FieldSelectorAttributes",
    go: "v1.FieldSelectorAttributes",
    fields: &[("rawSelector", STRING), ("requirements", List(&REQUIREMENT, "[]v1.FieldSelectorRequirement"))],
};

static LABEL_SELECTOR: Struct = Struct {
    name: "LabelSelectorAttributes",
    go: "v1.LabelSelectorAttributes",
    fields: &[("rawSelector", STRING), ("requirements", List(&REQUIREMENT, "[]v1.LabelSelectorRequirement"))],
};

static REQUIREMENT: Shape = Nested(&Struct {
    name: "SelectorRequirement",
    go: "v1.SelectorRequirement",
    fields: &[("key", STRING), ("operator", STRING), ("values", List(&TEXT, "[]string"))],
});

/// `SelfSubjectRulesReview`.
pub(crate) static RULES: Struct = Struct {
    name: "SelfSubjectRulesReview",
    go: "v1.SelfSubjectRulesReview",
    fields: &[
        ("kind", STRING),
        ("apiVersion", STRING),
        ("metadata", Nested(&OBJECT_META)),
        ("spec", Nested(&RULES_SPEC)),
        ("status", Any),
    ],
};

static RULES_SPEC: Struct = Struct {
    name: "SelfSubjectRulesReviewSpec",
    go: "v1.SelfSubjectRulesReviewSpec",
    fields: &[("namespace", STRING)],
};

/// `SelfSubjectReview`.
pub(crate) static WHO: Struct = Struct {
    name: "SelfSubjectReview",
    go: "v1.SelfSubjectReview",
    fields: &[("kind", STRING), ("apiVersion", STRING), ("metadata", Nested(&OBJECT_META)), ("status", Any)],
};
