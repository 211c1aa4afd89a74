//! Errors that show the line they speak of.

use std::{error::Error, fmt};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::{Source, Span};

/// An error in a file: what is wrong, where, and what to do about it.
///
/// Displays as the message, the file, line and column, the line itself with the place underlined, and a `hint:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong, in one lower-case sentence without a full stop.
    pub message: String,
    /// The file.
    pub source: Source,
    /// The place in the file.
    pub span: Span,
    /// What was expected at that place.
    pub label: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Says that `message` holds of the text at `span`.
    pub fn new(source: &Source, span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), source: source.clone(), span, label: None, hint: None }
    }

    /// Adds what was expected at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds "did you mean", if one of the known names is near.
    #[must_use]
    pub fn did_you_mean<'a>(self, found: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match super::nearest(found, known) {
            Some(name) => self.hint(format!("did you mean `{name}`?")),
            None => self,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.source.text().len();
        let start = self.span.start.min(length);
        let end = self.span.end.clamp(start, length);
        let mut annotation = AnnotationKind::Primary.span(start..end);
        if let Some(label) = &self.label {
            annotation = annotation.label(label.as_str());
        }
        let snippet = Snippet::source(self.source.text()).path(self.source.name()).annotation(annotation);
        let report = Level::ERROR.primary_title(self.message.as_str()).element(snippet);
        formatter.write_str(&Renderer::plain().render(&[report]))?;
        match &self.hint {
            Some(hint) => write!(formatter, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl Error for Diagnostic {}

/// Everything that is wrong in one or more files; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// `value` if nothing is wrong, else what is.
    ///
    /// # Errors
    /// When `found` holds something.
    pub fn unless_empty<T>(found: Vec<Diagnostic>, value: T) -> Result<T, Self> {
        if found.is_empty() { Ok(value) } else { Err(Self(found)) }
    }

    /// The single diagnostics, in the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The single diagnostics, to be joined with others.
    #[must_use]
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n\n")?;
            }
            diagnostic.fmt(formatter)?;
        }
        Ok(())
    }
}

impl Error for Diagnostics {}
