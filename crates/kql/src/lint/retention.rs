//! Looking further back than the service keeps.

use super::{Rule, Subject, of_exprs};
use crate::ast::{Expr, ExprKind, Literal};
use crate::diagnostic::Diagnostic;

/// Advanced hunting keeps 30 days. Source: learn.microsoft.com/defender-xdr/advanced-hunting-overview.
const KEPT_TICKS: i64 = 30 * 24 * 60 * 60 * 10_000_000;

pub(super) const RULE: Rule = Rule {
    code: "KQL0209",
    name: "beyond-retention",
    summary: "advanced hunting keeps 30 days; what is older is not found there",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    of_exprs(subject.query, judge)
}

fn judge(expr: &Expr) -> Option<Diagnostic> {
    let ExprKind::Call {
        base: None,
        name,
        arguments,
    } = &expr.kind
    else {
        return None;
    };
    let [argument] = arguments.as_slice() else {
        return None;
    };
    let ExprKind::Literal(Literal::TimeSpan(Some(ticks))) = argument.value.kind else {
        return None;
    };
    (name.text == "ago" && ticks > KEPT_TICKS).then(|| {
        Diagnostic::warning(RULE.code, RULE.summary, expr.span)
            .with_hint("hunt in a lake or in Microsoft Sentinel for older events")
    })
}
