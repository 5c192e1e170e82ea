//! `scan`.

use crate::ast::{Name, NamedExpr, OperatorKind, ScanOperator, ScanStep};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::names::NameUse;
use crate::parser::properties::Rules;
use crate::parser::{Parser, Role};

/// `scan [order by …] [partition by …] [declare (…)] with ( steps )`.
pub(super) fn scan(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::strict(&[]));
    let order_by = clause_by(parser, Keyword::Order, Parser::sort_key);
    let partition_by = clause_by(parser, Keyword::Partition, Parser::expression);
    let declare = if parser.eat_clause(Keyword::Declare) {
        parser
            .parenthesised(|parser| parser.optional_list(Parser::parameter))
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    parser.expect_clause(Keyword::With);
    let steps = parser.parenthesised(steps).unwrap_or_default();
    OperatorKind::Scan(ScanOperator {
        properties,
        order_by,
        partition_by,
        declare,
        steps,
    })
}

fn clause_by<'a, T>(
    parser: &mut Parser<'a>,
    word: Keyword,
    element: fn(&mut Parser<'a>) -> T,
) -> Vec<T> {
    if !parser.eat_clause(word) {
        return Vec::new();
    }
    parser.expect_word(Keyword::By);
    parser.list(element)
}

fn steps(parser: &mut Parser<'_>) -> Vec<ScanStep> {
    let mut steps = Vec::new();
    while parser.at_word(Keyword::Step) {
        steps.push(step(parser));
    }
    steps
}

/// `step name [optional] [output = all|last|none] : condition [=> assignments] ;`.
fn step(parser: &mut Parser<'_>) -> ScanStep {
    parser.eat_clause(Keyword::Step);
    let name = parser.name(NameUse::Declared);
    let optional = parser.eat_word(Keyword::Optional);
    let output = parser
        .eat_word(Keyword::Output)
        .then(|| output(parser))
        .flatten();
    parser.mark(Role::SpaceAfter);
    parser.expect_sign(Punctuation::Colon);
    let condition = parser.expression();
    let assignments = if parser.eat_sign(Punctuation::Arrow) {
        parser.list(assignment)
    } else {
        Vec::new()
    };
    parser.expect_sign(Punctuation::Semicolon);
    ScanStep {
        name,
        optional,
        output,
        condition,
        assignments,
    }
}

fn output(parser: &mut Parser<'_>) -> Option<Name> {
    parser.expect_sign(Punctuation::Equal);
    let known = ["all", "last", "none"]
        .iter()
        .any(|word| parser.at_text(word));
    if !known {
        parser.expected("`all`, `last` or `none`");
        return None;
    }
    Some(parser.word_name())
}

/// `column = expression`.
fn assignment(parser: &mut Parser<'_>) -> NamedExpr {
    let start = parser.start();
    let name = parser.name(NameUse::Declared);
    parser.expect_sign(Punctuation::Equal);
    let value = parser.expression();
    NamedExpr {
        names: vec![name],
        value,
        span: parser.span_from(start),
    }
}
