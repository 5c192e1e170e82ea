//! `join`, `lookup`, `union`.

use crate::ast::{Expr, JoinOperator, OperatorKind, UnionOperator};
use crate::lexer::Keyword;
use crate::parser::Parser;
use crate::parser::properties::{Rules, ValueForm};

const UNION_PROPERTIES: Rules = Rules::with(&[("best_effort", ValueForm::Any)]);

/// `join [kind=…] right [on conditions | where predicate]`.
pub(super) fn join(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let right = parser.expression();
    let on = optional_on(parser);
    let where_ = (on.is_empty() && parser.eat_clause(Keyword::Where)).then(|| parser.expression());
    OperatorKind::Join(JoinOperator {
        properties,
        right,
        on,
        where_,
    })
}

/// `lookup [kind=…] right on conditions`.
pub(super) fn lookup(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let right = parser.expression();
    let on = optional_on(parser);
    if on.is_empty() {
        parser.expect_clause(Keyword::On);
    }
    OperatorKind::Lookup(JoinOperator {
        properties,
        right,
        on,
        where_: None,
    })
}

fn optional_on(parser: &mut Parser<'_>) -> Vec<Expr> {
    if parser.eat_clause(Keyword::On) {
        parser.list(Parser::expression)
    } else {
        Vec::new()
    }
}

/// `union [kind=…] [withsource=…] tables`.
pub(super) fn union(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(UNION_PROPERTIES);
    OperatorKind::Union(UnionOperator {
        properties,
        tables: parser.list(Parser::union_operand),
    })
}
