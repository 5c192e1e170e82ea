//! Choosing between values, and asking whether there is one.

use std::cmp::Ordering;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::compute::interleave;
use datafusion::logical_expr::{Expr, lit, when};
use datafusion::scalar::ScalarValue;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::common::{unify, unify_branches};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::View;
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

/// Most arguments of a function that takes any number of them.
const MANY: usize = 64;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("not", 1..=1, ResultName::Default, not),
    function("isnull", 1..=1, ResultName::Default, is_null),
    function("isnotnull", 1..=1, ResultName::Default, is_not_null),
    function("notnull", 1..=1, ResultName::Default, is_not_null),
    function("isempty", 1..=1, ResultName::Default, is_empty),
    function("isnotempty", 1..=1, ResultName::Default, is_not_empty),
    function("notempty", 1..=1, ResultName::Default, is_not_empty),
    function("iff", 3..=3, ResultName::Default, iff),
    function("iif", 3..=3, ResultName::Default, iff),
    function("case", 3..=1001, ResultName::Default, case),
    function("coalesce", 2..=MANY, ResultName::Default, coalesce),
    function("max_of", 2..=MANY, ResultName::Default, max_of),
    function("min_of", 2..=MANY, ResultName::Default, min_of),
    function("around", 3..=3, ResultName::Default, around),
];

/// `not(condition)`: null stays null.
///
/// Source: learn.microsoft.com/kusto/query/not-function.
fn not(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).bool()?;
    if let Some(known) = &value.constant {
        let negated = known
            .as_bool()
            .map_or(Value::Null(ScalarType::Bool), |known| Value::Bool(!known));
        return Ok(Bound::constant(negated, context.span));
    }
    let nullable = value.nullable;
    let negated = Bound::new(
        Expr::Not(Box::new(value.expr)),
        ScalarType::Bool,
        context.span,
    );
    Ok(Bound {
        nullable,
        ..negated
    })
}

/// `isnull(value)`: never true for a string.
///
/// Source: learn.microsoft.com/kusto/query/isnull-function.
fn is_null(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).any()?;
    Ok(null_test(context, value, true))
}

/// `isnotnull(value)`: always true for a string.
///
/// Source: learn.microsoft.com/kusto/query/isnotnull-function.
fn is_not_null(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).any()?;
    Ok(null_test(context, value, false))
}

fn null_test(context: &CallContext<'_>, value: Bound, wanted: bool) -> Bound {
    let known = match (&value.constant, value.scalar_type) {
        (Some(known), _) => Some(known.is_null()),
        (None, ScalarType::String) => Some(false),
        (None, _) => None,
    };
    if let Some(is_null) = known {
        return Bound::constant(Value::Bool(is_null == wanted), context.span);
    }
    let expr = if wanted {
        value.expr.is_null()
    } else {
        value.expr.is_not_null()
    };
    Bound::new(expr, ScalarType::Bool, context.span).non_null()
}

/// `isempty(value)`: null, or the empty string.
///
/// Source: learn.microsoft.com/kusto/query/isempty-function.
fn is_empty(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).any()?;
    Ok(empty_test(context, value, true))
}

/// `isnotempty(value)`: neither null nor the empty string.
///
/// Source: learn.microsoft.com/kusto/query/isnotempty-function.
fn is_not_empty(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).any()?;
    Ok(empty_test(context, value, false))
}

fn empty_test(context: &CallContext<'_>, value: Bound, wanted: bool) -> Bound {
    match value.scalar_type {
        // A plain comparison is understood by the pruning of files.
        ScalarType::String if value.constant.is_none() => {
            let empty = lit(ScalarValue::Utf8View(Some(String::new())));
            let expr = if wanted {
                value.expr.eq(empty)
            } else {
                value.expr.not_eq(empty)
            };
            Bound::new(expr, ScalarType::Bool, context.span).non_null()
        }
        scalar_type @ (ScalarType::String | ScalarType::Dynamic) => {
            let arguments = vec![value];
            kernel::call(
                "isempty",
                arguments,
                ScalarType::Bool,
                context.span,
                move |input| {
                    let cells = Cells::of(input, 0, scalar_type)?;
                    let is_empty = |row| matches!(cells.view(row), View::Null | View::String(""));
                    rows::bools(input.rows, |row| Some(is_empty(row) == wanted))
                },
            )
            .non_null()
        }
        _ => null_test(context, value, wanted),
    }
}

/// `iff(condition, then, else)`: a condition that is null chooses `else`.
///
/// Source: learn.microsoft.com/kusto/query/iff-function.
fn iff(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let condition = arguments.bool()?;
    let (scalar_type, branches) = unify_branches(context, arguments.rest())?;
    choose(context, vec![condition], branches, scalar_type)
}

/// `case(condition, then, …, else)`: the first condition that is true chooses.
///
/// Source: learn.microsoft.com/kusto/query/case-function.
fn case(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    if arguments.len().is_multiple_of(2) {
        return Err(
            context.invalid("case() needs a value for each condition, and one for all other cases")
        );
    }
    let mut arguments = Arguments::new(context, arguments);
    let (mut conditions, mut branches) = (Vec::new(), Vec::new());
    loop {
        let next = arguments.any()?;
        if !arguments.has_more() {
            branches.push(next);
            break;
        }
        conditions.push(Arguments::new(context, vec![next]).bool()?);
        branches.push(arguments.any()?);
    }
    let (scalar_type, branches) = unify_branches(context, branches)?;
    choose(context, conditions, branches, scalar_type)
}

/// The branch of the first condition that is true; there is one branch more than conditions.
fn choose(
    context: &CallContext<'_>,
    conditions: Vec<Bound>,
    mut branches: Vec<Bound>,
    scalar_type: ScalarType,
) -> Result<Bound, CallError> {
    let nullable = branches.iter().any(|branch| branch.nullable);
    let Some(otherwise) = branches.pop() else {
        return Err(context.invalid("a branch is missing"));
    };
    if let Some(known) = known_choice(&conditions, &branches, &otherwise) {
        return Ok(Bound {
            name: None,
            is_column: false,
            span: context.span,
            ..known
        });
    }
    let mut pairs = conditions.into_iter().zip(branches);
    let Some((condition, branch)) = pairs.next() else {
        return Ok(otherwise);
    };
    let mut builder = when(condition.expr, branch.expr);
    for (condition, branch) in pairs {
        builder = builder.when(condition.expr, branch.expr);
    }
    let expr = builder.otherwise(otherwise.expr);
    let expr = expr.map_err(|error| context.invalid(error.strip_backtrace()))?;
    let chosen = Bound::new(expr, scalar_type, context.span);
    Ok(Bound {
        nullable: nullable && scalar_type != ScalarType::String,
        ..chosen
    })
}

/// The branch, where the conditions that decide are known.
fn known_choice(conditions: &[Bound], branches: &[Bound], otherwise: &Bound) -> Option<Bound> {
    for (condition, branch) in conditions.iter().zip(branches) {
        if condition.constant.as_ref()?.as_bool() == Some(true) {
            return Some(branch.clone());
        }
    }
    Some(otherwise.clone())
}

/// `coalesce(values…)`: the first that is not null; for strings, that is not empty.
///
/// Source: learn.microsoft.com/kusto/query/coalesce-function.
fn coalesce(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let (scalar_type, values) = unify(context, arguments)?;
    let tests = values.iter().take(values.len().saturating_sub(1));
    let conditions = tests
        .map(|value| empty_or_null_test(context, value.clone()))
        .collect();
    choose(context, conditions, values, scalar_type)
}

fn empty_or_null_test(context: &CallContext<'_>, value: Bound) -> Bound {
    match value.scalar_type {
        ScalarType::String => empty_test(context, value, false),
        _ => null_test(context, value, false),
    }
}

/// `max_of(values…)`: the greatest that is not null.
///
/// Source: learn.microsoft.com/kusto/query/max-of-function.
fn max_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    extreme(context, arguments, Ordering::Greater)
}

/// `min_of(values…)`: the least that is not null.
///
/// Source: learn.microsoft.com/kusto/query/min-of-function.
fn min_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    extreme(context, arguments, Ordering::Less)
}

fn extreme(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    wanted: Ordering,
) -> Result<Bound, CallError> {
    let (scalar_type, values) = unify(context, arguments)?;
    if scalar_type == ScalarType::Dynamic {
        return Err(context.invalid(format!("{}() does not compare dynamics", context.function)));
    }
    let name = if wanted == Ordering::Greater {
        "max_of"
    } else {
        "min_of"
    };
    Ok(kernel::call(
        name,
        values,
        scalar_type,
        context.span,
        move |input| extremes(input, scalar_type, wanted),
    ))
}

fn extremes(input: &Input<'_>, scalar_type: ScalarType, wanted: Ordering) -> rows::Column {
    let arrays: Vec<ArrayRef> = (0..input.values.len())
        .map(|index| input.array(index))
        .collect::<Result<_, _>>()?;
    let cells: Vec<Cells> = arrays
        .iter()
        .map(|array| Cells::new(array, scalar_type))
        .collect::<Result<_, _>>()?;
    let places: Vec<(usize, usize)> = (0..input.rows)
        .map(|row| {
            let better = |best: usize, other: usize| {
                let (old, new) = (cells.get(best), cells.get(other));
                let order = old
                    .zip(new)
                    .map(|(old, new)| compare(new.view(row), old.view(row)));
                if order == Some(wanted) { other } else { best }
            };
            let filled = (0..cells.len())
                .filter(|&index| cells.get(index).is_some_and(|cell| !cell.is_null(row)));
            (filled.reduce(better).unwrap_or(0), row)
        })
        .collect();
    let arrays: Vec<&dyn Array> = arrays.iter().map(AsRef::as_ref).collect();
    Ok(interleave(&arrays, &places)?)
}

/// Orders two values of one type; `NaN` is below every number.
pub(super) fn compare(left: View<'_>, right: View<'_>) -> Ordering {
    match (left, right) {
        (View::Bool(left), View::Bool(right)) => left.cmp(&right),
        (View::Long(left), View::Long(right))
        | (View::DateTime(left), View::DateTime(right))
        | (View::TimeSpan(left), View::TimeSpan(right)) => left.cmp(&right),
        (View::Real(left), View::Real(right)) => left
            .partial_cmp(&right)
            .unwrap_or_else(|| right.is_nan().cmp(&left.is_nan())),
        (View::Decimal(left), View::Decimal(right)) => left.cmp(&right),
        (View::Guid(left), View::Guid(right)) => left.cmp(&right),
        (View::String(left), View::String(right)) => left.cmp(right),
        _ => Ordering::Equal,
    }
}

/// `around(value, center, delta)`: whether a value lies at most so far from a centre.
///
/// Source: learn.microsoft.com/kusto/query/around-function.
fn around(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    match *types.as_slice() {
        [
            ScalarType::DateTime,
            ScalarType::DateTime,
            ScalarType::TimeSpan,
        ]
        | [
            ScalarType::TimeSpan,
            ScalarType::TimeSpan,
            ScalarType::TimeSpan,
        ] => {
            let within = |input: &Input<'_>| {
                let (values, centers, deltas) = (input.longs(0)?, input.longs(1)?, input.longs(2)?);
                rows::bools(input.rows, |row| {
                    let distance = rows::at(&values, row)?.abs_diff(rows::at(&centers, row)?);
                    Some(
                        u64::try_from(rows::at(&deltas, row)?).is_ok_and(|delta| distance <= delta),
                    )
                })
            };
            Ok(kernel::call(
                "around",
                arguments,
                ScalarType::Bool,
                context.span,
                within,
            ))
        }
        _ => {
            let mut arguments = Arguments::new(context, arguments);
            let values = vec![arguments.real()?, arguments.real()?, arguments.real()?];
            Ok(kernel::call(
                "around",
                values,
                ScalarType::Bool,
                context.span,
                |input| {
                    let (values, centers, deltas) =
                        (input.reals(0)?, input.reals(1)?, input.reals(2)?);
                    rows::bools(input.rows, |row| {
                        let distance = (rows::at(&values, row)? - rows::at(&centers, row)?).abs();
                        Some(distance <= rows::at(&deltas, row)?)
                    })
                },
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, text};
    use crate::Value::{Bool, Int, Long, Null, Real};
    use tesem_kql::types::ScalarType;

    const NO_INT: crate::Value = Null(ScalarType::Int);
    const NO_BOOL: crate::Value = Null(ScalarType::Bool);

    #[test]
    fn empty_and_null() {
        check(
            "isnull",
            &[
                (&[NO_INT], Bool(true)),
                (&[text("")], Bool(false)),
                (&[dynamic("null")], Bool(true)),
            ],
        );
        check(
            "isempty",
            &[
                (&[NO_INT], Bool(true)),
                (&[text("")], Bool(true)),
                (&[text(" ")], Bool(false)),
                (&[dynamic("\"\"")], Bool(true)),
                (&[dynamic("[]")], Bool(false)),
            ],
        );
        check(
            "isnotempty",
            &[(&[Long(0)], Bool(true)), (&[dynamic("null")], Bool(false))],
        );
        check(
            "not",
            &[(&[Bool(true)], Bool(false)), (&[NO_BOOL], NO_BOOL)],
        );
    }

    #[test]
    fn choices() {
        check(
            "iff",
            &[
                (&[Bool(true), Long(1), Long(2)], Long(1)),
                (&[NO_BOOL, Long(1), Long(2)], Long(2)),
                (&[Bool(true), Int(1), Real(2.0)], Real(1.0)),
                (&[Bool(true), Long(1), dynamic("2")], Long(1)),
                (&[Bool(true), Long(1), text("x")], dynamic("1")),
                (&[Bool(false), Long(1), text("5")], dynamic("\"5\"")),
            ],
        );
        check(
            "case",
            &[(
                &[Bool(false), text("a"), Bool(true), text("b"), text("c")],
                text("b"),
            )],
        );
        check(
            "coalesce",
            &[
                (&[Null(ScalarType::Long), Long(42), Long(33)], Long(42)),
                (&[text(""), text("x")], text("x")),
            ],
        );
        assert!(
            eval("iff", &[Long(1), Long(1), Long(2)])
                .unwrap_err()
                .contains("bool")
        );
        assert!(
            eval("coalesce", &[Long(1), text("x")])
                .unwrap_err()
                .contains("no common type")
        );
        assert!(eval("case", &[Bool(true), Long(1), Bool(false), Long(2)]).is_err());
    }

    #[test]
    fn extremes() {
        check(
            "max_of",
            &[
                (&[Long(10), Long(1), Long(-3), Long(17)], Long(17)),
                (&[Int(1), NO_INT], Int(1)),
                (&[NO_INT, NO_INT], NO_INT),
                (&[text("a"), text("b")], text("b")),
                (&[Long(1), Real(2.5)], Real(2.5)),
            ],
        );
        check(
            "min_of",
            &[
                (&[Long(10), Long(-3)], Long(-3)),
                (&[NO_INT, Int(3)], Int(3)),
            ],
        );
        check(
            "around",
            &[
                (&[Long(9), Long(10), Long(1)], Bool(true)),
                (&[Long(8), Long(10), Long(1)], Bool(false)),
            ],
        );
    }
}
