//! References to tables and columns where no general expression may stand: in `union`, `find`,
//! `search in`, `facet`, `partition`.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{Expr, ExprKind, Operator, OperatorKind};
use crate::lexer::{Keyword, Punctuation, TokenKind};

impl Parser<'_> {
    /// `a.b['c']`, without calls.
    pub(super) fn simple_path(&mut self) -> Expr {
        let mut expr = self.entity_start();
        loop {
            expr = match self.peek() {
                TokenKind::Punctuation(Punctuation::Dot) => self.member(expr),
                TokenKind::Punctuation(Punctuation::OpenBracket) => self.element(expr),
                _ => return expr,
            };
            self.grow();
        }
    }

    /// `T`, `T*`, `database("d").T`, `database("d").T*`, `['T']`, `f(x)`.
    pub(super) fn wildcard_entity(&mut self) -> Expr {
        if let Some(wildcard) = self.optional_wildcard() {
            return wildcard;
        }
        let outer = std::mem::take(&mut self.height);
        let mut expr = if self.at_call() {
            self.call_here()
        } else {
            self.entity_start()
        };
        loop {
            expr = match self.peek() {
                TokenKind::Punctuation(Punctuation::Dot) if self.wildcard_length(1).is_some() => {
                    self.bump();
                    let wildcard = self
                        .optional_wildcard()
                        .unwrap_or_else(|| self.missing_expr());
                    self.wildcard_member(expr, wildcard)
                }
                TokenKind::Punctuation(Punctuation::Dot) => self.member(expr),
                TokenKind::Punctuation(Punctuation::OpenBracket) => self.element(expr),
                _ => break,
            };
            self.grow();
        }
        self.height = self.height.max(outer);
        expr
    }

    fn entity_start(&mut self) -> Expr {
        if let Some(wildcard) = self.optional_bracketed_wildcard() {
            return wildcard;
        }
        match self.path_name() {
            Some(name) => {
                let span = name.span;
                Expr {
                    kind: ExprKind::Name(name),
                    span,
                }
            }
            None => {
                self.expected_name();
                self.missing_expr()
            }
        }
    }

    /// What `union` takes: a table, a name with `*`, or a query in brackets.
    pub(super) fn union_operand(&mut self) -> Expr {
        if self.at_sign(Punctuation::OpenParenthesis) {
            self.parenthesised_expression()
        } else {
            self.wildcard_entity()
        }
    }

    /// `in (tables)` of `find` and `search`; empty where it does not stand.
    pub(super) fn optional_in_tables(&mut self) -> Vec<Expr> {
        if !self.eat_clause(Keyword::In) {
            return Vec::new();
        }
        self.parenthesised(|parser| parser.list(Self::found_table))
            .unwrap_or_default()
    }

    /// `T` or `T | as name`.
    fn found_table(&mut self) -> Expr {
        let table = self.wildcard_entity();
        if !self.at_sign(Punctuation::Bar) {
            return table;
        }
        self.bump();
        let start = self.start();
        self.mark(Role::OperatorStart);
        if !self.expect_word(Keyword::As) {
            return table;
        }
        let properties = self.properties(super::operators::AS_PROPERTIES);
        let name = self.name(NameUse::Read);
        let operator = Operator {
            kind: OperatorKind::As { properties, name },
            span: self.span_from(start),
        };
        let span = self.span_from(table.span.start);
        Expr {
            kind: ExprKind::Pipe {
                source: Box::new(table),
                operators: vec![operator],
            },
            span,
        }
    }
}
