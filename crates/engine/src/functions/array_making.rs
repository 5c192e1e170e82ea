//! Making arrays.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::{dynamics, first, write_array};
use super::text::all_cells;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::Dynamic;
use crate::kernel;
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("pack_array", 0..=1024, ResultName::Default, pack_array),
    function("zip", 2..=64, ResultName::Default, zip),
    function(
        "repeat",
        2..=2,
        ResultName::PrefixAndFirstArgument("repeat"),
        repeat,
    ),
    function("range", 2..=3, ResultName::Default, range),
];

/// Most values that `range` and `repeat` make.
///
/// Source: learn.microsoft.com/kusto/query/range-function.
const MADE_MAX: usize = 1_048_576;

/// `pack_array(values…)`.
///
/// Source: learn.microsoft.com/kusto/query/pack-array-function.
fn pack_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    Ok(kernel::call(
        "pack_array",
        arguments,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                writer.open_array()?;
                cells.iter().for_each(|cells| cells.write(row, writer));
                writer.close()
            })
        },
    ))
}

/// `zip(arrays…)`: arrays of the values at each place; short arrays are filled with null.
///
/// Source: learn.microsoft.com/kusto/query/zip-function.
fn zip(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = dynamics(context, arguments)?;
    let types = vec![ScalarType::Dynamic; inputs.len()];
    Ok(kernel::call(
        "zip",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                let arrays: Option<Vec<Vec<Dynamic<'_>>>> = cells
                    .iter()
                    .map(|cells| Some(cells.dynamic(row).as_array()?.iter().collect()))
                    .collect();
                let Some(arrays) = arrays else { return Ok(()) };
                let longest = arrays.iter().map(Vec::len).max().unwrap_or(0);
                writer.open_array()?;
                for position in 0..longest {
                    write_array(
                        writer,
                        arrays
                            .iter()
                            .map(|array| array.get(position).copied().unwrap_or(Dynamic::NULL)),
                    )?;
                }
                writer.close()
            })
        },
    ))
}

/// `repeat(value, count)`: an array of the value so many times, at most 1,048,576.
///
/// Source: learn.microsoft.com/kusto/query/repeat-function.
fn repeat(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.as_dynamic()?, arguments.integer()?];
    Ok(kernel::call(
        "repeat",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (values, counts) = (first(input)?, input.longs(1)?);
            rows::dynamics(input.rows, |row, writer| match rows::at(&counts, row) {
                Some(count) => {
                    let count =
                        usize::try_from(count.max(0)).map_or(MADE_MAX, |count| count.min(MADE_MAX));
                    write_array(writer, std::iter::repeat_n(values.dynamic(row), count))
                }
                None => Ok(()),
            })
        },
    ))
}

/// `range(from, to [, step])`: the step is 1, or an hour for times, where none is given.
///
/// Source: learn.microsoft.com/kusto/query/range-function.
fn range(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    use ScalarType::{DateTime, Int, Long, Real, TimeSpan};
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    let default = |value: Value| Bound::constant(value, context.span);
    let with_step = |mut inputs: Vec<Bound>, step: Value| {
        if inputs.len() == 2 {
            inputs.push(default(step));
        }
        inputs
    };
    match *types.as_slice() {
        [from @ (DateTime | TimeSpan), to, ref step @ ..]
            if from == to && step.iter().all(|&step| step == TimeSpan) =>
        {
            let inputs = with_step(arguments, Value::TimeSpan(crate::ticks::PER_HOUR));
            Ok(whole_range(context, inputs, from))
        }
        ref types
            if types
                .iter()
                .all(|&scalar_type| matches!(scalar_type, Int | Long)) =>
        {
            let mut rest = Arguments::new(context, with_step(arguments, Value::Long(1)));
            let inputs = vec![rest.integer()?, rest.integer()?, rest.integer()?];
            Ok(whole_range(context, inputs, Long))
        }
        ref types
            if types
                .iter()
                .all(|&scalar_type| matches!(scalar_type, Int | Long | Real)) =>
        {
            let mut rest = Arguments::new(context, with_step(arguments, Value::Real(1.0)));
            let inputs = vec![rest.real()?, rest.real()?, rest.real()?];
            Ok(real_range(context, inputs))
        }
        _ => Err(context
            .invalid("range() takes numbers, or datetimes or timespans with a timespan as step")),
    }
}

fn whole_range(context: &CallContext<'_>, inputs: Vec<Bound>, item: ScalarType) -> Bound {
    kernel::call(
        "range",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (starts, ends, steps) = (input.longs(0)?, input.longs(1)?, input.longs(2)?);
            rows::dynamics(input.rows, |row, writer| {
                let ends = rows::at(&starts, row).zip(rows::at(&ends, row));
                let Some(((from, to), step)) = ends.zip(rows::at(&steps, row)) else {
                    return Ok(());
                };
                let inside = |value: &i64| if step > 0 { *value <= to } else { *value >= to };
                let values = std::iter::successors(Some(from), |value| {
                    value.checked_add(step).filter(|_| step != 0)
                });
                writer.open_array()?;
                for value in values.take_while(inside).take(MADE_MAX) {
                    match item {
                        ScalarType::DateTime => writer.datetime(value),
                        ScalarType::TimeSpan => writer.timespan(value),
                        _ => writer.long(value),
                    }
                }
                writer.close()
            })
        },
    )
}

fn real_range(context: &CallContext<'_>, inputs: Vec<Bound>) -> Bound {
    kernel::call(
        "range",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (starts, ends, steps) = (input.reals(0)?, input.reals(1)?, input.reals(2)?);
            rows::dynamics(input.rows, |row, writer| {
                let ends = rows::at(&starts, row).zip(rows::at(&ends, row));
                let Some(((from, to), step)) = ends.zip(rows::at(&steps, row)) else {
                    return Ok(());
                };
                let mut value = from;
                writer.open_array()?;
                for _ in 0..MADE_MAX {
                    let is_inside = if step > 0.0 { value <= to } else { value >= to };
                    if !is_inside {
                        break;
                    }
                    writer.real(value);
                    value += step;
                    if step == 0.0 {
                        break;
                    }
                }
                writer.close()
            })
        },
    )
}
