//! Where suites come from: those built in, or a folder laid out like the project's own.

use std::{
    io,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use super::{Suite, load::load};
use crate::{
    document::{self, Diagnostic, Diagnostics, Source},
    fixture::{self, BuildError, ImageCatalogue, Salt},
    golden,
};

static SUITES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/suites");
static GOLDEN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/golden");

/// Suites with their image fixtures and goldens.
///
/// ```text
/// suites/NAME.yaml             the cases
/// fixtures/images/NAME.yaml    image recipes beside the built-in ones (optional)
/// golden/SUITE/CASE.snap       what is expected
/// ```
#[derive(Debug)]
pub struct Folder {
    /// The suites, by name.
    pub suites: Vec<Suite>,
    /// The image recipes they can name.
    pub images: ImageCatalogue,
    /// Their goldens.
    pub goldens: golden::Store,
}

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file or folder cannot be read.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// There are no suites in it.
    #[error("{path} has no `suites` folder with `.yaml` files in it", path = .0.display())]
    Empty(PathBuf),
    /// Something is wrong in its files.
    #[error(transparent)]
    Invalid(#[from] Diagnostics),
}

impl Folder {
    /// The suites that are part of the binary.
    ///
    /// # Errors
    /// When they are malformed, which a test of this crate rules out.
    pub fn builtin(requirements: &[&str]) -> Result<Self, FolderError> {
        let sources: Vec<Source> = SUITES
            .files()
            .filter(|file| is_yaml(file.path()))
            .filter_map(|file| Some(Source::new(format!("suites/{}", file.path().display()), file.contents_utf8()?)))
            .collect();
        let images = fixture::builtin().clone();
        let suites = load(&sources, &images, requirements)?;
        Ok(Self { suites, images, goldens: golden::Store::Embedded(&GOLDEN) })
    }

    /// The suites in a folder.
    ///
    /// # Errors
    /// When it cannot be read, has no suites, or something in it is wrong.
    pub fn open(path: &Path, requirements: &[&str]) -> Result<Self, FolderError> {
        let mut images = fixture::builtin().clone();
        let mut found = Vec::new();
        let recipes = read_yaml(&path.join("fixtures/images"))?;
        for source in &recipes {
            if let Err(diagnostic) = images.read(source) {
                found.push(diagnostic);
            }
        }
        if found.is_empty() {
            found.extend(recipes.iter().flat_map(|source| unbuildable(source, &images)));
        }
        let sources = read_yaml(&path.join("suites"))?;
        if sources.is_empty() {
            return Err(FolderError::Empty(path.to_owned()));
        }
        Diagnostics::unless_empty(found, ())?;
        let suites = load(&sources, &images, requirements)?;
        Ok(Self { suites, images, goldens: golden::Store::Folder(path.join("golden")) })
    }
}

/// What is wrong with recipes that can be read and not built: they name an image that there is none of, or themselves.
fn unbuildable(source: &Source, images: &ImageCatalogue) -> Vec<Diagnostic> {
    let Ok(file) = document::parse(source) else { return Vec::new() };
    let Some(recipes) = file.get("images") else { return Vec::new() };
    let wrong = recipes.entries().iter().filter_map(|(name, recipe)| {
        let error = images.build([name.name.as_str()], &Salt::default()).err()?;
        let place = match &error {
            BuildError::Unknown { name, .. } | BuildError::RefersToOther { referrer: name, .. } => {
                recipe.find_text(&|text| text == name)
            }
            BuildError::Endless(_) => None,
        };
        Some(Diagnostic::new(source, place.unwrap_or(name.span), error.to_string()))
    });
    wrong.collect()
}

/// The YAML files of a folder, by name; none if there is no such folder.
fn read_yaml(folder: &Path) -> Result<Vec<Source>, FolderError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| FolderError::Io { path, source }
    };
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed(folder))?,
    };
    let mut paths =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed(folder))?;
    paths.retain(|path| is_yaml(path));
    paths.sort_unstable();
    paths.iter().map(|path| Source::read(path).map_err(failed(path))).collect()
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::version::ApiVersion;

    #[test]
    fn the_built_in_suites_are_sound() {
        let folder = Folder::builtin(&[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(folder.suites.iter().all(|suite| !suite.cases.is_empty()));
    }

    #[test]
    fn every_golden_belongs_to_a_case_and_can_be_read() {
        let folder = Folder::builtin(&[]).unwrap();
        let cases = || folder.suites.iter().flat_map(|suite| &suite.cases);
        let mut unused: BTreeSet<String> = folder.goldens.paths().unwrap().into_iter().collect();
        for case in cases() {
            for version in ApiVersion::ALL.into_iter().filter(|version| case.holds_for(*version)) {
                if let Some(file) = folder.goldens.find(&case.suite, &case.name, version).unwrap() {
                    unused.remove(&file.path);
                }
            }
        }
        assert_eq!(unused, BTreeSet::new());
    }

    #[test]
    fn a_folder_without_suites_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder::open(folder.path(), &[]).unwrap_err();
        assert!(error.to_string().ends_with("has no `suites` folder with `.yaml` files in it"));
    }

    #[test]
    fn a_recipe_that_names_no_image_is_shown_where_it_does() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("fixtures/images")).unwrap();
        std::fs::create_dir_all(folder.path().join("suites")).unwrap();
        let recipe = "images:\n  own:\n    about: a list\n    list: [{ image: s2-bsic, platform: linux/amd64 }]\n";
        std::fs::write(folder.path().join("fixtures/images/own.yaml"), recipe).unwrap();
        std::fs::write(folder.path().join("suites/bug.yaml"), "suite: bug\nabout: a bug\ncases: []\n").unwrap();
        let error = Folder::open(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("there is no image `s2-bsic`, did you mean `s2-basic`?"), "{error}");
        assert!(error.contains("own.yaml:4:21"), "{error}");
    }

    #[test]
    fn a_folder_has_images_and_goldens_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("fixtures/images/own.yaml", "images: { own: { about: mine, schema2: { layers: [107] } } }");
        write(
            "suites/bug.yaml",
            "suite: bug\nabout: a bug\ncases:\n  - name: one\n    about: it\n    steps: [get: a]\n    registry: { repositories: { a: { v1: own } } }\n",
        );
        let read = Folder::open(folder.path(), &[]).unwrap();
        assert_eq!(read.suites[0].cases[0].images, ["own"]);
        assert!(read.goldens.find("bug", "one", ApiVersion::NEWEST).unwrap().is_none());
    }
}
