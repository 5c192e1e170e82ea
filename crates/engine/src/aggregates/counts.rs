//! `count` and `dcount`.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_aggregate::count::count_udaf;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{Expr, lit};
use tesem_kql::types::ScalarType;

use super::distinct::DistinctCounts;
use super::grouped::{Definition, aggregate};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::functions::arguments::Arguments;
use crate::types;

const fn named(prefix: &'static str) -> AggregateName {
    AggregateName::PrefixAndFirstArgument(prefix)
}

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("count", 0..=1, named("count"), count),
    entry("cnt", 0..=0, named("cnt"), count),
    entry("countif", 1..=1, named("countif"), count_if),
    entry(
        "count_distinct",
        1..=1,
        named("count_distinct"),
        count_distinct,
    ),
    entry(
        "count_distinctif",
        2..=2,
        named("count_distinctif"),
        count_distinct_if,
    ),
    entry("dcount", 1..=2, named("dcount"), distinct_count),
    entry("dcountif", 2..=3, named("dcountif"), distinct_count_if),
];

type Call = Result<BoundAggregate, CallError>;

/// A call of DataFusion's `count`.
fn counted(arguments: Vec<Expr>, distinct: bool, filter: Option<Expr>) -> BoundAggregate {
    let filter = filter.map(Box::new);
    let call =
        AggregateFunction::new_udf(count_udaf(), arguments, distinct, filter, Vec::new(), None);
    BoundAggregate {
        aggregates: vec![Expr::AggregateFunction(call)],
        outputs: vec![AggregateOutput::plain(ScalarType::Long)],
    }
}

/// `count()`, `count(value)`: the rows, whatever the value is.
///
/// Source: learn.microsoft.com/kusto/query/count-aggregation-function.
fn count(_context: &CallContext<'_>, _arguments: Vec<Bound>) -> Call {
    Ok(counted(vec![lit(1_i64)], false, None))
}

/// `countif(predicate)`: the rows where it is true.
///
/// Source: learn.microsoft.com/kusto/query/countif-aggregation-function.
fn count_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let predicate = Arguments::new(context, arguments).bool()?;
    Ok(counted(vec![lit(1_i64)], false, Some(predicate.expr)))
}

/// `count_distinct(value)`: exact, however many there are; nulls do not count.
///
/// Source: learn.microsoft.com/kusto/query/count-distinct-aggregation-function.
fn count_distinct(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let value = Arguments::new(context, arguments).not_dynamic()?;
    Ok(counted(vec![value.expr], true, None))
}

/// `count_distinctif(value, predicate)`.
///
/// Source: learn.microsoft.com/kusto/query/count-distinctif-aggregation-function.
fn count_distinct_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (value, predicate) = (arguments.not_dynamic()?, arguments.bool()?);
    Ok(counted(vec![value.expr], true, Some(predicate.expr)))
}

/// `dcount(value [, accuracy])`: the distinct values, exact for small numbers of them and estimated
/// for large ones; nulls do not count.
///
/// Source: learn.microsoft.com/kusto/query/dcount-aggregation-function.
fn distinct_count(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.any()?;
    estimated(context, value, None, &mut arguments)
}

/// `dcountif(value, predicate [, accuracy])`.
///
/// Source: learn.microsoft.com/kusto/query/dcountif-aggregation-function.
fn distinct_count_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (value, predicate) = (arguments.any()?, arguments.bool()?);
    estimated(context, value, Some(predicate.expr), &mut arguments)
}

fn estimated(
    context: &CallContext<'_>,
    value: Bound,
    filter: Option<Expr>,
    rest: &mut Arguments<'_, '_>,
) -> Call {
    counted_sets(context, value, filter, rest, false)
}

/// The number of distinct values, or the sketch that it comes from.
pub(super) fn counted_sets(
    context: &CallContext<'_>,
    value: Bound,
    filter: Option<Expr>,
    rest: &mut Arguments<'_, '_>,
    is_sketch: bool,
) -> Call {
    let accuracy = if rest.has_more() {
        rest.known_integer()?
    } else {
        1
    };
    // Registers as powers of two; the error is 1.04 / sqrt(registers).
    let precision: u8 = match accuracy {
        0 => 12,
        1 => 14,
        2 => 16,
        3 => 17,
        4 => 18,
        _ => {
            let function = context.function;
            let message = format!("the accuracy of {function}() is a number from 0 to 4");
            return Err(context.invalid(message));
        }
    };
    let scalar_type = if is_sketch {
        ScalarType::Dynamic
    } else {
        ScalarType::Long
    };
    let make = if is_sketch {
        DistinctCounts::sketches
    } else {
        DistinctCounts::new
    };
    let definition = Definition {
        name: "dcount",
        returns: types::physical(scalar_type),
        states: vec![DataType::BinaryView],
        make: Box::new(move || Box::new(make(precision))),
    };
    let call = aggregate(definition, vec![value.expr], filter);
    Ok(BoundAggregate {
        aggregates: vec![call],
        outputs: vec![AggregateOutput::plain(scalar_type)],
    })
}
