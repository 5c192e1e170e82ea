//! Functions on dynamic arrays. What is no array gives null.

use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::all_cells;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, DynamicError, View, Writer, equals};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::convert::{to_bool, to_long, to_real};
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("array_length", 1..=1, ResultName::Default, array_length),
    function("arraylength", 1..=1, ResultName::Default, array_length),
    function("array_concat", 1..=64, ResultName::Default, array_concat),
    function("array_slice", 3..=3, ResultName::Default, array_slice),
    function("array_split", 2..=2, ResultName::Default, array_split),
    function("array_index_of", 2..=5, ResultName::Default, array_index_of),
    function("array_sum", 1..=1, ResultName::Default, array_sum),
    function("array_iff", 3..=3, ResultName::Default, array_iff),
    function("array_iif", 3..=3, ResultName::Default, array_iff),
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

/// `array_length(array)`.
///
/// Source: learn.microsoft.com/kusto/query/array-length-function.
fn array_length(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "array_length",
        inputs,
        ScalarType::Long,
        context.span,
        |input| {
            let arrays = first(input)?;
            rows::longs(input.rows, |row| {
                i64::try_from(arrays.dynamic(row).as_array()?.len()).ok()
            })
        },
    ))
}

pub(super) fn dynamics(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Vec<Bound>, CallError> {
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
    Ok(kernel::call(
        "array_concat",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                let arrays: Vec<Array<'_>> = cells
                    .iter()
                    .filter_map(|cells| cells.dynamic(row).as_array())
                    .collect();
                if arrays.is_empty() {
                    return Ok(());
                }
                write_array(writer, arrays.into_iter().flat_map(Array::iter))
            })
        },
    ))
}

/// A place in an array of a length: negative ones count from the end.
fn place(index: i64, length: usize) -> i64 {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    if index < 0 {
        length.saturating_add(index)
    } else {
        index
    }
}

fn clamped(place: i64, length: usize) -> usize {
    usize::try_from(place.max(0)).map_or(length, |place| place.min(length))
}

/// `array_slice(array, from, to)`: both ends are included and may count from the end.
///
/// Source: learn.microsoft.com/kusto/query/array-slice-function.
fn array_slice(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![
        arguments.dynamic()?,
        arguments.integer()?,
        arguments.integer()?,
    ];
    Ok(kernel::call(
        "array_slice",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (arrays, starts, ends) = (first(input)?, input.longs(1)?, input.longs(2)?);
            rows::dynamics(input.rows, |row, writer| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return Ok(());
                };
                let (Some(from), Some(to)) = (rows::at(&starts, row), rows::at(&ends, row)) else {
                    return Ok(());
                };
                let from = clamped(place(from, array.len()), array.len());
                let to = clamped(place(to, array.len()).saturating_add(1), array.len());
                write_array(
                    writer,
                    array.iter().skip(from).take(to.saturating_sub(from)),
                )
            })
        },
    ))
}

/// `array_split(array, index)`, `array_split(array, indexes)`: the parts between the places.
///
/// Source: learn.microsoft.com/kusto/query/array-split-function.
fn array_split(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let array = arguments.dynamic()?;
    let places = arguments.any()?;
    let kind = places.scalar_type;
    if !matches!(
        kind,
        ScalarType::Int | ScalarType::Long | ScalarType::Dynamic
    ) {
        return Err(arguments.wrong_type(&places, "an integer or an array of integers"));
    }
    Ok(kernel::call(
        "array_split",
        vec![array, places],
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (arrays, places) = (first(input)?, Cells::of(input, 1, kind)?);
            rows::dynamics(input.rows, |row, writer| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return Ok(());
                };
                let at = |view: View<'_>| {
                    to_long(view).map(|index| clamped(place(index, array.len()), array.len()))
                };
                let places: Vec<usize> = match places.view(row) {
                    View::Array(indexes) => indexes
                        .iter()
                        .filter_map(|index| at(index.view_or_null()))
                        .collect(),
                    index => at(index).into_iter().collect(),
                };
                write_split(array, &places, writer)
            })
        },
    ))
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
    Ok(kernel::call(
        "array_index_of",
        inputs,
        ScalarType::Long,
        context.span,
        |input| {
            let (arrays, values) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            let (starts, lengths, nths) = (input.longs(2)?, input.longs(3)?, input.longs(4)?);
            rows::longs(input.rows, |row| {
                let array = arrays.dynamic(row).as_array()?;
                let from = clamped(place(rows::at(&starts, row)?, array.len()), array.len());
                let length = rows::at(&lengths, row)?;
                let most = if length < 0 {
                    array.len()
                } else {
                    usize::try_from(length).ok()?
                };
                let nth = usize::try_from(rows::at(&nths, row)?.checked_sub(1)?).ok()?;
                let wanted = values.dynamic(row);
                let hits = array
                    .iter()
                    .enumerate()
                    .skip(from)
                    .take(most)
                    .filter(|(_, item)| equals(*item, wanted));
                let found = hits.map(|(position, _)| position).nth(nth);
                Some(
                    found
                        .and_then(|position| i64::try_from(position).ok())
                        .unwrap_or(-1),
                )
            })
        },
    ))
}

/// `array_sum(array)`: a real; null where a value is no number.
///
/// Source: learn.microsoft.com/kusto/query/array-sum-function.
fn array_sum(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "array_sum",
        inputs,
        ScalarType::Real,
        context.span,
        |input| {
            let arrays = first(input)?;
            rows::reals(input.rows, |row| {
                let number = |item: Dynamic<'_>| match item.view_or_null() {
                    view @ (View::Long(_) | View::Real(_) | View::Decimal(_)) => to_real(view),
                    _ => None,
                };
                arrays.dynamic(row).as_array()?.iter().map(number).sum()
            })
        },
    ))
}

/// `array_iff(conditions, then, else)`: value by value; what is given once serves for all places.
///
/// Source: learn.microsoft.com/kusto/query/array-iff-function.
fn array_iff(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![
        arguments.dynamic()?,
        arguments.as_dynamic()?,
        arguments.as_dynamic()?,
    ];
    Ok(kernel::call(
        "array_iff",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let cells = all_cells(input, 0, &[ScalarType::Dynamic; 3])?;
            rows::dynamics(input.rows, |row, writer| {
                let [conditions, then, otherwise] = cells.as_slice() else {
                    return Ok(());
                };
                let Some(conditions) = conditions.dynamic(row).as_array() else {
                    return Ok(());
                };
                let (then, otherwise) = (
                    Choices::new(then.dynamic(row)),
                    Choices::new(otherwise.dynamic(row)),
                );
                let chosen = |(position, condition): (usize, Dynamic<'_>)| match condition
                    .view_or_null()
                {
                    view @ (View::Bool(_) | View::Long(_) | View::Real(_)) => match to_bool(view) {
                        Some(true) => then.at(position),
                        _ => otherwise.at(position),
                    },
                    _ => Dynamic::NULL,
                };
                write_array(writer, conditions.iter().enumerate().map(chosen))
            })
        },
    ))
}

enum Choices<'a> {
    All(Dynamic<'a>),
    Each(Vec<Dynamic<'a>>),
}

impl<'a> Choices<'a> {
    fn new(value: Dynamic<'a>) -> Self {
        value
            .as_array()
            .map_or(Self::All(value), |array| Self::Each(array.iter().collect()))
    }

    fn at(&self, position: usize) -> Dynamic<'a> {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values.get(position).copied().unwrap_or(Dynamic::NULL),
        }
    }
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
        check(
            "array_length",
            &[
                (&[dynamic("[1,2,3,\"four\"]")], Long(4)),
                (&[dynamic("{}")], Null(ScalarType::Long)),
            ],
        );
        assert!(eval("array_length", &[text("abc")]).is_err());
        for (from, to, expected) in [
            (1, 2, "[2,3]"),
            (2, -1, "[3,4,5]"),
            (-3, -2, "[3,4]"),
            (3, 99, "[4,5]"),
            (4, 1, "[]"),
        ] {
            assert_eq!(
                json("array_slice", &[five(), Long(from), Long(to)]),
                expected
            );
        }
        assert_eq!(json("array_split", &[five(), Long(2)]), "[[1,2],[3,4,5]]");
        assert_eq!(
            json("array_split", &[five(), dynamic("[1,3]")]),
            "[[1],[2,3],[4,5]]"
        );
        assert_eq!(
            json(
                "array_concat",
                &[dynamic("[1]"), dynamic("null"), dynamic("[2,3]")]
            ),
            "[1,2,3]"
        );
    }

    #[test]
    fn moving() {
        assert_eq!(json("array_reverse", &[five()]), "[5,4,3,2,1]");
        assert_eq!(json("array_rotate_left", &[five(), Long(2)]), "[3,4,5,1,2]");
        assert_eq!(
            json("array_rotate_left", &[five(), Long(-2)]),
            "[4,5,1,2,3]"
        );
        assert_eq!(
            json("array_rotate_right", &[five(), Long(2)]),
            "[4,5,1,2,3]"
        );
        assert_eq!(json("array_rotate_left", &[dynamic("[]"), Long(2)]), "[]");
        assert_eq!(
            json("array_shift_left", &[five(), Long(2)]),
            "[3,4,5,null,null]"
        );
        assert_eq!(
            json("array_shift_left", &[five(), Long(-2), Long(-1)]),
            "[-1,-1,1,2,3]"
        );
        assert_eq!(
            json("array_shift_right", &[five(), Long(-2), Long(-1)]),
            "[3,4,5,-1,-1]"
        );
    }

    #[test]
    fn searching() {
        let words = || dynamic(r#"["this","is","an","example","an","example"]"#);
        for (value, range, expected) in [
            ("an", &[][..], 2),
            ("example", &[1, 3], 3),
            ("example", &[1, 2], -1),
            ("is", &[2, 4], -1),
            ("example", &[2, -1], 3),
            ("an", &[1, -1, 2], 4),
            ("an", &[1, -1, 3], -1),
            ("an", &[-3], 4),
            ("is", &[-4], -1),
        ] {
            let mut arguments = vec![words(), text(value)];
            arguments.extend(range.iter().copied().map(Long));
            assert_eq!(
                eval("array_index_of", &arguments),
                Ok(Long(expected)),
                "{value} {range:?}"
            );
        }
        check(
            "array_sum",
            &[
                (&[dynamic("[1,2,3,4]")], Real(10.0)),
                (&[dynamic("[\"1\"]")], Null(ScalarType::Real)),
            ],
        );
    }

    #[test]
    fn sorting() {
        assert_eq!(
            json(
                "array_sort_asc",
                &[dynamic("[1,3,4,5,2]"), dynamic(r#"["a","b","c","d","e"]"#)]
            ),
            r#"[[1,2,3,4,5],["a","e","b","c","d"]]"#
        );
        let colours = || dynamic(r#"[null,"blue","yellow","green",null]"#);
        assert_eq!(
            json("array_sort_asc", &[colours()]),
            r#"["blue","green","yellow",null,null]"#
        );
        assert_eq!(
            json("array_sort_desc", &[colours()]),
            r#"["yellow","green","blue",null,null]"#
        );
        assert_eq!(
            json("array_sort_asc", &[colours(), Bool(false)]),
            r#"[null,null,"blue","green","yellow"]"#
        );
    }

    #[test]
    fn choosing() {
        assert_eq!(
            json(
                "array_iff",
                &[
                    dynamic("[true,false,true]"),
                    dynamic("[1,2,3]"),
                    dynamic("[4,5,6]")
                ]
            ),
            "[1,5,3]"
        );
        assert_eq!(
            json("array_iff", &[dynamic("[1,0,50]"), text("yes"), text("no")]),
            r#"["yes","no","yes"]"#
        );
        assert_eq!(
            json(
                "array_iff",
                &[dynamic(r#"["some",null]"#), Long(1), Long(0)]
            ),
            "[null,null]"
        );
        assert_eq!(
            json(
                "array_iff",
                &[
                    dynamic("[true,true,true]"),
                    dynamic("[1,2]"),
                    dynamic("[3,4]")
                ]
            ),
            "[1,2,null]"
        );
    }

    #[test]
    fn making() {
        assert_eq!(
            json(
                "pack_array",
                &[Long(1), text("2"), TimeSpan(2 * 10_000_000)]
            ),
            r#"[1,"2","00:00:02"]"#
        );
        assert_eq!(json("pack_array", &[]), "[]");
        assert_eq!(
            json("zip", &[dynamic(r#"["A",1,1.5]"#), dynamic(r#"[{},"B"]"#)]),
            r#"[["A",{}],[1,"B"],[1.5,null]]"#
        );
        assert_eq!(json("repeat", &[Long(1), Long(3)]), "[1,1,1]");
        assert_eq!(json("range", &[Long(1), Long(8), Long(3)]), "[1,4,7]");
        assert_eq!(json("range", &[Long(1), Long(3)]), "[1,2,3]");
        assert_eq!(json("range", &[Long(3), Long(1)]), "[]");
        assert_eq!(
            json("range", &[TimeSpan(PER_HOUR), TimeSpan(2 * PER_HOUR)]),
            r#"["01:00:00","02:00:00"]"#
        );
        assert_eq!(
            json(
                "range",
                &[DateTime(0), DateTime(PER_DAY), TimeSpan(PER_DAY)]
            ),
            r#"["0001-01-01T00:00:00.0000000Z","0001-01-02T00:00:00.0000000Z"]"#
        );
        assert_eq!(json("range", &[Long(1), Real(2.5)]), "[1.0,2.0]");
    }
}
