//! `has` with nothing that the index knows.

use super::{Rule, Subject, of_exprs, string_literal};
use crate::ast::{BinaryOp, Expr, ExprKind, StringOp, StringTest};
use crate::diagnostic::Diagnostic;

pub(super) const RULE: Rule = Rule {
    code: "KQL0207",
    name: "no-term",
    summary: "the index knows terms of letters and digits; without one, every value is read",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    of_exprs(subject.query, judge)
}

fn judge(expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Binary { op, right, .. } = &expr.kind else {
        return None;
    };
    let BinaryOp::String(StringOp {
        test: StringTest::Has | StringTest::HasPrefix | StringTest::HasSuffix,
        ..
    }) = op
    else {
        return None;
    };
    let text = string_literal(right)?;
    if text.contains(char::is_alphanumeric) {
        return None;
    }
    let message = format!("`{text}` holds no term, so that every value is read");
    Some(
        Diagnostic::warning(RULE.code, message, right.span)
            .with_hint("look for a word beside it, or say `contains`, which means the same here"),
    )
}
