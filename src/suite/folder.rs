//! Where suites come from: those built in, or a folder laid out like the project's own.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use super::{
    Case, Suite,
    load::{load, load_some},
};
use crate::{
    document::{self, Diagnostic, Diagnostics, Source},
    fixture::{self, BuildError, ImageCatalogue, Salt},
    golden,
};

/// The folder of suites inside a folder of one's own.
pub(super) const SUITES: &str = "suites";

static BUILTIN_SUITES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/suites");
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
    /// There is no such file or folder.
    #[error("there is no file or folder `{}`", .0.display())]
    Missing(PathBuf),
    /// There are no suites in it.
    #[error("{path} has no `suites` folder with `.yaml` files in it", path = .0.display())]
    Empty(PathBuf),
    /// There are goldens that no case uses.
    #[error(
        "{}",
        goldens
            .iter()
            .map(|golden| format!("{}: this golden belongs to no case", folder.join(golden).display()))
            .chain(["hint: remove it, or name it as its case: `golden/SUITE/CASE.snap`".to_owned()])
            .collect::<Vec<_>>()
            .join("\n")
    )]
    Orphans {
        /// The folder of goldens.
        folder: PathBuf,
        /// Their paths in it.
        goldens: Vec<String>,
    },
    /// Two folders that are run together name something alike.
    #[error("two of the folders have {0}; rename one of them, or run the folders one by one")]
    Twice(String),
    /// A golden, or the folder of goldens, cannot be read.
    #[error(transparent)]
    Goldens(#[from] golden::StoreError),
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
        let sources: Vec<Source> = builtin_suites().map(|(_, source)| source).collect();
        Self::of_builtin(&sources, requirements, &|_, _| true)
    }

    /// The cases that are `wanted`, by the names of suite and case, of these suites among those that are part of the binary, for
    /// a run of a few cases; nothing if one of the names is that of no such suite.
    ///
    /// # Errors
    /// As [`builtin`](Self::builtin).
    pub fn builtin_part(
        names: &[&str],
        wanted: &dyn Fn(&str, &str) -> bool,
        requirements: &[&str],
    ) -> Result<Option<Self>, FolderError> {
        let sources: Vec<(&str, Source)> = builtin_suites().filter(|(name, _)| names.contains(name)).collect();
        if !names.iter().all(|name| sources.iter().any(|(known, _)| known == name)) {
            return Ok(None);
        }
        let sources: Vec<Source> = sources.into_iter().map(|(_, source)| source).collect();
        Self::of_builtin(&sources, requirements, wanted).map(Some)
    }

    fn of_builtin(
        sources: &[Source],
        requirements: &[&str],
        wanted: &dyn Fn(&str, &str) -> bool,
    ) -> Result<Self, FolderError> {
        let images = fixture::builtin().clone();
        let suites = load_some(sources, &images, requirements, wanted)?;
        Ok(Self { suites, images, goldens: golden::Store::embedded(&GOLDEN) })
    }

    /// The suite in a file: of a folder if the file stands in its `suites`, else with image recipes and goldens beside it.
    ///
    /// # Errors
    /// When it cannot be read, or something in it is wrong.
    pub fn open_file(path: &Path, requirements: &[&str]) -> Result<Self, FolderError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let root = match parent.file_name() {
            Some(name) if name == SUITES => parent.join(".."),
            _ => parent.to_owned(),
        };
        let source = Source::read(path).map_err(|source| FolderError::Io { path: path.to_owned(), source })?;
        Self::of_sources(&root, &[source], requirements)
    }

    /// The suites in a folder.
    ///
    /// # Errors
    /// When it cannot be read, has no suites, or something in it is wrong, a golden that belongs to no case included.
    pub fn open(path: &Path, requirements: &[&str]) -> Result<Self, FolderError> {
        if !path.exists() {
            return Err(FolderError::Missing(path.to_owned()));
        }
        let sources = read_yaml(&path.join(SUITES))?;
        if sources.is_empty() {
            return Err(FolderError::Empty(path.to_owned()));
        }
        let folder = Self::of_sources(path, &sources, requirements)?;
        match folder.orphans()?.as_slice() {
            [] => Ok(folder),
            orphans => Err(FolderError::Orphans { folder: path.join("golden"), goldens: orphans.to_vec() }),
        }
    }

    /// The goldens that belong to no case, or to an API version that it does not hold for.
    ///
    /// # Errors
    /// When a folder cannot be listed.
    pub fn orphans(&self) -> Result<Vec<String>, golden::StoreError> {
        let cases: BTreeMap<(&str, &str), &Case> = self
            .suites
            .iter()
            .flat_map(|suite| &suite.cases)
            .map(|case| ((case.suite.as_str(), case.name.as_str()), case))
            .collect();
        let belongs = |path: &str| {
            let Some((suite, name, version)) = golden::case_of(path) else { return false };
            let case = cases.get(&(suite, name));
            case.is_some_and(|case| version.is_none_or(|version| case.since.is_none_or(|since| since <= version)))
        };
        let mut paths = self.goldens.paths()?;
        paths.retain(|path| !belongs(path));
        Ok(paths)
    }

    /// The suites of both folders, each with its own goldens.
    ///
    /// # Errors
    /// When both have a suite of one name, or different recipes for an image of one name.
    pub fn and(mut self, other: Self) -> Result<Self, FolderError> {
        if let Some(suite) = other.suites.iter().find(|suite| self.suites.iter().any(|own| own.name == suite.name)) {
            return Err(FolderError::Twice(format!("a suite `{}`", suite.name)));
        }
        if let Some(image) = self.images.add(&other.images) {
            return Err(FolderError::Twice(format!("an image `{image}`, with different recipes")));
        }
        let names = |suites: &[Suite]| suites.iter().map(|suite| suite.name.clone()).collect::<Vec<_>>();
        self.goldens = self.goldens.and(names(&self.suites), other.goldens, names(&other.suites));
        self.suites.extend(other.suites);
        Ok(self)
    }

    fn of_sources(path: &Path, sources: &[Source], requirements: &[&str]) -> Result<Self, FolderError> {
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
        Diagnostics::unless_empty(found, ())?;
        let suites = load(sources, &images, requirements)?;
        Ok(Self { suites, images, goldens: golden::Store::folder(path.join("golden")) })
    }
}

/// The files of the suites that are part of the binary, by the name of the suite, which is the file's.
fn builtin_suites() -> impl Iterator<Item = (&'static str, Source)> {
    BUILTIN_SUITES.files().filter(|file| is_yaml(file.path())).filter_map(|file| {
        let name = file.path().file_stem()?.to_str()?;
        Some((name, Source::new(format!("suites/{}", file.path().display()), file.contents_utf8()?)))
    })
}

/// The files that the suites of the binary are made of, by their path in a folder of suites: suites and goldens. Image
/// recipes are those of [`fixture::builtin_files`].
pub fn builtin_files() -> impl Iterator<Item = (PathBuf, &'static [u8])> {
    [("suites", &BUILTIN_SUITES), ("golden", &GOLDEN)].into_iter().flat_map(|(folder, files)| {
        let inside = files.find("**/*").into_iter().flatten().filter_map(|entry| entry.as_file());
        inside.map(move |file| (Path::new(folder).join(file.path()), file.contents()))
    })
}

/// Errors of recipes that can be read and not built: they name an unknown image, or themselves.
fn unbuildable(source: &Source, images: &ImageCatalogue) -> Vec<Diagnostic> {
    let Ok(file) = document::parse(source) else { return Vec::new() };
    let Some(recipes) = file.get("images") else { return Vec::new() };
    let wrong = recipes.entries().iter().filter_map(|(name, recipe)| {
        let error = images.build([name.name.as_str()], &Salt::default()).err()?;
        let place = match &error {
            BuildError::Unknown { name, .. } | BuildError::RefersToOther { referrer: name, .. } => {
                recipe.find_text(&|text| text == name)
            }
            _ => None,
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
    paths.retain(|path| is_yaml(path) && !golden::is_hidden(path));
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
    fn a_part_has_the_cases_of_its_suites_and_no_others() {
        let whole = Folder::builtin(&[]).unwrap();
        for suite in &whole.suites {
            let part = Folder::builtin_part(&[&suite.name], &|_, _| true, &[]).unwrap().unwrap();
            let cases = |folder: &Folder| -> Vec<String> {
                let of_suite = folder.suites.iter().filter(|other| other.name == suite.name);
                of_suite.flat_map(|suite| &suite.cases).map(Case::full_name).collect()
            };
            assert_eq!((part.suites.len(), cases(&part)), (1, cases(&whole)), "the file of suite {}", suite.name);
        }
        assert!(Folder::builtin_part(&["dry-run", "dry"], &|_, _| true, &[]).unwrap().is_none());
    }

    #[test]
    fn a_part_of_a_suite_has_the_cases_that_are_wanted_as_the_whole_has_them() {
        let whole = Folder::builtin(&[]).unwrap();
        let suite = whole.suites.iter().find(|suite| suite.name == "single-image").unwrap();
        let is_wanted = |case: &str| case.ends_with("-s2-basic");
        let part = Folder::builtin_part(&["single-image"], &|_, case| is_wanted(case), &[]).unwrap().unwrap();
        let shown = |case: &Case| format!("{} {} {:?} {:?}", case.name, case.location(), case.needs, case.script);
        let of_whole: Vec<String> = suite.cases.iter().filter(|case| is_wanted(&case.name)).map(shown).collect();
        assert!(of_whole.len() > 1, "{of_whole:?}");
        assert_eq!(part.suites[0].cases.iter().map(shown).collect::<Vec<_>>(), of_whole);
    }

    #[test]
    fn every_golden_belongs_to_a_case_can_be_read_and_names_images_that_are_there() {
        let folder = Folder::builtin(&[]).unwrap();
        let cases = || folder.suites.iter().flat_map(|suite| &suite.cases);
        let mut unused: BTreeSet<String> = folder.goldens.paths().unwrap().into_iter().collect();
        for case in cases() {
            for version in ApiVersion::ALL.into_iter().filter(|version| case.holds_for(*version)) {
                if let Some(file) = folder.goldens.checked(&case.suite, &case.name, version, &folder.images).unwrap() {
                    file.files.iter().for_each(|path| {
                        unused.remove(path);
                    });
                }
            }
        }
        assert_eq!(unused, BTreeSet::new());
    }

    #[test]
    fn hidden_files_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("suites/bug.yaml", "suite: bug\nabout: a\ncases: [{ name: a, about: a, steps: [get: a] }]\n");
        for hidden in ["suites/._bug.yaml", "fixtures/images/.#own.yaml", "golden/bug/._a.snap", "golden/.git/a.snap"] {
            write(hidden, "\u{0}");
        }
        assert_eq!(Folder::open(folder.path(), &[]).unwrap().goldens.paths().unwrap(), Vec::<String>::new());
        write("golden/bug/b.snap", "");
        let error = Folder::open(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains("golden/bug/b.snap: this golden belongs to no case"), "{error}");
    }

    #[test]
    fn a_folder_without_suites_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Folder::open(folder.path(), &[]).unwrap_err();
        assert!(error.to_string().ends_with("has no `suites` folder with `.yaml` files in it"));
        let error = Folder::open(&folder.path().join("gone.yaml"), &[]).unwrap_err();
        assert!(matches!(error, FolderError::Missing(_)), "{error}");
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
