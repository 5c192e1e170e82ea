//! Regular expressions that are plain texts.

use super::{Rule, Subject, of_exprs, string_literal};
use crate::ast::{BinaryOp, Expr, ExprKind, StringOp, StringTest};
use crate::diagnostic::Diagnostic;

/// What makes a text a pattern.
const META: &[char] = &[
    '\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$',
];

pub(super) const RULE: Rule = Rule {
    code: "KQL0206",
    name: "plain-regex",
    summary: "a regular expression without any pattern is a slower `contains_cs`",
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
        test: StringTest::MatchesRegex,
        ..
    }) = op
    else {
        return None;
    };
    string_literal(right).filter(|pattern| !pattern.contains(META))?;
    Some(
        Diagnostic::warning(RULE.code, RULE.summary, right.span)
            .with_hint("use `has` for whole terms, `contains` for any part of a text"),
    )
}
