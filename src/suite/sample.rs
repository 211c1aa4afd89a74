//! Values like those of a run, to try every case with before there is one.

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    fixture::{ImageCatalogue, Salt},
    variable::{Bindings, ImageValues},
};

/// The registry of the [`Sample`].
pub(crate) const SAMPLE_REGISTRY: &str = "127.0.0.1:5000";

/// Values like those of a run. An image is built when a case first asks for something of it: most cases ask for few, and
/// some images are large.
pub(super) struct Sample<'a> {
    images: &'a ImageCatalogue,
    built: RefCell<BTreeMap<String, Option<ImageValues>>>,
}

impl<'a> Sample<'a> {
    pub(super) fn new(images: &'a ImageCatalogue) -> Self {
        Self { images, built: RefCell::default() }
    }

    /// Whether there is an image of this name.
    pub(super) fn has(&self, image: &str) -> bool {
        self.images.get(image).is_some()
    }

    /// The names of all images, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.images.names()
    }

    /// The values for a case whose variables name these images: of all images where one of the names is of none, so that the
    /// one that is meant can be said.
    pub(super) fn bindings(&self, names: &[String]) -> Bindings {
        let are_known = names.iter().all(|name| self.has(name));
        let names: Vec<&str> =
            if are_known { names.iter().map(String::as_str).collect() } else { self.names().collect() };
        let images = names.into_iter().filter_map(|name| Some((name.to_owned(), self.values(name)?)));
        Bindings {
            registry: SAMPLE_REGISTRY.to_owned(),
            namespace: "namespace".to_owned(),
            stream: "stream".to_owned(),
            images: images.collect(),
        }
    }

    /// What variables can say of an image, if there is one of this name and it can be built.
    fn values(&self, name: &str) -> Option<ImageValues> {
        if let Some(known) = self.built.borrow().get(name) {
            return known.clone();
        }
        let images = self.images.build([name], &Salt::default()).ok();
        let values = images.as_ref().and_then(|images| images.get(name)).map(|image| ImageValues::from(&**image));
        self.built.borrow_mut().insert(name.to_owned(), values.clone());
        values
    }
}
