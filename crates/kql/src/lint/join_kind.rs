//! `join` without a kind.

use super::{Rule, Subject, of_operators};
use crate::ast::{Operator, OperatorKind};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    code: "KQL0204",
    name: "join-without-kind",
    summary: "without a kind, `join` keeps one left row per key and drops the others",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    of_operators(subject.query, judge)
}

fn judge(operator: &Operator) -> Option<Diagnostic> {
    let OperatorKind::Join(join) = &operator.kind else {
        return None;
    };
    if join
        .properties
        .iter()
        .any(|property| property.name.text == "kind")
    {
        return None;
    }
    let start = operator.span.start;
    Some(
        Diagnostic::warning(
            RULE.code,
            RULE.summary,
            Span::new(start, start + "join".len()),
        )
        .with_hint("say what you want: `kind=inner`, or `kind=innerunique` for one left row"),
    )
}
