//! Names: identifiers, words that may be names, quoted names, wildcards.

use super::{Parser, Role};
use crate::ast::{Expr, ExprKind, Name};
use crate::diagnostic::codes;
use crate::lexer::{
    Keyword, KeywordClass, LiteralKind, Punctuation, Token, TokenKind, decode_string,
};

/// Which words of the language may be the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameUse {
    /// A name that is read, or declared by a statement.
    Read,
    /// A column or parameter that is declared.
    Declared,
}

impl Parser<'_> {
    /// How many tokens the name at `ahead` has; `None` when there is no name.
    pub(super) fn name_length(&self, ahead: usize, name_use: NameUse) -> Option<usize> {
        match self.peek_at(ahead) {
            TokenKind::Identifier => Some(1),
            TokenKind::Keyword(keyword) => may_be_name(keyword, name_use).then_some(1),
            TokenKind::Punctuation(Punctuation::OpenBracket) => self.quoted_name_length(ahead),
            TokenKind::Punctuation(Punctuation::OpenBrace) => self.placeholder_length(ahead),
            _ => None,
        }
    }

    pub(super) fn at_name(&self) -> bool {
        self.name_length(0, NameUse::Read).is_some()
    }

    /// `['a b']`, whose string may be written in pieces.
    fn quoted_name_length(&self, ahead: usize) -> Option<usize> {
        let is_string = |at| self.peek_at(at) == TokenKind::Literal(LiteralKind::String);
        let strings = (ahead + 1..).take_while(|&at| is_string(at)).count();
        let closed = self.sign_at(ahead + 1 + strings, Punctuation::CloseBracket);
        (strings > 0 && closed).then_some(strings + 2)
    }

    /// `{name}`: to be replaced by the tool that sends the query.
    pub(super) fn placeholder_length(&self, ahead: usize) -> Option<usize> {
        let word = self.token(ahead + 1);
        let close = self.token(ahead + 2);
        let fits = matches!(word.kind, TokenKind::Identifier | TokenKind::Keyword(_))
            && close.kind == TokenKind::Punctuation(Punctuation::CloseBrace)
            && !word.after_trivia
            && !close.after_trivia;
        fits.then_some(3)
    }

    /// The name here, if there is one.
    pub(super) fn optional_name(&mut self, name_use: NameUse) -> Option<Name> {
        let length = self.name_length(0, name_use)?;
        Some(match self.peek() {
            TokenKind::Punctuation(Punctuation::OpenBracket) => self.quoted_name(length),
            TokenKind::Punctuation(_) => self.placeholder(),
            _ => self.word_name(),
        })
    }

    /// The name here; an error and an empty name where there is none.
    pub(super) fn name(&mut self, name_use: NameUse) -> Name {
        if let Some(name) = self.optional_name(name_use) {
            return name;
        }
        self.expected_name();
        Name {
            text: String::new(),
            span: self.span_from(self.start()),
        }
    }

    pub(super) fn expected_name(&mut self) {
        let message = format!("expected a name, found {}", self.found());
        match self.peek() {
            TokenKind::Keyword(_) => {
                let hint = format!(
                    "`{word}` is a word of the language; as a name, write `['{word}']`",
                    word = self.text_of(self.token(0))
                );
                self.error_here_with_hint(codes::EXPECTED_NAME, message, hint);
            }
            _ => self.error_here(codes::EXPECTED_NAME, message),
        }
    }

    /// Takes the current word as a name, whatever it is.
    pub(super) fn word_name(&mut self) -> Name {
        let token = self.bump();
        self.name_of(token)
    }

    pub(super) fn name_of(&self, token: Token) -> Name {
        Name {
            text: self.text_of(token).to_owned(),
            span: token.span(),
        }
    }

    fn quoted_name(&mut self, length: usize) -> Name {
        let start = self.start();
        self.bump();
        let text = (2..length)
            .map(|_| decode_string(self.bump_text()))
            .collect();
        self.bump();
        Name {
            text,
            span: self.span_from(start),
        }
    }

    /// Keeps its braces, so that it is never taken for a real name.
    fn placeholder(&mut self) -> Name {
        let start = self.start();
        self.bump();
        self.bump_as(Role::Attached);
        self.bump_as(Role::Attached);
        let span = self.span_from(start);
        Name {
            text: span.text(self.text).to_owned(),
            span,
        }
    }

    pub(super) fn optional_name_expr(&mut self) -> Option<Expr> {
        let name = self.optional_name(NameUse::Read)?;
        let span = name.span;
        Some(Expr {
            kind: ExprKind::Name(name),
            span,
        })
    }

    /// A name as an expression; an error where there is none.
    pub(super) fn name_expr(&mut self) -> Expr {
        self.optional_name_expr().unwrap_or_else(|| {
            self.expected_name();
            self.missing_expr()
        })
    }

    /// How many tokens the name with `*` at `ahead` has: `*`, `a*`, `*a*b`, without spaces.
    pub(super) fn wildcard_length(&self, ahead: usize) -> Option<usize> {
        let is_star = |token: Token| token.kind == TokenKind::Punctuation(Punctuation::Asterisk);
        let first = self.token(ahead);
        let second = self.token(ahead + 1);
        let head = match is_star(first) {
            true => 1,
            false if is_wildcard_word(first.kind) && is_star(second) && !second.after_trivia => 2,
            false => return None,
        };
        let goes_on = |token: Token| {
            let fits = is_star(token)
                || is_wildcard_word(token.kind)
                || token.kind == TokenKind::Literal(LiteralKind::Long);
            fits && !token.after_trivia
        };
        let tail = (ahead + head..)
            .take_while(|&at| goes_on(self.token(at)))
            .count();
        Some(head + tail)
    }

    /// A name with `*` in it.
    pub(super) fn optional_wildcard(&mut self) -> Option<Expr> {
        let length = self.wildcard_length(0)?;
        Some(self.wildcard(length))
    }

    fn wildcard(&mut self, length: usize) -> Expr {
        let start = self.start();
        self.bump();
        for _ in 1..length {
            self.bump_as(Role::Attached);
        }
        let span = self.span_from(start);
        Expr {
            kind: ExprKind::Wildcard(span.text(self.text).to_owned()),
            span,
        }
    }

    /// `[Device*]`.
    pub(super) fn optional_bracketed_wildcard(&mut self) -> Option<Expr> {
        let length = self
            .at_sign(Punctuation::OpenBracket)
            .then(|| self.wildcard_length(1))
            .flatten()?;
        let open = self.bump();
        let mut wildcard = self.wildcard(length);
        self.expect_close(Punctuation::CloseBracket, open);
        wildcard.span = self.span_from(open.start as usize);
        Some(wildcard)
    }

    /// A name or a name with `*`.
    pub(super) fn name_or_wildcard(&mut self) -> Expr {
        self.optional_wildcard().unwrap_or_else(|| self.name_expr())
    }
}

const fn may_be_name(keyword: Keyword, name_use: NameUse) -> bool {
    match (keyword.class(), name_use) {
        (KeywordClass::Name, _) | (KeywordClass::Declared, NameUse::Declared) => true,
        _ => matches!((keyword, name_use), (Keyword::TypeOf, _)),
    }
}

const fn is_wildcard_word(kind: TokenKind) -> bool {
    match kind {
        TokenKind::Identifier => true,
        TokenKind::Keyword(keyword) => may_be_name(keyword, NameUse::Declared),
        _ => false,
    }
}
