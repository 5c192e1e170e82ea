//! Sums, averages, extremes and spreads, on DataFusion's own accumulators.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, i256};
use datafusion::functions_aggregate::average::avg_udaf;
use datafusion::functions_aggregate::bit_and_or_xor::{bit_and_udaf, bit_or_udaf, bit_xor_udaf};
use datafusion::functions_aggregate::covariance::{covar_pop_udaf, covar_samp_udaf};
use datafusion::functions_aggregate::min_max::{max_udaf, min_udaf};
use datafusion::functions_aggregate::stddev::{stddev_pop_udaf, stddev_udaf};
use datafusion::functions_aggregate::sum::sum_udaf;
use datafusion::functions_aggregate::variance::{var_pop_udaf, var_samp_udaf};
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{AggregateUDF, Expr, cast, lit, when};
use datafusion::scalar::ScalarValue;
use tesem_kql::types::ScalarType;

use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, Finish, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::functions::arguments::{Arguments, is_number};
use crate::types;

const fn named(prefix: &'static str) -> AggregateName {
    AggregateName::PrefixAndFirstArgument(prefix)
}

const FIRST: AggregateName = AggregateName::FirstArgument;

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("sum", 1..=1, named("sum"), sum),
    entry("sumif", 2..=2, named("sumif"), sum),
    entry("avg", 1..=1, named("avg"), average),
    entry("avgif", 2..=2, named("avgif"), average),
    entry("min", 1..=1, named("min"), minimum),
    entry("minif", 2..=2, named("minif"), minimum),
    entry("max", 1..=1, named("max"), maximum),
    entry("maxif", 2..=2, named("maxif"), maximum),
    entry("stdev", 1..=1, named("stdev"), standard_deviation),
    entry("stdevif", 2..=2, named("stdevif"), standard_deviation),
    entry("stdevp", 1..=1, named("stdevp"), population_deviation),
    entry("variance", 1..=1, named("variance"), variance),
    entry("varianceif", 2..=2, named("varianceif"), variance),
    entry("variancep", 1..=1, named("variancep"), population_variance),
    entry(
        "variancepif",
        2..=2,
        named("variancepif"),
        population_variance,
    ),
    entry(
        "covariance",
        2..=2,
        AggregateName::SetByFunction,
        covariance,
    ),
    entry(
        "covarianceif",
        3..=3,
        AggregateName::SetByFunction,
        covariance,
    ),
    entry(
        "covariancep",
        2..=2,
        AggregateName::SetByFunction,
        population_covariance,
    ),
    entry(
        "covariancepif",
        3..=3,
        AggregateName::SetByFunction,
        population_covariance,
    ),
    entry("binary_all_and", 1..=1, FIRST, binary_and),
    entry("binary_all_or", 1..=1, FIRST, binary_or),
    entry("binary_all_xor", 1..=1, FIRST, binary_xor),
];

type Call = Result<BoundAggregate, CallError>;

/// A call of one of DataFusion's functions, and what becomes of its result.
fn call(
    function: Arc<AggregateUDF>,
    arguments: Vec<Expr>,
    filter: Option<Bound>,
    returns: ScalarType,
    finish: Finish,
) -> BoundAggregate {
    let filter = filter.map(|filter| Box::new(filter.expr));
    let call = AggregateFunction::new_udf(function, arguments, false, filter, Vec::new(), None);
    BoundAggregate {
        aggregates: vec![Expr::AggregateFunction(call)],
        outputs: vec![AggregateOutput {
            name: None,
            scalar_type: returns,
            finish,
        }],
    }
}

/// The result, or this value where it is null.
fn or_else(value: ScalarValue) -> Finish {
    Arc::new(move |results| {
        let result = results
            .first()
            .cloned()
            .unwrap_or_else(|| lit(value.clone()));
        let filled = when(result.clone().is_null(), lit(value.clone())).otherwise(result.clone());
        filled.unwrap_or(result)
    })
}

fn unchanged() -> Finish {
    Arc::new(|results| {
        results
            .first()
            .cloned()
            .unwrap_or_else(|| lit(ScalarValue::Null))
    })
}

/// The value and the predicate, which is there for the functions that end in `if`.
fn value_and_filter(
    arguments: &mut Arguments<'_, '_>,
    expected: &str,
    allowed: impl Fn(ScalarType) -> bool,
) -> Result<(Bound, Option<Bound>), CallError> {
    let value = arguments.any()?;
    if !allowed(value.scalar_type) {
        return Err(arguments.wrong_type(&value, expected));
    }
    Ok((value, arguments.optional(Arguments::bool)?))
}

fn is_number_or_timespan(scalar_type: ScalarType) -> bool {
    is_number(scalar_type) || scalar_type == ScalarType::TimeSpan
}

/// `sum(value)`, `sumif(value, predicate)`: of ints a long; longs wrap around; of nothing 0.
///
/// Source: learn.microsoft.com/kusto/query/sum-aggregation-function.
fn sum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let expected = "a number or a timespan";
    let (value, filter) = value_and_filter(&mut arguments, expected, is_number_or_timespan)?;
    let returns = if value.scalar_type == ScalarType::Int {
        ScalarType::Long
    } else {
        value.scalar_type
    };
    let zero = match returns {
        ScalarType::Real => ScalarValue::Float64(Some(0.0)),
        ScalarType::Decimal => ScalarValue::Decimal256(
            Some(i256::ZERO),
            crate::decimal::PRECISION,
            crate::decimal::SCALE,
        ),
        _ => ScalarValue::Int64(Some(0)),
    };
    let argument = cast(value.expr, types::physical(returns));
    Ok(call(
        sum_udaf(),
        vec![argument],
        filter,
        returns,
        or_else(zero),
    ))
}

/// `avg(value)`, `avgif(value, predicate)`: a real, of times a time; of no number `NaN`.
///
/// Source: learn.microsoft.com/kusto/query/avg-aggregation-function.
fn average(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let allowed =
        |scalar_type| is_number_or_timespan(scalar_type) || scalar_type == ScalarType::DateTime;
    let (value, filter) = value_and_filter(&mut arguments, "a number or a time", allowed)?;
    match value.scalar_type {
        times @ (ScalarType::TimeSpan | ScalarType::DateTime) => {
            // Sums of ticks do not fit into 64 bits.
            let argument = cast(value.expr, DataType::Decimal128(30, 0));
            let finish: Finish = Arc::new(|results| {
                cast(
                    results
                        .first()
                        .cloned()
                        .unwrap_or_else(|| lit(ScalarValue::Null)),
                    DataType::Int64,
                )
            });
            Ok(call(avg_udaf(), vec![argument], filter, times, finish))
        }
        ScalarType::Decimal => {
            let finish: Finish = Arc::new(|results| {
                let result = results
                    .first()
                    .cloned()
                    .unwrap_or_else(|| lit(ScalarValue::Null));
                cast(result, types::physical(ScalarType::Decimal))
            });
            Ok(call(
                avg_udaf(),
                vec![value.expr],
                filter,
                ScalarType::Decimal,
                finish,
            ))
        }
        _ => {
            let argument = cast(value.expr, DataType::Float64);
            let nothing = or_else(ScalarValue::Float64(Some(f64::NAN)));
            Ok(call(
                avg_udaf(),
                vec![argument],
                filter,
                ScalarType::Real,
                nothing,
            ))
        }
    }
}

/// `min(value)`, `minif(value, predicate)`.
///
/// Source: learn.microsoft.com/kusto/query/min-aggregation-function.
fn minimum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    extreme(context, arguments, min_udaf())
}

/// `max(value)`, `maxif(value, predicate)`.
///
/// Source: learn.microsoft.com/kusto/query/max-aggregation-function.
fn maximum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    extreme(context, arguments, max_udaf())
}

fn extreme(context: &CallContext<'_>, arguments: Vec<Bound>, function: Arc<AggregateUDF>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let ordered = |scalar_type| scalar_type != ScalarType::Dynamic;
    let (value, filter) = value_and_filter(&mut arguments, "a value that is not dynamic", ordered)?;
    let returns = value.scalar_type;
    let finish = match returns {
        ScalarType::String => or_else(ScalarValue::Utf8View(Some(String::new()))),
        _ => unchanged(),
    };
    Ok(call(function, vec![value.expr], filter, returns, finish))
}

/// A function from numbers to a real that is 0 where there are too few of them.
fn spread(context: &CallContext<'_>, arguments: Vec<Bound>, function: Arc<AggregateUDF>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.real()?;
    let filter = arguments.optional(Arguments::bool)?;
    let zero = or_else(ScalarValue::Float64(Some(0.0)));
    Ok(call(
        function,
        vec![value.expr],
        filter,
        ScalarType::Real,
        zero,
    ))
}

/// `stdev(value)`, `stdevif(value, predicate)`: of a sample.
///
/// Source: learn.microsoft.com/kusto/query/stdev-aggregation-function.
fn standard_deviation(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    spread(context, arguments, stddev_udaf())
}

/// `stdevp(value)`: of a population.
///
/// Source: learn.microsoft.com/kusto/query/stdevp-aggregation-function.
fn population_deviation(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    spread(context, arguments, stddev_pop_udaf())
}

/// `variance(value)`, `varianceif(value, predicate)`: of a sample.
///
/// Source: learn.microsoft.com/kusto/query/variance-aggregation-function.
fn variance(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    spread(context, arguments, var_samp_udaf())
}

/// `variancep(value)`, `variancepif(value, predicate)`: of a population.
///
/// Source: learn.microsoft.com/kusto/query/variancep-aggregation-function.
fn population_variance(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    spread(context, arguments, var_pop_udaf())
}

/// `covariance(x, y)`, `covarianceif(x, y, predicate)`: of a sample.
///
/// Source: learn.microsoft.com/kusto/query/covariance-aggregation-function.
fn covariance(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    joint_spread(context, arguments, covar_samp_udaf())
}

/// `covariancep(x, y)`, `covariancepif(x, y, predicate)`: of a population.
///
/// Source: learn.microsoft.com/kusto/query/covariancep-aggregation-function.
fn population_covariance(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    joint_spread(context, arguments, covar_pop_udaf())
}

fn joint_spread(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    function: Arc<AggregateUDF>,
) -> Call {
    let names: Vec<String> = arguments
        .iter()
        .take(2)
        .filter_map(|value| value.name.clone())
        .collect();
    let mut arguments = Arguments::new(context, arguments);
    let values = vec![arguments.real()?.expr, arguments.real()?.expr];
    let filter = arguments.optional(Arguments::bool)?;
    let zero = or_else(ScalarValue::Float64(Some(0.0)));
    let mut bound = call(function, values, filter, ScalarType::Real, zero);
    for output in &mut bound.outputs {
        output.name = Some(format!("{}_{}", context.function, names.join("_")));
    }
    Ok(bound)
}

/// `binary_all_and(value)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-all-and-aggregation-function.
fn binary_and(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    bits(context, arguments, bit_and_udaf())
}

/// `binary_all_or(value)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-all-or-aggregation-function.
fn binary_or(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    bits(context, arguments, bit_or_udaf())
}

/// `binary_all_xor(value)`.
///
/// Source: learn.microsoft.com/kusto/query/binary-all-xor-aggregation-function.
fn binary_xor(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    bits(context, arguments, bit_xor_udaf())
}

fn bits(context: &CallContext<'_>, arguments: Vec<Bound>, function: Arc<AggregateUDF>) -> Call {
    let value = Arguments::new(context, arguments).integer()?;
    Ok(call(
        function,
        vec![value.expr],
        None,
        ScalarType::Long,
        unchanged(),
    ))
}
