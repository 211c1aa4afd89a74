//! Images in folders, as other tools write them: OCI image layouts, what `docker save` packs, and what skopeo's `dir:`
//! transport writes. And signatures of images in lookaside folders.

mod docker_save;
mod layout;
mod lookaside;
mod skopeo_dir;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};

pub use lookaside::LOOKASIDE_LIMIT;
pub(crate) use lookaside::load as load_lookaside;

use super::{
    exchange::MANIFEST_LIMIT,
    store::{Content, Repository, Store},
};

/// Why a folder cannot be served or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// A file has another form than its name promises.
    #[error("{}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The folder holds no images in a form that is known.
    #[error(
        "{} holds no images: expected an OCI layout (`oci-layout`), an unpacked `docker save` or a skopeo `dir:` \
         (`manifest.json`), or folders with one of these",
        .0.display()
    )]
    Unknown(PathBuf),
    /// A path in a folder's own index leads out of the folder.
    #[error("{}: `{name}` leads out of the folder", folder.display())]
    Outside {
        /// The folder.
        folder: PathBuf,
        /// The path.
        name: String,
    },
    /// A lookaside folder holds no signatures.
    #[error("{} holds no signatures: expected files `REPOSITORY@ALGORITHM=HEX/signature-N`, counted from 1", .0.display())]
    NoSignatures(PathBuf),
    /// A signature is too large for one.
    #[error("{} is too large for a signature, which has at most {MANIFEST_LIMIT} bytes", .0.display())]
    TooLarge(PathBuf),
    /// A lookaside folder holds too many signatures.
    #[error("{} holds more than {LOOKASIDE_LIMIT} signatures", .0.display())]
    TooMany(PathBuf),
}

impl FolderError {
    /// The file or folder in question.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::File { path, .. } | Self::Json { path, .. } | Self::Outside { folder: path, .. } => path,
            Self::Unknown(path) | Self::NoSignatures(path) | Self::TooLarge(path) | Self::TooMany(path) => path,
        }
    }
}

/// The forms of a folder.
enum Form {
    Layout,
    DockerSave,
    SkopeoDir,
}

/// Adds the images of a folder to a repository.
pub(crate) fn load(repository: &mut Repository, folder: &Path) -> Result<(), FolderError> {
    match form(folder)? {
        Some(Form::Layout) => layout::load(repository, folder),
        Some(Form::DockerSave) => docker_save::load(repository, folder),
        Some(Form::SkopeoDir) => skopeo_dir::load(repository, folder),
        None => Err(FolderError::Unknown(folder.to_owned())),
    }
}

/// Adds every folder of images below `root`, each as a repository that is named by its path, and the signatures of a
/// lookaside folder. A `root` that is such a folder itself is the repository of its own name.
pub(crate) fn load_all(store: &mut Store, root: &Path) -> Result<(), FolderError> {
    if form(root)?.is_some() {
        let name = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let name = name.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        return load(store.repository_mut(&name), root);
    }
    let before = store.repositories().len();
    load_below(store, root, "")?;
    let signatures = lookaside::load_below(&mut store.signatures, root)?;
    if store.repositories().len() == before && signatures == 0 {
        Err(FolderError::Unknown(root.to_owned()))
    } else {
        Ok(())
    }
}

/// Writes every repository as a layout into the folder of its name below `root`, and the signatures beside them.
pub(crate) fn save(store: &Store, root: &Path) -> Result<(), FolderError> {
    layout::save(store, root)?;
    lookaside::save(store, root)
}

fn load_below(store: &mut Store, folder: &Path, prefix: &str) -> Result<(), FolderError> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(at(folder))?;
    entries.sort();
    let is_layout = folder.join("oci-layout").exists();
    for path in entries.into_iter().filter(|path| path.is_dir()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // The content of a layout, and a folder with the signatures of an image, are no repositories.
        if (is_layout && name == "blobs" && form(&path)?.is_none()) || name.contains('@') {
            continue;
        }
        let name = format!("{prefix}{name}");
        if form(&path)?.is_some() {
            load(store.repository_mut(&name), &path)?;
        }
        // A repository may have others below it. A link may lead in a circle.
        if !path.is_symlink() {
            load_below(store, &path, &format!("{name}/"))?;
        }
    }
    Ok(())
}

fn form(folder: &Path) -> Result<Option<Form>, FolderError> {
    if folder.join("oci-layout").exists() {
        return Ok(Some(Form::Layout));
    }
    let manifest = folder.join("manifest.json");
    if !manifest.exists() {
        return Ok(None);
    }
    let text = fs::read(&manifest).map_err(at(&manifest))?;
    let is_list = text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    Ok(Some(if is_list { Form::DockerSave } else { Form::SkopeoDir }))
}

/// The children of a list or index, as far as they matter here. Any other manifest has none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    media_type: Option<String>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: oci_types::Digest,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> FolderError + use<> {
    let path = path.to_owned();
    move |source| FolderError::File { path, source }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let text = fs::read(path).map_err(at(path))?;
    serde_json::from_slice(&text).map_err(|source| FolderError::Json { path: path.to_owned(), source })
}

/// A file of the folder as content, which stays where it is.
fn content(path: &Path) -> Result<Content, FolderError> {
    Content::of_file(path).map_err(at(path))
}
