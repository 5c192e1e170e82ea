//! Reading and merging what `hll()` and `tdigest()` make.

use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series_analysis::refusal;
use super::{ResultName, ScalarFunction, function};
use crate::aggregates::sketches::{Digest, Merge, Sets};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicValue, View};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::{dynamics, rows};
use crate::sketches::digest;
use crate::value::Value;

const PERCENTILE: ResultName = ResultName::PrefixAndFirstArgument("percentile_tdigest");
const MERGED: ResultName = ResultName::Fixed("tdigests_merge_result");

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function(
        "dcount_hll",
        1..=1,
        ResultName::NameAndFirstArgument,
        dcount_hll,
    ),
    function(
        "hll_merge",
        2..=16,
        ResultName::Fixed("hll_merged_result"),
        hll_merge,
    ),
    function("merge_tdigest", 2..=16, MERGED, tdigest_merge),
    function("tdigest_merge", 2..=16, MERGED, tdigest_merge),
    function("percentile_tdigest", 2..=3, PERCENTILE, percentile_tdigest),
    function(
        "percentiles_array_tdigest",
        2..=64,
        PERCENTILE,
        percentiles_array_tdigest,
    ),
    function("rank_tdigest", 2..=2, ResultName::Default, rank_tdigest),
    function(
        "percentrank_tdigest",
        2..=2,
        ResultName::Default,
        percent_rank_tdigest,
    ),
];

type Call = Result<Bound, CallError>;
type Pairs = Vec<(i64, i64)>;

/// `dcount_hll(hll)`: how many distinct values it was made of.
///
/// Source: learn.microsoft.com/kusto/query/dcount-hll-function.
fn dcount_hll(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let sketch = Arguments::new(context, arguments).dynamic()?;
    let (long, span) = (ScalarType::Long, context.span);
    Ok(kernel::call(
        "dcount_hll",
        vec![sketch],
        long,
        span,
        move |input| {
            let sketches = first(input)?;
            let counts = each_row(input, |row| {
                let mut set = Sets::default();
                merge_into(&mut set, sketches.dynamic(row), "dcount_hll", span)?;
                Ok(set.count())
            })?;
            rows::longs(input.rows, |row| counts.get(row).copied().flatten())
        },
    ))
}

fn each_row<T>(
    input: &Input<'_>,
    compute: impl FnMut(usize) -> Result<T, DataFusionError>,
) -> Result<Vec<T>, DataFusionError> {
    (0..input.rows).map(compute).collect()
}

fn merge_into(
    sketch: &mut impl Merge,
    value: Dynamic<'_>,
    function: &str,
    span: Span,
) -> Result<(), DataFusionError> {
    if value.is_null() {
        return Ok(());
    }
    match sketch.merge(value) {
        Some(_) => Ok(()),
        None => Err(refusal(
            function,
            "values that are no sketches of one kind",
            span,
        )),
    }
}

/// `hll_merge(hll, hll, …)`.
///
/// Source: learn.microsoft.com/kusto/query/hll-merge-function.
fn hll_merge(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    merged::<Sets>(context, arguments)
}

/// `merge_tdigest(tdigest, tdigest, …)`.
///
/// Source: learn.microsoft.com/kusto/query/merge-tdigest-function.
fn tdigest_merge(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    merged::<Digest>(context, arguments)
}

fn merged<M: Merge>(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let mut sketches = Vec::new();
    while arguments.has_more() {
        sketches.push(arguments.dynamic()?);
    }
    let (count, span, function) = (sketches.len(), context.span, context.function.to_owned());
    let dynamic = ScalarType::Dynamic;
    Ok(kernel::call(
        "merge",
        sketches,
        dynamic,
        span,
        move |input| {
            let columns: Vec<Cells> = (0..count)
                .map(|place| Cells::of(input, place, ScalarType::Dynamic))
                .collect::<Result<_, _>>()?;
            let merged = each_row(input, |row| {
                let mut sketch = M::default();
                for column in &columns {
                    merge_into(&mut sketch, column.dynamic(row), &function, span)?;
                }
                Ok(sketch)
            })?;
            rows::dynamics(input.rows, |row, writer| match merged.get(row) {
                Some(sketch) => sketch.write(writer),
                None => Ok(()),
            })
        },
    ))
}

/// The values of a digest; none for null.
fn pairs_of(
    value: Dynamic<'_>,
    function: &str,
    span: Span,
) -> Result<Option<(ScalarType, Pairs)>, DataFusionError> {
    match digest::read(value) {
        Some(pairs) => Ok(Some(pairs)),
        None if value.is_null() => Ok(None),
        None => Err(refusal(function, "a value that is no digest", span)),
    }
}

/// A digest's values at percentages, in an array.
fn percentiles(context: &CallContext<'_>, sketch: Bound, percentages: Vec<f64>) -> Bound {
    let (span, function) = (context.span, context.function.to_owned());
    let dynamic = ScalarType::Dynamic;
    kernel::call(
        "percentiles_tdigest",
        vec![sketch],
        dynamic,
        span,
        move |input| {
            let sketches = first(input)?;
            let found = each_row(input, |row| {
                let pairs = pairs_of(sketches.dynamic(row), &function, span)?;
                Ok(pairs.and_then(|(item, pairs)| {
                    Some((item, digest::at_percentages(pairs, &percentages)?))
                }))
            })?;
            rows::dynamics(input.rows, |row, writer| match found.get(row) {
                Some(Some((item, keys))) => {
                    writer.open_array()?;
                    keys.iter()
                        .for_each(|&key| digest::write_key(*item, key, writer));
                    writer.close()
                }
                _ => Ok(()),
            })
        },
    )
}

fn checked(context: &CallContext<'_>, percentage: f64) -> Result<f64, CallError> {
    if (0.0..=100.0).contains(&percentage) {
        return Ok(percentage);
    }
    Err(context.invalid("percentages are numbers from 0 to 100"))
}

/// `percentile_tdigest(tdigest, percentage [, typeof(type)])`.
///
/// Source: learn.microsoft.com/kusto/query/percentile-tdigest-function.
fn percentile_tdigest(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let sketch = arguments.dynamic()?;
    let percentage = arguments.real()?;
    let Some(Value::Real(percentage)) = percentage.constant else {
        return Err(context.not_supported("percentile_tdigest() of a percentage that varies"));
    };
    let target = if arguments.has_more() {
        arguments.type_literal()?
    } else {
        ScalarType::Dynamic
    };
    let values = percentiles(context, sketch, vec![checked(context, percentage)?]);
    let value = dynamics::element(context, values, 0)?;
    dynamics::to_scalar(context, value, target)
}

/// `percentiles_array_tdigest(tdigest, percentages… [, typeof(type)])`.
///
/// Source: learn.microsoft.com/kusto/query/percentile-array-tdigest-function.
fn percentiles_array_tdigest(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let sketch = arguments.dynamic()?;
    let mut percentages = Vec::new();
    while arguments.has_more() {
        let given = arguments.any()?;
        match (given.type_argument, given.constant) {
            // The numbers of an array are as long or as real as they are.
            (Some(_), _) => {}
            (None, Some(value)) => push_percentages(context, &value, &mut percentages)?,
            (None, None) => {
                let what = "percentiles_array_tdigest() of percentages that vary";
                return Err(context.not_supported(what));
            }
        }
    }
    Ok(percentiles(context, sketch, percentages))
}

#[expect(clippy::cast_precision_loss, reason = "percentages are small")]
fn push_percentages(
    context: &CallContext<'_>,
    value: &Value,
    percentages: &mut Vec<f64>,
) -> Result<(), CallError> {
    let number = match value {
        Value::Int(number) => f64::from(*number),
        Value::Long(number) => *number as f64,
        Value::Real(number) => *number,
        Value::Dynamic(DynamicValue::Long(number)) => *number as f64,
        Value::Dynamic(DynamicValue::Real(number)) => *number,
        Value::Dynamic(DynamicValue::Array(items)) => {
            return items.iter().try_for_each(|item| {
                push_percentages(context, &Value::Dynamic(item.clone()), percentages)
            });
        }
        _ => return Err(context.invalid("percentages are numbers from 0 to 100")),
    };
    percentages.push(checked(context, number)?);
    Ok(())
}

/// `rank_tdigest(tdigest, value)`: how many values are not greater.
///
/// What a digest says about a value between those it holds is not published, so that this is refused.
/// Source: learn.microsoft.com/kusto/query/rank-tdigest-function.
fn rank_tdigest(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, |rank, _| rank)
}

/// `percentrank_tdigest(tdigest, value)`: the same in percent of all values.
///
/// Source: learn.microsoft.com/kusto/query/percentrank-tdigest-function.
fn percent_rank_tdigest(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    ranked(context, arguments, |rank, count| rank / count * 100.0)
}

fn ranked(context: &CallContext<'_>, arguments: Vec<Bound>, result: fn(f64, f64) -> f64) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (sketch, value) = (arguments.dynamic()?, arguments.as_dynamic()?);
    let (span, function) = (context.span, context.function.to_owned());
    let (real, inputs) = (ScalarType::Real, vec![sketch, value]);
    Ok(kernel::call(
        "rank_tdigest",
        inputs,
        real,
        span,
        move |input| {
            let sketches = first(input)?;
            let values = Cells::of(input, 1, ScalarType::Dynamic)?;
            let ranks = each_row(input, |row| {
                let Some((item, pairs)) = pairs_of(sketches.dynamic(row), &function, span)? else {
                    return Ok(None);
                };
                let Some(key) = key_of(item, values.dynamic(row)) else {
                    return Err(refusal(
                        &function,
                        "a value of another type than its digest's",
                        span,
                    ));
                };
                match rank(&pairs, key) {
                    Some((rank, count)) => Ok(Some(result(rank, count))),
                    None => Err(refusal(
                        &function,
                        "a value between those of its digest",
                        span,
                    )),
                }
            })?;
            rows::reals(input.rows, |row| ranks.get(row).copied().flatten())
        },
    ))
}

/// The key of a value among those of a digest.
fn key_of(item: ScalarType, value: Dynamic<'_>) -> Option<i64> {
    let view = value.view_or_null();
    match (item, view) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "the value is compared with reals"
        )]
        (ScalarType::Real, View::Long(number)) => digest::key(View::Real(number as f64)),
        (ScalarType::Real, View::Real(_))
        | (ScalarType::Long, View::Long(_))
        | (ScalarType::DateTime, View::DateTime(_))
        | (ScalarType::TimeSpan, View::TimeSpan(_)) => digest::key(view),
        _ => None,
    }
}

/// How many values are not greater than one that occurs or lies outside of them all, and how many there are.
#[expect(
    clippy::cast_precision_loss,
    reason = "ranks beyond 2^53 are near enough"
)]
fn rank(pairs: &[(i64, i64)], key: i64) -> Option<(f64, f64)> {
    let is_outside = pairs.first().is_some_and(|first| key < first.0)
        || pairs.last().is_some_and(|last| key > last.0);
    let occurs = pairs.binary_search_by_key(&key, |pair| pair.0).is_ok();
    let below = pairs.iter().take_while(|pair| pair.0 <= key);
    let rank: i64 = below.map(|pair| pair.1).sum();
    let count: i64 = pairs.iter().map(|pair| pair.1).sum();
    (is_outside || occurs).then_some((rank as f64, count as f64))
}
