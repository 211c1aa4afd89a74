//! The shapes of the image API that differ by version: with import modes, or without.

use super::{legacy, modern};
use crate::{
    behaviour::Behaviour,
    json::{Shape, Struct},
};

/// An object of the image API in all versions.
#[derive(Debug)]
pub(crate) struct Versioned {
    modern: (&'static Struct, Shape),
    legacy: (&'static Struct, Shape),
}

/// `ImageStreamImport`.
pub(crate) static IMPORT: Versioned = Versioned::new(&modern::IMPORT, &legacy::IMPORT);
/// `ImageStream`.
pub(crate) static STREAM: Versioned = Versioned::new(&modern::STREAM, &legacy::STREAM);
/// `ImageStreamTag`.
pub(crate) static STREAM_TAG: Versioned = Versioned::new(&modern::STREAM_TAG, &legacy::STREAM_TAG);
/// `ImageTag`.
pub(crate) static IMAGE_TAG: Versioned = Versioned::new(&modern::IMAGE_TAG, &legacy::IMAGE_TAG);

impl Versioned {
    const fn new(modern: &'static Struct, legacy: &'static Struct) -> Self {
        Self { modern: (modern, Shape::Struct(modern)), legacy: (legacy, Shape::Struct(legacy)) }
    }

    const fn of(&self, behaviour: &Behaviour) -> &(&'static Struct, Shape) {
        if behaviour.import_modes { &self.modern } else { &self.legacy }
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
