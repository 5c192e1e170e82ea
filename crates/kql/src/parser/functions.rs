//! Calls and sources with a syntax of their own: `toscalar`, `datatable`, `externaldata`,
//! `materialize`, entity groups.

use super::names::NameUse;
use super::properties::DECLARED_NOTHING;
use super::{Parser, Role};
use crate::ast::{Argument, Expr, ExprKind, Name, Property};
use crate::lexer::{Keyword, LiteralKind, Punctuation, TokenKind};

impl Parser<'_> {
    /// `toscalar(query)`, `totable(query)`, `materialize(query)`; with `kind=nooptimization` as a
    /// last, named argument.
    pub(super) fn subquery_call(&mut self) -> Expr {
        let start = self.start();
        let name = self.word_name();
        let kind = self.at_text("kind").then(|| self.subquery_kind());
        if kind.is_none() {
            self.mark(Role::Attached);
        }
        self.mark(Role::PipelineOpen);
        let query = self
            .parenthesised(Self::pipe_expression)
            .unwrap_or_else(|| self.missing_expr());
        let mut arguments = vec![Argument {
            name: None,
            value: query,
        }];
        arguments.extend(kind.map(|Property { name, value }| Argument {
            name: Some(name),
            value,
        }));
        self.expr_from(
            start,
            ExprKind::Call {
                base: None,
                name,
                arguments,
            },
        )
    }

    fn subquery_kind(&mut self) -> Property {
        let name = self.word_name();
        self.mark(Role::PropertyEqual);
        self.expect_sign(Punctuation::Equal);
        let value = self.property_word().unwrap_or_else(|| self.name_expr());
        Property { name, value }
    }

    /// `datatable (schema) [values]`.
    pub(super) fn data_table(&mut self) -> Expr {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.properties(DECLARED_NOTHING);
        let columns = self.row_schema();
        let values = self.bracketed(
            Punctuation::OpenBracket,
            Punctuation::CloseBracket,
            |parser| {
                parser.eat_sign(Punctuation::Comma);
                parser.list_with_trailing_comma(Self::literal)
            },
        );
        self.expr_from(
            start,
            ExprKind::DataTable {
                columns,
                values: values.unwrap_or_default(),
            },
        )
    }

    /// `externaldata (schema) [locations] with (properties)`.
    pub(super) fn external_data(&mut self) -> Expr {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.properties(DECLARED_NOTHING);
        let columns = self.row_schema();
        let read = |parser: &mut Self| parser.list_with_trailing_comma(Self::pipe_expression);
        let locations = self
            .bracketed(Punctuation::OpenBracket, Punctuation::CloseBracket, read)
            .unwrap_or_default();
        let properties = self.optional_free_properties();
        self.expr_from(
            start,
            ExprKind::ExternalData {
                columns,
                locations,
                properties,
            },
        )
    }

    /// `with (name = value, …)` with any names.
    pub(super) fn optional_free_properties(&mut self) -> Vec<Property> {
        if !self.eat_clause(Keyword::With) {
            return Vec::new();
        }
        self.parenthesised(|parser| parser.optional_list(Self::free_property))
            .unwrap_or_default()
    }

    fn free_property(&mut self) -> Property {
        let name = self.name(NameUse::Declared);
        self.mark(Role::PropertyEqual);
        self.expect_sign(Punctuation::Equal);
        Property {
            name,
            value: self.free_property_value(),
        }
    }

    fn free_property_value(&mut self) -> Expr {
        use LiteralKind::{Bool, DateTime, Guid, Long, Real, String};
        match self.peek() {
            TokenKind::RawGuid => self.guid_token(),
            TokenKind::Literal(String | Long | Real | Bool | DateTime | Guid) => self
                .optional_plain_literal()
                .unwrap_or_else(|| self.missing_expr()),
            _ => {
                let name = self.name(NameUse::Declared);
                let span = name.span;
                Expr {
                    kind: ExprKind::Name(name),
                    span,
                }
            }
        }
    }

    /// `__contextual_datatable id (schema)`, which only the service itself writes: a call for the
    /// binder to refuse.
    pub(super) fn contextual_data_table(&mut self) -> Expr {
        let start = self.start();
        let name = self.word_name();
        let id = self.optional_literal().unwrap_or_else(|| self.expression());
        self.row_schema();
        let arguments = vec![Argument {
            name: None,
            value: id,
        }];
        self.expr_from(
            start,
            ExprKind::Call {
                base: None,
                name,
                arguments,
            },
        )
    }

    /// `materialized-view-combine ("view") base (…) delta (…) aggregations (…)`: a call for the
    /// binder to refuse.
    pub(super) fn materialized_view_combine(&mut self) -> Expr {
        let start = self.start();
        let name = self.word_name();
        let mut values = vec![self.parenthesised(Self::pipe_expression)];
        for clause in ["base", "delta", "aggregations"] {
            if !self.at_text(clause) {
                self.expected(&format!("`{clause}`"));
                break;
            }
            self.bump_as(Role::ClauseStart);
            values.push(self.parenthesised(Self::pipe_expression));
        }
        let arguments = values
            .into_iter()
            .flatten()
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

    /// `entity_group [databases]` or `entity_group("name")`: a call.
    pub(super) fn entity_group(&mut self) -> Expr {
        if self.at_call() {
            return self.call_here();
        }
        let start = self.start();
        let name: Name = self.word_name();
        let read = |parser: &mut Self| parser.list(Self::expression);
        let members = self
            .bracketed(Punctuation::OpenBracket, Punctuation::CloseBracket, read)
            .unwrap_or_default();
        let arguments = members
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
}
