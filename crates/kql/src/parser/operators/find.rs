//! `find` and `search`.

use crate::ast::{
    Argument, BinaryOp, Expr, ExprKind, FindOperator, FindProjection, OperatorKind, SearchOperator,
};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::names::NameUse;
use crate::parser::properties::Rules;
use crate::parser::{Parser, Role};
use crate::types::ScalarType;

/// `find [properties] [in (tables)] [where] predicate [project …]`.
pub(super) fn find(parser: &mut Parser<'_>) -> OperatorKind {
    parser.optional_data_scope();
    let properties = parser.properties(Rules::strict(&[]));
    let tables = parser.optional_in_tables();
    if properties.is_empty() && tables.is_empty() {
        parser.eat_clause(Keyword::Where);
    } else {
        parser.expect_clause(Keyword::Where);
    }
    let predicate = parser.expression();
    let project = projection(parser);
    OperatorKind::Find(FindOperator {
        properties,
        tables,
        predicate,
        project,
    })
}

fn projection(parser: &mut Parser<'_>) -> Option<FindProjection> {
    let mut projection = None;
    if parser.eat_clause(Keyword::ProjectSmart) {
        projection = Some(FindProjection::Smart);
    } else if parser.eat_clause(Keyword::Project) {
        projection = Some(FindProjection::Columns(parser.list(column)));
    }
    if parser.eat_clause(Keyword::FindProjectAway) {
        let columns = parser
            .list(column)
            .into_iter()
            .map(|(column, _)| column)
            .collect();
        projection = Some(FindProjection::Away(columns));
    }
    projection
}

/// `pack(*)`, `*`, or `name[:type]`.
fn column(parser: &mut Parser<'_>) -> (Expr, Option<ScalarType>) {
    if parser.at_word(Keyword::Pack) && parser.sign_at(1, Punctuation::OpenParenthesis) {
        return (pack(parser), None);
    }
    if parser.at_sign(Punctuation::Asterisk) {
        return (parser.star(), None);
    }
    let name = parser.name(NameUse::Read);
    let span = name.span;
    (
        Expr {
            kind: ExprKind::Name(name),
            span,
        },
        parser.optional_extended_column_type(),
    )
}

fn pack(parser: &mut Parser<'_>) -> Expr {
    let start = parser.start();
    let name = parser.word_name();
    parser.mark(Role::Attached);
    let star = parser.parenthesised(|parser| {
        let star = parser.at_sign(Punctuation::Asterisk).then(|| parser.star());
        star.unwrap_or_else(|| {
            parser.expected("`*`");
            parser.missing_expr()
        })
    });
    let arguments = star
        .map(|value| Argument { name: None, value })
        .into_iter()
        .collect();
    parser.expr_from(
        start,
        ExprKind::Call {
            base: None,
            name,
            arguments,
        },
    )
}

/// `search [kind=…] [in (tables)] predicate`.
pub(super) fn search(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    parser.optional_data_scope();
    let tables = parser.optional_in_tables();
    OperatorKind::Search(SearchOperator {
        properties,
        tables,
        predicate: predicate(parser),
    })
}

/// An expression, or `*`, alone or with `and` after it.
fn predicate(parser: &mut Parser<'_>) -> Expr {
    let star_alone = parser.at_sign(Punctuation::Asterisk)
        && (parser.list_ends_at(1) || parser.word_at(1, Keyword::And));
    if !star_alone {
        return parser.expression();
    }
    let start = parser.start();
    let star = parser.star();
    if !parser.eat_word(Keyword::And) {
        return star;
    }
    let right = parser.expression();
    parser.grow();
    let kind = ExprKind::Binary {
        op: BinaryOp::And,
        left: Box::new(star),
        right: Box::new(right),
    };
    parser.expr_from(start, kind)
}
