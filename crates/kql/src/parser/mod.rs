//! Tokens to tree.
//!
//! A recursive-descent parser that goes on after errors. It accepts what the language service that
//! Microsoft publishes
//! (github.com/microsoft/Kusto-Query-Language) accepts. Nesting and the height of the tree are
//! bounded, so that neither parsing nor
//! walking a tree can exhaust the stack.

mod binary;
mod dynamic;
mod entity;
mod external_table;
mod functions;
mod lists;
mod literals;
mod names;
mod operators;
mod pipeline;
mod primary;
mod properties;
mod recovery;
mod schema;
mod statements;

use crate::ast::{Expr, ExprKind, Query};
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{self, Keyword, Punctuation, Token, TokenKind};
use crate::span::Span;

/// What [`parse`] read.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The tree; parts that could not be read are [`ExprKind::Error`] or missing.
    pub query: Query,
    /// What is wrong, in text order; without an error among them the tree is complete.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether one of the diagnostics is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// How deep brackets may nest.
pub const MAX_NESTING: usize = 100;

/// How high the tree of an expression may be; chains of `and` and `or` do not count, because long
/// ones are balanced.
pub const MAX_TREE_HEIGHT: usize = 250;

/// Reads a query text, in linear time. Never fails: what cannot be read is in the diagnostics.
///
/// Brackets may nest [`MAX_NESTING`] deep and trees be [`MAX_TREE_HEIGHT`] high; a query beyond
/// that is refused with a diagnostic.
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let tokens = lexer::tokenize(text);
    let mut parser = Parser::new(text, &tokens.tokens);
    let statements = parser.query_statements();
    let query = Query {
        statements,
        span: Span::new(0, text.len()),
    };
    let mut diagnostics = parser.diagnostics;
    diagnostics.extend(tokens.diagnostics);
    diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    Parsed { query, diagnostics }
}

/// What a token does, where its kind alone does not tell; for the formatter. A token may have
/// several roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A sign before its operand: `-x`.
    Prefix,
    /// Sticks to the token before it: the `(` of a call, a part of `Device*` or of `-->`.
    Attached,
    /// The `=` of `kind=inner`.
    PropertyEqual,
    /// The first token of an operator or a statement with a word of its own.
    OperatorStart,
    /// The `(` or `{` around a pipeline or a function's body.
    PipelineOpen,
    /// The word that starts a clause of an operator: `by`, `on`.
    ClauseStart,
    /// A colon with a space after it: in JSON and in the steps of `scan`.
    SpaceAfter,
    /// A colon with spaces around it: before the schema of `evaluate`.
    Spaced,
}

/// The tokens with special roles, by index, in no particular order.
pub(crate) type Roles = Vec<(usize, Role)>;

/// Reads `tokens` of `text` and keeps the roles of tokens, too.
pub(crate) fn parse_with_roles(text: &str, tokens: &[Token]) -> (Roles, Vec<Diagnostic>) {
    let mut parser = Parser::new(text, tokens);
    parser.roles = Some(Roles::new());
    parser.query_statements();
    (parser.roles.unwrap_or_default(), parser.diagnostics)
}

/// Where the parser stands.
struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    /// Index of the current token.
    at: usize,
    diagnostics: Vec<Diagnostic>,
    /// Kept only for the formatter.
    roles: Option<Roles>,
    /// How many brackets are open.
    nesting: usize,
    /// Height of the highest tree read since the last time it was set to 0.
    height: usize,
    /// Index of the token that the last error was about.
    last_error_at: Option<usize>,
    /// Nothing more is read or reported: the query is too deep.
    given_up: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            text,
            tokens,
            at: 0,
            diagnostics: Vec::new(),
            roles: None,
            nesting: 0,
            height: 0,
            last_error_at: None,
            given_up: false,
        }
    }

    /// The token `ahead` of the current one; the end token past the end.
    fn token(&self, ahead: usize) -> Token {
        const END: Token = Token {
            kind: TokenKind::End,
            start: 0,
            end: 0,
            after_trivia: false,
        };
        self.tokens
            .get(self.at + ahead)
            .or(self.tokens.last())
            .copied()
            .unwrap_or(END)
    }

    fn peek(&self) -> TokenKind {
        self.token(0).kind
    }

    fn peek_at(&self, ahead: usize) -> TokenKind {
        self.token(ahead).kind
    }

    fn at_end(&self) -> bool {
        self.peek() == TokenKind::End
    }

    /// Takes the current token; the end token stays.
    fn bump(&mut self) -> Token {
        let token = self.token(0);
        if token.kind != TokenKind::End {
            self.at += 1;
        }
        token
    }

    fn bump_as(&mut self, role: Role) -> Token {
        self.mark(role);
        self.bump()
    }

    /// Gives the current token a role.
    fn mark(&mut self, role: Role) {
        if let Some(roles) = &mut self.roles {
            roles.push((self.at, role));
        }
    }

    /// Takes the role back that [`Self::mark`] gave the current token last.
    fn unmark(&mut self) {
        if let Some(roles) = &mut self.roles {
            roles.pop();
        }
    }

    fn text_of(&self, token: Token) -> &'a str {
        token.span().text(self.text)
    }

    /// Takes the current token and returns its text.
    fn bump_text(&mut self) -> &'a str {
        let token = self.bump();
        self.text_of(token)
    }

    fn at_sign(&self, sign: Punctuation) -> bool {
        self.peek() == TokenKind::Punctuation(sign)
    }

    fn sign_at(&self, ahead: usize, sign: Punctuation) -> bool {
        self.peek_at(ahead) == TokenKind::Punctuation(sign)
    }

    fn eat_sign(&mut self, sign: Punctuation) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.bump();
        }
        found
    }

    fn at_word(&self, word: Keyword) -> bool {
        self.peek() == TokenKind::Keyword(word)
    }

    fn word_at(&self, ahead: usize, word: Keyword) -> bool {
        self.peek_at(ahead) == TokenKind::Keyword(word)
    }

    fn eat_word(&mut self, word: Keyword) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    /// As [`Self::eat_word`], for a word that starts a clause.
    fn eat_clause(&mut self, word: Keyword) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump_as(Role::ClauseStart);
        }
        found
    }

    /// Whether the current token is the identifier or keyword `text`.
    fn at_text(&self, text: &str) -> bool {
        matches!(self.peek(), TokenKind::Identifier | TokenKind::Keyword(_))
            && self.text_of(self.token(0)) == text
    }

    /// Offset of the first byte of the current token.
    fn start(&self) -> usize {
        self.token(0).start as usize
    }

    /// From `start` to the end of the last token taken; where none has been taken since, the place
    /// after it.
    fn span_from(&self, start: usize) -> Span {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let end = last.map_or(start, |token| token.end as usize);
        Span::new(start.min(end), end)
    }

    fn expr_from(&self, start: usize, kind: ExprKind) -> Expr {
        Expr {
            kind,
            span: self.span_from(start),
        }
    }

    /// What stands for an expression that is missing here.
    fn missing_expr(&self) -> Expr {
        Expr {
            kind: ExprKind::Error,
            span: self.span_from(self.start()),
        }
    }

    /// Reads something in brackets, one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.nesting >= MAX_NESTING {
            self.give_up("brackets are nested too deep", MAX_NESTING);
            return None;
        }
        self.nesting += 1;
        let outer = std::mem::take(&mut self.height);
        let read = read(self);
        self.nesting -= 1;
        self.height = outer.max(self.height);
        self.grow();
        Some(read)
    }

    /// Notes that a node was put on top of the highest tree.
    fn grow(&mut self) {
        self.height += 1;
        if self.height > MAX_TREE_HEIGHT {
            self.give_up("the expression is too complex", MAX_TREE_HEIGHT);
        }
    }

    /// Reports that the query is too deep, and skips the rest of it.
    fn give_up(&mut self, what: &str, limit: usize) {
        if !self.given_up {
            let message = format!("{what}: more than {limit} levels");
            let hint = "split it with `let`, or use `in (…)` for long lists of values";
            self.diagnostics.push(
                Diagnostic::error(codes::TOO_DEEP, message, self.token(0).span()).with_hint(hint),
            );
        }
        self.given_up = true;
        self.at = self.tokens.len().saturating_sub(1);
    }
}
