//! A page in Markdown.

use std::{
    fs,
    path::{Path, PathBuf},
};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page, taken apart.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its path below the repository.
    pub(super) path: PathBuf,
    /// The anchors of its headings, as GitHub and mdBook make them.
    pub(super) anchors: Vec<String>,
    /// Where its links lead.
    pub(super) links: Vec<String>,
    /// Its code blocks.
    pub(super) blocks: Vec<Block>,
    /// Code in the middle of sentences.
    pub(super) spans: Vec<String>,
}

/// A code block.
#[derive(Debug, Default, Clone)]
pub(super) struct Block {
    /// The language, empty for an indented block.
    pub(super) language: String,
    /// The lines.
    pub(super) text: String,
}

impl Page {
    pub(super) fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut page = Self { path: path.strip_prefix(root).unwrap().to_owned(), ..Self::default() };
        let (mut heading, mut block): (Option<String>, Option<Block>) = (None, None);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => page.anchors.extend(heading.take().map(|text| anchor(&text))),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    block = Some(Block { language, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Text(text) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&text);
                    }
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    page.spans.push(code.into_string());
                }
                _ => {}
            }
        }
        page
    }

    /// The blocks of these languages.
    pub(super) fn blocks_in<'a>(&'a self, languages: &'a [&str]) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(|block| languages.contains(&block.language.split(',').next().unwrap_or_default()))
    }
}

/// Lower case, without punctuation, blanks as dashes.
fn anchor(heading: &str) -> String {
    let kept = |character: &char| character.is_alphanumeric() || [' ', '-', '_'].contains(character);
    heading.trim().to_lowercase().chars().filter(kept).map(|kept| if kept == ' ' { '-' } else { kept }).collect()
}
