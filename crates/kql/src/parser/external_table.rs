//! `inline_external_table`, which reads files by a layout of their paths.
//!
//! Source: "inline_external_table operator",
//! learn.microsoft.com/kusto/query/inline-external-table-operator.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{Argument, Expr, ExprKind};
use crate::lexer::{Keyword, Punctuation, TokenKind};

impl Parser<'_> {
    /// Whether the word starts a table and is not the name of something.
    pub(super) fn at_inline_external_table(&self) -> bool {
        self.at_word(Keyword::InlineExternalTable)
            && (self.text_of(self.token(1)) == "kind" || self.has_schema_next())
    }

    /// Whether the bracket after the current token holds a colon.
    fn has_schema_next(&self) -> bool {
        let is_sign = |ahead, sign| self.sign_at(ahead, sign);
        let goes_on = |ahead: &usize| {
            !is_sign(*ahead, Punctuation::CloseParenthesis)
                && self.peek_at(*ahead) != TokenKind::End
        };
        let mut inside = (2..).take_while(goes_on);
        is_sign(1, Punctuation::OpenParenthesis)
            && inside.any(|ahead| is_sign(ahead, Punctuation::Colon))
    }

    /// `inline_external_table (schema) kind=… [partition by (…)] [pathformat=(…)] [dataformat=…]
    /// (locations) [with (…)]`: a call with the locations, for the binder to refuse by name.
    pub(super) fn inline_external_table(&mut self) -> Expr {
        let start = self.start();
        let name = self.word_name();
        let has_schema = self.at_sign(Punctuation::OpenParenthesis);
        if has_schema {
            self.row_schema();
        }
        let is_delta = self.external_table_kind();
        if !has_schema && !is_delta {
            self.expected("a schema, such as `(column: type)`, before `kind`");
        }
        self.external_table_layout(is_delta);
        let read = |parser: &mut Self| parser.list_with_trailing_comma(Self::pipe_expression);
        let locations = self.parenthesised(read).unwrap_or_default();
        self.optional_free_properties();
        let arguments = locations
            .into_iter()
            .map(|value| Argument { name: None, value })
            .collect();
        self.expr_from(
            start,
            ExprKind::Call {
                base: None,
                name,
                arguments,
            },
        )
    }

    /// `kind=storage` or `kind=delta`; whether it is `delta`, which knows its own schema and
    /// format.
    fn external_table_kind(&mut self) -> bool {
        if !self.at_text("kind") {
            self.expected("`kind=storage` or `kind=delta`");
            return false;
        }
        self.bump_as(Role::ClauseStart);
        self.mark(Role::PropertyEqual);
        self.expect_sign(Punctuation::Equal);
        let is_delta = self.at_text("delta");
        if is_delta || self.at_text("storage") {
            self.bump();
        } else {
            self.expected("`storage` or `delta`");
        }
        is_delta
    }

    fn external_table_layout(&mut self, is_delta: bool) {
        if self.eat_clause(Keyword::Partition) {
            self.expect_word(Keyword::By);
            self.parenthesised(|parser| {
                parser.eat_sign(Punctuation::Comma);
                parser.list_with_trailing_comma(Self::partition_column);
            });
        }
        if self.at_text("pathformat") {
            self.bump_as(Role::ClauseStart);
            self.expect_sign(Punctuation::Equal);
            self.parenthesised(Self::path_format);
        }
        if self.at_text("dataformat") {
            self.bump_as(Role::ClauseStart);
            self.expect_sign(Punctuation::Equal);
            self.name(NameUse::Read);
        } else if !is_delta {
            self.expected("`dataformat`");
        }
    }

    /// `name:type [= expression]`, where the type is `datetime`, `long` or `string`.
    fn partition_column(&mut self) {
        self.name(NameUse::Declared);
        self.expect_sign(Punctuation::Colon);
        let fits = matches!(
            self.peek(),
            TokenKind::Keyword(Keyword::DateTime | Keyword::Long | Keyword::String)
        );
        if fits {
            self.bump();
        } else {
            self.expected("`datetime`, `long` or `string`");
        }
        if self.eat_sign(Punctuation::Equal) {
            self.expression();
        }
    }

    /// Partition columns, some as `datetime_pattern("…", column)`, with separators in quotes.
    fn path_format(&mut self) {
        self.optional_separator();
        while !self.at_list_end() {
            if self.at_text("datetime_pattern") {
                self.datetime_pattern();
            } else if self.optional_name(NameUse::Read).is_none() {
                self.expected_name();
                return;
            }
            self.optional_separator();
        }
    }

    fn optional_separator(&mut self) {
        if self.at_string() {
            self.bump();
        }
    }

    fn datetime_pattern(&mut self) {
        self.bump();
        self.parenthesised(|parser| {
            parser.string_literal();
            parser.expect_sign(Punctuation::Comma);
            parser.name(NameUse::Read);
        });
    }
}
