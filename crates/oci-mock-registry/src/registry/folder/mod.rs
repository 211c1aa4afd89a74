//! Images in folders and archives, as other tools write them: OCI image layouts, what `docker save` packs, and what skopeo's
//! `dir:` transport writes. And signatures of images in lookaside folders.

mod archive;
mod docker_save;
mod error;
mod index;
mod layout;
mod lookaside;
mod missing;
mod names;
mod save;
mod skopeo_dir;
mod tree;
mod write;

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Deserializer};

pub use archive::is_archive;
pub use error::{FolderError, LOOKASIDE_LIMIT};
#[cfg(feature = "capture")]
pub(crate) use index::{IndexedManifest, write_index};
#[cfg(feature = "capture")]
pub(crate) use layout::blob_path;
pub(crate) use lookaside::load as load_lookaside;
#[cfg(feature = "capture")]
pub(crate) use save::folder_of;
#[cfg(feature = "capture")]
pub(crate) use write::{partial_file, persist, write as write_file};

use self::tree::{Tree, last};
use super::{
    route::is_repository_name,
    store::{Repository, Store},
};

/// The names of what is in an OCI layout.
const LAYOUT_NAMES: [&str; 4] = ["blobs", "index.json", "manifest.json", "oci-layout"];

/// Stands before a part of a repository's name that is one of [`LAYOUT_NAMES`], where it is the name of a folder. No
/// repository's name has it.
const ESCAPE: char = '%';

/// The forms of a folder.
#[derive(Clone, Copy)]
enum Form {
    Layout,
    DockerSave,
    SkopeoDir,
}

/// What a folder or an archive holds: images, and what is missing of them.
pub(crate) struct FolderImages {
    images: Repository,
    missing: Vec<String>,
}

impl FolderImages {
    /// Adds the images to a repository. Returns what is missing of them.
    pub(crate) fn add_to(self, repository: &mut Repository) -> Vec<String> {
        repository.absorb(self.images);
        self.missing
    }
}

/// Reads the images of a folder or an archive.
pub(crate) fn read(path: &Path) -> Result<FolderImages, FolderError> {
    let tree = if path.is_dir() { Tree::of_folder(path)? } else { archive::unpack(path)? };
    read_tree(&tree, path)
}

/// Reads the images of an archive of `length` bytes. Messages call it `shown`.
#[cfg(feature = "control")]
pub(crate) fn read_archive(reader: impl std::io::Read, length: u64, shown: &Path) -> Result<FolderImages, FolderError> {
    read_tree(&archive::unpack_from(reader, length, shown)?, shown)
}

fn read_tree(tree: &Tree, shown: &Path) -> Result<FolderImages, FolderError> {
    match form(tree)? {
        Some(form) => read_form(tree, form),
        None => Err(FolderError::Unknown(shown.to_owned())),
    }
}

fn read_form(tree: &Tree, form: Form) -> Result<FolderImages, FolderError> {
    let mut images = Repository::default();
    match form {
        Form::Layout => layout::load(&mut images, tree)?,
        Form::DockerSave => docker_save::load(&mut images, tree)?,
        Form::SkopeoDir => skopeo_dir::load(&mut images, tree)?,
    }
    let missing = missing::notes(&images, &tree.shown());
    Ok(FolderImages { images, missing })
}

/// Adds every folder of images below `root`, each as a repository that is named by its path, and the signatures of a
/// lookaside folder. A `root` that is such a folder itself, or an archive, is the repository of its own name. Returns what is
/// missing of the images.
pub(crate) fn load_all(store: &mut Store, root: &Path) -> Result<Vec<String>, FolderError> {
    if !root.is_dir() {
        let tree = archive::unpack(root)?;
        return match form(&tree)? {
            Some(form) => Ok(read_form(&tree, form)?.add_to(repository(store, root, &own_name(&stem(root)))?)),
            None => load_tree(store, &tree, root),
        };
    }
    let tree = Tree::of_folder(root)?;
    if let Some(form) = form(&tree)? {
        let name = own_name(&last(&root.canonicalize().unwrap_or_else(|_| root.to_owned())));
        return Ok(read_form(&tree, form)?.add_to(repository(store, root, &name)?));
    }
    load_tree(store, &tree, root)
}

/// Adds the repositories of a captured folder, which may have none.
pub(crate) fn load_captured(store: &mut Store, root: &Path) -> Result<(), FolderError> {
    load_below(store, &Tree::of_folder(root)?, "", &mut Vec::new())
}

/// The repository that a folder is to be.
fn repository<'a>(store: &'a mut Store, path: &Path, name: &str) -> Result<&'a mut Repository, FolderError> {
    if is_repository_name(name) {
        Ok(store.repository_mut(name))
    } else {
        Err(FolderError::Name { path: path.to_owned(), name: name.to_owned() })
    }
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

fn load_tree(store: &mut Store, tree: &Tree, root: &Path) -> Result<Vec<String>, FolderError> {
    let before = store.repositories().len();
    let mut missing = Vec::new();
    load_below(store, tree, "", &mut missing)?;
    let signatures = lookaside::load_below(&mut store.signatures, &tree.folder)?;
    if store.repositories().len() == before && signatures == 0 {
        Err(FolderError::Unknown(root.to_owned()))
    } else {
        Ok(missing)
    }
}

/// Writes every repository as a layout into the folder of its name below `root`, and the signatures beside them.
pub(crate) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    save::save(store, root)?;
    lookaside::save(store, root)
}

/// How deep folders may lie in one another.
const DEEPEST_FOLDER: usize = 64;

fn load_below(store: &mut Store, tree: &Tree, prefix: &str, missing: &mut Vec<String>) -> Result<(), FolderError> {
    if prefix.split('/').count() > DEEPEST_FOLDER {
        return Ok(());
    }
    let is_layout = tree.has("oci-layout");
    for path in tree.entries(&tree.folder)? {
        let folder = last(&path);
        if path.is_file() {
            if has_archive_name(&folder) && is_archive(&path) {
                let name = format!("{prefix}{}", stem(&path));
                missing.extend(read(&path)?.add_to(repository(store, &path, &name)?));
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
        if let Some(form) = form(&below)? {
            missing.extend(read_form(&below, form)?.add_to(repository(store, &path, &name)?));
        }
        // A repository may have others below it. A link may lead in a circle.
        if !path.is_symlink() {
            load_below(store, &below, &format!("{name}/"), missing)?;
        }
    }
    Ok(())
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

fn form(tree: &Tree) -> Result<Option<Form>, FolderError> {
    if tree.has("oci-layout") {
        return Ok(Some(Form::Layout));
    }
    if !tree.has("manifest.json") || tree.folder.join("manifest.json").is_dir() {
        return Ok(None);
    }
    let text = tree.manifest(&tree.folder.join("manifest.json"))?;
    let is_list = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    Ok(Some(if is_list { Form::DockerSave } else { Form::SkopeoDir }))
}

/// The children of a list or index, as far as they matter here. Any other manifest has none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    media_type: Option<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default, deserialize_with = "null_is_empty")]
    media_type: String,
    digest: oci_types::Digest,
    #[serde(default, deserialize_with = "null_is_empty")]
    annotations: BTreeMap<String, String>,
}

/// Go writes what is empty as `null`.
fn null_is_empty<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
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
