//! `dynamic(…)`: JSON with typed scalars.

use std::collections::HashMap;

use super::{Parser, Role};
use crate::ast::{DynamicLiteral, Expr, ExprKind, Literal};
use crate::constant;
use crate::diagnostic::codes;
use crate::lexer::{Keyword, LiteralKind, Punctuation, TokenKind};

impl Parser<'_> {
    /// `dynamic(…)`, where the bracket follows.
    pub(super) fn optional_dynamic(&mut self) -> Option<Expr> {
        if !self.at_word(Keyword::Dynamic) || !self.sign_at(1, Punctuation::OpenParenthesis) {
            return None;
        }
        let start = self.start();
        let value = self.dynamic_body();
        Some(self.expr_from(start, ExprKind::Literal(Literal::Dynamic(value))))
    }

    fn dynamic_body(&mut self) -> DynamicLiteral {
        self.bump();
        self.mark(Role::Attached);
        self.parenthesised(Self::json_value)
            .unwrap_or(DynamicLiteral::Null)
    }

    fn json_value(&mut self) -> DynamicLiteral {
        match self.peek() {
            TokenKind::Literal(LiteralKind::Long) => self.json_long(false),
            TokenKind::Punctuation(Punctuation::Minus) => self.json_negative(),
            TokenKind::Literal(LiteralKind::String) => scalar(Literal::String(self.string_value())),
            TokenKind::Literal(LiteralKind::Int) => self.json_error(),
            TokenKind::Literal(_) | TokenKind::RawGuid => self.json_typed(),
            TokenKind::Keyword(Keyword::Null) => self.json_null(),
            TokenKind::Keyword(Keyword::Dynamic)
                if self.sign_at(1, Punctuation::OpenParenthesis) =>
            {
                self.dynamic_body()
            }
            TokenKind::Punctuation(Punctuation::OpenBracket) => self.json_array(),
            TokenKind::Punctuation(Punctuation::OpenBrace) => self.json_bag(),
            _ => self.json_error(),
        }
    }

    fn json_null(&mut self) -> DynamicLiteral {
        self.bump();
        DynamicLiteral::Null
    }

    fn json_typed(&mut self) -> DynamicLiteral {
        match self.optional_plain_literal().map(|expr| expr.kind) {
            Some(ExprKind::Literal(literal)) => scalar(literal),
            _ => DynamicLiteral::Null,
        }
    }

    fn json_negative(&mut self) -> DynamicLiteral {
        let number = self.peek_at(1);
        let is_plain = self
            .text_of(self.token(1))
            .starts_with(|first: char| first.is_ascii_digit());
        match number {
            TokenKind::Literal(LiteralKind::Long) if is_plain => {
                self.bump_as(Role::Prefix);
                self.json_long(true)
            }
            TokenKind::Literal(LiteralKind::Real) if is_plain => {
                self.bump_as(Role::Prefix);
                let value = constant::parse_real(self.bump_text());
                scalar(Literal::Real(value.map(|value| -value)))
            }
            _ => self.json_error(),
        }
    }

    /// A whole number; one that does not fit into 64 bits is a real, as in JSON.
    fn json_long(&mut self, negative: bool) -> DynamicLiteral {
        let token = self.token(0);
        let text = self.text_of(token);
        let signed = if negative {
            format!("-{text}")
        } else {
            text.to_owned()
        };
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
        match constant::parse_long(&signed) {
            None if is_plain => {
                self.bump();
                scalar(Literal::Real(constant::parse_real(&signed)))
            }
            Some(value) => {
                self.bump();
                scalar(Literal::Long(Some(value)))
            }
            None => self.json_typed(),
        }
    }

    fn json_array(&mut self) -> DynamicLiteral {
        let read = |parser: &mut Self| parser.optional_list(Self::json_value);
        let values = self.bracketed(Punctuation::OpenBracket, Punctuation::CloseBracket, read);
        DynamicLiteral::Array(values.unwrap_or_default())
    }

    fn json_bag(&mut self) -> DynamicLiteral {
        let read = |parser: &mut Self| parser.optional_list(Self::json_pair);
        let pairs = self.bracketed(Punctuation::OpenBrace, Punctuation::CloseBrace, read);
        DynamicLiteral::Bag(last_of_each_key(pairs.unwrap_or_default()))
    }

    fn json_pair(&mut self) -> (String, DynamicLiteral) {
        if !self.at_string() {
            let message = format!("expected a key in quotes, found {}", self.found());
            self.error_here_with_hint(
                codes::INVALID_DYNAMIC,
                message,
                "keys are strings: {\"key\": value}",
            );
            return (String::new(), DynamicLiteral::Null);
        }
        let token = self.bump();
        let key = crate::lexer::decode_string(self.text_of(token)).into_owned();
        self.mark(Role::SpaceAfter);
        self.expect_sign(Punctuation::Colon);
        (key, self.json_value())
    }

    fn json_error(&mut self) -> DynamicLiteral {
        let message = format!("expected a JSON value, found {}", self.found());
        let hint = "inside `dynamic(…)` stand constants only: numbers, strings, true, false, null, […], {…}";
        self.error_here_with_hint(codes::INVALID_DYNAMIC, message, hint);
        DynamicLiteral::Null
    }
}

fn scalar(literal: Literal) -> DynamicLiteral {
    match literal {
        Literal::Dynamic(inner) => inner,
        literal => DynamicLiteral::Scalar(Box::new(literal)),
    }
}

/// A repeated key keeps its first place and its last value.
fn last_of_each_key(pairs: Vec<(String, DynamicLiteral)>) -> Vec<(String, DynamicLiteral)> {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(pairs.len());
    let mut kept: Vec<(String, DynamicLiteral)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match places.get(&key).and_then(|&place| kept.get_mut(place)) {
            Some(slot) => slot.1 = value,
            None => {
                places.insert(key.clone(), kept.len());
                kept.push((key, value));
            }
        }
    }
    kept
}
