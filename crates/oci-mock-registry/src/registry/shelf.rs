//! The images that a registry can be told to hold: those that are built, and recipes for more.

use std::sync::Arc;

use super::fixture_error::FixtureError;
use crate::fixture::{BuildError, Image, ImageCatalogue, ImageFile, Images, Salt, builtin};

/// Images by name. One that is not built yet is built from its recipe when it is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    built: Images,
    recipes: Recipes,
    salt: Salt,
}

/// The recipes of a registry.
#[derive(Debug, Clone)]
pub(crate) enum Recipes {
    /// Those of this crate. Reading them takes longer than everything else at the start of a registry, so they are read when
    /// an image is asked for.
    Builtin,
    /// Those of the caller.
    Own(ImageCatalogue),
}

impl Recipes {
    pub(crate) fn catalogue(&self) -> &ImageCatalogue {
        match self {
            Self::Builtin => builtin(),
            Self::Own(catalogue) => catalogue,
        }
    }
}

impl Shelf {
    pub(crate) const fn new(built: Images, recipes: Recipes, salt: Salt) -> Self {
        Self { built, recipes, salt }
    }

    /// The image with this name.
    pub(crate) fn image(&mut self, name: &str) -> Result<Arc<Image>, FixtureError> {
        if let Some(image) = self.built.get(name) {
            return Ok(image.clone());
        }
        let catalogue = self.recipes.catalogue();
        if catalogue.names().next().is_none() {
            return Err(FixtureError::Image(name.to_owned()));
        }
        self.built.extend(catalogue.build([name], &self.salt)?);
        self.built.get(name).cloned().ok_or_else(|| FixtureError::Image(name.to_owned()))
    }

    /// Adds recipes, and returns their images. A recipe takes the place of one of the same name, for images that are asked
    /// for from now on. If one of them cannot be built, none is added.
    pub(crate) fn add(&mut self, file: ImageFile) -> Result<Vec<Arc<Image>>, BuildError> {
        let names: Vec<String> = file.images.keys().cloned().collect();
        let mut catalogue = self.recipes.catalogue().clone();
        catalogue.extend(file);
        let built = catalogue.build(names.iter().map(String::as_str), &self.salt)?;
        // What was built from the recipes before may consist of images that have other recipes now.
        self.built.retain(|name| catalogue.get(name).is_none());
        let added = names.iter().filter_map(|name| built.get(name).cloned()).collect();
        self.built.extend(built);
        self.recipes = Recipes::Own(catalogue);
        Ok(added)
    }
}
