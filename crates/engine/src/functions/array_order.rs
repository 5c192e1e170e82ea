//! Arrays in another order.

use std::cmp::Ordering;

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::{dynamics, first, write_array};
use super::text::all_cells;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, Writer, compare};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

type Written = Result<(), DynamicError>;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("array_reverse", 1..=1, ResultName::Default, array_reverse),
    function(
        "array_rotate_left",
        2..=2,
        ResultName::Default,
        array_rotate_left,
    ),
    function(
        "array_rotate_right",
        2..=2,
        ResultName::Default,
        array_rotate_right,
    ),
    function(
        "array_shift_left",
        2..=3,
        ResultName::Default,
        array_shift_left,
    ),
    function(
        "array_shift_right",
        2..=3,
        ResultName::Default,
        array_shift_right,
    ),
    function(
        "array_sort_asc",
        1..=64,
        ResultName::SetByFunction,
        array_sort_asc,
    ),
    function(
        "array_sort_desc",
        1..=64,
        ResultName::SetByFunction,
        array_sort_desc,
    ),
];

/// A function from an array to an array, with one further argument that is an integer.
fn map_array(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    map: impl Fn(Vec<Dynamic<'_>>, i64, &mut Writer) -> Written + Send + Sync + 'static,
) -> Bound {
    kernel::call(
        name,
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (arrays, numbers) = (first(input)?, input.longs(1)?);
            rows::dynamics(input.rows, |row, writer| {
                match (arrays.dynamic(row).as_array(), rows::at(&numbers, row)) {
                    (Some(array), Some(number)) => map(array.iter().collect(), number, writer),
                    _ => Ok(()),
                }
            })
        },
    )
}

/// `array_reverse(array)`.
///
/// Source: learn.microsoft.com/kusto/query/array-reverse-function.
fn array_reverse(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "array_reverse",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let arrays = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return Ok(());
                };
                let items: Vec<Dynamic<'_>> = array.iter().collect();
                write_array(writer, items.into_iter().rev())
            })
        },
    ))
}

/// `array_rotate_left(array, count)`.
///
/// Source: learn.microsoft.com/kusto/query/array-rotate-left-function.
fn array_rotate_left(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    rotated(context, arguments, 1)
}

/// `array_rotate_right(array, count)`.
///
/// Source: learn.microsoft.com/kusto/query/array-rotate-right-function.
fn array_rotate_right(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    rotated(context, arguments, -1)
}

fn rotated(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    direction: i64,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.integer()?];
    Ok(map_array(
        context,
        "array_rotate",
        inputs,
        move |mut items, count, writer| {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX).max(1);
            let count = count.wrapping_rem(length) * direction;
            items.rotate_left(usize::try_from(count.rem_euclid(length)).unwrap_or(0));
            write_array(writer, items)
        },
    ))
}

/// `array_shift_left(array, count [, fill])`.
///
/// Source: learn.microsoft.com/kusto/query/array-shift-left-function.
fn array_shift_left(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    shifted(context, arguments, 1)
}

/// `array_shift_right(array, count [, fill])`.
///
/// Source: learn.microsoft.com/kusto/query/array-shift-right-function.
fn array_shift_right(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    shifted(context, arguments, -1)
}

fn shifted(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    direction: i64,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (array, count) = (arguments.dynamic()?, arguments.integer()?);
    let fill = arguments.or(Value::Null(ScalarType::Dynamic), Arguments::as_dynamic)?;
    let inputs = vec![array, count, fill];
    Ok(kernel::call(
        "array_shift",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (arrays, counts) = (first(input)?, input.longs(1)?);
            let fills = Cells::of(input, 2, ScalarType::Dynamic)?;
            rows::dynamics(input.rows, |row, writer| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return Ok(());
                };
                let Some(count) = rows::at(&counts, row) else {
                    return Ok(());
                };
                let items: Vec<Dynamic<'_>> = array.iter().collect();
                let moved = |position: usize| {
                    let from = i64::try_from(position)
                        .ok()?
                        .checked_add(count.checked_mul(direction)?)?;
                    items.get(usize::try_from(from).ok()?).copied()
                };
                let fill = fills.dynamic(row);
                write_array(
                    writer,
                    (0..items.len()).map(|position| moved(position).unwrap_or(fill)),
                )
            })
        },
    ))
}

/// `array_sort_asc(arrays… [, nulls_last])`: the first array sorted, the others in the same order.
///
/// Of several arrays the result is an array of arrays.
/// Source: learn.microsoft.com/kusto/query/array-sort-asc-function.
fn array_sort_asc(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    sorted(context, arguments, false)
}

/// `array_sort_desc(arrays… [, nulls_last])`.
///
/// Source: learn.microsoft.com/kusto/query/array-sort-desc-function.
fn array_sort_desc(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    sorted(context, arguments, true)
}

fn sorted(
    context: &CallContext<'_>,
    mut arguments: Vec<Bound>,
    descending: bool,
) -> Result<Bound, CallError> {
    let last = arguments.pop_if(|last| last.scalar_type == ScalarType::Bool);
    let nulls_last = match last {
        None => true,
        Some(last) => last
            .constant
            .as_ref()
            .and_then(Value::as_bool)
            .ok_or_else(|| context.invalid_argument(&last, "expects a constant bool here"))?,
    };
    let inputs = dynamics(context, arguments)?;
    let names: Vec<Option<String>> = inputs.iter().map(|array| array.name.clone()).collect();
    let types = vec![ScalarType::Dynamic; inputs.len()];
    let sorted = kernel::call(
        "array_sort",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                let arrays: Vec<Dynamic<'_>> =
                    cells.iter().map(|cells| cells.dynamic(row)).collect();
                write_sorted(&arrays, descending, nulls_last, writer)
            })
        },
    );
    if let [name] = names.as_slice() {
        return Ok(Bound {
            name: name.as_ref().map(|name| format!("{name}_sorted")),
            ..sorted
        });
    }
    let each = |(place, name): (usize, &Option<String>)| {
        let index = i64::try_from(place).unwrap_or(i64::MAX);
        let array = crate::kernels::dynamics::element(context, sorted.clone(), index)?;
        let name = name.clone().unwrap_or_else(|| format!("array{place}"));
        Ok(array.named(format!("{name}_sorted")))
    };
    let tuple = names
        .iter()
        .enumerate()
        .map(each)
        .collect::<Result<Vec<_>, CallError>>()?;
    Ok(Bound { tuple, ..sorted })
}

fn write_sorted(
    arrays: &[Dynamic<'_>],
    descending: bool,
    nulls_last: bool,
    writer: &mut Writer,
) -> Written {
    let Some(keys) = arrays.first().and_then(|keys| keys.as_array()) else {
        return Ok(());
    };
    let keys: Vec<Dynamic<'_>> = keys.iter().collect();
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|&left, &right| {
        let (Some(&left), Some(&right)) = (keys.get(left), keys.get(right)) else {
            return Ordering::Equal;
        };
        match (left.is_null(), right.is_null()) {
            (false, false) if descending => compare(right, left),
            (false, false) => compare(left, right),
            (left, right) if nulls_last => left.cmp(&right),
            (left, right) => right.cmp(&left),
        }
    });
    if arrays.len() > 1 {
        writer.open_array()?;
    }
    for array in arrays {
        let items: Vec<Dynamic<'_>> = array
            .as_array()
            .map(|items| items.iter().collect())
            .unwrap_or_default();
        if items.len() == keys.len() {
            write_array(
                writer,
                order
                    .iter()
                    .filter_map(|&position| items.get(position).copied()),
            )?;
        } else {
            writer.null();
        }
    }
    if arrays.len() > 1 {
        writer.close()
    } else {
        Ok(())
    }
}
