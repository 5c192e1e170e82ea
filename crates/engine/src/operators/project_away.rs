//! `project-away` and `project-keep`: columns chosen by names and wildcards, in the order they have.
//!
//! Source: learn.microsoft.com/kusto/query/project-away-operator and …/project-keep-operator.

use tesem_kql::ast::{Expr, ExprKind};

use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::error::{Finding, codes};

pub(crate) fn bind_away(input: Relation, patterns: &[Expr]) -> Bind<Relation> {
    select(input, patterns, "project-away", |is_named| !is_named)
}

pub(crate) fn bind_keep(input: Relation, patterns: &[Expr]) -> Bind<Relation> {
    select(input, patterns, "project-keep", |is_named| is_named)
}

fn select(
    input: Relation,
    patterns: &[Expr],
    operator: &str,
    keep: impl Fn(bool) -> bool,
) -> Bind<Relation> {
    for pattern in patterns {
        check(&input, pattern, operator)?;
    }
    let is_named = |name: &str| patterns.iter().any(|pattern| matches(pattern, name));
    let (columns, dropped): (Vec<_>, Vec<_>) = input
        .columns
        .into_iter()
        .partition(|column| keep(is_named(&column.name)));
    let is_dropped = |id| dropped.iter().any(|column| column.id == id);
    let mut hidden = input.hidden;
    hidden.retain(|column| !is_dropped(column.id.clone()) && keep(is_named(&column.name)));
    Ok(Relation {
        columns,
        hidden,
        ..input
    })
}

/// Whether a name or wildcard names a column.
pub(crate) fn matches(pattern: &Expr, column: &str) -> bool {
    match &pattern.kind {
        ExprKind::Name(name) => name.text == column,
        ExprKind::Wildcard(pattern) => matches_wildcard(pattern, column),
        _ => false,
    }
}

/// Refuses names that do not exist, and what is neither name nor wildcard.
pub(crate) fn check(input: &Relation, pattern: &Expr, operator: &str) -> Bind<()> {
    match &pattern.kind {
        ExprKind::Wildcard(_) => Ok(()),
        ExprKind::Name(name) if input.column(&name.text).is_some() => Ok(()),
        ExprKind::Name(name) => Err(Finding::error(
            codes::UNKNOWN_COLUMN,
            format!("there is no column `{}`", name.text),
            name.span,
        )
        .with_service_message(format!(
            "'{operator}' operator: Failed to resolve scalar expression named '{}'",
            name.text
        ))
        .into()),
        _ => Err(Fault::wrong(
            codes::WRONG_KIND,
            format!("`{operator}` takes names and wildcards"),
            pattern.span,
        )),
    }
}

/// Whether a text matches a pattern in which `*` stands for any text.
pub(crate) fn matches_wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|prefix| text.strip_prefix(prefix)) else {
        return false;
    };
    let Some(suffix) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_whole_names() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("Device*", "DeviceName", true),
            ("Device*", "MyDevice", false),
            ("*Name", "FileName", true),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
        ] {
            assert_eq!(
                matches_wildcard(pattern, text),
                expected,
                "{pattern} {text}"
            );
        }
    }
}
