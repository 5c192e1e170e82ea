//! `make-series`.

use crate::ast::{MakeSeriesOperator, OperatorKind, SeriesAggregate, SeriesRange};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::Parser;
use crate::parser::properties::Rules;

/// `make-series aggregates on axis from a to b step s [by keys]`.
pub(super) fn make_series(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let aggregates = parser.list(aggregate);
    parser.expect_clause(Keyword::On);
    let on = parser.named_expression();
    let range = if parser.at_word(Keyword::In) {
        in_range(parser)
    } else {
        from_to_step(parser)
    };
    let by = if parser.eat_clause(Keyword::By) {
        parser.list(Parser::named_expression)
    } else {
        Vec::new()
    };
    OperatorKind::MakeSeries(MakeSeriesOperator {
        properties,
        aggregates,
        on,
        range,
        by,
    })
}

/// `aggregate [default = constant]`.
fn aggregate(parser: &mut Parser<'_>) -> SeriesAggregate {
    let aggregate = parser.named_expression();
    let default = parser.eat_clause(Keyword::Default).then(|| {
        parser.expect_sign(Punctuation::Equal);
        parser.named_expression().value
    });
    SeriesAggregate { aggregate, default }
}

/// `[from a] [to b] step s`.
fn from_to_step(parser: &mut Parser<'_>) -> SeriesRange {
    let from = parser
        .eat_clause(Keyword::From)
        .then(|| parser.expression());
    let to = parser.eat_clause(Keyword::To).then(|| parser.expression());
    parser.expect_clause(Keyword::Step);
    SeriesRange::FromToStep {
        from,
        to,
        step: parser.expression(),
    }
}

/// `in range(a, b, s)`.
fn in_range(parser: &mut Parser<'_>) -> SeriesRange {
    parser.bump();
    parser.expect_word(Keyword::Range);
    let ends = parser.parenthesised(|parser| {
        let from = parser.named_expression().value;
        parser.expect_sign(Punctuation::Comma);
        let to = parser.named_expression().value;
        parser.expect_sign(Punctuation::Comma);
        (from, to, parser.named_expression().value)
    });
    let (from, to, step) = ends.unwrap_or_else(|| {
        (
            parser.missing_expr(),
            parser.missing_expr(),
            parser.missing_expr(),
        )
    });
    SeriesRange::InRange { from, to, step }
}
