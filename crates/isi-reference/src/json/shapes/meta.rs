//! The shapes of the metadata of objects, which differ by version.

use super::{
    super::{Shape, Struct},
    Any, Bool, Int, Keyed, List, Map, Nested, OwnedFields, STATUS, STRING, Set, TEXT, Text, Time,
};

/// Declares the metadata of a version: what stands behind the owners and behind the finalizers, and entries of managed fields.
macro_rules! object_meta {
    ($name:ident, [$($of_owners:expr)?], [$($of_finalizers:expr)?], $entry:path, $about:literal) => {
        #[doc = $about]
        pub(crate) static $name: Struct = Struct {
            name: "ObjectMeta",
            go: "v1.ObjectMeta",
            fields: &[
                ("name", STRING),
                ("generateName", STRING),
                ("namespace", STRING),
                ("selfLink", STRING),
                ("uid", Text("types.UID")),
                ("resourceVersion", STRING),
                ("generation", Int("int64")),
                ("creationTimestamp", Time),
                ("deletionTimestamp", Time),
                ("deletionGracePeriodSeconds", Int("int64")),
                ("labels", Map(&TEXT, "map[string]string")),
                ("annotations", Map(&TEXT, "map[string]string")),
                ("ownerReferences", Keyed(&OWNER, "[]v1.OwnerReference", "uid")),
                $(("initializers", $of_owners),)?
                ("finalizers", Set(&TEXT, "[]string")),
                $(("clusterName", $of_finalizers),)?
                ("managedFields", List(&$entry, "[]v1.ManagedFieldsEntry")),
            ],
        };
    };
}

object_meta!(OBJECT_META, [], [], MANAGED_FIELDS_ENTRY, "`metadata` of any object.");
object_meta!(LEGACY_META, [], [STRING], LEGACY_ENTRY, "`metadata` of any object until Kubernetes 1.23.");
object_meta!(
    EARLY_META,
    [Nested(&INITIALIZERS)],
    [STRING],
    EARLY_ENTRY,
    "`metadata` of any object until Kubernetes 1.15."
);

static INITIALIZERS: Struct = Struct {
    name: "Initializers",
    go: "v1.Initializers",
    fields: &[("pending", Keyed(&INITIALIZER, "[]v1.Initializer", "name")), ("result", Nested(&STATUS))],
};

static INITIALIZER: Shape = Nested(&Struct { name: "Initializer", go: "v1.Initializer", fields: &[("name", STRING)] });

/// Declares the entries of managed fields of a version: what stands behind what all of them have.
macro_rules! managed_fields_entry {
    ($name:ident, $($field:literal: $shape:expr),*) => {
        static $name: Shape = Nested(&Struct {
            name: "ManagedFieldsEntry",
            go: "v1.ManagedFieldsEntry",
            fields: &[
                ("manager", STRING),
                ("operation", Text("v1.ManagedFieldsOperationType")),
                ("apiVersion", STRING),
                ("time", Time),
                $(($field, $shape),)*
            ],
        });
    };
}

managed_fields_entry!(MANAGED_FIELDS_ENTRY, "fieldsType": STRING, "fieldsV1": Any, "subresource": STRING);
managed_fields_entry!(LEGACY_ENTRY, "fieldsType": STRING, "fieldsV1": Any);
managed_fields_entry!(EARLY_ENTRY, "fields": OwnedFields);

static OWNER: Shape = Nested(&Struct {
    name: "OwnerReference",
    go: "v1.OwnerReference",
    fields: &[
        ("apiVersion", STRING),
        ("kind", STRING),
        ("name", STRING),
        ("uid", Text("types.UID")),
        ("controller", Bool),
        ("blockOwnerDeletion", Bool),
    ],
});
