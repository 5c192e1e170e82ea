//! The Markdown of public repositories of hunting queries.
//!
//! A page is about one query and often has it twice, under headings such as `Defender XDR` and `Sentinel`; the blocks are marked
//! `kql` or `kusto`, or not marked at all. Blocks under a heading that names Sentinel are left out.

use std::collections::BTreeMap;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::document::Found;
use super::toml_form::line;
use super::{LeftOut, PackQuery};

/// For which product the blocks below a heading are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Product {
    Defender,
    Sentinel,
}

/// A heading in force.
struct Heading {
    level: u8,
    text: String,
    product: Option<Product>,
}

/// A code block and where it stands.
struct Block {
    /// The word behind its fence.
    language: String,
    code: String,
    line: u64,
}

pub(super) fn read(text: &str) -> Found {
    let mut page = Page::default();
    let mut parser = Parser::new(text).into_offset_iter();
    while let Some((event, range)) = parser.next() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let title = collect(&mut parser, |end| matches!(end, TagEnd::Heading(_)));
                page.heading(level as u8, &title.0);
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let (code, start) = collect(&mut parser, |end| matches!(end, TagEnd::CodeBlock));
                let language = language(&kind);
                let line = line(text, start.unwrap_or(range.start));
                page.block(Block {
                    language,
                    code,
                    line,
                });
            }
            _ => {}
        }
    }
    page.found
}

/// The text up to the end of an element, and where its first piece stands.
fn collect<'a>(
    parser: &mut impl Iterator<Item = (Event<'a>, std::ops::Range<usize>)>,
    is_end: impl Fn(&TagEnd) -> bool,
) -> (String, Option<usize>) {
    let (mut text, mut start) = (String::new(), None);
    for (event, range) in parser {
        match event {
            Event::End(end) if is_end(&end) => break,
            Event::Text(piece) | Event::Code(piece) => {
                start = start.or(Some(range.start));
                text.push_str(&piece);
            }
            _ => {}
        }
    }
    (text, start)
}

fn language(kind: &CodeBlockKind<'_>) -> String {
    match kind {
        CodeBlockKind::Fenced(info) => {
            let word = info
                .split(|c: char| c.is_whitespace() || c == ',' || c == '{')
                .next();
            word.unwrap_or_default().to_ascii_lowercase()
        }
        CodeBlockKind::Indented => "indented".to_owned(),
    }
}

#[derive(Default)]
struct Page {
    headings: Vec<Heading>,
    names: BTreeMap<String, usize>,
    found: Found,
}

impl Page {
    fn heading(&mut self, level: u8, text: &str) {
        let text = text.trim().to_owned();
        self.headings.retain(|heading| heading.level < level);
        if self.found.name.is_none() && !text.is_empty() {
            self.found.name = Some(text.clone());
        }
        self.headings.push(Heading {
            level,
            product: product(&text),
            text,
        });
    }

    fn block(&mut self, block: Block) {
        let product = self
            .headings
            .iter()
            .rev()
            .find_map(|heading| heading.product);
        let is_query = match block.language.as_str() {
            "kql" | "kusto" => true,
            "" => product.is_some(),
            _ => false,
        };
        if !is_query || block.code.trim().is_empty() {
            return;
        }
        let name = self.name();
        if product == Some(Product::Sentinel) {
            self.found.left_out.push(LeftOut {
                name,
                line: block.line,
                reason: "it is the version for Microsoft Sentinel".to_owned(),
            });
            return;
        }
        let name = self.unique(name);
        let query = PackQuery::new(name, block.code, block.line);
        self.found.queries.push(query);
    }

    /// The nearest heading that says what the query is about: not a product, not the word "query".
    fn name(&self) -> String {
        let telling = |heading: &&Heading| heading.product.is_none() && !is_generic(&heading.text);
        let name = self.headings.iter().rev().find(telling);
        let name = name.map(|heading| heading.text.clone());
        name.or_else(|| self.found.name.clone())
            .unwrap_or_else(|| "query".to_owned())
    }

    /// Several blocks below one heading are numbered.
    fn unique(&mut self, name: String) -> String {
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        match *count {
            1 => name,
            count => self.unique(format!("{name} ({count})")),
        }
    }
}

fn is_generic(heading: &str) -> bool {
    let heading = heading.to_lowercase();
    let words = [
        "",
        "query",
        "queries",
        "kql",
        "kql query",
        "detection",
        "query information",
        "description",
        "hunting query",
        "code",
    ];
    words.contains(&heading.trim_end_matches(':').trim())
}

/// The product that a short heading names.
fn product(heading: &str) -> Option<Product> {
    const WORDS_MAX: usize = 7;
    let heading = heading.to_lowercase();
    if heading.split_whitespace().count() > WORDS_MAX {
        return None;
    }
    let starts = |names: &[&str]| names.iter().any(|name| heading.starts_with(name));
    let defender = [
        "defender",
        "microsoft defender",
        "microsoft 365 defender",
        "m365 defender",
        "365 defender",
        "advanced hunting",
        "mde",
        "xdr",
        "m365d",
        "microsoft xdr",
    ];
    if starts(&defender) {
        Some(Product::Defender)
    } else if starts(&[
        "sentinel",
        "microsoft sentinel",
        "azure sentinel",
        "log analytics",
    ]) {
        Some(Product::Sentinel)
    } else {
        None
    }
}
