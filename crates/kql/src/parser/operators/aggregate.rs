//! `summarize` and `reduce`.

use crate::ast::{Expr, NamedExpr, OperatorKind, Property, SummarizeOperator};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::Parser;
use crate::parser::properties::{Rules, ValueForm};

const REDUCE_WITH: Rules = Rules::strict(&[
    ("threshold", ValueForm::Any),
    ("characters", ValueForm::Any),
]);

/// `summarize [aggregates] [by keys]`.
pub(super) fn summarize(parser: &mut Parser<'_>) -> OperatorKind {
    let mut properties = parser.properties(Rules::with(&[]));
    let aggregates = if parser.at_word(Keyword::By) {
        Vec::new()
    } else {
        parser.optional_list(Parser::named_expression)
    };
    let by = parser.eat_clause(Keyword::By).then(|| keys(parser));
    properties.extend(legacy_bin(parser));
    OperatorKind::Summarize(SummarizeOperator {
        properties,
        aggregates,
        by,
    })
}

fn keys(parser: &mut Parser<'_>) -> Vec<NamedExpr> {
    parser.list(Parser::named_expression)
}

/// `by keys bin = 1h`: the older way to round the time key; kept as a property.
fn legacy_bin(parser: &mut Parser<'_>) -> Option<Property> {
    if !parser.at_word(Keyword::Bin) || !parser.sign_at(1, Punctuation::Equal) {
        return None;
    }
    let name = parser.word_name();
    parser.bump();
    Some(Property {
        name,
        value: parser.expression(),
    })
}

/// `reduce by column [with threshold = …, characters = …]`.
pub(super) fn reduce(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(REDUCE_WITH);
    parser.expect_clause(Keyword::By);
    let by: Expr = parser.named_expression().value;
    let with = if parser.eat_clause(Keyword::With) {
        parser.property_list(REDUCE_WITH)
    } else {
        Vec::new()
    };
    OperatorKind::Reduce {
        properties,
        by,
        with,
    }
}
