//! White space and comments: what stands between tokens.

use super::Token;
use crate::span::Span;

/// A comment with its place among the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From `//` to the end of the line, without the line end.
    pub span: Span,
    /// Index of the token that follows it.
    pub before: usize,
    /// Whether it shares its line with the token before it.
    pub trailing: bool,
}

/// Where the white space and comments that start at `start` end.
pub(super) fn end(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0c) => at += 1,
            Some(b'/') if bytes.get(at + 1) == Some(&b'/') => {
                at += line_length(text.get(at..).unwrap_or_default());
            }
            Some(0x80..) => match wide_space_length(text.get(at..).unwrap_or_default()) {
                Some(length) => at += length,
                None => return at,
            },
            _ => return at,
        }
    }
}

/// The spaces beyond ASCII that the language takes; text copied from web pages is full of them.
const fn is_wide_space(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'
            ..='\u{200b}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

fn wide_space_length(rest: &str) -> Option<usize> {
    rest.chars()
        .next()
        .filter(|&character| is_wide_space(character))
        .map(char::len_utf8)
}

/// How far the line at the start of `rest` goes, without its line end.
pub(super) fn line_length(rest: &str) -> usize {
    rest.find(is_line_end).unwrap_or(rest.len())
}

/// Whether `character` ends a line, a comment and an unclosed string.
pub(super) const fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

/// All comments of `text`, whose `tokens` are given, in text order.
#[must_use]
pub fn comments(text: &str, tokens: &[Token]) -> Vec<Comment> {
    let mut comments = Vec::new();
    let mut gap_start = 0;
    for (before, token) in tokens.iter().enumerate() {
        if token.after_trivia {
            let gap = Span::new(gap_start, token.start as usize);
            collect(text, gap, before, &mut comments);
        }
        gap_start = token.end as usize;
    }
    comments
}

fn collect(text: &str, gap: Span, before: usize, comments: &mut Vec<Comment>) {
    let mut at = gap.start;
    let mut trailing = before > 0;
    while let Some(rest) = text.get(at..gap.end) {
        let Some(found) = rest.find(['/', '\n', '\r', '\u{2028}', '\u{2029}']) else {
            return;
        };
        at += found;
        let rest = text.get(at..gap.end).unwrap_or_default();
        if rest.starts_with('/') {
            let length = line_length(rest);
            comments.push(Comment {
                span: Span::new(at, at + length),
                before,
                trailing,
            });
            at += length;
        } else {
            trailing = false;
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
}
