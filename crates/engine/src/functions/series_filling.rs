//! Filling in what is missing in arrays of numbers.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series::Number;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, Writer};
use crate::kernel;
use crate::kernels::rows;
use crate::value::Value;

const FIRST: ResultName = ResultName::FirstArgument;

type Call = Result<Bound, CallError>;
type Written = Result<(), DynamicError>;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_fill_const", 2..=3, FIRST, series_fill_const),
    function("series_fill_forward", 1..=2, FIRST, series_fill_forward),
    function("series_fill_backward", 1..=2, FIRST, series_fill_backward),
    function("series_fill_linear", 1..=4, FIRST, series_fill_linear),
];

/// What counts as missing: null, or the placeholder if one is given.
fn is_missing(item: Dynamic<'_>, placeholder: Option<f64>) -> bool {
    match (placeholder, Number::of(item.view_or_null())) {
        (_, None) => item.is_null(),
        (Some(placeholder), Some(number)) => number.real() == placeholder,
        (None, Some(Number::Real(value))) => value.is_nan(),
        (None, Some(Number::Long(_))) => false,
    }
}

/// A number that is known, or the null of a number.
fn known_number(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Option<Number>, CallError> {
    let given = arguments.number()?;
    match given.constant {
        Some(Value::Int(value)) => Ok(Some(Number::Long(i64::from(value)))),
        Some(Value::Long(value)) => Ok(Some(Number::Long(value))),
        Some(Value::Real(value)) => Ok(Some(Number::Real(value))),
        Some(Value::Null(_)) => Ok(None),
        _ => Err(context.invalid_argument(&given, "expects a constant number here")),
    }
}

fn known_placeholder(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Option<f64>, CallError> {
    if !arguments.has_more() {
        return Ok(None);
    }
    Ok(known_number(context, arguments)?.map(Number::real))
}

/// A function that fills in what is missing.
fn filled(
    context: &CallContext<'_>,
    array: Bound,
    fill: impl Fn(&[Dynamic<'_>], &mut Writer) -> Written + Send + Sync + 'static,
) -> Bound {
    let name = array.name.clone();
    let filled = kernel::call(
        "series_fill",
        vec![array],
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let arrays = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return Ok(());
                };
                let items: Vec<Dynamic<'_>> = array.iter().collect();
                writer.open_array()?;
                fill(&items, writer)?;
                writer.close()
            })
        },
    );
    Bound { name, ..filled }
}

/// `series_fill_const(array, value [, placeholder])`.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-const-function.
fn series_fill_const(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let value = known_number(context, &mut arguments)?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        for item in items {
            match value.filter(|_| is_missing(*item, placeholder)) {
                Some(value) => value.write(writer),
                None => writer.value_of(*item),
            }
        }
        Ok(())
    }))
}

/// `series_fill_forward(array [, placeholder])`: the last value before.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-forward-function.
fn series_fill_forward(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        let mut last = None;
        for item in items {
            if !is_missing(*item, placeholder) {
                last = Some(*item);
            }
            writer.value_of(last.unwrap_or(*item));
        }
        Ok(())
    }))
}

/// `series_fill_backward(array [, placeholder])`: the next value.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-backward-function.
fn series_fill_backward(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    Ok(filled(context, array, move |items, writer| {
        let mut next = None;
        let mut values: Vec<Dynamic<'_>> = Vec::with_capacity(items.len());
        for item in items.iter().rev() {
            if !is_missing(*item, placeholder) {
                next = Some(*item);
            }
            values.push(next.unwrap_or(*item));
        }
        values
            .into_iter()
            .rev()
            .for_each(|value| writer.value_of(value));
        Ok(())
    }))
}

/// `series_fill_linear(array [, placeholder [, fill_edges [, constant]]])`: on the line between the
/// neighbours; the constant where all values are missing.
///
/// Source: learn.microsoft.com/kusto/query/series-fill-linear-function.
fn series_fill_linear(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let placeholder = known_placeholder(context, &mut arguments)?;
    let edges = arguments.or(Value::Bool(true), Arguments::bool)?;
    let Some(edges) = edges.constant.as_ref().and_then(Value::as_bool) else {
        return Err(context.invalid_argument(&edges, "expects a constant bool here"));
    };
    let constant = if arguments.has_more() {
        known_number(context, &mut arguments)?
    } else {
        None
    };
    let constant = constant.map_or(0.0, Number::real);
    Ok(filled(context, array, move |items, writer| {
        let known: Vec<Option<Number>> = items
            .iter()
            .map(|item| Number::of(item.view_or_null()).filter(|_| !is_missing(*item, placeholder)))
            .collect();
        if known.iter().flatten().next().is_none() {
            known.iter().for_each(|_| writer.real(constant));
            return Ok(());
        }
        let is_real = known
            .iter()
            .flatten()
            .any(|number| matches!(number, Number::Real(_)));
        (0..known.len()).for_each(|place| write_between(&known, place, is_real, edges, writer));
        Ok(())
    }))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "places are small, and longs are cut off by rule"
)]
fn write_between(
    known: &[Option<Number>],
    place: usize,
    is_real: bool,
    edges: bool,
    writer: &mut Writer,
) {
    let found = |place: usize| {
        known
            .get(place)
            .copied()
            .flatten()
            .map(|number| (place, number.real()))
    };
    let before = (0..=place).rev().find_map(found);
    let after = (place..known.len()).find_map(found);
    let value = match (before, after) {
        (Some((from, low)), Some((to, high))) if from < to => {
            low + (high - low) / (to - from) as f64 * (place - from) as f64
        }
        (Some((_, value)), Some(_)) => value,
        (Some((_, value)), None) | (None, Some((_, value))) if edges => value,
        _ => return writer.null(),
    };
    if is_real {
        writer.real(value);
    } else {
        writer.long(value as i64);
    }
}
