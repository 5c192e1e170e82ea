//! Constants that are one token, and joined strings.

use super::Parser;
use super::names::NameUse;
use crate::ast::{Expr, ExprKind, Literal};
use crate::constant;
use crate::diagnostic::codes;
use crate::lexer::{Keyword, LiteralKind, Punctuation, TokenKind, decode_string};
use crate::span::Span;

impl Parser<'_> {
    /// A constant of one token, or a string in several pieces.
    pub(super) fn optional_plain_literal(&mut self) -> Option<Expr> {
        match self.peek() {
            TokenKind::Literal(LiteralKind::String) => Some(self.string_expr()),
            TokenKind::Literal(kind) => Some(self.typed_literal(kind)),
            TokenKind::RawGuid => Some(self.raw_guid()),
            _ => None,
        }
    }

    /// Any constant, as in `datatable`: also signed numbers, `dynamic(…)`, `typeof(…)`, and
    /// placeholders.
    pub(super) fn optional_literal(&mut self) -> Option<Expr> {
        match self.peek() {
            TokenKind::Punctuation(Punctuation::Plus | Punctuation::Minus) => self.signed_literal(),
            TokenKind::Keyword(Keyword::Dynamic) => self.optional_dynamic(),
            TokenKind::Keyword(Keyword::TypeOf) => self.optional_type_of(),
            TokenKind::Punctuation(Punctuation::OpenBrace)
                if self.placeholder_length(0).is_some() =>
            {
                self.optional_name_expr()
            }
            _ => self.optional_plain_literal(),
        }
    }

    /// A constant; an error where there is none.
    pub(super) fn literal(&mut self) -> Expr {
        self.optional_literal().unwrap_or_else(|| {
            let message = format!("expected a constant, found {}", self.found());
            self.error_here(codes::EXPECTED_EXPRESSION, message);
            if self.name_length(0, NameUse::Declared).is_some() {
                self.bump();
            }
            self.missing_expr()
        })
    }

    /// `-5`, `+1.5`, `-1d`, without a space.
    fn signed_literal(&mut self) -> Option<Expr> {
        let negative = self.at_sign(Punctuation::Minus);
        let number = self.token(1);
        let is_number = matches!(
            number.kind,
            TokenKind::Literal(LiteralKind::Long | LiteralKind::Real | LiteralKind::TimeSpan)
        ) && self
            .text_of(number)
            .starts_with(|first: char| first.is_ascii_digit());
        if !is_number || number.after_trivia {
            return None;
        }
        let start = self.start();
        self.bump_as(super::Role::Prefix);
        let TokenKind::Literal(kind) = self.bump().kind else {
            return None;
        };
        let span = self.span_from(start);
        let signed = span.text(self.text);
        let text = if negative {
            signed
        } else {
            signed.trim_start_matches('+')
        };
        Some(Expr {
            kind: ExprKind::Literal(self.value(kind, text, span)),
            span,
        })
    }

    fn typed_literal(&mut self, kind: LiteralKind) -> Expr {
        let token = self.bump();
        let span = token.span();
        let literal = self.value(kind, typed_text(span.text(self.text)), span);
        Expr {
            kind: ExprKind::Literal(literal),
            span,
        }
    }

    /// The value of `text`, which was written as a literal of `kind`.
    ///
    /// A text that is no value of its type is null with a warning: the language's own parser takes
    /// it.
    pub(super) fn value(&mut self, kind: LiteralKind, text: &str, span: Span) -> Literal {
        if text == "null" {
            return null(kind);
        }
        let (literal, name, is_read) = read(kind, text);
        if !is_read {
            let message = format!(
                "`{}` is not a valid {name}; it reads as null",
                span.text(self.text)
            );
            self.warning_at(
                codes::INVALID_LITERAL,
                message,
                span,
                &format!("write a constant of type {name}"),
            );
        }
        literal
    }

    fn raw_guid(&mut self) -> Expr {
        let message = format!(
            "expected an expression, found the bare GUID {}",
            self.found()
        );
        let hint = format!("write `guid({})`", self.text_of(self.token(0)));
        self.error_here_with_hint(codes::INVALID_LITERAL, message, hint);
        self.guid_token()
    }

    /// A bare GUID where it is allowed.
    pub(super) fn guid_token(&mut self) -> Expr {
        let span = self.bump().span();
        let value = constant::parse_guid(span.text(self.text));
        Expr {
            kind: ExprKind::Literal(Literal::Guid(value)),
            span,
        }
    }

    /// A string; adjacent ones are joined.
    pub(super) fn string_expr(&mut self) -> Expr {
        let start = self.start();
        let value = self.string_value();
        self.expr_from(start, ExprKind::Literal(Literal::String(value)))
    }

    pub(super) fn at_string(&self) -> bool {
        self.peek() == TokenKind::Literal(LiteralKind::String)
    }

    pub(super) fn string_value(&mut self) -> String {
        let mut value = decode_string(self.bump_text()).into_owned();
        while self.at_string() {
            value.push_str(&decode_string(self.bump_text()));
        }
        value
    }
}

/// What stands between the brackets of `long(…)`; other literals as they are.
fn typed_text(text: &str) -> &str {
    match text.split_once('(') {
        Some((_, inner)) => inner.strip_suffix(')').unwrap_or(inner).trim(),
        None => text,
    }
}

const fn null(kind: LiteralKind) -> Literal {
    match kind {
        LiteralKind::Bool => Literal::Bool(None),
        LiteralKind::Int => Literal::Int(None),
        LiteralKind::Long => Literal::Long(None),
        LiteralKind::Real => Literal::Real(None),
        LiteralKind::Decimal => Literal::Decimal(None),
        LiteralKind::DateTime => Literal::DateTime(None),
        LiteralKind::TimeSpan => Literal::TimeSpan(None),
        LiteralKind::Guid => Literal::Guid(None),
        LiteralKind::String => Literal::String(String::new()),
    }
}

/// The literal, the name of its type, and whether `text` was a value of it.
fn read(kind: LiteralKind, text: &str) -> (Literal, &'static str, bool) {
    macro_rules! with {
        ($variant:ident, $name:literal, $value:expr) => {{
            let value = $value;
            let is_read = value.is_some();
            (Literal::$variant(value), $name, is_read)
        }};
    }
    match kind {
        LiteralKind::Bool => with!(Bool, "bool", constant::parse_bool(text)),
        LiteralKind::Int => with!(
            Int,
            "int",
            constant::parse_long(text).and_then(|it| i32::try_from(it).ok())
        ),
        LiteralKind::Long => with!(Long, "long", constant::parse_long(text)),
        LiteralKind::Real => with!(Real, "real", constant::parse_real(text)),
        LiteralKind::Decimal => with!(Decimal, "decimal", constant::parse_decimal(text)),
        LiteralKind::DateTime => with!(DateTime, "datetime", constant::parse_datetime(text)),
        LiteralKind::TimeSpan => with!(TimeSpan, "timespan", constant::parse_timespan(text)),
        LiteralKind::Guid => with!(Guid, "guid", constant::parse_guid(text)),
        LiteralKind::String => (
            Literal::String(decode_string(text).into_owned()),
            "string",
            true,
        ),
    }
}
