//! Replacing and repeating text, and text as code points.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::{all_cells, map_bool, text_at};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Array, Dynamic, View};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("replace_string", 3..=3, ResultName::Default, replace_string),
    function(
        "replace_strings",
        3..=3,
        ResultName::Default,
        replace_strings,
    ),
    function("translate", 3..=3, ResultName::Default, translate),
    function("strrep", 2..=3, ResultName::Default, repeat_text),
    function("isascii", 1..=1, ResultName::Default, is_ascii),
    function("isutf8", 1..=1, ResultName::Default, is_utf8),
    function("to_utf8", 1..=1, ResultName::Default, code_points),
    function(
        "unicode_codepoints_from_string",
        1..=1,
        ResultName::Default,
        code_points,
    ),
    function("make_string", 1..=64, ResultName::Default, from_code_points),
    function(
        "unicode_codepoints_to_string",
        1..=64,
        ResultName::Default,
        from_code_points,
    ),
];

/// Longest text that a repetition makes, in bytes: what the service allows in a string value.
///
/// Source: learn.microsoft.com/kusto/query/scalar-data-types/string, encoding limit of 1 MB.
const REPEATED_MAX: usize = 1 << 20;

/// `strrep(value, count [, delimiter])`.
///
/// Source: learn.microsoft.com/kusto/query/strrep-function.
fn repeat_text(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (text, count) = (arguments.text()?, arguments.integer()?);
    let delimiter = arguments.or(Value::String(String::new()), Arguments::text)?;
    let arguments = vec![text, count, delimiter];
    Ok(kernel::call(
        "strrep",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let (texts, counts, delimiters) =
                (input.strings(0)?, input.longs(1)?, input.strings(2)?);
            rows::texts(input.rows, |row, out| {
                for position in 0..rows::at(&counts, row).unwrap_or(0) {
                    if out.len() > REPEATED_MAX {
                        break;
                    }
                    if position > 0 {
                        out.push_str(text_at(&delimiters, row));
                    }
                    out.push_str(text_at(&texts, row));
                }
            })
        },
    ))
}

/// `replace_string(text, lookup, rewrite)`.
///
/// Source: learn.microsoft.com/kusto/query/replace-string-function.
fn replace_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let arguments = vec![
        arguments.string()?,
        arguments.string()?,
        arguments.string()?,
    ];
    Ok(kernel::call(
        "replace_string",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let (texts, lookups, rewrites) =
                (input.strings(0)?, input.strings(1)?, input.strings(2)?);
            rows::texts(input.rows, |row, out| {
                let text = text_at(&texts, row);
                push_replaced(text, text_at(&lookups, row), text_at(&rewrites, row), out);
            })
        },
    ))
}

/// Appends the text with every occurrence replaced; an empty lookup occurs nowhere.
fn push_replaced(text: &str, lookup: &str, rewrite: &str, out: &mut String) {
    if lookup.is_empty() {
        out.push_str(text);
        return;
    }
    let mut copied = 0;
    for (at, _) in text.match_indices(lookup) {
        out.push_str(text.get(copied..at).unwrap_or_default());
        out.push_str(rewrite);
        copied = at + lookup.len();
    }
    out.push_str(text.get(copied..).unwrap_or_default());
}

/// `replace_strings(text, lookups, rewrites)`: one lookup after the other is replaced in all of the
/// text; what was rewritten is not looked at again.
///
/// Source: learn.microsoft.com/kusto/query/replace-strings-function.
fn replace_strings(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let arguments = vec![
        arguments.string()?,
        arguments.dynamic()?,
        arguments.dynamic()?,
    ];
    Ok(kernel::call(
        "replace_strings",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            let lookups = Cells::of(input, 1, ScalarType::Dynamic)?;
            let rewrites = Cells::of(input, 2, ScalarType::Dynamic)?;
            rows::texts(input.rows, |row, out| {
                let pairs = string_pairs(lookups.dynamic(row), rewrites.dynamic(row));
                push_all_replaced(text_at(&texts, row), &pairs, out);
            })
        },
    ))
}

/// Lookups with their rewrites. A rewrite that is no string leaves the lookup as it is.
fn string_pairs<'a>(lookups: Dynamic<'a>, rewrites: Dynamic<'a>) -> Vec<(&'a str, &'a str)> {
    let items = |array: Dynamic<'a>| array.as_array().into_iter().flat_map(Array::iter);
    let pair = |(lookup, rewrite): (Dynamic<'a>, Dynamic<'a>)| {
        let lookup = lookup.as_str().filter(|lookup| !lookup.is_empty())?;
        Some((lookup, rewrite.as_str().unwrap_or(lookup)))
    };
    items(lookups)
        .zip(items(rewrites))
        .filter_map(pair)
        .collect()
}

fn push_all_replaced(text: &str, pairs: &[(&str, &str)], out: &mut String) {
    let Some((&(lookup, rewrite), pairs)) = pairs.split_first() else {
        out.push_str(text);
        return;
    };
    for (position, between) in text.split(lookup).enumerate() {
        if position > 0 {
            out.push_str(rewrite);
        }
        push_all_replaced(between, pairs, out);
    }
}

/// `translate(search, replacement, text)`: characters of `search` become those at the same place
/// of `replacement`, whose last character serves for all further ones.
///
/// Source: learn.microsoft.com/kusto/query/translate-function.
fn translate(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let arguments = vec![
        arguments.string()?,
        arguments.string()?,
        arguments.string()?,
    ];
    Ok(kernel::call(
        "translate",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let (searches, replacements, texts) =
                (input.strings(0)?, input.strings(1)?, input.strings(2)?);
            rows::texts(input.rows, |row, out| {
                let (search, replacement) = (text_at(&searches, row), text_at(&replacements, row));
                for character in text_at(&texts, row).chars() {
                    match search.chars().position(|other| other == character) {
                        None => out.push(character),
                        Some(place) => out.extend(
                            replacement
                                .chars()
                                .nth(place)
                                .or_else(|| replacement.chars().last()),
                        ),
                    }
                }
            })
        },
    ))
}

/// `isascii(value)`.
///
/// Source: learn.microsoft.com/kusto/query/isascii-function.
fn is_ascii(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_bool(context, "isascii", text, |text| {
        Some(text.is_ascii())
    }))
}

/// `isutf8(value)`: always true, because every string is UTF-8.
///
/// Source: learn.microsoft.com/kusto/query/isutf8-function.
fn is_utf8(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_bool(context, "isutf8", text, |_| Some(true)))
}

/// `unicode_codepoints_from_string(value)`, `to_utf8(value)`: the code points as numbers.
///
/// Source: learn.microsoft.com/kusto/query/unicode-codepoints-from-string-function.
fn code_points(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let arguments = vec![Arguments::new(context, arguments).text()?];
    let name = "unicode_codepoints_from_string";
    Ok(kernel::call(
        name,
        arguments,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::dynamics(input.rows, |row, writer| {
                writer.open_array()?;
                text_at(&texts, row)
                    .chars()
                    .for_each(|character| writer.long(i64::from(u32::from(character))));
                writer.close()
            })
        },
    ))
}

/// `unicode_codepoints_to_string(values…)`, `make_string(values…)`: of numbers and arrays of them.
///
/// Source: learn.microsoft.com/kusto/query/unicode-codepoints-to-string-function.
fn from_code_points(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    let allowed = [ScalarType::Int, ScalarType::Long, ScalarType::Dynamic];
    if let Some(wrong) = arguments
        .iter()
        .find(|value| !allowed.contains(&value.scalar_type))
    {
        return Err(
            context.invalid_argument(wrong, "expects an integer or an array of integers here")
        );
    }
    let name = "unicode_codepoints_to_string";
    Ok(kernel::call(
        name,
        arguments,
        ScalarType::String,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::texts(input.rows, |row, out| {
                for cells in &cells {
                    match cells.view(row) {
                        View::Array(items) => items
                            .iter()
                            .for_each(|item| push_code_point(item.view_or_null(), out)),
                        other => push_code_point(other, out),
                    }
                }
            })
        },
    ))
}

fn push_code_point(view: View<'_>, out: &mut String) {
    if let View::Long(number) = view {
        out.extend(u32::try_from(number).ok().and_then(char::from_u32));
    }
}
