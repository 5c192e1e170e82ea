//! Making result columns row by row, without an allocation per row.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayAccessor, ArrayRef, BinaryViewBuilder, BooleanArray, Decimal256Array,
    FixedSizeBinaryBuilder, Float64Array, Int32Array, Int64Array, StringViewBuilder,
};
use datafusion::common::DataFusionError;

use crate::decimal::{self, Decimal};
use crate::dynamic::{DynamicError, Writer};

/// What a kernel gives.
pub type Column = Result<ArrayRef, DataFusionError>;

/// The value of a row, none where it is null.
#[expect(
    clippy::needless_pass_by_value,
    reason = "arrays are read through references"
)]
pub fn at<A: ArrayAccessor>(array: A, row: usize) -> Option<A::Item> {
    (row < array.len() && array.is_valid(row)).then(|| array.value(row))
}

/// A `bool` column.
///
/// # Errors
/// None.
pub fn bools(rows: usize, cell: impl FnMut(usize) -> Option<bool>) -> Column {
    Ok(Arc::new((0..rows).map(cell).collect::<BooleanArray>()))
}

/// An `int` column.
///
/// # Errors
/// None.
pub fn ints(rows: usize, cell: impl FnMut(usize) -> Option<i32>) -> Column {
    Ok(Arc::new((0..rows).map(cell).collect::<Int32Array>()))
}

/// A `long`, `datetime` or `timespan` column.
///
/// # Errors
/// None.
pub fn longs(rows: usize, cell: impl FnMut(usize) -> Option<i64>) -> Column {
    Ok(Arc::new((0..rows).map(cell).collect::<Int64Array>()))
}

/// A `real` column.
///
/// # Errors
/// None.
pub fn reals(rows: usize, cell: impl FnMut(usize) -> Option<f64>) -> Column {
    Ok(Arc::new((0..rows).map(cell).collect::<Float64Array>()))
}

/// A `decimal` column.
///
/// # Errors
/// None that a [`Decimal`] can cause.
pub fn decimals(rows: usize, mut cell: impl FnMut(usize) -> Option<Decimal>) -> Column {
    let units: Decimal256Array = (0..rows).map(|row| cell(row).map(Decimal::units)).collect();
    Ok(Arc::new(units.with_precision_and_scale(
        decimal::PRECISION,
        decimal::SCALE,
    )?))
}

/// A `guid` column.
///
/// # Errors
/// None.
pub fn guids(rows: usize, mut cell: impl FnMut(usize) -> Option<u128>) -> Column {
    let mut builder = FixedSizeBinaryBuilder::with_capacity(rows, 16);
    for row in 0..rows {
        match cell(row) {
            Some(value) => builder.append_value(value.to_be_bytes())?,
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A `string` column: `cell` appends the text of a row to a buffer that is empty.
///
/// # Errors
/// None.
pub fn texts(rows: usize, mut cell: impl FnMut(usize, &mut String)) -> Column {
    let mut builder = StringViewBuilder::with_capacity(rows);
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        cell(row, &mut text);
        builder.append_value(&text);
    }
    Ok(Arc::new(builder.finish()))
}

/// A `string` column of texts that exist already.
///
/// # Errors
/// None.
pub fn slices<'a>(rows: usize, mut cell: impl FnMut(usize) -> &'a str) -> Column {
    let mut builder = StringViewBuilder::with_capacity(rows);
    for row in 0..rows {
        builder.append_value(cell(row));
    }
    Ok(Arc::new(builder.finish()))
}

/// A `dynamic` column: `cell` writes the value of a row into a writer that is empty. Writing
/// nothing, null, or something too deep or too large gives null.
///
/// # Errors
/// None.
pub fn dynamics(
    rows: usize,
    mut cell: impl FnMut(usize, &mut Writer) -> Result<(), DynamicError>,
) -> Column {
    let mut builder = BinaryViewBuilder::with_capacity(rows);
    let mut writer = Writer::new();
    for row in 0..rows {
        writer.clear();
        let written = cell(row, &mut writer);
        if written.is_err() || writer.value().is_null() {
            builder.append_null();
        } else {
            builder.append_value(writer.bytes());
        }
    }
    Ok(Arc::new(builder.finish()))
}
