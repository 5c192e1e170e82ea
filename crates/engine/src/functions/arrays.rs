//! Functions on dynamic arrays. What is no array gives null.

use std::cmp::Ordering;

use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::all_cells;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, DynamicError, View, Writer, compare, equals};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::convert::{to_bool, to_long, to_real};
use crate::kernels::rows;
use crate::value::Value;

/// Most values that `range` and `repeat` make.
///
/// Source: learn.microsoft.com/kusto/query/range-function.
const MADE_MAX: usize = 1_048_576;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("array_length", 1..=1, ResultName::Default, array_length),
    function("arraylength", 1..=1, ResultName::Default, array_length),
    function("array_concat", 1..=64, ResultName::Default, array_concat),
    function("array_slice", 3..=3, ResultName::Default, array_slice),
    function("array_split", 2..=2, ResultName::Default, array_split),
    function("array_reverse", 1..=1, ResultName::Default, array_reverse),
    function("array_rotate_left", 2..=2, ResultName::Default, array_rotate_left),
    function("array_rotate_right", 2..=2, ResultName::Default, array_rotate_right),
    function("array_shift_left", 2..=3, ResultName::Default, array_shift_left),
    function("array_shift_right", 2..=3, ResultName::Default, array_shift_right),
    function("array_index_of", 2..=5, ResultName::Default, array_index_of),
    function("array_sum", 1..=1, ResultName::Default, array_sum),
    function("array_sort_asc", 1..=64, ResultName::SetByFunction, array_sort_asc),
    function("array_sort_desc", 1..=64, ResultName::SetByFunction, array_sort_desc),
    function("array_iff", 3..=3, ResultName::Default, array_iff),
    function("array_iif", 3..=3, ResultName::Default, array_iff),
    function("pack_array", 0..=1024, ResultName::Default, pack_array),
    function("zip", 2..=64, ResultName::Default, zip),
    function("repeat", 2..=2, ResultName::PrefixAndFirstArgument("repeat"), repeat),
    function("range", 2..=3, ResultName::Default, range),
];

type Written = Result<(), DynamicError>;

/// The first argument of all rows, a dynamic.
pub(super) fn first(input: &Input<'_>) -> Result<Cells, DataFusionError> {
    Cells::of(input, 0, ScalarType::Dynamic)
}

/// Writes an array of the values.
pub(super) fn write_array<'a>(
    writer: &mut Writer,
    values: impl IntoIterator<Item = Dynamic<'a>>,
) -> Written {
    writer.open_array()?;
    values.into_iter().for_each(|value| writer.value_of(value));
    writer.close()
}

/// A function from an array to an array, with one further argument that is an integer.
fn map_array(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    map: impl Fn(Vec<Dynamic<'_>>, i64, &mut Writer) -> Written + Send + Sync + 'static,
) -> Bound {
    kernel::call(name, inputs, ScalarType::Dynamic, context.span, move |input| {
        let (arrays, numbers) = (first(input)?, input.longs(1)?);
        rows::dynamics(input.rows, |row, writer| {
            match (arrays.dynamic(row).as_array(), rows::at(&numbers, row)) {
                (Some(array), Some(number)) => map(array.iter().collect(), number, writer),
                _ => Ok(()),
            }
        })
    })
}

/// `array_length(array)`.
///
/// Source: learn.microsoft.com/kusto/query/array-length-function.
fn array_length(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call("array_length", inputs, ScalarType::Long, context.span, |input| {
        let arrays = first(input)?;
        rows::longs(input.rows, |row| i64::try_from(arrays.dynamic(row).as_array()?.len()).ok())
    }))
}

fn dynamics(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = Vec::new();
    while arguments.has_more() {
        inputs.push(arguments.dynamic()?);
    }
    Ok(inputs)
}

/// `array_concat(arrays…)`: nulls among them are left out.
///
/// Source: learn.microsoft.com/kusto/query/array-concat-function.
fn array_concat(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = dynamics(context, arguments)?;
    let types = vec![ScalarType::Dynamic; inputs.len()];
    Ok(kernel::call("array_concat", inputs, ScalarType::Dynamic, context.span, move |input| {
        let cells = all_cells(input, 0, &types)?;
        rows::dynamics(input.rows, |row, writer| {
            let arrays: Vec<Array<'_>> = cells.iter().filter_map(|cells| cells.dynamic(row).as_array()).collect();
            if arrays.is_empty() {
                return Ok(());
            }
            write_array(writer, arrays.into_iter().flat_map(Array::iter))
        })
    }))
}

/// A place in an array of a length: negative ones count from the end.
fn place(index: i64, length: usize) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if index < 0 { length.saturating_add(index) } else { index }
}

fn clamped(place: i64, length: usize) -> usize {
    usize::try_from(place.max(0)).map_or(length, |place| place.min(length))
}

/// `array_slice(array, from, to)`: both ends are included and may count from the end.
///
/// Source: learn.microsoft.com/kusto/query/array-slice-function.
fn array_slice(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.integer()?, arguments.integer()?];
    Ok(kernel::call("array_slice", inputs, ScalarType::Dynamic, context.span, |input| {
        let (arrays, starts, ends) = (first(input)?, input.longs(1)?, input.longs(2)?);
        rows::dynamics(input.rows, |row, writer| {
            let Some(array) = arrays.dynamic(row).as_array() else { return Ok(()) };
            let (Some(from), Some(to)) = (rows::at(&starts, row), rows::at(&ends, row)) else { return Ok(()) };
            let from = clamped(place(from, array.len()), array.len());
            let to = clamped(place(to, array.len()).saturating_add(1), array.len());
            write_array(writer, array.iter().skip(from).take(to.saturating_sub(from)))
        })
    }))
}

/// `array_split(array, index)`, `array_split(array, indexes)`: the parts between the places.
///
/// Source: learn.microsoft.com/kusto/query/array-split-function.
fn array_split(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let places = arguments.any()?;
    let kind = places.scalar_type;
    if !matches!(kind, ScalarType::Int | ScalarType::Long | ScalarType::Dynamic) {
        return Err(arguments.wrong_type(&places, "an integer or an array of integers"));
    }
    Ok(kernel::call("array_split", vec![array, places], ScalarType::Dynamic, context.span, move |input| {
        let (arrays, places) = (first(input)?, Cells::of(input, 1, kind)?);
        rows::dynamics(input.rows, |row, writer| {
            let Some(array) = arrays.dynamic(row).as_array() else { return Ok(()) };
            let at = |view: View<'_>| to_long(view).map(|index| clamped(place(index, array.len()), array.len()));
            let places: Vec<usize> = match places.view(row) {
                View::Array(indexes) => indexes.iter().filter_map(|index| at(index.view_or_null())).collect(),
                index => at(index).into_iter().collect(),
            };
            write_split(array, &places, writer)
        })
    }))
}

fn write_split(array: Array<'_>, places: &[usize], writer: &mut Writer) -> Written {
    let items: Vec<Dynamic<'_>> = array.iter().collect();
    writer.open_array()?;
    let mut from = 0;
    for to in places.iter().copied().chain([items.len()]) {
        let part = items.get(from..to.max(from)).unwrap_or_default();
        write_array(writer, part.iter().copied())?;
        from = to.max(from);
    }
    writer.close()
}

/// `array_reverse(array)`.
///
/// Source: learn.microsoft.com/kusto/query/array-reverse-function.
fn array_reverse(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call("array_reverse", inputs, ScalarType::Dynamic, context.span, |input| {
        let arrays = first(input)?;
        rows::dynamics(input.rows, |row, writer| {
            let Some(array) = arrays.dynamic(row).as_array() else { return Ok(()) };
            let items: Vec<Dynamic<'_>> = array.iter().collect();
            write_array(writer, items.into_iter().rev())
        })
    }))
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
fn array_rotate_right(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    rotated(context, arguments, -1)
}

fn rotated(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    direction: i64,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.integer()?];
    Ok(map_array(context, "array_rotate", inputs, move |mut items, count, writer| {
        let length = i64::try_from(items.len()).unwrap_or(i64::MAX).max(1);
        let count = count.wrapping_rem(length) * direction;
        items.rotate_left(usize::try_from(count.rem_euclid(length)).unwrap_or(0));
        write_array(writer, items)
    }))
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
    Ok(kernel::call("array_shift", inputs, ScalarType::Dynamic, context.span, move |input| {
        let (arrays, counts) = (first(input)?, input.longs(1)?);
        let fills = Cells::of(input, 2, ScalarType::Dynamic)?;
        rows::dynamics(input.rows, |row, writer| {
            let Some(array) = arrays.dynamic(row).as_array() else { return Ok(()) };
            let Some(count) = rows::at(&counts, row) else { return Ok(()) };
            let items: Vec<Dynamic<'_>> = array.iter().collect();
            let moved = |position: usize| {
                let from = i64::try_from(position).ok()?.checked_add(count.checked_mul(direction)?)?;
                items.get(usize::try_from(from).ok()?).copied()
            };
            let fill = fills.dynamic(row);
            write_array(writer, (0..items.len()).map(|position| moved(position).unwrap_or(fill)))
        })
    }))
}

/// `array_index_of(array, value [, start [, length [, occurrence]]])`: -1 where there is none.
///
/// Source: learn.microsoft.com/kusto/query/array-index-of-function.
fn array_index_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (array, value) = (arguments.dynamic()?, arguments.as_dynamic()?);
    let start = arguments.or(Value::Long(0), Arguments::integer)?;
    let length = arguments.or(Value::Long(-1), Arguments::integer)?;
    let occurrence = arguments.or(Value::Long(1), Arguments::integer)?;
    let inputs = vec![array, value, start, length, occurrence];
    Ok(kernel::call("array_index_of", inputs, ScalarType::Long, context.span, |input| {
        let (arrays, values) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
        let (starts, lengths, nths) = (input.longs(2)?, input.longs(3)?, input.longs(4)?);
        rows::longs(input.rows, |row| {
            let array = arrays.dynamic(row).as_array()?;
            let from = clamped(place(rows::at(&starts, row)?, array.len()), array.len());
            let length = rows::at(&lengths, row)?;
            let most = if length < 0 { array.len() } else { usize::try_from(length).ok()? };
            let nth = usize::try_from(rows::at(&nths, row)?.checked_sub(1)?).ok()?;
            let wanted = values.dynamic(row);
            let hits = array.iter().enumerate().skip(from).take(most).filter(|(_, item)| equals(*item, wanted));
            let found = hits.map(|(position, _)| position).nth(nth);
            Some(found.and_then(|position| i64::try_from(position).ok()).unwrap_or(-1))
        })
    }))
}

/// `array_sum(array)`: a real; null where a value is no number.
///
/// Source: learn.microsoft.com/kusto/query/array-sum-function.
fn array_sum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call("array_sum", inputs, ScalarType::Real, context.span, |input| {
        let arrays = first(input)?;
        rows::reals(input.rows, |row| {
            let number = |item: Dynamic<'_>| match item.view_or_null() {
                view @ (View::Long(_) | View::Real(_) | View::Decimal(_)) => to_real(view),
                _ => None,
            };
            arrays.dynamic(row).as_array()?.iter().map(number).sum()
        })
    }))
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
    let sorted = kernel::call("array_sort", inputs, ScalarType::Dynamic, context.span, move |input| {
        let cells = all_cells(input, 0, &types)?;
        rows::dynamics(input.rows, |row, writer| {
            let arrays: Vec<Dynamic<'_>> = cells.iter().map(|cells| cells.dynamic(row)).collect();
            write_sorted(&arrays, descending, nulls_last, writer)
        })
    });
    if let [name] = names.as_slice() {
        return Ok(Bound { name: name.as_ref().map(|name| format!("{name}_sorted")), ..sorted });
    }
    let each = |(place, name): (usize, &Option<String>)| {
        let index = i64::try_from(place).unwrap_or(i64::MAX);
        let array = crate::kernels::dynamics::element(context, sorted.clone(), index)?;
        let name = name.clone().unwrap_or_else(|| format!("array{place}"));
        Ok(array.named(format!("{name}_sorted")))
    };
    let tuple = names.iter().enumerate().map(each).collect::<Result<Vec<_>, CallError>>()?;
    Ok(Bound { tuple, ..sorted })
}

fn write_sorted(
    arrays: &[Dynamic<'_>],
    descending: bool,
    nulls_last: bool,
    writer: &mut Writer,
) -> Written {
    let Some(keys) = arrays.first().and_then(|keys| keys.as_array()) else { return Ok(()) };
    let keys: Vec<Dynamic<'_>> = keys.iter().collect();
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|&left, &right| {
        let (Some(&left), Some(&right)) = (keys.get(left), keys.get(right)) else { return Ordering::Equal };
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
        let items: Vec<Dynamic<'_>> = array.as_array().map(|items| items.iter().collect()).unwrap_or_default();
        if items.len() == keys.len() {
            write_array(writer, order.iter().filter_map(|&position| items.get(position).copied()))?;
        } else {
            writer.null();
        }
    }
    if arrays.len() > 1 { writer.close() } else { Ok(()) }
}

/// `array_iff(conditions, then, else)`: value by value; what is given once serves for all places.
///
/// Source: learn.microsoft.com/kusto/query/array-iff-function.
fn array_iff(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.as_dynamic()?, arguments.as_dynamic()?];
    Ok(kernel::call("array_iff", inputs, ScalarType::Dynamic, context.span, |input| {
        let cells = all_cells(input, 0, &[ScalarType::Dynamic; 3])?;
        rows::dynamics(input.rows, |row, writer| {
            let [conditions, then, otherwise] = cells.as_slice() else { return Ok(()) };
            let Some(conditions) = conditions.dynamic(row).as_array() else { return Ok(()) };
            let (then, otherwise) = (Choices::new(then.dynamic(row)), Choices::new(otherwise.dynamic(row)));
            let chosen = |(position, condition): (usize, Dynamic<'_>)| match condition.view_or_null() {
                view @ (View::Bool(_) | View::Long(_) | View::Real(_)) => match to_bool(view) {
                    Some(true) => then.at(position),
                    _ => otherwise.at(position),
                },
                _ => Dynamic::NULL,
            };
            write_array(writer, conditions.iter().enumerate().map(chosen))
        })
    }))
}

enum Choices<'a> {
    All(Dynamic<'a>),
    Each(Vec<Dynamic<'a>>),
}

impl<'a> Choices<'a> {
    fn new(value: Dynamic<'a>) -> Self {
        value.as_array().map_or(Self::All(value), |array| Self::Each(array.iter().collect()))
    }

    fn at(&self, position: usize) -> Dynamic<'a> {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values.get(position).copied().unwrap_or(Dynamic::NULL),
        }
    }
}

/// `pack_array(values…)`.
///
/// Source: learn.microsoft.com/kusto/query/pack-array-function.
fn pack_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    Ok(kernel::call("pack_array", arguments, ScalarType::Dynamic, context.span, move |input| {
        let cells = all_cells(input, 0, &types)?;
        rows::dynamics(input.rows, |row, writer| {
            writer.open_array()?;
            cells.iter().for_each(|cells| cells.write(row, writer));
            writer.close()
        })
    }))
}

/// `zip(arrays…)`: arrays of the values at each place; short arrays are filled with null.
///
/// Source: learn.microsoft.com/kusto/query/zip-function.
fn zip(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = dynamics(context, arguments)?;
    let types = vec![ScalarType::Dynamic; inputs.len()];
    Ok(kernel::call("zip", inputs, ScalarType::Dynamic, context.span, move |input| {
        let cells = all_cells(input, 0, &types)?;
        rows::dynamics(input.rows, |row, writer| {
            let arrays: Option<Vec<Vec<Dynamic<'_>>>> =
                cells.iter().map(|cells| Some(cells.dynamic(row).as_array()?.iter().collect())).collect();
            let Some(arrays) = arrays else { return Ok(()) };
            let longest = arrays.iter().map(Vec::len).max().unwrap_or(0);
            writer.open_array()?;
            for position in 0..longest {
                write_array(writer, arrays.iter().map(|array| array.get(position).copied().unwrap_or(Dynamic::NULL)))?;
            }
            writer.close()
        })
    }))
}

/// `repeat(value, count)`: an array of the value so many times, at most 1,048,576.
///
/// Source: learn.microsoft.com/kusto/query/repeat-function.
fn repeat(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.as_dynamic()?, arguments.integer()?];
    Ok(kernel::call("repeat", inputs, ScalarType::Dynamic, context.span, |input| {
        let (values, counts) = (first(input)?, input.longs(1)?);
        rows::dynamics(input.rows, |row, writer| match rows::at(&counts, row) {
            Some(count) => {
                let count = usize::try_from(count.max(0)).map_or(MADE_MAX, |count| count.min(MADE_MAX));
                write_array(writer, std::iter::repeat_n(values.dynamic(row), count))
            }
            None => Ok(()),
        })
    }))
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
        [from @ (DateTime | TimeSpan), to, ref step @ ..] if from == to && step.iter().all(|&step| step == TimeSpan) => {
            let inputs = with_step(arguments, Value::TimeSpan(crate::ticks::PER_HOUR));
            Ok(whole_range(context, inputs, from))
        }
        ref types if types.iter().all(|&scalar_type| matches!(scalar_type, Int | Long)) => {
            let mut rest = Arguments::new(context, with_step(arguments, Value::Long(1)));
            let inputs = vec![rest.integer()?, rest.integer()?, rest.integer()?];
            Ok(whole_range(context, inputs, Long))
        }
        ref types if types.iter().all(|&scalar_type| matches!(scalar_type, Int | Long | Real)) => {
            let mut rest = Arguments::new(context, with_step(arguments, Value::Real(1.0)));
            let inputs = vec![rest.real()?, rest.real()?, rest.real()?];
            Ok(real_range(context, inputs))
        }
        _ => Err(context.invalid("range() takes numbers, or datetimes or timespans with a timespan as step")),
    }
}

fn whole_range(context: &CallContext<'_>, inputs: Vec<Bound>, item: ScalarType) -> Bound {
    kernel::call("range", inputs, ScalarType::Dynamic, context.span, move |input| {
        let (starts, ends, steps) = (input.longs(0)?, input.longs(1)?, input.longs(2)?);
        rows::dynamics(input.rows, |row, writer| {
            let ends = rows::at(&starts, row).zip(rows::at(&ends, row));
            let Some(((from, to), step)) = ends.zip(rows::at(&steps, row)) else { return Ok(()) };
            let inside = |value: &i64| if step > 0 { *value <= to } else { *value >= to };
            let values = std::iter::successors(Some(from), |value| value.checked_add(step).filter(|_| step != 0));
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
    })
}

fn real_range(context: &CallContext<'_>, inputs: Vec<Bound>) -> Bound {
    kernel::call("range", inputs, ScalarType::Dynamic, context.span, |input| {
        let (starts, ends, steps) = (input.reals(0)?, input.reals(1)?, input.reals(2)?);
        rows::dynamics(input.rows, |row, writer| {
            let ends = rows::at(&starts, row).zip(rows::at(&ends, row));
            let Some(((from, to), step)) = ends.zip(rows::at(&steps, row)) else { return Ok(()) };
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
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, json, text};
    use crate::Value::{self, Bool, DateTime, Long, Null, Real, TimeSpan};
    use crate::ticks::{PER_DAY, PER_HOUR};
    use tesem_kql::types::ScalarType;

    fn five() -> Value {
        dynamic("[1,2,3,4,5]")
    }

    #[test]
    fn length_and_parts() {
        check("array_length", &[(&[dynamic("[1,2,3,\"four\"]")], Long(4)), (&[dynamic("{}")], Null(ScalarType::Long))]);
        assert!(eval("array_length", &[text("abc")]).is_err());
        for (from, to, expected) in [(1, 2, "[2,3]"), (2, -1, "[3,4,5]"), (-3, -2, "[3,4]"), (3, 99, "[4,5]"), (4, 1, "[]")] {
            assert_eq!(json("array_slice", &[five(), Long(from), Long(to)]), expected);
        }
        assert_eq!(json("array_split", &[five(), Long(2)]), "[[1,2],[3,4,5]]");
        assert_eq!(json("array_split", &[five(), dynamic("[1,3]")]), "[[1],[2,3],[4,5]]");
        assert_eq!(json("array_concat", &[dynamic("[1]"), dynamic("null"), dynamic("[2,3]")]), "[1,2,3]");
    }

    #[test]
    fn moving() {
        assert_eq!(json("array_reverse", &[five()]), "[5,4,3,2,1]");
        assert_eq!(json("array_rotate_left", &[five(), Long(2)]), "[3,4,5,1,2]");
        assert_eq!(json("array_rotate_left", &[five(), Long(-2)]), "[4,5,1,2,3]");
        assert_eq!(json("array_rotate_right", &[five(), Long(2)]), "[4,5,1,2,3]");
        assert_eq!(json("array_rotate_left", &[dynamic("[]"), Long(2)]), "[]");
        assert_eq!(json("array_shift_left", &[five(), Long(2)]), "[3,4,5,null,null]");
        assert_eq!(json("array_shift_left", &[five(), Long(-2), Long(-1)]), "[-1,-1,1,2,3]");
        assert_eq!(json("array_shift_right", &[five(), Long(-2), Long(-1)]), "[3,4,5,-1,-1]");
    }

    #[test]
    fn searching() {
        let words = || dynamic(r#"["this","is","an","example","an","example"]"#);
        for (value, range, expected) in [
            ("an", &[][..], 2), ("example", &[1, 3], 3), ("example", &[1, 2], -1), ("is", &[2, 4], -1), ("example", &[2, -1], 3),
            ("an", &[1, -1, 2], 4), ("an", &[1, -1, 3], -1), ("an", &[-3], 4), ("is", &[-4], -1),
        ] {
            let mut arguments = vec![words(), text(value)];
            arguments.extend(range.iter().copied().map(Long));
            assert_eq!(eval("array_index_of", &arguments), Ok(Long(expected)), "{value} {range:?}");
        }
        check("array_sum", &[(&[dynamic("[1,2,3,4]")], Real(10.0)), (&[dynamic("[\"1\"]")], Null(ScalarType::Real))]);
    }

    #[test]
    fn sorting() {
        assert_eq!(json("array_sort_asc", &[dynamic("[1,3,4,5,2]"), dynamic(r#"["a","b","c","d","e"]"#)]), r#"[[1,2,3,4,5],["a","e","b","c","d"]]"#);
        let colours = || dynamic(r#"[null,"blue","yellow","green",null]"#);
        assert_eq!(json("array_sort_asc", &[colours()]), r#"["blue","green","yellow",null,null]"#);
        assert_eq!(json("array_sort_desc", &[colours()]), r#"["yellow","green","blue",null,null]"#);
        assert_eq!(json("array_sort_asc", &[colours(), Bool(false)]), r#"[null,null,"blue","green","yellow"]"#);
    }

    #[test]
    fn choosing() {
        assert_eq!(json("array_iff", &[dynamic("[true,false,true]"), dynamic("[1,2,3]"), dynamic("[4,5,6]")]), "[1,5,3]");
        assert_eq!(json("array_iff", &[dynamic("[1,0,50]"), text("yes"), text("no")]), r#"["yes","no","yes"]"#);
        assert_eq!(json("array_iff", &[dynamic(r#"["some",null]"#), Long(1), Long(0)]), "[null,null]");
        assert_eq!(json("array_iff", &[dynamic("[true,true,true]"), dynamic("[1,2]"), dynamic("[3,4]")]), "[1,2,null]");
    }

    #[test]
    fn making() {
        assert_eq!(json("pack_array", &[Long(1), text("2"), TimeSpan(2 * 10_000_000)]), r#"[1,"2","00:00:02"]"#);
        assert_eq!(json("pack_array", &[]), "[]");
        assert_eq!(json("zip", &[dynamic(r#"["A",1,1.5]"#), dynamic(r#"[{},"B"]"#)]), r#"[["A",{}],[1,"B"],[1.5,null]]"#);
        assert_eq!(json("repeat", &[Long(1), Long(3)]), "[1,1,1]");
        assert_eq!(json("range", &[Long(1), Long(8), Long(3)]), "[1,4,7]");
        assert_eq!(json("range", &[Long(1), Long(3)]), "[1,2,3]");
        assert_eq!(json("range", &[Long(3), Long(1)]), "[]");
        assert_eq!(json("range", &[TimeSpan(PER_HOUR), TimeSpan(2 * PER_HOUR)]), r#"["01:00:00","02:00:00"]"#);
        assert_eq!(
            json("range", &[DateTime(0), DateTime(PER_DAY), TimeSpan(PER_DAY)]),
            r#"["0001-01-01T00:00:00.0000000Z","0001-01-02T00:00:00.0000000Z"]"#
        );
        assert_eq!(json("range", &[Long(1), Real(2.5)]), "[1.0,2.0]");
    }
}
