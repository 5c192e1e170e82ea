//! `rows_near`: the rows around those that meet a condition.
//!
//! Source: learn.microsoft.com/kusto/query/rows-near-plugin.

use datafusion::arrow::array::{Array, AsArray, BooleanArray};
use datafusion::arrow::compute::filter_record_batch;
use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::super::project::computed;
use super::call::Call;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::row::Row;
use crate::binder::tabular::visible;
use crate::error::codes;

pub(super) fn bind(call: &Call<'_, '_, '_>, input: &Relation) -> Bind<Relation> {
    call.check(3, &[])?;
    call.without_schema()?;
    let before = count(call, 1)?;
    let after = match call.positional().nth(2) {
        Some(_) => count(call, 2)?,
        None => before,
    };
    if input.order.is_none() {
        return Err(call.not_supported("rows in no order"));
    }
    call.binder.require_sequence();
    let condition = call
        .binder
        .scalar(&Row::of(input, call.scope), call.required(0)?)?;
    let condition = call
        .binder
        .condition(condition, "the condition of `rows_near`")?;
    let columns = visible(input);
    let (flag, plan) = computed(call.binder, input, vec![(String::new(), condition)])?;
    let mut flagged = Relation {
        plan,
        ..input.clone()
    };
    flagged.columns.extend(flag);
    let rows = call.binder.rows_of(&flagged)?;
    let flags = rows
        .columns()
        .last()
        .and_then(|flags| flags.as_boolean_opt());
    let Some(flags) = flags else {
        return Err(call.not_supported("rows"));
    };
    let near = near(flags, before, after);
    let mut rows = filter_record_batch(&rows, &near).map_err(DataFusionError::from)?;
    rows.remove_column(columns.len());
    call.binder.known_rows(&columns, vec![rows])
}

fn count(call: &Call<'_, '_, '_>, position: usize) -> Bind<usize> {
    let expr = call.required(position)?;
    let count = call.constant(expr, ScalarType::Long)?.constant_long();
    count
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| {
            let message = "a number of rows is a whole number and not negative";
            Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span)
        })
}

/// Which rows have a true one among the `before` rows behind them or the `after` rows ahead of them: `before` rows come before it.
fn near(flags: &BooleanArray, before: usize, after: usize) -> BooleanArray {
    let mut near = vec![false; flags.len()];
    let mut done = 0;
    for row in (0..flags.len()).filter(|&row| flags.is_valid(row) && flags.value(row)) {
        let first = row.saturating_sub(before).max(done);
        let end = row.saturating_add(after).saturating_add(1).min(flags.len());
        near.iter_mut()
            .take(end)
            .skip(first)
            .for_each(|near| *near = true);
        done = end;
    }
    near.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_kept_once() {
        let cases = [
            ("..x.....", 1, 1, ".xxx...."),
            ("x..x...x", 1, 2, "xxxxxxxx"),
            ("x......x", 0, 0, "x......x"),
            ("....x...", 9, 0, "xxxxx..."),
            ("........", 1, 1, "........"),
        ];
        for (flags, before, after, expected) in cases {
            let flags: BooleanArray = flags.chars().map(|flag| Some(flag == 'x')).collect();
            let found = near(&flags, before, after);
            let found: String = found
                .iter()
                .map(|near| if near == Some(true) { 'x' } else { '.' })
                .collect();
            assert_eq!(found, expected);
        }
    }
}
