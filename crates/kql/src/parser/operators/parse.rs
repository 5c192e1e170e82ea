//! `parse`, `parse-where`, `parse-kv`.

use crate::ast::{OperatorKind, ParseKvOperator, ParseOperator, ParsePart};
use crate::lexer::{Keyword, Punctuation};
use crate::parser::Parser;
use crate::parser::names::NameUse;
use crate::parser::properties::{Rules, ValueForm};

const PARSE_PROPERTIES: Rules = Rules::with(&[("flags", ValueForm::Any)]);

const PARSE_KV_PROPERTIES: Rules = Rules::only(&[
    ("pair_delimiter", ValueForm::Any),
    ("kv_delimiter", ValueForm::Any),
    ("regex", ValueForm::Any),
    ("quote", ValueForm::Any),
    ("escape", ValueForm::Any),
    ("greedy", ValueForm::Any),
]);

pub(super) fn parse(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::Parse(operator(parser))
}

pub(super) fn parse_where(parser: &mut Parser<'_>) -> OperatorKind {
    OperatorKind::ParseWhere(operator(parser))
}

/// `[kind=…] [flags=…] operand with pattern`.
fn operator(parser: &mut Parser<'_>) -> ParseOperator {
    let properties = parser.properties(PARSE_PROPERTIES);
    let operand = parser.expression();
    parser.expect_clause(Keyword::With);
    let pattern = std::iter::from_fn(|| part(parser)).collect();
    ParseOperator {
        properties,
        operand,
        pattern,
    }
}

/// `*`, a string, or `column[:type]`.
fn part(parser: &mut Parser<'_>) -> Option<ParsePart> {
    if parser.at_sign(Punctuation::Asterisk) {
        return Some(ParsePart::Star(parser.star().span));
    }
    if parser.at_string() {
        let start = parser.start();
        let text = parser.string_value();
        return Some(ParsePart::Text(text, parser.span_from(start)));
    }
    let name = match parser.at_sign(Punctuation::Colon) {
        true => parser.name(NameUse::Declared),
        false => parser.optional_name(NameUse::Declared)?,
    };
    Some(ParsePart::Column {
        name,
        scalar_type: parser.optional_column_type(),
    })
}

/// `parse-kv operand as (keys) [with (properties)]`.
pub(super) fn parse_kv(parser: &mut Parser<'_>) -> OperatorKind {
    let operand = parser.expression();
    parser.expect_clause(Keyword::As);
    let keys = parser.row_schema();
    let properties = if parser.eat_clause(Keyword::With) {
        parser
            .parenthesised(|parser| parser.property_list(PARSE_KV_PROPERTIES))
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    OperatorKind::ParseKv(ParseKvOperator {
        operand,
        keys,
        properties,
    })
}
