//! Colour, where it helps and nobody minds.

use std::{env, fmt, io::IsTerminal};

use crate::verdict::Verdict;

/// Whether to colour what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// ANSI colours.
    Colour,
    /// Text alone; every word still says what colour would.
    Plain,
}

impl Paint {
    /// Colour for a terminal, unless the environment variable `NO_COLOR` is set to something (<https://no-color.org>).
    #[must_use]
    pub fn detect(stream: &impl IsTerminal) -> Self {
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if stream.is_terminal() && !unwanted { Self::Colour } else { Self::Plain }
    }

    /// The verdict's colour: green, red, yellow or cyan.
    pub(super) fn verdict<T: fmt::Display>(self, verdict: Verdict, text: T) -> Painted<T> {
        let code = match verdict {
            Verdict::Pass => "32;1",
            Verdict::Fail | Verdict::Error | Verdict::Stale => "31;1",
            Verdict::Skip => "33;1",
            Verdict::Known => "36;1",
        };
        self.with(code, text)
    }

    pub(super) fn bold<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("1", text)
    }

    pub(super) fn dim<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.with("2", text)
    }

    fn with<T: fmt::Display>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: (self == Self::Colour).then_some(code), text }
    }
}

/// A text in a colour. Padding applies to the text, not to the codes around it.
pub(super) struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            None => self.text.fmt(formatter),
            Some(code) => {
                write!(formatter, "\x1b[{code}m")?;
                self.text.fmt(formatter)?;
                formatter.write_str("\x1b[0m")
            }
        }
    }
}
