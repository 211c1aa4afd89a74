//! Features: what a target may lack, so that what needs it is left out instead of failing.

use std::fmt;

use clap::{ValueEnum, builder::PossibleValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part of a target a feature belongs to; decides what its absence means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureArea {
    /// Part of the API under test. If a probe finds it absent, the run fails once, unless `--without` says that this is
    /// intended.
    Api,
    /// Around the API: users, pull secrets, configuration. If it is absent, what needs it is skipped.
    Surroundings,
}

macro_rules! features {
    ($($(#[doc = $about:literal])+ $variant:ident $name:literal $area:ident,)*) => {
        /// Something that not every target has.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Feature {
            $($(#[doc = $about])+ #[serde(rename = $name)] $variant,)*
        }

        impl Feature {
            /// Every feature, those of the API first.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// The feature as suites and the command line write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Which part of a target it belongs to.
            #[must_use]
            pub const fn area(self) -> FeatureArea {
                match self { $(Self::$variant => FeatureArea::$area,)* }
            }

            /// What it is, in one sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($about),+).trim(),)* }
            }
        }
    };
}

features! {
    /// Imports that change the stream are accepted: `POST imagestreamimports` with `spec.import: true`.
    Imports "imports" Api,
    /// Streams are stored: `GET imagestreams/NAME`, and a later import sees what an earlier one stored.
    Streams "streams" Api,
    /// Streams are listed: `GET imagestreams`.
    StreamLists "stream-lists" Api,
    /// Streams are created without an import: `POST imagestreams`.
    StreamCreation "stream-creation" Api,
    /// Streams are changed without an import: `PUT` and `PATCH imagestreams/NAME`.
    StreamUpdates "stream-updates" Api,
    /// Streams are deleted: `DELETE imagestreams/NAME`.
    StreamDeletion "stream-deletion" Api,
    /// Tags of a stream are read and deleted: `imagestreamtags/STREAM:TAG`.
    StreamTags "stream-tags" Api,
    /// Images are read through a stream: `GET imagestreamimages/STREAM@DIGEST`.
    StreamImages "stream-images" Api,
    /// The layers of a stream are read: `GET imagestreams/NAME/layers`.
    StreamLayers "stream-layers" Api,
    /// The pull secrets of a stream are read: `GET imagestreams/NAME/secrets`.
    StreamSecrets "stream-secrets" Api,
    /// Image objects are read: `GET images/DIGEST`.
    Images "images" Api,
    /// Signatures are added to images: `POST imagesignatures`.
    Signatures "signatures" Api,
    /// The resources of the API group are listed: `GET /apis/image.openshift.io/v1`.
    Discovery "discovery" Api,
    /// Objects are read as tables: `Accept: application/json;as=Table`.
    Tables "tables" Api,
    /// Objects are sent and answered as YAML.
    Yaml "yaml" Api,
    /// Objects are sent and answered as Kubernetes protobuf.
    Protobuf "protobuf" Surroundings,
    /// Streams are watched: `GET imagestreams?watch=true`.
    Watches "watches" Surroundings,
    /// A watch can begin with what is there and say where that ends: `sendInitialEvents=true`.
    InitialEvents "initial-events" Surroundings,
    /// Streams are applied by the server: `PATCH imagestreams/NAME` with `application/apply-patch+yaml`.
    ServerSideApply "server-side-apply" Surroundings,
    /// What the server offers is published: `GET /openapi/v2`.
    OpenApi "openapi" Surroundings,
    /// Requests are authenticated and authorized.
    Users "users" Surroundings,
    /// Requests can be sent as a cluster administrator.
    ClusterAdmin "cluster-admin" Surroundings,
    /// Requests can be sent as a user who may not create images.
    RestrictedUser "restricted-user" Surroundings,
    /// Namespaces can be read: `GET /api/v1/namespaces/NAME`.
    Namespaces "namespaces" Surroundings,
    /// Every namespace exists: the target does not look them up.
    AnyNamespace "any-namespace" Surroundings,
    /// Pull secrets can be placed in the namespace.
    PullSecrets "pull-secrets" Surroundings,
    /// The implementation trusts the certificate authority of the mock registry.
    TrustedCa "trusted-ca" Surroundings,
    /// Objects of `config.openshift.io` and `operator.openshift.io`, limit ranges and namespaces can be changed.
    ClusterConfiguration "cluster-configuration" Surroundings,
    /// The implementation was started with the configuration that the suite describes.
    ServerConfiguration "server-configuration" Surroundings,
    /// The implementation cannot reach registries on the internet.
    Offline "offline" Surroundings,
    /// No controller imports the spec tags of streams beside the case. Every case that writes such tags needs it.
    NoImportController "no-import-controller" Surroundings,
    /// One process answers, so that what it remembers of one request shows in the next.
    SingleProcess "single-process" Surroundings,
}

impl Feature {
    /// Whether it is part of the API under test.
    #[must_use]
    pub const fn is_of_api(self) -> bool {
        matches!(self.area(), FeatureArea::Api)
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl ValueEnum for Feature {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()).help(self.about()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_is_read_as_it_is_written() {
        for feature in Feature::ALL {
            assert_eq!(serde_json::from_value::<Feature>(feature.as_str().into()).unwrap(), feature);
            assert_eq!(<Feature as ValueEnum>::from_str(feature.as_str(), false), Ok(feature));
            assert!(feature.about().ends_with('.'), "{feature}");
        }
    }

    #[test]
    fn an_unknown_feature_is_refused_with_the_known_ones() {
        let error = serde_json::from_value::<Feature>("stream".into()).unwrap_err().to_string();
        assert!(error.contains("unknown variant `stream`") && error.contains("`streams`"), "{error}");
    }
}
