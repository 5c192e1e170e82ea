//! Comparisons that letter case makes fail.

use super::{Rule, Subject, column_name, of_exprs, string_literal};
use crate::ast::{BinaryOp, Expr, ExprKind, InOp};
use crate::diagnostic::Diagnostic;

pub(super) const RULE: Rule = Rule {
    code: "KQL0205",
    name: "letter-case",
    summary: "a comparison that minds letter case never finds what is stored in the other case",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    of_exprs(subject.query, judge)
}

fn judge(expr: &Expr) -> Option<Diagnostic> {
    match &expr.kind {
        ExprKind::Binary {
            op: BinaryOp::Equal | BinaryOp::NotEqual,
            left,
            right,
        } => compared(left, right, "=~").or_else(|| compared(right, left, "=~")),
        ExprKind::In {
            op: InOp::In {
                case_sensitive: true,
                ..
            },
            operand,
            list,
        } => list
            .iter()
            .find_map(|value| compared(operand, value, "in~")),
        _ => None,
    }
}

/// What is wrong with comparing `operand` with `value`; `operator` would serve.
fn compared(operand: &Expr, value: &Expr, operator: &str) -> Option<Diagnostic> {
    let text = string_literal(value)?;
    let stored = stored_case(operand)?;
    if !stored.refuses(text) {
        return None;
    }
    let message = format!("this is never equal: the left side is {}", stored.words());
    Some(
        Diagnostic::warning(RULE.code, message, value.span)
            .with_hint(format!("use `{operator}`, which takes any case")),
    )
}

/// The only letter case in which a value comes.
#[derive(Clone, Copy)]
enum Stored {
    Lower,
    Upper,
}

impl Stored {
    fn refuses(self, text: &str) -> bool {
        match self {
            Self::Lower => text.chars().any(char::is_uppercase),
            Self::Upper => text.chars().any(char::is_lowercase),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Lower => "in lower case",
            Self::Upper => "in upper case",
        }
    }
}

fn stored_case(operand: &Expr) -> Option<Stored> {
    match &operand.kind {
        ExprKind::Parenthesised(inner) => stored_case(inner),
        ExprKind::Call {
            base: None, name, ..
        } => match name.text.as_str() {
            "tolower" => Some(Stored::Lower),
            "toupper" => Some(Stored::Upper),
            _ => None,
        },
        _ => column_name(operand)
            .filter(|name| is_hash(name))
            .map(|_| Stored::Lower),
    }
}

/// Whether a column of the schema holds file hashes, which the service writes in lower case.
fn is_hash(column: &str) -> bool {
    ["MD5", "SHA1", "SHA256"]
        .iter()
        .any(|hash| column.ends_with(hash))
}
