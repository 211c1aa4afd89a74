//! The fixture file of a registry, and where in it something is wrong.

use std::path::{Path, PathBuf};

use crate::{
    cli::exit::CommandError,
    document::{self, Diagnostic, Node, Source},
    fixture::{BuildError, RegistryFixture},
    registry::{FixtureError, StartError, TlsError},
};

/// A fixture file that could be read.
#[derive(Debug)]
pub(super) struct FixtureFile {
    source: Source,
    node: Node,
    folder: PathBuf,
}

impl FixtureFile {
    /// Reads a file; returns the fixture, whose paths are relative to the file's folder.
    ///
    /// # Errors
    /// When the file cannot be read, is no YAML, or no fixture.
    pub(super) fn read(path: &Path) -> Result<(Self, RegistryFixture), CommandError> {
        let source = Source::read(path)
            .map_err(|error| CommandError::usage(format!("cannot read {}: {error}", path.display())))?;
        let node = document::parse(&source).map_err(CommandError::usage)?;
        let fixture: RegistryFixture = document::decode(&source, &node).map_err(CommandError::usage)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let fixture = fixture.relative_to(&folder);
        Ok((Self { source, node, folder }, fixture))
    }

    /// The error of an image with the place where the file names it.
    pub(super) fn unbuildable(&self, error: &BuildError) -> CommandError {
        let name = error.image();
        let variable = format!("{{{{digest {name}");
        self.at(error, |text| text == name || text.contains(&variable))
    }

    /// The error of a registry that does not start with the place that it speaks of, if the file is where the fault lies.
    pub(super) fn wrong(&self, error: &StartError) -> CommandError {
        let is_path = |path: &Path, text: &str| !text.is_empty() && path.starts_with(self.folder.join(text));
        match error {
            StartError::Image(error) => self.unbuildable(error),
            StartError::Fixture(FixtureError::Image(name)) => self.at(error, |text| text == name),
            StartError::Fixture(FixtureError::RepositoryName(name) | FixtureError::TagName(name)) => {
                self.at(error, |text| text == name)
            }
            StartError::Fixture(FixtureError::Content(name)) => self.at(error, |text| text.contains(name.as_str())),
            StartError::Fixture(FixtureError::HeldNowhere(name) | FixtureError::NotHeld { image: name, .. }) => {
                self.at(error, |text| text == name)
            }
            StartError::Fixture(FixtureError::Folder(folder)) => self.at(error, |text| is_path(folder.path(), text)),
            StartError::Tls(
                TlsError::File { path, .. } | TlsError::Pem { path, .. } | TlsError::OtherKey { key: path, .. },
            ) => self.at(error, |text| is_path(path, text)),
            _ => CommandError::usage(error),
        }
    }

    /// An error with the place of the first text of the file that it speaks of.
    fn at(&self, error: &dyn std::error::Error, speaks_of: impl Fn(&str) -> bool) -> CommandError {
        match self.node.find_text(&speaks_of).or_else(|| self.node.find_key(&speaks_of)) {
            Some(span) => CommandError::usage(Diagnostic::new(&self.source, span, error.to_string())),
            None => CommandError::usage(error),
        }
    }
}
