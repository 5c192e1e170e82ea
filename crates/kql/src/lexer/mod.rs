//! Text to tokens.
//!
//! The tokens are lossless: between two of them lie only white space and [comments], so that the text
//! can be put together again. The rules are those of the language service that Microsoft publishes
//! (github.com/microsoft/Kusto-Query-Language).

mod keyword;
mod number;
mod string;
mod token;
mod trivia;
mod typed;

pub use keyword::{Keyword, KeywordClass};
pub use token::{LiteralKind, Punctuation, Token, TokenKind};
pub use trivia::{Comment, comments};

pub(crate) use string::decode as decode_string;

use crate::diagnostic::{Diagnostic, codes};
use crate::span::Span;

/// The longest text that is read: token places are 32 bits wide.
const MAX_TEXT_LENGTH: usize = 1 << 30;

/// What [`tokenize`] read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// In text order; the last one is always [`TokenKind::End`], empty, at the end of the text.
    pub tokens: Vec<Token>,
    /// Characters that start no token, unterminated strings, unknown escapes, in text order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads all tokens of `text`, in linear time.
#[must_use]
pub fn tokenize(text: &str) -> Tokens {
    let mut lexer = Lexer {
        text,
        bytes: text.as_bytes(),
        at: 0,
        diagnostics: Vec::new(),
    };
    if text.len() >= MAX_TEXT_LENGTH {
        return too_long(text);
    }
    let mut tokens = Vec::with_capacity(text.len() / 6 + 2);
    loop {
        let token = lexer.next_token();
        tokens.push(token);
        if token.kind == TokenKind::End {
            return Tokens {
                tokens,
                diagnostics: lexer.diagnostics,
            };
        }
    }
}

fn too_long(text: &str) -> Tokens {
    let message = format!(
        "the query is {} bytes long; at most {} can be read",
        text.len(),
        MAX_TEXT_LENGTH - 1
    );
    Tokens {
        tokens: vec![Token {
            kind: TokenKind::End,
            start: 0,
            end: 0,
            after_trivia: false,
        }],
        diagnostics: vec![Diagnostic::error(codes::TOO_LONG, message, Span::new(0, 0))],
    }
}

/// Reads one token after the other.
struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Lexer<'_> {
    fn next_token(&mut self) -> Token {
        let before = self.at;
        self.at = trivia::end(self.text, before);
        let start = self.at;
        let kind = self.scan_kind();
        debug_assert!(self.at > start || kind == TokenKind::End);
        Token {
            kind,
            start: offset(start),
            end: offset(self.at),
            after_trivia: start > before,
        }
    }

    /// The byte `ahead` of the current one; 0 past the end.
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn take(&mut self, length: usize, kind: TokenKind) -> TokenKind {
        self.at += length;
        kind
    }

    fn scan_kind(&mut self) -> TokenKind {
        match self.peek(0) {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => self.scan_word(),
            b'0'..=b'9' => self.scan_number(),
            b'"' | b'\'' | b'`' | b'~' | b'@' => self.scan_string_or_at(),
            b'!' => self.scan_bang(),
            b'#' => self.scan_directive(),
            0 if self.at >= self.bytes.len() => TokenKind::End,
            _ => self.scan_punctuation(),
        }
    }

    fn scan_punctuation(&mut self) -> TokenKind {
        match Punctuation::at(self.rest()) {
            Some((punctuation, length)) => self.take(length, TokenKind::Punctuation(punctuation)),
            None => self.scan_unknown(),
        }
    }

    /// `!=`, `!~`, or a negated operator word such as `!has`.
    fn scan_bang(&mut self) -> TokenKind {
        match Keyword::negated_at(self.rest()) {
            Some((keyword, length)) => self.take(length, TokenKind::Keyword(keyword)),
            None => self.scan_punctuation(),
        }
    }

    /// `#connect …` and its like: for the client, not for the query; ends with its line.
    fn scan_directive(&mut self) -> TokenKind {
        let length = trivia::line_length(self.text.get(self.at..).unwrap_or_default());
        self.take(length, TokenKind::Directive)
    }

    fn scan_word(&mut self) -> TokenKind {
        if let Some(kind) = self.scan_prefixed_string() {
            return kind;
        }
        let length = token::word_length(self.rest());
        let (keyword, keyword_length) = Keyword::at(self.rest(), length);
        match keyword {
            Some(keyword) => match typed::literal_kind(keyword, self.rest(), keyword_length) {
                Some(kind) => self.scan_typed_literal(kind, keyword_length),
                None => self.take(keyword_length, TokenKind::Keyword(keyword)),
            },
            None => self.scan_plain_word(length),
        }
    }

    fn scan_plain_word(&mut self, length: usize) -> TokenKind {
        if typed::is_boolean(self.rest().get(..length).unwrap_or_default()) {
            return self.take(length, TokenKind::Literal(LiteralKind::Bool));
        }
        match typed::raw_guid_length(self.rest()) {
            Some(length) => self.take(length, TokenKind::RawGuid),
            None => self.take(length, TokenKind::Identifier),
        }
    }

    fn scan_number(&mut self) -> TokenKind {
        let (length, kind) = number::scan(self.rest());
        self.take(length, kind)
    }

    /// `datetime(…)` and its like, as one token up to the bracket that closes it on the same line.
    fn scan_typed_literal(&mut self, kind: LiteralKind, keyword_length: usize) -> TokenKind {
        let (length, closed) = typed::scan_body(
            self.text
                .get(self.at + keyword_length..)
                .unwrap_or_default(),
        );
        let start = self.at;
        self.at += keyword_length + length;
        if !closed {
            let span = Span::new(start, self.at);
            let message = "the literal is not closed by `)` on its line";
            self.diagnostics
                .push(Diagnostic::error(codes::UNCLOSED_BRACKET, message, span));
        }
        TokenKind::Literal(kind)
    }

    /// `h"…"` and `H@'…'`: strings that the service leaves out of its logs.
    fn scan_prefixed_string(&mut self) -> Option<TokenKind> {
        if !matches!(self.peek(0), b'h' | b'H') {
            return None;
        }
        let string = string::scan(self.text, self.at + 1)?;
        Some(self.finish_string(string))
    }

    fn scan_string_or_at(&mut self) -> TokenKind {
        match string::scan(self.text, self.at) {
            Some(string) => self.finish_string(string),
            None => self.scan_punctuation(),
        }
    }

    fn finish_string(&mut self, string: string::Scanned) -> TokenKind {
        let start = self.at;
        self.at = string.end;
        for escape in string.invalid_escapes {
            self.diagnostics
                .push(invalid_escape(escape.text(self.text), escape));
        }
        if !string.terminated {
            let span = Span::new(start, self.at);
            let message = format!(
                "the string is not closed; expected {}",
                string.quoting.closing()
            );
            let hint = "a string of several lines is written ```…```";
            self.diagnostics
                .push(Diagnostic::error(codes::UNTERMINATED_STRING, message, span).with_hint(hint));
        }
        TokenKind::Literal(LiteralKind::String)
    }

    fn scan_unknown(&mut self) -> TokenKind {
        let character = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
            .unwrap_or('\u{fffd}');
        let span = Span::new(self.at, self.at + character.len_utf8());
        self.at = span.end;
        self.diagnostics.push(unexpected_character(character, span));
        TokenKind::Unknown
    }
}

fn invalid_escape(escape: &str, span: Span) -> Diagnostic {
    let message = format!("`{escape}` is no escape sequence");
    Diagnostic::error(codes::INVALID_ESCAPE, message, span)
        .with_hint("write `\\\\` for a backslash, or put `@` before the string")
}

fn unexpected_character(character: char, span: Span) -> Diagnostic {
    let message = format!("unexpected character `{}`", character.escape_debug());
    let diagnostic = Diagnostic::error(codes::UNEXPECTED_CHARACTER, message, span);
    match character {
        '“' | '”' | '„' | '‘' | '’' => {
            diagnostic.with_hint("use straight quotes: \" or '")
        }
        '–' | '—' | '−' => diagnostic.with_hint("use a plain minus: -"),
        '!' => diagnostic.with_hint("write `not(…)`, or `!=`, `!in`, `!has` without a space"),
        _ => diagnostic,
    }
}

/// Token places are 32 bits wide; [`tokenize`] has refused longer texts.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the text is shorter than MAX_TEXT_LENGTH"
)]
const fn offset(at: usize) -> u32 {
    at as u32
}

#[cfg(test)]
mod tests;
