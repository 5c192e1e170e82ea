//! `mv-expand` and `mv-apply`.

use crate::ast::{MvApplyOperator, MvColumn, MvExpandOperator, OperatorKind};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::properties::Rules;
use crate::parser::{Parser, Role};

pub(super) fn mv_expand(parser: &mut Parser<'_>) -> OperatorKind {
    expand(parser, false)
}

pub(super) fn mv_expand_legacy(parser: &mut Parser<'_>) -> OperatorKind {
    expand(parser, true)
}

/// `mv-expand columns [limit n]`.
fn expand(parser: &mut Parser<'_>, legacy: bool) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let columns = parser.list(column);
    let limit = parser
        .eat_clause(Keyword::Limit)
        .then(|| parser.expression());
    OperatorKind::MvExpand(MvExpandOperator {
        legacy,
        properties,
        columns,
        limit,
    })
}

/// `[name =] expression [to typeof(type)]`.
fn column(parser: &mut Parser<'_>) -> MvColumn {
    let value = parser.named_expression();
    MvColumn {
        value,
        to_type: parser.optional_to_type(),
    }
}

/// `mv-apply columns [limit n] [id guid] on (operators)`.
pub(super) fn mv_apply(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let columns = parser.list(column);
    let limit = parser
        .eat_clause(Keyword::Limit)
        .then(|| parser.expression());
    let context_id = parser.eat_clause(Keyword::Id).then(|| parser.expression());
    parser.expect_clause(Keyword::On);
    if parser.at_sign(Punctuation::OpenParenthesis) {
        parser.mark(Role::PipelineOpen);
    }
    let subquery = parser
        .parenthesised(Parser::sub_pipeline)
        .unwrap_or_default();
    OperatorKind::MvApply(MvApplyOperator {
        properties,
        columns,
        limit,
        context_id,
        subquery,
    })
}
