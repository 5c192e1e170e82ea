//! One way over the rows for all window functions that do not depend on each other.
//!
//! Rows are held only as long as `prev` and `next` may still look at them, so that memory grows with their offsets and not with the number
//! of rows.

use std::collections::VecDeque;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::{DataFusionError, exec_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::scalar::ScalarValue;
use tesem_kql::Span;

use super::ranks::RowRank;
use super::row_number::RowNumber;
use super::row_window_session::RowWindowSession;
use super::{Call, Rows, Running, Window, bools, row_cumsum};
use crate::sequence::{Pass, Sequential, Setting};

/// Window functions that are computed together.
#[derive(Debug)]
pub(crate) struct Windows {
    /// In the order of their result columns; their arguments follow each other in the same order.
    pub(crate) calls: Vec<Call>,
}

impl Sequential for Windows {
    fn name(&self) -> &'static str {
        "Windows"
    }

    fn start(&self, setting: Setting) -> Result<Box<dyn Pass>, DataFusionError> {
        let mut places = setting.arguments.into_iter();
        let mut columns = Vec::with_capacity(self.calls.len());
        for call in &self.calls {
            let arguments = places.by_ref().take(call.arguments).collect();
            columns.push(Column::started(call, arguments)?);
        }
        let reach = |reaches: fn(&Shift) -> usize| {
            let shifts = columns.iter().filter_map(Column::shift);
            shifts.map(reaches).max().unwrap_or_default()
        };
        Ok(Box::new(WindowsPass {
            back: reach(|shift| magnitude(shift.offset.min(0))),
            ahead: reach(|shift| magnitude(shift.offset.max(0))),
            columns,
            output: setting.output,
            memory: setting.memory,
            held: VecDeque::new(),
            given: 0,
            given_rows: 0,
            seen: 0,
        }))
    }
}

fn magnitude(offset: i64) -> usize {
    usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX)
}

struct Shift {
    argument: usize,
    offset: i64,
    default: ScalarValue,
}

enum Column {
    Shift(Shift),
    Running {
        running: Box<dyn Running>,
        arguments: Vec<usize>,
        restart: Option<usize>,
        span: Span,
    },
}

impl Column {
    fn started(call: &Call, mut arguments: Vec<usize>) -> Result<Self, DataFusionError> {
        let running: Box<dyn Running> = match &call.window {
            Window::Shift { offset, default } => {
                let Some(argument) = arguments.pop() else {
                    return exec_err!("prev() and next() were called without a column");
                };
                return Ok(Self::Shift(Shift {
                    argument,
                    offset: *offset,
                    default: default.clone(),
                }));
            }
            Window::RowNumber { start } => Box::new(RowNumber::new(*start)),
            Window::RowCumsum { scalar_type } => row_cumsum::started(*scalar_type)?,
            Window::RowRank { is_dense } => Box::new(RowRank::new(*is_dense)),
            Window::RowWindowSession {
                from_first,
                between,
            } => Box::new(RowWindowSession::new(*from_first, *between)),
        };
        let restart = if call.restarts { arguments.pop() } else { None };
        Ok(Self::Running {
            running,
            arguments,
            restart,
            span: call.span,
        })
    }

    fn shift(&self) -> Option<&Shift> {
        match self {
            Self::Shift(shift) => Some(shift),
            Self::Running { .. } => None,
        }
    }

    /// Its values, if it looks back only.
    fn running(&mut self, batch: &RecordBatch) -> Result<Option<ArrayRef>, DataFusionError> {
        let Self::Running {
            running,
            arguments,
            restart,
            span,
        } = self
        else {
            return Ok(None);
        };
        let arguments: Vec<ArrayRef> = arguments
            .iter()
            .map(|place| Arc::clone(batch.column(*place)))
            .collect();
        let restart = restart
            .map(|place| bools(batch.column(place)))
            .transpose()?;
        let rows = Rows {
            arguments: &arguments,
            restart,
            count: batch.num_rows(),
            span: *span,
        };
        running.values(&rows).map(Some)
    }
}

struct Held {
    batch: RecordBatch,
    /// The number of its first row.
    start: usize,
    /// The values of the functions that look back only.
    running: Vec<Option<ArrayRef>>,
}

struct WindowsPass {
    columns: Vec<Column>,
    output: SchemaRef,
    memory: MemoryReservation,
    back: usize,
    ahead: usize,
    held: VecDeque<Held>,
    /// How many of the held batches have been given.
    given: usize,
    given_rows: usize,
    seen: usize,
}

impl Pass for WindowsPass {
    fn rows(&mut self, batch: RecordBatch) -> Result<Vec<RecordBatch>, DataFusionError> {
        let rows = batch.num_rows();
        let running = self.columns.iter_mut();
        let running = running
            .map(|column| column.running(&batch))
            .collect::<Result<_, _>>()?;
        self.memory.try_grow(batch.get_array_memory_size())?;
        self.held.push_back(Held {
            batch,
            start: self.seen,
            running,
        });
        self.seen += rows;
        self.give(false)
    }

    fn finish(&mut self) -> Result<Vec<RecordBatch>, DataFusionError> {
        self.give(true)
    }
}

impl WindowsPass {
    /// All batches whose functions know enough of the rows behind them.
    fn give(&mut self, is_last: bool) -> Result<Vec<RecordBatch>, DataFusionError> {
        let mut given = Vec::new();
        while let Some(held) = self.held.get(self.given) {
            let rows = held.batch.num_rows();
            let needed = held.start.saturating_add(rows).saturating_add(self.ahead);
            if !is_last && needed > self.seen {
                break;
            }
            given.push(self.finished(held)?);
            self.given += 1;
            self.given_rows += rows;
        }
        self.forget();
        Ok(given)
    }

    /// Lets go of the rows at which nothing will look any more.
    fn forget(&mut self) {
        let needed = self.given_rows.saturating_sub(self.back);
        while self.given > 0
            && let Some(first) = self.held.front()
            && first.start + first.batch.num_rows() <= needed
        {
            self.memory.shrink(first.batch.get_array_memory_size());
            self.held.pop_front();
            self.given -= 1;
        }
    }

    fn finished(&self, held: &Held) -> Result<RecordBatch, DataFusionError> {
        let rows = held.batch.num_rows();
        let first = i64::try_from(held.start).unwrap_or(i64::MAX);
        let numbers = (first..).take(rows);
        let mut arrays = held.batch.columns().to_vec();
        arrays.push(Arc::new(Int64Array::from_iter_values(numbers)));
        for (column, running) in self.columns.iter().zip(&held.running) {
            arrays.push(match (column, running) {
                (Column::Shift(shift), _) => self.shifted(shift, held.start, rows)?,
                (_, Some(running)) => Arc::clone(running),
                _ => return exec_err!("a window function has no values"),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let output = Arc::clone(&self.output);
        Ok(RecordBatch::try_new_with_options(output, arrays, &options)?)
    }

    /// The values that stand `offset` rows behind each of `rows` rows from `start` on.
    fn shifted(
        &self,
        shift: &Shift,
        start: usize,
        rows: usize,
    ) -> Result<ArrayRef, DataFusionError> {
        let distance = magnitude(shift.offset);
        let (missing_before, from) = match shift.offset {
            ..0 => (
                distance.saturating_sub(start).min(rows),
                start.saturating_sub(distance),
            ),
            _ => (0, start.saturating_add(distance).min(self.seen)),
        };
        let wanted = rows - missing_before;
        let known = wanted.min(self.seen - from);
        let mut parts = self.slices(shift.argument, from, known);
        if missing_before > 0 {
            parts.insert(0, shift.default.to_array_of_size(missing_before)?);
        }
        if known < wanted {
            parts.push(shift.default.to_array_of_size(wanted - known)?);
        }
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        match parts.as_slice() {
            [] => Ok(shift.default.to_array_of_size(0)?),
            parts => Ok(concat(parts)?),
        }
    }

    /// A column's values in `count` rows from row `from` on.
    fn slices(&self, column: usize, from: usize, count: usize) -> Vec<ArrayRef> {
        let to = from + count;
        let first = self
            .held
            .partition_point(|held| held.start + held.batch.num_rows() <= from);
        let reached = self.held.range(first..);
        reached
            .take_while(|held| held.start < to)
            .map(|held| {
                let begin = from.max(held.start);
                let end = to.min(held.start + held.batch.num_rows());
                let array = held.batch.column(column);
                array.slice(begin - held.start, end.saturating_sub(begin))
            })
            .collect()
    }
}
