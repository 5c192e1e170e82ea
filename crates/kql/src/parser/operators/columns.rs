//! Operators that choose, name and compute columns, and those that make rows out of nothing.

use crate::ast::{Expr, NamedExpr, OperatorKind, SortKey, SortOrder};
use crate::lexer::Keyword;
use crate::parser::Parser;
use crate::parser::names::NameUse;
use crate::parser::properties::Rules;

pub(super) fn project(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::Project(parser.optional_list(Parser::named_expression))
}

pub(super) fn extend(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::Extend(parser.list(Parser::named_expression))
}

pub(super) fn print(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::Print(parser.list(Parser::named_expression))
}

pub(super) fn project_rename(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ProjectRename(parser.optional_list(Parser::named_expression))
}

pub(super) fn serialize(parser: &mut Parser<'_>) -> OperatorKind {
    parser.properties(Rules::with(&[]));
    OperatorKind::Serialize(parser.optional_list(Parser::named_expression))
}

pub(super) fn project_away(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ProjectAway(parser.optional_list(Parser::name_or_wildcard))
}

pub(super) fn project_keep(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ProjectKeep(parser.optional_list(Parser::name_or_wildcard))
}

pub(super) fn project_by_names(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ProjectByNames(parser.optional_list(Parser::expression))
}

/// `project-reorder a, b* desc`.
pub(super) fn project_reorder(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ProjectReorder(parser.optional_list(|parser| {
        let value: Expr = parser.name_or_wildcard();
        let order: Option<SortOrder> = parser.optional_order();
        let span = value.span;
        SortKey {
            value: NamedExpr {
                names: Vec::new(),
                value,
                span,
            },
            order,
            nulls: None,
        }
    }))
}

/// `getschema [kind = csl]`.
pub(super) fn get_schema(parser: &mut Parser<'_>) -> OperatorKind {
    parser.optional_single_property("kind");
    OperatorKind::GetSchema
}

pub(super) fn assert_schema(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::AssertSchema(parser.row_schema())
}

/// `range name from a to b step c`.
pub(super) fn range(parser: &mut Parser<'_>) -> OperatorKind {
    let name = parser.name(NameUse::Read);
    parser.expect_clause(Keyword::From);
    let from = parser.expression();
    parser.expect_clause(Keyword::To);
    let to = parser.expression();
    parser.expect_clause(Keyword::Step);
    OperatorKind::Range {
        name,
        from,
        to,
        step: parser.expression(),
    }
}
