//! `top-hitters n of column [by weight]`: the most frequent values, or those of the greatest weight.
//!
//! Kusto's counts are approximate, ours are exact. Source: learn.microsoft.com/kusto/query/top-hitters-operator.

use datafusion::logical_expr::SortExpr;
use tesem_kql::ast::Expr;

use super::sample::column;
use super::summarize::{finished, grouped};
use super::take;
use crate::aggregates;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::{Relation, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    count: &'q Expr,
    of: &'q Expr,
    by: Option<&'q Expr>,
) -> Bind<Relation> {
    let key = column(binder, scope, input, of)?;
    let name = key.name.clone().unwrap_or_default();
    let (measure, arguments) = match by {
        Some(weight) => {
            let weight = binder.scalar(&Row::of(input, scope), weight)?;
            let of = weight.name.clone().unwrap_or_default();
            (format!("approximate_sum_{of}"), vec![weight])
        }
        None => (format!("approximate_count_{name}"), Vec::new()),
    };
    let hitters = measured(binder, input, (name, key), &measure, arguments)?;
    let order = hitters.columns.iter().rev();
    let order = order.map(|column| SortExpr::new(column.expr(), false, false));
    let hitters = Relation {
        order: Some(order.collect()),
        ..hitters
    };
    take::bind(binder, scope, hitters, count)
}

/// The values and how often they are there, or the sums of their weights.
fn measured(
    binder: &Binder<'_>,
    input: &Relation,
    key: (String, Bound),
    measure: &str,
    arguments: Vec<Bound>,
) -> Bind<Relation> {
    let weight = arguments.first().cloned();
    let name = if weight.is_some() { "sum" } else { "count" };
    let context = binder.context(name, weight.as_ref().unwrap_or(&key.1));
    let Some(aggregate) = aggregates::aggregate(name) else {
        return Err(Fault::not_supported(format!("{name}()"), context.span));
    };
    let span = context.span;
    let bound = (aggregate.bind)(&context, arguments)?;
    let calls: Vec<_> = bound
        .aggregates
        .into_iter()
        .map(|call| (binder.fresh_id(), call))
        .collect();
    let references: Vec<_> = calls.iter().map(|(id, _)| reference(id)).collect();
    let grouped = grouped(binder, input, vec![key], calls)?;
    let mut outputs = Vec::new();
    for output in bound.outputs {
        let value = Bound::new((output.finish)(&references), output.scalar_type, span);
        let target = weight
            .as_ref()
            .map_or(output.scalar_type, |weight| weight.scalar_type);
        outputs.push((measure.to_owned(), binder.convert(value, target)?));
    }
    finished(binder, grouped, outputs)
}
