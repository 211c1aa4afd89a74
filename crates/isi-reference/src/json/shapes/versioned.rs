//! The objects of the image API, whose shapes differ by version.

use super::image_api::{early, legacy, modern};
use crate::{
    behaviour::{Behaviour, ImageApi},
    json::{Shape, Struct},
};

/// An object of the image API in all versions.
#[derive(Debug)]
pub(crate) struct Versioned {
    modern: (&'static Struct, Shape),
    legacy: (&'static Struct, Shape),
    early: (&'static Struct, Shape),
}

/// Declares objects of the image API.
macro_rules! versioned {
    ($($name:ident: $about:literal,)*) => {
        $(
            #[doc = $about]
            pub(crate) static $name: Versioned = Versioned {
                modern: (&modern::$name, Shape::Struct(&modern::$name)),
                legacy: (&legacy::$name, Shape::Struct(&legacy::$name)),
                early: (&early::$name, Shape::Struct(&early::$name)),
            };
        )*
    };
}

versioned! {
    IMAGE: "`Image`.",
    IMAGE_TAG: "`ImageTag`.",
    IMPORT: "`ImageStreamImport`.",
    MAPPING: "`ImageStreamMapping`.",
    SIGNATURE: "`ImageSignature`.",
    STREAM: "`ImageStream`.",
    STREAM_IMAGE: "`ImageStreamImage`.",
    STREAM_TAG: "`ImageStreamTag`.",
}

impl Versioned {
    const fn of(&self, behaviour: &Behaviour) -> &(&'static Struct, Shape) {
        match behaviour.image_api {
            ImageApi::Early => &self.early,
            ImageApi::Legacy => &self.legacy,
            ImageApi::Modern => &self.modern,
        }
    }

    /// The fields of the object.
    pub(crate) const fn structure(&self, behaviour: &Behaviour) -> &'static Struct {
        self.of(behaviour).0
    }

    /// The shape of the object.
    pub(crate) const fn shape(&self, behaviour: &Behaviour) -> &Shape {
        &self.of(behaviour).1
    }
}
