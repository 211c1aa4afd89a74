//! Reading what folders and archives hold, before any of it is served.

use std::path::Path;

#[cfg(feature = "control")]
use super::error::at;
use super::{
    ESCAPE, archive,
    archive::is_archive,
    docker_save,
    error::FolderError,
    layout, lookaside, missing, skopeo_dir,
    tree::{Tree, last},
};
#[cfg(feature = "control")]
use crate::registry::store::Content;
use crate::registry::{
    route::is_repository_name,
    store::{Repository, Store},
};

/// What folders and archives hold, read apart from what the registry holds: reading takes its time, and may fail halfway.
#[derive(Debug)]
pub(crate) struct Loading {
    /// What was read so far.
    pub(crate) store: Store,
    /// What the images that were read name and the folders do not hold, a line each.
    pub(crate) missing: Vec<String>,
    /// How many bytes an archive may unpack to; as its size says if absent.
    archive_limit: Option<u64>,
}

/// The forms of a folder.
#[derive(Clone, Copy)]
enum Form {
    Layout,
    DockerSave,
    SkopeoDir,
}

impl Form {
    /// The form of a folder that holds images.
    fn of(tree: &Tree) -> Result<Option<Self>, FolderError> {
        if tree.has("oci-layout") {
            return Ok(Some(Self::Layout));
        }
        if !tree.has("manifest.json") || tree.folder.join("manifest.json").is_dir() {
            return Ok(None);
        }
        let text = tree.manifest(&tree.folder.join("manifest.json"))?;
        let is_list = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        Ok(Some(if is_list { Self::DockerSave } else { Self::SkopeoDir }))
    }
}

/// How deep folders may lie in one another.
const DEEPEST_FOLDER: usize = 64;

impl Loading {
    /// Begins with nothing. An archive may unpack to `archive_limit` bytes, or as its size says.
    pub(crate) fn new(archive_limit: Option<u64>) -> Self {
        Self { store: Store::default(), missing: Vec::new(), archive_limit }
    }

    /// Reads the images of a folder or an archive into a repository.
    pub(crate) fn repository(&mut self, name: &str, path: &Path) -> Result<(), FolderError> {
        let tree = if path.is_dir() { Tree::of_folder(path)? } else { archive::unpack(path, self.archive_limit)? };
        self.images(name, &tree, path)
    }

    /// Reads the images of an archive that is no file into a repository. Messages call it `shown`.
    #[cfg(feature = "control")]
    pub(crate) fn archive(&mut self, name: &str, archive: &Content, shown: &Path) -> Result<(), FolderError> {
        let limit = self.archive_limit.unwrap_or_else(|| archive::usual_limit(archive.len()));
        let reader = archive.reader().map_err(at(shown))?;
        let tree = archive::unpack_from(reader, shown, limit)?;
        self.images(name, &tree, shown)
    }

    /// Reads every folder of images below `root`, each as a repository that is named by its path, and the signatures of a
    /// lookaside folder. A `root` that is such a folder itself, or an archive, is the repository of its own name.
    pub(crate) fn all(&mut self, root: &Path) -> Result<(), FolderError> {
        let is_folder = root.is_dir();
        let tree = if is_folder { Tree::of_folder(root)? } else { archive::unpack(root, self.archive_limit)? };
        let Some(form) = Form::of(&tree)? else { return self.tree(&tree, root) };
        let name = if is_folder { last(&root.canonicalize().unwrap_or_else(|_| root.to_owned())) } else { stem(root) };
        let name = own_name(&name);
        check_name(root, &name)?;
        self.form(&name, &tree, form)
    }

    /// Reads the repositories of a captured folder, which may have none. What was left out is missing on purpose.
    pub(crate) fn captured(&mut self, root: &Path) -> Result<(), FolderError> {
        self.below(&Tree::of_folder(root)?, "")?;
        self.missing.clear();
        Ok(())
    }

    fn images(&mut self, name: &str, tree: &Tree, shown: &Path) -> Result<(), FolderError> {
        match Form::of(tree)? {
            Some(form) => self.form(name, tree, form),
            None => Err(FolderError::Unknown(shown.to_owned())),
        }
    }

    fn form(&mut self, name: &str, tree: &Tree, form: Form) -> Result<(), FolderError> {
        // Found beside those that the repository has, so that only what the folder holds is looked at.
        let mut own = Repository::default();
        match form {
            Form::Layout => {
                let gaps = layout::load(&mut own, tree)?;
                self.missing.extend(missing::notes_of_index(&gaps, &tree.shown()));
            }
            Form::DockerSave => docker_save::load(&mut own, tree)?,
            Form::SkopeoDir => skopeo_dir::load(&mut own, tree)?,
        }
        self.missing.extend(missing::notes(&own, &tree.shown()));
        self.store.repository_mut(name).absorb(own);
        Ok(())
    }

    fn tree(&mut self, tree: &Tree, root: &Path) -> Result<(), FolderError> {
        self.below(tree, "")?;
        let signatures = lookaside::load_below(&mut self.store.signatures, &tree.folder)?;
        if self.store.repositories().is_empty() && signatures == 0 {
            return Err(FolderError::Unknown(root.to_owned()));
        }
        Ok(())
    }

    fn below(&mut self, tree: &Tree, prefix: &str) -> Result<(), FolderError> {
        if prefix.split('/').count() > DEEPEST_FOLDER {
            return Ok(());
        }
        let is_layout = tree.has("oci-layout");
        for path in tree.entries(&tree.folder)? {
            let folder = last(&path);
            if path.is_file() {
                if has_archive_name(&folder) && is_archive(&path) {
                    let name = format!("{prefix}{}", stem(&path));
                    check_name(&path, &name)?;
                    self.repository(&name, &path)?;
                }
                continue;
            }
            // The content of a layout, and a folder with the signatures of an image, are no repositories.
            if !path.is_dir() || (is_layout && folder == "blobs") || folder.contains('@') {
                continue;
            }
            tree.check_inside(&path)?;
            let name = format!("{prefix}{}", folder.strip_prefix(ESCAPE).unwrap_or(&folder));
            let below = tree.below(&path);
            if let Some(form) = Form::of(&below)? {
                check_name(&path, &name)?;
                self.form(&name, &below, form)?;
            }
            // A repository may have others below it. A link may lead in a circle.
            if !path.is_symlink() {
                self.below(&below, &format!("{name}/"))?;
            }
        }
        Ok(())
    }
}

/// Refuses a folder that would be a repository whose name no client can ask for.
fn check_name(path: &Path, name: &str) -> Result<(), FolderError> {
    if is_repository_name(name) {
        return Ok(());
    }
    Err(FolderError::Name { path: path.to_owned(), name: name.to_owned() })
}

/// The repository of a folder or an archive that is served by itself: its name in lower case, with a dash for whatever a
/// repository's name cannot have.
fn own_name(text: &str) -> String {
    let is_word = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let text = text.to_lowercase();
    let mut rest = text.trim_matches(|character| !is_word(character));
    let mut name = String::new();
    while let Some(end) = rest.find(|character| !is_word(character)) {
        let (word, behind) = rest.split_at(end);
        let (separator, behind) = behind.split_at(behind.find(is_word).unwrap_or(behind.len()));
        let is_separator = matches!(separator, "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-');
        name = name + word + if is_separator { separator } else { "-" };
        rest = behind;
    }
    name + rest
}

/// The ends of the names of archives.
const ARCHIVES: [&str; 6] = [".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.zstd", ".tzst"];

fn has_archive_name(name: &str) -> bool {
    ARCHIVES.iter().any(|end| name.ends_with(end))
}

/// The name of an archive without its end.
fn stem(path: &Path) -> String {
    let name = last(path);
    let stem = ARCHIVES.iter().filter_map(|end| name.strip_suffix(end)).min_by_key(|stem| stem.len());
    stem.map_or_else(|| name.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("app", "app")]
    #[case("My App (2)", "my-app-2")]
    #[case(".tmpA1b_", "tmpa1b")]
    #[case("a__b.c--d", "a__b.c--d")]
    #[case("a..b", "a-b")]
    #[case("\u{e9}t\u{e9}", "t")]
    #[case("---", "")]
    fn a_folder_served_by_itself_has_a_name_that_clients_can_ask_for(#[case] folder: &str, #[case] expected: &str) {
        assert_eq!(own_name(folder), expected);
        assert!(expected.is_empty() || is_repository_name(expected));
    }
}
