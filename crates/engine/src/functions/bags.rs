//! Making dynamic values, and functions on dynamic bags. What is no bag gives null.

use std::collections::{BTreeMap, HashSet};

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::text::{all_cells, text_at};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{
    Array, Bag, Dynamic, DynamicError, Step, View, Writer, append_json, get_path, parse_path,
    to_json, to_text,
};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::{convert, dynamics, rows};
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("parse_json", 1..=1, ResultName::FirstArgument, parse_json),
    function("parsejson", 1..=1, ResultName::FirstArgument, parse_json),
    function("todynamic", 1..=1, ResultName::FirstArgument, parse_json),
    function("toobject", 1..=1, ResultName::FirstArgument, parse_json),
    function("extract_json", 2..=3, ResultName::Default, extract_json),
    function("extractjson", 2..=3, ResultName::Default, extract_json),
    function(
        "dynamic_to_json",
        1..=1,
        ResultName::Default,
        dynamic_to_json,
    ),
    function("bag_pack", 2..=256, ResultName::Default, bag_pack),
    function("pack", 2..=256, ResultName::Default, bag_pack),
    function("pack_dictionary", 2..=256, ResultName::Default, bag_pack),
    function(
        "bag_pack_columns",
        1..=256,
        ResultName::Default,
        bag_pack_columns,
    ),
    function("pack_all", 0..=1, ResultName::Default, pack_all),
    function("bag_keys", 1..=1, ResultName::Default, bag_keys),
    function("bag_has_key", 2..=2, ResultName::Default, bag_has_key),
    function("bag_merge", 2..=64, ResultName::Default, bag_merge),
    function(
        "bag_remove_keys",
        2..=2,
        ResultName::Default,
        bag_remove_keys,
    ),
    function("bag_set_key", 3..=3, ResultName::Default, bag_set_key),
    function("bag_zip", 2..=2, ResultName::Default, bag_zip),
];

type Written = Result<(), DynamicError>;

/// `parse_json(text)`, `todynamic(text)`: text that is not JSON becomes a dynamic string; a dynamic
/// stays as it is.
///
/// Source: learn.microsoft.com/kusto/query/parse-json-function.
fn parse_json(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.any()?;
    match value.scalar_type {
        ScalarType::Dynamic => Ok(value),
        ScalarType::String => Ok(kernel::call(
            "parse_json",
            vec![value],
            ScalarType::Dynamic,
            context.span,
            |input| {
                let texts = input.strings(0)?;
                rows::dynamics(input.rows, |row, writer| {
                    append_json(text_at(&texts, row), writer);
                    Ok(())
                })
            },
        )),
        _ => Err(arguments.wrong_type(&value, "a string or a dynamic")),
    }
}

/// `extract_json(path, text [, typeof(type)])`: the value at a JSON path.
///
/// Source: learn.microsoft.com/kusto/query/extract-json-function.
fn extract_json(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let path = arguments.known_string()?;
    let steps = parse_path(&path).filter(|_| path.starts_with('$'));
    let steps = steps.ok_or_else(|| {
        context.invalid(format!(
            "`{path}` is not a JSON path; write it like $.name[0]"
        ))
    })?;
    let text = arguments.string()?;
    let target = if arguments.has_more() {
        arguments.type_literal()?
    } else {
        ScalarType::String
    };
    let json = parse_json(context, vec![text])?;
    let part = kernel::call(
        "extract_json",
        vec![json],
        ScalarType::Dynamic,
        context.span,
        move |input| dynamics::parts(&input.dynamics(0)?, |value, _| get_path(value, &steps)),
    );
    convert::to(context, part, target)
}

/// `dynamic_to_json(value)`: JSON with the keys of bags in alphabetical order.
///
/// Source: learn.microsoft.com/kusto/query/dynamic-to-json-function.
fn dynamic_to_json(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).as_dynamic()?];
    Ok(kernel::call(
        "dynamic_to_json",
        inputs,
        ScalarType::String,
        context.span,
        |input| {
            let values = first(input)?;
            let mut writer = Writer::new();
            rows::texts(input.rows, |row, out| {
                writer.clear();
                // The copy is no deeper than the original.
                if write_with_sorted_keys(values.dynamic(row), &mut writer).is_ok() {
                    out.push_str(&to_json(writer.value()));
                }
            })
        },
    ))
}

fn write_with_sorted_keys(value: Dynamic<'_>, writer: &mut Writer) -> Written {
    match value.view_or_null() {
        View::Array(array) => {
            writer.open_array()?;
            array
                .iter()
                .try_for_each(|item| write_with_sorted_keys(item, writer))?;
            writer.close()
        }
        View::Bag(bag) => {
            writer.open_bag()?;
            for (key, item) in bag.iter().collect::<BTreeMap<_, _>>() {
                writer.key(key);
                write_with_sorted_keys(item, writer)?;
            }
            writer.close()
        }
        _ => {
            writer.value_of(value);
            Ok(())
        }
    }
}

/// `bag_pack(key, value, …)`, `pack(key, value, …)`: a key that comes again takes the later value.
///
/// Source: learn.microsoft.com/kusto/query/bag-pack-function.
fn bag_pack(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    if arguments.len() % 2 == 1 {
        return Err(context.invalid(format!("{}() needs a value for each key", context.function)));
    }
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    if let Some(wrong) = arguments
        .iter()
        .step_by(2)
        .find(|key| key.scalar_type != ScalarType::String)
    {
        return Err(context.invalid_argument(wrong, "expects a string as key here"));
    }
    Ok(kernel::call(
        "bag_pack",
        arguments,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                writer.open_bag()?;
                for pair in cells.chunks_exact(2) {
                    if let [key, value] = pair
                        && let View::String(key) = key.view(row)
                    {
                        writer.key(key);
                        value.write(row, writer);
                    }
                }
                writer.close()
            })
        },
    ))
}

/// `bag_pack_columns(columns…)`: a bag of columns by their names.
///
/// Source: learn.microsoft.com/kusto/query/bag-pack-columns-function.
fn bag_pack_columns(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    if let Some(wrong) = arguments.iter().find(|column| !column.is_column) {
        return Err(context.invalid_argument(wrong, "expects a column here"));
    }
    Ok(columns_bag(context, arguments, false))
}

/// `pack_all([ignore_null_empty])`: a bag of all columns.
///
/// Source: learn.microsoft.com/kusto/query/pack-all-function.
fn pack_all(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let option = arguments.or(Value::Bool(false), Arguments::bool)?;
    let ignore_empty = option.constant.as_ref().and_then(Value::as_bool);
    let Some(ignore_empty) = ignore_empty else {
        return Err(context.invalid_argument(&option, "expects true or false here"));
    };
    Ok(columns_bag(context, context.columns.to_vec(), ignore_empty))
}

fn columns_bag(context: &CallContext<'_>, columns: Vec<Bound>, ignore_empty: bool) -> Bound {
    let types: Vec<ScalarType> = columns.iter().map(|column| column.scalar_type).collect();
    let names: Vec<String> = columns
        .iter()
        .map(|column| column.name.clone().unwrap_or_default())
        .collect();
    kernel::call(
        "pack_all",
        columns,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                writer.open_bag()?;
                for (name, cells) in names.iter().zip(&cells) {
                    let is_empty = matches!(cells.view(row), View::Null | View::String(""));
                    if !(ignore_empty && is_empty) {
                        writer.key(name);
                        cells.write(row, writer);
                    }
                }
                writer.close()
            })
        },
    )
}

/// `bag_keys(bag)`.
///
/// Source: learn.microsoft.com/kusto/query/bag-keys-function.
fn bag_keys(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "bag_keys",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let bags = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                let Some(bag) = bags.dynamic(row).as_bag() else {
                    return Ok(());
                };
                writer.open_array()?;
                bag.iter().for_each(|(key, _)| writer.string(key));
                writer.close()
            })
        },
    ))
}

/// `bag_has_key(bag, key)`: the key may be a JSON path.
///
/// Source: learn.microsoft.com/kusto/query/bag-has-key-function.
fn bag_has_key(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.string()?];
    Ok(kernel::call(
        "bag_has_key",
        inputs,
        ScalarType::Bool,
        context.span,
        |input| {
            let (bags, keys) = (first(input)?, input.strings(1)?);
            rows::bools(input.rows, |row| {
                let bag = bags.dynamic(row);
                bag.as_bag()?;
                let path = parse_path(text_at(&keys, row));
                Some(path.is_some_and(|path| get_path(bag, &path).is_some()))
            })
        },
    ))
}

/// `bag_merge(bags…)`: the first bag that has a key decides; what is no bag is left out.
///
/// Source: learn.microsoft.com/kusto/query/bag-merge-function.
fn bag_merge(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut rest = Arguments::new(context, arguments);
    let mut inputs = Vec::new();
    while rest.has_more() {
        inputs.push(rest.dynamic()?);
    }
    let types = vec![ScalarType::Dynamic; inputs.len()];
    Ok(kernel::call(
        "bag_merge",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::dynamics(input.rows, |row, writer| {
                let bags: Vec<Bag<'_>> = cells
                    .iter()
                    .filter_map(|cells| cells.dynamic(row).as_bag())
                    .collect();
                if bags.is_empty() {
                    return Ok(());
                }
                let mut seen = HashSet::new();
                writer.open_bag()?;
                for (key, value) in bags.into_iter().flat_map(Bag::iter) {
                    if seen.insert(key) {
                        writer.key(key);
                        writer.value_of(value);
                    }
                }
                writer.close()
            })
        },
    ))
}

/// `bag_remove_keys(bag, keys)`: the keys may be JSON paths.
///
/// Source: learn.microsoft.com/kusto/query/bag-remove-keys-function.
fn bag_remove_keys(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.dynamic()?];
    Ok(kernel::call(
        "bag_remove_keys",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (bags, keys) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::dynamics(input.rows, |row, writer| {
                let Some(bag) = bags.dynamic(row).as_bag() else {
                    return Ok(());
                };
                let keys = keys.dynamic(row).as_array();
                let paths: Vec<Vec<Step>> = keys
                    .into_iter()
                    .flat_map(Array::iter)
                    .filter_map(|key| parse_path(&to_text(key)))
                    .collect();
                let paths: Vec<&[Step]> = paths.iter().map(Vec::as_slice).collect();
                write_without(bag, &paths, writer)
            })
        },
    ))
}

fn write_without(bag: Bag<'_>, paths: &[&[Step]], writer: &mut Writer) -> Written {
    writer.open_bag()?;
    for (key, value) in bag.iter() {
        let below: Vec<&[Step]> = paths
            .iter()
            .filter_map(|path| match path.split_first() {
                Some((Step::Member(step), rest)) if step == key => Some(rest),
                _ => None,
            })
            .collect();
        if below.iter().any(|rest| rest.is_empty()) {
            continue;
        }
        writer.key(key);
        match value.as_bag() {
            Some(inner) if !below.is_empty() => write_without(inner, &below, writer)?,
            _ => writer.value_of(value),
        }
    }
    writer.close()
}

/// `bag_set_key(bag, key, value)`: the key may be a JSON path, whose bags are made as needed.
///
/// Source: learn.microsoft.com/kusto/query/bag-set-key-function.
fn bag_set_key(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let bag = arguments.dynamic()?;
    let key = arguments.known_string()?;
    let path: Option<Vec<String>> =
        parse_path(&key).and_then(|path| path.into_iter().map(member_name).collect());
    let Some(path) = path.filter(|path| !path.is_empty()) else {
        return Err(context.not_supported(format!("bag_set_key() with the path `{key}`")));
    };
    let inputs = vec![bag, arguments.as_dynamic()?];
    Ok(kernel::call(
        "bag_set_key",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let (bags, values) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::dynamics(input.rows, |row, writer| match bags.dynamic(row).as_bag() {
                Some(bag) => write_with(Some(bag), &path, values.dynamic(row), writer),
                None => Ok(()),
            })
        },
    ))
}

fn member_name(step: Step) -> Option<String> {
    match step {
        Step::Member(name) => Some(name),
        Step::Index(_) => None,
    }
}

fn write_with(
    bag: Option<Bag<'_>>,
    path: &[String],
    value: Dynamic<'_>,
    writer: &mut Writer,
) -> Written {
    let Some((name, rest)) = path.split_first() else {
        writer.value_of(value);
        return Ok(());
    };
    writer.open_bag()?;
    let inner = bag.and_then(|bag| bag.get(name));
    // A key that is set below a bag moves to its end; one that is replaced keeps its place.
    for (key, old) in bag.into_iter().flat_map(Bag::iter) {
        if key == name && rest.is_empty() && path.len() == 1 && writer.depth() > 1 {
            continue;
        }
        writer.key(key);
        if key == name {
            write_with(old.as_bag(), rest, value, writer)?;
        } else {
            writer.value_of(old);
        }
    }
    let is_new = inner.is_none() || (rest.is_empty() && writer.depth() > 1);
    if is_new {
        writer.key(name);
        write_with(None, rest, value, writer)?;
    }
    writer.close()
}

/// `bag_zip(keys, values)`: keys that are no strings are left out with their values; missing
/// values are null.
///
/// Source: learn.microsoft.com/kusto/query/bag-zip-function.
fn bag_zip(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.dynamic()?, arguments.dynamic()?];
    Ok(kernel::call(
        "bag_zip",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (keys, values) = (first(input)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            rows::dynamics(input.rows, |row, writer| {
                let Some(keys) = keys.dynamic(row).as_array() else {
                    return Ok(());
                };
                let mut values = values
                    .dynamic(row)
                    .as_array()
                    .into_iter()
                    .flat_map(Array::iter);
                writer.open_bag()?;
                for key in keys.iter() {
                    let value = values.next().unwrap_or(Dynamic::NULL);
                    if let Some(key) = key.as_str() {
                        writer.key(key);
                        writer.value_of(value);
                    }
                }
                writer.close()
            })
        },
    ))
}

#[cfg(test)]
mod tests;
