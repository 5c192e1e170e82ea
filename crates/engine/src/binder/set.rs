//! Sets of known values, for `in` over everything but strings.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::datatypes::{Decimal256Type, Float64Type, Int64Type, i256};
use datafusion::common::{DataFusionError, HashSet, exec_err};
use tesem_kql::types::ScalarType;

use crate::value::Value;

/// A set of values of one type.
pub(super) enum Set {
    Words(HashSet<i64>),
    Wide(HashSet<i256>),
    Bytes(HashSet<[u8; 16]>),
    /// Bit patterns, with one zero and without NaN.
    Reals(HashSet<u64>),
    Bools(HashSet<bool>),
}

impl Set {
    /// The values that are of the type; `None` for types that have sets of their own elsewhere.
    pub(super) fn of(scalar_type: ScalarType, values: &[Value]) -> Option<Self> {
        let words = || {
            values.iter().filter_map(|value| match value {
                Value::Long(word) | Value::DateTime(word) | Value::TimeSpan(word) => Some(*word),
                _ => None,
            })
        };
        Some(match scalar_type {
            ScalarType::Long | ScalarType::DateTime | ScalarType::TimeSpan => {
                Self::Words(words().collect())
            }
            ScalarType::Real => Self::Reals(values.iter().filter_map(real_bits).collect()),
            ScalarType::Decimal => Self::Wide(
                values
                    .iter()
                    .filter_map(|value| match value {
                        Value::Decimal(decimal) => Some(decimal.units()),
                        _ => None,
                    })
                    .collect(),
            ),
            ScalarType::Guid => Self::Bytes(
                values
                    .iter()
                    .filter_map(|value| match value {
                        Value::Guid(bits) => Some(bits.to_be_bytes()),
                        _ => None,
                    })
                    .collect(),
            ),
            ScalarType::Bool => Self::Bools(values.iter().filter_map(Value::as_bool).collect()),
            ScalarType::Int | ScalarType::String | ScalarType::Dynamic => return None,
        })
    }

    /// Which values of an array are in the set; nulls are not.
    pub(super) fn contains(&self, array: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
        let Some(found) = self.find(array) else {
            return exec_err!("`in` was given {}", array.data_type());
        };
        let found = match array.nulls() {
            Some(nulls) => &found & nulls.inner(),
            None => found,
        };
        Ok(Arc::new(BooleanArray::new(found, None)))
    }

    fn find(&self, array: &ArrayRef) -> Option<BooleanBuffer> {
        let rows = array.len();
        Some(match self {
            Self::Words(set) => {
                let words = array.as_primitive_opt::<Int64Type>()?.values();
                words.iter().map(|word| set.contains(word)).collect()
            }
            Self::Wide(set) => {
                let units = array.as_primitive_opt::<Decimal256Type>()?.values();
                units.iter().map(|units| set.contains(units)).collect()
            }
            Self::Reals(set) => {
                let reals = array.as_primitive_opt::<Float64Type>()?.values();
                reals
                    .iter()
                    .map(|real| set.contains(&(real + 0.0).to_bits()))
                    .collect()
            }
            Self::Bytes(set) => {
                let guids = array.as_fixed_size_binary_opt()?;
                let is_member =
                    |row| <[u8; 16]>::try_from(guids.value(row)).map(|id| set.contains(&id));
                BooleanBuffer::collect_bool(rows, |row| is_member(row).unwrap_or(false))
            }
            Self::Bools(set) => {
                let bools = array.as_boolean_opt()?;
                BooleanBuffer::collect_bool(rows, |row| set.contains(&bools.value(row)))
            }
        })
    }
}

fn real_bits(value: &Value) -> Option<u64> {
    match value {
        Value::Real(real) if !real.is_nan() => Some((real + 0.0).to_bits()),
        _ => None,
    }
}
