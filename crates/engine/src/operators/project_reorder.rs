//! `project-reorder`: some columns first, the others behind them.
//!
//! Source: learn.microsoft.com/kusto/query/project-reorder-operator.

use std::cmp::Ordering;

use tesem_kql::ast::{SortKey, SortOrder};

use super::project_away;
use crate::binder::fault::Bind;
use crate::binder::relation::{Relation, RelationColumn};

pub(crate) fn bind(input: Relation, keys: &[SortKey]) -> Bind<Relation> {
    let mut rest = input.columns.clone();
    let mut columns = Vec::with_capacity(rest.len());
    for key in keys {
        let pattern = &key.value.value;
        project_away::check(&input, pattern, "project-reorder")?;
        let (mut first, others): (Vec<RelationColumn>, Vec<RelationColumn>) = rest
            .into_iter()
            .partition(|column| project_away::matches(pattern, &column.name));
        if let Some(order) = key.order {
            first.sort_by(|left, right| compare(order, &left.name, &right.name));
        }
        columns.append(&mut first);
        rest = others;
    }
    columns.append(&mut rest);
    Ok(Relation { columns, ..input })
}

fn compare(order: SortOrder, left: &str, right: &str) -> Ordering {
    match order {
        SortOrder::Ascending => left.cmp(right),
        SortOrder::Descending => right.cmp(left),
        SortOrder::GrannyAscending => numeric(left, right),
        SortOrder::GrannyDescending => numeric(right, left),
    }
}

/// Compares names by the numbers in them: `a2` before `a10`.
fn numeric(left: &str, right: &str) -> Ordering {
    let pieces = |text: &str| {
        let mut pieces: Vec<(String, u64)> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (letters, tail) = rest.split_at(word);
            let digits = tail
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(tail.len());
            let (number, after) = tail.split_at(digits);
            pieces.push((letters.to_owned(), number.parse().unwrap_or(0)));
            rest = after;
        }
        pieces
    };
    pieces(left)
        .cmp(&pieces(right))
        .then_with(|| left.cmp(right))
}
