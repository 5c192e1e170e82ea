//! Access to the inside of dynamics, and their conversion where an operator meets one.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BinaryViewArray, ByteView};
use datafusion::arrow::buffer::{NullBuffer, ScalarBuffer};
use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::cells::Cells;
use super::strings::fold;
use super::{convert, rows};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, View, equals, get_index, get_member, to_text};
use crate::kernel;

/// `base.name` and `base["name"]`: a dynamic; null where there is no such member. The binder names the result.
///
/// # Errors
/// None today.
pub fn member(context: &CallContext<'_>, base: Bound, name: &str) -> Result<Bound, CallError> {
    let key = name.to_owned();
    let base = convert::to(context, base, ScalarType::Dynamic)?;
    Ok(kernel::call(
        "member",
        vec![base],
        ScalarType::Dynamic,
        context.span,
        move |input| parts(&input.dynamics(0)?, |value, _| get_member(value, &key)),
    ))
}

/// `base[index]` with a known number, from the end when negative: a dynamic; null where there is no such element.
///
/// # Errors
/// None today.
pub fn element(context: &CallContext<'_>, base: Bound, index: i64) -> Result<Bound, CallError> {
    let base = convert::to(context, base, ScalarType::Dynamic)?;
    Ok(kernel::call(
        "element",
        vec![base],
        ScalarType::Dynamic,
        context.span,
        move |input| parts(&input.dynamics(0)?, |value, _| get_index(value, index)),
    ))
}

/// `base[index]` with an index (string, int, long or dynamic) that is known only when the query runs.
///
/// # Errors
/// None today.
pub fn index(context: &CallContext<'_>, base: Bound, index: Bound) -> Result<Bound, CallError> {
    let base = convert::to(context, base, ScalarType::Dynamic)?;
    let index_type = index.scalar_type;
    let arguments = vec![base, index];
    Ok(kernel::call(
        "index",
        arguments,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let indexes = Cells::of(input, 1, index_type)?;
            parts(&input.dynamics(0)?, |value, row| match indexes.view(row) {
                View::String(key) => get_member(value, key),
                View::Long(place) => get_index(value, place),
                _ => None,
            })
        },
    ))
}

/// The implicit conversion of a dynamic where an operator wants a value of `target`, such as in `d.count > 5` or `d.name has "x"`:
/// the unquoted text for strings, null for everything that does not convert.
///
/// # Errors
/// None today.
pub fn to_scalar(
    context: &CallContext<'_>,
    value: Bound,
    target: ScalarType,
) -> Result<Bound, CallError> {
    convert::to(context, value, target)
}

/// The implicit conversion of any scalar to a dynamic, as in `iff(b, 1, "x")`.
///
/// Unlike `parse_json()`, this keeps a string as it is.
///
/// # Errors
/// None today.
pub fn from_scalar(context: &CallContext<'_>, value: Bound) -> Result<Bound, CallError> {
    let source = value.scalar_type;
    if source == ScalarType::Dynamic {
        return Ok(value);
    }
    Ok(kernel::call(
        "dynamic",
        vec![value],
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let cells = Cells::of(input, 0, source)?;
            rows::dynamics(input.rows, |row, writer| {
                cells.write(row, writer);
                Ok(())
            })
        },
    ))
}

/// `operand in (array)` for a dynamic array that is known only when the query runs; the operand is of any type, compared as by `==`
/// (but for case when not `case_sensitive`). The result is a non-null `bool`.
///
/// # Errors
/// None today.
pub fn in_array(
    context: &CallContext<'_>,
    operand: Bound,
    array: Bound,
    case_sensitive: bool,
    negated: bool,
) -> Result<Bound, CallError> {
    let operand_type = operand.scalar_type;
    let arguments = vec![operand, array];
    let bound = kernel::call(
        "in",
        arguments,
        ScalarType::Bool,
        context.span,
        move |input| {
            let operands = Cells::of(input, 0, operand_type)?;
            let arrays = Cells::of(input, 1, ScalarType::Dynamic)?;
            rows::bools(input.rows, |row| {
                let found = holds(arrays.dynamic(row), &operands, row, case_sensitive);
                Some(found != negated)
            })
        },
    );
    Ok(bound.non_null())
}

/// Whether a value, which counts as an array of one where it is no array, holds the operand.
fn holds(array: Dynamic<'_>, operands: &Cells, row: usize, case_sensitive: bool) -> bool {
    let is_it = |item: Dynamic<'_>| match operands.view(row) {
        View::Null => false,
        View::String(text) => text_equals(item, text, case_sensitive),
        _ => {
            let mut writer = crate::dynamic::Writer::new();
            operands.write(row, &mut writer);
            equals(item, writer.value()) || converts_to(item, operands.view(row))
        }
    };
    match array.as_array() {
        Some(items) => items.iter().any(is_it),
        None => is_it(array),
    }
}

fn text_equals(item: Dynamic<'_>, text: &str, case_sensitive: bool) -> bool {
    let same = |item: &str| {
        if case_sensitive {
            item == text
        } else {
            fold::equals(item, text)
        }
    };
    match item.as_str() {
        Some(item) => same(item),
        None => !item.is_null() && same(&to_text(item)),
    }
}

/// Whether a text spells the operand, as the text of a datetime or guid does.
fn converts_to(item: Dynamic<'_>, operand: View<'_>) -> bool {
    let view = item.view_or_null();
    match operand {
        View::DateTime(ticks) => convert::to_datetime(view) == Some(ticks),
        View::TimeSpan(ticks) => convert::to_timespan(view) == Some(ticks),
        View::Guid(value) => convert::to_guid(view) == Some(value),
        _ => false,
    }
}

/// Takes a part out of every value without copying: the new column shows slices of the old one.
pub(crate) fn parts<'a>(
    values: &'a BinaryViewArray,
    part: impl Fn(Dynamic<'a>, usize) -> Option<Dynamic<'a>>,
) -> Result<ArrayRef, DataFusionError> {
    let mut views = Vec::with_capacity(values.len());
    let mut valid = Vec::with_capacity(values.len());
    for row in 0..values.len() {
        let whole = if values.is_null(row) {
            &[][..]
        } else {
            values.value(row)
        };
        let found = part(Dynamic::new(whole), row).filter(|part| !part.is_null());
        valid.push(found.is_some());
        views.push(match (found, values.views().get(row)) {
            (Some(part), Some(&view)) => part_view(whole, part.bytes(), ByteView::from(view)),
            _ => 0,
        });
    }
    let buffers = values.data_buffers().to_vec();
    let nulls = NullBuffer::from(valid);
    let array = BinaryViewArray::try_new(ScalarBuffer::from(views), buffers, Some(nulls))?;
    Ok(Arc::new(array))
}

/// The view of a part that lies within the value of a view.
fn part_view(whole: &[u8], part: &[u8], view: ByteView) -> u128 {
    const INLINE_MAX: usize = 12;
    let length = u32::try_from(part.len()).unwrap_or_default();
    if part.len() <= INLINE_MAX {
        let mut bytes = [0; 16];
        let (head, tail) = bytes.split_at_mut(4);
        head.copy_from_slice(&length.to_le_bytes());
        for (to, from) in tail.iter_mut().zip(part) {
            *to = *from;
        }
        return u128::from_le_bytes(bytes);
    }
    let prefix = part
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let skipped = part.as_ptr().addr() - whole.as_ptr().addr();
    let offset = view.offset + u32::try_from(skipped).unwrap_or_default();
    ByteView {
        length,
        prefix,
        buffer_index: view.buffer_index,
        offset,
    }
    .as_u128()
}
