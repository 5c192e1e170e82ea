//! `contains` with a whole word.

use super::{Rule, Subject, of_exprs, string_literal};
use crate::ast::{BinaryOp, Expr, ExprKind, StringOp, StringTest};
use crate::diagnostic::Diagnostic;

/// Terms of this many characters and more are indexed. Source: "String operators", learn.microsoft.com/kusto/query/datatypes-string-operators.
const INDEXED_CHARACTERS_MIN: usize = 3;

pub(super) const RULE: Rule = Rule {
    code: "KQL0201",
    name: "contains-for-has",
    summary: "`contains` reads every value; `has` finds whole terms through the index",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    of_exprs(subject.query, judge)
}

fn judge(expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op, left, right } = &expr.kind else {
        return None;
    };
    let BinaryOp::String(StringOp {
        test: StringTest::Contains,
        ..
    }) = op
    else {
        return None;
    };
    let text = string_literal(right).filter(|text| is_term(text))?;
    let span = left.span.to(right.span);
    Some(
        Diagnostic::warning(RULE.code, RULE.summary, span).with_hint(format!(
            "use `has` if `{text}` stands there as a whole term"
        )),
    )
}

/// Whether the index of terms knows `text`.
fn is_term(text: &str) -> bool {
    text.chars().count() >= INDEXED_CHARACTERS_MIN && text.chars().all(char::is_alphanumeric)
}
