//! `evaluate` and `invoke`.

use crate::ast::{Expr, OperatorKind};
use crate::lexer::Punctuation;
use crate::parser::properties::Rules;
use crate::parser::{Parser, Role};

/// `evaluate plugin(arguments) [: schema]`.
pub(super) fn evaluate(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::strict(&[]));
    let call = call(parser);
    parser.mark(Role::Spaced);
    let schema = parser
        .eat_sign(Punctuation::Colon)
        .then(|| parser.open_row_schema());
    let open = schema.as_ref().is_some_and(|schema| schema.open);
    OperatorKind::Evaluate {
        properties,
        call,
        schema: schema.map(|schema| schema.columns),
        open,
    }
}

fn call(parser: &mut Parser<'_>) -> Expr {
    if parser.at_name() {
        return parser.call_here();
    }
    parser.expected("a call, such as `bag_unpack(column)`");
    parser.missing_expr()
}

/// `invoke function(arguments)`, also `a(…).b(…)`.
pub(super) fn invoke(parser: &mut Parser<'_>) -> OperatorKind {
    if !parser.at_call() {
        parser.expected("a call, such as `FileProfile(SHA1)`");
        return OperatorKind::Invoke(parser.missing_expr());
    }
    let mut expr = parser.call_here();
    while parser.at_sign(Punctuation::Dot) {
        expr = parser.member(expr);
        parser.grow();
    }
    OperatorKind::Invoke(expr)
}
