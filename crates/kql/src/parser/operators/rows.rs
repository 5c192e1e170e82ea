//! Operators that choose or count rows: `where`, `take`, `sample`, `distinct`, `count`, `as`,
//! `consume`.

use crate::ast::{NamedExpr, OperatorKind};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation};
use crate::parser::Parser;
use crate::parser::names::NameUse;
use crate::parser::properties::{Rules, ValueForm};

pub(in crate::parser) const AS_PROPERTIES: Rules =
    Rules::with(&[("hint.materialized", ValueForm::Any)]);

pub(super) fn where_(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let NamedExpr { names, value, .. } = parser.named_expression();
    if let (Some(first), Some(last)) = (names.first(), names.last()) {
        let span = first.span.to(last.span);
        let message = "a name given to a condition has no effect";
        parser.warning_at(codes::NAMED_CONDITION, message, span, "use `==` to compare");
    }
    OperatorKind::Where {
        properties,
        predicate: value,
    }
}

pub(super) fn take(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    OperatorKind::Take {
        properties,
        count: parser.named_expression().value,
    }
}

pub(super) fn sample(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    OperatorKind::Sample {
        properties,
        count: parser.named_expression().value,
    }
}

/// `sample-distinct n of column`.
pub(super) fn sample_distinct(parser: &mut Parser<'_>) -> OperatorKind {
    parser.properties(Rules::with(&[]));
    let count = parser.named_expression().value;
    parser.expect_clause(Keyword::Of);
    OperatorKind::SampleDistinct {
        count,
        of: parser.named_expression().value,
    }
}

/// `distinct *` or `distinct columns`.
pub(super) fn distinct(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let columns = parser.list(|parser| {
        if parser.at_sign(Punctuation::Asterisk) {
            let star = parser.star();
            let span = star.span;
            return NamedExpr {
                names: Vec::new(),
                value: star,
                span,
            };
        }
        parser.named_expression()
    });
    OperatorKind::Distinct {
        properties,
        columns,
    }
}

/// `count [as name]`.
pub(super) fn count(parser: &mut Parser<'_>) -> OperatorKind {
    let alias = parser
        .eat_clause(Keyword::As)
        .then(|| parser.name(NameUse::Read));
    OperatorKind::Count {
        properties: Vec::new(),
        alias,
    }
}

pub(super) fn as_(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(AS_PROPERTIES);
    OperatorKind::As {
        properties,
        name: parser.name(NameUse::Read),
    }
}

pub(super) fn consume(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::Consume {
        properties: parser.properties(Rules::strict(&[])),
    }
}

pub(super) fn execute_and_cache(_: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ExecuteAndCache
}
