//! Errors, and how to go on after them.

use super::Parser;
use crate::diagnostic::{Diagnostic, codes};
use crate::lexer::{Keyword, Punctuation, Token, TokenKind};
use crate::span::Span;

impl Parser<'_> {
    /// Reports `diagnostic`, unless an error about the same token has been reported.
    fn report(&mut self, diagnostic: Diagnostic) {
        let repeated = self.last_error_at == Some(self.at);
        let known_to_lexer = self.peek() == TokenKind::Unknown;
        if !self.given_up && !repeated && !known_to_lexer {
            self.diagnostics.push(diagnostic);
        }
        self.last_error_at = Some(self.at);
    }

    /// Reports an error about the current token.
    pub(super) fn error_here(&mut self, code: &'static str, message: impl Into<String>) {
        let span = self.error_span();
        self.report(Diagnostic::error(code, message, span));
    }

    /// Reports an error about the current token with advice.
    pub(super) fn error_here_with_hint(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let span = self.error_span();
        self.report(Diagnostic::error(code, message, span).with_hint(hint));
    }

    /// Reports an error about a place that has been read.
    pub(super) fn error_at(&mut self, code: &'static str, message: impl Into<String>, span: Span) {
        if !self.given_up {
            self.diagnostics
                .push(Diagnostic::error(code, message, span));
        }
    }

    pub(super) fn warning_at(
        &mut self,
        code: &'static str,
        message: impl Into<String>,
        span: Span,
        hint: &str,
    ) {
        if !self.given_up {
            self.diagnostics
                .push(Diagnostic::warning(code, message, span).with_hint(hint));
        }
    }

    /// The current token; at the end, the end of the last one, so that there is something to point
    /// at.
    fn error_span(&self) -> Span {
        let token = self.token(0);
        if token.kind != TokenKind::End {
            return token.span();
        }
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(token.span(), |last| {
            Span::new(last.end as usize, last.end as usize)
        })
    }

    /// The current token for a message: `` `x` `` or `the end of the query`.
    pub(super) fn found(&self) -> String {
        const LONGEST: usize = 40;
        let token = self.token(0);
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            _ => {
                let text = self.text_of(token);
                let shown: String = text.chars().take(LONGEST).collect();
                let more = if shown.len() < text.len() { "…" } else { "" };
                format!("`{shown}{more}`")
            }
        }
    }

    /// Reports that `what` is missing here.
    pub(super) fn expected(&mut self, what: &str) {
        let message = format!("expected {what}, found {}", self.found());
        match self.hint_for_unexpected() {
            Some(hint) => self.error_here_with_hint(codes::UNEXPECTED_TOKEN, message, hint),
            None => self.error_here(codes::UNEXPECTED_TOKEN, message),
        }
    }

    /// Advice for tokens that come from other languages or from slips.
    fn hint_for_unexpected(&self) -> Option<String> {
        let before = self
            .at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .copied();
        let before_text = before.map(|token| self.text_of(token)).unwrap_or_default();
        let is_string = |token: Option<Token>| {
            token.is_some_and(|token| {
                matches!(
                    token.kind,
                    TokenKind::Literal(crate::lexer::LiteralKind::String)
                )
            })
        };
        match self.peek() {
            TokenKind::Punctuation(Punctuation::Equal) => Some("use `==` to compare".to_owned()),
            TokenKind::Punctuation(Punctuation::Question) => {
                Some("use `coalesce(a, b)` or `iff(condition, a, b)`".to_owned())
            }
            TokenKind::Punctuation(Punctuation::EqualEqual) => {
                Some("comparisons do not chain: join them with `and`".to_owned())
            }
            TokenKind::Identifier if self.at_text("not") && self.word_at(1, Keyword::In) => {
                Some("write `!in`".to_owned())
            }
            TokenKind::Punctuation(Punctuation::OpenBrace) if before_text == ")" => {
                Some("the parameters of a function have types: `(a: string)`".to_owned())
            }
            TokenKind::Identifier if is_string(before) => {
                Some("a quote inside a string is written `\\\"`".to_owned())
            }
            TokenKind::Identifier if before_text == "not" => {
                Some("`not` is a function: `not(…)`".to_owned())
            }
            _ => None,
        }
    }

    /// Takes `sign`, or reports that it is missing.
    pub(super) fn expect_sign(&mut self, sign: Punctuation) -> bool {
        let found = self.eat_sign(sign);
        if !found {
            self.expected(&format!("`{}`", sign.text()));
        }
        found
    }

    /// Takes `word`, or reports that it is missing.
    pub(super) fn expect_word(&mut self, word: Keyword) -> bool {
        let found = self.eat_word(word);
        if !found {
            self.expected(&format!("`{}`", word.text()));
        }
        found
    }

    /// Takes `word`, which starts a clause that the operator needs, or reports that it is missing.
    pub(super) fn expect_clause(&mut self, word: Keyword) -> bool {
        let found = self.eat_clause(word);
        if !found {
            let message = format!("expected `{}`, found {}", word.text(), self.found());
            self.error_here(codes::MISSING_CLAUSE, message);
        }
        found
    }

    /// Takes the bracket that closes the one at `open`; on an error, skips to it where it stands
    /// before the operator ends.
    pub(super) fn expect_close(&mut self, sign: Punctuation, open: Token) {
        if self.eat_sign(sign) {
            return;
        }
        if self.at_end() {
            if self.last_error_at != Some(self.at) && !self.given_up {
                let message = format!("`{}` is never closed", self.text_of(open));
                self.error_at(codes::UNCLOSED_BRACKET, message, open.span());
                self.last_error_at = Some(self.at);
            }
            return;
        }
        self.expected(&format!("`{}`", sign.text()));
        self.skip_to_sync();
        self.eat_sign(sign);
    }

    /// Whether the current token ends a list or an operator.
    pub(super) fn at_list_end(&self) -> bool {
        self.list_ends_at(0)
    }

    pub(super) fn list_ends_at(&self, ahead: usize) -> bool {
        use Punctuation::{Bar, CloseBrace, CloseBracket, CloseParenthesis, Semicolon};
        matches!(
            self.peek_at(ahead),
            TokenKind::Punctuation(CloseParenthesis | CloseBracket | CloseBrace | Bar | Semicolon)
                | TokenKind::End
        )
    }

    /// Skips to the next `|`, `;` or bracket that closes something opened before.
    pub(super) fn skip_to_sync(&mut self) {
        use Punctuation::{
            CloseBrace, CloseBracket, CloseParenthesis, OpenBrace, OpenBracket, OpenParenthesis,
        };
        let mut open = 0_usize;
        loop {
            match self.peek() {
                TokenKind::End => return,
                TokenKind::Punctuation(OpenParenthesis | OpenBracket | OpenBrace) => open += 1,
                _ if open == 0 && self.at_list_end() => return,
                TokenKind::Punctuation(Punctuation::Semicolon) => return,
                TokenKind::Punctuation(CloseParenthesis | CloseBracket | CloseBrace) => open -= 1,
                _ => {}
            }
            self.bump();
        }
    }
}
