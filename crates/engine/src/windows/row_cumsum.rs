//! `row_cumsum(term [, restart])`: the sum of the values since the last restart.
//!
//! Sums of `long` wrap around, like all arithmetic on it. Source: learn.microsoft.com/kusto/query/row-cumsum-function.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use datafusion::arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type, i256};
use datafusion::common::{DataFusionError, exec_err};
use tesem_kql::types::ScalarType;

use super::{Rows, Running};
use crate::types;

/// Adds a value to a sum; nothing where the type cannot hold the result.
type Add<T> = fn(T, T) -> Option<T>;

struct Sum<T: ArrowPrimitiveType> {
    zero: T::Native,
    sum: T::Native,
    add: Add<T::Native>,
    scalar_type: ScalarType,
}

/// The sum of values of a type; the binder lets numbers through only.
pub(super) fn started(scalar_type: ScalarType) -> Result<Box<dyn Running>, DataFusionError> {
    Ok(match scalar_type {
        ScalarType::Int => Sum::<Int32Type>::boxed(0, i32::checked_add, scalar_type),
        ScalarType::Long => {
            let add = |sum: i64, value| Some(sum.wrapping_add(value));
            Sum::<Int64Type>::boxed(0, add, scalar_type)
        }
        ScalarType::Real => {
            Sum::<Float64Type>::boxed(0.0, |sum, value| Some(sum + value), scalar_type)
        }
        ScalarType::Decimal => {
            Sum::<Decimal256Type>::boxed(i256::ZERO, i256::checked_add, scalar_type)
        }
        other => return exec_err!("row_cumsum() cannot add values of type {other}"),
    })
}

impl<T: ArrowPrimitiveType> Sum<T> {
    fn boxed(zero: T::Native, add: Add<T::Native>, scalar_type: ScalarType) -> Box<dyn Running>
    where
        T::Native: Send,
    {
        Box::new(Self {
            zero,
            sum: zero,
            add,
            scalar_type,
        })
    }

    fn next(&mut self, value: T::Native, restarts: bool) -> Option<T::Native> {
        let sum = if restarts { self.zero } else { self.sum };
        self.sum = (self.add)(sum, value)?;
        Some(self.sum)
    }
}

impl<T: ArrowPrimitiveType> Running for Sum<T> {
    fn values(&mut self, input: &Rows<'_>) -> Result<ArrayRef, DataFusionError> {
        input.refuse_nulls("row_cumsum")?;
        let Some(values) = input.argument()?.as_primitive_opt::<T>() else {
            return exec_err!("row_cumsum() was given values of another type");
        };
        let mut sums = Vec::with_capacity(input.count);
        for (row, value) in values.values().iter().enumerate() {
            match self.next(*value, input.is_restart(row)) {
                Some(sum) => sums.push(sum),
                None => {
                    let what = format!("a sum beyond {} in row_cumsum()", self.scalar_type);
                    return Err(input.refused(what));
                }
            }
        }
        let sums = PrimitiveArray::<T>::from_iter_values(sums);
        Ok(Arc::new(
            sums.with_data_type(types::physical(self.scalar_type)),
        ))
    }
}
