//! Arrays as sets: values once, in the order of their first appearance.

use std::collections::HashSet;

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::{first, write_array};
use super::text::all_cells;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, equals};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("set_union", 1..=64, ResultName::Default, set_union),
    function("set_intersect", 1..=64, ResultName::Default, set_intersect),
    function(
        "set_difference",
        1..=64,
        ResultName::Default,
        set_difference,
    ),
    function("set_equals", 2..=2, ResultName::Default, set_equals),
    function(
        "set_has_element",
        2..=2,
        ResultName::Default,
        set_has_element,
    ),
    function("jaccard_index", 2..=2, ResultName::Default, jaccard_index),
];

/// How several sets become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Combination {
    Union,
    Intersection,
    Difference,
}

/// `set_union(arrays…)`.
///
/// Source: learn.microsoft.com/kusto/query/set-union-function.
fn set_union(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    combined(context, arguments, Combination::Union)
}

/// `set_intersect(arrays…)`.
///
/// Source: learn.microsoft.com/kusto/query/set-intersect-function.
fn set_intersect(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    combined(context, arguments, Combination::Intersection)
}

/// `set_difference(array, arrays…)`: what is in the first and in no other.
///
/// Source: learn.microsoft.com/kusto/query/set-difference-function.
fn set_difference(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    combined(context, arguments, Combination::Difference)
}

fn sets(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Vec<Bound>, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = Vec::new();
    while arguments.has_more() {
        inputs.push(arguments.dynamic()?);
    }
    Ok(inputs)
}

fn combined(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    combination: Combination,
) -> Result<Bound, CallError> {
    let inputs = sets(context, arguments)?;
    let types = vec![ScalarType::Dynamic; inputs.len()];
    Ok(kernel::call(
        "set",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                let arrays: Option<Vec<Array<'_>>> = cells
                    .iter()
                    .map(|cells| cells.dynamic(row).as_array())
                    .collect();
                match arrays.as_deref().and_then(<[_]>::split_first) {
                    Some((first, others)) => {
                        write_array(writer, combine(*first, others, combination))
                    }
                    None => Ok(()),
                }
            })
        },
    ))
}

fn combine<'a>(
    first: Array<'a>,
    others: &[Array<'a>],
    combination: Combination,
) -> Vec<Dynamic<'a>> {
    let mut seen = HashSet::new();
    let members = |array: &Array<'a>| array.iter().collect::<HashSet<Dynamic<'a>>>();
    match combination {
        Combination::Union => {
            let all = first
                .iter()
                .chain(others.iter().flat_map(|other| other.iter()));
            all.filter(|item| seen.insert(*item)).collect()
        }
        Combination::Intersection => {
            let others: Vec<_> = others.iter().map(members).collect();
            let in_all = |item: &Dynamic<'a>| others.iter().all(|other| other.contains(item));
            first
                .iter()
                .filter(|item| in_all(item) && seen.insert(*item))
                .collect()
        }
        Combination::Difference => {
            let others: Vec<_> = others.iter().map(members).collect();
            let in_none = |item: &Dynamic<'a>| !others.iter().any(|other| other.contains(item));
            first
                .iter()
                .filter(|item| in_none(item) && seen.insert(*item))
                .collect()
        }
    }
}

/// The two arguments of a row as sets.
fn pair<'a>(
    cells: &'a [Cells],
    row: usize,
) -> Option<(HashSet<Dynamic<'a>>, HashSet<Dynamic<'a>>)> {
    let set = |index: usize| Some(cells.get(index)?.dynamic(row).as_array()?.iter().collect());
    Some((set(0)?, set(1)?))
}

fn both(input: &Input<'_>) -> Result<Vec<Cells>, datafusion::common::DataFusionError> {
    all_cells(input, 0, &[ScalarType::Dynamic; 2])
}

/// `set_equals(first, second)`.
///
/// Source: learn.microsoft.com/kusto/query/set-equals-function.
fn set_equals(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = sets(context, arguments)?;
    Ok(kernel::call(
        "set_equals",
        inputs,
        ScalarType::Bool,
        context.span,
        |input| {
            let cells = both(input)?;
            rows::bools(input.rows, |row| {
                pair(&cells, row).map(|(first, second)| first == second)
            })
        },
    ))
}

/// `set_has_element(array, value)`.
///
/// Source: learn.microsoft.com/kusto/query/set-has-element-function.
fn set_has_element(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.as_dynamic()?];
    Ok(kernel::call(
        "set_has_element",
        inputs,
        ScalarType::Bool,
        context.span,
        |input| {
            let (arrays, values) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::bools(input.rows, |row| {
                let wanted = values.dynamic(row);
                Some(
                    arrays
                        .dynamic(row)
                        .as_array()?
                        .iter()
                        .any(|item| equals(item, wanted)),
                )
            })
        },
    ))
}

/// `jaccard_index(first, second)`: how much of the union is in the intersection.
///
/// Source: learn.microsoft.com/kusto/query/jaccard-index-function.
fn jaccard_index(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = sets(context, arguments)?;
    Ok(kernel::call(
        "jaccard_index",
        inputs,
        ScalarType::Real,
        context.span,
        |input| {
            let cells = both(input)?;
            #[expect(clippy::cast_precision_loss, reason = "sets are small")]
            rows::reals(input.rows, |row| {
                let (first, second) = pair(&cells, row)?;
                let common = first.intersection(&second).count();
                let all = first.len() + second.len() - common;
                Some(common as f64 / all as f64)
            })
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, json, text};
    use crate::Value::{Bool, Long, Null, Real};
    use tesem_kql::types::ScalarType;

    #[test]
    fn combinations() {
        let sets = || [dynamic("[1,2,1,4]"), dynamic("[1,2]"), dynamic("[8]")];
        assert_eq!(json("set_union", &sets()), "[1,2,4,8]");
        assert_eq!(json("set_difference", &sets()), "[4]");
        assert_eq!(
            json("set_intersect", &[dynamic("[1,2,1,4]"), dynamic("[2,1]")]),
            "[1,2]"
        );
        assert_eq!(
            json("set_intersect", &[dynamic("[1]"), dynamic("[4]")]),
            "[]"
        );
        assert_eq!(
            json("set_union", &[dynamic("null"), dynamic("[4]")]),
            "null"
        );
    }

    #[test]
    fn questions() {
        check(
            "set_has_element",
            &[
                (
                    &[dynamic(r#"["this","example"]"#), text("example")],
                    Bool(true),
                ),
                (&[dynamic("[1,2]"), Long(3)], Bool(false)),
                (&[dynamic("{}"), Long(3)], Null(ScalarType::Bool)),
            ],
        );
        check(
            "set_equals",
            &[(&[dynamic("[1,2,2]"), dynamic("[2,1]")], Bool(true))],
        );
        check(
            "jaccard_index",
            &[(&[dynamic("[1,2,3]"), dynamic("[1,2,3,4]")], Real(0.75))],
        );
    }
}
