//! Arguments of aggregates, value by value in the encoding of `dynamic`.

use datafusion::arrow::array::ArrayRef;
use datafusion::common::DataFusionError;
use tesem_kql::types::ScalarType;

use super::grouped::column;
use crate::dynamic::{Dynamic, Writer};
use crate::kernels::cells::Cells;

/// Calls `take` with the group and the encoded value of each row; `rows` says the rows and their groups.
///
/// # Errors
/// When the first of `values` does not hold `scalar_type`.
pub(super) fn for_each(
    values: &[ArrayRef],
    scalar_type: ScalarType,
    rows: impl Iterator<Item = (usize, usize)>,
    mut take: impl FnMut(usize, Dynamic<'_>),
) -> Result<(), DataFusionError> {
    let cells = Cells::new(column(values, 0)?, scalar_type)?;
    let mut writer = Writer::new();
    for (row, group) in rows {
        if scalar_type == ScalarType::Dynamic {
            take(group, cells.dynamic(row));
        } else {
            writer.clear();
            cells.write(row, &mut writer);
            take(group, writer.value());
        }
    }
    Ok(())
}

/// Calls `take` with the group and the value of each state: state `i` belongs to `groups[i]`.
///
/// # Errors
/// When the states are not `dynamic`.
pub(super) fn for_each_state(
    states: &[ArrayRef],
    groups: &[usize],
    take: impl FnMut(usize, Dynamic<'_>),
) -> Result<(), DataFusionError> {
    let rows = groups.iter().copied().enumerate();
    for_each(states, ScalarType::Dynamic, rows, take)
}
