//! Colour: when it is used, and which.

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

/// What the user says about colours: `--color`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl Paint {
    /// Colour where the user wants it: by `choice`; else by the environment variables `NO_COLOR` (<https://no-color.org>),
    /// `FORCE_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR`; else on a terminal that is not `dumb`.
    #[must_use]
    pub fn choose(choice: ColorChoice, stream: &impl IsTerminal) -> Self {
        Self::decide(choice, |name| env::var(name).ok(), stream.is_terminal())
    }

    fn decide(choice: ColorChoice, variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let is_on = |name| set(name).is_some_and(|value| !matches!(value.as_str(), "0" | "false"));
        let is_off = |name| set(name).is_some_and(|value| matches!(value.as_str(), "0" | "false"));
        let colour = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR").is_some() => false,
            ColorChoice::Auto if is_on("FORCE_COLOR") || is_on("CLICOLOR_FORCE") => true,
            ColorChoice::Auto if is_off("FORCE_COLOR") || is_off("CLICOLOR") => false,
            ColorChoice::Auto => is_terminal && set("TERM").is_none_or(|terminal| terminal != "dumb"),
        };
        if colour { Self::Colour } else { Self::Plain }
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(ColorChoice::Auto, &[], true, Paint::Colour)]
    #[case(ColorChoice::Auto, &[], false, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("TERM", "dumb")], true, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("TERM", "xterm")], true, Paint::Colour)]
    #[case(ColorChoice::Auto, &[("NO_COLOR", "1")], true, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("NO_COLOR", "")], true, Paint::Colour)]
    #[case(ColorChoice::Auto, &[("FORCE_COLOR", "1")], false, Paint::Colour)]
    #[case(ColorChoice::Auto, &[("FORCE_COLOR", "0")], true, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("CLICOLOR_FORCE", "1")], false, Paint::Colour)]
    #[case(ColorChoice::Auto, &[("CLICOLOR_FORCE", "0")], false, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("CLICOLOR", "0")], true, Paint::Plain)]
    #[case(ColorChoice::Auto, &[("FORCE_COLOR", "1"), ("TERM", "dumb")], false, Paint::Colour)]
    #[case(ColorChoice::Auto, &[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true, Paint::Plain)]
    #[case(ColorChoice::Always, &[("NO_COLOR", "1"), ("TERM", "dumb")], false, Paint::Colour)]
    #[case(ColorChoice::Never, &[("FORCE_COLOR", "1")], true, Paint::Plain)]
    fn colour_is_there_where_it_is_wanted(
        #[case] choice: ColorChoice,
        #[case] variables: &[(&str, &str)],
        #[case] is_terminal: bool,
        #[case] expected: Paint,
    ) {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        assert_eq!(Paint::decide(choice, variable, is_terminal), expected);
    }
}
