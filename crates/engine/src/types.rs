//! How Arrow stores the scalar types.
//!
//! | KQL | Arrow | note |
//! | --- | --- | --- |
//! | bool | Boolean | |
//! | int | Int32 | |
//! | long | Int64 | |
//! | real | Float64 | |
//! | decimal | Decimal256(76, 36) | |
//! | string | Utf8View | never null: every scan, outer join and union fills in the empty string |
//! | datetime | Int64 | ticks of 100 ns since 0001-01-01T00:00Z; Arrow's nanoseconds would end in 2262 |
//! | timespan | Int64 | ticks of 100 ns |
//! | guid | FixedSizeBinary(16) | most significant byte first |
//! | dynamic | BinaryView | the encoding of [`crate::dynamic`] |

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::{
    DataType, Decimal256Type, Field, Float64Type, Int32Type, Int64Type,
};
use datafusion::scalar::ScalarValue;
use tesem_kql::types::ScalarType;

use crate::decimal::{self, Decimal};
use crate::dynamic;
use crate::value::Value;

/// The bytes of a guid.
const GUID_BYTES: i32 = 16;

/// The Arrow type that stores `scalar_type`.
#[must_use]
pub fn physical(scalar_type: ScalarType) -> DataType {
    match scalar_type {
        ScalarType::Bool => DataType::Boolean,
        ScalarType::Int => DataType::Int32,
        ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => DataType::Int64,
        ScalarType::Real => DataType::Float64,
        ScalarType::Decimal => DataType::Decimal256(decimal::PRECISION, decimal::SCALE),
        ScalarType::String => DataType::Utf8View,
        ScalarType::Guid => DataType::FixedSizeBinary(GUID_BYTES),
        ScalarType::Dynamic => DataType::BinaryView,
    }
}

/// An Arrow field that stores `scalar_type`; only strings are declared non-null.
#[must_use]
pub fn field(name: &str, scalar_type: ScalarType) -> Field {
    Field::new(
        name,
        physical(scalar_type),
        scalar_type != ScalarType::String,
    )
}

/// A value as DataFusion's literal.
#[must_use]
pub fn literal(value: &Value) -> ScalarValue {
    match value {
        Value::Null(scalar_type) => null(*scalar_type),
        Value::Bool(value) => ScalarValue::Boolean(Some(*value)),
        Value::Int(value) => ScalarValue::Int32(Some(*value)),
        Value::Long(value) | Value::DateTime(value) | Value::TimeSpan(value) => {
            ScalarValue::Int64(Some(*value))
        }
        Value::Real(value) => ScalarValue::Float64(Some(*value)),
        Value::Decimal(value) => {
            ScalarValue::Decimal256(Some(value.units()), decimal::PRECISION, decimal::SCALE)
        }
        Value::String(value) => ScalarValue::Utf8View(Some(value.clone())),
        Value::Guid(value) => {
            ScalarValue::FixedSizeBinary(GUID_BYTES, Some(value.to_be_bytes().to_vec()))
        }
        Value::Dynamic(value) => ScalarValue::BinaryView(Some(dynamic::encode(value))),
    }
}

/// The null of a type as DataFusion's literal; for strings the empty string.
#[must_use]
pub fn null(scalar_type: ScalarType) -> ScalarValue {
    match scalar_type {
        ScalarType::Bool => ScalarValue::Boolean(None),
        ScalarType::Int => ScalarValue::Int32(None),
        ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => ScalarValue::Int64(None),
        ScalarType::Real => ScalarValue::Float64(None),
        ScalarType::Decimal => ScalarValue::Decimal256(None, decimal::PRECISION, decimal::SCALE),
        ScalarType::String => ScalarValue::Utf8View(Some(String::new())),
        ScalarType::Guid => ScalarValue::FixedSizeBinary(GUID_BYTES, None),
        ScalarType::Dynamic => ScalarValue::BinaryView(None),
    }
}

/// The cell at `row` of an array that stores `scalar_type`; the null of the type when the array is of another Arrow type or shorter.
#[must_use]
pub fn value_at(array: &ArrayRef, row: usize, scalar_type: ScalarType) -> Value {
    if row >= array.len() || array.is_null(row) {
        return Value::null(scalar_type);
    }
    cell(array, row, scalar_type).unwrap_or_else(|| Value::null(scalar_type))
}

fn cell(array: &ArrayRef, row: usize, scalar_type: ScalarType) -> Option<Value> {
    Some(match scalar_type {
        ScalarType::Bool => Value::Bool(array.as_boolean_opt()?.value(row)),
        ScalarType::Int => Value::Int(array.as_primitive_opt::<Int32Type>()?.value(row)),
        ScalarType::Long => Value::Long(array.as_primitive_opt::<Int64Type>()?.value(row)),
        ScalarType::DateTime => Value::DateTime(array.as_primitive_opt::<Int64Type>()?.value(row)),
        ScalarType::TimeSpan => Value::TimeSpan(array.as_primitive_opt::<Int64Type>()?.value(row)),
        ScalarType::Real => Value::Real(array.as_primitive_opt::<Float64Type>()?.value(row)),
        ScalarType::Decimal => {
            let units = array.as_primitive_opt::<Decimal256Type>()?.value(row);
            Value::Decimal(Decimal::from_units(units)?)
        }
        ScalarType::String => Value::String(array.as_string_view_opt()?.value(row).to_owned()),
        ScalarType::Guid => {
            let bytes = array.as_fixed_size_binary_opt()?.value(row);
            Value::Guid(u128::from_be_bytes(bytes.try_into().ok()?))
        }
        ScalarType::Dynamic => match dynamic::decode(array.as_binary_view_opt()?.value(row)) {
            dynamic::DynamicValue::Null => Value::Null(ScalarType::Dynamic),
            value => Value::Dynamic(value),
        },
    })
}
