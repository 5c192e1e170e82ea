//! What the functions that analyse a whole series share: their input, their results and what they refuse.

use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series::Number;
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicValue, encode};
use crate::error::EngineError;
use crate::kernel;
use crate::kernels::{dynamics, rows};
use crate::value::Value;

/// What comes of one series: a value, or the name of what is not supported about it.
pub(super) type Analysed = Result<DynamicValue, String>;

/// A function of the numbers of an array; null for what is no array.
///
/// A series with values that are no numbers is refused: how the service counts them is not published.
pub(super) fn analyse(
    context: &CallContext<'_>,
    series: Bound,
    compute: impl Fn(&[f64]) -> Analysed + Send + Sync + 'static,
) -> Bound {
    analyse_values(context, series, move |values| {
        let numbers: Option<Vec<f64>> = values.iter().copied().collect();
        match numbers {
            Some(numbers) => compute(&numbers),
            None => Err("a series with values that are no numbers".to_owned()),
        }
    })
}

/// A function of the values of an array, none where one is no number; null for what is no array.
pub(super) fn analyse_values(
    context: &CallContext<'_>,
    series: Bound,
    compute: impl Fn(&[Option<f64>]) -> Analysed + Send + Sync + 'static,
) -> Bound {
    let (span, function) = (context.span, context.function.to_owned());
    kernel::call(
        "series",
        vec![series],
        ScalarType::Dynamic,
        span,
        move |input| {
            let arrays = first(input)?;
            let results: Vec<Option<Vec<u8>>> = (0..input.rows)
                .map(|row| match values_of(arrays.dynamic(row)) {
                    Some(values) => match compute(&values) {
                        Ok(value) => Ok(Some(encode(&value))),
                        Err(what) => Err(refusal(&function, &what, span)),
                    },
                    None => Ok(None),
                })
                .collect::<Result<_, _>>()?;
            rows::dynamics(input.rows, |row, writer| {
                if let Some(Some(bytes)) = results.get(row) {
                    writer.value_of(Dynamic::new(bytes));
                }
                Ok(())
            })
        },
    )
}

/// The numbers of an array, none where a value is no number.
pub(super) fn values_of(value: Dynamic<'_>) -> Option<Vec<Option<f64>>> {
    let number = |item: Dynamic<'_>| Number::of(item.view_or_null()).map(Number::real);
    Some(value.as_array()?.iter().map(number).collect())
}

/// The failure of a query over a series that the engine does not judge as the service does.
pub(super) fn refusal(function: &str, what: &str, span: Span) -> DataFusionError {
    DataFusionError::External(Box::new(EngineError::NotSupported {
        what: format!("{function}() of {what}"),
        span,
    }))
}

/// An array of reals.
pub(super) fn reals(values: impl IntoIterator<Item = f64>) -> DynamicValue {
    values.into_iter().map(DynamicValue::Real).collect()
}

/// A column for each of the parts of a bag, called as the official binder does: function, array, part.
pub(super) fn columns(
    context: &CallContext<'_>,
    array: Option<String>,
    bag: &Bound,
    parts: &[(&str, ScalarType)],
) -> Result<Bound, CallError> {
    let (function, array) = (context.function, array.unwrap_or_default());
    let column = |&(key, target): &(&str, ScalarType)| {
        let part = dynamics::member(context, bag.clone(), key)?;
        let part = dynamics::to_scalar(context, part, target)?;
        Ok(part.named(format!("{function}_{array}_{key}")))
    };
    let tuple = parts
        .iter()
        .map(column)
        .collect::<Result<Vec<_>, CallError>>()?;
    match tuple.first().cloned() {
        Some(first) => Ok(Bound { tuple, ..first }),
        None => Ok(bag.clone()),
    }
}

/// An optional number that must be known before the query runs.
pub(super) fn known_real(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
    otherwise: f64,
) -> Result<f64, CallError> {
    if !arguments.has_more() {
        return Ok(otherwise);
    }
    let given = arguments.real()?;
    match given.constant {
        Some(Value::Real(value)) => Ok(value),
        _ => Err(varying(context)),
    }
}

/// An optional integer that must be known before the query runs.
pub(super) fn known_long(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
    otherwise: i64,
) -> Result<i64, CallError> {
    if !arguments.has_more() {
        return Ok(otherwise);
    }
    let given = arguments.integer()?;
    given.constant_long().ok_or_else(|| varying(context))
}

/// An optional string that must be known before the query runs.
pub(super) fn known_text(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
    otherwise: &str,
) -> Result<String, CallError> {
    if !arguments.has_more() {
        return Ok(otherwise.to_owned());
    }
    let given = arguments.string()?;
    let text = given.constant_str().map(str::to_owned);
    text.ok_or_else(|| varying(context))
}

fn varying(context: &CallContext<'_>) -> CallError {
    let function = context.function;
    context.not_supported(format!(
        "{function}() with settings that differ from row to row"
    ))
}

/// The mean; not a number where there are no values.
#[expect(clippy::cast_precision_loss, reason = "arrays are short")]
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The value in the middle, between the two in the middle of an even number of them.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *values.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}
