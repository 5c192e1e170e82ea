//! Reading arguments of any type row by row.

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Decimal256Array, FixedSizeBinaryArray,
    Float64Array, Int32Array, Int64Array, StringViewArray,
};
use datafusion::common::{DataFusionError, exec_err};
use tesem_kql::types::ScalarType;

use crate::decimal::Decimal;
use crate::dynamic::{Dynamic, View, Writer, push_scalar, push_text};
use crate::kernel::Input;

/// An argument of a known scalar type, read as [`View`]s.
#[derive(Debug)]
pub enum Cells {
    /// `bool`.
    Bool(BooleanArray),
    /// `int`.
    Int(Int32Array),
    /// `long`.
    Long(Int64Array),
    /// `real`.
    Real(Float64Array),
    /// `decimal`.
    Decimal(Decimal256Array),
    /// `string`.
    String(StringViewArray),
    /// `datetime`.
    DateTime(Int64Array),
    /// `timespan`.
    TimeSpan(Int64Array),
    /// `guid`.
    Guid(FixedSizeBinaryArray),
    /// `dynamic`.
    Dynamic(BinaryViewArray),
}

impl Cells {
    /// An argument that holds `scalar_type`.
    ///
    /// # Errors
    /// When there is no such argument, or Arrow stores another type.
    pub fn of(
        input: &Input<'_>,
        index: usize,
        scalar_type: ScalarType,
    ) -> Result<Self, DataFusionError> {
        Self::new(&input.array(index)?, scalar_type)
    }

    /// An array that holds `scalar_type`.
    ///
    /// # Errors
    /// When Arrow stores another type.
    pub fn new(array: &ArrayRef, scalar_type: ScalarType) -> Result<Self, DataFusionError> {
        let cells = match scalar_type {
            ScalarType::Bool => array.as_boolean_opt().cloned().map(Self::Bool),
            ScalarType::Int => array.as_primitive_opt().cloned().map(Self::Int),
            ScalarType::Long => array.as_primitive_opt().cloned().map(Self::Long),
            ScalarType::Real => array.as_primitive_opt().cloned().map(Self::Real),
            ScalarType::Decimal => array.as_primitive_opt().cloned().map(Self::Decimal),
            ScalarType::String => array.as_string_view_opt().cloned().map(Self::String),
            ScalarType::DateTime => array.as_primitive_opt().cloned().map(Self::DateTime),
            ScalarType::TimeSpan => array.as_primitive_opt().cloned().map(Self::TimeSpan),
            ScalarType::Guid => array.as_fixed_size_binary_opt().cloned().map(Self::Guid),
            ScalarType::Dynamic => array.as_binary_view_opt().cloned().map(Self::Dynamic),
        };
        match cells {
            Some(cells) => Ok(cells),
            None => exec_err!(
                "{scalar_type} was expected and {} was given",
                array.data_type()
            ),
        }
    }

    /// The value at a row; null behind the last row.
    #[must_use]
    pub fn view(&self, row: usize) -> View<'_> {
        match self {
            Self::Bool(array) => {
                valid(array, row).map_or(View::Null, |row| View::Bool(array.value(row)))
            }
            Self::Int(array) => {
                valid(array, row).map_or(View::Null, |row| View::Long(i64::from(array.value(row))))
            }
            Self::Long(array) => {
                valid(array, row).map_or(View::Null, |row| View::Long(array.value(row)))
            }
            Self::Real(array) => {
                valid(array, row).map_or(View::Null, |row| View::Real(array.value(row)))
            }
            Self::Decimal(array) => valid(array, row)
                .and_then(|row| Decimal::from_units(array.value(row)))
                .map_or(View::Null, View::Decimal),
            Self::String(array) => {
                View::String(valid(array, row).map_or("", |row| array.value(row)))
            }
            Self::DateTime(array) => {
                valid(array, row).map_or(View::Null, |row| View::DateTime(array.value(row)))
            }
            Self::TimeSpan(array) => {
                valid(array, row).map_or(View::Null, |row| View::TimeSpan(array.value(row)))
            }
            Self::Guid(array) => valid(array, row)
                .and_then(|row| array.value(row).try_into().ok())
                .map_or(View::Null, |bytes| View::Guid(u128::from_be_bytes(bytes))),
            Self::Dynamic(_) => self.dynamic(row).view_or_null(),
        }
    }

    /// The value at a row of a `dynamic` argument as it is encoded; null for other arguments.
    #[must_use]
    pub fn dynamic(&self, row: usize) -> Dynamic<'_> {
        match self {
            Self::Dynamic(array) => {
                valid(array, row).map_or(Dynamic::NULL, |row| Dynamic::new(array.value(row)))
            }
            _ => Dynamic::NULL,
        }
    }

    /// Whether the value at a row is null; strings never are.
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        matches!(self.view(row), View::Null)
    }

    /// Appends the value at a row as `tostring` gives it: null as nothing.
    pub fn push_text(&self, row: usize, out: &mut String) {
        match (self, self.view(row)) {
            (Self::Dynamic(_), _) => push_text(self.dynamic(row), out),
            (_, View::Bool(value)) => out.push_str(if value { "True" } else { "False" }),
            (_, view) => push_scalar(view, out),
        }
    }

    /// Writes the value at a row as a dynamic.
    pub fn write(&self, row: usize, writer: &mut Writer) {
        match self {
            Self::Dynamic(_) => writer.value_of(self.dynamic(row)),
            _ => write_view(self.view(row), writer),
        }
    }
}

fn valid(array: &dyn Array, row: usize) -> Option<usize> {
    (row < array.len() && array.is_valid(row)).then_some(row)
}

/// Writes a scalar; arrays and bags must be copied with [`Writer::value_of`] and become null here.
fn write_view(view: View<'_>, writer: &mut Writer) {
    match view {
        View::Bool(value) => writer.bool(value),
        View::Long(value) => writer.long(value),
        View::Real(value) => writer.real(value),
        View::Decimal(value) => writer.decimal(value),
        View::DateTime(ticks) => writer.datetime(ticks),
        View::TimeSpan(ticks) => writer.timespan(ticks),
        View::Guid(value) => writer.guid(value),
        View::String(text) => writer.string(text),
        View::Null | View::Array(_) | View::Bag(_) => writer.null(),
    }
}
